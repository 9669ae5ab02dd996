import type { Budget } from '../api.ts'

/** Unwinds an evaluation; `runBlock` makes it a failure. */
export class Stop extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Counts what a call uses and stops it at its budget, before the work is done. */
export interface Meter {
  steps: number
  bytes: number
  /** One step and one more for every 32 units of `size` (characters, items). */
  step(size: number): void
  /** Bytes of a value about to be made. */
  grow(bytes: number): void
}

/** @param budget steps and bytes, both inclusive */
export function createMeter(budget: Budget): Meter {
  return {
    steps: 0,
    bytes: 0,
    step(size) {
      this.steps += 1 + Math.floor(size / 32)
      if (this.steps > budget.steps)
        throw new Stop(
          'program.budget',
          `The call needs more than its ${budget.steps} steps; nothing is written. Ask for less or raise the budget.`,
        )
    },
    grow(bytes) {
      this.bytes += bytes
      if (this.bytes > budget.bytes)
        throw new Stop(
          'program.budget',
          `The call makes more than its ${budget.bytes} bytes of values; nothing is written. Ask for less or raise the budget.`,
        )
    },
  }
}
