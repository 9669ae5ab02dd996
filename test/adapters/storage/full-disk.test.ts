/** A disk that is full, that cannot be written, or that is gone: what was acknowledged stays, what is refused is told in words, and it goes on when there is room. */
import { createHash } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSqliteStorage } from '../../../main/adapters/storage/sqlite.ts'
import { diskFailure } from '../../../main/core/disk.ts'
import type { StoragePort } from '../../../main/core/ports.ts'
import { must } from '../../../roles/protocol/result.ts'
import { openSmallDisk, smallDiskAvailable, type SmallDisk } from '../../tools/small-disk.ts'

const row = (key: string) => ({ table: 't', key, value: 'x'.repeat(1_000) })
const blob = (size: number): [string, Uint8Array] => {
  const bytes = new Uint8Array(size).fill(7)
  return [createHash('sha256').update(bytes).digest('hex'), bytes]
}
const refusal = (act: () => void) => {
  try {
    act()
  } catch (error) {
    return diskFailure(error)
  }
  return 'nothing was refused'
}

// Skipped where no disk can be mounted, which takes root on Linux.
describe.skipIf(!smallDiskAvailable())('a storage whose disk', () => {
  let disk: SmallDisk
  let storage: StoragePort
  beforeEach(() => {
    disk = openSmallDisk(8)
    storage = must(openSqliteStorage(join(disk.folder, 'state')))
    storage.transact([row('before')])
  })
  afterEach(() => {
    storage.close()
    disk.close()
  })

  it('is full refuses rows and blobs in words, all of a commit or nothing, reads as before, and goes on when there is room', () => {
    disk.fill()
    const many = Array.from({ length: 50 }, (_, at) => row(`refused ${at}`))
    expect(refusal(() => storage.transact(many))).toMatchObject({ code: 'storage.full', retryable: true })
    expect(refusal(() => storage.putBlob(...blob(100_000)))).toMatchObject({
      code: 'storage.full',
      message: expect.stringMatching(/^The disk with .* is full .* Make room/),
    })
    expect(storage.list('t').map(({ key }) => key)).toEqual(['before'])
    expect(readdirSync(join(disk.folder, 'state', 'blobs')).filter((name) => name.startsWith('.new-'))).toEqual([])
    disk.empty()
    storage.transact([row('after')])
    storage.putBlob(...blob(100_000))
    storage.close()
    storage = must(openSqliteStorage(join(disk.folder, 'state')))
    expect(storage.list('t').map(({ key }) => key)).toEqual(['after', 'before'])
    expect(storage.getBlob(blob(100_000)[0])).toHaveLength(100_000)
  })

  it('fills up while it writes keeps every commit that returned, and none that did not', () => {
    const kept: string[] = []
    const next = (): string => `row ${String(kept.length).padStart(6, '0')}`
    expect(
      refusal(() => {
        for (;;) {
          storage.transact([{ table: 'many', key: next(), value: 'x'.repeat(5_000) }])
          kept.push(next())
        }
      }),
    ).toMatchObject({ code: 'storage.full' })
    expect(kept.length).toBeGreaterThan(100)
    expect(storage.list('many').map(({ key }) => key)).toEqual(kept)
    storage.close()
    // What the end of the process left needs room to be taken up, or not: it is said, and nothing of it is lost.
    const opened = openSqliteStorage(join(disk.folder, 'state'))
    if (opened.ok) opened.value.close()
    else expect(opened.error).toMatchObject({ code: 'storage.full', retryable: true })
    disk.room()
    storage = must(openSqliteStorage(join(disk.folder, 'state')))
    expect(storage.list('many').map(({ key }) => key)).toEqual(kept)
  })

  it('can be read alone is not opened, in words, and is when it can be written', () => {
    storage.close()
    disk.lock()
    expect(openSqliteStorage(join(disk.folder, 'state'))).toMatchObject({ ok: false, error: { code: 'storage.disk', retryable: true } })
    disk.unlock()
    storage = must(openSqliteStorage(join(disk.folder, 'state')))
    expect(storage.get('t', 'before')).toBe('x'.repeat(1_000))
  })

  it('has lost its folder says so, also when content is written', () => {
    rmSync(join(disk.folder, 'state', 'blobs'), { recursive: true })
    rmSync(join(disk.folder, 'state'), { recursive: true })
    disk.fill()
    expect(refusal(() => storage.putBlob(...blob(100_000)))).toMatchObject({ code: expect.stringMatching(/^storage\.(full|disk)$/) })
  })
})
