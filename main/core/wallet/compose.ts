/** Makes an unsigned payment: picks coins, computes the fee from the exact size, adds change. */
import { fromHex } from '../../../roles/protocol/bytes.ts'
import { fail, failForNow, ok } from '../../../roles/protocol/result.ts'
import type { Result } from '../../../roles/protocol/result.ts'
import { buildTransaction, dustThreshold, feeFor, virtualSize, type UnsignedTransaction } from '../../../roles/protocol/tx/index.ts'
import { availableCoins } from './coins.ts'
import type { AvailableCoin } from './coins.ts'
import { maxAncestors } from './pending.ts'
import { isOrdinary, type Purpose, type WalletState } from './state.ts'

export interface PaymentOutput {
  /** scriptPubKey, hex. */
  script: string
  /** Sats. */
  value: number
}

/** A coin that has to be spent: one of the wallet by its outpoint, or any other with all that is known of it. */
export interface RequiredInput {
  txid: string
  vout: number
  sequence?: number
  /** For a coin that the wallet does not watch (a channel, for one); `witnessWeight` when it takes more than one signature. */
  coin?: { value: number; script: string; key: string; witnessWeight?: number }
}

export interface PaymentPlan {
  outputs: PaymentOutput[]
  requiredInputs?: RequiredInput[]
  /** Sat per vbyte, 0 < rate ≤ 10,000. */
  feeRate: number
  /** scriptPubKey, hex, of a watched change address. */
  changeScript: string
  /** nLockTime. */
  lockTime?: number
}

export interface ComposedInput {
  txid: string
  vout: number
  value: number
  script: string
  key: string
  purpose: Purpose | 'foreign'
  sequence?: number
  witnessWeight?: number
}

export interface Composition {
  /** Inputs in the order of `inputs`, outputs in the order of the plan, change last. */
  unsigned: UnsignedTransaction
  /** What the signer has to sign, by input index. */
  inputs: ComposedInput[]
  fee: number
  vsize: number
  /** Pass its `vout` to `addPending`. */
  change: { vout: number; value: number; script: string } | null
}

/** What funding needs beyond the plan; used by fee bumps. */
export interface FundingLimits {
  /** Sats below which the fee of a transaction of `vsize` vbytes must not lie. */
  leastFee?: (vsize: number) => number
  /** Unconfirmed coins are not added. */
  confirmedOnly?: boolean
  /** Outpoints that count as free although a pending transaction spends them. */
  reusable?: ComposedInput[]
  /** Ids of pending transactions whose outputs must not be used. */
  excluded?: Set<string>
  /** Outpoints that others need: not added, though they are free. */
  reserved?: ReadonlySet<string>
}

const maxFeeRate = 10_000

/**
 * Composes a payment. Record the signed transaction with `addPending` before composing the next one, or both pick the same coins.
 * Coins at key, identity and channel addresses are spent only when `requiredInputs` name them.
 * Errors: `wallet.fee-rate`, `wallet.dust` (an output is too small), `wallet.no-coin` (a required input is unknown or spent),
 * `wallet.long-chain` (retryable), `wallet.funds-short` (`details.missing` in sats), `tx.*`.
 */
export const composePayment = (state: WalletState, plan: PaymentPlan): Result<Composition> => fund(state, plan, {})

/** As `composePayment`, within limits. */
export function fund(state: WalletState, plan: PaymentPlan, limits: FundingLimits): Result<Composition> {
  const fault = planFault(plan)
  if (fault) return fault
  const available = availableCoins(state).filter((coin) => !limits.excluded?.has(coin.txid))
  const required = findRequired(available, plan.requiredInputs ?? [])
  if (!required.ok) return required
  const inputs = [...(limits.reusable ?? []), ...required.value]
  const candidates = ranked(available, inputs, limits)
  const ancestors = new Set(ancestorsIn(available, inputs))
  if (ancestors.size > maxAncestors)
    return failForNow(
      'wallet.long-chain',
      `more than ${maxAncestors} transactions before this one are unconfirmed: try again after the next block`,
    )
  const target = plan.outputs.reduce((sum, output) => sum + output.value, 0)
  for (;;) {
    const attempt = settle(plan, inputs, target, limits.leastFee ?? (() => 0))
    if (attempt.missing <= 0 && inputs.length > 0) return finish(plan, inputs, attempt)
    const next = takeNext(candidates, ancestors, plan.feeRate)
    if (!next) return short(state, attempt.missing, available)
    inputs.push(toInput(next))
  }
}

function planFault(plan: PaymentPlan) {
  if (!(plan.feeRate > 0 && plan.feeRate <= maxFeeRate))
    return fail('wallet.fee-rate', `feeRate: ${plan.feeRate} sat/vB is not between 0 and ${maxFeeRate}: take an estimate of the node`)
  for (const [index, output] of plan.outputs.entries()) {
    const least = Number(dustThreshold(fromHex(output.script)))
    if (!Number.isSafeInteger(output.value) || output.value < least) {
      return fail('wallet.dust', `outputs[${index}]: ${output.value} sats is below the ${least} sats that nodes relay: raise it`, { least })
    }
  }
  return undefined
}

