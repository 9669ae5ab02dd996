/** What is known of a payment, for people. */
import { phases, type Phase } from './lifecycle.ts'
import { ancestorsOf } from './lines.ts'
import type { PendingTransaction, WalletState } from './state.ts'

export interface PaymentState {
  phase: Phase
  /** What has been established, in words. */
  known: string
  /** What happens next, in words. */
  next: string
  /** Blocks that have it buried, its own included; only for `confirmed`. */
  depth?: number
  /** Why it was refused. */
  reason?: string
}

const shown = (phase: Phase, more: Pick<PaymentState, 'depth' | 'reason'> = {}): PaymentState => {
  const { known, next } = phases[phase]
  return { phase, known, next, ...more }
}

/** Its own, or that of what somebody else made and it stands on. */
function refusalOf(state: WalletState, { txid, refusal }: PendingTransaction): { reason?: string } {
  const line = ancestorsOf(state.pending, [txid])
  const before = state.pending.find((one) => !one.own && one.refusal !== null && line.has(one.txid))
  if (before?.refusal)
    return { reason: `it waits for transaction ${before.txid} of somebody else, which no block has any more: ${before.refusal.message}` }
  return refusal === null ? {} : { reason: refusal.message }
}

/** The payment that a transaction is a version of, as far as that is remembered. */
export function paymentOf(state: WalletState, txid: string): string {
  const settled = state.undo.flatMap((undo) => undo.settled)
  return [...state.pending, ...state.versions, ...settled].find((one) => one.txid === txid)?.payment ?? txid
}

/** @param txid of any version; null for what the wallet never made, and for what lies deeper than it remembers */
export function paymentState(state: WalletState, txid: string): PaymentState | null {
  const payment = paymentOf(state, txid)
  const pending = state.pending.find((one) => one.payment === payment)
  if (pending) return shown(pending.phase, refusalOf(state, pending))
  const paid = state.undo.find((undo) => undo.paid.includes(payment))
  if (paid) return shown('confirmed', { depth: (state.tip?.height ?? paid.height) - paid.height + 1 })
  const ended = state.ended.find((one) => one.payment === payment || one.txid === txid)
  if (ended) return shown(ended.phase, { reason: ended.reason })
  const waits = state.versions.some((one) => one.payment === payment)
  return waits
    ? shown('refused for now', {
        reason: 'its coins are in blocks that are gone; it is offered again once they are back, or made anew where that cannot pay twice',
      })
    : null
}
