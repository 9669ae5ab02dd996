import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyMap, int, list, map, record, text } from '../../../../roles/program/index.ts'
import { agrees, answerOf, opening } from './agrees.ts'

const key = fc.constantFrom('a', 'b', 'B', 'é', '🙂', '__proto__', 'constructor')
const number = fc.integer({ min: -5, max: 5 }).map((n) => n + 0)
const byText = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
const ordered = <V>(entries: Iterable<[string, V]>): Map<string, V> => new Map([...new Map(entries)].sort(([a], [b]) => byText(a, b)))
const maps = fc.uniqueArray(fc.tuple(key, number), { selector: ([k]) => k, maxLength: 5 }).map(ordered)
const option = (value: unknown): unknown => (value === undefined ? null : { some: value })

describe('[L5] maps', () => {
  it('are read and changed as JavaScript maps are, in the order of their keys', () => {
    agrees(
      { a: map(text(20), int(), 5), b: map(text(20), int(), 5), k: text(20), n: int() },
      ({ a, b, k, n }) => ({
        size: a.size(),
        isEmpty: a.isEmpty(),
        get: a.get(k),
        has: a.has(k),
        set: a.set(k, n),
        literal: a.set('new', 1),
        update: a.update(k, (old) => old.orElse(0).plus(1)),
        remove: a.remove(k),
        entries: a.entries(),
        keys: a.keys(),
        values: a.values(),
        mapValues: a.mapValues((value, at) => value.plus(at.length())),
        filter: a.filter((value, at) => value.greater(0).and(at.equals(k).not())),
        equals: a.equals(b),
        again: a.entries().reverse().toMap().equals(a),
      }),
      fc.record({ a: maps, b: maps, k: key, n: number }),
      ({ a, b, k, n }) => ({
        size: a.size,
        isEmpty: a.size === 0,
        get: option(a.get(k)),
        has: a.has(k),
        set: ordered([...a, [k, n]]),
        literal: ordered([...a, ['new', 1]]),
        update: ordered([...a, [k, (a.get(k) ?? 0) + 1]]),
        remove: ordered([...a].filter(([at]) => at !== k)),
        entries: [...a].map(([at, value]) => ({ key: at, value })),
        keys: [...a.keys()],
        values: [...a.values()],
        mapValues: ordered([...a].map(([at, value]) => [at, value + Array.from(at).length])),
        filter: ordered([...a].filter(([at, value]) => value > 0 && at !== k)),
        equals: JSON.stringify([...a]) === JSON.stringify([...b]),
        again: true,
      }),
      401,
    )
  })

  it('are made of entries, of which the last counts, and of nothing', () => {
    const entry = fc.record({ key, value: number })
    agrees(
      { entries: list(record({ key: text(20), value: int() }), 6) },
      ({ entries }) => ({
        toMap: entries.toMap(),
        tally: entries.fold(emptyMap(text(20), int()), (all, one) => all.update(one.get('key'), (n) => n.orElse(0).plus(1))),
        empty: emptyMap(int(), text(3)).set(2, 'two').set(1, 'one'),
      }),
      fc.record({ entries: fc.array(entry, { maxLength: 6 }) }),
      ({ entries }) => ({
        toMap: ordered(entries.map((one): [string, number] => [one.key, one.value])),
        tally: ordered(entries.map((one): [string, number] => [one.key, entries.filter((other) => other.key === one.key).length])),
        empty: new Map([
          [1, 'one'],
          [2, 'two'],
        ]),
      }),
      402,
    )
  })

  it('tell equal ones from others, nested', () => {
    const program = opening({ a: map(int(), list(text(3), 2), 3) }, ({ a }) => a.equals(emptyMap(int(), list(text(3), 2)).set(1, ['x'])))
    expect(answerOf(program, { a: new Map([[1, ['x']]]) })).toBe(true)
    expect(answerOf(program, { a: new Map([[1, ['y']]]) })).toBe(false)
  })
})
