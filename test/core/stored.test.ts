/** Rows in a form that this node does not know are refused and left alone; older forms are brought up step by step. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { globSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkStored, STORED, type Kinds } from '../../main/core/stored.ts'
import { createMemoryDisk, createMemoryStorage } from '../simulation/ports/storage.ts'

const two: Kinds = {
  notes: {
    what: 'notes',
    tables: ['note'],
    form: 3,
    migrations: {
      1: (storage) => storage.list('note').map(({ key, value }) => ({ table: 'note', key, value: { text: value } })),
      2: (storage) =>
        storage.list('note').map(({ key, value }) => ({ table: 'note', key, value: { ...(value as object), pinned: false } })),
    },
  },
}
const stage = (form?: unknown, notes: Record<string, string> = { a: 'one', b: 'two' }) => {
  const disk = createMemoryDisk()
  const storage = createMemoryStorage(disk)
  storage.transact(Object.entries(notes).map(([key, value]) => ({ table: 'note', key, value })))
  if (form !== undefined) storage.transact([{ table: 'form', key: 'notes', value: form as never }])
  return { disk, storage }
}

describe('what is stored', () => {
  it('is brought up to date one form after the other, and only once', () => {
    const { storage } = stage(1)
    expect(checkStored(storage, two)).toMatchObject({ ok: true })
    expect(storage.list('note').map(({ value }) => value)).toEqual([
      { text: 'one', pinned: false },
      { text: 'two', pinned: false },
    ])
    expect(checkStored(storage, two)).toMatchObject({ ok: true })
    expect([storage.get('form', 'notes'), storage.get('note', 'a')]).toEqual([3, { text: 'one', pinned: false }])
  })

  it('survives a death between two forms', () => {
    const { disk } = stage(1)
    let left = 2
    const dying = createMemoryStorage(disk, () => {
      if (--left === 0) throw new Error('dead')
    })
    expect(() => checkStored(dying, two)).toThrow('dead')
    const again = createMemoryStorage(disk)
    expect([again.get('form', 'notes'), again.get('note', 'a')]).toEqual([2, { text: 'one' }])
    expect(checkStored(again, two).ok).toBe(true)
    expect(again.get('note', 'b')).toEqual({ text: 'two', pinned: false })
  })

  it('is refused without a number, in a newer form, or with a damaged number, and is left as it was', () => {
    const cases: Array<[unknown, string]> = [
      [undefined, 'stored.older'],
      [4, 'stored.newer'],
      [0, 'stored.older'],
      ['3', 'stored.older'],
      [1.5, 'stored.older'],
    ]
    for (const [form, code] of cases) {
      const { disk, storage } = stage(form)
      const before = JSON.stringify([...disk.rows].map(([table, rows]) => [table, [...rows]]))
      expect(checkStored(storage, two), String(form)).toMatchObject({
        ok: false,
        error: { code, message: expect.stringContaining('notes') },
      })
      expect(JSON.stringify([...disk.rows].map(([table, rows]) => [table, [...rows]]))).toBe(before)
    }
    expect(checkStored(stage(undefined, {}).storage, two).ok).toBe(true)
  })

  it('counts every table that the core writes', () => {
    const core = fileURLToPath(new URL('../../main/core/', import.meta.url))
    const text = globSync('**/*.ts', { cwd: core }).map((file) => readFileSync(`${core}${file}`, 'utf8'))
    const names = new Map(
      text.flatMap((one) => [...one.matchAll(/const ([A-Z_]+) = '([a-z-]+)'/g)].map((found) => [found[1]!, found[2]!] as const)),
    )
    const written = text.flatMap((one) =>
      [...one.matchAll(/\btable: (?:'([a-z-]+)'|([A-Z_]+))/g)].map(([, name, constant]) => name ?? names.get(constant!)!),
    )
    const known = new Set([...Object.values(STORED).flatMap(({ tables }) => tables), 'form', 'identity'])
    expect([...new Set(written)].filter((table) => !known.has(table))).toEqual([])
    expect(written.length).toBeGreaterThan(15)
  })

  it('is refused in a form of an older protocol, from which nothing leads on, and is left as it was', () => {
    const later: Kinds = { notes: { ...two['notes']!, form: 4, migrations: { 3: two['notes']!.migrations[2]! } } }
    for (const form of [1, 2]) {
      const { storage } = stage(form)
      expect(checkStored(storage, later)).toMatchObject({
        ok: false,
        error: { code: 'stored.older', message: expect.stringContaining(`form ${form}`) },
      })
      expect([storage.get('form', 'notes'), storage.get('note', 'a')]).toEqual([form, 'one'])
    }
    expect(checkStored(stage(3).storage, later)).toMatchObject({ ok: true })
  })
})
