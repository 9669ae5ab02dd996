/** Two documents that no honest key signs (PROTOCOL.md 6.3): anybody who has both can show it, wherever they were found. */
import type { OpenedDocument, Tick } from '../documents/index.ts'

/** What two ticks prove against their key. */
export interface Equivocation {
  key: string
  app: string
  number: number
  /** Hash of the block that both close. */
  block: string
}

/**
 * Whether two ticks, both opened (so their signatures hold), show that their key signed two documents of one number over the same block: then no
 * reader can know which of them others follow. Null where they do not.
 */
export function equivocation(a: OpenedDocument<'tick'>, b: OpenedDocument<'tick'>): Equivocation | null {
  const same = (of: (tick: Tick) => unknown): boolean => of(a.body) === of(b.body)
  const both = same(({ by }) => by) && same(({ app }) => app) && same(({ number }) => number) && same(({ blocks }) => blocks.hash)
  const { by: key, app, number, blocks } = a.body
  return both && a.sha256 !== b.sha256 ? { key, app, number, block: blocks.hash } : null
}
