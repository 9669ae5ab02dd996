/** Payments that nothing comes of any more: told from all their versions, so that none is made anew while one of them can still be mined. */
import type { EndedPayment, PendingTransaction, WalletState } from './state.ts'

/** Payments that came to nothing, remembered so that nobody takes them for done. */
const rememberedEnds = 1_000

/** Blocks after which what the chain decided counts as decided, before a payment is made anew for it. */
export const BURIED = 6

/** Own payments that are neither pending nor in a block that can still be taken back, but set aside. */
export function waitingPayments(state: WalletState): Set<string> {
  const elsewhere = new Set([...state.pending.map((one) => one.payment), ...state.undo.flatMap(({ paid }) => paid)])
  return new Set(state.versions.flatMap(({ own, payment }) => (own && !elsewhere.has(payment) ? [payment] : [])))
}

/** Ends the payments that no version can make any more (see `impossible`). A version one of whose coins is only gone, because its block is, waits. */
export function endHopeless(state: WalletState): WalletState {
  const ended = new Set(state.ended.map((one) => one.payment))
  const ends = [...waitingPayments(state)]
    .filter((payment) => !ended.has(payment))
    .flatMap((payment): EndedPayment[] => {
      const versions = state.versions.filter((one) => one.payment === payment)
      if (!versions.every((one) => one.phase === 'conflicted')) return []
      const reason = 'the chain spends one of its coins, or one that these come from, otherwise; the others are free again'
      return [{ payment, txid: versions.at(-1)!.txid, phase: 'conflicted', reason, height: state.tip?.height ?? 0 }]
    })
  return ends.length === 0 ? state : { ...state, ended: [...state.ended, ...ends].slice(-rememberedEnds) }
}

interface Line {
  /** Every version, and everything that spends from one. */
  transactions: PendingTransaction[]
  /** Those that have no other way into the chain. */
  payments: Set<string>
}

/** What falls with the payments of these transactions. */
function lineOf(state: WalletState, txids: string[]): Line {
  const all = [...state.versions, ...state.pending]
  const pending = new Set(state.pending.map((one) => one.txid))
  const waiting = waitingPayments(state)
  const [ids, payments] = [new Set(txids), new Set<string>()]
  // Versions are in no order of descent: until nothing is added.
  for (let before = -1; before < ids.size + payments.size;) {
    before = ids.size + payments.size
    for (const one of all) {
      if (!ids.has(one.txid) && !payments.has(one.payment) && !one.inputs.some((outpoint) => ids.has(outpoint.slice(0, 64)))) continue
      ids.add(one.txid)
      if (pending.has(one.txid) || waiting.has(one.payment)) payments.add(one.payment)
    }
  }
  return { transactions: all.filter((one) => ids.has(one.txid)), payments }
}

/** Whether a node may have passed on any version of these transactions' payments, or of what spends from one: then it may be mined yet. */
export const mayBeElsewhere = (state: WalletState, txids: string[]): boolean => lineOf(state, txids).transactions.some((one) => one.known)

/** Ends the payments of transactions and of all that spends from them: their coins can be spent again, and their versions are forgotten. */
export function endPayment(state: WalletState, txids: string[], phase: EndedPayment['phase'], reason: string): WalletState {
  const { transactions, payments } = lineOf(state, txids)
  const gone = new Set(transactions.map((one) => one.txid))
  const height = state.tip?.height ?? 0
  const ends = [...payments].flatMap((payment): EndedPayment[] => {
    const last = transactions.findLast((one) => one.own && one.payment === payment)
    return last === undefined ? [] : [{ payment, txid: last.txid, phase, reason, height }]
  })
  return {
    ...state,
    pending: state.pending.filter((one) => !gone.has(one.txid)),
    versions: state.versions.filter((one) => !gone.has(one.txid)),
    ended: [...state.ended.filter((one) => !payments.has(one.payment)), ...ends].slice(-rememberedEnds),
  }
}
