/**
 * The rows of one engagement: the same tables for every role, the keys below the engagement's id. So a service of a role knows nothing of the others,
 * however many the node has.
 */
import type { StoragePort, StorageWrite } from './ports.ts'

/** Tables whose rows belong to one engagement each; all others are the node's. */
export const ENGAGEMENT_TABLES: ReadonlySet<string> = new Set(['client', 'complaint', 'dispute', 'burials', 'served', 'supervisor'])

const placeIn = (id: string, table: string, key: string): string => (ENGAGEMENT_TABLES.has(table) ? `${id}/${key}` : key)

/** A write as an engagement's own storage makes it. */
export const scopedWrite = (write: StorageWrite, id: string): StorageWrite => ({ ...write, key: placeIn(id, write.table, write.key) })

/** @param id of the engagement: 64 hex digits, so no other's rows begin alike */
export function scopedStorage(storage: StoragePort, id: string): StoragePort {
  const place = (table: string, key: string): string => placeIn(id, table, key)
  return {
    ...storage,
    get: (table, key) => storage.get(table, place(table, key)),
    list(table, prefix = '', limit) {
      const rows = storage.list(table, place(table, prefix), limit)
      return ENGAGEMENT_TABLES.has(table) ? rows.map(({ key, value }) => ({ key: key.slice(id.length + 1), value })) : rows
    },
    transact: (writes, survives) =>
      storage.transact(
        writes.map((write) => scopedWrite(write, id)),
        survives,
      ),
  }
}
