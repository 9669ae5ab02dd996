/**
 * Reads blocks again from a height on, for a person who restored a wallet or misses something: its coins, its history, and the addresses that were used.
 * It goes on after a restart, is told nothing but blocks, and takes in what it found in one commit at its end; until then the wallet works as before.
 */
import { toHex } from '../../../roles/protocol/bytes.ts'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import { scanTransaction, txid as idOf } from '../../../roles/protocol/tx/index.ts'
import { own } from '../../../roles/program/index.ts'
import type { RescanView } from '../../contract/wallet.ts'
import type { ChainBlock, ChainPort, Json, LogPort, StoragePort, StorageWrite } from '../ports.ts'
import { reorgDepth } from '../reorg-depth.ts'
import type { WalletCell } from './cell.ts'
import { historyRows } from './history.ts'
import type { Keyring } from './keyring.ts'
import type { BlockUndo, WalletCoin, WalletState, WatchedScript } from './state.ts'
import { counted } from '../../../roles/protocol/words.ts'

export interface Reading {
  /** Begins at a height, in the place of one that is going on. Error: `wallet.height`. */
  start(from: number): Result<RescanView>
  /** Ends it; null where there was none. */
  stop(): RescanView | null
  view(): RescanView | null
  /** Goes on where it waits. Resolves when it waits or is over. */
  tend(): Promise<void>
}

export interface ReadingPorts {
  chain: ChainPort
  storage: StoragePort
  cell: WalletCell
  keyring: Keyring
  log: LogPort
}

const TABLE = 'wallet-rescan'
/** Blocks after which progress is written. */
const WRITE_EVERY = 200
/** Addresses looked for beyond those that are watched: blocks need not use them in their order. */
const LOOK_AHEAD = 80

type FoundCoin = WalletCoin & { spentAt?: number }

interface Row {
  state: RescanView['state']
  from: number
  /** The next block. */
  at: number
  /** Hash of the block before it, once one was read. */
  last: string | null
  to: number
  found: number
  /** By outpoint: what was received since `from`. */
  coins: Record<string, FoundCoin>
  message?: string
}

const viewOf = ({ state, from, at, to, found, message }: Row): RescanView => ({
  state,
  from,
  at,
  to: Math.max(to, from),
  percent: state === 'done' ? 100 : Math.min(99, Math.floor((100 * (at - from)) / Math.max(1, to - from + 1))),
  found,
  ...(message === undefined ? {} : { message }),
})

export function createReading(ports: ReadingPorts): Reading {
  const { storage, cell, log } = ports
  let row = (storage.get(TABLE, 'state') as unknown as Row | undefined) ?? null
  let running: Promise<void> | null = null
  const write = (next: Row, writes: StorageWrite[] = []): void => {
    row = next
    storage.transact([{ table: TABLE, key: 'state', value: next as unknown as Json }, ...writes])
  }
  const tend = (): Promise<void> => {
    if (row?.state !== 'running') return running ?? Promise.resolve()
    running ??= run(ports, () => row, write)
      .catch((error: unknown) => log.log('error', `Blocks are not read again any more: ${String(error)}`))
      .finally(() => {
        running = null
      })
    return running
  }
  return {
    start(from) {
      const tip = cell.state().tip?.height ?? 0
      if (from > tip)
        return fail('wallet.height', `Block ${from} is not there yet; the wallet knows the chain up to ${tip}. Name a height up to that.`)
      write({ state: 'running', from, at: from, last: null, to: tip, found: 0, coins: {} })
      void tend()
      return ok(viewOf(row!))
    },
    stop() {
      if (row?.state === 'running') write({ ...row, state: 'cancelled', coins: {} })
      return row === null ? null : viewOf(row)
    },
    view: () => (row === null ? null : viewOf(row)),
    tend,
  }
}

async function run(ports: ReadingPorts, current: () => Row | null, write: (next: Row, writes?: StorageWrite[]) => void): Promise<void> {
  const { chain, cell, log } = ports
  let unwritten = 0
  for (let row = current(); row?.state === 'running'; row = current()) {
    const { tip } = cell.state()
    if (tip === null) return
    if (row.at > tip.height && (row.last === tip.hash || row.at === row.from)) {
      const found = row.found
      finish(ports, row, write)
      log.log('info', `Blocks ${row.from} to ${tip.height} were read again: they hold ${counted(found, 'transaction')} of this wallet.`)
      return
    }
    if (row.at > tip.height) return back(row, write)
    const block = await chain.blockAt(row.at)
    // Ended, or begun elsewhere, meanwhile.
    if (current() !== row) continue
    if (!block.ok) return waits(row, block.error, write)
    if (row.last !== null && block.value.previous !== row.last) {
      back(row, write)
      continue
    }
    const taken = take(ports, row, block.value, tip.height)
    unwritten++
    const isDue = taken.writes.length > 0 || unwritten >= WRITE_EVERY
    if (isDue) unwritten = 0
    if (isDue) write(taken.row, taken.writes)
    else {
      delete row.message
      Object.assign(row, taken.row)
    }
  }
}

