/**
 * The node's memory on disk: one file to which blocks and verdicts are appended and fsynced. A record cut short by a crash
 * is dropped at the next start; everything before it is intact.
 */
import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export type JournalRecord = { kind: 'block'; raw: Uint8Array } | { kind: 'invalidate' | 'reconsider'; hash: string }

const kinds = ['block', 'invalidate', 'reconsider'] as const
const headLength = 9

export interface Journal {
  /** Returns when the records are on the disk. */
  append(records: JournalRecord[]): void
  close(): void
}

/** Opens or creates the journal in `folder` and hands every intact record to `replay`, oldest first. */
export function openJournal(folder: string, replay: (record: JournalRecord) => void): Journal {
  mkdirSync(folder, { recursive: true })
  const file = openSync(join(folder, 'regtest-blocks.dat'), 'a+')
  ftruncateSync(file, replayAll(readFileSync(file), replay))
  return {
    append(records) {
      const bytes = Buffer.concat(records.map(encode))
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
      fsyncSync(file)
    },
    close: () => closeSync(file),
  }
}

const checksum = (payload: Uint8Array) => createHash('sha256').update(payload).digest().subarray(0, 4)

function encode(record: JournalRecord): Buffer {
  const payload = record.kind === 'block' ? Buffer.from(record.raw) : Buffer.from(record.hash, 'hex')
  const head = Buffer.alloc(headLength)
  head[0] = kinds.indexOf(record.kind)
  head.writeUInt32LE(payload.length, 1)
  checksum(payload).copy(head, 5)
  return Buffer.concat([head, payload])
}

/** @returns the length of the intact part. */
function replayAll(bytes: Buffer, replay: (record: JournalRecord) => void): number {
  let at = 0
  while (at + headLength <= bytes.length) {
    const end = at + headLength + bytes.readUInt32LE(at + 1)
    const kind = kinds[bytes[at] ?? 99]
    const payload = bytes.subarray(at + headLength, end)
    if (!kind || end > bytes.length || !checksum(payload).equals(bytes.subarray(at + 5, at + headLength))) return at
    replay(kind === 'block' ? { kind, raw: new Uint8Array(payload) } : { kind, hash: payload.toString('hex') })
    at = end
  }
  return at
}
