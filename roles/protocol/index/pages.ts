/**
 * An index as the Supervisor publishes it: entries in the order of their sort keys, cut into pages, under one root.
 *
 * field  = H('golem/field',  |name| name canonical(value))      record = H('golem/record', field hashes in order of names)
 * entry  = H('golem/entry',  |sortKey| sortKey record)          page   = H('golem/page', fences, number of entries, entry hashes)
 * root   = H('golem/index',  number of pages, number of entries, Merkle root over pages)
 *
 * Pages tile the whole space of sort keys: each covers [from, to), the first starts at the empty key, the last has no end, and an
 * index without entries has one empty page. So a page proves absence as well as presence. A record commits field by field, so
 * a reader can check the single field that it is shown.
 */
import { compareBytes, fromHex, parseBase64, toBase64, toHex, uint32, utf8 } from '../bytes.ts'
import { canonicalBytes, parseCanonical, type Json } from '../canonical.ts'
import { type CryptoPort, leafHashes, merkleTree, type MerkleTree } from '../crypto/index.ts'
import { fail, ok, type Result } from '../result.ts'
import type { SortRange } from './sort-key.ts'

/** Fields by name, sorted by name. */
export type Fields = ReadonlyArray<readonly [name: string, value: Json]>

export interface Entry {
  sortKey: Uint8Array
  fields: Fields
}

export interface Page {
  /** Fences: every entry with from ≤ sort key < to is in this page; `to` null means no upper end. */
  from: Uint8Array
  to: Uint8Array | null
  entries: Entry[]
}

export interface DirectoryPage {
  /** The page's lower fence, base64. */
  from: string
  /** Page hash, hex. */
  hash: string
  /** Number of entries. */
  count: number
}

/** What a reader needs to find the pages of a query; it is checked against the root by `checkDirectory`. */
export interface Directory {
  pages: DirectoryPage[]
  count: number
}

export interface BuiltIndex {
  /** Index root, hex. */
  root: string
  /** Number of entries. */
  count: number
  pages: Page[]
  directory: Directory
  /** Merkle tree over the page hashes. */
  tree: MerkleTree
}

export const MAX_PAGE_ENTRIES = 64
/** Encoded entries of a page, in bytes; only a page of one single large entry is longer. */
export const MAX_PAGE_BYTES = 32 * 1024
/** What `parsePage` reads at most. */
const PAGE_LIMITS = { maxBytes: 2 * 1024 * 1024, maxDepth: 64 }
/** A page also ends after an entry whose hash is divisible by this, so that an insertion changes the pages near it only. */
const CUT = 32

export const fieldHash = (crypto: CryptoPort, name: string, value: Json): Uint8Array => hashField(crypto, utf8(name), canonicalBytes(value))

const hashField = (crypto: CryptoPort, name: Uint8Array, value: Uint8Array): Uint8Array =>
  crypto.taggedHash('golem/field', uint32(name.length), name, value)

/** Record hash over field hashes in the order of their names. */
export const recordHashOf = (crypto: CryptoPort, fieldHashes: readonly Uint8Array[]): Uint8Array =>
  crypto.taggedHash('golem/record', ...fieldHashes)

export const recordHash = (crypto: CryptoPort, fields: Fields): Uint8Array =>
  recordHashOf(
    crypto,
    fields.map(([name, value]) => fieldHash(crypto, name, value)),
  )

export const entryHash = (crypto: CryptoPort, sortKey: Uint8Array, record: Uint8Array): Uint8Array =>
  crypto.taggedHash('golem/entry', uint32(sortKey.length), sortKey, record)

/** Commits to the fences and to every entry. */
export function pageHash(crypto: CryptoPort, from: Uint8Array, to: Uint8Array | null, entryHashes: readonly Uint8Array[]): Uint8Array {
  const end = to === null ? [Uint8Array.of(0)] : [Uint8Array.of(1), uint32(to.length), to]
  return crypto.taggedHash('golem/page', uint32(from.length), from, ...end, uint32(entryHashes.length), ...entryHashes)
}

