/**
 * What happened to the wallet, a row for each transaction in a block that touched it: written with its block, taken back with it, never changed otherwise.
 * What waits for a block is in the wallet's state. Rows are content, as a bank's statements are: one for each transaction, of at most a kilobyte or two.
 */
import { fromHex, toHex } from '../../../roles/protocol/bytes.ts'
import type { Anchor } from '../../../roles/protocol/documents/index.ts'
import { addressOfScript, anchorsIn, scanTransaction, txid as idOf, type Network } from '../../../roles/protocol/tx/index.ts'
import { own } from '../../../roles/program/index.ts'
import type { HistoryEntry, HistoryKind, HistoryView } from '../../contract/wallet.ts'
import type { ChainBlock, Json, StoragePort, StorageWrite } from '../ports.ts'
import { phases } from './lifecycle.ts'
import type { PendingTransaction, WalletState } from './state.ts'
import { paymentState } from './view.ts'

const TABLE = 'wallet-history'
/** Outputs that a row names. */
const MOST_OUTPUTS = 20

interface Row {
  txid: string
  height: number
  /** Seconds, from the block's header. */
  time: number
  /** Sats that the wallet has more or less. */
  amount: number
  fee: number | null
  /** Whether it spends coins of this wallet. */
  spends: boolean
  /** What it was made for, where it was made here. */
  label: string
  anchor: Pick<Anchor, 'type' | 'sha256' | 'number'> | null
  pays: Array<{ script: string; value: number; own: boolean }>
}

/** Newest first: numbers run backwards. */
const blockKey = (height: number): string => String(9_999_999_999 - height).padStart(10, '0')
const rowKey = (height: number, position: number): string => blockKey(height) + String(999_999 - position).padStart(6, '0')

/** What a transaction does to the wallet, by the coins it spends and the scripts it pays. */
interface Touched {
  raw: Uint8Array
  position: number
  spent: number
  /** Whether all its inputs are known. */
  isWhole: boolean
  outputs: Array<{ script: string; value: number; own: boolean }>
}

type Known = Readonly<Record<string, { value: number }>>

/** Transactions of a block that touch a wallet. @param coins those before the block @param scripts that are its own */
function touchedIn(block: ChainBlock, coins: Known, scripts: WalletState['scripts']): Touched[] {
  const made = new Map<string, number>()
  return block.transactions.flatMap((raw, position) => {
    const scanned = scanTransaction(raw)
    if (!scanned.ok) return []
    const { inputs } = scanned.value
    const values = inputs.map(({ txid, vout }) => own(coins, `${txid}:${vout}`)?.value ?? made.get(`${txid}:${vout}`))
    const outputs = scanned.value.outputs.map(({ script, value }) => {
      const hex = toHex(script)
      return { script: hex, value: Number(value), own: own(scripts, hex) !== undefined }
    })
    if (values.every((value) => value === undefined) && !outputs.some((one) => one.own)) return []
    const id = idOf(raw)
    if (!id.ok) return []
    for (const [vout, one] of outputs.entries()) if (one.own) made.set(`${id.value}:${vout}`, one.value)
    const spent = values.reduce<number>((sum, value) => sum + (value ?? 0), 0)
    return [{ raw, position, spent, isWhole: values.every((value) => value !== undefined), outputs }]
  })
}

/**
 * Rows of a block, to be committed with it; the same again for the same block.
 * @param coins by outpoint, those before the block @param labelOf what a transaction was made for, where that is known here
 */
