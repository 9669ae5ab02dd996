/**
 * The logical database of an app: a pure function of its program and the included documents (essay, «Kappa architecture»). It
 * holds who owns which key, which update wrote it last, and the fields; `snapshot.ts` makes the published indices of it.
 *
 * A write replaces a version by name, so of two rivals the first in chain order wins and the other is told (PROTOCOL.md 7).
 */
import type { Collection, Program } from '../../program/document.ts'
import { fromJson } from '../../program/value/value.ts'
import type { Json } from '../canonical.ts'
import { fail, failForNow, ok, type Result } from '../result.ts'
import { cloneTallies, createTallies, recount, type Tallies } from './rules.ts'

export interface Row {
  /** X-only key of the client, hex. */
  owner: string
  /** SHA-256 of the document that wrote the row last: an update, or the reservation; hex. */
  version: string
  /** Whether an update has written it. */
  written: boolean
  /** All fields in JSON form; null when never written and the collection declares no initial value. */
  fields: { [name: string]: Json } | null
}

export interface ReservedKey {
  collection: string
  owner: string
  version: string
}

export interface Client {
  /** Block height of the registration. */
  registered: number
  /** End of the hash chain that decides its seats, hex (requests/seats.ts). */
  seats: string
  /** Number of the tick document that registered it. */
  since: number
}

export interface Database {
  readonly program: Program
  /** Rows of each collection by key address. */
  readonly collections: Map<string, Map<string, Row>>
  readonly keys: Map<string, ReservedKey>
  /** By x-only key, hex. */
  readonly clients: Map<string, Client>
  /** Counters of the groups that rules are about: they follow from the rows. */
  readonly tallies: Tallies
  /** Collections (and `$keys`, `$clients`) changed since the last snapshot. */
  readonly dirty: Set<string>
}

export const KEYS = '$keys'
export const CLIENTS = '$clients'

/** An empty database of a checked program. */
export function createDatabase(program: Program): Database {
  const names = Object.keys(program.collections)
  return {
    program,
    collections: new Map(names.map((name) => [name, new Map()])),
    keys: new Map(),
    clients: new Map(),
    tallies: createTallies(program),
    dirty: new Set([...names, KEYS, CLIENTS]),
  }
}

/** Puts a row in the place of the one with this key, or takes that away. Every change of a row goes through here. */
export function setRow(db: Database, collection: string, key: string, row: Row | undefined): void {
  const rows = db.collections.get(collection)!
  recount(db.tallies, collection, rows.get(key), row)
  if (row === undefined) rows.delete(key)
  else rows.set(key, row)
  db.dirty.add(collection)
}

/** Enters a registered client; again is harmless and keeps what it registered with first. */
export function registerClient(db: Database, client: string, row: Client): void {
  if (db.clients.has(client)) return
  db.clients.set(client, row)
  db.dirty.add(CLIENTS)
}

/** Removes a client that got a tombstone; its keys and rows stay. */
export function removeClient(db: Database, client: string): void {
  if (db.clients.delete(client)) db.dirty.add(CLIENTS)
}

export interface Reservation {
  /** Address of the key. */
  key: string
  collection: string
  /** X-only key of the client, hex. */
  owner: string
  /** SHA-256 of the reservation document, hex. */
  version: string
}

/** Reserves a key for its owner. Errors: `database.collection`, `database.taken`. */
export function reserveKey(db: Database, { key, collection, owner, version }: Reservation): Result<null> {
  const declared = collectionOf(db.program, collection)
  if (declared === null)
    return fail('database.collection', `The program has no collection ${collection}. Check the reservation's collection.`)
  if (db.keys.has(key)) return fail('database.taken', `The key ${key} is already reserved. Reserve another one.`)
  db.keys.set(key, { collection, owner, version })
  const initial = declared.initial as { [name: string]: Json } | null
  setRow(db, collection, key, { owner, version, written: false, fields: initial })
  db.dirty.add(KEYS)
  return ok(null)
}

const collectionOf = (program: Program, name: string): Collection | null =>
  Object.hasOwn(program.collections, name) ? program.collections[name]! : null

export interface Write {
  key: string
  collection: string
  /** Fields written, in JSON form: all of them on the first write of a key, unless the collection has an initial value. */
  fields: { [name: string]: Json }
  /** The version of the row that this write replaces, hex. */
  replaces: string
}

export interface Update {
  /** X-only key of the client, hex. */
  owner: string
  /** SHA-256 of the update document, hex. */
  version: string
  writes: readonly Write[]
}

