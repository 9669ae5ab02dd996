/**
 * The files of a snapshot in a tick's torrent, and the reader that answers queries from them. Each index is a directory (fences and
 * hashes of all pages) and chunks (some dozens of neighbouring pages in a file), so a reader fetches a few files for a query and proves
 * the answer against the root that the Supervisor signed.
 */
import type { Between, Program } from '../../program/index.ts'
import { compareBytes, parseBase64, toHex, utf8 } from '../bytes.ts'
import { canonicalBytes, canonicalText, parseCanonical, type Json } from '../canonical.ts'
import type { CryptoPort, MerkleTree } from '../crypto/index.ts'
import type { FileEntry, Tick } from '../documents/index.ts'
import {
  checkDirectory,
  hashPage,
  locatePages,
  pageFromJson,
  pageToJson,
  type BuiltIndex,
  type Directory,
  type Entry,
  type Page,
} from './pages.ts'
import { proofOfPages, verifyRange, type RangeOptions, type RangeProof } from './proofs.ts'
import { fail, ok, type Result } from '../result.ts'
import { databaseRoot, proveIndex, rangeOf, type IndexProof, type Snapshot } from './snapshot.ts'
import { localPage, type LocalEntries } from './snapshot-local.ts'
import type { SortRange } from './sort-key.ts'

export interface SnapshotFile {
  name: string
  bytes: Uint8Array
}
export type TickIndex = Tick['indices'][number]

/** Pages in a chunk. Smaller ones fetch less, larger ones make fewer files. */
export const CHUNK_PAGES = 32
export const CHUNK_BYTES = 1 << 20
export const CHUNK_LIMIT = 8 << 20
export const DIRECTORY_LIMIT = 64 << 20

/** The directory file: canonical JSON of this. Chunk `i` holds `chunks[i]` pages. */
interface DirectoryFile extends Directory {
  chunks: number[]
}

const MAX_STEM = 96

/**
 * File names hold 128 characters; a longer index name is cut and told apart by a hash. The `$` of the system's collections is no letter
 * that every file system takes; no declared name holds a dash.
 */
function stemOf(crypto: CryptoPort, index: string): string {
  const name = index.replace(/^\$/, 'golem-')
  return name.length <= MAX_STEM ? name : `${name.slice(0, MAX_STEM - 17)}-${toHex(crypto.sha256(utf8(index))).slice(0, 16)}`
}

export const fileEntry = (crypto: CryptoPort, file: SnapshotFile): FileEntry => ({
  name: file.name,
  size: file.bytes.length,
  sha256: toHex(crypto.sha256(file.bytes)),
})

export interface IndexFiles {
  entry: TickIndex
  files: SnapshotFile[]
}

const written = new WeakMap<BuiltIndex, IndexFiles>()

interface PageGroup {
  encoded: string[]
  size: number
}

/** Neighbouring pages in canonical form, up to `CHUNK_PAGES` of them or about `CHUNK_BYTES` to a group. */
function groupPages(pages: readonly Page[]): PageGroup[] {
  const groups: PageGroup[] = []
  for (const page of pages) {
    const text = canonicalText(pageToJson(page))
    const open = groups.at(-1)
    if (open === undefined || open.encoded.length === CHUNK_PAGES || open.size + text.length > CHUNK_BYTES)
      groups.push({ encoded: [text], size: text.length })
    else {
      open.encoded.push(text)
      open.size += text.length
    }
  }
  return groups
}

/** The files of one index. An index taken over from the last snapshot is not encoded again. */
export function indexFiles(crypto: CryptoPort, name: string, index: BuiltIndex): IndexFiles {
  const known = written.get(index)
  if (known !== undefined && known.entry.name === name) return known
  const stem = stemOf(crypto, name)
  const groups = groupPages(index.pages)
  const chunks = groups.map(({ encoded }, i) => ({ name: `${stem}.${i}`, bytes: utf8(`[${encoded.join(',')}]`) }))
  const content: DirectoryFile = { ...index.directory, chunks: groups.map(({ encoded }) => encoded.length) }
  const directory = { name: `${stem}.directory`, bytes: canonicalBytes(content) }
  const entry = {
    name,
    root: index.root,
    count: index.count,
    directory: fileEntry(crypto, directory),
    chunks: chunks.map((chunk) => fileEntry(crypto, chunk)),
  }
  const made = { entry, files: [directory, ...chunks] }
  written.set(index, made)
  return made
}

