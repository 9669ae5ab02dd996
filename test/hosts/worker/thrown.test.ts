/** Whose fault it is that a participant does not start: told apart by what was thrown. */
import { createServer } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { makeFolder } from '../../../main/adapters/storage/make-folder.ts'
import { thrown } from '../../../main/hosts/worker/thrown.ts'

const caught = async (act: () => unknown): Promise<unknown> => {
  try {
    await act()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

it('a port that is taken and a folder that cannot be made are the computer’s', async () => {
  const first = createServer()
  await new Promise<void>((resolve) => first.listen(0, '127.0.0.1', resolve))
  const taken = await caught(() => new Promise((_, reject) => createServer().once('error', reject).listen(first.address())))
  first.close()
  expect(thrown(taken, '/f')).toMatchObject({
    error: { code: 'participant.system', retryable: true, message: expect.stringContaining('EADDRINUSE') },
  })
  const folder = mkdtempSync(join(tmpdir(), 'golem-thrown-'))
  writeFileSync(join(folder, 'file'), '')
  expect(thrown(await caught(() => makeFolder(join(folder, 'file', 'x'), 0o700)), folder)).toMatchObject({
    error: { code: 'participant.system' },
  })
  rmSync(folder, { recursive: true })
})

it('a database that is none is its data’s', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'golem-thrown-'))
  const path = join(folder, 'db')
  writeFileSync(path, 'garbage '.repeat(2_000))
  const error = await caught(() => new Database(path).pragma('user_version'))
  expect(thrown(error, folder)).toMatchObject({ error: { code: 'storage.corrupt', message: expect.stringContaining(folder) } })
  rmSync(folder, { recursive: true })
})

it('a row that does not open, and what nobody foresaw', () => {
  expect(thrown(Object.assign(new Error('The row 1 does not open.'), { code: 'stored.sealed' }), '/f')).toMatchObject({
    error: { code: 'stored.sealed', message: 'The row 1 does not open.' },
  })
  expect(thrown(new TypeError('x is not iterable'), '/f')).toMatchObject({
    error: { code: 'participant.start', message: 'Its folder /f cannot be used: x is not iterable' },
  })
})
