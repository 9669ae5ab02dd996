/** Replaces a pending transaction by one that pays more (BIP125). */
import { fromHex } from '../../../roles/protocol/bytes.ts'
import { fail } from '../../../roles/protocol/result.ts'
import type { Result } from '../../../roles/protocol/result.ts'
import { parseTransaction, replaceable } from '../../../roles/protocol/tx/index.ts'
import { fund } from './compose.ts'
import type { ComposedInput, Composition } from './compose.ts'
import { descendantsOf } from './lines.ts'
import type { WalletState } from './state.ts'
import { own } from '../../../roles/program/index.ts'

/**
 * Composes a replacement of an own pending transaction: same inputs and outputs, the change pays, and if it does not suffice a
 * confirmed coin is added. Descendants are evicted with it, and paid for. Sign it, `addPending` it (which drops the old one), broadcast it.
 * @param newRate sat per vbyte; the fee is raised further where the rules of replacement ask for more
 * @param changeScript used when the old transaction has no change
 * @param terms `increment`: sat per vbyte by which the node wants a replacement to better what it evicts; `least`: sats that it has to pay in any case
 * Errors: `wallet.no-pending`, `wallet.not-own`, and those of `composePayment`.
 */
export function bumpFee(
  state: WalletState,
  txid: string,
  newRate: number,
  changeScript: string,
  { increment = 1, least = 0 } = {},
): Result<Composition> {
  const old = state.pending.find((one) => one.txid === txid)
  if (!old) return fail('wallet.no-pending', `transaction ${txid} is not pending: it is in a block already, or was dropped`)
  const parsed = parseTransaction(fromHex(old.raw))
  if (!parsed.ok) return parsed
  const fee = old.fee
  const inputs = old.inputs.map((outpoint, index) => inputOf(state, outpoint, parsed.value.ins[index]?.sequence ?? replaceable))
  const known = inputs.filter((input) => input !== undefined)
  if (!old.own || fee === null || known.length !== inputs.length) {
    return fail('wallet.not-own', `transaction ${txid} spends coins that this wallet does not watch: whoever made it has to raise the fee`)
  }
  const evicted = descendantsOf(state.pending, [txid])
  const evictedFees = state.pending.filter((one) => evicted.has(one.txid)).reduce((sum, one) => sum + (one.fee ?? 0), 0)
  const change = old.change === null ? undefined : old.outputs[old.change]
  const outputs = old.outputs.filter((_, vout) => vout !== old.change)
  const plan = { outputs, feeRate: newRate, changeScript: change?.script ?? changeScript, lockTime: parsed.value.locktime }
  const leastFee = (vsize: number) => Math.max(least, Math.ceil(evictedFees + increment * vsize), Math.floor((vsize * fee) / old.vsize) + 1)
  return fund(state, plan, { reusable: known, confirmedOnly: true, excluded: evicted, leastFee })
}

/** A coin of the wallet, in a block or of a pending transaction, as an input; undefined where it is not the wallet’s. */
export function inputOf(state: WalletState, outpoint: string, sequence: number): ComposedInput | undefined {
  const [txid = '', vout] = outpoint.split(':')
  const coin = own(state.coins, outpoint)
  const output = coin ?? state.pending.find((one) => one.txid === txid)?.outputs[Number(vout)]
  const owner = output && own(state.scripts, output.script)
  return owner && { txid, vout: Number(vout), value: output.value, script: owner.script, key: owner.key, purpose: owner.purpose, sequence }
}
