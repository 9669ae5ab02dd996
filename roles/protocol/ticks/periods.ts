/** Which blocks a tick closes, which document decides what is anchored in them, and how a decision is written down. */
import type { DocumentType, Verdict } from '../documents/index.ts'
import type { Result } from '../result.ts'

export const ACCEPTED = 'accepted'

/** Blocks that the document of `number` closes: above `from`, up to `to`. Tick 0 closes everything since the offer. */
export const tickRange = (genesis: number, tickBlocks: number, number: number): { from: number; to: number } => ({
  from: genesis + (number - 1) * tickBlocks,
  to: genesis + number * tickBlocks,
})

/** The number of the document that decides what is anchored at a height: two more than its period; everything up to genesis is period −1. */
export const decidingTick = (height: number, genesis: number, tickBlocks: number): number =>
  Math.max(-1, Math.floor((height - genesis - 1) / tickBlocks)) + 2

/**
 * The same for an anchor of some type. Acceptances up to genesis are what tick 0 is made of, so it decides them.
 * @param genesis the block at which tick 0 ends
 */
export const dueIn = (type: DocumentType, height: number, genesis: number, tickBlocks: number): number =>
  type === 'acceptance' && height <= genesis ? 0 : decidingTick(height, genesis, tickBlocks)

/** Whether the document of `number` decides what is anchored at `height`: heights alone say so. */
export const isDecidedIn = (number: number, height: number, genesis: number, tickBlocks: number): boolean =>
  decidingTick(height, genesis, tickBlocks) === number

/** A refusal for a rule names it. */
export function outcomeOf(decided: Result<null>): Pick<Verdict, 'outcome' | 'rule'> {
  if (decided.ok) return { outcome: ACCEPTED }
  const { code, details } = decided.error
  return details?.['rule'] === undefined ? { outcome: code } : { outcome: code, rule: details['rule'] as Verdict['rule'] }
}
