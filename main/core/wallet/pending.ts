/** Transactions that are not in a block yet: the wallet's own, and payments to it that the mempool shows. */
import { fromHex, toHex } from '../../../roles/protocol/bytes.ts'
import { fail, ok } from '../../../roles/protocol/result.ts'
import type { Failure, Result } from '../../../roles/protocol/result.ts'
import { outpointsOf, parseTransaction } from '../../../roles/protocol/tx/index.ts'
import { endPayment, mayBeElsewhere } from './ends.ts'
import { eventOf, phaseAfter, refusalAfter, type LifeEvent, type Phase } from './lifecycle.ts'
import { descendantsOf, parentsFirst, parentsOf } from './lines.ts'
import { isOrdinary, type PendingTransaction, type WalletState } from './state.ts'
import { own } from '../../../roles/program/index.ts'

/** The longest chain of unconfirmed transactions the wallet builds; nodes refuse more than 25. */
export const maxAncestors = 20

export interface PendingDetails {
  own: boolean
  /** From the composition. */
  change?: number | null
  label?: string
  /** What it is another version of. */
  payment?: string
  /** Its input 0 spends a seal. Other versions of its payment have that from it. */
  seal?: boolean
  /** `built` where it is given to the node later. Default for own ones: `offered`. */
  phase?: Phase
}

/**
 * Records an unconfirmed transaction, before it is broadcast. What it conflicts with (a fee bump replaces) is set aside with its descendants.
 * Safe to repeat. Errors: `tx.parse`, `wallet.foreign` (neither pays nor spends anything of the wallet).
 */
export function addPending(state: WalletState, raw: Uint8Array, details: PendingDetails): Result<WalletState> {
  const made = entryOf(state, raw, details)
  if (!made.ok) return made
  const entry = made.value
  if (state.pending.some((one) => one.txid === entry.txid)) return ok(state)
  const rivals = state.pending.filter((one) => one.inputs.some((outpoint) => entry.inputs.includes(outpoint)))
  const cleared = setAside(
    state,
    rivals.map((one) => one.txid),
  )
  const versions = cleared.versions.filter((one) => one.txid !== entry.txid)
  const ended = cleared.ended.filter((one) => one.payment !== entry.payment)
  return ok({ ...cleared, versions, ended, pending: parentsFirst([...cleared.pending, entry]) })
}

function entryOf(state: WalletState, raw: Uint8Array, details: PendingDetails): Result<PendingTransaction> {
  const parsed = parseTransaction(raw)
  if (!parsed.ok) return parsed
  const transaction = parsed.value
  const [txid, inputs] = [transaction.getId(), outpointsOf(transaction)]
  const outputs = transaction.outs.map((output) => ({ script: toHex(output.script), value: Number(output.value) }))
  const values = inputs.map((outpoint) => outputOf(state, outpoint)?.value)
  const owners = inputs.flatMap((outpoint) => own(state.scripts, outputOf(state, outpoint)?.script ?? '') ?? [])
  const signs = owners.filter(({ purpose }) => !isOrdinary(purpose)).map(({ script }) => script)
  const isOurs = values.some((value) => value !== undefined) || outputs.some((output) => own(state.scripts, output.script))
  if (!isOurs && !details.own)
    return fail('wallet.foreign', `transaction ${txid} neither pays nor spends anything of this wallet: nothing to record`)
  const isSeal = details.seal ?? [...state.pending, ...state.versions].some((one) => one.payment === details.payment && one.seal === true)
  const paid = values.every((value) => value !== undefined) ? values.reduce((sum, value) => sum + value, 0) : undefined
  return ok({
    txid,
    raw: toHex(raw),
    own: details.own,
    payment: details.payment ?? txid,
    phase: details.phase ?? (details.own ? 'offered' : 'mempool'),
    known: !details.own,
    refusal: null,
    vsize: transaction.virtualSize(),
    fee: paid === undefined ? null : paid - outputs.reduce((sum, output) => sum + output.value, 0),
    change: details.change ?? null,
    inputs,
    spends: inputs.filter((outpoint, index) => values[index] !== undefined && isOwnCoin(state, outpoint)),
    ...(signs.length === 0 ? {} : { signs }),
    ...(isSeal ? { seal: true } : {}),
    outputs,
    label: details.label ?? '',
    ...(state.tip === null ? {} : { since: state.tip.height }),
  })
}

