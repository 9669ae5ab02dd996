import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Meter } from '../../../roles/program/evaluate/meter.ts'
import { PRIMITIVES } from '../../../roles/program/evaluate/primitives/index.ts'
import * as intervals from '../../../roles/program/value/interval.ts'
import type { Interval } from '../../../roles/program/value/interval.ts'

const END = 6
const small: Interval[] = []
for (let least = -END; least <= END; least++) for (let most = least; most <= END; most++) small.push({ least, most })
const inside = ({ least, most }: Interval): number[] => Array.from({ length: most - least + 1 }, (_, i) => least + i)

type Pair = (a: number, b: number) => number | null

/** The least interval that holds every result for integers of both; null where there is none. */
function brute(a: Interval, b: Interval, calculate: Pair): Interval | null {
  let [least, most] = [Infinity, -Infinity]
  for (const x of inside(a))
    for (const y of inside(b)) {
      const made = calculate(x, y)
      if (made === null) continue
      if (made < least) least = made
      if (made > most) most = made
    }
  return least > most ? null : { least: least + 0, most: most + 0 }
}

const evaluated = (op: 'int.divide' | 'int.remainder', a: number, b: number): number | null =>
  b === 0 ? null : (PRIMITIVES[op](new Meter({ steps: 10, bytes: 10 }), a, b) as number)

/** Holds a rule for two intervals against all pairs of small ones. @param compare what the rule says, and what is so */
function forAllPairs(
  calculate: Pair,
  rule: (a: Interval, b: Interval) => unknown,
  compare: (said: unknown, real: Interval | null) => boolean,
): void {
  const wrong = small
    .flatMap((a) => small.map((b) => ({ a, b, said: rule(a, b), real: brute(a, b, calculate) })))
    .filter(({ said, real }) => !compare(said, real))
  expect(wrong.slice(0, 5)).toEqual([])
}

const exactly = (said: unknown, real: Interval | null): boolean => JSON.stringify(said) === JSON.stringify(real)
const around = (said: unknown, real: Interval | null): boolean =>
  real === null || ((said as Interval).least <= real.least && (said as Interval).most >= real.most)

