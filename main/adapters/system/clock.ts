import type { ClockPort } from '../../core/ports.ts'

/** setTimeout holds at most 2^31 - 1 ms; longer waits are made of several. */
const LONGEST_MS = 0x7fffffff

/** The system's clock. Waits do not keep the process alive: a host ends when it is told to. */
export function createSystemClock(): ClockPort {
  return {
    now: () => Date.now(),
    after: (ms, run) => {
      let timer: NodeJS.Timeout
      const wait = (left: number) => {
        timer = setTimeout(() => (left > LONGEST_MS ? wait(left - LONGEST_MS) : run()), Math.min(Math.max(left, 0), LONGEST_MS))
        timer.unref()
      }
      wait(ms)
      return () => clearTimeout(timer)
    },
  }
}
