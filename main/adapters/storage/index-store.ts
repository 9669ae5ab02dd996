import Database from 'better-sqlite3'
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import type { IndexCollection, IndexEntry, IndexRow, IndexStore } from '../../core/ports.ts'

const FORMAT = 1
const ROWS_A_STATEMENT = 50
const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

type Bindable = string | Uint8Array | null

/**
 * Writes the cache anew from all updates, and puts it in the place of an earlier one in one step, so that a reader sees the old
 * or the new one and a crash leaves the old one. Fast because nothing is written twice: the last update of each key is
 * chosen in memory, rows go in sorted and many to a statement without a journal, and indices are built when the rows are there.
 * @param path file of the cache; it can be deleted at any time
 * @returns rows written
 * @throws on a row whose collection is unknown or whose sort keys are not one per index, which would be a bug
 */
export function rebuildIndex(path: string, collections: readonly IndexCollection[], rows: Iterable<IndexRow>): { rows: number } {
  const temporary = `${path}.new`
  rmSync(temporary, { force: true })
  const last = lastWrites(collections, rows)
  const db = new Database(temporary)
  try {
    for (const pragma of [
      'page_size = 8192',
      'journal_mode = OFF',
      'synchronous = OFF',
      'locking_mode = EXCLUSIVE',
      'temp_store = MEMORY',
      'cache_size = -131072',
      `user_version = ${FORMAT}`,
    ])
      db.pragma(pragma)
    db.exec('BEGIN')
    collections.forEach((collection, at) => writeCollection(db, collection, last[at]!))
    db.exec('COMMIT')
  } finally {
    db.close()
  }
  syncFile(temporary)
  renameSync(temporary, path)
  if (process.platform !== 'win32') syncFile(dirname(path))
  return { rows: last.reduce((sum, each) => sum + each.size, 0) }
}

function lastWrites(collections: readonly IndexCollection[], rows: Iterable<IndexRow>): Array<Map<string, IndexRow>> {
  const maps = new Map(collections.map(({ name, indices }) => [name, { indices: indices.length, rows: new Map<string, IndexRow>() }]))
  for (const row of rows) {
    const target = maps.get(row.collection)
    if (!target || row.sortKeys.length !== target.indices)
      throw new Error(`the row ${row.key} does not fit the collection ${row.collection}`)
    if (row.value === null) target.rows.delete(row.key)
    else target.rows.set(row.key, row)
  }
  return collections.map(({ name }) => maps.get(name)!.rows)
}

function writeCollection(db: Database.Database, { name, indices }: IndexCollection, rows: Map<string, IndexRow>): void {
  const columns = indices.map((_, i) => `s${i}`)
  db.exec(
    `CREATE TABLE ${quote(name)} (${['key TEXT PRIMARY KEY NOT NULL', 'value TEXT NOT NULL', ...columns.map((each) => `${each} BLOB`)].join(', ')}) WITHOUT ROWID`,
  )
  insertSorted(db, quote(name), columns.length + 2, rows)
  indices.forEach((index, i) => db.exec(`CREATE INDEX ${quote(`${name}/${index}`)} ON ${quote(name)} (s${i}, key) WHERE s${i} IS NOT NULL`))
}

function insertSorted(db: Database.Database, table: string, width: number, rows: Map<string, IndexRow>): void {
  const one = `(${Array(width).fill('?').join(', ')})`
  const statement = (count: number) => db.prepare<Bindable[]>(`INSERT INTO ${table} VALUES ${Array(count).fill(one).join(', ')}`)
  const many = statement(ROWS_A_STATEMENT)
  const full = ROWS_A_STATEMENT * width
  const values: Bindable[] = new Array<Bindable>(full)
  let at = 0
  for (const key of [...rows.keys()].sort()) {
    const row = rows.get(key)!
    values[at++] = key
    values[at++] = row.value
    for (const sortKey of row.sortKeys) values[at++] = sortKey
    if (at < full) continue
    many.run(values as never)
    at = 0
  }
  if (at > 0) statement(at / width).run(values.slice(0, at) as never)
}

function syncFile(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/**
 * Opens the cache for reading. One read transaction stays open, which halves the time of a read; it goes on seeing this cache
 * when a newer one takes its place, so open again after a rebuild.
 * Errors: `index.none` (missing, damaged or of another format: rebuild it).
 */
export function openIndex(path: string, collections: readonly IndexCollection[]): Result<IndexStore> {
  let db: Database.Database | undefined
  try {
    db = new Database(path, { readonly: true, fileMustExist: true })
    if (db.pragma('user_version', { simple: true }) !== FORMAT) throw new Error('it has another format')
    db.pragma('mmap_size = 1073741824')
    db.exec('BEGIN')
    return ok(storeOf(db, new Map(collections.map((collection) => [collection.name, readerOf(db!, collection)]))))
  } catch (error) {
    db?.close()
    return fail('index.none', `The index cache ${path} cannot be used (${(error as Error).message}): it has to be rebuilt.`)
  }
}

type Reader = ReturnType<typeof readerOf>

function readerOf(db: Database.Database, { name, indices }: IndexCollection) {
  const table = quote(name)
  return {
    one: db.prepare<[string], { value: string }>(`SELECT value FROM ${table} WHERE key = ?`),
    indices: new Map(
      indices.map((index, i) => {
        const s = `s${i}`
        const from = `FROM ${table} WHERE ${s} IS NOT NULL AND`
        const order = `ORDER BY ${s}, key LIMIT ?`
        return [
          index,
          {
            open: db.prepare<unknown[], IndexEntry>(`SELECT key, ${s} AS sortKey, value ${from} (${s}, key) >= (?, ?) ${order}`),
            closed: db.prepare<unknown[], IndexEntry>(
              `SELECT key, ${s} AS sortKey, value ${from} (${s}, key) >= (?, ?) AND ${s} < ? ${order}`,
            ),
            after: db.prepare<unknown[], IndexEntry>(
              `SELECT key, ${s} AS sortKey, value ${from} (${s}, key) > (?, ?) AND (? OR ${s} < ?) ${order}`,
            ),
            countOpen: db.prepare<unknown[], number>(`SELECT count(*) ${from} ${s} >= ?`).pluck(),
            countClosed: db.prepare<unknown[], number>(`SELECT count(*) ${from} ${s} >= ? AND ${s} < ?`).pluck(),
          },
        ]
      }),
    ),
  }
}

function storeOf(db: Database.Database, readers: Map<string, Reader>): IndexStore {
  const reader = (collection: string): Reader => readers.get(collection) ?? raise(`no collection ${collection}`)
  const indexOf = (collection: string, index: string) =>
    reader(collection).indices.get(index) ?? raise(`no index ${index} in ${collection}`)
  return {
    get: (collection, key) => reader(collection).one.get(key)?.value,
    range: (collection, index, { from, to }, { limit = -1, after } = {}) => {
      const statements = indexOf(collection, index)
      if (after) return statements.after.all(after.sortKey, after.key, to === null ? 1 : 0, to, limit)
      return to === null ? statements.open.all(from, '', limit) : statements.closed.all(from, '', to, limit)
    },
    count: (collection, index, { from, to }) => {
      const statements = indexOf(collection, index)
      return (to === null ? statements.countOpen.get(from) : statements.countClosed.get(from, to)) ?? 0
    },
    close: () => {
      db.close()
    },
  }
}

function raise(message: string): never {
  throw new Error(message)
}
