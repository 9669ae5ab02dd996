import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  asRecord,
  bool,
  construct,
  defaultValue,
  int,
  list,
  literal,
  none,
  option,
  record,
  runBlock,
  see,
  skipBlock,
  some,
  text,
  variant,
  when,
} from '../../../roles/program/index.ts'
import type { Program, Value } from '../../../roles/program/index.ts'
import { compiledGuestbook, must } from './guestbook.story.ts'
import { codeOf, copyOf, go, small } from './small.ts'

const answer = (program: Program, request: Record<string, Value>): unknown => must(go(program, request)).response

const arithmetic = must(
  small({ a: int(), b: int() }, (req) =>
    see(req.a, req.b, (a, b) => ({
      sum: a.plus(b),
      less: a.less(b),
      atMost: a.atMost(b),
      greater: a.greater(b),
      atLeast: a.atLeast(b),
      same: a.equals(b),
    })),
  ),
)
const one = (operation: 'plus' | 'minus' | 'times' | 'dividedBy' | 'remainder'): Program =>
  must(small({ a: int(), b: int() }, (req) => see(req.a, req.b, (a, b) => a[operation](b))))

const floorDivide = (a: bigint, b: bigint): bigint => a / b - (a % b !== 0n && a < 0n !== b < 0n ? 1n : 0n)
const EXACT: Record<'plus' | 'minus' | 'times' | 'dividedBy' | 'remainder', (a: bigint, b: bigint) => bigint> = {
  plus: (a, b) => a + b,
  minus: (a, b) => a - b,
  times: (a, b) => a * b,
  dividedBy: floorDivide,
  remainder: (a, b) => a - b * floorDivide(a, b),
}

function expected(operation: keyof typeof EXACT, a: bigint, b: bigint): number | string {
  if (b === 0n && (operation === 'dividedBy' || operation === 'remainder')) return 'program.divide'
  const exact = EXACT[operation](a, b)
  return exact > BigInt(Number.MAX_SAFE_INTEGER) || exact < BigInt(Number.MIN_SAFE_INTEGER) ? 'program.overflow' : Number(exact)
}

const number = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.integer({ min: -9, max: 9 }),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 94906265, 94906267),
)

describe('checked integers', () => {
  it.each(['plus', 'minus', 'times', 'dividedBy', 'remainder'] as const)('%s is exact or an error, as BigInt says', (operation) => {
    const program = one(operation)
    fc.assert(
      fc.property(number, number, (a, b) => {
        const result = go(program, { a: a + 0, b: b + 0 })
        expect(result.ok ? result.value.response : result.error.code).toBe(expected(operation, BigInt(a), BigInt(b)))
      }),
      { seed: 11, numRuns: 400 },
    )
  })

  it('compare as numbers do', () => {
    fc.assert(
      fc.property(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 }), (a, b) => {
        expect(answer(arithmetic, { a: a + 0, b: b + 0 })).toEqual({
          sum: a + b,
          less: a < b,
          atMost: a <= b,
          greater: a > b,
          atLeast: a >= b,
          same: a === b,
        })
      }),
      { seed: 12 },
    )
  })
})

describe('texts', () => {
  const program = must(
    small({ a: text(50), n: int() }, (req) =>
      see(req.a, req.n, (a, n) => ({
        length: a.length(),
        lower: a.asciiLower(),
        trimmed: a.trim(),
        first: a.slice(0, n),
        all: a.concat('!').concat(n.text()),
        less: a.less('b'),
        has: a.contains('É'),
      })),
    ),
  )
  it('count code points, lower and trim ASCII only', () => {
    expect(answer(program, { a: ' ÉA🙂 ', n: 3 })).toEqual({
      length: 5,
      lower: ' Éa🙂 ',
      trimmed: 'ÉA🙂',
      first: ' ÉA',
      all: ' ÉA🙂 !3',
      less: true,
      has: true,
    })
  })
})

describe('lists, options, variants and records', () => {
  it('map, filter and fold as the language of the developer does', () => {
    const program = must(
      small({ items: list(int(), 20) }, (req) =>
        see(req.items, (items) => ({
          doubled: items.map((item) => item.times(2)),
          even: items.filter((item) => item.remainder(2).equals(0)),
          total: items.fold(0, (sum, item) => sum.plus(item)),
          length: items.length(),
          taken: items.take(2),
          any: items.any((item) => item.equals(3)),
          all: items.all((item) => item.greater(0)),
          has: items.contains(4),
          nested: items.map((outer) => items.filter((inner) => inner.less(outer)).length()),
          twice: items.concat(items),
        })),
      ),
    )
    fc.assert(
      fc.property(
        fc.array(
          fc.integer({ min: -9, max: 9 }).map((n) => n + 0),
          { maxLength: 10 },
        ),
        (items) => {
          expect(answer(program, { items })).toEqual({
            doubled: items.map((item) => item * 2 + 0),
            even: items.filter((item) => item % 2 === 0),
            total: items.reduce((a, b) => a + b, 0),
            length: items.length,
            taken: items.slice(0, 2),
            any: items.includes(3),
            all: items.every((item) => item > 0),
            has: items.includes(4),
            nested: items.map((a) => items.filter((b) => b < a).length),
            twice: [...items, ...items],
          })
        },
      ),
      { seed: 13 },
    )
  })

  it('match every case of a variant, and build variants, options and records', () => {
    const shape = variant({ circle: int(), square: record({ side: int() }), empty: record({}) })
    const program = must(
      small({ shape, maybe: option(int()) }, (req) =>
        see(req.shape, req.maybe, (value, maybe) => ({
          area: value.match({
            circle: (r) => r.times(r).times(3),
            square: (s) => s.get('side').times(s.get('side')),
            empty: () => literal(int(), 0),
          }),
          known: maybe.match(
            (n) => n.plus(1),
            () => literal(int(), -1),
          ),
          made: construct(shape, 'square', { side: 7 }),
          option: maybe.isSome(),
          some: some(asRecord({ a: 1 })),
          none: none(bool()),
        })),
      ),
    )
    const run = (value: Value, maybe: Value): unknown => answer(program, { shape: value, maybe })
    const fixed = { made: { tag: 'square', value: { side: 7 } }, some: { some: { a: 1 } }, none: null }
    expect(run({ tag: 'circle', value: 2 }, null)).toEqual({ area: 12, known: -1, option: false, ...fixed })
    expect(run({ tag: 'square', value: { side: 3 } }, { some: 4 })).toEqual({ area: 9, known: 5, option: true, ...fixed })
    expect(run({ tag: 'empty', value: {} }, { some: 4 })).toMatchObject({ area: 0 })
  })
})

