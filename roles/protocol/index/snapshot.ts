/**
 * The published form of a database: all indices of all collections, and one root over them. Names: `posts.key` and
 * `posts.<index>` for every collection, `$keys.key` (reserved keys) and `$clients.key` (registered clients).
 *
 * Rows have all declared fields, `$key` and `$owner`. Rows of count and sum indices have the group's fields and `$count` or
 * `$sum`. `$keys` has `$key`, `collection`, `owner`, `version`, `written`; `$clients` has `$key`, `registered`, `seats`, `since`. Integers are decimal
 * strings. Rows that were never written appear only where the collection declares an initial value.
 */
import type { Between, Collection, Index, Program } from '../../program/document.ts'
import { compareBytes, concatBytes, fromHex, toHex, uint32, utf8 } from '../bytes.ts'
import type { Json } from '../canonical.ts'
import { type CryptoPort, leafHash, leafHashes, merkleProof, merkleTree, rootOfRange, type MerkleTree } from '../crypto/index.ts'
import { CLIENTS, KEYS, type Database, type Row } from './database.ts'
import { buildIndex, digestRecord, type BuiltIndex, type Entry, type Fields, type RecordDigest } from './pages.ts'
import { fail, ok, type Result } from '../result.ts'
import { encodeTuple, tupleRange, type SortKind, type SortRange, type SortValue } from './sort-key.ts'

export interface Snapshot {
  /** Database root, hex. */
  root: string
  /** By index name, in the order of names. */
  indices: ReadonlyMap<string, BuiltIndex>
}

/** Proof that an index belongs to a database root. */
export interface IndexProof {
  name: string
  /** Index root, hex. */
  root: string
  /** Number of entries. */
  count: number
  position: number
  /** Number of indices in the database. */
  total: number
  merkle: string[]
}

/** Kinds of an index's sort key: its `on` fields, then the key address in order indices. Null when the program has no such index. */
export function sortKindsOf(program: Program, collection: string, index: string): SortKind[] | null {
  if (collection === KEYS || collection === CLIENTS) return index === 'key' ? ['key'] : null
  const declared = Object.hasOwn(program.collections, collection) ? program.collections[collection]! : null
  if (declared === null) return null
  if (index === 'key') return ['key']
  return Object.hasOwn(declared.indices, index) ? kindsOf(declared, declared.indices[index]!) : null
}

const kindsOf = (collection: Collection, index: Index): SortKind[] => [
  ...index.on.map((field) => kindOf(collection, field)),
  ...(index.kind === 'order' ? ['key' as const] : []),
]

function kindOf(collection: Collection, field: string): SortKind {
  const kind = field === '$owner' ? 'text' : collection.fields[field]!.kind
  if (kind !== 'int' && kind !== 'text' && kind !== 'bool' && kind !== 'bytes' && kind !== 'key')
    throw new Error(`${field} is not a scalar field.`)
  return kind
}

/**
 * The range of sort keys of a query: the first fields of the index equal these values (JSON form), the next one is between `bounds`.
 * Error: `index.unknown`.
 * @example rangeOf(program, 'posts', 'byAuthor', ['ann'])
 */
export function rangeOf(
  program: Program,
  collection: string,
  index: string,
  equals: readonly Json[],
  bounds: Between<Json> = {},
): Result<SortRange> {
  const kinds = sortKindsOf(program, collection, index)
  if (kinds === null) return fail('index.unknown', `The program has no index ${collection}.${index}.`)
  return ok(tupleRange(kinds, equals as SortValue[], bounds as Between<SortValue>))
}

const sortedFields = (record: { [name: string]: Json }): Fields => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))

/** Entries by sort key, computed once per row and shared by the indices of a collection. */
const rowFields = new WeakMap<Row, Fields>()

function fieldsOf(key: string, row: Row): Fields {
  const known = rowFields.get(row)
  if (known !== undefined) return known
  const fields = sortedFields({ ...row.fields, $key: key, $owner: row.owner })
  rowFields.set(row, fields)
  return fields
}

const valueOf = (key: string, row: Row, field: string): SortValue =>
  (field === '$owner' ? row.owner : field === '$key' ? key : row.fields![field]!) as SortValue

const bySortKey = (a: Entry, b: Entry): number => compareBytes(a.sortKey, b.sortKey)

function orderEntries(rows: ReadonlyArray<[string, Row]>, kinds: readonly SortKind[], on: readonly string[]): Entry[] {
  return rows
    .map(([key, row]) => ({
      sortKey: encodeTuple(kinds, [...on.map((field) => valueOf(key, row, field)), key]),
      fields: fieldsOf(key, row),
    }))
    .sort(bySortKey)
}

function aggregateEntries(
  rows: ReadonlyArray<[string, Row]>,
  kinds: readonly SortKind[],
  index: Exclude<Index, { kind: 'order' }>,
): Entry[] {
  const groups = new Map<string, { sortKey: Uint8Array; group: { [name: string]: Json }; total: bigint }>()
  for (const [key, row] of rows) {
    const sortKey = encodeTuple(
      kinds,
      index.on.map((field) => valueOf(key, row, field)),
    )
    const id = toHex(sortKey)
    const known = groups.get(id)
    const add = index.kind === 'count' ? 1n : BigInt(row.fields![index.field]! as string)
    if (known !== undefined) known.total += add
    else
      groups.set(id, { sortKey, total: add, group: Object.fromEntries(index.on.map((field) => [field, valueOf(key, row, field) as Json])) })
  }
  const name = index.kind === 'count' ? '$count' : '$sum'
  return [...groups.values()]
    .map(({ sortKey, group, total }) => ({ sortKey, fields: sortedFields({ ...group, [name]: String(total) }) }))
    .sort(bySortKey)
}

