/** Does what `plan.ts` says: gives transactions to the node and takes its answers down. At most one round at a time, and one round for a block. */
import { fromHex } from '../../../roles/protocol/bytes.ts'
import { fail, failForNow, ok } from '../../../roles/protocol/result.ts'
import type { Failure, Result } from '../../../roles/protocol/result.ts'
import type { FeeQuote, LogPort } from '../ports.ts'
import { makeAnew, payMore, raise, type ActionPorts, type PerformerPorts } from './actions.ts'
import { stranded } from './anew.ts'
import { overdue } from './overdue.ts'
import { markOffered, takeAnswer } from './pending.ts'
import { dueOffers, MOST_BY_ITSELF, refusedForFee } from './plan.ts'
import type { WalletState } from './state.ts'

export const CONFIRM_WITHIN = 3
/** Blocks after which a transaction that pays less than the estimate is replaced without asking. */
const PATIENCE_BLOCKS = 6

export interface Performer {
  /** Gives a pending transaction to the node. Errors: the node's, retryable; `wallet.dropped` (retryable: pay anew) when its coins are free now. */
  offer(txid: string): Promise<Result<null>>
  /** Looks after everything that is pending. Resolves when this round is over; while one is going on, it is that one’s end. */
  tend(): Promise<void>
}

export function createPerformer(ports: PerformerPorts): Performer {
  let running: Promise<void> | null = null
  const offer = (txid: string) => offerOne(ports, txid)
  const warnOnce = onceOf(ports.log)
  return {
    offer,
    tend() {
      running ??= round({ ...ports, offer, warnOnce, take: (txid) => void take(ports, txid, null) }).finally(() => {
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

async function round(ports: ActionPorts): Promise<void> {
  const { cell, chain, offer } = ports
  const offered = dueOffers(cell.state()).map((one) => one.txid)
  for (const txid of offered) await offer(txid)
  const late = overdue(cell.state(), MOST_BY_ITSELF, PATIENCE_BLOCKS)
  const refused = refusedForFee(cell.state()).filter((one) => offered.includes(one.txid))
  if (late.length === 0 && refused.length === 0 && stranded(cell.state()).length === 0) return
  const fees = await chain.fees(CONFIRM_WITHIN)
  if (!fees.ok) return
  for (const one of refused) await raise(ports, one, fees.value)
  for (const payment of stranded(cell.state())) await makeAnew(ports, payment, fees.value)
  const raising = overdue(cell.state(), Math.min(fees.value.rate, MOST_BY_ITSELF), PATIENCE_BLOCKS)
  for (const one of raising) await payMore(ports, one, fees.value)
  for (const one of late) if (!raising.includes(one)) tellPassedOver(ports, one.txid, fees.value)
}

/** Without an estimate nobody knows what a block asks, and a fee that is too low would wait in silence. */
function tellPassedOver({ cell, warnOnce }: ActionPorts, txid: string, { without }: FeeQuote): void {
  if (without === undefined || !cell.state().pending.some((one) => one.txid === txid && one.phase === 'mempool')) return
  warnOnce(
    `Transaction ${txid} is in the mempool, and ${PATIENCE_BLOCKS} blocks and more passed it over. The node estimates no fees (${without}), so its own is not raised by itself: raise it, or see what who mines asks (-blockmintxfee, -blockmaxweight).`,
  )
}

/** Words remembered so that they are not said again. */
const MOST_SAID = 1_000

function onceOf(log: LogPort): (message: string) => void {
  const said = new Set<string>()
  return (message) => {
    if (said.has(message)) return
    if (said.size >= MOST_SAID) said.clear()
    said.add(message)
    log.log('warn', message)
  }
}
