/**
 * The index that a node keeps for itself: all rows of the newest tick in a cache that may be deleted at any time. It
 * is filled in the background from the pages of the tick's torrent, each held against the signed root; what has not changed is taken from
 * the cache before. Readers hold every page that comes out of it against the root again (`snapshot-local.ts`), so a cache that is behind,
 * damaged, of a branch that is gone or of another app costs time and nothing else.
 */
import type { Program } from '../../../roles/program/index.ts'
import type { Tick } from '../../../roles/protocol/documents/index.ts'
import type { LocalEntries } from '../../../roles/protocol/index/index.ts'
import { rebuild, type LocalSubject } from './fill.ts'
import type { Layout } from './layout.ts'
import { doubt, drop, layoutFor, openFor, whole, type Keeping, type LocalIndexOptions } from './state.ts'
import { counted } from '../../../roles/protocol/words.ts'

export interface LocalIndex {
  /** What is kept, for a reader of a tick under this program. */
  for(program: Program): LocalEntries
  /**
   * Brings the cache to this tick, in the background and one tick after the other; what fails for now is tried again. Calling again is
   * harmless.
   * @returns resolves when nothing is under way; never rejects
   */
  catchUp(subject: LocalSubject): Promise<void>
  close(): void
}
/** What could not be had may be had after so long. */
const RETRY_MS = 5_000
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
  tick.indices.reduce(
    (sum, { name, directory, chunks }) =>
      sum + directory.size + (layout.sources.has(name) ? chunks.reduce((all, { size }) => all + size, 0) : 0),
    0,
  )
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
  keeping.log.log(
    'debug',
    `The local index holds ${counted(made.value.rows, 'row')} of tick ${tick.number}, after ${Math.round(keeping.clock.now() - begun)} ms.`,
  )
  return true
}
/** Of the cache of one engagement: names of caches are letters. @param id of the engagement, hex */
export const cacheName = (role: 'client' | 'supervisor', id: string): string =>
  `${role}${[...id.slice(0, 16)].map((digit) => String.fromCharCode(97 + parseInt(digit, 16))).join('')}`

export function createLocalIndex(options: LocalIndexOptions): LocalIndex {
  const keeping: Keeping = { ...options, opened: null, doubted: null, settled: null, replacing: false, closed: false }
  let newest: LocalSubject | null = null
  let next: LocalSubject | null = null
  let running: Promise<void> | null = null

  const again = (subject: LocalSubject): void =>
    void keeping.clock.after(RETRY_MS, () => {
      if (newest === subject && !keeping.closed) void catchUp(subject)
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

  function catchUp(subject: LocalSubject): Promise<void> {
    newest = next = subject
    running ??= run()
    return running
  }

  return {
    for: (program) => localFor(keeping, program),
    catchUp,
    close() {
      keeping.closed = true
      drop(keeping)
    },
  }
}
