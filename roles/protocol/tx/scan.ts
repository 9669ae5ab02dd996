/** A positional reader of raw transactions: finds outpoints, outputs and the id without building objects for the rest (BIP144). */
import { concatBytes } from '@noble/hashes/utils.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { fail, ok } from '../result.ts'
import type { Result } from '../result.ts'
import { toDisplay } from './transaction.ts'

export interface ScannedTransaction {
  inputs: Array<{ txid: string; vout: number }>
  outputs: Array<{ script: Uint8Array; value: bigint }>
}

export interface ScannedBlock {
  /** Display hex. */
  hash: string
  previous: string
  /** Seconds since the epoch, from the header. */
  time: number
  /** Raw transactions in block order, views into the block. */
  transactions: Uint8Array[]
}

/** Reads outpoints and outputs by position and skips signatures. Fails with `tx.parse`. Scripts are views into `raw`. */
export function scanTransaction(raw: Uint8Array): Result<ScannedTransaction> {
  const spans = whole(raw)
  return spans ? ok({ inputs: spans.inputs, outputs: spans.outputs }) : endsEarly
}

/** Id of a raw transaction, display hex: hash of the form without witnesses (BIP141), cut out by position. Fails with `tx.parse`. */
export function txid(raw: Uint8Array): Result<string> {
  const spans = whole(raw)
  if (!spans) return endsEarly
  const stripped = spans.segwit ? concatBytes(raw.subarray(0, 4), raw.subarray(6, spans.outputsEnd), raw.subarray(raw.length - 4)) : raw
  return ok(toDisplay(doubleHash(stripped)))
}

/** Cuts a raw block into its transactions, without looking into them further. Fails with `tx.parse`. */
export function scanBlock(raw: Uint8Array): Result<ScannedBlock> {
  if (raw.length < 81) return fail('tx.parse', 'not a Bitcoin block: it is shorter than a header')
  try {
    const reader = createReader(raw, 80)
    const transactions: Uint8Array[] = []
    for (let left = reader.count(); left > 0; left--) {
      const start = reader.at()
      transactions.push(raw.subarray(start, walk(reader).end))
    }
    if (reader.at() !== raw.length) return fail('tx.parse', 'not a Bitcoin block: bytes follow its last transaction')
    const time = new DataView(raw.buffer, raw.byteOffset).getUint32(68, true)
    return ok({ hash: toDisplay(doubleHash(raw.subarray(0, 80))), previous: toDisplay(raw.subarray(4, 36)), time, transactions })
  } catch (error) {
    if (error instanceof RangeError) return fail('tx.parse', 'not a Bitcoin block: it ends early')
    throw error
  }
}

const endsEarly = fail('tx.parse', 'not a Bitcoin transaction: it ends early or late')
const doubleHash = (bytes: Uint8Array) => sha256(sha256(bytes))

interface Spans extends ScannedTransaction {
  segwit: boolean
  outputsEnd: number
  end: number
}

function whole(raw: Uint8Array): Spans | undefined {
  try {
    const spans = walk(createReader(raw, 0))
    return spans.end === raw.length ? spans : undefined
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Reads forward; throws RangeError past the end. */
function createReader(raw: Uint8Array, start: number) {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  let at = start
  const bytes = (length: number): Uint8Array => {
    if (at + length > raw.length) throw new RangeError('ends early')
    at += length
    return raw.subarray(at - length, at)
  }
  const uint32 = () => view.getUint32((at += 4) - 4, true)
  const uint64 = () => view.getBigUint64((at += 8) - 8, true)
  const count = (): number => {
    const first = view.getUint8(at++)
    if (first < 0xfd) return first
    if (first === 0xfd) return view.getUint16((at += 2) - 2, true)
    return first === 0xfe ? uint32() : Number(uint64())
  }
  return { at: () => at, bytes, uint32, uint64, count, isSegwit: () => raw[at] === 0 && raw[at + 1] === 1 }
}

function walk(reader: ReturnType<typeof createReader>): Spans {
  reader.bytes(4)
  const segwit = reader.isSegwit()
  if (segwit) reader.bytes(2)
  const inputs: ScannedTransaction['inputs'] = []
  for (let left = reader.count(); left > 0; left--) {
    inputs.push({ txid: toDisplay(reader.bytes(32)), vout: reader.uint32() })
    reader.bytes(reader.count())
    reader.bytes(4)
  }
  const outputs: ScannedTransaction['outputs'] = []
  for (let left = reader.count(); left > 0; left--) outputs.push({ value: reader.uint64(), script: reader.bytes(reader.count()) })
  const outputsEnd = reader.at()
  const stacks = segwit ? inputs.length : 0
  for (let input = 0; input < stacks; input++) for (let left = reader.count(); left > 0; left--) reader.bytes(reader.count())
  reader.bytes(4)
  return { inputs, outputs, segwit, outputsEnd, end: reader.at() }
}
