/**
 * Transactions of others that own ones stand on. Blocks tell them, and a reorganisation that removes one does not strand what was paid with it: as long as
 * an own transaction stands on it, it is a version like the own ones, given to the node again before them, and judged by the blocks like them.
 */
import { toHex } from '../../../roles/protocol/bytes.ts'
import { must } from '../../../roles/protocol/result.ts'
import { parseTransaction, scanTransaction, txid as idOf } from '../../../roles/protocol/tx/index.ts'
import type { ChainBlock } from '../ports.ts'
import { waitingPayments } from './ends.ts'
import { lineOf, parentsOf } from './lines.ts'
import { setAside } from './pending.ts'
import type { BlockUndo, PendingTransaction, WalletCoin, WalletState } from './state.ts'
import { own } from '../../../roles/program/index.ts'

/** Hex digits of raw transactions of others that are remembered, and how many of them of one block: beyond it those of the oldest blocks are forgotten. */
export const foreignLimits = { digits: 2_000_000, inBlock: 500 }

/** Ids of the wallet's own transactions: pending ones, other versions, and those in blocks that can be taken back, which come back as what they were. */
export const ownIds = ({ pending, versions, undo }: WalletState): ReadonlySet<string> =>
  new Set([...pending, ...versions, ...undo.flatMap((block) => block.settled)].flatMap((one) => (one.own ? [one.txid] : [])))

/** A transaction in a block that somebody else made and that pays the wallet. */
export interface Paying {
  /** Its place in the block. */
  index: number
  txid: string
  /** Coins of the wallet that it spends. */
  spent: WalletCoin[]
}

/**
 * Those of a block to remember, parents first: what pays the wallet, and what of the same block it stands on.
 * @param isOwn of ids: the wallet has it
 * @param wanted ids of others to remember
 */
export function foreignIn(
  { transactions }: ChainBlock,
  paying: Paying[],
  isOwn: (txid: string) => boolean,
  wanted = new Set<string>(),
): PendingTransaction[] {
  const known = new Map(paying.map((one) => [one.index, one]))
  const found: PendingTransaction[] = []
  const last = wanted.size > 0 ? transactions.length - 1 : (paying.at(-1)?.index ?? -1)
  for (let index = last; index >= 0 && found.length < foreignLimits.inBlock; index--) {
    const here = known.get(index)
    // Ids cost a hash each: only where something above is looked for.
    if (here === undefined && (wanted.size === 0 || index === 0)) continue
    const raw = transactions[index]!
    const txid = here?.txid ?? must(idOf(raw))
    if (here === undefined && (!wanted.delete(txid) || isOwn(txid))) continue
    const entry = entryOf(raw, txid, here?.spent ?? [], index === 0)
    for (const id of index === 0 ? [] : parentsOf(entry)) wanted.add(id)
    found.unshift(entry)
  }
  return found
}

function entryOf(raw: Uint8Array, txid: string, spent: WalletCoin[], isReward: boolean): PendingTransaction {
  const { inputs, outputs } = must(scanTransaction(raw))
  const values = outputs.map(({ script, value }) => ({ script: toHex(script), value: Number(value) }))
  const sum = (coins: Array<{ value: number }>) => coins.reduce((total, { value }) => total + value, 0)
  return {
    txid,
    // A reward is in its own block or in none: nobody can send it.
    raw: isReward ? '' : toHex(raw),
    own: false,
    payment: txid,
    phase: 'built',
    known: true,
    refusal: null,
    vsize: must(parseTransaction(raw)).virtualSize(),
    fee: spent.length === inputs.length ? sum(spent) - sum(values) : null,
    change: null,
    inputs: inputs.map((one) => `${one.txid}:${one.vout}`),
    spends: spent.map((coin) => `${coin.txid}:${coin.vout}`),
    outputs: values,
    label: '',
  }
}

/** Keeps the newest within the limit. */
export function bounded(undo: BlockUndo[]): BlockUndo[] {
  let digits = 0
  const excess = undo.findLastIndex(
    ({ foreign }) => (digits += foreign.reduce((sum, { raw }) => sum + raw.length, 0)) > foreignLimits.digits,
  )
  return undo.map((block, at) => (at <= excess && block.foreign.length > 0 ? { ...block, foreign: [] } : block))
}

/** Ids of these and of all that they stand on, as far as it is remembered. */
const lineIds = (state: WalletState, ones: PendingTransaction[]): Set<string> =>
  new Set(Array.from(lineOf([...state.versions, ...state.pending], ones), (one) => one.txid))

/** What own transactions that are pending or wait stand on, they included. */
export function neededIn(state: WalletState): Set<string> {
  const waiting = waitingPayments(state)
  const ended = new Set(state.ended.map((one) => one.payment))
  const waits = state.versions.filter((one) => waiting.has(one.payment) && !ended.has(one.payment) && one.phase !== 'conflicted')
  return lineIds(state, [...state.pending.filter((one) => one.own), ...waits])
}

/**
 * Sets aside those of others on which nothing stands that waits, and forgets those on which nothing stands, or which are in a block after all (a scan of
 * coins tells that). What the mempool holds stays.
 */
export function withoutIdle(state: WalletState): WalletState {
  const isForeign = (one: PendingTransaction) => !one.own
  if (!state.pending.some(isForeign) && !state.versions.some(isForeign)) return state
  const isMined = (one: PendingTransaction) => one.outputs.some((_, vout) => own(state.coins, `${one.txid}:${vout}`) !== undefined)
  const rest = (list: PendingTransaction[]) => list.filter((one) => one.own || !isMined(one))
  const unmined = { ...state, pending: rest(state.pending), versions: rest(state.versions) }
  const needed = neededIn(unmined)
  const idle = unmined.pending.filter((one) => !one.own && one.phase !== 'mempool' && !needed.has(one.txid))
  const next = setAside(
    unmined,
    idle.map((one) => one.txid),
  )
  const line = lineIds(
    next,
    [...next.pending, ...next.versions].filter((one) => one.own),
  )
  return { ...next, versions: next.versions.filter((one) => one.own || line.has(one.txid)) }
}
