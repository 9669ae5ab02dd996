import { createHash } from 'node:crypto'
import type { Json, StoragePort, StorageWrite } from '../../../main/core/ports.ts'

/** What a participant has on disk: it outlives the participant's process. */
export interface MemoryDisk {
  rows: Map<string, Map<string, string>>
  blobs: Map<string, Uint8Array>
}

export const createMemoryDisk = (): MemoryDisk => ({ rows: new Map(), blobs: new Map() })

const byBytes = (a: { key: string }, b: { key: string }) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))

/**
 * A storage in memory. Values are kept as JSON text, so nobody shares an object with it.
 * @param disk the content of an earlier one, to open it again
 * @param beforeWrite called before each transaction and each blob (of so many bytes); what it throws is a crash, or a full disk: nothing is written
 */
export function createMemoryStorage(
  disk: MemoryDisk = createMemoryDisk(),
  beforeWrite: (what?: { rows: StorageWrite[] } | { blob: number }) => void = () => undefined,
): StoragePort {
  let open = true
  const check = () => {
    if (!open) throw new Error('the storage is closed')
  }
  const tableOf = (name: string) => disk.rows.get(name) ?? disk.rows.set(name, new Map()).get(name)!
  return {
    get: (table, key) => {
      check()
      const text = disk.rows.get(table)?.get(key)
      return text === undefined ? undefined : (JSON.parse(text) as Json)
    },
    list: (table, prefix = '', limit = Infinity) => {
      check()
      const rows = [...(disk.rows.get(table) ?? [])].filter(([key]) => key.startsWith(prefix)).map(([key, text]) => ({ key, text }))
      return rows
        .sort(byBytes)
        .slice(0, limit)
        .map(({ key, text }) => ({ key, value: JSON.parse(text) as Json }))
    },
    transact: (writes) => {
      check()
      // Everything that can fail comes before the first change.
      const ready = writes.map((each) => ({ ...each, text: 'delete' in each ? undefined : JSON.stringify(each.value) }))
      beforeWrite({ rows: writes })
      for (const each of ready) {
        if (each.text === undefined) tableOf(each.table).delete(each.key)
        else tableOf(each.table).set(each.key, each.text)
      }
    },
    putBlob: (sha256, bytes) => {
      check()
      if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw new Error(`the blob's bytes do not hash to ${sha256}`)
      beforeWrite({ blob: bytes.length })
      disk.blobs.set(sha256, Uint8Array.from(bytes))
    },
    getBlob: (sha256) => {
      check()
      const bytes = disk.blobs.get(sha256)
      return bytes && Uint8Array.from(bytes)
    },
    dropBlob: (sha256) => {
      check()
      beforeWrite()
      disk.blobs.delete(sha256)
    },
    close: () => {
      open = false
    },
  }
}