/** The root that commits to the pages and to how many pages and entries there are. */
export const indexRoot = (crypto: CryptoPort, pageCount: number, entryCount: number, merkle: Uint8Array): Uint8Array =>
  crypto.taggedHash('golem/index', uint32(pageCount), uint32(entryCount), merkle)

/** A record's hash and the length of its fields in a page's JSON; computed once for all indices of a collection. */
export interface RecordDigest {
  hash: Uint8Array
  bytes: number
}

export function digestRecord(crypto: CryptoPort, fields: Fields): RecordDigest {
  let bytes = 2 + Math.max(0, fields.length - 1)
  const hashes = fields.map(([name, value]) => {
    const encodedName = utf8(name)
    const encodedValue = canonicalBytes(value)
    bytes += utf8(JSON.stringify(name)).length + encodedValue.length + 3
    return hashField(crypto, encodedName, encodedValue)
  })
  return { hash: recordHashOf(crypto, hashes), bytes }
}

const base64Length = (length: number): number => 4 * Math.ceil(length / 3)

interface Cut {
  entries: Entry[]
  hashes: Uint8Array[]
}

function cutPages(crypto: CryptoPort, entries: readonly Entry[], digest: (fields: Fields) => RecordDigest): Cut[] {
  const cuts: Cut[] = []
  let open: Cut = { entries: [], hashes: [] }
  let bytes = 0
  const close = (): void => {
    cuts.push(open)
    open = { entries: [], hashes: [] }
    bytes = 0
  }
  for (const entry of entries) {
    const record = digest(entry.fields)
    const size = record.bytes + base64Length(entry.sortKey.length) + 6
    if (open.entries.length > 0 && bytes + size > MAX_PAGE_BYTES) close()
    const hash = entryHash(crypto, entry.sortKey, record.hash)
    open.entries.push(entry)
    open.hashes.push(hash)
    bytes += size
    if (open.entries.length === MAX_PAGE_ENTRIES || hash[31]! % CUT === 0) close()
  }
  if (open.entries.length > 0 || cuts.length === 0) cuts.push(open)
  return cuts
}

/**
 * Builds an index. Deterministic: equal entries make equal pages and roots.
 * @param sorted entries in strictly ascending order of sort keys (throws otherwise); fields sorted by name.
 * @param digest a memoised `digestRecord`, when several indices share their records.
 */
export function buildIndex(
  crypto: CryptoPort,
  sorted: readonly Entry[],
  digest: (fields: Fields) => RecordDigest = (fields) => digestRecord(crypto, fields),
): BuiltIndex {
  for (let i = 1; i < sorted.length; i++) {
    if (compareBytes(sorted[i - 1]!.sortKey, sorted[i]!.sortKey) >= 0) throw new Error('Index entries must be sorted and distinct.')
  }
  const cuts = cutPages(crypto, sorted, digest)
  const fence = (i: number): Uint8Array => (i === 0 ? new Uint8Array(0) : cuts[i]!.entries[0]!.sortKey)
  const pages = cuts.map(({ entries }, i): Page => ({ from: fence(i), to: i + 1 < cuts.length ? fence(i + 1) : null, entries }))
  const hashes = pages.map((page, i) => pageHash(crypto, page.from, page.to, cuts[i]!.hashes))
  const tree = merkleTree(crypto, leafHashes(crypto, hashes))
  const listed = pages.map((page, i) => ({ from: toBase64(page.from), hash: toHex(hashes[i]!), count: page.entries.length }))
  return {
    root: toHex(indexRoot(crypto, pages.length, sorted.length, tree.root)),
    count: sorted.length,
    pages,
    tree,
    directory: { pages: listed, count: sorted.length },
  }
}

/** The Merkle tree over the pages of a directory that was not built here, if it belongs to `root`. Error: `index.directory`. */
export function checkDirectory(crypto: CryptoPort, directory: Directory, root: string): Result<MerkleTree> {
  const wrong = fail('index.directory', 'The index directory does not belong to the index root. Fetch it from another peer.')
  if (!directory.pages.every((page) => /^[0-9a-f]{64}$/.test(page.hash))) return wrong
  const tree = merkleTree(
    crypto,
    leafHashes(
      crypto,
      directory.pages.map((page) => fromHex(page.hash)),
    ),
  )
  return toHex(indexRoot(crypto, directory.pages.length, directory.count, tree.root)) === root ? ok(tree) : wrong
}