export function historyRows(
  block: ChainBlock,
  coins: Known,
  scripts: WalletState['scripts'],
  labelOf: (txid: string) => string,
): StorageWrite[] {
  return touchedIn(block, coins, scripts).map(({ raw, position, spent, isWhole, outputs }) => {
    const id = idOf(raw)
    const txid = id.ok ? id.value : ''
    const [anchor] = anchorsIn(raw)
    const total = outputs.reduce((sum, { value }) => sum + value, 0)
    const received = outputs.reduce((sum, one) => sum + (one.own ? one.value : 0), 0)
    const row: Row = {
      txid,
      height: block.height,
      time: block.time,
      amount: received - spent,
      fee: isWhole ? spent - total : null,
      spends: spent > 0,
      label: labelOf(txid),
      anchor:
        anchor === undefined
          ? null
          : { type: anchor.type, sha256: anchor.sha256, ...(anchor.number === undefined ? {} : { number: anchor.number }) },
      pays: outputs.filter(({ script }) => !script.startsWith('6a')).slice(0, MOST_OUTPUTS),
    }
    return { table: TABLE, key: rowKey(block.height, position), value: row as unknown as Json }
  })
}

/** Rows of blocks above a height, which are gone. */
export function historyAbove(storage: StoragePort, height: number): StorageWrite[] {
  for (let limit = 64; ; limit *= 2) {
    const newest = storage.list(TABLE, '', limit)
    const gone = newest.filter(({ key }) => key < blockKey(height))
    if (gone.length < newest.length || newest.length < limit) return gone.map(({ key }) => ({ table: TABLE, key, delete: true }))
  }
}

/** At most `limit` rows behind a key, in order. */
function rowsAfter(storage: StoragePort, after: string | null, limit: number): Array<{ key: string; row: Row }> {
  const read = (prefix: string, most: number) =>
    storage.list(TABLE, prefix, most).map(({ key, value }) => ({ key, row: value as unknown as Row }))
  if (after === null) return read('', limit)
  const found: Array<{ key: string; row: Row }> = []
  // Keys are digits of one length: behind it come those that share a beginning and have a greater digit next, the longest beginning first.
  for (let at = after.length - 1; at >= 0 && found.length < limit; at--)
    for (let digit = Number(after[at]) + 1; digit <= 9 && found.length < limit; digit++)
      found.push(...read(after.slice(0, at) + String(digit), limit - found.length))
  return found
}

export interface HistoryWords {
  network: Network
  /** Title of an app by its id, where it is known. */
  titleOf(app: string): string | null
}

/** What a document of this node says of its app, from its own copies. */
function documentOf(storage: StoragePort, sha256: string): { app?: string; title?: string } {
  const blob = storage.getBlob(sha256)
  if (blob === undefined) return {}
  try {
    const body = JSON.parse(new TextDecoder().decode(blob)) as { app?: unknown; title?: unknown }
    return {
      ...(typeof body.app === 'string' ? { app: body.app } : {}),
      ...(typeof body.title === 'string' ? { title: body.title } : {}),
    }
  } catch {
    return {}
  }
}

const PUBLISHED: Readonly<Record<Anchor['type'], string>> = {
  offer: 'offer',
  grant: 'grant of a key',
  revocation: 'revocation of a key',
  acceptance: 'acceptance of a job',
  registration: 'registration',
  reservation: 'reserved keys',
  update: 'update',
  tick: 'tick',
  dispute: 'dispute',
  resumption: 'resumption',
  ready: 'statement of being ready',
}

/** «tick 41 of Poll», «offer of Poll», «update of app 1a2b3c4d». */
function publishedWords(storage: StoragePort, { type, sha256, number }: NonNullable<Row['anchor']>, words: HistoryWords): string {
  const { app, title } = documentOf(storage, sha256)
  const id = app ?? (type === 'offer' ? sha256 : undefined)
  const name = title ?? (id === undefined ? null : (words.titleOf(id) ?? `app ${id.slice(0, 8)}`))
  return `${PUBLISHED[type]}${number === undefined ? '' : ` ${number}`}${name === null ? '' : ` of ${name}`}`
}

type Shown = Pick<Row, 'amount' | 'spends' | 'label' | 'anchor' | 'pays'>

function kindOf({ spends, anchor, pays }: Shown): HistoryKind {
  if (anchor !== null) return spends ? 'published' : 'other'
  if (!spends) return 'received'
  return pays.every((one) => one.own) ? 'own' : 'sent'
}

