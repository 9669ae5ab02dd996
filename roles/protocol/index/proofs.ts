/**
 * Proofs about an index that is known by its root alone: the rows of a range, all of them and nothing else (so a client cannot hide
 * one), or the first rows from one end. A reduced proof shows chosen fields only and hashes for the rest: what a work server gets.
 *
 * Complete means: the pages are neighbours in the tree, their fences leave no gap, and together they cover the range, or cover it
 * from the asked end until `limit` rows were found. Everything in a proof is JSON, so that it can travel inside a request.
 */
import { compareBytes, fromHex, isHex, parseBase64, parseHex, toBase64, toHex } from '../bytes.ts'
import type { Json } from '../canonical.ts'
import { attempt, type CryptoPort, leafHash, rangeProof, rootOfRange, type MerkleTree } from '../crypto/index.ts'
import {
  entryHash,
  fieldHash,
  indexRoot,
  locatePages,
  MAX_PAGE_ENTRIES,
  pageHash,
  recordHash,
  recordHashOf,
  type BuiltIndex,
  type Entry,
  type Fields,
  type Page,
} from './pages.ts'
import { fail, ok, type Result } from '../result.ts'
import type { SortRange } from './sort-key.ts'

export interface RangeOptions {
  /** Only the first `limit` rows are asked for. */
  limit?: number
  /** Start from the upper end of the range. */
  descending?: boolean
}

/** A field shown ([name, value]) or hidden (its hash, hex). */
export type ReducedField = string | [name: string, value: Json]

/** A row with its fields in order of names, or an entry outside of the answer with its record hash (hex). */
export type ReducedEntry = [sortKey: string, content: string | ReducedField[]]

export interface ReducedPage {
  from: string
  to: string | null
  entries: ReducedEntry[]
}

/** Neighbouring pages with the place of the first one in the tree. Sort keys and fences are base64, hashes hex. */
export interface ReducedProof {
  first: number
  pageCount: number
  entryCount: number
  pages: ReducedPage[]
  merkle: string[]
}

/** A proof with every field of its entries: what a client that holds pages makes first. */
export interface RangeProof {
  first: number
  pageCount: number
  entryCount: number
  pages: Page[]
  merkle: string[]
}

const MAX_PROOF_PAGES = 1024

const inRange = (key: Uint8Array, range: SortRange): boolean =>
  compareBytes(key, range.from) >= 0 && (range.to === null || compareBytes(key, range.to) < 0)

/** The rows of the answer among sorted entries: those in range, from the asked end, up to the limit. */
function answer<T extends { sortKey: Uint8Array }>(entries: readonly T[], range: SortRange, { limit, descending }: RangeOptions): T[] {
  const rows = entries.filter((entry) => inRange(entry.sortKey, range))
  if (descending === true) rows.reverse()
  return limit === undefined ? rows : rows.slice(0, limit)
}

/** Makes a proof from neighbouring pages that a client fetched, the first of them at position `first`. */
export function proofOfPages(tree: MerkleTree, entryCount: number, first: number, pages: Page[]): RangeProof {
  const merkle = rangeProof(tree, first, first + pages.length).map(toHex)
  return { first, pageCount: tree.count, entryCount, pages, merkle }
}

/** Proves the rows of a range (or the first of them) with as few pages as that takes. */
export function provePageRange(index: BuiltIndex, range: SortRange, options: RangeOptions = {}): RangeProof {
  const { first, last } = locatePages(
    index.pages.map((page) => page.from),
    range,
  )
  const { limit = Infinity, descending = false } = options
  const count = (page: Page): number => page.entries.filter((entry) => inRange(entry.sortKey, range)).length
  let [low, high, rows] = [first, last, 0]
  if (descending) {
    for (low = last; (rows += count(index.pages[low]!)) < limit && low > first;) low--
  } else {
    for (high = first; (rows += count(index.pages[high]!)) < limit && high < last;) high++
  }
  return proofOfPages(index.tree, index.count, low, index.pages.slice(low, high + 1))
}

/**
 * Keeps of a proof what a reader of some fields needs: rows of the answer show `fields` and hash the rest, all other entries
 * shrink to sort key and record hash.
 */
export function reduceProof(
  crypto: CryptoPort,
  proof: RangeProof,
  range: SortRange,
  fields: readonly string[],
  options: RangeOptions = {},
): ReducedProof {
  const shown = new Set(fields)
  const rows = new Set(
    answer(
      proof.pages.flatMap((page) => page.entries),
      range,
      options,
    ),
  )
  const reduce = (entry: Entry): ReducedEntry => [
    toBase64(entry.sortKey),
    rows.has(entry) ? reduceFields(crypto, entry.fields, shown) : toHex(recordHash(crypto, entry.fields)),
  ]
  const pages = proof.pages.map((page) => ({
    from: toBase64(page.from),
    to: page.to === null ? null : toBase64(page.to),
    entries: page.entries.map(reduce),
  }))
  return { ...proof, pages }
}

