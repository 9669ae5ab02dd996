/** Honest waiting times: what is due when, in blocks and in the block intervals seen lately. */
import type { WorkProgress } from './ports.ts'
import { counted } from '../../roles/protocol/words.ts'

export interface Wait {
  height: number
  blockMs: number | null
}

/** Time between blocks where none was seen yet: Bitcoin's. */
export const USUAL_BLOCK_MS = 600_000

/** Blocks and time until tick `number` + 1 is due. */
export function untilNext(
  genesis: number,
  tickBlocks: number,
  confirmations: number,
  number: number,
  wait: Wait,
): { blocksLeft: number; estimatedMs: number } {
  const due = genesis + (number + 1) * tickBlocks + confirmations
  const blocksLeft = Math.max(0, due - wait.height)
  return { blocksLeft, estimatedMs: Math.round(blocksLeft * (wait.blockMs ?? USUAL_BLOCK_MS)) }
}

/** Ticks that may be late, in blocks, before anybody says that they are: a Supervisor composes one, and a block takes it in. */
const LATE_BLOCKS = 2

/**
 * For who waits for a tick that does not come; null while none is late by a whole tick.
 * @param newest tick, by its number and the last block that it closes; @param height of the chain
 */
export function overdueText(newest: { number: number; to: number }, tickBlocks: number, height: number): string | null {
  const since = height - newest.to
  if (since < 2 * tickBlocks + LATE_BLOCKS) return null
  return `no tick has come for ${counted(since, 'block')}, since tick ${newest.number}: the app’s Supervisor seems to be away; nothing is sent or paid meanwhile, and it goes on by itself`
}

const grouped = (count: number): string => Math.round(count).toLocaleString('en-US')

/** Each try may be the last one, so no time is promised. */
export const workText = ({ tried, expected, perSecond }: WorkProgress): string =>
  `proof of work: ${grouped(tried)} numbers tried, one of about ${grouped(expected)} fits, ${grouped(perSecond)} a second`
