/** What the wallet does by itself about a waiting transaction beyond giving it to the node again. Each writes first, and then acts. */
import { fromHex } from '../../../roles/protocol/bytes.ts'
import type { Result } from '../../../roles/protocol/result.ts'
import type { ChainPort, FeeQuote, LogPort } from '../ports.ts'
import { payAnew } from './anew.ts'
import { replacedBy, type WalletCell } from './cell.ts'
import type { Composition } from './compose.ts'
import { replaceFamily } from './family.ts'
import type { Keyring } from './keyring.ts'
import { markOffered } from './pending.ts'
import { MOST_BY_ITSELF, raiseFor, type Raise } from './plan.ts'
import type { PendingTransaction } from './state.ts'

export interface PerformerPorts {
  chain: ChainPort
  cell: WalletCell
  keyring: Keyring
  log: LogPort
  /** Pays more for a transaction in the mempool, at that rate in sat per vbyte. */
  bump(txid: string, rate: number): Promise<Result<{ txid: string; fee: number }>>
}

export interface ActionPorts extends PerformerPorts {
  offer(txid: string): Promise<Result<null>>
  /** Warns, with the same words once: what every block finds again is not told with every block. */
  warnOnce(message: string): void
  /** Writes down that the mempool has it. */
  take(txid: string): void
}

/** Gets in what the node refused for its fee: with a child that pays enough, or with a new version that does; of what others made there is none. */
export async function raise(ports: ActionPorts, one: PendingTransaction, fees: FeeQuote): Promise<void> {
  const { cell, log } = ports
  const plan = raiseFor(cell.state(), one, fees)
  if (plan.type === 'package' && (await submit(ports, plan))) return
  if (!one.own) return
  if (plan.type !== 'wait') return replaceRefused(ports, one.txid, Math.max(fees.rate, fees.floor + fees.increment), fees)
  if (one.refusal?.tries === 1)
    log.log(
      'warn',
      `The node asks ${Math.ceil(plan.rate)} sat/vB of ${one.txid}; more than ${MOST_BY_ITSELF} are not paid without asking. Raise the fee, or wait.`,
    )
}

/** @returns whether the mempool has them */
async function submit({ chain, cell, take }: ActionPorts, { txids }: Raise & { type: 'package' }): Promise<boolean> {
  const members = txids.flatMap((txid) => cell.state().pending.find((one) => one.txid === txid) ?? [])
  cell.commit(markOffered(cell.state(), txids))
  const sent = await chain.broadcastPackage(members.map((one) => fromHex(one.raw)))
  if (sent.ok) for (const txid of txids) take(txid)
  return sent.ok
}

/** Replaces a refused one with all that spends from it, if the node takes the first of the new ones. */
async function replaceRefused(
  { cell, keyring, log, offer, warnOnce }: ActionPorts,
  txid: string,
  rate: number,
  fees: FeeQuote,
): Promise<void> {
  if (rate > MOST_BY_ITSELF) return
  const replaced = replaceFamily(cell.state(), {
    txid,
    rate,
    increment: fees.increment,
    changeScript: keyring.changeScript(),
    sign: (composition) => keyring.sign(composition),
  })
  if (!replaced.ok) return warnOnce(`The fee of ${txid} cannot be raised: ${replaced.error.message}`)
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
export async function makeAnew({ cell, keyring, log, offer }: ActionPorts, payment: string, fees: FeeQuote): Promise<void> {
  const rate = Math.max(fees.rate, fees.floor)
  if (Math.max(rate, fees.increment) > MOST_BY_ITSELF) return
  const sign = (composition: Composition) => keyring.sign(composition)
  const made = payAnew(cell.state(), payment, { rate, increment: fees.increment, changeScript: keyring.changeScript(), sign })
  if (!made.ok) return
  const { state, old, txid, fee } = made.value
  cell.commit(
    state,
    old.map((one) => replacedBy(one, { txid, fee })),
  )
  log.log('info', `A transaction before ${old.at(-1)} is in no block any more: ${txid} takes its place without it, and pays ${fee} sats.`)
  await offer(txid)
}

/** A publication that waits is worth less from tick to tick: what pays too little is replaced. */
export async function payMore({ log, bump, warnOnce }: ActionPorts, one: PendingTransaction, fees: FeeQuote): Promise<void> {
  const rate = Math.min(fees.rate, MOST_BY_ITSELF)
  const bumped = await bump(one.txid, rate)
  if (!bumped.ok) return warnOnce(`The fee of ${one.txid} cannot be raised: ${bumped.error.message}`)
  log.log('info', `Transaction ${one.txid} waited too long; ${bumped.value.txid} replaces it and pays ${bumped.value.fee} sats.`)
}