const reduceFields = (crypto: CryptoPort, fields: Fields, shown: ReadonlySet<string>): ReducedField[] =>
  fields.map(([name, value]) => (shown.has(name) ? [name, value] : toHex(fieldHash(crypto, name, value))))

/** An entry of a proof with what its hash was computed from. */
interface Seen {
  sortKey: Uint8Array
  hash: Uint8Array
  shown: Fields
  /** Whether only the hash of its record is there. */
  isHash: boolean
  entry: Entry | null
}
interface SeenPage {
  from: Uint8Array
  to: Uint8Array | null
  entries: Seen[]
}

const seeFull = (crypto: CryptoPort, page: Page): SeenPage => ({
  from: page.from,
  to: page.to,
  entries: page.entries.map((entry) => ({
    sortKey: entry.sortKey,
    hash: entryHash(crypto, entry.sortKey, recordHash(crypto, entry.fields)),
    shown: entry.fields,
    isHash: false,
    entry,
  })),
})

const malformed = fail('index.proof-shape', 'The proof is malformed. Make it again from the pages of the index.')
const wrong = (what: string) => fail('index.proof', `The proof does not hold: ${what}. Make it again from the pages of the tick's index.`)

function base64Bytes(text: unknown): Uint8Array | null {
  const bytes = typeof text === 'string' ? parseBase64(text) : null
  return bytes?.ok ? bytes.value : null
}

function seeFields(crypto: CryptoPort, fields: readonly unknown[]): { record: Uint8Array; shown: Array<[string, Json]> } | null {
  const shown: Array<[string, Json]> = []
  const hashes: Uint8Array[] = []
  for (const field of fields) {
    if (isHex(field, 32)) hashes.push(fromHex(field))
    else if (Array.isArray(field) && field.length === 2 && typeof field[0] === 'string' && field[1] !== undefined) {
      const [name, value] = field as [string, Json]
      const hash = attempt(() => fieldHash(crypto, name, value), null)
      if (hash === null) return null
      shown.push([name, value])
      hashes.push(hash)
    } else return null
  }
  return { record: recordHashOf(crypto, hashes), shown }
}

function seeEntry(crypto: CryptoPort, entry: unknown): Seen | null {
  if (!Array.isArray(entry) || entry.length !== 2) return null
  const sortKey = base64Bytes(entry[0])
  if (sortKey === null) return null
  const content: unknown = entry[1]
  const isHash = isHex(content, 32)
  const record = isHash ? { record: fromHex(content), shown: [] } : Array.isArray(content) ? seeFields(crypto, content) : null
  return record === null ? null : { sortKey, hash: entryHash(crypto, sortKey, record.record), shown: record.shown, isHash, entry: null }
}

/** Whether something is an object with these fields and no other: a proof says nothing beside what it proves. */
const hasOnly = (value: unknown, names: readonly string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).length === names.length &&
  names.every((name) => Object.hasOwn(value, name))

