/** Payments: composed, shown to the node, written down, and only then sent. What the node would refuse is never recorded and holds no coin. */
import { fromHex, toHex } from '../../../roles/protocol/bytes.ts'
import { fail, failForNow, must, ok, type Result } from '../../../roles/protocol/result.ts'
import { dustThreshold, p2trScript } from '../../../roles/protocol/tx/index.ts'
import { isKnownOutput } from '../chain-watch.ts'
import type { FeeQuote, StoragePort, StorageWrite } from '../ports.ts'
import { bumpFee } from './bump.ts'
import { replacedBy, type Sent } from './cell.ts'
import { availableCoins } from './coins.ts'
import { fund, type Composition, type PaymentOutput } from './compose.ts'
import { replaceFamily } from './family.ts'
import type { Keyring } from './keyring.ts'
import { eventOf } from './lifecycle.ts'
import { bumpTarget, rateWithAncestors } from './overdue.ts'
import { ancestorsOf } from './lines.ts'
import { MOST_BY_ITSELF } from './plan.ts'
import { CONFIRM_WITHIN, type Performer } from './performer.ts'
import { MOST_AT_FIRST, prepared, record, type PaymentPorts, type Prepared } from './recording.ts'
import type { PendingTransaction, WalletState } from './state.ts'

export interface Payment {
  /** Scripts with their value in sats, or x-only keys that get dust at their P2TR address. */
  outputs: Array<{ script: Uint8Array; value: number } | { key: Uint8Array }>
  /** X-only keys of this wallet whose coin is spent. */
  spendFromKeys: string[]
  /**
   * The newest seal in a block, as `txid:vout`, asked for whenever it is composed anew: input 0 spends the end of the line of own transactions
   * that begins with it.
   */
  seal?: () => string
  /** What it is for, in words: history shows it. */
  label?: string
  /** Rows to commit in the same transaction as the signed payment. */
  record(txid: string, fee: number): StorageWrite[]
}

export function createPayments(ports: PaymentPorts, performer: () => Performer) {
  const { chain, storage, cell, keyring } = ports
  let hindrance: string | null = null

  async function pay(payment: Payment): Promise<Result<Sent>> {
    if (cell.state().scan)
      return failForNow('wallet.scan', 'The wallet looks its coins up again after a deep reorganisation. Wait until it has them.')
    const fees = await chain.fees(CONFIRM_WITHIN)
    if (!fees.ok) return fees
    const rate = rateOf(fees.value)
    if (!rate.ok) return rate
    const outputs = payment.outputs.map(outputOf)
    const recorded = await record(ports, (state, least) => {
      const required = keyCoins(state, storage, payment.spendFromKeys)
      if (!required.ok) return required
      const seal = payment.seal === undefined ? ok([]) : sealCoin(state, payment.seal())
      if (!seal.ok) return seal
      const plan = {
        outputs,
        requiredInputs: [...seal.value, ...required.value],
        feeRate: rate.value,
        changeScript: keyring.changeScript(),
      }
      const composed = fund(state, plan, { leastFee: () => least })
      const rows = ({ txid, fee }: Sent): StorageWrite[] => payment.record(txid, fee)
      const details = { seal: payment.seal !== undefined, label: payment.label ?? '' }
      return composed.ok ? prepared(state, composed.value, keyring, rows, details) : composed
    })
    if (!recorded.ok) return recorded
    const sent = recorded.value.sent[0]!
    const offered = await performer().offer(sent.txid)
    // The payment is recorded: whoever repeats it finds it, and it is given to the node again with every block.
    return offered.ok ? ok(sent) : offered
  }

  async function bump(txid: string, feeRate: number | null): Promise<Result<Sent>> {
    const fees = await chain.fees(CONFIRM_WITHIN)
    if (!fees.ok) return fees
    const wanted = cell.latest({ txid, fee: 0 }).txid
    const asked = feeRate === null ? rateOf(fees.value) : ok(Math.max(feeRate, fees.value.floor))
    if (!asked.ok) return asked
    const rate = asked.value
    const recorded = await record(ports, (state, least) => {
      const raised = prepareBump(state, { txid: wanted, rate, least }, fees.value, keyring)
      return raised.ok ? notDear(state, raised.value, rate) : raised
    })
    if (!recorded.ok) return recorded
    const results = []
    for (const sent of recorded.value.sent) results.push(await performer().offer(sent.txid))
    const failed = results.find((one) => !one.ok)
    const mine = recorded.value.sent.find((sent) => sent.txid === cell.latest({ txid: wanted, fee: 0 }).txid) ?? recorded.value.sent[0]!
    return failed === undefined ? ok(mine) : failForNow(failed.error.code, failed.error.message)
  }

  return {
    async pay(payment: Payment): Promise<Result<Sent>> {
      const paid = passing(await pay(payment))
      hindrance = paid.ok ? null : paid.error.message
      return paid
    },
    bump,
    /** Why the last payment did not succeed, until one does. */
    hindrance: () => hindrance,
  }
}