const keyed = (rows: Iterable<[string, { [name: string]: Json }]>): Entry[] =>
  [...rows]
    .map(([key, record]) => ({ sortKey: encodeTuple(['key'], [key]), fields: sortedFields({ ...record, $key: key }) }))
    .sort(bySortKey)

function keyEntries(db: Database): Entry[] {
  return keyed(
    [...db.keys].map(([key, { collection, owner, version }]) => [
      key,
      { collection, owner, version, written: db.collections.get(collection)!.get(key)!.written },
    ]),
  )
}

const clientEntries = (db: Database): Entry[] =>
  keyed(
    [...db.clients].map(([client, { registered, seats, since }]) => [
      client,
      { registered: String(registered), seats, since: String(since) },
    ]),
  )

/** Entries of all indices of one collection, by index name. */
function collectionEntries(db: Database, name: string): Array<[string, Entry[]]> {
  if (name === KEYS) return [[`${KEYS}.key`, keyEntries(db)]]
  if (name === CLIENTS) return [[`${CLIENTS}.key`, clientEntries(db)]]
  const declared = db.program.collections[name]!
  const rows = [...db.collections.get(name)!].filter(([, row]) => row.fields !== null)
  const indices = Object.entries(declared.indices).map(([index, how]): [string, Entry[]] => {
    const kinds = kindsOf(declared, how)
    return [`${name}.${index}`, how.kind === 'order' ? orderEntries(rows, kinds, how.on) : aggregateEntries(rows, kinds, how)]
  })
  return [[`${name}.key`, orderEntries(rows, ['key'], [])], ...indices]
}

/** Digests of the records that outlive a snapshot: a row that did not change is not hashed again. */
function digestMemo(crypto: CryptoPort): (fields: Fields) => RecordDigest {
  const known = digests.get(crypto) ?? new WeakMap<Fields, RecordDigest>()
  digests.set(crypto, known)
  return (fields) => {
    const digest = known.get(fields) ?? digestRecord(crypto, fields)
    known.set(fields, digest)
    return digest
  }
}

const digests = new WeakMap<CryptoPort, WeakMap<Fields, RecordDigest>>()

/**
 * Builds the indices and the root. Indices of collections that did not change since `previous` are taken over from it, so pass
 * the last snapshot of the same database; clears the database's marks of change.
 */
export function snapshot(crypto: CryptoPort, db: Database, previous?: Snapshot): Snapshot {
  const digest = digestMemo(crypto)
  const names = [...Object.keys(db.program.collections), KEYS, CLIENTS]
  const built: Array<[string, BuiltIndex]> = []
  for (const name of names) {
    const kept = previous === undefined || db.dirty.has(name) ? [] : [...previous.indices].filter(([index]) => index.startsWith(`${name}.`))
    if (kept.length > 0) built.push(...kept)
    else for (const [index, entries] of collectionEntries(db, name)) built.push([index, buildIndex(crypto, entries, digest)])
  }
  db.dirty.clear()
  built.sort(([a], [b]) => (a < b ? -1 : 1))
  const indices = new Map(built)
  return {
    root: databaseRoot(
      crypto,
      built.map(([name, { root, count }]) => ({ name, root, count })),
    ),
    indices,
  }
}

export interface IndexSummary {
  name: string
  root: string
  count: number
}

const indexLeaf = ({ name, root, count }: IndexSummary): Uint8Array => {
  const encoded = utf8(name)
  return concatBytes(uint32(encoded.length), encoded, fromHex(root), uint32(count))
}

const treeOver = (crypto: CryptoPort, sorted: readonly IndexSummary[]): MerkleTree =>
  merkleTree(crypto, leafHashes(crypto, sorted.map(indexLeaf)))

const rootWithTotal = (crypto: CryptoPort, total: number, merkle: Uint8Array): string =>
  toHex(crypto.taggedHash('golem/database', uint32(total), merkle))

/** The database root (hex) over index names, roots and counts, in the order of names. */
export function databaseRoot(crypto: CryptoPort, indices: readonly IndexSummary[]): string {
  const sorted = [...indices].sort((a, b) => (a.name < b.name ? -1 : 1))
  return rootWithTotal(crypto, sorted.length, treeOver(crypto, sorted).root)
}

/** Proves one index of a database whose summaries are known (a tick document lists them). Error: `index.unknown`. */
export function proveIndex(crypto: CryptoPort, indices: readonly IndexSummary[], name: string): Result<IndexProof> {
  const sorted = [...indices].sort((a, b) => (a.name < b.name ? -1 : 1))
  const position = sorted.findIndex((index) => index.name === name)
  if (position < 0) return fail('index.unknown', `The database has no index ${name}.`)
  const { root, count } = sorted[position]!
  return ok({ name, root, count, position, total: sorted.length, merkle: merkleProof(treeOver(crypto, sorted), position).map(toHex) })
}

/** Whether an index belongs to a database root (hex). Error: `index.database`. */
export function verifyIndex(crypto: CryptoPort, database: string, proof: IndexProof): Result<null> {
  const wrong = fail('index.database', `The index ${proof.name} is not part of this database. Make the proof from the tick's own indices.`)
  if (![proof.root, ...proof.merkle].every((hash) => /^[0-9a-f]{64}$/.test(hash))) return wrong
  const top = rootOfRange(crypto, [leafHash(crypto, indexLeaf(proof))], proof.position, proof.total, proof.merkle.map(fromHex))
  return top !== null && rootWithTotal(crypto, proof.total, top) === database ? ok(null) : wrong
}

export const summariesOf = (taken: Snapshot): IndexSummary[] => [...taken.indices].map(([name, { root, count }]) => ({ name, root, count }))
