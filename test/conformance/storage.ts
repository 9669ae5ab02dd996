import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StoragePort } from '../../main/core/ports.ts'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** What every StoragePort keeps. `start` makes an empty one; `reopen` closes it and opens the same content again. */
export function storageConformance(name: string, start: () => { port: StoragePort; reopen(): StoragePort; stop(): void }): void {
  describe(`${name} as a storage`, () => {
    let started: ReturnType<typeof start>
    let storage: StoragePort
    beforeEach(() => {
      started = start()
      storage = started.port
    })
    afterEach(() => started.stop())

    it('has nothing at a key that was never written', () => {
      expect(storage.get('state', 'tick')).toBeUndefined()
      expect(storage.list('state')).toEqual([])
    })

    it('gives back every JSON value as it was written', () => {
      const value = { text: 'ä \u0000 😀', number: -1.5, list: [null, true, { deep: [] }], empty: '' }
      storage.transact([
        { table: 't', key: 'k', value },
        { table: 't', key: 'nothing', value: null },
      ])
      expect(storage.get('t', 'k')).toEqual(value)
      expect(storage.get('t', 'nothing')).toBeNull()
    })

    it('keeps tables apart', () => {
      storage.transact([
        { table: 'a', key: 'k', value: 1 },
        { table: 'b', key: 'k', value: 2 },
      ])
      expect([storage.get('a', 'k'), storage.get('b', 'k')]).toEqual([1, 2])
      expect(storage.list('a')).toEqual([{ key: 'k', value: 1 }])
    })

    it('applies the writes of one call in order', () => {
      storage.transact([
        { table: 't', key: 'k', value: 1 },
        { table: 't', key: 'k', delete: true },
        { table: 't', key: 'k', value: 3 },
        { table: 't', key: 'x', delete: true },
      ])
      expect(storage.list('t')).toEqual([{ key: 'k', value: 3 }])
    })

    it('lists by prefix in the order of keys, up to a limit', () => {
      const keys = ['b/2', 'a/1', 'b/10', 'b', 'b0', 'b/', 'c', 'b/é', 'b/\u{10ffff}x']
      storage.transact(keys.map((key) => ({ table: 't', key, value: key })))
      const listed = (prefix?: string, limit?: number) => storage.list('t', prefix, limit).map((row) => row.key)
      expect(listed('b/')).toEqual(['b/', 'b/10', 'b/2', 'b/é', 'b/\u{10ffff}x'])
      expect(listed('b/', 2)).toEqual(['b/', 'b/10'])
      expect(listed('b/\u{10ffff}')).toEqual(['b/\u{10ffff}x'])
      expect(listed()).toEqual(['a/1', 'b', 'b/', 'b/10', 'b/2', 'b/é', 'b/\u{10ffff}x', 'b0', 'c'])
      expect(listed('zzz')).toEqual([])
    })

    it('writes nothing of a transaction that fails', () => {
      storage.transact([{ table: 't', key: 'a', value: 1 }])
      const circular: { [key: string]: never } = {}
      circular['self'] = circular as never
      expect(() =>
        storage.transact([
          { table: 't', key: 'a', value: 2 },
          { table: 't', key: 'b', value: circular },
        ]),
      ).toThrow()
      expect(storage.list('t')).toEqual([{ key: 'a', value: 1 }])
    })

    it('does not let a caller change what is stored through a value it gave or got', () => {
      const value = { list: [1] }
      storage.transact([{ table: 't', key: 'k', value }])
      value.list.push(2)
      ;(storage.get('t', 'k') as typeof value).list.push(3)
      expect(storage.get('t', 'k')).toEqual({ list: [1] })
    })

    it('keeps blobs by hash, and refuses bytes of another hash', () => {
      const bytes = new Uint8Array(70_000).fill(7)
      storage.putBlob(sha256(bytes), bytes)
      storage.putBlob(sha256(bytes), bytes)
      expect(storage.getBlob(sha256(bytes))).toEqual(Uint8Array.from(bytes))
      expect(storage.getBlob(sha256(Uint8Array.of(1)))).toBeUndefined()
      expect(() => storage.putBlob(sha256(Uint8Array.of(1)), bytes)).toThrow(/hash/)
    })

    it('deletes a blob, and what is none without complaint', () => {
      const [bytes, other] = [Uint8Array.of(1, 2), Uint8Array.of(3)]
      for (const each of [bytes, other]) storage.putBlob(sha256(each), each)
      for (const name of [sha256(bytes), sha256(bytes), 'no digest', '../x']) storage.dropBlob(name)
      expect(storage.getBlob(sha256(bytes))).toBeUndefined()
      expect(storage.getBlob(sha256(other))).toEqual(other)
      storage.putBlob(sha256(bytes), bytes)
      expect(storage.getBlob(sha256(bytes))).toEqual(bytes)
    })

    it('has everything again after it was closed and opened', () => {
      const bytes = Uint8Array.of(1, 2, 3)
      storage.transact([{ table: 't', key: 'k', value: ['v'] }])
      storage.putBlob(sha256(bytes), bytes)
      const again = started.reopen()
      expect(again.get('t', 'k')).toEqual(['v'])
      expect(again.getBlob(sha256(bytes))).toEqual(bytes)
    })
  })
}
