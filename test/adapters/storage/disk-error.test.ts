/** What the system says of a disk, as the storage tells it. */
import { describe, expect, it } from 'vitest'
import { diskError, inWords } from '../../../main/adapters/storage/disk-error.ts'
import { diskFailure, refusable } from '../../../main/core/disk.ts'
import { fail, ok } from '../../../roles/protocol/result.ts'

const error = (code: string): Error => Object.assign(new Error(`said ${code}`), { code })

describe('An error of the disk', () => {
  it.each([
    ['SQLITE_FULL', 'storage.full'],
    ['ENOSPC', 'storage.full'],
    ['EDQUOT', 'storage.full'],
    ['SQLITE_IOERR', 'storage.disk'],
    ['SQLITE_IOERR_WRITE', 'storage.disk'],
    ['SQLITE_READONLY_DBMOVED', 'storage.disk'],
    ['SQLITE_CANTOPEN', 'storage.disk'],
    ['EIO', 'storage.disk'],
    ['EROFS', 'storage.disk'],
    ['EACCES', 'storage.disk'],
    ['ENOENT', 'storage.disk'],
  ])('%s is told as %s, with the folder and what to do, and may pass by itself', (code, expected) => {
    expect(diskFailure(diskError(error(code), '/data/golem'))).toMatchObject({
      code: expected,
      retryable: true,
      message: expect.stringMatching(/^The disk with \/data\/golem .*it goes on by itself\.$/),
    })
  })

  it.each(['SQLITE_CORRUPT', 'SQLITE_NOTADB', 'SQLITE_CONSTRAINT', 'ERR_INVALID_ARG_TYPE'])('%s is none, and stays what it is', (code) => {
    const own = error(code)
    expect([diskError(own, '/data'), diskFailure(own)]).toEqual([own, null])
  })

  it('is a result where work is refused by it, and every other error is thrown on', async () => {
    const full = inWords('/data', () => {
      throw error('ENOSPC')
    })
    expect(await refusable(() => ok(full()))).toMatchObject({ ok: false, error: { code: 'storage.full', retryable: true } })
    expect(await refusable(() => fail('other', 'No.'))).toMatchObject({ ok: false, error: { code: 'other' } })
    await expect(refusable(() => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug')
  })
})