describe('[L4] interval arithmetic against all integers of all small intervals', () => {
  it.each<[string, Pair, (a: Interval, b: Interval) => Interval | null]>([
    ['add', (a, b) => a + b, intervals.add],
    ['subtract', (a, b) => a - b, intervals.subtract],
    ['multiply', (a, b) => a * b, intervals.multiply],
    ['divide, as the evaluator does', (a, b) => evaluated('int.divide', a, b), intervals.divide],
    ['lesser', Math.min, intervals.lesser],
    ['greater', Math.max, intervals.greater],
    ['absolute', (a) => Math.abs(a), (a) => intervals.absolute(a)],
  ])('%s is exactly what comes of them', (_, calculate, rule) => {
    forAllPairs(calculate, rule, exactly)
  })

  it('hull holds both, and nothing beyond their ends', () => {
    for (const a of small)
      for (const b of small) {
        const both = [...inside(a), ...inside(b)]
        expect(intervals.hull(a, b)).toEqual({ least: Math.min(...both), most: Math.max(...both) })
      }
  })

  it('remainder holds what comes of them, and is exact where every integer may be divided', () => {
    forAllPairs((a, b) => evaluated('int.remainder', a, b), intervals.remainder, around)
    const every: Interval = { least: -60, most: 60 }
    const real = (b: Interval): Interval | null => brute(every, b, (x, y) => evaluated('int.remainder', x, y))
    const wrong = small.filter((b) => real(b) !== null && !exactly(intervals.remainder(every, b), real(b)))
    expect(wrong).toEqual([])
  })

  it('remainder is exact from 0 on, divided by what is greater than 0', () => {
    const natural = small.filter(({ least }) => least === 0)
    const positive = small.filter(({ least }) => least > 0)
    for (const a of natural)
      for (const b of positive) expect(intervals.remainder(a, b)).toEqual(brute(a, b, (x, y) => evaluated('int.remainder', x, y)))
  })

  it('sumOf is exactly what comes of at most so many of them', () => {
    for (const a of small.filter(({ least, most }) => most - least < 4))
      for (const count of [0, 1, 2, 3]) {
        let sums = new Set([0])
        const all = new Set([0])
        for (let i = 0; i < count; i++) {
          sums = new Set([...sums].flatMap((sum) => inside(a).map((x) => sum + x)))
          for (const sum of sums) all.add(sum)
        }
        expect(intervals.sumOf(count, a)).toEqual({ least: Math.min(...all) + 0, most: Math.max(...all) + 0 })
      }
  })

  it('partsIn and countOf are the greatest numbers there are, itemsOf holds every item and its ends are items', () => {
    for (const from of small)
      for (const to of small) {
        const pairs = inside(from).flatMap((x) => inside(to).map((y) => [x, y] as const))
        const parts = pairs.map(([x, y]) => Array.from('abcd').slice(Math.max(0, x), Math.max(0, y)).length)
        expect(intervals.partsIn(4, from, to)).toBe(Math.max(...parts))
        const counts = pairs.map(([x, y]) => Math.max(0, y - x))
        expect(intervals.countOf(from, to)).toBe(Math.max(...counts))
        const items = pairs.flatMap(([x, y]) => (y > x ? [x, y - 1] : []))
        if (items.length > 0) expect(intervals.itemsOf(from, to)).toEqual({ least: Math.min(...items), most: Math.max(...items) })
      }
  })

  it('digits is the length of the longest text', () => {
    for (const least of [-100, -99, -10, -9, -1, 0, 1, 9, 10])
      for (const most of [-9, -1, 0, 9, 10, 99, 100].filter((one) => one >= least))
        expect(intervals.digits({ least, most })).toBe(Math.max(...inside({ least, most }).map((one) => String(one).length)))
  })
})

const MOST = Number.MAX_SAFE_INTEGER
const any = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -9, max: 9 }), fc.constantFrom(-MOST, 1 - MOST, MOST - 1, MOST))
const some = fc.tuple(any, any).map(([a, b]): Interval => ({ least: Math.min(a, b), most: Math.max(a, b) }))
/** An interval and an integer of it. */
const member = some.chain((of) =>
  fc.oneof(fc.constantFrom(of.least, of.most), fc.integer({ min: of.least, max: of.most })).map((one) => ({ of, one })),
)

const floorDivide = (a: bigint, b: bigint): bigint => (a % b !== 0n && a < 0n !== b < 0n ? a / b - 1n : a / b)

describe('[L4] up to the edge of the safe integers', () => {
  it.each<[string, (a: bigint, b: bigint) => bigint | null, (a: Interval, b: Interval) => Interval | null]>([
    ['add', (a, b) => a + b, intervals.add],
    ['subtract', (a, b) => a - b, intervals.subtract],
    ['multiply', (a, b) => a * b, intervals.multiply],
    ['divide', (a, b) => (b === 0n ? null : floorDivide(a, b)), intervals.divide],
    ['remainder', (a, b) => (b === 0n ? null : a - b * floorDivide(a, b)), intervals.remainder],
  ])('%s holds every result, and is safe only where all of them are', (_, calculate, rule) => {
    fc.assert(
      fc.property(member, member, (a, b) => {
        const made = calculate(BigInt(a.one), BigInt(b.one))
        if (made === null) return
        const said = rule(a.of, b.of)!
        const isSafe = made >= BigInt(-MOST) && made <= BigInt(MOST)
        if (isSafe) expect([said.least <= Number(made), said.most >= Number(made)]).toEqual([true, true])
        else expect(intervals.isSafe(said)).toBe(false)
        const capped = intervals.capped(said)
        expect([intervals.isSafe(capped), intervals.isSafe(said) ? capped : said]).toEqual([true, said])
      }),
      { seed: 811, numRuns: 3_000 },
    )
  })
})
