/** Which waiting transactions deserve a higher fee, and how high it has to be to take along what they wait for. */
import { ancestorsOf, descendantsOf } from './lines.ts'
import type { PendingTransaction, WalletState } from './state.ts'

/**
 * The transaction to replace when `txid` is to be mined sooner: itself, or the newest own one that spends from it. A replacement evicts what
 * spends from the replaced one, and those may carry documents of their own; a child that pays more pulls its parents along instead.
 */
export function bumpTarget({ pending }: WalletState, txid: string): PendingTransaction | undefined {
  const family = descendantsOf(pending, [txid])
  return pending.findLast((one) => one.own && family.has(one.txid))
}

/**
 * Sat per vbyte that a transaction has to pay so that it and the unconfirmed ones before it pay `rate` together. Those whose fee is not
 * known count as paying nothing.
 */
export function rateWithAncestors({ pending }: WalletState, { txid, vsize }: PendingTransaction, rate: number): number {
  const above = ancestorsOf(pending, [txid])
  above.delete(txid)
  const missing = pending.filter((one) => above.has(one.txid)).reduce((sum, one) => sum + Math.max(0, rate * one.vsize - (one.fee ?? 0)), 0)
  return rate + missing / vsize
}

/**
 * Own transactions that no block took within `patience` blocks although newer ones pay more, each by the one to replace.
 * @param rate sat per vbyte that the node estimates now
 */
export function overdue(state: WalletState, rate: number, patience: number): PendingTransaction[] {
  const height = state.tip?.height ?? 0
  const late = state.pending.filter(
    (one) =>
      one.own &&
      one.phase === 'mempool' &&
      one.fee !== null &&
      height - (one.since ?? height) >= patience &&
      one.fee < Math.floor(rate * one.vsize),
  )
  const targets = new Set(late.flatMap(({ txid }) => bumpTarget(state, txid) ?? []))
  return [...targets].filter(
    (one) =>
      one.own &&
      one.fee !== null &&
      one.fee < Math.floor(rateWithAncestors(state, one, rate) * one.vsize) &&
      height - (one.since ?? height) >= patience,
  )
}
