/** Does what `plan.ts` says: gives transactions to the node and takes its answers down. At most one round at a time, and one round for a block. */
import { fromHex } from '../../../roles/protocol/bytes.ts'
import { fail, failForNow, ok } from '../../../roles/protocol/result.ts'
import type { Failure, Result } from '../../../roles/protocol/result.ts'
import type { ChainPort, FeeQuote, LogPort } from '../ports.ts'
import { payAnew, stranded } from './anew.ts'
import { replacedBy, type WalletCell } from './cell.ts'
import type { Composition } from './compose.ts'
import { replaceFamily } from './family.ts'
import type { Keyring } from './keyring.ts'
import { overdue } from './overdue.ts'
import { markOffered, takeAnswer } from './pending.ts'
import { dueOffers, MOST_BY_ITSELF, raiseFor, refusedForFee, type Raise } from './plan.ts'
import type { PendingTransaction, WalletState } from './state.ts'

export const CONFIRM_WITHIN = 3
/** Blocks after which a transaction that pays less than the estimate is replaced without asking. */
const PATIENCE_BLOCKS = 6

export interface PerformerPorts {
  chain: ChainPort
  cell: WalletCell
  keyring: Keyring
  log: LogPort
  /** Pays more for a transaction in the mempool, at that rate in sat per vbyte. */
  bump(txid: string, rate: number): Promise<Result<{ txid: string; fee: number }>>
}

export interface Performer {
  /** Gives a pending transaction to the node. Errors: the node's, retryable; `wallet.dropped` (retryable: pay anew) when its coins are free now. */
  offer(txid: string): Promise<Result<null>>
  /** Looks after everything that is pending. Resolves when this round is over; while one is going on, it is that one’s end. */
  tend(): Promise<void>
}

export function createPerformer(ports: PerformerPorts): Performer {
  let running: Promise<void> | null = null
  const offer = (txid: string) => offerOne(ports, txid)
  return {
    offer,
    tend() {
      running ??= round(ports, offer).finally(() => {
        running = null
      })
      return running
    },
  }
}

async function offerOne({ chain, cell, log }: PerformerPorts, txid: string): Promise<Result<null>> {
  const one = cell.state().pending.find((pending) => pending.txid === txid)
  if (one === undefined) return fail('wallet.no-pending', `transaction ${txid} is not pending: it is in a block already, or was dropped`)
  cell.commit(markOffered(cell.state(), [txid]))
  const sent = await chain.broadcast(fromHex(one.raw))
  return take({ cell, log }, txid, sent.ok ? null : sent.error)
}

/** Writes down what the node said, and says what is new about it. */
function take({ cell, log }: Pick<PerformerPorts, 'cell' | 'log'>, txid: string, failure: Failure | null): Result<null> {
  const before = cell.state()
  const next = takeAnswer(before, txid, failure)
  // What the node said can be asked again: only what it was given has to outlast a loss of power.
  cell.commit(next, [], 'crash')
  tell(log, before, next, txid)
  if (failure === null) return ok(null)
  if (!next.pending.some((one) => one.txid === txid) && before.pending.some((one) => one.txid === txid))
    return failForNow('wallet.dropped', `${failure.message}. Its coins are free again.`)
  return failForNow(failure.code, failure.message)
}

/** Each new reason once; children that only miss a refused parent say nothing by themselves. */
function tell(log: LogPort, before: WalletState, next: WalletState, txid: string): void {
  const find = (state: WalletState) => state.pending.find((one) => one.txid === txid)
  const [was, is] = [find(before), find(next)]
  if (was !== undefined && is === undefined)
    log.log('warn', `Transaction ${txid} is refused, and its coins are free again: ${next.ended.at(-1)?.reason}`)
  if (is === undefined || is.phase === was?.phase) return
  if (is.phase === 'mempool' && was?.refusal) log.log('info', `The node takes transaction ${txid} now.`)
  if (is.refusal === null || is.refusal.code === was?.refusal?.code || is.refusal.code === 'chain.inputs-missing') return
  const what = is.own ? `Transaction ${txid}` : `Transaction ${txid} of somebody else, which payments of this wallet stand on,`
  log.log(
    'warn',
    `${what} is ${is.phase}: ${is.refusal.message}. It is offered again after pauses; ${is.own ? 'its' : 'their'} coins are held.`,
  )
}

