/**
 * A person's payments: shown before they are made, made as they were shown, and made once however often that is asked for. The name of a payment is on the
 * disk in the same commit as the payment itself.
 */
import { fromHex, toHex, utf8 } from '../../../roles/protocol/bytes.ts'
import { canonicalText } from '../../../roles/protocol/canonical.ts'
import type { CryptoPort } from '../../../roles/protocol/crypto/index.ts'
import { fail, failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import { addressOfScript, dustThreshold, feeFor, scriptOfAddress, virtualSize } from '../../../roles/protocol/tx/index.ts'
import type { SendView } from '../../contract/wallet.ts'
import type { Json } from '../ports.ts'
import { createTurns } from '../turns.ts'
import { availableCoins, type AvailableCoin } from './coins.ts'
import type { Sent } from './cell.ts'
import { fund, type Composition, type PaymentPlan } from './compose.ts'
import { maxAncestors } from './pending.ts'
import { rateOf } from './payments.ts'
import { CONFIRM_WITHIN, type Performer } from './performer.ts'
import { MOST_AT_FIRST, prepared, record, type PaymentPorts, type Prepared } from './recording.ts'
import { isOrdinary, type WalletState } from './state.ts'
import { counted } from '../../../roles/protocol/words.ts'

export interface SendOptions {
  /** Address of this network. */
  to: string
  /** Sats, or everything spendable less the fee. */
  amount: number | 'all'
  /** Sat per vbyte; null for what the node estimates. */
  feeRate: number | null
  /** Only shown. */
  dry: boolean
  /** Digest that was shown: what is paid is that, or nothing. */
  plan?: string | undefined
  /** Name of the payment; without one its plan is its name. */
  key?: string | undefined
}

export interface SendingPorts extends PaymentPorts {
  crypto: CryptoPort
  /** Errors: `wallet.dropped` where nothing will come of a payment and it may be made anew. */
  rebroadcast(txid: string): Promise<Result<void>>
  latest(sent: Sent): Sent
}

const TABLE = 'wallet-sent'
/** Inputs of one payment: what nodes relay has room for some 1,700. */
const MOST_INPUTS = 1_000
/** Sats that no payment of a person costs: nodes refuse more (`-maxtxfee`). */
const MOST_FEE = 10_000_000
/** A fee that nobody asked for is no more than what is paid, from so many sats on. */
const SMALL_FEE = 1_000

/** A payment that was made, by its name. */
interface Row {
  to: string
  amount: number | 'all'
  view: SendView & { txid: string }
}

interface Asked {
  script: string
  amount: number | 'all'
  rate: number
  /** Whether a person named the rate. */
  isRateAsked: boolean
}

/** Errors: see `WalletKeeper.send`. */
export function createSending(ports: SendingPorts, performer: () => Performer) {
  const turns = createTurns()
  return (options: SendOptions): Promise<Result<SendView>> => turns.take(() => send(ports, performer, options))
}

async function send(ports: SendingPorts, performer: () => Performer, options: SendOptions): Promise<Result<SendView>> {
  const name = options.key ?? options.plan
  if (!options.dry && name === undefined)
    return fail(
      'wallet.unnamed',
      'A payment has to have a name, so that a repetition does not pay twice. Look at it first with «dry», and send its plan; or give it a key.',
    )
  const before = options.dry ? null : await made(ports, name!, options)
  if (before !== null) return before
  const asked = await askedOf(ports, options)
  return asked.ok ? pay(ports, performer, { ...options, name: name ?? '' }, asked.value) : asked
}

/** What an earlier call with this name did; null where it may be made. */
async function made(
  { storage, rebroadcast, latest }: SendingPorts,
  name: string,
  { to, amount }: SendOptions,
): Promise<Result<SendView> | null> {
  const row = storage.get(TABLE, name) as unknown as Row | undefined
  if (row === undefined) return null
  if (row.to !== to || row.amount !== amount)
    return fail(
      'wallet.key-used',
      `The key «${name}» names another payment: ${row.amount} sats to ${row.to}. Take another key for this one.`,
    )
  const sent = await rebroadcast(row.view.txid)
  if (!sent.ok && sent.error.code === 'wallet.dropped') return null
  const { txid, fee } = latest({ txid: row.view.txid, fee: row.view.fee })
  return ok({ ...row.view, txid, fee, repeated: true })
}

/** Errors: `tx.address`, `wallet.dust`, `wallet.fee-rate`, `chain.fee-low`. */
async function askedOf({ chain }: SendingPorts, { to, amount, feeRate }: SendOptions): Promise<Result<Asked>> {
  const script = scriptOfAddress(to.trim(), chain.network)
  if (!script.ok) return script
  const least = Number(dustThreshold(script.value))
  if (amount !== 'all' && amount < least)
    return fail('wallet.dust', `${amount} sats are below the ${least} sats that nodes relay to this address. Send at least that much.`, {
      least,
    })
  if (feeRate !== null && feeRate > MOST_AT_FIRST)
    return fail('wallet.fee-rate', `A fee rate of ${feeRate} sat/vB is above the ${MOST_AT_FIRST} sat/vB that are paid at most. Take less.`)
  const fees = await chain.fees(CONFIRM_WITHIN)
  if (!fees.ok) return fees
  if (feeRate !== null && feeRate < fees.value.floor)
    return failForNow(
      'chain.fee-low',
      `The node takes nothing below ${fees.value.floor} sat/vB now, and ${feeRate} sat/vB are asked. Take ${Math.ceil(fees.value.floor)} at least, or wait.`,
      { floor: fees.value.floor },
    )
  const rate = feeRate === null ? rateOf(fees.value) : ok(feeRate)
  return rate.ok ? ok({ script: toHex(script.value), amount, rate: rate.value, isRateAsked: feeRate !== null }) : rate
}

/** A composition, and what of it is the payment. */
interface Planned {
  composition: Composition
  amount: number
  /** Null where nothing comes back. */
  change: number | null
}

async function pay(
  ports: SendingPorts,
  performer: () => Performer,
  options: SendOptions & { name: string },
  asked: Asked,
): Promise<Result<SendView>> {
  const { cell, keyring } = ports
  if (cell.state().scan)
    return failForNow('wallet.scan', 'The wallet looks its coins up again after a deep reorganisation. Wait until it has them.')
  let view: SendView | null = null
  const recorded = await record(
    ports,
    (state, least) => {
      const planned = plan(state, keyring.changeScript(), asked, least)
      if (!planned.ok) return planned
      const shown = viewOf(ports, state, planned.value, asked)
      if (!shown.ok) return shown
      if (options.plan !== undefined && options.plan !== shown.value.plan) return changed(shown.value)
      view = shown.value
      return preparedFor(ports, state, planned.value, shown.value, options)
    },
    options.dry,
  )
  if (!recorded.ok) return recorded
  const { txid } = recorded.value.sent[0]!
  if (options.dry) return ok(view!)
  // It is recorded: what the node does not take now it is given again with every block.
  await performer().offer(txid)
  return ok({ ...view!, txid })
}

const changed = ({ fee, remains, inputs }: SendView) =>
  failForNow(
    'wallet.plan-changed',
    `The wallet's coins or the fee changed since this payment was shown: it would spend ${counted(inputs.length, 'coin')} now, pay ${fee} sats of fee and leave ${remains} sats. Nothing was sent; look at it again.`,
  )

function preparedFor(
  { keyring }: SendingPorts,
  state: WalletState,
  { composition, change }: Planned,
  view: SendView,
  { to, amount, name }: SendOptions & { name: string },
): Result<Prepared> {
  const rows = ({ txid }: Sent) => {
    const row: Row = { to, amount, view: { ...view, txid } }
    return [{ table: TABLE, key: name, value: row as unknown as Json }]
  }
  // Everything is sent: what looks like change is the payment, and no coin of this wallet.
  const own = change === null ? { ...composition, change: null } : composition
  return prepared(state, own, keyring, rows, { seal: false, label: 'payment sent' })
}

/** Errors: those of composing, `wallet.fee-much`. */
function plan(state: WalletState, changeScript: string, asked: Asked, least: number): Result<Planned> {
  const planned = asked.amount === 'all' ? everything(state, asked, least) : some(state, changeScript, asked.amount, asked, least)
  if (!planned.ok) return planned
  const { fee } = planned.value.composition
  const isMuch = !asked.isRateAsked && fee > SMALL_FEE && fee > planned.value.amount
  return fee > MOST_FEE || isMuch
    ? fail(
        'wallet.fee-much',
        `The fee would be ${fee} sats for a payment of ${planned.value.amount} sats, at ${asked.rate} sat/vB. ${fee > MOST_FEE ? `At most ${MOST_FEE} are paid: take a lower rate.` : 'Name a fee rate to pay it all the same, or wait until fees are lower.'}`,
        { fee },
      )
    : planned
}

function some(state: WalletState, changeScript: string, amount: number, { script, rate }: Asked, least: number): Result<Planned> {
  const wanted: PaymentPlan = { outputs: [{ script, value: amount }], feeRate: rate, changeScript }
  const composition = fund(state, wanted, { leastFee: () => least })
  return composition.ok ? ok({ composition: composition.value, amount, change: composition.value.change?.value ?? null }) : composition
}

/** All ordinary coins that are worth more than they cost to spend, to one address. */
function everything(state: WalletState, { script, rate }: Asked, least: number): Result<Planned> {
  const cost = (coin: AvailableCoin): number =>
    Number(feeFor(virtualSize([{ script: fromHex(coin.script) }], []) - virtualSize([], []), rate))
  const worth = availableCoins(state).filter((coin) => isOrdinary(coin.purpose) && coin.value > cost(coin))
  const ancestors = new Set(worth.flatMap((coin) => coin.ancestors))
  const coins = worth
    .filter((coin) => ancestors.size <= maxAncestors || coin.height !== null)
    .sort((a, b) => b.value - a.value)
    .slice(0, MOST_INPUTS)
  const total = coins.reduce((sum, coin) => sum + coin.value, 0)
  if (coins.length === 0)
    return fail(
      'wallet.funds-short',
      'There is no coin that is worth more than spending it costs. Send sats to a receive address of this wallet first.',
      {
        missing: 1,
        spendable: 0,
      },
    )
  const wanted: PaymentPlan = {
    outputs: [],
    requiredInputs: coins.map(({ txid, vout }) => ({ txid, vout })),
    feeRate: rate,
    changeScript: script,
  }
  // Nothing else is added: without the payment's output the coins would not do.
  const composed = fund(state, wanted, { leastFee: () => least, confirmedOnly: true, reserved: new Set(worth.map(outpointOf)) })
  if (composed.ok && composed.value.change !== null)
    return ok({ composition: composed.value, amount: composed.value.change.value, change: null })
  const message = `The fee at ${rate} sat/vB leaves too little of ${total} sats to be sent. Take a lower fee rate, or wait for more coins.`
  return composed.ok || composed.error.code === 'wallet.funds-short'
    ? fail('wallet.funds-short', message, { missing: 1, spendable: total })
    : composed
}

const outpointOf = ({ txid, vout }: { txid: string; vout: number }): string => `${txid}:${vout}`

function viewOf(
  { crypto, chain }: SendingPorts,
  state: WalletState,
  { composition, amount, change }: Planned,
  { rate }: Asked,
): Result<SendView> {
  const { inputs, fee, vsize, unsigned } = composition
  const address = (script: string): string => {
    const read = addressOfScript(fromHex(script), chain.network)
    return read.ok ? read.value : script
  }
  const paid = unsigned.transaction.outs.map(({ script, value }) => ({ script: toHex(script), value: Number(value) }))
  const last = change === null ? -1 : composition.change!.vout
  const spent = new Set(inputs.map(outpointOf))
  const left = availableCoins(state).filter((coin) => isOrdinary(coin.purpose) && !spent.has(outpointOf(coin)))
  const named = { inputs: inputs.map(outpointOf), outputs: paid.map(({ script, value }) => [script, value]), fee }
  return ok({
    plan: toHex(crypto.sha256(utf8(canonicalText(named)))),
    feeRate: rate,
    inputs: inputs.map((input) => ({ outpoint: outpointOf(input), value: input.value, address: address(input.script) })),
    outputs: paid.map(({ script, value }, at) => ({ address: address(script), value, purpose: at === last ? 'change' : 'payment' })),
    amount,
    fee,
    vsize,
    purpose: 'payment sent',
    remains: left.reduce((sum, coin) => sum + coin.value, 0) + (change ?? 0),
  })
}
