import type { ClockPort } from '../../../main/core/ports.ts'

export interface VirtualClock extends ClockPort {
  /** Moves time on, running what is due on the way in order of time, and lets the work that follows settle. */
  advance(ms: number): Promise<void>
  /** Moves time on, as far as it takes, until the promise settles. Throws when nothing is left that could settle it. */
  until<T>(promise: Promise<T>): Promise<T>
  /** Waits that have not run. */
  pending(): number
}

interface Timer {
  at: number
  order: number
  run: () => void
}

const MOST_STEPS = 1_000_000
/** Promises resolve in microtasks; one turn of the event loop runs them all, and streams of the doubles need no more. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

/**
 * Time that moves only when it is told to.
 * @param options.auto time jumps to the next wait by itself whenever the process is idle
 */
export function createVirtualClock(options: { start?: number; auto?: boolean } = {}): VirtualClock {
  let now = options.start ?? 1_700_000_000_000
  let order = 0
  let pumping = false
  const timers: Timer[] = []
  const earliest = () =>
    timers.reduce<Timer | undefined>(
      (best, timer) => (!best || timer.at < best.at || (timer.at === best.at && timer.order < best.order) ? timer : best),
      undefined,
    )
  const take = (timer: Timer) => {
    timers.splice(timers.indexOf(timer), 1)
  }
  const step = async (timer: Timer) => {
    take(timer)
    now = Math.max(now, timer.at)
    timer.run()
    await settle()
  }
  const pump = async () => {
    if (pumping) return
    pumping = true
    await settle()
    for (let timer = earliest(); timer; timer = earliest()) await step(timer)
    pumping = false
  }
  return {
    now: () => now,
    after: (ms, run) => {
      const timer = { at: now + Math.max(0, ms), order: order++, run }
      timers.push(timer)
      if (options.auto) void pump()
      return () => {
        if (timers.includes(timer)) take(timer)
      }
    },
    advance: async (ms) => {
      const end = now + ms
      await settle()
      for (let timer = earliest(); timer && timer.at <= end; timer = earliest()) await step(timer)
      now = end
    },
    until: async (promise) => {
      let settled = false
      const mark = () => {
        settled = true
      }
      promise.then(mark, mark)
      await settle()
      for (let steps = 0; !settled; steps += 1) {
        const timer = earliest()
        if (!timer || steps > MOST_STEPS) throw new Error('no wait is left that could settle the promise')
        await step(timer)
      }
      return promise
    },
    pending: () => timers.length,
  }
}
