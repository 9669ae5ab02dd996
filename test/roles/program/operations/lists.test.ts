import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asList, emptyList, int, list, record, text, zipLists } from '../../../../roles/program/index.ts'
import { agrees, answerOf, opening } from './agrees.ts'

const number = fc.integer({ min: -5, max: 5 }).map((n) => n + 0)
const numbers = fc.array(number, { maxLength: 8 })
const names = fc.array(fc.constantFrom('ann', 'bob', 'cy', 'Ann', '🙂'), { maxLength: 6 })
const option = (value: unknown): unknown => (value === undefined ? null : { some: value })
const byText = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
const group = <T>(items: T[], key: (item: T) => number): Map<number, T[]> => new Map([...Map.groupBy(items, key)].sort(([a], [b]) => a - b))
const clip = (n: number, length: number): number => Math.min(length, Math.max(0, n))

describe('[L4] lists', () => {
  it('are measured, cut and put together as plain JavaScript does', () => {
    agrees(
      { a: list(int(), 8), b: list(int(), 8), n: int(), m: int() },
      ({ a, b, n, m }) => ({
        length: a.length(),
        isEmpty: a.isEmpty(),
        contains: a.contains(n),
        at: a.at(n),
        first: a.first(),
        last: a.last(),
        take: a.take(n),
        drop: a.drop(n),
        slice: a.slice(n, m),
        reverse: a.reverse(),
        concat: a.concat(b),
        more: a.concat([1, 2]),
        append: a.append(n),
        prepend: a.prepend(7),
        flatten: asList(list(int(), 8), [a, b, a]).flatten(),
        zip: a.zip(b),
        indexed: a.indexed(),
        equals: a.equals(b),
        literal: a.equals([]),
      }),
      fc.record({ a: numbers, b: fc.oneof(numbers, fc.constant([])), n: number, m: number }),
      ({ a, b, n, m }) => ({
        length: a.length,
        isEmpty: a.length === 0,
        contains: a.includes(n),
        at: option(a[n]),
        first: option(a[0]),
        last: option(a.at(-1)),
        take: a.slice(0, clip(n, a.length)),
        drop: a.slice(clip(n, a.length)),
        slice: a.slice(0, clip(m, a.length)).slice(Math.max(0, n)),
        reverse: a.toReversed(),
        concat: [...a, ...b],
        more: [...a, 1, 2],
        append: [...a, n],
        prepend: [7, ...a],
        flatten: [...a, ...b, ...a],
        zip: a.slice(0, b.length).map((left, i) => ({ left, right: b[i] })),
        indexed: a.map((item, position) => ({ item, position })),
        equals: a.join() === b.join() && a.length === b.length,
        literal: a.length === 0,
      }),
      201,
    )
  })

  it('are mapped, filtered, folded and searched as plain JavaScript does', () => {
    agrees(
      { a: list(int({ min: -9, max: 9 }), 8), n: int() },
      ({ a, n }) => ({
        map: a.map((x) => x.times(2)),
        records: a.map((x) => ({ x, big: x.greater(n) })),
        flatMap: a.flatMap((x) => asList(int(), [x, n])),
        filter: a.filter((x) => x.greater(n)),
        fold: a.fold(0, (total, x) => total.times(2).plus(x)),
        texts: a.fold('', (all, x) => all.concat(x.text(), ';')),
        any: a.any((x) => x.equals(n)),
        all: a.all((x) => x.less(n)),
        find: a.find((x) => x.greater(n)),
        count: a.count((x) => x.less(n)),
        sum: a.sum(),
        squares: a.sum((x) => x.times(x)),
        nested: a.map((x) => a.filter((y) => y.less(x)).length()),
      }),
      fc.record({ a: numbers, n: number }),
      ({ a, n }) => ({
        map: a.map((x) => x * 2 + 0),
        records: a.map((x) => ({ x, big: x > n })),
        flatMap: a.flatMap((x) => [x, n]),
        filter: a.filter((x) => x > n),
        fold: a.reduce((total, x) => total * 2 + x, 0),
        texts: a.map((x) => `${x};`).join(''),
        any: a.includes(n),
        all: a.every((x) => x < n),
        find: option(a.find((x) => x > n)),
        count: a.filter((x) => x < n).length,
        sum: a.reduce((x, y) => x + y, 0),
        squares: a.reduce((total, x) => total + x * x, 0),
        nested: a.map((x) => a.filter((y) => y < x).length),
      }),
      202,
    )
  })

  it('are sorted stably, told apart and grouped as plain JavaScript does', () => {
    const people = list(record({ name: text(9), age: int() }), 6)
    const person = fc.record({ name: fc.constantFrom('ann', 'bob', 'Ann', '🙂'), age: fc.integer({ min: 0, max: 3 }) })
    agrees(
      { a: list(int(), 8), people, names: list(text(9), 6) },
      ({ a, people: all, names: words }) => ({
        sorted: a.sorted(),
        descending: a.sorted({ descending: true }),
        texts: words.sorted(),
        byAge: all.sortBy((one) => one.get('age')).map((one) => one.get('name')),
        byAgeDown: all.sortBy((one) => one.get('age'), { descending: true }).map((one) => one.get('name')),
        min: a.min(),
        max: a.max(),
        youngest: all.minBy((one) => one.get('age')),
        oldest: all.maxBy((one) => one.get('age')),
        distinct: words.distinct(),
        distinctBy: all.distinctBy((one) => one.get('age')),
        groupBy: all.groupBy((one) => one.get('age')),
      }),
      fc.record({ a: numbers, people: fc.array(person, { maxLength: 6 }), names }),
      ({ a, people: all, names: words }) => ({
        sorted: a.toSorted((x, y) => x - y),
        descending: a.toSorted((x, y) => y - x),
        texts: words.toSorted(byText),
        byAge: all.toSorted((x, y) => x.age - y.age).map((one) => one.name),
        byAgeDown: all.toSorted((x, y) => y.age - x.age).map((one) => one.name),
        min: option(a.toSorted((x, y) => x - y)[0]),
        max: option(a.toSorted((x, y) => y - x)[0]),
        youngest: option(all.toSorted((x, y) => x.age - y.age)[0]),
        oldest: option(all.toSorted((x, y) => y.age - x.age)[0]),
        distinct: [...new Set(words)],
        distinctBy: all.filter((one, i) => all.findIndex((other) => other.age === one.age) === i),
        groupBy: group(all, (one) => one.age),
      }),
      203,
    )
  })

  it('are put side by side as records', () => {
    agrees(
      { a: list(int(), 8), b: list(text(9), 6), c: list(int(), 8) },
      ({ a, b, c }) => ({ rows: zipLists({ second: b, first: a, third: c }), one: zipLists({ a }) }),
      fc.record({ a: numbers, b: names, c: numbers }),
      ({ a, b, c }) => ({
        rows: a.slice(0, Math.min(b.length, c.length)).map((first, i) => ({ first, second: b[i], third: c[i] })),
        one: a.map((x) => ({ a: x })),
      }),
      204,
    )
  })

  it('are made of literals as one constant, and empty ones have their type', () => {
    const program = opening({ n: int() }, ({ n }) => ({
      has: asList(int(), [1, 2, 3]).contains(n),
      words: asList(text(5), ['a', 'b']),
      none: emptyList(text(5)).concat(['x']),
    }))
    expect(answerOf(program, { n: 2 })).toEqual({ has: true, words: ['a', 'b'], none: ['x'] })
    expect(program.endpoints['go']!.blocks[0]!.body.nodes.filter((node) => node.op === 'list')).toEqual([])
  })
})
