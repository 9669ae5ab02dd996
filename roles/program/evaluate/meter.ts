import type { Budget } from '../api.ts'

/** Unwinds an evaluation; `runBlock` makes it a failure. */
export class Stop extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Counts what a call uses and stops it at its budget (steps and bytes, both inclusive), before the work is done. */
export class Meter {
  steps = 0
  bytes = 0
  readonly most: Budget

  constructor(budget: Budget) {
    this.most = budget
  }

  /** One step and one more for every 32 units of `size` (characters, items). */
  step(size: number): void {
    this.steps += 1 + Math.floor(size / 32)
    if (this.steps > this.most.steps) throw overBudget(`needs more than its ${this.most.steps} steps`)
  }

  /** Bytes of a value about to be made. */
  grow(bytes: number): void {
    this.bytes += bytes
    if (this.bytes > this.most.bytes) throw overBudget(`makes more than its ${this.most.bytes} bytes of values`)
  }
}

const overBudget = (problem: string): Stop =>
  new Stop('program.budget', `The call ${problem}; nothing is written. Ask for less or raise the budget.`)
