import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, expect, it } from 'vitest'
import { lockFolder } from '../../../main/adapters/storage/lock.ts'
import { makeFolder } from '../../../main/adapters/storage/make-folder.ts'

const root = mkdtempSync(join(tmpdir(), 'golem-make-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

it('makes what is missing, for its owner alone where that is asked, and says where it began', () => {
  expect(makeFolder(join(root, 'a', 'b', 'c'), 0o700)).toBe(join(root, 'a'))
  expect(statSync(join(root, 'a', 'b')).mode & 0o777).toBe(0o700)
  expect(makeFolder(join(root, 'a', 'b', 'c'))).toBeUndefined()
  expect(makeFolder(join(root, 'a', 'd'))).toBe(join(root, 'a', 'd'))
})

it('says what the system says of what is no folder', () => {
  writeFileSync(join(root, 'file'), '')
  symlinkSync('nowhere', join(root, 'dangling'))
  for (const [path, code] of [
    ['file', 'EEXIST'],
    ['file/x', 'ENOTDIR'],
    ['dangling', 'EEXIST'],
    [`${'y'.repeat(300)}/x`, 'ENAMETOOLONG'],
  ] as const)
    expect(() => makeFolder(join(root, path)), path).toThrow(expect.objectContaining({ code }))
  mkdirSync(join(root, 'there'))
  expect(existsSync(join(root, 'there'))).toBe(true)
})

// Node's own `recursive` goes round for ever there, deaf to Ctrl+C.
it.skipIf(process.platform !== 'linux')('ends below /proc, where nothing can be made', () => {
  expect(() => makeFolder('/proc/golem/x')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  expect(lockFolder('/proc/golem', 100)).toMatchObject({ error: { code: 'storage.open', message: expect.stringContaining('ENOENT') } })
})