/** A node that answers another thing than what it thinks of the payment (a password that changed, a method that it forbids) may answer otherwise later. */
const passing = (paid: Result<Sent>): Result<Sent> =>
  paid.ok || !paid.error.code.startsWith('chain.') || eventOf(paid.error) !== 'silence'
    ? paid
    : { ok: false, error: { ...paid.error, retryable: true } }

/** What a new payment pays: the estimate, up to a limit. Error: `chain.fee-low` (retryable) where the node takes nothing below that limit. */
export function rateOf({ rate, floor }: FeeQuote): Result<number> {
  if (floor > MOST_AT_FIRST)
    return failForNow(
      'chain.fee-low',
      `The node asks ${Math.ceil(floor)} sat/vB at least (-minrelaytxfee, or its mempool is full); at most ${MOST_AT_FIRST} are paid. Change its options, or wait.`,
    )
  return ok(Math.min(Math.max(rate, floor), MOST_AT_FIRST))
}

/** The first of those that it waits for, itself included, which the node does not hold: as long as it is missing, no child of it can pay. */
const firstRefused = ({ pending }: WalletState, txid: string): PendingTransaction | undefined => {
  const line = ancestorsOf(pending, [txid])
  return pending.find((one) => line.has(one.txid) && one.own && (one.phase === 'refused for now' || one.phase === 'evicted'))
}

interface Bump {
  txid: string
  /** Sat per vbyte. */
  rate: number
  /** Sats that the node asks for it. */
  least: number
}

/**
 * What a node asks for a replacement beyond the fee that was asked for is paid without asking up to a limit: 100 sat/vB, or twice what is replaced.
 * Error: `chain.fee-low` (retryable), with the rate to ask for.
 */
function notDear(before: WalletState, raised: Prepared, rate: number): Result<Prepared> {
  const fees = raised.sent.reduce((sum, { fee }) => sum + fee, 0)
  const vsize = raised.state.pending.reduce((sum, one) => (raised.sent.some(({ txid }) => txid === one.txid) ? sum + one.vsize : sum), 0)
  const kept = new Set(raised.state.pending.map((one) => one.txid))
  const replaced = before.pending.reduce((sum, one) => (kept.has(one.txid) ? sum : sum + (one.fee ?? 0)), 0)
  const target = before.pending.find((one) => !kept.has(one.txid))
  const asked = target === undefined ? rate : rateWithAncestors(before, target, rate)
  if (fees <= Math.max(asked, MOST_BY_ITSELF) * vsize + 1 || fees <= 2 * replaced) return ok(raised)
  return failForNow(
    'chain.fee-low',
    `The node takes a replacement only for ${fees} sats, ${Math.ceil(fees / vsize)} sat/vB (-incrementalrelayfee, -datacarriercost): ask for that rate, or wait for a block.`,
  )
}

