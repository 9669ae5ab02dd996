/** [R2] What a front end asks of an index: ranges with one end or both, and refusals that say what there is. */
import { describe, expect, it } from 'vitest'
import type { RowsView } from '../../main/contract/index.ts'
import { readIndex, type ReadArgs } from '../../main/core/read-index.ts'
import { must, type Result } from '../../roles/protocol/result.ts'
import { createShop, SHOP } from './local-index/shop.ts'

const shop = createShop()
shop.sell(60)
const { tick, reader } = shop.tick()
const open = { tick, outline: SHOP, reader: reader() }

type Asked = Partial<ReadArgs>
const read = (asked: Asked): Promise<Result<RowsView>> =>
  readIndex(open, { collection: 'orders', index: 'byShop', equals: [], limit: 500, descending: false, ...asked })
const refusal = async (asked: Asked): Promise<string> => {
  const result = await read(asked)
  return result.ok ? 'read' : `${result.error.message} [${result.error.code}]`
}
const prices = async (asked: Asked): Promise<number[]> =>
  must(await read({ equals: ['shop 3'], ...asked })).rows.map((row) => Number(row['price']))

describe('a range of an index', () => {
  it('[R2] goes from `from` on, up to and without `to`, in the order of the index and from the asked end', async () => {
    const all = await prices({})
    expect(all.length).toBeGreaterThan(5)
    expect(all).toEqual(all.toSorted((one, other) => one - other))
    const [low, high] = [all[2]!, all.at(-2)!]
    expect(await prices({ from: low, to: high })).toEqual(all.filter((price) => price >= low && price < high))
    expect(await prices({ from: low })).toEqual(all.filter((price) => price >= low))
    expect(await prices({ to: high })).toEqual(all.filter((price) => price < high))
    expect(await prices({ from: String(low), to: String(high), descending: true, limit: 2 })).toEqual(
      all
        .filter((price) => price >= low && price < high)
        .toReversed()
        .slice(0, 2),
    )
    expect(await prices({ from: high, to: low })).toEqual([])
    // An end may lie outside of what a row may hold.
    expect(await prices({ from: -5_000, to: 5_000 })).toEqual(all)
    expect(must(await read({ equals: ['shop 3'], from: low })).proved).toBe(true)
  })

  it('bounds the first field where equals names none, and the keys after all others and of the index of keys', async () => {
    const all = must(await read({})).rows
    const from3 = must(await read({ from: 'shop 3' })).rows
    expect(from3).toEqual(all.filter((row) => String(row['shop']) >= 'shop 3'))
    const byKey = must(await read({ index: 'key' })).rows.map((row) => String(row['$key']))
    expect(must(await read({ index: 'key', from: byKey[10]!, to: byKey[12]! })).rows.map((row) => row['$key'])).toEqual(byKey.slice(10, 12))
    const { shop, price, $key } = all[7]!
    const at = { equals: [shop, price] as string[] }
    expect(must(await read({ ...at, from: String($key) })).rows).toContainEqual(all[7])
    expect(must(await read({ ...at, to: String($key) })).rows).not.toContainEqual(all[7])
  })

  it('that cannot be is refused, with the reason and what to do', async () => {
    expect(await refusal({ index: 'perShop', equals: ['shop 3'], from: 1 })).toBe(
      'from and to bound the rows of an order, and the index perShop is a count. Leave them out. [read.range]',
    )
    expect(await refusal({ index: 'key', equals: ['ab'.repeat(32)], to: 'cd'.repeat(32) })).toBe(
      'from and to bound the field after those of equals, and equals has a value for each of $key. Leave its last value out. [read.range]',
    )
    expect(await refusal({ equals: ['shop 3'], from: 'cheap' })).toBe(
      'from, a value of price, must be an integer from -9007199254740991 to 9007199254740991, not "cheap". [read.range]',
    )
    expect(await refusal({ to: 7 })).toBe('to, a value of shop, must be text of at most 20 characters, not 7. [read.range]')
    expect(await refusal({ from: null })).toContain('from, a value of shop, must be text')
  })
})

describe('an index or a collection that is not there', () => {
  it('is refused with those that are, the index of the keys among them', async () => {
    expect(await refusal({ index: 'byPrice' })).toBe(
      'The collection orders has no index byPrice. It has key (of its rows by their keys), byShop, byshop, perShop, turnover. [read.index]',
    )
    expect(await refusal({ collection: 'Orders', index: 'toString' })).toBe(
      'The collection Orders has no index toString. It has key (of its rows by their keys). [read.index]',
    )
    expect(await refusal({ collection: 'shops' })).toBe('The app has no collection shops. It has orders, Orders. [read.collection]')
  })

  it('and so is a key that can be of no row, as the beginning of one is: nothing is read for it', async () => {
    const key = String(must(await read({})).rows[0]!['$key'])
    expect(must(await read({ index: 'key', equals: [key] })).rows).toHaveLength(1)
    const wrong = (name: string, shown: string) =>
      `${name} must be a key in 64 hex digits (0-9, a-f), not "${shown}". Lists show only the beginning of a key; the command line shows it whole with --json. [read.equals]`
    expect(await refusal({ index: 'key', equals: [key.slice(0, 8)] })).toBe(wrong('$key', key.slice(0, 8)))
    expect(await refusal({ index: 'key', equals: [''] })).toBe(wrong('$key', ''))
    expect(await refusal({ index: 'byshop', equals: ['zz'] })).toBe(wrong('$owner', 'zz'))
    expect(await refusal({ equals: ['shop 3', 5, key.toUpperCase()] })).toBe(wrong('$key', key.toUpperCase()))
    expect(await refusal({ index: 'key', equals: [`${key}0`] })).toContain('$key must be a key in 64 hex digits')
    expect(await refusal({ index: 'key', equals: [5] })).toContain('in 64 hex digits')
    // An end of a range may lie between keys.
    expect(must(await read({ index: 'key', from: key.slice(0, 8) })).rows[0]!['$key']).toBe(key)
  })

  it('and so are too few or too many values', async () => {
    expect(await refusal({ index: 'perShop' })).toBe('The index takes 1 value in equals, for shop; 0 were given. [read.equals]')
    expect(await refusal({ equals: ['a', 1, 'b', 'c'] })).toBe(
      'The index takes at most 3 values in equals, for shop, price, $key; 4 were given. [read.equals]',
    )
  })
})