function findRequired(available: AvailableCoin[], wanted: RequiredInput[]): Result<ComposedInput[]> {
  const found: ComposedInput[] = []
  for (const { coin, ...outpoint } of wanted) {
    const own = available.find((one) => one.txid === outpoint.txid && one.vout === outpoint.vout)
    if (!own && !coin)
      return fail(
        'wallet.no-coin',
        `requiredInputs: ${outpoint.txid}:${outpoint.vout} is not an unspent coin of this wallet: wait for it to confirm, or choose another`,
      )
    found.push(coin ? { ...outpoint, ...coin, purpose: own?.purpose ?? 'foreign' } : { ...toInput(own!), ...outpoint })
  }
  return ok(found)
}

const toInput = ({ txid, vout, value, script, key, purpose }: AvailableCoin): ComposedInput => ({ txid, vout, value, script, key, purpose })
const outpoint = (coin: { txid: string; vout: number }) => `${coin.txid}:${coin.vout}`

const ancestorsIn = (available: AvailableCoin[], inputs: ComposedInput[]) => {
  const names = new Set(inputs.map(outpoint))
  return available.filter((coin) => names.has(outpoint(coin))).flatMap((coin) => coin.ancestors)
}

/** Ordinary coins in the order they are used: confirmed before unconfirmed, large before small, ties by outpoint so that a run can be repeated. */
function ranked(available: AvailableCoin[], inputs: ComposedInput[], limits: FundingLimits): AvailableCoin[] {
  const used = new Set(inputs.map(outpoint))
  const usable = available.filter(
    (coin) =>
      isOrdinary(coin.purpose) &&
      !used.has(outpoint(coin)) &&
      !limits.reserved?.has(outpoint(coin)) &&
      !(limits.confirmedOnly && coin.height === null),
  )
  return usable.sort(
    (a, b) => Number(a.height === null) - Number(b.height === null) || b.value - a.value || (outpoint(a) < outpoint(b) ? -1 : 1),
  )
}

/** The next coin that is worth more than its input costs and does not lengthen the unconfirmed chain beyond the limit. */
function takeNext(candidates: AvailableCoin[], ancestors: Set<string>, feeRate: number): AvailableCoin | undefined {
  for (let coin = candidates.shift(); coin; coin = candidates.shift()) {
    const joined = new Set([...ancestors, ...coin.ancestors])
    const cost = Number(feeFor(virtualSize([{ script: fromHex(coin.script) }], []) - virtualSize([], []), feeRate))
    if (coin.value <= cost || joined.size > maxAncestors) continue
    for (const id of joined) ancestors.add(id)
    return coin
  }
  return undefined
}

interface Settlement {
  missing: number
  change: number
  fee: number
  vsize: number
}

/** Fee and change for these inputs; `missing` is positive while they do not suffice. */
function settle(plan: PaymentPlan, inputs: ComposedInput[], target: number, leastFee: (vsize: number) => number): Settlement {
  const sum = inputs.reduce((total, input) => total + input.value, 0)
  const sizes = inputs.map((input) => ({
    script: fromHex(input.script),
    ...(input.witnessWeight === undefined ? {} : { witnessWeight: input.witnessWeight }),
  }))
  const scripts = plan.outputs.map((output) => fromHex(output.script))
  const changeScript = fromHex(plan.changeScript)
  const costOf = (vsize: number) => Math.max(leastFee(vsize), Number(feeFor(vsize, plan.feeRate)))
  const [plain, withChange] = [virtualSize(sizes, scripts), virtualSize(sizes, [...scripts, changeScript])]
  const change = sum - target - costOf(withChange)
  if (change >= Number(dustThreshold(changeScript))) return { missing: 0, change, fee: costOf(withChange), vsize: withChange }
  const missing = target + costOf(plain) - sum
  if (scripts.length > 0) return { missing, change: 0, fee: sum - target, vsize: plain }
  return { missing: Math.max(1, Number(dustThreshold(changeScript)) - change), change: 0, fee: 0, vsize: withChange }
}

function finish(plan: PaymentPlan, inputs: ComposedInput[], { change, fee, vsize }: Settlement): Result<Composition> {
  const outputs = change > 0 ? [...plan.outputs, { script: plan.changeScript, value: change }] : plan.outputs
  const unsigned = buildTransaction({
    inputs: inputs.map((input) => ({ ...input, script: fromHex(input.script), value: BigInt(input.value) })),
    outputs: outputs.map((output) => ({ script: fromHex(output.script), value: BigInt(output.value) })),
    ...(plan.lockTime === undefined ? {} : { lockTime: plan.lockTime }),
  })
  if (!unsigned.ok) return unsigned
  return ok({
    unsigned: unsigned.value,
    inputs,
    fee,
    vsize,
    change: change > 0 ? { vout: outputs.length - 1, value: change, script: plan.changeScript } : null,
  })
}

function short(state: WalletState, missing: number, available: AvailableCoin[]) {
  const has = available.filter((coin) => isOrdinary(coin.purpose)).reduce((sum, coin) => sum + coin.value, 0)
  const waits = state.pending.length > 0 ? ', or wait for the pending transactions to confirm' : ''
  return fail(
    'wallet.funds-short',
    `${missing} sats are missing (spendable: ${has} sats): send at least that much to a receive address of this wallet${waits}`,
    { missing, spendable: has },
  )
}
