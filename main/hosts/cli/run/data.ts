/**
 * The rows that a local run reads and writes: `{ "collections": { "posts": [{ "key", "owner", "fields" }] } }`. They become the same
 * database that the network derives from its log, so indices, order and refusals are the network's.
 * `fields: null` is a reserved key without a row.
 */
import { createHash } from 'node:crypto'
import { exactForm, type Program } from '../../../../roles/program/index.ts'
import { applyWrite, createDatabase, reserveKey, type Database } from '../../../../roles/protocol/index/index.ts'
import type { Json } from '../../../../roles/protocol/canonical.ts'
import { fail, ok, type Result } from '../../../../roles/protocol/result.ts'
import type { OwnKey } from '../../../../roles/client/types.ts'
import { own } from '../../../../roles/program/index.ts'

export const OWNER = /^[0-9a-f]{64}$/
const KEY = /^[A-Za-z0-9]{1,100}$/

/** Versions are not kept in the file: what matters is that a run's writes replace what it read. */
const VERSION = '0'.repeat(64)

type Fields = Record<string, Json>
interface DataRow {
  key: string
  owner: string
  fields: Fields | null
}

const isObject = (json: unknown): json is Record<string, unknown> => typeof json === 'object' && json !== null && !Array.isArray(json)

/** Reads the rows of a data file. Errors: `data.shape`, `database.*`; the message names the row. */
export function readData(program: Program, json: unknown): Result<Database> {
  const db = createDatabase(program)
  const collections = isObject(json) ? json['collections'] : undefined
  if (!isObject(json) || !isObject(collections) || Object.keys(json).length !== 1)
    return fail('data.shape', 'The data must be { "collections": { … } } and nothing else.')
  for (const [name, rows] of Object.entries(collections)) {
    if (!Object.hasOwn(program.collections, name))
      return fail(
        'data.shape',
        `The data has a collection ${name}, the program has ${Object.keys(program.collections).join(', ') || 'none'}.`,
      )
    if (!Array.isArray(rows)) return fail('data.shape', `collections.${name} must be a list of rows.`)
    for (const [i, row] of rows.entries()) {
      const entered = enterRow(db, name, row, `collections.${name}[${i}]`)
      if (!entered.ok) return entered
    }
  }
  return ok(db)
}

function enterRow(db: Database, collection: string, json: unknown, path: string): Result<null> {
  const row = rowOf(json, path)
  if (!row.ok) return row
  const { key, owner, fields } = row.value
  const reserved = reserveKey(db, { key, collection, owner, version: VERSION })
  if (!reserved.ok || fields === null) return reserved.ok ? reserved : fail(reserved.error.code, `${path}: ${reserved.error.message}`)
  const exact = exactFields(db.program, collection, fields, `${path}.fields`)
  if (!exact.ok) return exact
  const written = applyWrite(db, { owner, version: VERSION }, { key, collection, fields: exact.value, replaces: VERSION })
  return written.ok ? written : fail(written.error.code, `${path}: ${written.error.message}`)
}

function rowOf(json: unknown, path: string): Result<DataRow> {
  if (!isObject(json) || Object.keys(json).sort().join() !== 'fields,key,owner')
    return fail('data.shape', `${path} must have key, owner and fields.`)
  const { key, owner, fields } = json
  if (typeof key !== 'string' || !KEY.test(key)) return fail('data.shape', `${path}.key must be an address of 1 to 100 letters and digits.`)
  if (typeof owner !== 'string' || !OWNER.test(owner)) return fail('data.shape', `${path}.owner must be a public key of 64 hex digits.`)
  if (fields !== null && !isObject(fields)) return fail('data.shape', `${path}.fields must be an object, or null for a reserved key.`)
  return ok({ key, owner, fields: fields as Fields | null })
}

/** Fields that are left out: an option is none, and what the collection has an initial value for keeps it. */
function exactFields(program: Program, collection: string, fields: Fields, path: string): Result<Fields> {
  const { fields: types, initial } = program.collections[collection]!
  const exact: Fields = {}
  for (const name of Object.keys(fields))
    if (!Object.hasOwn(types, name))
      return fail('data.shape', `${path} has no field ${name}; the fields of ${collection} are ${Object.keys(types).join(', ')}.`)
  for (const [name, type] of Object.entries(types)) {
    if (!Object.hasOwn(fields, name) && initial !== null) continue
    const form = exactForm(type, own(fields, name), `${path}.${name}`)
    if (!form.ok) return fail('data.shape', form.error.message)
    exact[name] = form.value
  }
  return ok(exact)
}

/**
 * The data file of a database: rows in the order in which they came, fields in exact form.
 * @param madeUp keys that are left out where nothing was written to them
 */
export function dataOf(db: Database, madeUp: readonly string[] = []): Json {
  const rowsOf = (name: string): DataRow[] =>
    [...db.collections.get(name)!]
      .filter(([key, row]) => row.written || !madeUp.includes(key))
      .map(([key, row]) => ({ key, owner: row.owner, fields: row.written ? row.fields : null }))
  return { collections: Object.fromEntries([...db.collections.keys()].map((name) => [name, rowsOf(name) as unknown as Json])) }
}

/** A client's keys, in the order in which they are to be used. */
export const keysOf = (db: Database, owner: string): OwnKey[] =>
  [...db.keys]
    .filter(([, reserved]) => reserved.owner === owner)
    .map(([key, { collection }]) => ({ key, collection, written: db.collections.get(collection)!.get(key)!.written }))

/**
 * Reserves a key that is the same in every run on the same data. It is a hash, because on the network too the order of addresses has
 * nothing to do with time.
 */
export function reserveMadeUp(db: Database, collection: string, owner: string): string {
  for (let number = 1; ; number++) {
    const key = createHash('sha256').update(`${collection}/${number}`).digest('hex')
    if (reserveKey(db, { key, collection, owner, version: VERSION }).ok) return key
  }
}
