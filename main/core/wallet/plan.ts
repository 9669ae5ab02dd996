/** What the wallet does about its pending transactions next: from the state, the node's fees, and nothing else. */
import type { FeeQuote } from '../ports.ts'
import { isAboutFee } from './lifecycle.ts'
import { ancestorsOf, descendantsOf } from './lines.ts'
import type { PendingTransaction, WalletState } from './state.ts'

/** Sat per vbyte; beyond it a person decides. */
export const MOST_BY_ITSELF = 100

/** Transactions to give to the node now, parents before children: all but those that it refused and whose pause is not over. */
export const dueOffers = (state: WalletState): PendingTransaction[] =>
  state.pending.filter((one) => one.refusal === null || one.refusal.next <= (state.tip?.height ?? 0))

export type Raise =
  /** Parents with the child that pays for them. */
  | { type: 'package'; txids: string[] }
  /** A transaction and all that spends from it, at this rate in sat per vbyte. */
  | { type: 'replace'; txid: string; rate: number }
  /** The node asks more than is paid without asking. */
  | { type: 'wait'; txid: string; rate: number }

/** What the node refused for its fee: the first of each family, whose parents are in its mempool or in blocks. */
export function refusedForFee(state: WalletState): PendingTransaction[] {
  const waits = new Set(state.pending.filter((one) => isAboutFee(one.refusal)).map((one) => one.txid))
  return state.pending.filter((one) => {
    if (!waits.has(one.txid)) return false
    const above = ancestorsOf(state.pending, [one.txid])
    above.delete(one.txid)
    return ![...above].some((id) => waits.has(id))
  })
}

/** How to get a transaction in that the node refused for its fee. */
export function raiseFor(state: WalletState, { txid }: PendingTransaction, fees: FeeQuote): Raise {
  const rate = Math.max(fees.rate, fees.floor + fees.increment)
  const together = packageOf(state, txid, fees.floor)
  if (together !== null) return { type: 'package', txids: together }
  return rate > MOST_BY_ITSELF ? { type: 'wait', txid, rate } : { type: 'replace', txid, rate }
}

/** A child that spends from it, from nothing else that the mempool lacks, and pays enough for both. */
function packageOf(state: WalletState, txid: string, floor: number): string[] | null {
  const parent = state.pending.find((one) => one.txid === txid)
  const family = descendantsOf(state.pending, [txid])
  const pays = (child: PendingTransaction) =>
    // What somebody else pays may be unknown: it counts as nothing.
    parent !== undefined && child.fee !== null && (parent.fee ?? 0) + child.fee >= floor * (parent.vsize + child.vsize)
  const child = state.pending.find((one) => {
    const parents = new Set(one.inputs.map((outpoint) => outpoint.slice(0, 64)))
    const lacking = state.pending.filter((other) => parents.has(other.txid) && other.phase !== 'mempool')
    return one.own && one.txid !== txid && family.has(one.txid) && lacking.every((other) => other.txid === txid) && pays(one)
  })
  return child === undefined ? null : [txid, child.txid]
}
