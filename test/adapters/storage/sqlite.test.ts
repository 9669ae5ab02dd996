import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { openSqliteStorage } from '../../../main/adapters/storage/sqlite.ts'
import { must } from '../../../roles/protocol/result.ts'
import { storageConformance } from '../../conformance/storage.ts'

const temporary = () => mkdtempSync(join(tmpdir(), 'golem-storage-'))

storageConformance('SQLite', () => {
  const folder = temporary()
  let current = must(openSqliteStorage(folder))
  return {
    port: current,
    reopen: () => {
      current.close()
      current = must(openSqliteStorage(folder))
      return current
    },
    stop: () => {
      current.close()
      rmSync(folder, { recursive: true })
    },
  }
})

describe('opening the SQLite storage', () => {
  it('refuses a file that is no database, and leaves it as it is', () => {
    const folder = temporary()
    writeFileSync(join(folder, 'store.sqlite'), 'no database at all, but long enough to have a header '.repeat(40))
    const before = readFileSync(join(folder, 'store.sqlite'))
    expect(openSqliteStorage(folder)).toMatchObject({ ok: false, error: { code: 'storage.corrupt' } })
    expect(readFileSync(join(folder, 'store.sqlite'))).toEqual(before)
    rmSync(folder, { recursive: true })
  })

  it('refuses a database with a damaged page', () => {
    const folder = temporary()
    const storage = must(openSqliteStorage(folder))
    storage.transact(Array.from({ length: 3_000 }, (_, i) => ({ table: 't', key: `key ${i}`, value: 'x'.repeat(100) })))
    storage.close()
    const path = join(folder, 'store.sqlite')
    const bytes = readFileSync(path)
    bytes.fill(0xa5, 4096 * 3, 4096 * 5)
    writeFileSync(path, bytes)
    expect(openSqliteStorage(folder)).toMatchObject({
      ok: false,
      error: { code: 'storage.corrupt', message: expect.stringContaining('backup') },
    })
    rmSync(folder, { recursive: true })
  })

  it('refuses a database that a newer app wrote', () => {
    const folder = temporary()
    must(openSqliteStorage(folder)).close()
    const db = new Database(join(folder, 'store.sqlite'))
    db.pragma('user_version = 999')
    db.close()
    expect(openSqliteStorage(folder)).toMatchObject({ ok: false, error: { code: 'storage.version' } })
    rmSync(folder, { recursive: true })
  })

  it('says where it cannot be opened', () => {
    expect(openSqliteStorage('/dev/null/folder')).toMatchObject({ ok: false, error: { code: 'storage.open' } })
  })

  it('treats a blob that was damaged on disk as missing, and takes it again', () => {
    const folder = temporary()
    const storage = must(openSqliteStorage(folder))
    const hash = '039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81'
    storage.putBlob(hash, Uint8Array.of(1, 2, 3))
    writeFileSync(join(folder, 'blobs', '03', hash), 'x')
    expect(storage.getBlob(hash)).toBeUndefined()
    storage.putBlob(hash, Uint8Array.of(1, 2, 3))
    expect([...storage.getBlob(hash)!]).toEqual([1, 2, 3])
    storage.close()
    rmSync(folder, { recursive: true })
  })
})
