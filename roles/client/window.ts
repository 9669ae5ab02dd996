/**
 * Until when a stamp counts: an update stamped in tick m is accepted while it is anchored before the close of tick m+1 (DESIGN section 5), and only
 * where the tick that it was composed on is still on the chain. What would be too late is found out before anything is paid for it.
 */
import type { Tick } from '../protocol/documents/index.ts'
import type { Failure } from '../protocol/result.ts'
import { fail } from '../protocol/result.ts'
import { tickNumbered, tickRange, type Following } from '../protocol/ticks/index.ts'

export interface Window {
  /** SHA-256 of the tick that the request was composed on. */
  tick: string
  number: number
  /** Height of the last block in which an anchor of its update counts. */
  until: number
  /** Blocks in a tick. */
  tickBlocks: number
  /** Blocks before that which an approval leaves free. */
  margin: number
}

/** Wallets choose a fee that should confirm within so many blocks, so an approval leaves as many; where ticks are short, a third of one. */
const CONFIRM_WITHIN = 3

/**
 * The window of what is composed on a tick.
 * @param reference SHA-256 of the tick's document; @param tickBlocks of the offer in force
 */
export function windowOf(reference: string, { number, blocks }: Pick<Tick, 'number' | 'blocks'>, tickBlocks: number): Window {
  const genesis = blocks.to - number * tickBlocks
  const { to } = tickRange(genesis, tickBlocks, number + 2)
  return { tick: reference, number, until: to, tickBlocks, margin: Math.min(CONFIRM_WITHIN, Math.floor(tickBlocks / 3)) }
}

/** The first height at which an approval is refused: what is sent then may miss the window. */
export const approveBefore = ({ until, margin }: Window): number => until - margin

/** The tick that decides what is anchored at a height of the window: the sooner a block has it, the sooner it counts. */
export const countedIn = ({ number, until, tickBlocks }: Window, height: number): number => number + (height <= until - tickBlocks ? 2 : 3)

/** Whether no block to come can hold an anchor that counts. */
export const isClosed = ({ until }: Window, height: number): boolean => height >= until

/** Whether the chain followed holds another tick where the request's was, or has gone on without it: a reorg took it. */
function isReplaced({ tick, number }: Window, following: Following): boolean {
  const known = tickNumbered(following, number)
  return known !== null && known.reference.sha256 !== tick
}

/**
 * Why an approval at chain height `height` would be for nothing, or null.
 * Failures, both final: `client.late`, `client.base` (a reorg took the tick).
 */
export function lateness(window: Window, following: Following, height: number): Failure | null {
  if (isReplaced(window, following))
    return fail(
      'client.base',
      `Tick ${window.number}, on which this request was composed, was taken back by a reorganisation of the chain. Nothing was published or paid; compose it anew.`,
    ).error
  if (height < approveBefore(window)) return null
  const reserve = window.margin === 0 ? '' : ` (with ${window.margin === 1 ? 'one block' : `${window.margin} blocks`} in reserve)`
  return fail(
    'client.late',
    `The writes had to be in a block by ${window.until}, and the chain is at ${height}: approved now they may come too late${reserve}. Nothing was published or paid; compose it anew.`,
    { until: window.until, height },
  ).error
}
