import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyStore, int, openStore, store, text } from '../../../../roles/program/index.ts'
import type { In, Int, StoreExpr, Text } from '../../../../roles/program/index.ts'
import { answerOf, opening } from './agrees.ts'

const prices = store(int(), { key: 3, max: 30 })
const part = fc.constantFrom('a', 'b', 'c')
const path = fc.array(part, { maxLength: 3 })
const change = fc.oneof(
  fc.record({ op: fc.constant('put' as const), path, value: fc.nat(9) }),
  fc.record({ op: fc.constant('put' as const), path, value: fc.nat(9) }),
  fc.record({ op: fc.constant('remove' as const), path, value: fc.constant(0) }),
)
type Change = { op: 'put' | 'remove'; path: string[]; value: number }

/** The last part of every path comes out of the request, where it is not known before the program runs. */
const apply = (all: StoreExpr<Int>, { op, path: at, value }: Change, parts: (name: string) => In<Text>): StoreExpr<Int> =>
  op === 'put' ? all.put(at.map(parts), value) : all.remove(at.map(parts))

const NAMES = ['a', 'b', 'c']
const idOf = (at: string[]): string => at.join('/')
const option = (value: unknown): unknown => (value === undefined ? null : { some: value })

/** The same with a plain map from paths to values. Paths that were made stay until they are removed. */
function plain(changes: Change[]): { values: Map<string, number>; paths: Set<string> } {
  const values = new Map<string, number>()
  const paths = new Set<string>()
  for (const { op, path: at, value } of changes) {
    if (op === 'put') {
      values.set(idOf(at), value)
      at.forEach((_, i) => paths.add(idOf(at.slice(0, i + 1))))
      continue
    }
    const isBelow = (id: string): boolean => at.length === 0 || id === idOf(at) || id.startsWith(`${idOf(at)}/`)
    for (const id of [...values.keys()]) if (isBelow(id)) values.delete(id)
    for (const id of [...paths]) if (isBelow(id)) paths.delete(id)
  }
  return { values, paths }
}

describe('[L5] key-value stores over trees', () => {
  it('get, put, remove and list keys as a map from paths does', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), path, (changes, asked) => {
        const program = opening({ a: text(3), b: text(3), c: text(3), store: prices }, (open) => {
          const parts = (name: string): In<Text> => (name === 'a' ? name : open[name as 'b' | 'c'])
          const all = changes.reduce((made, one) => apply(made, one, parts), emptyStore(prices))
          const where = asked.map(parts)
          return { get: all.get(where), has: all.has(where), keys: all.keys(where), tree: all.tree }
        })
        const { values, paths } = plain(changes)
        const prefix = asked.length === 0 ? '' : `${idOf(asked)}/`
        const answer = answerOf(program, { a: 'a', b: 'b', c: 'c', store: { value: { key: '', value: null }, children: [] } })
        expect(answer).toMatchObject({
          get: option(values.get(idOf(asked))),
          has: values.has(idOf(asked)),
          keys: NAMES.filter((name) => paths.has(`${prefix}${name}`)),
        })
      }),
      { seed: 601, numRuns: 100 },
    )
  })

  it('are equal when they hold the same, in whichever order it was put', () => {
    const program = opening({ x: text(3) }, ({ x }) => {
      const one = emptyStore(prices).put(['b'], 1).put(['a', 'c'], 2).put([x], 3)
      const other = emptyStore(prices).put([x], 3).put(['a', 'c'], 2).put(['b'], 1)
      return { same: one.tree.equals(other.tree), other: one.tree.equals(other.remove(['b']).tree) }
    })
    expect(answerOf(program, { x: 'zz' })).toEqual({ same: true, other: false })
  })

  it('are opened where they are stored', () => {
    const program = opening({ all: prices, x: text(3) }, ({ all, x }) => openStore(all).put([x, 'all'], 5).tree)
    expect(answerOf(program, { all: { value: { key: '', value: null }, children: [] }, x: 'tea' })).toEqual({
      value: { key: '', value: null },
      children: [{ value: { key: 'tea', value: null }, children: [{ value: { key: 'all', value: { some: 5 } }, children: [] }] }],
    })
  })

  it('cost a program the same for every part of a path', () => {
    const nodes = (parts: number): number =>
      opening({ all: prices, x: text(3) }, ({ all, x }) => openStore(all).put(Array<typeof x>(parts).fill(x), 5).tree).endpoints['go']!
        .blocks[0]!.body.nodes.length
    expect(nodes(9) - nodes(6)).toBe(nodes(6) - nodes(3))
    expect(nodes(9)).toBeLessThan(9 * 35)
  })
})
