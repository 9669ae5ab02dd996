import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, describe, expect, it } from 'vitest'
import { lockFolder } from '../../../main/adapters/storage/lock.ts'
import { must } from '../../../main/core/index.ts'

const above = mkdtempSync(join(tmpdir(), 'golem-lock-'))
afterAll(() => rmSync(above, { recursive: true, force: true }))

const folderWith = (name: string): string => {
  const folder = join(above, name)
  mkdirSync(folder)
  return folder
}

describe('the lock of a folder', () => {
  it('is held by one at a time, and given back', () => {
    const folder = folderWith('held')
    const release = must(lockFolder(folder, 0))
    expect(lockFolder(folder, 0)).toMatchObject({ error: { code: 'storage.locked', retryable: true } })
    release()
    must(lockFolder(folder, 0))()
  })

  it.each(['garbage', 'garbage '.repeat(2_000)])('says what SQLite says of a file that is none', (text) => {
    const folder = folderWith(`garbage-${text.length}`)
    writeFileSync(join(folder, 'lock'), text)
    const refused = lockFolder(folder, 0)
    expect(refused).toMatchObject({ error: { code: 'storage.lock', message: expect.stringContaining('file is not a database') } })
    expect(refused).toMatchObject({ error: { message: expect.stringMatching(/lock is not Golem's lock .* move it away/) } })
  })

  it('says so where a folder stands at its name', () => {
    const folder = folderWith('folder')
    mkdirSync(join(folder, 'lock'))
    expect(lockFolder(folder, 0)).toMatchObject({
      error: { code: 'storage.open', message: expect.stringContaining('unable to open database file') },
    })
  })

  it('says so where the folder is a file, or lies below one', () => {
    writeFileSync(join(above, 'file'), '')
    for (const path of [join(above, 'file'), join(above, 'file', 'below')])
      expect(lockFolder(path, 0)).toMatchObject({
        error: { code: 'storage.open', message: expect.stringContaining('cannot be used as a folder') },
      })
  })

  it.skipIf(process.getuid?.() === 0)('says so where the folder may not be written (root may always write)', () => {
    const folder = folderWith('closed')
    chmodSync(folder, 0o500)
    expect(lockFolder(folder, 0)).toMatchObject({ error: { code: 'storage.open' } })
  })

  it('says so where the file system takes nothing', () => {
    // /proc is one that is there wherever Linux is, for root too.
    if (process.platform !== 'linux') return
    expect(lockFolder('/proc/self', 0)).toMatchObject({
      error: { code: 'storage.open', message: expect.stringContaining('/proc/self/lock') },
    })
  })
})
