/**
 * Which offer is in force (PROTOCOL.md 5.1): from the first one on, each by the first offer in chain order that may take over from it. Supervisors publish by
 * these functions, nodes take offers by them, and audits check which offer a tick names.
 */
import type { Program } from '../../program/index.ts'
import type { Offer } from '../documents/index.ts'
import type { AnchoredTransaction } from '../events.ts'
import { checkServers } from '../requests/index.ts'
import { fail, type Result } from '../result.ts'
import { checkSuccession } from './ledger-state.ts'
import { byChain, offerAnchor } from './line.ts'
import { spendsKey } from './spends.ts'

/** An offer with its outline. */
export interface OfferContent {
  /** Digest of the document. */
  sha256: string
  offer: Offer
  outline: Program
}

/** An offer with its anchor: of an app's first the one that makes its seal, of any other the first that spends from the master key's address. */
export interface AnchoredOffer extends OfferContent {
  height: number
  position: number
}

/** An offer with the anchor of its that counts; null where none does. @param anchored in chain order */
export function withAnchor(app: string, content: OfferContent, anchored: readonly AnchoredTransaction[]): AnchoredOffer | null {
  const { sha256, offer } = content
  const isIts = (one: AnchoredTransaction): boolean =>
    one.anchor.type === 'offer' && one.anchor.sha256 === sha256 && spendsKey(one, offer.master)
  const anchor = sha256 === app ? offerAnchor(anchored, app, offer.by) : (anchored.find(isIts) ?? null)
  return anchor === null ? null : { ...content, height: anchor.height, position: anchor.position }
}

type Terms = Pick<Offer, 'tickBlocks' | 'confirmations'>

/** The first term that must stay and does not: periods are counted on. */
export const changedTerm = (before: Terms, after: Terms): keyof Terms | null =>
  (['tickBlocks', 'confirmations'] as const).find((term) => before[term] !== after[term]) ?? null

/** Why an offer cannot take over by what it names, or null: the one that it supersedes, app, master key, and terms that stay. */
export function misnamed(app: string, before: Pick<OfferContent, 'sha256' | 'offer'>, after: Offer): string | null {
  if (after.supersedes?.sha256 !== before.sha256) return 'it does not supersede the offer in force'
  if (after.app !== app) return 'it belongs to another app'
  if (after.master !== before.offer.master) return 'it names another master key'
  const term = changedTerm(before.offer, after)
  return term === null ? null : `${term} is ${before.offer[term]} in the offer in force and stays so, but ${after[term]} in this one`
}

/** Whether an offer may take over from another. Errors: `offer.refused`, `offer.collections`, `offer.servers`. */
export function checkSuccessor(app: string, before: OfferContent, after: Omit<OfferContent, 'sha256'>): Result<null> {
  const why = misnamed(app, before, after.offer)
  if (why !== null) return fail('offer.refused', `The offer «${after.offer.title}» cannot take over: ${why}.`)
  const kept = checkSuccession(before.outline, after.outline)
  return kept.ok ? checkServers(after.offer, after.outline) : kept
}

/** Blocks from which on the master key took keys back, by key. */
export type Revocations = Readonly<Record<string, number>>

const isRevokedAt = (revoked: Revocations, key: string, height: number): boolean => Object.hasOwn(revoked, key) && revoked[key]! <= height

/** The offer that takes over from `before`, whenever that is: the first in chain order that may. Null where none is known. */
export function successorOf(
  app: string,
  before: AnchoredOffer,
  offers: readonly AnchoredOffer[],
  revoked: Revocations,
): AnchoredOffer | null {
  const later = offers.filter((one) => byChain(one, before) > 0 && !isRevokedAt(revoked, one.offer.by, one.height)).toSorted(byChain)
  return later.find((one) => checkSuccessor(app, before, one).ok) ?? null
}

/** What names a tick as far as its offer goes. */
export interface NamesOffer {
  number: number
  /** Digest. */
  offer: string
  /** The last block that it closes. */
  to: number
}

/**
 * Which offer is in force for a tick: those anchored in the blocks that it closes have taken over, tick 0 is the first offer's. One that replaces a key which
 * was taken back takes over at once, so a tick may name it though it is anchored later.
 * @param before in force for the tick before; the first offer for tick 0
 */
export function offerInForce(
  app: string,
  before: AnchoredOffer,
  offers: readonly AnchoredOffer[],
  revoked: Revocations,
  { number, offer, to }: NamesOffer,
): AnchoredOffer {
  let current = before
  for (;;) {
    const next = successorOf(app, current, offers, revoked)
    if (next === null) return current
    const isDue = number > 0 && next.height <= to
    const isReplaced = Object.hasOwn(revoked, current.offer.by) && current.sha256 !== offer
    if (!isDue && !isReplaced) return current
    current = next
  }
}