/** First field that the collection does not declare or whose value does not fit its type. */
function checkFields(declared: Collection, write: Write): Result<null> {
  for (const [name, value] of Object.entries(write.fields)) {
    if (!Object.hasOwn(declared.fields, name))
      return fail('database.field', `${write.collection} has no field ${name}. Write declared fields only.`)
    const checked = fromJson(declared.fields[name]!, value)
    if (!checked.ok) return fail('database.value', `${write.collection}.${name} of key ${write.key}: ${checked.error.message}`)
  }
  return ok(null)
}

/** The row after a write, or why it is refused. `before` is the row as stored, `base` with earlier writes of the same update. */
function rowAfter(db: Database, update: Update, write: Write, base: Row): Result<Row> {
  const declared = collectionOf(db.program, write.collection)
  if (declared === null || db.keys.get(write.key)?.collection !== write.collection) {
    return fail('database.collection', `The key ${write.key} is not reserved in ${write.collection}. Reserve it first.`)
  }
  const checked = checkFields(declared, write)
  if (!checked.ok) return checked
  const fields = { ...base.fields, ...write.fields }
  const missing = Object.keys(declared.fields).find((name) => !Object.hasOwn(fields, name))
  if (missing !== undefined)
    return fail('database.missing', `The first write of key ${write.key} has to set ${write.collection}.${missing}.`)
  return ok({ owner: base.owner, version: update.version, written: true, fields })
}

function rowBefore(db: Database, update: Update, write: Write): Result<Row> {
  const row = db.collections.get(db.keys.get(write.key)?.collection ?? '')?.get(write.key)
  if (row === undefined) return fail('database.key', `The key ${write.key} is not reserved. Reserve it before writing.`)
  if (row.owner !== update.owner) return fail('database.owner', `The key ${write.key} belongs to another client.`)
  if (row.version !== write.replaces) {
    return failForNow(
      'database.version',
      `The key ${write.key} was written by another update first. Read it again and repeat the request.`,
      { key: write.key, current: row.version },
    )
  }
  return ok(row)
}

/**
 * Applies an update, all of its writes or none. Several writes of one key apply in order and become one version.
 * Errors: `database.key`, `database.owner`, `database.version` (retryable: a rival came first), `database.collection`,
 * `database.field`, `database.value`, `database.missing`.
 */
export function applyUpdate(db: Database, update: Update): Result<null> {
  const after = new Map<string, Row>()
  for (const write of update.writes) {
    const before = rowBefore(db, update, write)
    if (!before.ok) return before
    const row = rowAfter(db, update, write, after.get(write.key) ?? before.value)
    if (!row.ok) return row
    after.set(write.key, row.value)
  }
  for (const [key, row] of after) storeRow(db, key, row)
  return ok(null)
}

function storeRow(db: Database, key: string, row: Row): void {
  const reserved = db.keys.get(key)!
  setRow(db, reserved.collection, key, row)
  db.keys.set(key, { ...reserved, version: row.version })
  db.dirty.add(KEYS)
}

/** Applies an update of a single write, see `applyUpdate`. */
export const applyWrite = (db: Database, update: Omit<Update, 'writes'>, write: Write): Result<null> =>
  applyUpdate(db, { ...update, writes: [write] })

/** The state as JSON, for storage; `importDatabase` reads it back. Order of keys is that of insertion and carries no meaning. */
export function exportDatabase(db: Database): Json {
  const rows = [...db.collections].flatMap(([collection, byKey]) =>
    [...byKey].map(([key, { owner, version, written, fields }]): Json => [collection, key, owner, version, written, fields]),
  )
  return { rows, clients: [...db.clients].map(([client, { registered, seats, since }]): Json => [client, registered, seats, since]) }
}

/** Reads what `exportDatabase` wrote for the same program. The content is trusted: it comes from the node's own storage. */
export function importDatabase(program: Program, json: Json): Database {
  const db = createDatabase(program)
  const stored = json as unknown as {
    rows: Array<[string, string, string, string, boolean, Row['fields']]>
    clients: Array<[string, number, string, number]>
  }
  for (const [collection, key, owner, version, written, fields] of stored.rows) {
    setRow(db, collection, key, { owner, version, written, fields })
    db.keys.set(key, { collection, owner, version })
  }
  for (const [client, registered, seats, since] of stored.clients) db.clients.set(client, { registered, seats, since })
  return db
}

/** An independent copy, to try updates on. */
export const cloneDatabase = (db: Database): Database => ({
  program: db.program,
  collections: new Map([...db.collections].map(([name, rows]) => [name, new Map(rows)])),
  keys: new Map(db.keys),
  clients: new Map(db.clients),
  tallies: cloneTallies(db.tallies),
  dirty: new Set(db.dirty),
})
