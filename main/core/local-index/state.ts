/** What a node's own index is at the moment: the cache that is open, and what is known against it. */
import type { Program } from '../../../roles/program/index.ts'
import type { CryptoPort } from '../../../roles/protocol/crypto/index.ts'
import type { LocalEntries } from '../../../roles/protocol/index/index.ts'
import type { ClockPort, IndexPort, IndexStore, LogPort } from '../ports.ts'
import { entriesOf, layoutOf, rootOf, type Layout } from './layout.ts'

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

interface Opened {
  layout: Layout
  store: IndexStore
  root: string
  entries: LocalEntries['entries']
}

export interface Keeping extends LocalIndexOptions {
  opened: Opened | null
  /**
   * Root whose cache is damaged and has to be made anew; `settled` when it was: what differs still is the Supervisor's doing, or the
   * disk's.
   */
  doubted: string | null
  settled: string | null
  /** While a new cache takes the place of the old one, neither is open. */
  replacing: boolean
  closed: boolean
}

const layouts = new WeakMap<Program, Layout>()

export function layoutFor(program: Program): Layout {
  const known = layouts.get(program) ?? layoutOf(program)
  layouts.set(program, known)
  return known
}

export function drop(keeping: Keeping): void {
  keeping.opened?.store.close()
  keeping.opened = null
}

/** The cache as it is, if it is one of this layout. SQLite throws on a page that is damaged; such a cache is none. */
export function openFor(keeping: Keeping, layout: Layout): Opened | null {
  if (keeping.opened?.layout.text === layout.text) return keeping.opened
  drop(keeping)
  const store = keeping.closed || keeping.replacing ? null : keeping.index.open(keeping.name, layout.collections)
  if (!store?.ok) return null
  const root = whole(keeping, () => rootOf(layout, store.value), null)
  if (root === null) store.value.close()
  else keeping.opened = { layout, store: store.value, root, entries: entriesOf(layout, store.value) }
  return keeping.opened
}

/** Whatever throws on a damaged file ends here: such a cache is none. */
export function whole<T>(keeping: Keeping, read: () => T, otherwise: T): T {
  try {
    return read()
  } catch (error) {
    doubt(keeping, keeping.opened?.root ?? '', (error as Error).message)
    drop(keeping)
    return otherwise
  }
}

export function doubt(keeping: Keeping, root: string, why: string): void {
  if (keeping.closed || keeping.doubted === root || keeping.settled === root) return
  keeping.doubted = root
  keeping.log.log('warn', `The local index is damaged and will be made anew: ${why}`)
}