function outputOf(state: WalletState, outpoint: string): { script: string; value: number } | undefined {
  const [txid, vout] = outpoint.split(':')
  return own(state.coins, outpoint) ?? state.pending.find((one) => one.txid === txid)?.outputs[Number(vout)]
}
const isOwnCoin = (state: WalletState, outpoint: string): boolean =>
  own(state.scripts, outputOf(state, outpoint)?.script ?? '') !== undefined

/** Takes transactions and all that spends from them out of the pending ones; they are kept as versions of their payments. */
export function setAside(state: WalletState, txids: string[]): WalletState {
  const gone = descendantsOf(state.pending, txids)
  if (!state.pending.some((one) => gone.has(one.txid))) return state
  const kept = state.pending.filter((one) => gone.has(one.txid)).map((one) => ({ ...one, ...(state.tip && { since: state.tip.height }) }))
  return {
    ...state,
    pending: state.pending.filter((one) => !gone.has(one.txid)),
    versions: [...state.versions.filter((one) => !gone.has(one.txid)), ...kept],
  }
}

/**
 * Brings what the node said about an own transaction into the state. @param failure null: the node holds it
 * @returns the same state where nothing changed
 */
export function takeAnswer(state: WalletState, txid: string, failure: Failure | null): WalletState {
  const one = state.pending.find((pending) => pending.txid === txid)
  if (one === undefined) return state
  const event = eventOf(failure)
  const phase = phaseAfter({ phase: one.phase, known: mayBeElsewhere(state, [txid]) }, event)
  if (phase === 'refused') return endPayment(state, [txid], 'refused', failure?.message ?? '')
  const refusal = refusalAfter(one.refusal, failure, state.tip?.height ?? 0)
  const known = one.known || event === 'accept' || event === 'silence'
  if (phase === one.phase && known === one.known && refusal === one.refusal) return state
  // From then on others' ones lack it: own ones on it do not wait for it without limit.
  const lost = !one.own && one.phase === 'mempool' && phase === 'evicted' && state.tip !== null ? { since: state.tip.height } : {}
  const pending = state.pending.map((other) => (other === one ? { ...one, ...lost, phase, known, refusal } : other))
  return { ...state, pending: event === 'accept' ? unblocked(pending, new Set([txid])) : pending }
}

/** What was refused because parents were missing is asked again with the next block, when these are there. */
export const unblocked = (pending: PendingTransaction[], parents: ReadonlySet<string>): PendingTransaction[] =>
  pending.map((one) =>
    one.refusal?.code === 'chain.inputs-missing' && parentsOf(one).some((id) => parents.has(id)) ? { ...one, refusal: null } : one,
  )

/** Notes that transactions are about to be given to the node. */
export const markOffered = (state: WalletState, txids: string[]): WalletState => move(state, txids, 'offer')

function move(state: WalletState, txids: string[], event: LifeEvent): WalletState {
  const changes = state.pending.some((one) => txids.includes(one.txid) && phaseAfter(one, event) !== one.phase)
  if (!changes) return state
  return { ...state, pending: state.pending.map((one) => (txids.includes(one.txid) ? { ...one, phase: phaseAfter(one, event) } : one)) }
}

/** After a crash nobody knows what the node was told of what was offered: it may have passed it on. */
export function afterRestart(state: WalletState): WalletState {
  const open = (one: PendingTransaction) => one.phase === 'offered' && !one.known
  return state.pending.some(open) ? { ...state, pending: state.pending.map((one) => (open(one) ? { ...one, known: true } : one)) } : state
}

/**
 * Forgets payments of others that the mempool no longer holds (replaced, or expired). Own transactions stay until a block settles them.
 * @param held ids in the mempool, read after the wallet applied the newest block
 */
export function retainIncoming(state: WalletState, held: ReadonlySet<string>): WalletState {
  const lost = state.pending.filter((one) => !one.own && !held.has(one.txid)).map((one) => one.txid)
  return lost.length === 0 ? state : setAside(state, lost)
}

/** Raw transactions to broadcast again, parents before children; broadcasting is safe to repeat. */
export const rebroadcastList = (state: WalletState): Uint8Array[] => state.pending.filter((one) => one.own).map((one) => fromHex(one.raw))
