import { ok, fail } from '../../../roles/protocol/result.ts'
import type { IndexCollection, IndexEntry, IndexPort, IndexRow, IndexStore } from '../../../main/core/ports.ts'

/** Caches by name, as they are on a disk: they outlive the participant's process. */
export type MemoryIndices = Map<string, { collections: readonly IndexCollection[]; rows: Map<string, Map<string, IndexRow>> }>

const compare = (a: Uint8Array, b: Uint8Array): number => Buffer.compare(a, b)
const byPlace = (a: IndexEntry, b: IndexEntry): number => compare(a.sortKey, b.sortKey) || compare(Buffer.from(a.key), Buffer.from(b.key))

/** @param beforeWrite called before a cache is put in place; what it throws is a crash in which the old one stays */
export function createMemoryIndex(disk: MemoryIndices = new Map(), beforeWrite: () => void = () => undefined): IndexPort {
  return {
    open(name, collections) {
      const kept = disk.get(name)
      const fits = kept !== undefined && JSON.stringify(kept.collections) === JSON.stringify(collections)
      return fits ? ok(storeOf(kept)) : fail('index.none', 'There is no such cache: it has to be rebuilt.')
    },
    rebuild(name, collections) {
      const rows = new Map(collections.map((one) => [one.name, new Map<string, IndexRow>()]))
      return {
        add: async (batch) => {
          for (const row of batch) {
            if (row.value === null) rows.get(row.collection)!.delete(row.key)
            else rows.get(row.collection)!.set(row.key, row)
          }
        },
        finish: async () => {
          beforeWrite()
          disk.set(name, { collections, rows })
          return ok({ rows: [...rows.values()].reduce((sum, { size }) => sum + size, 0) })
        },
        abandon: () => undefined,
      }
    },
  }
}

function storeOf({ collections, rows }: MemoryIndices extends Map<string, infer Kept> ? Kept : never): IndexStore {
  const entries = (collection: string, index: string): IndexEntry[] => {
    const at = collections.find(({ name }) => name === collection)!.indices.indexOf(index)
    return [...rows.get(collection)!.values()]
      .flatMap(({ key, value, sortKeys }) => (sortKeys[at] === null ? [] : [{ key, sortKey: sortKeys[at]!, value: value! }]))
      .sort(byPlace)
  }
  const within = (collection: string, index: string, { from, to }: { from: Uint8Array; to: Uint8Array | null }): IndexEntry[] =>
    entries(collection, index).filter(({ sortKey }) => compare(sortKey, from) >= 0 && (to === null || compare(sortKey, to) < 0))
  return {
    get: (collection, key) => rows.get(collection)!.get(key)?.value ?? undefined,
    range(collection, index, range, { limit = Infinity, after } = {}) {
      const found = within(collection, index, range)
      return found.filter((entry) => after === undefined || byPlace(entry, { ...after, value: '' }) > 0).slice(0, limit)
    },
    count: (collection, index, range) => within(collection, index, range).length,
    close: () => undefined,
  }
}