/** Entries for `Tick.indices`, and the files that they name. */
export function snapshotFiles(crypto: CryptoPort, taken: Snapshot): { indices: TickIndex[]; files: SnapshotFile[] } {
  const made = [...taken.indices].map(([name, index]) => indexFiles(crypto, name, index))
  return { indices: made.map(({ entry }) => entry), files: made.flatMap(({ files }) => files) }
}

// ───────────────────────────── reading ─────────────────────────────

/** A directory that was checked against its index root. */
export interface OpenDirectory {
  directory: Directory
  fences: Uint8Array[]
  tree: MerkleTree
  starts: number[]
}

const malformed = fail('index.directory', "The index directory is malformed. Fetch the tick's files from another peer.")

const isDirectory = (json: Json): json is Json & DirectoryFile => {
  const { pages, count, chunks } = (json ?? {}) as Partial<DirectoryFile>
  return (
    Array.isArray(pages) &&
    typeof count === 'number' &&
    Array.isArray(chunks) &&
    chunks.every((size) => Number.isInteger(size) && size > 0) &&
    chunks.reduce((sum, size) => sum + size, 0) === pages.length &&
    pages.every((page) => typeof page?.hash === 'string' && typeof page.from === 'string')
  )
}

/** Reads a directory file and checks it against the index root. Errors: those of `parseCanonical`, `index.directory`. */
export function openDirectory(crypto: CryptoPort, bytes: Uint8Array, index: TickIndex): Result<OpenDirectory> {
  const json = parseCanonical(bytes, { maxBytes: DIRECTORY_LIMIT, maxDepth: 4 })
  if (!json.ok) return json
  if (!isDirectory(json.value)) return malformed
  const { pages, count, chunks } = json.value as DirectoryFile
  const fences = pages.map((page) => parseBase64(page.from))
  if (!fences.every((fence) => fence.ok) || chunks.length !== index.chunks.length) return malformed
  const tree = checkDirectory(crypto, { pages, count }, index.root)
  if (!tree.ok) return tree
  let next = 0
  const starts = chunks.map((size) => (next += size) - size)
  return ok({ directory: { pages, count }, fences: fences.map((fence) => fence.value), tree: tree.value, starts })
}

/** Which pages meet a range, and in which chunks they are (all inclusive). */
export function pagesFor(
  opened: OpenDirectory,
  range: SortRange,
): { first: number; last: number; chunks: { first: number; last: number } } {
  const { first, last } = locatePages(opened.fences, range)
  return { first, last, chunks: { first: chunkOf(opened, first), last: chunkOf(opened, last) } }
}

const chunkOf = ({ starts }: OpenDirectory, page: number): number => {
  const after = starts.findIndex((start) => start > page)
  return (after < 0 ? starts.length : after) - 1
}

/** Reads a chunk file: pages that are those of the directory. Errors: those of `parseCanonical`, `index.page`, `index.page-hash`. */
export function openChunk(crypto: CryptoPort, bytes: Uint8Array, opened: OpenDirectory, chunk: number): Result<Page[]> {
  const json = parseCanonical(bytes, { maxBytes: CHUNK_LIMIT, maxDepth: 80 })
  if (!json.ok) return json
  const start = opened.starts[chunk]!
  const count = (opened.starts[chunk + 1] ?? opened.directory.pages.length) - start
  if (!Array.isArray(json.value) || json.value.length !== count)
    return fail('index.page', 'The chunk has another number of pages than its directory says. Fetch it from another peer.')
  const pages: Page[] = []
  for (const [i, item] of json.value.entries()) {
    const page = pageFromJson(item)
    if (!page.ok) return page
    if (toHex(hashPage(crypto, page.value)) !== opened.directory.pages[start + i]!.hash)
      return fail('index.page-hash', 'A page is not the one that the directory names. Fetch it from another peer.')
    pages.push(page.value)
  }
  return ok(pages)
}

/** The answer of a query with all that a third party needs to check it against the tick's root. */
export interface ProvedRange {
  collection: string
  index: string
  range: SortRange
  options: RangeOptions
  /** In the asked order. */
  rows: Entry[]
  /** `reduceProof(crypto, proof, range, fields, options)` makes of it what a server gets. */
  proof: RangeProof
  /** That the index belongs to the database root. */
  indexProof: IndexProof
  /** Whether every page came from the reader's own index and none had to be fetched. */
  local: boolean
}