/** Positions [first, last] of the pages that meet a range, found by the directory's fences. */
export function pagesOf(directory: Directory, range: SortRange): { first: number; last: number } {
  const fences = directory.pages.map((page) => {
    const fence = parseBase64(page.from)
    return fence.ok ? fence.value : new Uint8Array(0)
  })
  return locatePages(fences, range)
}

/** Like `pagesOf`, from the lower fences themselves; the first of them is the empty key. */
export function locatePages(fences: readonly Uint8Array[], range: SortRange): { first: number; last: number } {
  const first = Math.max(0, countWhere(fences, (fence) => compareBytes(fence, range.from) <= 0) - 1)
  const { to } = range
  const reached = to === null ? fences.length : countWhere(fences, (fence) => compareBytes(fence, to) < 0)
  return { first, last: Math.max(first, reached - 1) }
}

/** How many leading items hold a condition that holds for a prefix of them only. */
function countWhere<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let [low, high] = [0, items.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(items[middle]!)) low = middle + 1
    else high = middle
  }
  return low
}

/** JSON form of a page: { from, to, entries: [[sortKey, [[name, value], …]], …] }, sort keys and fences in base64. */
export interface PageJson {
  from: string
  to: string | null
  entries: Array<[sortKey: string, fields: Array<[name: string, value: Json]>]>
}

export const pageToJson = (page: Page): PageJson => ({
  from: toBase64(page.from),
  to: page.to === null ? null : toBase64(page.to),
  entries: page.entries.map((entry) => [toBase64(entry.sortKey), entry.fields.map(([name, value]) => [name, value])]),
})

/** The page as canonical JSON, the file content that is published. */
export const encodePage = (page: Page): Uint8Array => canonicalBytes(pageToJson(page))

/**
 * Reads a published page and checks that it is the one a directory names by hash.
 * Errors: those of `parseCanonical`, `index.page` (shape), `index.page-hash`.
 */
export function parsePage(crypto: CryptoPort, bytes: Uint8Array, hash: string): Result<Page> {
  const json = parseCanonical(bytes, PAGE_LIMITS)
  if (!json.ok) return json
  const page = pageFromJson(json.value)
  if (!page.ok) return page
  return toHex(hashPage(crypto, page.value)) === hash
    ? page
    : fail('index.page-hash', 'The page is not the one that the directory names. Fetch it from another peer.')
}

export const hashPage = (crypto: CryptoPort, page: Page): Uint8Array =>
  pageHash(
    crypto,
    page.from,
    page.to,
    page.entries.map((entry) => entryHash(crypto, entry.sortKey, recordHash(crypto, entry.fields))),
  )

const shapeError = fail(
  'index.page',
  'An index page has the fields from, to and entries as PROTOCOL.md lists them. Fetch it from another peer.',
)

function bytesOf(value: unknown): Uint8Array | null {
  const bytes = typeof value === 'string' ? parseBase64(value) : null
  return bytes?.ok ? bytes.value : null
}

const isField = (field: unknown): field is [string, Json] => Array.isArray(field) && field.length === 2 && typeof field[0] === 'string'

function entryFromJson(value: unknown): Entry | null {
  if (!Array.isArray(value) || value.length !== 2 || !Array.isArray(value[1])) return null
  const sortKey = bytesOf(value[0])
  return sortKey !== null && value[1].every(isField) ? { sortKey, fields: value[1] } : null
}

/** Reads the JSON form of a page from untrusted JSON; hashes and order are checked by whoever uses it. Error: `index.page`. */
export function pageFromJson(json: unknown): Result<Page> {
  if (typeof json !== 'object' || json === null) return shapeError
  const { from, to, entries } = json as Partial<PageJson>
  const [low, high] = [bytesOf(from), to === null ? null : bytesOf(to)]
  if (low === null || (to !== null && high === null) || !Array.isArray(entries)) return shapeError
  const read = entries.map(entryFromJson)
  return read.every((entry) => entry !== null) ? ok({ from: low, to: high, entries: read }) : shapeError
}