function prepareBump(state: WalletState, { txid, rate, least }: Bump, fees: FeeQuote, keyring: Keyring): Result<Prepared> {
  const refused = firstRefused(state, txid)
  if (refused !== undefined) return prepareFamily(state, refused.txid, rate, fees, keyring)
  const old = bumpTarget(state, txid)
  if (old === undefined) return fail('wallet.no-pending', `transaction ${txid} is not pending: it is in a block already, or was dropped`)
  const composed = bumpFee(state, old.txid, rateWithAncestors(state, old, rate), keyring.changeScript(), {
    increment: fees.increment,
    least,
  })
  return composed.ok ? prepared(state, composed.value, keyring, (sent) => [replacedBy(old.txid, sent)], { payment: old.payment }) : composed
}

function prepareFamily(state: WalletState, txid: string, rate: number, { increment }: FeeQuote, keyring: Keyring): Result<Prepared> {
  const sign = (composition: Composition) => keyring.sign(composition)
  const replaced = replaceFamily(state, { txid, rate, increment, changeScript: keyring.changeScript(), sign })
  if (!replaced.ok) return replaced
  const { state: next, sent } = replaced.value
  const raw = fromHex(next.pending.find((one) => one.txid === sent[0]!.txid)!.raw)
  return ok({ state: next, raw, sent, writes: sent.map((one) => replacedBy(one.old, one)) })
}

/** A pending transaction of ours counts by its data output. */
function isAnchored(state: WalletState, storage: StoragePort, { txid, vout }: { txid: string; vout: number }): boolean {
  const pending = state.pending.find((one) => one.txid === txid)
  return pending === undefined ? isKnownOutput(storage, `${txid}:${vout}`) : pending.outputs.some(({ script }) => script.startsWith('6a'))
}

const outputOf = (output: Payment['outputs'][number]): PaymentOutput => {
  if ('value' in output) return { script: toHex(output.script), value: output.value }
  const script = must(p2trScript(output.key))
  return { script: toHex(script), value: Number(dustThreshold(script)) }
}

/**
 * The end of the line of seals that begins with an output in a block: own transactions that wait for a block spend one and make the next.
 * Error: `wallet.no-seal` (retryable: its transaction may be on the way, or somebody else has the key).
 */
function sealCoin(state: WalletState, from: string): Result<Array<{ txid: string; vout: number }>> {
  let end = from
  for (;;) {
    const next = state.pending.find((one) => one.own && one.seal === true && one.inputs[0] === end)
    if (next === undefined) break
    end = `${next.txid}:1`
  }
  const coin = availableCoins(state).find(({ txid, vout }) => `${txid}:${vout}` === end)
  return coin === undefined
    ? failForNow('wallet.no-seal', `The seal ${end} is not a coin that this wallet can spend now. Wait for its transaction to confirm.`)
    : ok([{ txid: coin.txid, vout: coin.vout }])
}

/**
 * A coin at each key's address, made by an anchored transaction where there is one: dust that a stranger sent there does not show others
 * whose coin was spent. Error: `wallet.no-key-coin` (retryable: its transaction may still be on the way).
 */
function keyCoins(state: WalletState, storage: StoragePort, keys: string[]): Result<Array<{ txid: string; vout: number }>> {
  const available = availableCoins(state)
  const found: Array<{ txid: string; vout: number }> = []
  for (const key of keys) {
    const script = toHex(must(p2trScript(fromHex(key))))
    const coins = available.filter((one) => one.script === script)
    const coin = coins.find((one) => isAnchored(state, storage, one)) ?? coins[0]
    if (coin === undefined)
      return failForNow(
        'wallet.no-key-coin',
        `There is no coin at the address of key ${key.slice(0, 16)}… to sign with. Wait for its last transaction to confirm.`,
      )
    found.push({ txid: coin.txid, vout: coin.vout })
  }
  return ok(found)
}
