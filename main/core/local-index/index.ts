/**
 * The index that a node keeps for itself (DESIGN section 5): all rows of the newest tick in a cache that may be deleted at any time. It is filled
 * in the background from the pages of the tick's torrent, each held against the signed root; what has not changed is taken from the
 * cache before. Readers hold every page that comes out of it against the root again (`snapshot-local.ts`), so a cache that is behind, damaged,
 * of a branch that is gone or of another app costs time and nothing else.
 */
import type { Program } from '../../../roles/program/index.ts'
import type { Tick } from '../../../roles/protocol/documents/index.ts'
import type { Page } from '../../../roles/protocol/index-pages.ts'
import { failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import { fetchEntry, openChunk, openDirectory, type FetchFile, type OpenDirectory, type TickIndex } from '../../../roles/protocol/snapshot-files.ts'
import { localPage, type LocalEntries } from '../../../roles/protocol/snapshot-local.ts'
import type { CryptoPort } from '../../../roles/protocol/crypto.ts'
import type { ClockPort, IndexPort, IndexRebuild, IndexStore, LogPort } from '../ports.ts'
import { aboutRows, entriesOf, layoutOf, rootOf, rowsOf, type Layout } from './layout.ts'

export interface LocalSubject {
  /** The outline in force in that tick. */
  program: Program
  tick: Tick
  fetchFile: FetchFile
}

export interface LocalIndex {
  /** What is kept, for a reader of a tick under this program. */
  for(program: Program): LocalEntries
  /**
   * Brings the cache to this tick, in the background and one tick after the other; what fails for now is tried again. Calling again is harmless.
   * @returns resolves when nothing is under way; never rejects
   */
  follow(subject: LocalSubject): Promise<void>
  close(): void
}

export interface LocalIndexOptions {
  index: IndexPort
  /** Of the cache, in lower-case letters. */
  name: string
  /** Apps with larger index files are read page by page only; 0 keeps nothing. */
  maxBytes: number
  crypto: CryptoPort
  clock: ClockPort
  log: LogPort
}

interface Opened { layout: Layout; store: IndexStore; root: string; entries: LocalEntries['entries'] }

interface Keeping extends LocalIndexOptions {
  opened: Opened | null
  /** Root whose cache is damaged and has to be made anew; `settled` when it was: what differs still is the Supervisor's doing, or the disk's. */
  doubted: string | null
  settled: string | null
  /** While a new cache takes the place of the old one, neither is open. */
  replacing: boolean
  closed: boolean
}

/** What could not be had may be had after so long. */
const RETRY_MS = 5_000

const layouts = new WeakMap<Program, Layout>()

function layoutFor(program: Program): Layout {
  const known = layouts.get(program) ?? layoutOf(program)
  layouts.set(program, known)
  return known
}

function drop(keeping: Keeping): void {
  keeping.opened?.store.close()
  keeping.opened = null
}

/** The cache as it is, if it is one of this layout. SQLite throws on a page that is damaged; such a cache is none. */
function openFor(keeping: Keeping, layout: Layout): Opened | null {
  if (keeping.opened?.layout.text === layout.text) return keeping.opened
  drop(keeping)
  const store = keeping.closed || keeping.replacing ? null : keeping.index.open(keeping.name, layout.collections)
  if (!store?.ok) return null
  const root = whole(keeping, () => rootOf(layout, store.value), null)
  if (root === null) store.value.close()
  else keeping.opened = { layout, store: store.value, root, entries: entriesOf(layout, store.value) }
  return keeping.opened
}

function whole<T>(keeping: Keeping, read: () => T, otherwise: T): T {
  try {
    return read()
  } catch (error) {
    doubt(keeping, keeping.opened?.root ?? '', (error as Error).message)
    drop(keeping)
    return otherwise
  }
}

function doubt(keeping: Keeping, root: string, why: string): void {
  if (keeping.closed || keeping.doubted === root || keeping.settled === root) return
  keeping.doubted = root
  keeping.log.log('warn', `The local index is damaged and will be made anew: ${why}`)
}

function localFor(keeping: Keeping, program: Program): LocalEntries {
  const layout = layoutFor(program)
  return {
    entries: (index, from, to) => whole(keeping, () => openFor(keeping, layout)?.entries(index, from, to) ?? null, null),
    differs(root) {
      if (keeping.opened?.root === root) doubt(keeping, root, 'a page is not what its tick says.')
    },
  }
}

/** Sizes are in the signed tick, so nothing is fetched of what is too much. */
const bytesOf = (layout: Layout, tick: Tick): number =>
  tick.indices.reduce((sum, { name, directory, chunks }) => sum + directory.size + (layout.sources.has(name) ? chunks.reduce((all, { size }) => all + size, 0) : 0), 0)

/** Gives the node a turn between two pieces of work. */
const pause = ({ clock }: Keeping): Promise<void> => new Promise((resolve) => { clock.after(0, resolve) })

async function rebuild(keeping: Keeping, layout: Layout, subject: LocalSubject): Promise<Result<{ rows: number }>> {
  const { tick } = subject
  const making = keeping.index.rebuild(keeping.name, layout.collections)
  for (const listed of tick.indices.filter(({ name }) => layout.sources.has(name))) {
    const added = await addIndex(keeping, layout, subject, listed, making)
    if (added.ok) continue
    making.abandon()
    return added
  }
  await making.add(aboutRows(layout, tick.root))
  drop(keeping)
  keeping.replacing = true
  try {
    return await making.finish()
  } finally {
    keeping.replacing = false
  }
}

async function addIndex(keeping: Keeping, layout: Layout, subject: LocalSubject, listed: TickIndex, making: IndexRebuild): Promise<Result<null>> {
  const { crypto } = keeping
  const bytes = await fetchEntry(crypto, subject.fetchFile, listed.directory)
  const opened = bytes.ok ? openDirectory(crypto, bytes.value, listed) : bytes
  if (!opened.ok) return opened
  for (const chunk of listed.chunks.keys()) {
    const pages = keptPages(keeping, layout, subject, listed.name, opened.value, chunk) ?? (await fetchedPages(crypto, subject.fetchFile, listed, opened.value, chunk))
    if (!pages.ok) return pages
    await making.add(rowsOf(layout, listed.name, pages.value.flatMap(({ entries }) => entries)))
    await pause(keeping)
    if (keeping.closed) return failForNow('index.rebuild', 'The node stops.')
  }
  return ok(null)
}

async function fetchedPages(crypto: CryptoPort, fetchFile: FetchFile, listed: TickIndex, opened: OpenDirectory, chunk: number): Promise<Result<Page[]>> {
  const bytes = await fetchEntry(crypto, fetchFile, listed.chunks[chunk]!)
  return bytes.ok ? openChunk(crypto, bytes.value, opened, chunk) : bytes
}

/** The pages of a chunk from the cache before, or null when one of them is new: chunks move when a page is added, pages do not. */
function keptPages(keeping: Keeping, layout: Layout, { tick }: LocalSubject, index: string, opened: OpenDirectory, chunk: number): Result<Page[]> | null {
  const { starts, directory } = opened
  const local: LocalEntries = { entries: (...range) => whole(keeping, () => openFor(keeping, layout)?.entries(...range) ?? null, null) }
  const pages: Page[] = []
  for (let at = starts[chunk]!; at < (starts[chunk + 1] ?? directory.pages.length); at++) {
    const page = localPage({ crypto: keeping.crypto, tick, local }, index, opened, at)
    if (page === null) return null
    pages.push(page)
  }
  return ok(pages)
}

/** @returns whether nothing is left to do for this tick */
async function bringTo(keeping: Keeping, subject: LocalSubject): Promise<boolean> {
  const { tick, program } = subject
  const layout = layoutFor(program)
  const isHere = openFor(keeping, layout)?.root === tick.root && keeping.doubted !== tick.root
  if (isHere || bytesOf(layout, tick) > keeping.maxBytes) return true
  const begun = keeping.clock.now()
  const made = await rebuild(keeping, layout, subject)
  if (!made.ok) {
    keeping.log.log('debug', `The local index is not at tick ${tick.number} yet: ${made.error.message}`)
    return false
  }
  if (keeping.doubted === tick.root) keeping.settled = tick.root
  keeping.doubted = null
  keeping.log.log('debug', `The local index holds the ${made.value.rows} rows of tick ${tick.number}, after ${Math.round(keeping.clock.now() - begun)} ms.`)
  return true
}

export function createLocalIndex(options: LocalIndexOptions): LocalIndex {
  const keeping: Keeping = { ...options, opened: null, doubted: null, settled: null, replacing: false, closed: false }
  let newest: LocalSubject | null = null
  let next: LocalSubject | null = null
  let running: Promise<void> | null = null

  const again = (subject: LocalSubject): void => void keeping.clock.after(RETRY_MS, () => {
    if (newest === subject && !keeping.closed) void follow(subject)
  })

  async function run(): Promise<void> {
    try {
      for (let subject = next; subject !== null && !keeping.closed; subject = next) {
        next = null
        if (!(await bringTo(keeping, subject)) && next === null) again(subject)
      }
    } catch (error) {
      if (!keeping.closed) keeping.log.log('error', `The local index was not brought up to date: ${(error as Error).message}`)
    } finally {
      running = null
    }
  }

  function follow(subject: LocalSubject): Promise<void> {
    newest = next = subject
    running ??= run()
    return running
  }

  return {
    for: (program) => localFor(keeping, program),
    follow,
    close() {
      keeping.closed = true
      drop(keeping)
    },
  }
}
