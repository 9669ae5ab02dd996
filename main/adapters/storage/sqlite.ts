import Database from 'better-sqlite3'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fail, failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import type { Json, StoragePort, StorageWrite, Survival } from '../../core/ports.ts'
import { openBlobs } from './blobs.ts'
import { diskError, inWords } from './disk-error.ts'

/** Version of the database's own layout, kept in SQLite's `user_version`. */
const SCHEMA_VERSION = 1
const BUSY_MS = 5_000
const BLOBS = 'blobs'

/** What brings a database from version n to n + 1, at place n. */
const MIGRATIONS = [
  'CREATE TABLE kv (tbl TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (tbl, key)) STRICT, WITHOUT ROWID',
]

/**
 * Opens the store in `folder` (made if need be): `store.sqlite` with a write-ahead log and full synchronisation, and `blobs/` beside it.
 * @param most that writes are to survive, whatever they ask for: `crash` in a network of play money, whose nodes share one disk
 * Errors: `storage.corrupt` (the database is damaged), `storage.version` (a newer app wrote it), `storage.open`; of the disk, retryable, `storage.full`
 * and `storage.disk`.
 */
export function openSqliteStorage(folder: string, most: Survival = 'power'): Result<StoragePort> {
  const path = join(folder, 'store.sqlite')
  let db: Database.Database | undefined
  try {
    mkdirSync(folder, { recursive: true })
    // SQLite takes an empty, cut or missing file for a new database; blobs beside it say that there was another one.
    const wasUsed = existsSync(join(folder, BLOBS))
    if (wasUsed && !existsSync(path)) return corrupt(path, 'it is missing')
    db = new Database(path, { timeout: BUSY_MS })
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    const refused = checkSound(db, path) ?? migrate(db, path, wasUsed)
    if (refused) {
      db.close()
      return refused
    }
    return ok(portOf(db, folder, most))
  } catch (error) {
    db?.close()
    return openFailure(path, error as Error & { code?: string })
  }
}

/** What no waiting changes: it is no folder, or not one of this user. */
const OF_THE_PATH = /^(ENOTDIR|ENOENT|EEXIST|EACCES|EPERM)$/

function openFailure(path: string, error: Error & { code?: string }) {
  if (error.code === 'SQLITE_NOTADB' || error.code?.startsWith('SQLITE_CORRUPT')) return corrupt(path, error.message)
  const { code, message } = diskError(error, path) as Error & { code?: string }
  if (code?.startsWith('storage.') === true && !OF_THE_PATH.test(error.code ?? '')) return failForNow(code, message)
  return fail('storage.open', `The database ${path} cannot be opened (${error.message}): check the folder's permissions and free space.`)
}

const corrupt = (path: string, why: string) =>
  fail(
    'storage.corrupt',
    `The database ${path} is damaged (${why}): put a backup in its place, or move it away and restore from the seed phrase.`,
  )

function checkSound(db: Database.Database, path: string) {
  const verdict = db.pragma('quick_check(1)', { simple: true })
  return verdict === 'ok' ? undefined : corrupt(path, String(verdict))
}

function migrate(db: Database.Database, path: string, wasUsed: boolean) {
  const version = db.pragma('user_version', { simple: true }) as number
  if (version === 0 && wasUsed) return corrupt(path, 'it is empty')
  if (version > SCHEMA_VERSION)
    return fail('storage.version', `The database ${path} has version ${version}, written by a newer app: update this one.`)
  db.transaction(() => {
    for (const step of MIGRATIONS.slice(version)) db.exec(step)
    db.pragma(`user_version = ${SCHEMA_VERSION}`)
  })()
  return undefined
}

function portOf(db: Database.Database, folder: string, most: Survival): StoragePort {
  const blobs = openBlobs(join(folder, BLOBS), most)
  const one = db.prepare<[string, string], { value: string }>('SELECT value FROM kv WHERE tbl = ? AND key = ?')
  const all = db.prepare<[string, string, number], Row>('SELECT key, value FROM kv WHERE tbl = ? AND key >= ? ORDER BY key LIMIT ?')
  const some = db.prepare<[string, string, string, number], Row>(
    'SELECT key, value FROM kv WHERE tbl = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?',
  )
  const write = writer(db, most)
  const list = (table: string, prefix = '', limit = -1) => {
    const end = afterPrefix(prefix)
    const rows = end === undefined ? all.all(table, prefix, limit) : some.all(table, prefix, end, limit)
    return rows.map((row) => ({ key: row.key, value: JSON.parse(row.value) as Json }))
  }
  return {
    get: inWords(folder, (table: string, key: string) => parse(one.get(table, key)?.value)),
    list: inWords(folder, list),
    transact: inWords(folder, write),
    putBlob: inWords(folder, blobs.put),
    getBlob: inWords(folder, blobs.get),
    dropBlob: inWords(folder, blobs.drop),
    close: () => {
      db.close()
    },
  }
}

interface Row {
  key: string
  value: string
}

const parse = (text: string | undefined): Json | undefined => (text === undefined ? undefined : (JSON.parse(text) as Json))

function writer(db: Database.Database, most: Survival) {
  const put = db.prepare<[string, string, string]>(
    'INSERT INTO kv (tbl, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  )
  const remove = db.prepare<[string, string]>('DELETE FROM kv WHERE tbl = ? AND key = ?')
  const apply = (each: StorageWrite): void => {
    if ('delete' in each) remove.run(each.table, each.key)
    else put.run(each.table, each.key, JSON.stringify(each.value))
  }
  const commit = db.transaction((writes: StorageWrite[]) => writes.forEach(apply))
  // With a write-ahead log, NORMAL leaves out the fsync of each commit and nothing else: the log is still written in order.
  const levels: Record<Survival, string> = { power: 'synchronous = FULL', crash: 'synchronous = NORMAL' }
  let level: Survival = 'power'
  return (writes: StorageWrite[], wanted: Survival = 'power'): void => {
    const survives = most === 'crash' ? most : wanted
    if (survives !== level) db.pragma(levels[survives])
    level = survives
    // One statement is a transaction of its own.
    if (writes.length === 1) apply(writes[0]!)
    else commit.immediate(writes)
  }
}

/**
 * The first key, in SQLite's order of UTF-8 bytes, that no longer starts with `prefix`: its last code point raised by one. Undefined
 * where there is none.
 */
export function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (char) => char.codePointAt(0)!)
  while (points.length > 0 && points.at(-1) === 0x10ffff) points.pop()
  const last = points.pop()
  if (last === undefined) return undefined
  // Surrogates are no characters, so the next one after U+D7FF is U+E000.
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1)
}
