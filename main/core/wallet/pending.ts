/** Transactions that are not in a block yet: the wallet's own, and payments to it that the mempool shows. */
import { fromHex, toHex } from '../../../roles/protocol/bytes.ts'
import { fail, ok } from '../../../roles/protocol/result.ts'
import type { Result } from '../../../roles/protocol/result.ts'
import { outpointsOf, parseTransaction } from '../../../roles/protocol/tx/index.ts'
import type { PendingTransaction, WalletState } from './state.ts'

/** The longest chain of unconfirmed transactions the wallet builds; nodes refuse more than 25. */
export const maxAncestors = 20

export interface PendingDetails {
  own: boolean
  /** From the composition. */
  change?: number | null
  label?: string
}

/**
 * Records an unconfirmed transaction, before it is broadcast. What it conflicts with (a fee bump replaces) is dropped with its descendants.
 * Safe to repeat. Errors: `tx.parse`, `wallet.foreign` (neither pays nor spends anything of the wallet).
 */
export function addPending(state: WalletState, raw: Uint8Array, details: PendingDetails): Result<WalletState> {
  const parsed = parseTransaction(raw)
  if (!parsed.ok) return parsed
  const transaction = parsed.value
  const [txid, inputs] = [transaction.getId(), outpointsOf(transaction)]
  const outputs = transaction.outs.map((output) => ({ script: toHex(output.script), value: Number(output.value) }))
  const values = inputs.map((outpoint) => valueOf(state, outpoint))
  const isOurs = values.some((value) => value !== undefined) || outputs.some((output) => state.scripts[output.script])
  if (!isOurs && !details.own)
    return fail('wallet.foreign', `transaction ${txid} neither pays nor spends anything of this wallet: nothing to record`)
  if (state.pending.some((one) => one.txid === txid)) return ok(state)
  const paid = values.every((value) => value !== undefined) ? values.reduce((sum, value) => sum + value, 0) : undefined
  const fee = paid === undefined ? null : paid - outputs.reduce((sum, output) => sum + output.value, 0)
  const entry: PendingTransaction = {
    txid,
    raw: toHex(raw),
    own: details.own,
    vsize: transaction.virtualSize(),
    fee,
    change: details.change ?? null,
    inputs,
    outputs,
    label: details.label ?? '',
    ...(state.tip === null ? {} : { since: state.tip.height }),
  }
  const rivals = state.pending.filter((one) => one.inputs.some((outpoint) => inputs.includes(outpoint)))
  return ok({
    ...state,
    pending: [
      ...without(
        state.pending,
        rivals.map((one) => one.txid),
      ),
      entry,
    ],
  })
}

function valueOf(state: WalletState, outpoint: string): number | undefined {
  const [txid, vout] = outpoint.split(':')
  return state.coins[outpoint]?.value ?? state.pending.find((one) => one.txid === txid)?.outputs[Number(vout)]?.value
}

/** Forgets an unconfirmed transaction and its descendants: their coins can be spent again. */
export const dropPending = (state: WalletState, txid: string): WalletState => ({ ...state, pending: without(state.pending, [txid]) })

/**
 * Forgets payments of others that the mempool no longer holds (replaced, or expired). Own transactions stay until a block settles them.
 * @param held ids in the mempool, read after the wallet applied the newest block
 */
export function retainIncoming(state: WalletState, held: ReadonlySet<string>): WalletState {
  const lost = state.pending.filter((one) => !one.own && !held.has(one.txid)).map((one) => one.txid)
  return lost.length === 0 ? state : { ...state, pending: without(state.pending, lost) }
}

/** The list without `txids` and all that spends from them. */
export function without(pending: PendingTransaction[], txids: string[]): PendingTransaction[] {
  const gone = descendantsOf(pending, txids)
  return gone.size === 0 ? pending : pending.filter((one) => !gone.has(one.txid))
}

const parentsOf = (one: PendingTransaction) => one.inputs.map((outpoint) => outpoint.slice(0, 64))

/** The ids themselves and all pending transactions below them. */
export function descendantsOf(pending: PendingTransaction[], txids: string[]): Set<string> {
  const found = new Set(txids)
  for (const one of pending) if (parentsOf(one).some((id) => found.has(id))) found.add(one.txid)
  return found
}

/** Pending transactions that a spender of outputs of `txids` would wait for: those and what is above them. */
export function ancestorsOf(pending: PendingTransaction[], txids: Iterable<string>): Set<string> {
  const wanted = new Set(txids)
  const found = new Set<string>()
  for (const one of pending.toReversed()) {
    if (!wanted.has(one.txid)) continue
    found.add(one.txid)
    for (const parent of parentsOf(one)) wanted.add(parent)
  }
  return found
}

/** Raw transactions to broadcast again, parents before children; broadcasting is safe to repeat. */
export const rebroadcastList = (state: WalletState): Uint8Array[] => state.pending.filter((one) => one.own).map((one) => fromHex(one.raw))
