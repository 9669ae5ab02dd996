/**
 * Waiting that is counted in progress. Seconds are spent by a busy or slow computer without anybody having had a turn; so a wait ends in a failure
 * when nothing has moved for many looks in a row, or when more blocks have passed than what it waits for can take.
 */
import { setTimeout as pause } from 'node:timers/promises'

/** What a wait looks at beside the thing it waits for. */
export interface Progress {
  /** Whatever is different after anything moved: a counter of events, of bytes, of blocks. */
  moved?(): unknown
  /** What everybody is doing, for the words of a failure. */
  state?(): string | Promise<string>
  /** Things that pass while one waits, such as blocks: what has not come after so many of them is not slow, it does not come. */
  budget?: { of: string; spent(): number; most: number }
  /** Looks in a row, that much apart, that may see nothing move. */
  looks?: number
  lookMs?: number
}

/** At least two minutes in which nobody did anything. */
const [LOOKS, LOOK_MS] = [2_400, 50]

/** Nothing moved any more, or more passed than there was patience for. Says what was waited for, what was last seen, and the state of everybody. */
export class OutOfPatience extends Error {}

/** Nothing while it is not there. */
export type Found<T> = T | undefined | null | false
type Cancelled = () => boolean

/**
 * Looks until something is there.
 * @param what completes the sentence «waited for …»
 * @param look returns what was waited for, or nothing while it is not there
 * @throws OutOfPatience; and whatever `look` throws
 */
export async function waitFor<T>(what: string, look: () => Found<T> | Promise<Found<T>>, progress: Progress = {}): Promise<T> {
  const found = await watch(what, look, progress, () => false)
  return found as T
}

/** Waits for work that reports nothing itself, such as a command under way, as long as something moves. @throws OutOfPatience; and what the work throws */
export async function attend<T>(what: string, work: Promise<T>, progress: Progress): Promise<T> {
  let over = false
  const ended = work.finally(() => (over = true))
  const nobody = watch<never>(
    what,
    () => null,
    progress,
    () => over,
  )
  return Promise.race([ended, nobody.then(() => ended)])
}

async function watch<T>(
  what: string,
  look: () => Found<T> | Promise<Found<T>>,
  progress: Progress,
  over: Cancelled,
): Promise<T | undefined> {
  const { moved = () => 0, budget, looks = LOOKS, lookMs = LOOK_MS } = progress
  const [began, before] = [performance.now(), budget?.spent() ?? 0]
  let [last, still] = [moved(), 0]
  for (;;) {
    const value = await look()
    if (value !== undefined && value !== null && value !== false) return value
    if (over()) return undefined
    const now = moved()
    still = now === last ? still + 1 : 0
    last = now
    const passed = budget === undefined ? 0 : budget.spent() - before
    if (still >= looks) throw await failure(`waited for ${what}, and nothing moved for ${looks} looks`, began, progress)
    if (budget !== undefined && passed > budget.most) throw await failure(`waited ${passed} ${budget.of} for ${what}`, began, progress)
    await pause(lookMs)
  }
}

async function failure(words: string, began: number, { state }: Progress): Promise<OutOfPatience> {
  const seconds = Math.round((performance.now() - began) / 1000)
  const everybody = await Promise.resolve(state?.()).catch((error: unknown) => `nobody could be asked: ${String(error)}`)
  return new OutOfPatience(`${words} (${seconds} s)${everybody === undefined ? '' : `\n${everybody}`}`)
}