export interface ProvedValue<T> {
  value: T
  proved: ProvedRange
}

/** How much of the rows is read, and between which values (JSON form) of the field after the equal ones. */
export interface ReadOptions extends RangeOptions {
  bounds?: Between<Json>
}

export interface SnapshotReader {
  tick: Tick
  /** All rows whose first index fields equal `equals` (JSON form), or the first `options.limit` of them from one end. */
  range(collection: string, index: string, equals: readonly Json[], options?: ReadOptions): Promise<Result<ProvedRange>>
  /** Like `range`, the rows as records. */
  rows(
    collection: string,
    index: string,
    equals: readonly Json[],
    options?: ReadOptions,
  ): Promise<Result<ProvedValue<Array<Record<string, Json>>>>>
  /** The row of a key, or null with the proof that there is none. Also `get('$keys', key)` and `get('$clients', client)`. */
  get(collection: string, key: string): Promise<Result<ProvedValue<Record<string, Json> | null>>>
  /** The number that a count index has for these values; '0' where it has no entry. */
  count(collection: string, index: string, equals: readonly Json[]): Promise<Result<ProvedValue<string>>>
  /** As `count`, for a sum index. */
  sum(collection: string, index: string, equals: readonly Json[]): Promise<Result<ProvedValue<string>>>
}

export type FetchFile = (name: string) => Promise<Result<Uint8Array>>

export interface SnapshotSource {
  crypto: CryptoPort
  /** The outline in force in that tick: it declares the indices. */
  program: Program
  tick: Tick
  /** Fetches a file of the tick's torrent by name; digests are checked here. */
  fetchFile: FetchFile
  /** What the reader keeps of its own: pages that can be made of it are not fetched. */
  local?: LocalEntries
}

interface Reading extends SnapshotSource {
  opened: Map<string, Promise<Result<OpenDirectory>>>
  chunks: Map<string, Promise<Result<Page[]>>>
}

/** Fetches a file and compares size and digest with its entry. Error: `file.digest`, and those of `fetchFile`. */
export async function fetchEntry(crypto: CryptoPort, fetchFile: FetchFile, entry: FileEntry): Promise<Result<Uint8Array>> {
  const bytes = await fetchFile(entry.name)
  if (!bytes.ok) return bytes
  return bytes.value.length === entry.size && toHex(crypto.sha256(bytes.value)) === entry.sha256
    ? bytes
    : fail('file.digest', `The file ${entry.name} is not the one that the document names. Fetch it from another peer.`)
}

/** A failed fetch is not remembered, so that the next query tries again. */
function remember<T>(map: Map<string, Promise<Result<T>>>, name: string, make: () => Promise<Result<T>>): Promise<Result<T>> {
  const known = map.get(name)
  if (known !== undefined) return known
  const made = make()
  map.set(name, made)
  void made.then((result) => {
    if (!result.ok) map.delete(name)
  })
  return made
}

const directoryOf = (reading: Reading, index: TickIndex): Promise<Result<OpenDirectory>> =>
  remember(reading.opened, index.name, async () => {
    const bytes = await fetchEntry(reading.crypto, reading.fetchFile, index.directory)
    return bytes.ok ? openDirectory(reading.crypto, bytes.value, index) : bytes
  })

const chunkPages = (reading: Reading, index: TickIndex, opened: OpenDirectory, chunk: number): Promise<Result<Page[]>> =>
  remember(reading.chunks, `${index.name}/${chunk}`, async () => {
    const bytes = await fetchEntry(reading.crypto, reading.fetchFile, index.chunks[chunk]!)
    return bytes.ok ? openChunk(reading.crypto, bytes.value, opened, chunk) : bytes
  })

async function pageAt(reading: Reading, index: TickIndex, opened: OpenDirectory, at: number): Promise<Result<Page>> {
  const chunk = chunkOf(opened, at)
  const chunked = await chunkPages(reading, index, opened, chunk)
  return chunked.ok ? ok(chunked.value[at - opened.starts[chunk]!]!) : chunked
}

const meets = (entry: Entry, { from, to }: SortRange): boolean =>
  compareBytes(entry.sortKey, from) >= 0 && (to === null || compareBytes(entry.sortKey, to) < 0)

