/** Writes a cache of one tick's rows: pages that are here already, and chunks of the torrent for the others. */
import type { Program } from '../../../roles/program/index.ts'
import type { CryptoPort } from '../../../roles/protocol/crypto/index.ts'
import type { Tick } from '../../../roles/protocol/documents/index.ts'
import {
  type Page,
  fetchEntry,
  openChunk,
  openDirectory,
  type FetchFile,
  type OpenDirectory,
  type TickIndex,
  localPage,
  type LocalEntries,
} from '../../../roles/protocol/index/index.ts'
import { failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import type { IndexRebuild } from '../ports.ts'
import { aboutRows, rowsOf, type Layout } from './layout.ts'
import { drop, openFor, whole, type Keeping } from './state.ts'

export interface LocalSubject {
  /** The outline in force in that tick. */
  program: Program
  tick: Tick
  fetchFile: FetchFile
}
/** Gives the node a turn between two pieces of work. */
const pause = ({ clock }: Keeping): Promise<void> =>
  new Promise((resolve) => {
    clock.after(0, resolve)
  })

/** Errors: those of fetching, of the pages, `index.rebuild`; then the old cache is still there. */
export async function rebuild(keeping: Keeping, layout: Layout, subject: LocalSubject): Promise<Result<{ rows: number }>> {
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

async function addIndex(
  keeping: Keeping,
  layout: Layout,
  subject: LocalSubject,
  listed: TickIndex,
  making: IndexRebuild,
): Promise<Result<null>> {
  const { crypto } = keeping
  const bytes = await fetchEntry(crypto, subject.fetchFile, listed.directory)
  const opened = bytes.ok ? openDirectory(crypto, bytes.value, listed) : bytes
  if (!opened.ok) return opened
  for (const chunk of listed.chunks.keys()) {
    const pages =
      keptPages(keeping, layout, subject, listed.name, opened.value, chunk) ??
      (await fetchedPages(crypto, subject.fetchFile, listed, opened.value, chunk))
    if (!pages.ok) return pages
    await making.add(
      rowsOf(
        layout,
        listed.name,
        pages.value.flatMap(({ entries }) => entries),
      ),
    )
    await pause(keeping)
    if (keeping.closed) return failForNow('index.rebuild', 'The node stops.')
  }
  return ok(null)
}

async function fetchedPages(
  crypto: CryptoPort,
  fetchFile: FetchFile,
  listed: TickIndex,
  opened: OpenDirectory,
  chunk: number,
): Promise<Result<Page[]>> {
  const bytes = await fetchEntry(crypto, fetchFile, listed.chunks[chunk]!)
  return bytes.ok ? openChunk(crypto, bytes.value, opened, chunk) : bytes
}

/** The pages of a chunk from the cache before, or null when one of them is new: chunks move when a page is added, pages do not. */
function keptPages(
  keeping: Keeping,
  layout: Layout,
  { tick }: LocalSubject,
  index: string,
  opened: OpenDirectory,
  chunk: number,
): Result<Page[]> | null {
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