async function round(ports: PerformerPorts, offer: Performer['offer']): Promise<void> {
  const { cell, chain } = ports
  const offered = dueOffers(cell.state()).map((one) => one.txid)
  for (const txid of offered) await offer(txid)
  const late = overdue(cell.state(), MOST_BY_ITSELF, PATIENCE_BLOCKS).length > 0
  const refused = refusedForFee(cell.state()).filter((one) => offered.includes(one.txid))
  if (!late && refused.length === 0 && stranded(cell.state()).length === 0) return
  const fees = await chain.fees(CONFIRM_WITHIN)
  if (!fees.ok) return
  for (const one of refused) await raise(ports, one, fees.value, offer)
  for (const payment of stranded(cell.state())) await makeAnew(ports, payment, fees.value, offer)
  for (const one of overdue(cell.state(), Math.min(fees.value.rate, MOST_BY_ITSELF), PATIENCE_BLOCKS)) await payMore(ports, one, fees.value)
}

async function raise(ports: PerformerPorts, one: PendingTransaction, fees: FeeQuote, offer: Performer['offer']): Promise<void> {
  const { cell, log } = ports
  const plan = raiseFor(cell.state(), one, fees)
  if (plan.type === 'wait') {
    if (one.refusal?.tries === 1)
      log.log(
        'warn',
        `The node asks ${Math.ceil(plan.rate)} sat/vB of ${one.txid}; more than ${MOST_BY_ITSELF} are not paid without asking. Raise the fee, or wait.`,
      )
    return
  }
  if (plan.type === 'package' && (await submit(ports, plan))) return
  await replaceRefused(ports, one.txid, Math.max(fees.rate, fees.floor + fees.increment), fees, offer)
}

/** @returns whether the mempool has them */
async function submit({ chain, cell, log }: PerformerPorts, { txids }: Raise & { type: 'package' }): Promise<boolean> {
  const members = txids.flatMap((txid) => cell.state().pending.find((one) => one.txid === txid) ?? [])
  cell.commit(markOffered(cell.state(), txids))
  const sent = await chain.broadcastPackage(members.map((one) => fromHex(one.raw)))
  if (sent.ok) for (const txid of txids) take({ cell, log }, txid, null)
  return sent.ok
}

/** Replaces a refused one with all that spends from it, if the node takes the first of the new ones. */
async function replaceRefused(ports: PerformerPorts, txid: string, rate: number, fees: FeeQuote, offer: Performer['offer']): Promise<void> {
  const { cell, keyring, log } = ports
  if (rate > MOST_BY_ITSELF) return
  const replaced = replaceFamily(cell.state(), {
    txid,
    rate,
    increment: fees.increment,
    changeScript: keyring.changeScript(),
    sign: (composition) => keyring.sign(composition),
  })
  if (!replaced.ok) return log.log('warn', `The fee of ${txid} cannot be raised: ${replaced.error.message}`)
  const { state, sent } = replaced.value
  cell.commit(
    state,
    sent.map((one) => replacedBy(one.old, one)),
  )
  const fee = sent.reduce((sum, one) => sum + one.fee, 0)
  log.log('info', `The node refused ${txid} for its fee: ${sent.length} transactions take its place and pay ${fee} sats together.`)
  for (const one of sent) await offer(one.txid)
}

/** Another version takes the place of one that waits for what is missing, where that is safe. */
async function makeAnew(ports: PerformerPorts, payment: string, fees: FeeQuote, offer: Performer['offer']): Promise<void> {
  const { cell, keyring, log } = ports
  const rate = Math.max(fees.rate, fees.floor)
  if (rate > MOST_BY_ITSELF) return
  const sign = (composition: Composition) => keyring.sign(composition)
  const made = payAnew(cell.state(), payment, { rate, increment: fees.increment, changeScript: keyring.changeScript(), sign })
  if (!made.ok) return
  const { state, old, txid, fee } = made.value
  cell.commit(state, [replacedBy(old, { txid, fee })])
  log.log('info', `A transaction before ${old} is in no block any more: ${txid} takes its place without it, and pays ${fee} sats.`)
  await offer(txid)
}

/** A publication that waits is worth less from tick to tick: what pays too little is replaced. */
async function payMore({ log, bump }: PerformerPorts, one: PendingTransaction, fees: FeeQuote): Promise<void> {
  const rate = Math.min(fees.rate, MOST_BY_ITSELF)
  const bumped = await bump(one.txid, rate)
  log.log(
    bumped.ok ? 'info' : 'warn',
    bumped.ok
      ? `Transaction ${one.txid} waited too long; ${bumped.value.txid} replaces it and pays ${bumped.value.fee} sats.`
      : `The fee of ${one.txid} cannot be raised: ${bumped.error.message}`,
  )
}
