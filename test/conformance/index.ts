import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { IndexPort, IndexRow } from '../../main/core/ports.ts'
import { must } from '../../roles/protocol/result.ts'

const COLLECTIONS = [
  { name: '0 posts', indices: ['0 key', '1 byTopic'] },
  { name: 'about', indices: [] },
]
const bytes = (...values: number[]) => Uint8Array.from(values)
const post = (key: string, at: number, topic: number | null, value: string | null = `{"key":"${key}"}`): IndexRow => ({
  collection: '0 posts',
  key,
  value,
  sortKeys: [bytes(at), topic === null ? null : bytes(topic, at)],
})
const ALL = { from: bytes(), to: null }

/** What every IndexPort keeps. `reopen` ends it and opens what it left; `remove` deletes what is kept, `damage` spoils it, while nothing has it open. */
export function indexConformance(
  name: string,
  start: () => { port: IndexPort; reopen(): Promise<IndexPort>; remove(): void; damage(): void; stop(): Promise<void> },
): void {
  describe(`${name} as an index cache`, () => {
    let started: ReturnType<typeof start>
    let index: IndexPort
    beforeEach(() => {
      started = start()
      index = started.port
    })
    afterEach(() => started.stop())

    const open = () => index.open('client', COLLECTIONS)
    const none = { ok: false, error: { code: 'index.none' } }
    const write = async (...batches: IndexRow[][]) => {
      const made = index.rebuild('client', COLLECTIONS)
      for (const batch of batches) await made.add(batch)
      return made.finish()
    }
    const keys = () => {
      const store = must(open())
      const found = store.range('0 posts', '0 key', ALL).map(({ key }) => key)
      store.close()
      return found
    }

    it('has nothing until a rebuild was finished', async () => {
      expect(open()).toMatchObject(none)
      const made = index.rebuild('client', COLLECTIONS)
      await made.add([post('a', 1, 1)])
      expect(open()).toMatchObject(none)
      expect(must(await made.finish())).toEqual({ rows: 1 })
      expect(keys()).toEqual(['a'])
    })

    it('answers by every index, in order, within a range, and by key; the last row of a key counts', async () => {
      await write([post('a', 3, 7), post('b', 1, 7)], [post('c', 2, null), post('a', 4, 6), post('d', 5, 5), post('d', 5, 5, null)])
      const store = must(open())
      expect(store.range('0 posts', '0 key', ALL).map(({ key }) => key)).toEqual(['b', 'c', 'a'])
      expect(
        store.range('0 posts', '1 byTopic', { from: bytes(7), to: bytes(8) }).map(({ key, sortKey, value }) => [key, [...sortKey], value]),
      ).toEqual([['b', [7, 1], '{"key":"b"}']])
      expect([store.get('0 posts', 'c'), store.get('0 posts', 'd')]).toEqual(['{"key":"c"}', undefined])
      expect(store.count('0 posts', '0 key', { from: bytes(2), to: null })).toBe(2)
      expect(store.range('0 posts', '0 key', ALL, { limit: 2, after: { sortKey: bytes(1), key: 'b' } }).map(({ key }) => key)).toEqual([
        'c',
        'a',
      ])
      store.close()
    })

    it('keeps the old one when a rebuild is abandoned, and puts a new one in its place at once', async () => {
      await write([post('a', 1, 1)])
      const left = index.rebuild('client', COLLECTIONS)
      await left.add([post('x', 1, 1)])
      left.abandon()
      expect(keys()).toEqual(['a'])
      await write([post('b', 1, 1)])
      expect(keys()).toEqual(['b'])
    })

    it('[D3] can be deleted, and has to be rebuilt when it is missing, damaged or for other collections', async () => {
      await write([post('a', 1, 1)])
      index = await started.reopen()
      expect(keys()).toEqual(['a'])
      expect(index.open('client', [...COLLECTIONS, { name: '1 likes', indices: ['0 key'] }])).toMatchObject(none)
      expect(index.open('other', COLLECTIONS)).toMatchObject(none)
      started.damage()
      expect(open()).toMatchObject(none)
      started.remove()
      expect(open()).toMatchObject(none)
      await write([post('b', 1, 1)])
      expect(keys()).toEqual(['b'])
    })
  })
}
