import { cap } from './bound.ts'

/** What something costs at most; more than 2^53 − 1 counts as that. */
export interface Charge {
  steps: number
  bytes: number
}

export const FREE: Charge = { steps: 0, bytes: 0 }

/** What the meter's `step(size)` counts. */
export const stepsOf = (size: number): number => cap(1 + Math.floor(size / 32))

/** One `step(size)` and a `grow(bytes)`. */
export const charge = (size: number, bytes = 0): Charge => ({ steps: stepsOf(size), bytes: cap(bytes) })

export const plus = (a: Charge, b: Charge): Charge => ({ steps: cap(a.steps + b.steps), bytes: cap(a.bytes + b.bytes) })
export const times = (count: number, a: Charge): Charge => ({ steps: product(count, a.steps), bytes: product(count, a.bytes) })
export const larger = (a: Charge, b: Charge): Charge => ({ steps: Math.max(a.steps, b.steps), bytes: Math.max(a.bytes, b.bytes) })

const product = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : cap(a * b))
