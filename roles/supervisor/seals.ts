/** The Supervisor's own line of seals: which output its next tick spends, and whether somebody else has spent one (PROTOCOL.md 4.5). */
import type { AnchoredTransaction } from '../protocol/events.ts'
import { isFirstSeal, spendsKey } from '../protocol/ticks/index.ts'
import type { Sealed, SupervisorState } from './state.ts'

/** Whether a document, by its digest, was made here. */
export type IsOwn = (sha256: string) => boolean

/** Blocks within which a reorganisation may take an anchor back. */
const REORG_DEPTH = 300

/** The newest seal in a block; null before the offer's anchor. */
export const newestSeal = ({ seals }: Pick<SupervisorState, 'seals'>): string | null =>
  seals.length === 0 ? null : `${seals.at(-1)!.txid}:1`

/** Whether a transaction is the anchor of the master key's resumption; one that does not spend from its address is a stranger's copy. */
export const isResumed = (
  { resumption, offer }: Pick<SupervisorState, 'resumption' | 'offer'>,
  transaction: AnchoredTransaction,
): boolean =>
  transaction.anchor.type === 'resumption' && transaction.anchor.sha256 === resumption?.sha256 && spendsKey(transaction, offer.body.master)

/** Takes an anchor in, if it is the next of the line, or the root of another one that the master key made. */
export function withSeal(isOwn: IsOwn, state: SupervisorState, transaction: AnchoredTransaction): Sealed[] {
  const { txid, height, anchor, first } = transaction
  const { seals } = state
  if (seals.some((seal) => seal.txid === txid)) return seals
  const sealed: Sealed = { txid, height, sha256: anchor.sha256, number: anchor.number ?? null, own: isOwn(anchor.sha256) }
  // Anybody can anchor the offer's document again: the first anchor that pays its key is the one.
  const isRoot =
    anchor.type === 'offer' && anchor.sha256 === state.app && seals.length === 0 && isFirstSeal(transaction, state.offer.body.by)
  const isNext = anchor.type === 'tick' && first === newestSeal(state)
  const isResumption = isResumed(state, transaction)
  if (!isRoot && !isNext && !isResumption) return seals
  return [...seals.filter((seal, at) => at === seals.length - 1 || seal.height > height - REORG_DEPTH), sealed]
}

/** A tick on the line, since the last resumption, that was not made here: somebody else has the key. Null where there is none. */
export function usurper({ seals, resumption }: SupervisorState): Sealed | null {
  const from = seals.findLastIndex(({ sha256 }) => sha256 === resumption?.sha256)
  return seals.slice(from + 1).find(({ own, number }) => number !== null && !own) ?? null
}