function purposeOf(storage: StoragePort, shown: Shown, words: HistoryWords): string {
  if (shown.anchor !== null) {
    const what = publishedWords(storage, shown.anchor, words)
    return shown.spends ? what : `${what}, by somebody else`
  }
  if (shown.label !== '') return shown.label
  return { received: 'payment received', own: 'moved within the wallet', sent: 'payment sent', published: '', other: '' }[kindOf(shown)]
}

const paysOf = (pays: Row['pays'], network: Network): HistoryEntry['pays'] =>
  pays.map(({ script, value, own: isOwn }) => {
    const address = addressOfScript(fromHex(script), network)
    return { address: address.ok ? address.value : script, value, own: isOwn }
  })

function confirmedEntry(storage: StoragePort, state: WalletState, row: Row, words: HistoryWords): HistoryEntry {
  return {
    txid: row.txid,
    at: row.time * 1000,
    height: row.height,
    confirmations: Math.max(0, (state.tip?.height ?? row.height) - row.height + 1),
    amount: row.amount,
    fee: row.fee,
    kind: kindOf(row),
    purpose: purposeOf(storage, row, words),
    state: 'confirmed',
    pays: paysOf(row.pays, words.network),
  }
}

function pendingEntry(storage: StoragePort, state: WalletState, one: PendingTransaction, words: HistoryWords): HistoryEntry {
  const outputs = one.outputs.map((output) => ({ ...output, own: own(state.scripts, output.script) !== undefined }))
  const valueAt = (outpoint: string): number => {
    const [txid, vout] = outpoint.split(':')
    const made = state.pending.find((other) => other.txid === txid)?.outputs[Number(vout)]
    return own(state.coins, outpoint)?.value ?? made?.value ?? 0
  }
  const spent = one.spends.reduce((sum, outpoint) => sum + valueAt(outpoint), 0)
  const received = outputs.reduce((sum, output) => sum + (output.own ? output.value : 0), 0)
  const [anchor] = anchorsIn(fromHex(one.raw))
  const pays = outputs.filter(({ script }) => !script.startsWith('6a')).slice(0, MOST_OUTPUTS)
  const shown: Shown = { amount: received - spent, spends: one.spends.length > 0, label: one.label, anchor: anchor ?? null, pays }
  const known = paymentState(state, one.txid)
  return {
    txid: one.txid,
    at: null,
    height: null,
    confirmations: 0,
    amount: shown.amount,
    fee: one.fee,
    kind: kindOf(shown),
    purpose: purposeOf(storage, shown, words),
    state: one.phase,
    known: known?.known ?? phases[one.phase].known,
    next: known?.next ?? phases[one.phase].next,
    ...(known?.reason === undefined ? {} : { reason: known.reason }),
    pays: paysOf(pays, words.network),
  }
}

/**
 * Newest first: what waits for a block, then block by block.
 * @param before `next` of an earlier answer
 */
export function historyOf(
  storage: StoragePort,
  state: WalletState,
  { limit, before }: { limit: number; before: string | null },
  words: HistoryWords,
): HistoryView {
  const isKey = before !== null && /^\d{16}$/.test(before)
  const waiting = isKey ? [] : state.pending.toReversed()
  const from = isKey || before === null ? 0 : waiting.findIndex(({ txid }) => txid === before) + 1
  const shown = waiting.slice(from, from + limit)
  const rows = rowsAfter(storage, isKey ? before : null, limit - shown.length + 1)
  const taken = rows.slice(0, limit - shown.length)
  const isMore = from + shown.length < waiting.length || rows.length > taken.length
  const last = taken.at(-1)?.key ?? shown.at(-1)?.txid ?? null
  return {
    entries: [
      ...shown.map((one) => pendingEntry(storage, state, one, words)),
      ...taken.map(({ row }) => confirmedEntry(storage, state, row, words)),
    ],
    next: isMore ? last : null,
  }
}
