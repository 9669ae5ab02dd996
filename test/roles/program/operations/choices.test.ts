import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  asRecord,
  bool,
  construct,
  int,
  list,
  literal,
  none,
  option,
  record,
  some,
  text,
  variant,
  when,
  zipOptions,
} from '../../../../roles/program/index.ts'
import { agrees, answerOf, opening } from './agrees.ts'

const number = fc.integer({ min: -5, max: 5 }).map((n) => n + 0)
const maybe = fc.option(
  number.map((n) => ({ some: n })),
  { nil: null },
)
type Maybe = { some: number } | null

describe('[L6] options', () => {
  it('are matched, mapped and chained', () => {
    agrees(
      { a: option(int()), b: option(int()), n: int() },
      ({ a, b, n }) => ({
        isSome: a.isSome(),
        isNone: a.isNone(),
        match: a.match(
          (x) => x.plus(1),
          () => n,
        ),
        orElse: a.orElse(n),
        literal: a.orElse(-1),
        or: a.or(b),
        map: a.map((x) => ({ x, n })),
        andThen: a.andThen((x) => b.map((y) => x.times(y))),
        filter: a.filter((x) => x.greater(n)),
        equals: a.equals(b),
        isNothing: a.equals(null),
        made: some(n),
        nothing: none(int()),
        both: zipOptions({ a, b }),
      }),
      fc.record({ a: maybe, b: maybe, n: number }),
      ({ a, b, n }: { a: Maybe; b: Maybe; n: number }) => ({
        isSome: a !== null,
        isNone: a === null,
        match: a === null ? n : a.some + 1,
        orElse: a === null ? n : a.some,
        literal: a === null ? -1 : a.some,
        or: a ?? b,
        map: a === null ? null : { some: { x: a.some, n } },
        andThen: a === null || b === null ? null : { some: a.some * b.some + 0 },
        filter: a !== null && a.some > n ? a : null,
        equals: a?.some === b?.some,
        isNothing: a === null,
        made: { some: n },
        nothing: null,
        both: a === null || b === null ? null : { some: { a: a.some, b: b.some } },
      }),
      301,
    )
  })

  it('tell some from none in one node, however often they are asked', () => {
    const program = opening({ a: option(int()) }, ({ a }) => a.isSome().and(a.isSome()).or(a.isNone()))
    expect(program.endpoints['go']!.blocks[0]!.body.scopes).toHaveLength(1)
  })
})

const status = variant({ open: record({}), priced: int(), shipped: record({ parcel: text(9) }) })
type Status = { tag: 'open'; value: object } | { tag: 'priced'; value: number } | { tag: 'shipped'; value: { parcel: string } }
const statuses: fc.Arbitrary<Status> = fc.oneof(
  fc.constant<Status>({ tag: 'open', value: {} }),
  number.map((value): Status => ({ tag: 'priced', value })),
  fc.constantFrom('a', 'b').map((parcel): Status => ({ tag: 'shipped', value: { parcel } })),
)

describe('[L6] variants', () => {
  it('are matched, tested and made', () => {
    agrees(
      { a: status, b: status, n: int() },
      ({ a, b, n }) => ({
        match: a.match({ open: () => n, priced: (price) => price.plus(1), shipped: (to) => to.get('parcel').length() }),
        is: a.is('shipped'),
        isOpen: a.is('open'),
        as: a.as('priced'),
        equals: a.equals(b),
        open: construct(status, 'open'),
        priced: construct(status, 'priced', n),
        shipped: construct(status, 'shipped', { parcel: n.text() }),
        chosen: when(
          n.less(0),
          () => construct(status, 'open'),
          () => a,
        ),
      }),
      fc.record({ a: statuses, b: statuses, n: number }),
      ({ a, b, n }: { a: Status; b: Status; n: number }) => ({
        match: a.tag === 'open' ? n : a.tag === 'priced' ? a.value + 1 : 1,
        is: a.tag === 'shipped',
        isOpen: a.tag === 'open',
        as: a.tag === 'priced' ? { some: a.value } : null,
        equals: JSON.stringify(a) === JSON.stringify(b),
        open: { tag: 'open', value: {} },
        priced: { tag: 'priced', value: n },
        shipped: { tag: 'shipped', value: { parcel: String(n) } },
        chosen: n < 0 ? { tag: 'open', value: {} } : a,
      }),
      302,
    )
  })
})

describe('[L6] records', () => {
  it('are made, taken apart, changed and compared', () => {
    const point = record({ x: int(), y: int() })
    agrees(
      { a: point, b: point, n: int() },
      ({ a, b, n }) => {
        const { x, y } = a.fields()
        return {
          get: a.get('x'),
          fields: x.minus(y),
          with: a.with({ x: n }),
          both: a.with({ x: 1, y: 2 }),
          equals: a.equals(b),
          literal: a.equals({ x: 1, y: n }),
          made: asRecord({ x: n, inner: { y: 2 } }),
          typed: literal(record({ maybe: option(int()), many: list(text(3), 2) }), { maybe: null, many: [] }),
        }
      },
      fc.record({ a: fc.record({ x: number, y: number }), b: fc.record({ x: number, y: number }), n: number }),
      ({ a, b, n }) => ({
        get: a.x,
        fields: a.x - a.y,
        with: { ...a, x: n },
        both: { x: 1, y: 2 },
        equals: a.x === b.x && a.y === b.y,
        literal: a.x === 1 && a.y === n,
        made: { x: n, inner: { y: 2 } },
        typed: { maybe: null, many: [] },
      }),
      303,
    )
  })

  it('add only the fields that are taken to the program', () => {
    const program = opening({ a: record({ x: int(), y: int() }) }, ({ a }) => {
      const { x } = a.fields()
      return x
    })
    expect(program.endpoints['go']!.blocks[0]!.body.nodes).toHaveLength(2)
  })
})

describe('[L3] conditions', () => {
  it('choose between values, objects and lists, literals among them', () => {
    const program = opening({ a: bool(), n: list(int(), 3) }, ({ a, n }) =>
      when(
        a,
        () => ({ n, word: 'yes', maybe: some(1) }),
        () => ({ n: [], word: 'no', maybe: null }),
      ),
    )
    expect(answerOf(program, { a: true, n: [1] })).toEqual({ n: [1], word: 'yes', maybe: { some: 1 } })
    expect(answerOf(program, { a: false, n: [1] })).toEqual({ n: [], word: 'no', maybe: null })
  })

  it('are put together without evaluating more than needed', () => {
    agrees(
      { a: bool(), b: bool() },
      ({ a, b }) => ({ and: a.and(b), or: a.or(b), not: a.not(), equals: a.equals(b), literal: a.and(true) }),
      fc.record({ a: fc.boolean(), b: fc.boolean() }),
      ({ a, b }) => ({ and: a && b, or: a || b, not: !a, equals: a === b, literal: a }),
      304,
    )
  })
})