/** A node that cannot be reached is asked again with the next block; what it has no more is not waited for. */
function waits(
  row: Row,
  { code, message, retryable }: { code: string; message: string; retryable: boolean },
  write: (next: Row) => void,
): void {
  const isGone = code === 'chain.pruned' || (!retryable && code !== 'chain.height')
  const advice = code === 'chain.pruned' ? ' Begin at a later height, or use a node that keeps all blocks.' : ''
  write({ ...row, state: isGone ? 'failed' : 'running', message: `Block ${row.at}: ${message}${advice}` })
}

/** Another branch: what was read of the last blocks is read again. */
function back(row: Row, write: (next: Row) => void): void {
  const at = Math.max(row.from, row.at - reorgDepth)
  const coins = Object.entries(row.coins).flatMap(([outpoint, { spentAt, ...coin }]): Array<[string, FoundCoin]> => {
    if (coin.height >= at) return []
    return [[outpoint, spentAt === undefined || spentAt >= at ? coin : { ...coin, spentAt }]]
  })
  write({ ...row, at, last: null, coins: Object.fromEntries(coins) })
}

/** What a block says: coins received and spent, and the rows of history. */
function take({ storage, cell, keyring }: ReadingPorts, row: Row, block: ChainBlock, to: number): { row: Row; writes: StorageWrite[] } {
  const state = cell.state()
  const ahead = new Map(keyring.ahead(state, LOOK_AHEAD).map((one) => [one.script, one]))
  const used: WatchedScript[] = []
  const coins = { ...row.coins }
  let found = row.found
  for (const [index, raw] of block.transactions.entries()) {
    const scanned = scanTransaction(raw)
    if (!scanned.ok) continue
    const spends = scanned.value.inputs.map(({ txid, vout }) => `${txid}:${vout}`).filter((one) => own(coins, one) !== undefined)
    const received = scanned.value.outputs.flatMap(({ script, value }, vout) => {
      const hex = toHex(script)
      const owner = own(state.scripts, hex) ?? ahead.get(hex)
      return owner === undefined ? [] : [{ ...owner, vout, value: Number(value) }]
    })
    if (spends.length === 0 && received.length === 0) continue
    const id = idOf(raw)
    if (!id.ok) continue
    found++
    for (const outpoint of spends) coins[outpoint] = { ...coins[outpoint]!, spentAt: block.height }
    for (const coin of received) {
      coins[`${id.value}:${coin.vout}`] = { ...coin, txid: id.value, height: block.height, coinbase: index === 0 }
      used.push(coin)
    }
  }
  const next: Row = { ...row, at: block.height + 1, last: block.hash, to, found, coins }
  delete next.message
  if (found === row.found) return { row: next, writes: [] }
  const watched = keyring.extended(state, used)
  if (watched !== state) cell.commit(watched)
  return { row: next, writes: rowsOf(storage, block, { ...cell.state().coins, ...coins }, watched.scripts) }
}

/** Rows that are there keep what was noted about their purpose. */
function rowsOf(
  storage: StoragePort,
  block: ChainBlock,
  coins: Record<string, WalletCoin>,
  scripts: WalletState['scripts'],
): StorageWrite[] {
  return historyRows(block, coins, scripts, () => '').map((write) => {
    const before = storage.get(write.table, write.key) as { txid?: string; label?: string } | undefined
    if ('delete' in write || before === undefined) return write
    const row = write.value as { txid: string; label: string }
    return before.txid === row.txid ? { ...write, value: { ...row, label: before.label ?? '' } as Json } : write
  })
}

/** The wallet's coins and what it can take back, with what was found; its tip is the block that was read last. */
function finish({ cell }: ReadingPorts, row: Row, write: (next: Row, writes?: StorageWrite[]) => void): void {
  const state = cell.state()
  const found = Object.entries(row.coins)
  const coins = { ...state.coins }
  for (const [outpoint, { spentAt, ...coin }] of found) {
    if (spentAt === undefined) coins[outpoint] = coin
    else delete coins[outpoint]
  }
  const undo = state.undo.map((block) => withFound(block, found))
  write({ ...row, state: 'done', coins: {} }, cell.adopt({ ...state, coins, undo }))
}

/** What a block did to coins that nobody watched then. */
function withFound(undo: BlockUndo, found: Array<[string, FoundCoin]>): BlockUndo {
  const created = found.flatMap(([outpoint, coin]) => (coin.height === undo.height && coin.spentAt !== undo.height ? [outpoint] : []))
  const spent = found.flatMap(([, { spentAt, ...coin }]) => (spentAt === undo.height && coin.height !== undo.height ? [coin] : []))
  const consumed = found.flatMap(([outpoint, { spentAt }]) => (spentAt === undo.height ? [outpoint] : []))
  const name = ({ txid, vout }: WalletCoin): string => `${txid}:${vout}`
  const known = new Set(undo.spent.map(name))
  return {
    ...undo,
    created: [...new Set([...undo.created, ...created])],
    spent: [...undo.spent, ...spent.filter((coin) => !known.has(name(coin)))],
    consumed: [...new Set([...undo.consumed, ...consumed])],
    mined: [...new Set([...undo.mined, ...[...created, ...consumed].map((outpoint) => outpoint.slice(0, 64))])],
  }
}
