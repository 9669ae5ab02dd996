import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { openIndex, rebuildIndex } from '../../../main/adapters/storage/index-store.ts'
import type { IndexRow } from '../../../main/core/ports.ts'
import { must } from '../../../roles/protocol/result.ts'

const folder = mkdtempSync(join(tmpdir(), 'golem-index-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const fresh = () => join(folder, `${files++}.sqlite`)

const COLLECTIONS = [
  { name: 'orders', indices: ['byPrice', 'byOwner'] },
  { name: 'odd "name"', indices: [] },
]
const bytes = (...values: number[]) => Uint8Array.from(values)
const row = (key: string, price: number | null, owner: number, value: string | null = `{"key":"${key}"}`): IndexRow => ({
  collection: 'orders',
  key,
  value,
  sortKeys: [price === null ? null : bytes(price), bytes(owner)],
})
const ALL = { from: bytes(), to: null }

describe('the index cache', () => {
  it('keeps the last update of each key, and leaves out what was deleted last', () => {
    const path = fresh()
    const updates = [row('a', 1, 1), row('b', 2, 1), row('a', 9, 1, '{"v":2}'), row('b', 2, 1, null), row('c', 3, 1, null), row('c', 3, 1)]
    expect(rebuildIndex(path, COLLECTIONS, updates)).toEqual({ rows: 2 })
    const index = must(openIndex(path, COLLECTIONS))
    expect([index.get('orders', 'a'), index.get('orders', 'b'), index.get('orders', 'c')]).toEqual(['{"v":2}', undefined, '{"key":"c"}'])
    expect(index.range('orders', 'byPrice', ALL).map((each) => each.key)).toEqual(['c', 'a'])
    index.close()
  })

  it('keeps the old cache for who reads it while a new one takes its place', () => {
    const path = fresh()
    rebuildIndex(path, COLLECTIONS, [row('a', 1, 1)])
    const old = must(openIndex(path, COLLECTIONS))
    rebuildIndex(path, COLLECTIONS, [row('b', 1, 1)])
    const now = must(openIndex(path, COLLECTIONS))
    expect([old.get('orders', 'a'), old.get('orders', 'b')]).toEqual(['{"key":"a"}', undefined])
    expect([now.get('orders', 'a'), now.get('orders', 'b')]).toEqual([undefined, '{"key":"b"}'])
    old.close()
    now.close()
  })

  it('keeps the old cache when the rows fail half way', () => {
    const path = fresh()
    rebuildIndex(path, COLLECTIONS, [row('a', 1, 1)])
    const broken = function* () {
      yield row('b', 1, 1)
      throw new Error('the source failed')
    }
    expect(() => rebuildIndex(path, COLLECTIONS, broken())).toThrow('the source failed')
    const index = must(openIndex(path, COLLECTIONS))
    expect(index.get('orders', 'a')).toBe('{"key":"a"}')
    index.close()
  })

  it('[D3] has to be rebuilt when it is missing, damaged or for other collections', () => {
    const path = fresh()
    expect(openIndex(path, COLLECTIONS)).toMatchObject({ ok: false, error: { code: 'index.none' } })
    expect(existsSync(path)).toBe(false)
    writeFileSync(path, 'nothing'.repeat(1_000))
    expect(openIndex(path, COLLECTIONS)).toMatchObject({ ok: false, error: { code: 'index.none' } })
    rebuildIndex(path, [], [])
    expect(openIndex(path, COLLECTIONS)).toMatchObject({ ok: false, error: { code: 'index.none' } })
  })

  it('refuses rows that fit no collection', () => {
    expect(() => rebuildIndex(fresh(), COLLECTIONS, [{ ...row('a', 1, 1), collection: 'none' }])).toThrow('does not fit')
    expect(() => rebuildIndex(fresh(), COLLECTIONS, [{ ...row('a', 1, 1), sortKeys: [] }])).toThrow('does not fit')
  })

  it('answers gets, ranges, continuations and counts as a plain sorted list does', () => {
    const updates = fc.array(
      fc.record({
        key: fc.string({ minLength: 1, maxLength: 3, unit: 'grapheme' }),
        price: fc.option(fc.integer({ min: 0, max: 9 })),
        owner: fc.nat(3),
        gone: fc.boolean(),
      }),
      { maxLength: 150 },
    )
    const bounds = fc.tuple(fc.nat(10), fc.option(fc.nat(10)), fc.integer({ min: 1, max: 6 }))
    fc.assert(
      fc.property(updates, bounds, (list, [from, to, limit]) => {
        const path = fresh()
        const rows = list.map((each) => row(each.key, each.price, each.owner, each.gone ? null : JSON.stringify(each)))
        rebuildIndex(path, COLLECTIONS, rows)
        const model = new Map(rows.map((each) => [each.key, each]))
        const range = { from: bytes(from), to: to === null ? null : bytes(to) }
        const expected = [...model.values()]
          .filter(
            (each) => each.value !== null && each.sortKeys[0] && each.sortKeys[0][0]! >= from && (to === null || each.sortKeys[0][0]! < to),
          )
          .sort((a, b) => a.sortKeys[0]![0]! - b.sortKeys[0]![0]! || Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)))
          .map((each) => each.key)
        const index = must(openIndex(path, COLLECTIONS))
        const found: string[] = []
        for (
          let page = index.range('orders', 'byPrice', range, { limit });
          page.length > 0;
          page = index.range('orders', 'byPrice', range, { limit, after: page.at(-1)! })
        )
          found.push(...page.map((each) => each.key))
        expect(found).toEqual(expected)
        expect(index.count('orders', 'byPrice', range)).toBe(expected.length)
        for (const each of model.values()) expect(index.get('orders', each.key)).toBe(each.value ?? undefined)
        index.close()
      }),
      { seed: 7_311, numRuns: 60 },
    )
  })
})
