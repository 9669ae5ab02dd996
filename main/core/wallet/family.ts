/** Replaces a transaction together with all that spends from it: each is built anew on the new version of the one before it. */
import { fromHex } from '../../../roles/protocol/bytes.ts'
import { fail, ok } from '../../../roles/protocol/result.ts'
import type { Result } from '../../../roles/protocol/result.ts'
import { parseTransaction, replaceable } from '../../../roles/protocol/tx/index.ts'
import { inputOf } from './bump.ts'
import { fund } from './compose.ts'
import type { ComposedInput, Composition } from './compose.ts'
import { descendantsOf } from './lines.ts'
import { addPending, setAside } from './pending.ts'
import { exclude } from './rivals.ts'
import type { PendingTransaction, WalletState } from './state.ts'

export interface FamilyPlan {
  /** The first one of the family. */
  txid: string
  /** Sat per vbyte of each. */
  rate: number
  /** Sat per vbyte by which each betters its old version (BIP125, rule 4). */
  increment: number
  /** Used where the old transaction has no change. */
  changeScript: string
  sign(composition: Composition): Uint8Array
}

export interface Replaced {
  old: string
  txid: string
  fee: number
}

/**
 * The state with the family replaced, every member `built` and to be given to the node in order. A version spends what its old one spent, or the
 * same output of its parent's new version, so old and new never both get into the chain. What loses an output of its parent, and cannot be built so that
 * this holds, waits as a version: it is over once a block has the new parent. So does what stands on a transaction of others.
 * Errors: `wallet.no-pending`, `wallet.not-own`, those of `composePayment`; nothing is replaced then.
 */
export function replaceFamily(state: WalletState, plan: FamilyPlan): Result<{ state: WalletState; sent: Replaced[] }> {
  const ids = descendantsOf(state.pending, [plan.txid])
  const family = state.pending.filter((one) => ids.has(one.txid))
  if (family[0]?.txid !== plan.txid)
    return fail('wallet.no-pending', `transaction ${plan.txid} is not pending: there is nothing to replace`)
  const moved = new Map<string, string | null>()
  const sent: Replaced[] = []
  let next = setAside(state, [plan.txid])
  const claimed = new Set(family.flatMap((one) => one.inputs))
  for (const old of family) {
    const built = old === family[0] || canFollow(old, moved) ? buildAgain(next, old, plan, moved, claimed) : ok(null)
    if (!built.ok) return built
    if (built.value === null) {
      for (const vout of old.outputs.keys()) moved.set(`${old.txid}:${vout}`, null)
      continue
    }
    next = built.value.state
    const { txid, change, fee } = built.value
    for (const [from, to] of outputsMoved(old, change)) moved.set(`${old.txid}:${from}`, to === null ? null : `${txid}:${to}`)
    sent.push({ old: old.txid, txid, fee })
  }
  return ok({ state: next, sent })
}

const canFollow = (old: PendingTransaction, moved: ReadonlyMap<string, string | null>): boolean =>
  old.own && old.inputs.some((outpoint) => moved.get(outpoint) !== null)

/** @returns null where old and new, or an older version and new, might both be mined */
function buildAgain(
  state: WalletState,
  old: PendingTransaction,
  plan: FamilyPlan,
  moved: ReadonlyMap<string, string | null>,
  claimed: ReadonlySet<string>,
): Result<{ state: WalletState; txid: string; change: number | null; fee: number } | null> {
  const composed = composeAgain(state, old, plan, moved, claimed)
  if (!composed.ok) return composed
  const change = composed.value.change?.vout ?? null
  const details = { own: true, change, payment: old.payment, label: old.label, phase: 'built' } as const
  const added = addPending(state, plan.sign(composed.value), details)
  if (!added.ok) return added
  const made = added.value.pending.at(-1)!
  const all = [...added.value.pending, ...added.value.versions]
  const isSafe =
    old.inputs.every((outpoint) => moved.get(outpoint) !== null) ||
    added.value.versions.every((one) => one.payment !== made.payment || exclude(all, made, one))
  return ok(isSafe ? { state: added.value, txid: made.txid, change, fee: composed.value.fee } : null)
}

function composeAgain(
  state: WalletState,
  old: PendingTransaction,
  plan: FamilyPlan,
  moved: ReadonlyMap<string, string | null>,
  claimed: ReadonlySet<string>,
): Result<Composition> {
  const parsed = parseTransaction(fromHex(old.raw))
  if (!parsed.ok) return parsed
  const wanted = old.inputs.flatMap((outpoint, index) => {
    const now = moved.has(outpoint) ? moved.get(outpoint)! : outpoint
    return now === null ? [] : [{ now, sequence: parsed.value.ins[index]?.sequence ?? replaceable }]
  })
  const reusable = wanted
    .map(({ now, sequence }) => inputOf(state, now, sequence))
    .filter((input): input is ComposedInput => input !== undefined)
  if (!old.own || old.fee === null || reusable.length !== wanted.length)
    return fail(
      'wallet.not-own',
      `transaction ${old.txid} spends coins that this wallet does not watch: whoever made it has to raise the fee`,
    )
  const fee = old.fee
  const change = old.change === null ? undefined : old.outputs[old.change]
  return fund(
    state,
    {
      outputs: old.outputs.filter((_, vout) => vout !== old.change),
      feeRate: plan.rate,
      changeScript: change?.script ?? plan.changeScript,
      lockTime: parsed.value.locktime,
    },
    {
      reusable,
      confirmedOnly: true,
      reserved: claimed,
      leastFee: (vsize) => Math.max(Math.ceil(fee + plan.increment * vsize), Math.floor((vsize * fee) / old.vsize) + 1),
    },
  )
}

/** Old and new index of each output: those of the payment keep their order, the change goes last. */
function outputsMoved(old: PendingTransaction, change: number | null): Array<[number, number | null]> {
  let at = 0
  return old.outputs.map((_, vout) => [vout, vout === old.change ? change : at++])
}
