/**
 * Pages from a reader's own index instead of the swarm. Nothing of it is trusted: the entries between a page's fences are that page only
 * if they hash to what the tick's directory says, and the directory was checked against the root. So an index of another tick serves the
 * pages that did not change, and a damaged one serves none.
 */
import { toHex } from '../bytes.ts'
import { attempt, type CryptoPort } from '../crypto/index.ts'
import type { Tick } from '../documents/index.ts'
import { hashPage, type Entry, type Page } from './pages.ts'
import type { OpenDirectory } from './snapshot-files.ts'

export interface LocalEntries {
  /**
   * All entries that are kept of an index from `from` up to `to` (left out), in the order of their sort keys; null where the index is not
   * kept.
   */
  entries(index: string, from: Uint8Array, to: Uint8Array | null): Entry[] | null
  /** Told that entries are not a page of the tick with this root. */
  differs?(root: string): void
}

interface LocalReading {
  crypto: CryptoPort
  tick: Tick
  local?: LocalEntries
}

/** The page at a position, if it is kept. */
export function localPage(
  { crypto, tick, local }: LocalReading,
  index: string,
  { fences, directory }: Pick<OpenDirectory, 'fences' | 'directory'>,
  at: number,
): Page | null {
  const [from, to] = [fences[at]!, fences[at + 1] ?? null]
  const entries = local?.entries(index, from, to) ?? null
  if (entries === null) return null
  const page = { from, to, entries }
  // A damaged record may hold what has no canonical form.
  if (attempt(() => toHex(hashPage(crypto, page)), '') === directory.pages[at]!.hash) return page
  local?.differs?.(tick.root)
  return null
}
