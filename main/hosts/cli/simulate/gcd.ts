/**
 * How many requests tell a server the primes of the block before it (PROTOCOL.md 17). It gets the number of each request that comes to it: the client's, times the part of the
 * version of the first block that the request passed. Two requests through one version give that part by a gcd, but for a small factor. Counted on the seats that the product
 * gives clients; everything follows from the seed.
 */
import type { CryptoPort } from '../../../../roles/protocol/crypto/index.ts'
import { dealer, seatOrder, takeSeats } from '../../../../roles/protocol/requests/index.ts'
import { seeded } from './network.ts'

export interface GcdNetwork {
  servers: number
  /** Of each block. */
  versions: number
  witnesses: number
  spare: number
}

/** Of each tick how many requests had come to the server, ascending … */
export interface GcdCounts {
  /** when it knew the part of some version. */
  first: number[]
  /** when it knew those of all versions that were dealt. */
  all: number[]
}

const ENDPOINT = 'endpoint'
const BLOCKS = 2

/** One tick: clients come until every version was passed twice. */
function countTick(
  crypto: CryptoPort,
  network: GcdNetwork,
  ready: string[],
  tick: number,
  next: () => string,
): { first: number; all: number } {
  const { versions, witnesses, spare } = network
  const terms = { witnesses, spare, versions }
  const [holders] = dealer(crypto, { hash: next(), tick, ready, blocks: BLOCKS, terms })(ENDPOINT, BLOCKS)
  const versionOf = new Map(holders!.map(({ server, version }) => [server, version]))
  const passed = new Map<number, number>()
  const left = new Set(versionOf.values())
  const hash = next()
  for (let requests = 1, first = 0; ; requests++) {
    const client = next()
    const order = seatOrder({ hash, seat: next(), client, tick, endpoint: ENDPOINT }, 0, [...versionOf.keys()])
    const [seats] = takeSeats([order], terms, true, new Set())!
    // The server has any of the lanes at its own block, whose order has nothing to do with this one.
    const version = versionOf.get(seats![Number.parseInt(client.slice(0, 8), 16) % seats!.length]!)!
    const count = (passed.get(version) ?? 0) + 1
    passed.set(version, count)
    if (count < 2) continue
    if (first === 0) first = requests
    left.delete(version)
    if (left.size === 0) return { first, all: requests }
  }
}

/**
 * @param ticks how many to deal
 * @param seed the same text gives the same counts
 */
export function countGcd(crypto: CryptoPort, network: GcdNetwork, ticks: number, seed: string): GcdCounts {
  const next = seeded(crypto, seed)
  const ready = Array.from({ length: network.servers }, next).sort()
  const counted = Array.from({ length: ticks }, (_, tick) => countTick(crypto, network, ready, tick, next))
  const ascending = (of: (one: { first: number; all: number }) => number): number[] => counted.map(of).sort((a, b) => a - b)
  return { first: ascending(({ first }) => first), all: ascending(({ all }) => all) }
}

/** The least count that a share of them does not exceed. @param counts ascending */
export const quantile = (counts: readonly number[], share: number): number => counts[Math.ceil(share * counts.length) - 1]!