describe('laziness', () => {
  it('evaluates only the branch taken: an overflow in the other one does not happen', () => {
    const program = must(
      small({ a: int() }, (req) =>
        see(req.a, (a) =>
          when(
            a.less(10),
            () => a,
            () => a.times(Number.MAX_SAFE_INTEGER),
          ),
        ),
      ),
    )
    expect(answer(program, { a: 5 })).toBe(5)
    expect(codeOf(go(program, { a: 11 }))).toBe('program.overflow')
  })
})

describe('an inner see', () => {
  const program = must(
    small({ a: int(), b: int() }, (req) =>
      see('outer', req.a, (a) =>
        when(
          a.greater(0),
          () => see('inner', req.b, (b) => a.times(10).plus(b)),
          () => literal(int(), -1),
        ),
      ),
    ),
  )
  it('gets what it uses of the outer one, and runs only in its branch', () => {
    expect(program.endpoints['go']!.blocks[1]!.guard).not.toBe(null)
    expect(answer(program, { a: 4, b: 2 })).toBe(42)
    const skipped = must(go(program, { a: 0, b: 2 }))
    expect(skipped.response).toBe(-1)
    expect(skipped.blocks[1]!.steps).toBe(0)
  })
  it('has default outputs when skipped', () => {
    expect(must(skipBlock(program, 'go', 1)).outputs).toEqual(program.endpoints['go']!.blocks[1]!.outputs.map(defaultValue))
  })
})

describe('budgets', () => {
  const doubling = must(
    small({ items: list(int(), 100) }, (req) => see(req.items, (items) => items.fold('ab', (all) => all.concat(all)).length())),
  )
  it('stop a fold that doubles a text sixty times', () => {
    expect(codeOf(go(doubling, { items: Array.from({ length: 60 }, () => 1) }))).toBe('program.budget')
    expect(codeOf(go(doubling, { items: Array.from({ length: 60 }, () => 1) }, { steps: 1e15, bytes: 1e15 }))).toBe('program.bound')
    expect(answer(doubling, { items: [1, 2, 3] })).toBe(16)
  })
  it('stop nested maps over the same list', () => {
    const nested = must(
      small({ items: list(int(), 1000) }, (req) =>
        see(req.items, (items) => items.map((a) => items.map((b) => items.map((c) => a.plus(b).plus(c)).length()).length()).length()),
      ),
    )
    expect(codeOf(go(nested, { items: Array.from({ length: 1000 }, (_, i) => i) }))).toBe('program.budget')
  })
  it('count the same steps and bytes every time', () => {
    const run = (): unknown[] => [must(go(doubling, { items: [1, 2] })).steps, must(go(doubling, { items: [1, 2] })).bytes]
    expect(run()).toEqual(run())
  })
  it('allow the deepest chain of nodes that the checker admits', () => {
    const chain = must(
      small({ a: int() }, (req) => see(req.a, (a) => Array.from({ length: 990 }).reduce<typeof a>((sum) => sum.plus(1), a))),
    )
    expect(answer(chain, { a: 1 })).toBe(991)
    expect(
      codeOf(small({ a: int() }, (req) => see(req.a, (a) => Array.from({ length: 1001 }).reduce<typeof a>((sum) => sum.plus(1), a)))),
    ).toBe('program.deep')
  })
})

describe('runBlock refuses', () => {
  const guestbook = compiledGuestbook()
  const budget = { steps: 1000, bytes: 1000 }
  it('programs that were not checked', () => {
    expect(codeOf(runBlock(copyOf(guestbook), 'post', 0, ['a', 'b'], budget))).toBe('program.unchecked')
  })
  it('endpoints, blocks and inputs that are not there or do not fit', () => {
    expect(codeOf(runBlock(guestbook, 'toString', 0, [], budget))).toBe('program.endpoint')
    expect(codeOf(runBlock(guestbook, 'post', 9, [], budget))).toBe('program.block')
    expect(codeOf(runBlock(guestbook, 'post', 0, ['a'], budget))).toBe('program.input')
    expect(codeOf(runBlock(guestbook, 'post', 0, ['a', 'b'.repeat(501)], budget))).toBe('program.input')
  })
  it('fields over their bound, and writes nothing', () => {
    expect(codeOf(go(must(small({ a: int({ max: 5 }) }, (req) => see(req.a, (a) => a.plus(1)))), { a: 6 }))).toBe('program.input')
  })
})