/** Pages of a range, fetched from the asked end until there are enough rows. */
async function collectPages(
  reading: Reading,
  index: TickIndex,
  opened: OpenDirectory,
  range: SortRange,
  options: RangeOptions,
): Promise<Result<{ first: number; pages: Page[]; local: boolean }>> {
  const { first, last } = pagesFor(opened, range)
  const { limit = Infinity, descending = false } = options
  let rows = 0
  let local = true
  const pages: Page[] = []
  for (let n = first; n <= last && (pages.length === 0 || rows < limit); n++) {
    const at = descending ? last - (n - first) : n
    const own = localPage(reading, index.name, opened, at)
    const fetched = own === null ? await pageAt(reading, index, opened, at) : ok(own)
    if (!fetched.ok) return fetched
    const page = fetched.value
    local &&= own !== null
    rows += page.entries.filter((entry) => meets(entry, range)).length
    if (descending) pages.unshift(page)
    else pages.push(page)
  }
  return ok({ first: descending ? last - pages.length + 1 : first, pages, local })
}

async function readRange(
  reading: Reading,
  collection: string,
  index: string,
  equals: readonly Json[],
  { bounds, ...options }: ReadOptions,
): Promise<Result<ProvedRange>> {
  const { crypto, program, tick } = reading
  const name = `${collection}.${index}`
  const listed = tick.indices.find((entry) => entry.name === name)
  const range = rangeOf(program, collection, index, equals, bounds)
  if (!range.ok) return range
  if (listed === undefined) return fail('index.unknown', `Tick ${tick.number} has no index ${name}.`)
  const opened = await directoryOf(reading, listed)
  if (!opened.ok) return opened
  const pages = await collectPages(reading, listed, opened.value, range.value, options)
  if (!pages.ok) return pages
  const proof = proofOfPages(opened.value.tree, opened.value.directory.count, pages.value.first, pages.value.pages)
  const rows = verifyRange(crypto, listed.root, range.value, proof, options)
  if (!rows.ok) return rows
  const indexProof = proveIndex(crypto, tick.indices, name)
  return indexProof.ok
    ? ok({
        collection,
        index,
        range: range.value,
        options,
        rows: rows.value,
        proof,
        indexProof: indexProof.value,
        local: pages.value.local,
      })
    : indexProof
}

const record = (entry: Entry): Record<string, Json> => Object.fromEntries(entry.fields.map(([name, value]) => [name, value]))

async function readAggregate(
  reading: Reading,
  field: '$count' | '$sum',
  collection: string,
  index: string,
  equals: readonly Json[],
): Promise<Result<ProvedValue<string>>> {
  const proved = await readRange(reading, collection, index, equals, { limit: 1 })
  if (!proved.ok) return proved
  const row = proved.value.rows[0]
  return ok({ value: row === undefined ? '0' : String(record(row)[field]), proved: proved.value })
}

/**
 * Opens the snapshot of a tick whose document was checked (signature, anchor). Files are fetched when a query needs them and kept.
 * Every answer is proved complete against the tick's root before it is returned.
 * Errors: `index.database` (the tick's indices do not make its root); of the readers: `index.unknown`, `index.directory`, `index.page`,
 * `index.page-hash`, `index.proof`, `file.digest`, and those of `fetchFile`.
 */
export function openSnapshot(source: SnapshotSource): Result<SnapshotReader> {
  const { crypto, tick } = source
  if (databaseRoot(crypto, tick.indices) !== tick.root)
    return fail('index.database', `The indices of tick ${tick.number} do not make its root. The Supervisor published a broken tick.`)
  const reading: Reading = { ...source, opened: new Map(), chunks: new Map() }
  const range: SnapshotReader['range'] = (collection, index, equals, options = {}) => readRange(reading, collection, index, equals, options)
  return ok({
    tick,
    range,
    rows: async (collection, index, equals, options = {}) => {
      const proved = await range(collection, index, equals, options)
      return proved.ok ? ok({ value: proved.value.rows.map(record), proved: proved.value }) : proved
    },
    get: async (collection, key) => {
      const proved = await range(collection, 'key', [key])
      return proved.ok
        ? ok({ value: proved.value.rows[0] === undefined ? null : record(proved.value.rows[0]), proved: proved.value })
        : proved
    },
    count: (collection, index, equals) => readAggregate(reading, '$count', collection, index, equals),
    sum: (collection, index, equals) => readAggregate(reading, '$sum', collection, index, equals),
  })
}
