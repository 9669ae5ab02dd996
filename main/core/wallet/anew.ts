/**
 * Makes payments anew that stand on a transaction of others which is in no block any more and which the node does not take. The new version excludes every
 * version that may still be mined: it spends a coin that this one spends too, or that what it stands on spends. Where there is none, nothing can be paid
 * safely, because whoever has the missing transaction may send it together with the old payment.
 */
import { fromHex } from '../../../roles/protocol/bytes.ts'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import { parseTransaction, replaceable } from '../../../roles/protocol/tx/index.ts'
import { inputOf } from './bump.ts'
import { availableCoins } from './coins.ts'
import { fund, type ComposedInput, type Composition } from './compose.ts'
import { BURIED, waitingPayments } from './ends.ts'
import { withoutIdle } from './foreign.ts'
import { lineOf, parentsOf } from './lines.ts'
import { addPending } from './pending.ts'
import { impossible } from './rivals.ts'
import { isOrdinary, type PendingTransaction, type WalletState } from './state.ts'
import { own } from '../../../roles/program/index.ts'

export interface AnewPlan {
  /** Sat per vbyte. */
  rate: number
  /** Sat per vbyte by which it betters the old versions (BIP125, rule 4). */
  increment: number
  /** Used where the old version has no change. */
  changeScript: string
  sign(composition: Composition): Uint8Array
}

/** Payments that lacked a coin for six blocks, and cannot wait for it alone. */
export function stranded(state: WalletState): string[] {
  const height = state.tip?.height ?? 0
  if (state.scan) return []
  const isOld = (one: PendingTransaction) => height - (one.since ?? height) >= BURIED
  const lacking = new Set(state.pending.filter((one) => !one.own && one.refusal !== null && isOld(one)).map((one) => one.txid))
  const children = state.pending.filter((one) => one.own && parentsOf(one).some((id) => lacking.has(id)))
  const ended = new Set(state.ended.map((one) => one.payment))
  const waiting = [...waitingPayments(state)].filter(
    (payment) => !ended.has(payment) && state.versions.every((one) => one.payment !== payment || isOld(one)),
  )
  return [...children.map((one) => one.payment), ...waiting]
}

/**
 * The state with a new version of a payment, `built` and to be given to the node, in the place of all `old` ones; what it conflicts with is set aside.
 * Errors: `wallet.no-coin` (no coin excludes all versions), `wallet.no-key-coin`, those of `composePayment`; nothing changes then.
 */
export function payAnew(
  state: WalletState,
  payment: string,
  plan: AnewPlan,
): Result<{ state: WalletState; old: string[]; txid: string; fee: number }> {
  const versions = [...state.versions, ...state.pending].filter((one) => one.own && one.payment === payment)
  const old = versions.at(-1)
  const parsed = old === undefined ? undefined : parseTransaction(fromHex(old.raw))
  const coins = old === undefined ? null : sealFirst(old, excluding(state, versions, old))
  if (old === undefined || !parsed?.ok || coins === null)
    return fail(
      'wallet.no-coin',
      'no coin of this wallet excludes all versions of the payment: it waits for the transaction that is missing',
    )
  const signing = signingCoins(state, old, coins)
  if (signing === null) return fail('wallet.no-key-coin', 'there is no coin at the address of the key that the payment spends from')
  const change = old.change === null ? undefined : old.outputs[old.change]
  const fee = Math.max(...versions.map((one) => one.fee ?? 0))
  const composed = fund(
    state,
    {
      outputs: old.outputs.filter((_, vout) => vout !== old.change),
      feeRate: plan.rate,
      changeScript: change?.script ?? plan.changeScript,
      lockTime: parsed.value.locktime,
    },
    {
      reusable: [...coins, ...signing]
        .map((outpoint) => inputOf(state, outpoint, replaceable))
        .filter((one): one is ComposedInput => one !== undefined),
      confirmedOnly: true,
      leastFee: (vsize) => Math.ceil(fee + plan.increment * vsize),
    },
  )
  if (!composed.ok) return composed
  const details = { own: true, change: composed.value.change?.vout ?? null, payment, label: old.label, phase: 'built' } as const
  const added = addPending(state, plan.sign(composed.value), details)
  if (!added.ok) return added
  const { txid } = added.value.pending.at(-1)!
  return ok({ state: withoutIdle(added.value), old: versions.map((one) => one.txid), txid, fee: composed.value.fee })
}

/** A seal is spent by input 0 or not at all: where it is not there, neither is the payment. */
function sealFirst(old: PendingTransaction, coins: string[] | null): string[] | null {
  const [seal] = old.inputs
  if (coins === null || old.seal !== true) return coins
  return coins.includes(seal!) ? [seal!, ...coins.filter((outpoint) => outpoint !== seal)] : null
}

/** Coins that are there, of which every version that may still be mined spends one, or what it stands on does; those of the old version come first. */
function excluding(state: WalletState, versions: PendingTransaction[], old: PendingTransaction): string[] | null {
  const height = state.tip?.height ?? 0
  const all = [...state.versions, ...state.pending]
  const lost = impossible(
    all,
    state.undo.filter((block) => height - block.height >= BURIED),
  )
  const taken = new Set(state.pending.flatMap((one) => (one.own && one.payment !== old.payment ? one.inputs : [])))
  const isFree = (outpoint: string) =>
    inputOf(state, outpoint, replaceable) !== undefined && own(state.coins, outpoint) !== undefined && !taken.has(outpoint)
  const chosen = old.inputs.filter(isFree)
  for (const version of versions.filter((one) => !lost.has(one.txid))) {
    // What excludes a transaction of others that it stands on excludes it, and no other own payment than those on it.
    const line = [...lineOf(all, [version], (parent) => !parent.own)]
    if (line.some((one) => one.inputs.some((outpoint) => chosen.includes(outpoint)))) continue
    const value = (outpoint: string) => state.coins[outpoint]!.value
    const usable = line.flatMap((one) => one.inputs).filter((outpoint) => isFree(outpoint) && isOrdinary(state.coins[outpoint]!.purpose))
    const best = usable.toSorted((a, b) => value(b) - value(a))[0]
    if (best === undefined) return null
    chosen.push(best)
  }
  return chosen.length === 0 ? null : chosen
}

/** Coins at the scripts without which the payment would say something else, where the chosen ones are at none of these. */
function signingCoins(state: WalletState, old: PendingTransaction, chosen: string[]): string[] | null {
  const there = new Set(chosen.map((outpoint) => own(state.coins, outpoint)?.script))
  const missing = (old.signs ?? []).filter((script) => !there.has(script))
  const found = missing.map((script) => availableCoins(state).find((one) => one.script === script && one.height !== null))
  const outpoints = found.flatMap((one) => (one === undefined ? [] : [`${one.txid}:${one.vout}`]))
  return outpoints.length === missing.length ? [...new Set(outpoints)] : null
}
