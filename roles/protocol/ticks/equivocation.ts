/** Two documents that no honest key signs (PROTOCOL.md 6.8, 14.3): anybody who has both can show it, wherever they were found. */
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

/**
 * How a tick is no successor of the one that it names as the one before, by what both say: a fault of the later one's signer, because it names the other by its
 * digest. Empty where it is one, or names another.
 */
export function brokenSuccession(before: OpenedDocument<'tick'>, after: OpenedDocument<'tick'>): string[] {
  const [a, b] = [before.body, after.body]
  if (b.previous?.sha256 !== before.sha256) return []
  return [
    ...(b.app === a.app ? [] : ['it is of another app']),
    ...(b.number === a.number + 1 ? [] : [`its number is ${b.number}, and that of the tick before it is ${a.number}`]),
    ...(b.blocks.from === a.blocks.to && b.blocks.to > a.blocks.to
      ? []
      : [`it closes the blocks ${b.blocks.from} to ${b.blocks.to}, and the tick before it those up to ${a.blocks.to}`]),
  ]
}
