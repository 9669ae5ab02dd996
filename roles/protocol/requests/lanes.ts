/**
 * Lanes (PROTOCOL.md 12.4): a request that can write runs in several of them beside each other, every one a whole thread over servers of its
 * own, and all have to sign the same. So a server that computes something else stands alone with it, whatever it signs.
 */
import type { Endpoint } from '../../program/index.ts'
import { canonicalText } from '../canonical.ts'
import type { Link } from '../documents/index.ts'

/** Whether an endpoint has a call site: one that has none runs in one lane. */
export const canWrite = (endpoint: Endpoint): boolean => endpoint.blocks.some((block) => block.sites.length > 0)

/** What a link says that every lane has to say alike, as one text. Version, server and number are the lane's own. */
const claimOf = ({ inputs, sites, own, outputs }: Link): string => canonicalText({ inputs, sites, own, outputs })

const isSameList = <T>(one: readonly T[], other: readonly T[]): boolean =>
  one.length === other.length && one.every((item, i) => item === other[i])

const isSameClaim = (one: Link, other: Link): boolean =>
  one.inputs === other.inputs && one.outputs === other.outputs && isSameList(one.sites, other.sites) && isSameList(one.own, other.own)

/**
 * The first position at which lanes sign different things, or null. Lanes are as long as the first of them.
 */
export function differenceOf(lanes: ReadonlyArray<readonly Link[]>): number | null {
  const [first, ...others] = lanes
  const position = first!.findIndex((link, i) => others.some((links) => !isSameClaim(links[i]!, link)))
  return position < 0 ? null : position
}

/** Of the links of one position, the lanes that are outvoted: all those beside what more than half of them sign, or all where none has so many. */
export function outvoted(links: readonly Link[]): number[] {
  const claims = links.map(claimOf)
  const most = claims.find((claim) => claims.filter((other) => other === claim).length * 2 > claims.length)
  return [...links.keys()].filter((lane) => claims[lane] !== most)
}