function seeReduced(crypto: CryptoPort, page: Partial<ReducedPage> | null): SeenPage | null {
  if (!hasOnly(page, ['from', 'to', 'entries'])) return null
  const from = base64Bytes(page?.from)
  const to = page?.to === null ? null : base64Bytes(page?.to)
  if (from === null || (page?.to !== null && to === null) || !Array.isArray(page?.entries)) return null
  if (page.entries.length > MAX_PAGE_ENTRIES) return null
  const entries = page.entries.map((entry) => seeEntry(crypto, entry))
  return entries.every((entry) => entry !== null) ? { from, to, entries } : null
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32

/** Whether the pages are what the root commits to, at neighbouring places of the tree. */
function checkRoot(crypto: CryptoPort, root: string, proof: Omit<ReducedProof, 'pages'>, pages: readonly SeenPage[]): Result<null> {
  const merkle = proof.merkle.map((hash) => parseHex(hash, 32))
  if (!merkle.every((hash) => hash.ok) || ![proof.first, proof.pageCount, proof.entryCount].every(isCount)) return malformed
  const hashes = pages.map((page) =>
    leafHash(
      crypto,
      pageHash(
        crypto,
        page.from,
        page.to,
        page.entries.map((entry) => entry.hash),
      ),
    ),
  )
  const top = rootOfRange(
    crypto,
    hashes,
    proof.first,
    proof.pageCount,
    merkle.map((hash) => hash.value),
  )
  return top !== null && toHex(indexRoot(crypto, proof.pageCount, proof.entryCount, top)) === root
    ? ok(null)
    : wrong('the pages are not those of the index root')
}

/** Whether fences meet without a gap and every page's entries lie in order between its fences. */
function isTiled(pages: readonly SeenPage[]): boolean {
  return pages.every((page, i) => {
    const next = pages[i + 1]
    if (next !== undefined && (page.to === null || compareBytes(page.to, next.from) !== 0)) return false
    return page.entries.every((entry, j) => {
      const before = page.entries[j - 1]
      return inRange(entry.sortKey, page) && (before === undefined || compareBytes(before.sortKey, entry.sortKey) < 0)
    })
  })
}

/** Whether the pages cover the range, or the answer's end of it up to a full answer. */
function isCovered(
  pages: readonly SeenPage[],
  range: SortRange,
  { limit = Infinity, descending = false }: RangeOptions,
  rows: number,
): boolean {
  const to = pages.at(-1)!.to
  const below = compareBytes(pages[0]!.from, range.from) <= 0
  const above = to === null || (range.to !== null && compareBytes(to, range.to) >= 0)
  return descending ? above && (below || rows >= limit) : below && (above || rows >= limit)
}

function verifyPages(
  crypto: CryptoPort,
  root: string,
  range: SortRange,
  proof: Omit<ReducedProof, 'pages'>,
  pages: readonly SeenPage[],
  options: RangeOptions,
): Result<Seen[]> {
  if (pages.length === 0) return malformed
  const rooted = checkRoot(crypto, root, proof, pages)
  if (!rooted.ok) return rooted
  if (!isTiled(pages)) return wrong('the pages have gaps or disorder')
  const rows = answer(
    pages.flatMap((page) => page.entries),
    range,
    options,
  )
  return isCovered(pages, range, options, rows.length) ? ok(rows) : wrong('the pages do not cover the range of the query')
}

/**
 * Checks a full proof against an index root (hex): the rows of the range, complete, in the asked order.
 * Errors: `index.proof-shape`, `index.proof`.
 */
export function verifyRange(
  crypto: CryptoPort,
  root: string,
  range: SortRange,
  proof: RangeProof,
  options: RangeOptions = {},
): Result<Entry[]> {
  const rows = verifyPages(
    crypto,
    root,
    range,
    proof,
    proof.pages.map((page) => seeFull(crypto, page)),
    options,
  )
  return rows.ok ? ok(rows.value.map((row) => row.entry!)) : rows
}

/**
 * Checks a reduced proof, which may be any JSON of a stranger: the rows of the range, complete, in the asked order, each with
 * exactly the fields `fields`.
 * Errors: `index.proof-shape`, `index.proof`, `index.field` (a field of a row is not shown).
 */
export function verifyReduced(
  crypto: CryptoPort,
  root: string,
  range: SortRange,
  proof: ReducedProof,
  fields: readonly string[],
  options: RangeOptions = {},
): Result<Array<Record<string, Json>>> {
  if (!hasOnly(proof, ['first', 'pageCount', 'entryCount', 'pages', 'merkle'])) return malformed
  if (!Array.isArray(proof.pages) || !Array.isArray(proof.merkle)) return malformed
  // Every page but the one at the asked end has a row of the answer: more of them are nothing but work.
  if (proof.pages.length > Math.min(MAX_PROOF_PAGES, (options.limit ?? Infinity) + 1) || proof.merkle.length > 64) return malformed
  const pages = proof.pages.map((page) => seeReduced(crypto, page))
  if (!pages.every((page) => page !== null)) return malformed
  const rows = verifyPages(crypto, root, range, proof, pages, options)
  if (!rows.ok) return rows
  const isHidden = ({ isHash, shown }: Seen): boolean => isHash || fields.some((field) => !shown.some(([name]) => name === field))
  if (rows.value.some(isHidden))
    return fail('index.field', 'The proof does not show every field of every row. Reduce it for the fields that the block reads.')
  const answered = new Set(rows.value)
  const isMore = (entry: Seen): boolean => (answered.has(entry) ? entry.shown.some(([name]) => !fields.includes(name)) : !entry.isHash)
  return pages.every((page) => !page.entries.some(isMore))
    ? ok(rows.value.map(({ shown }) => Object.fromEntries(shown)))
    : fail('index.field', 'The proof shows more than the answer. Reduce it for the rows of the answer and the fields that the block reads.')
}
