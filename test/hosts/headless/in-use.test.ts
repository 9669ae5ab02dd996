/** `npm start` in a folder that another one uses: a page that nobody serves is not shown, the one that is there is named. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, expect, it } from 'vitest'
import { lockFolder } from '../../../main/adapters/storage/lock.ts'
import { CONTRACT } from '../../../main/contract/index.ts'
import { must } from '../../../main/core/index.ts'
import { writeAccess } from '../../../main/hosts/terminal/access-file.ts'
import { repository } from '../../architecture/rules.ts'

const home = mkdtempSync(join(tmpdir(), 'golem-in-use-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

const start = (folder: string): Promise<{ code: unknown; out: string; err: string }> =>
  new Promise((resolve) => {
    const args = [join(repository, 'main/hosts/headless/index.ts'), '--folder', folder]
    execFile(process.execPath, args, (error, out, err) => resolve({ code: error?.code ?? 0, out, err }))
  })

it('names the page of the one that runs', async () => {
  const folder = join(home, 'taken')
  mkdirSync(folder)
  const release = must(lockFolder(folder, 0))
  const access = { url: 'http://127.0.0.1:4321', token: 'word-word-word-word', pid: process.pid, network: 'sandbox', contract: CONTRACT }
  must(writeAccess(folder, access))
  expect(await start(folder)).toEqual({
    code: 1,
    out: '',
    err: `golem: Another Golem is using ${folder}. End it first, or choose another folder. Its page: http://127.0.0.1:4321/?token=word-word-word-word\n`,
  })
  release()
})

it('says why a folder cannot be used', async () => {
  const file = join(home, 'file')
  writeFileSync(file, '')
  expect(await start(file)).toEqual({ code: 1, out: '', err: expect.stringContaining(`${file} cannot be used as a folder`) })
})
