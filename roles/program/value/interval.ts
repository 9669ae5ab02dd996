/**
 * Interval arithmetic over exact integers: what an operation can make of integers that are within bounds. The builder's types, the costs and the
 * compiled code all know their integers by it. Ends may lie beyond the safe integers, where a call stops: whoever uses them caps them, or checks.
 */

/** The integers from `least` to `most`, both included. */
export interface Interval {
  readonly least: number
  readonly most: number
}

/** Every integer that a program can hold. */
export const SAFE: Interval = { least: Number.MIN_SAFE_INTEGER, most: Number.MAX_SAFE_INTEGER }

export const isSafe = ({ least, most }: Interval): boolean => least >= SAFE.least && most <= SAFE.most

/** Its safe part; an end that lies beyond is that of the safe integers, on either side. */
export const capped = ({ least, most }: Interval): Interval => ({ least: safe(least), most: safe(most) })

const safe = (end: number): number => Math.max(SAFE.least, Math.min(SAFE.most, end))

/** The least interval that holds all of these numbers. Adding 0 turns −0 into 0. */
const spanning = (...numbers: number[]): Interval => ({ least: Math.min(...numbers) + 0, most: Math.max(...numbers) + 0 })

/** The least interval that holds both. */
export const hull = (a: Interval, b: Interval): Interval => ({ least: Math.min(a.least, b.least), most: Math.max(a.most, b.most) })

export const add = (a: Interval, b: Interval): Interval => ({ least: a.least + b.least, most: a.most + b.most })

export const subtract = (a: Interval, b: Interval): Interval => ({ least: a.least - b.most, most: a.most - b.least })

/** Products are extreme where both factors are. */
export const multiply = (a: Interval, b: Interval): Interval =>
  spanning(a.least * b.least, a.least * b.most, a.most * b.least, a.most * b.most)

/** Quotients, rounded down, are extreme where the divisor is, or next to zero on either side; null where it can only be zero. */
export function divide(a: Interval, b: Interval): Interval | null {
  const divisors = [b.least, b.most, -1, 1].filter((by) => by !== 0 && by >= b.least && by <= b.most)
  return divisors.length === 0 ? null : spanning(...divisors.flatMap((by) => [Math.floor(a.least / by), Math.floor(a.most / by)]))
}

/** Rests have the sign of the divisor and are nearer to zero; where nothing is negative, none is more than what is divided. */
export function remainder(a: Interval, b: Interval): Interval {
  const most = Math.max(0, b.most - 1)
  return { least: Math.min(0, b.least + 1), most: a.least >= 0 && b.least > 0 ? Math.min(most, a.most) : most }
}

/** The lesser of both. */
export const lesser = (a: Interval, b: Interval): Interval => ({ least: Math.min(a.least, b.least), most: Math.min(a.most, b.most) })

/** The greater of both. */
export const greater = (a: Interval, b: Interval): Interval => ({ least: Math.max(a.least, b.least), most: Math.max(a.most, b.most) })

/** The distance from 0. */
export function absolute({ least, most }: Interval): Interval {
  const ends = spanning(Math.abs(least), Math.abs(most))
  return least <= 0 && most >= 0 ? { least: 0, most: ends.most } : ends
}

/** Sums of at most so many of them, none included. */
export const sumOf = (count: number, { least, most }: Interval): Interval => spanning(0, count * least, count * most)

/** How many parts of so many are in [from, to), at most. */
export const partsIn = (count: number, from: Interval, to: Interval): number =>
  Math.max(0, Math.min(count, to.most) - Math.max(0, from.least))

/** How many integers are in [from, to), at most. */
export const countOf = (from: Interval, to: Interval): number => Math.max(0, to.most - from.least)

/** The integers in [from, to), where there are any. */
export const itemsOf = (from: Interval, to: Interval): Interval => ({ least: from.least, most: to.most - 1 })

/** Characters of the longest decimal text, its sign included. */
export const digits = ({ least, most }: Interval): number => Math.max(String(least).length, String(most).length)
