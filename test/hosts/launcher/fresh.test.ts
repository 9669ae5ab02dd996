/** What README.md says of a fresh checkout: `npm run headless` builds what it needs, and its page opens; what it started ends before it does. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import { lockFolder } from '../../../main/adapters/storage/lock.ts'
import { repository } from '../../../main/hosts/launcher/places.ts'

/** All that a checkout has and that runs; packages are there already. */
const SOURCES = ['main', 'roles', 'renderer', 'resources', 'package.json', 'package-lock.json', 'tsconfig.json']

/** Folders of those who have begun. */
const participants = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { withFileTypes: true }).catch(() => [])).filter((one) => one.isDirectory()).map(({ name }) => name)

it('npm run headless on a checkout in which nothing was built builds page and host, opens its page, and ends all that it started', async () => {
  const checkout = await mkdtemp(join(tmpdir(), 'golem-fresh-'))
  try {
    for (const source of SOURCES) await cp(join(repository, source), join(checkout, source), { recursive: true })
    await symlink(join(repository, 'node_modules'), join(checkout, 'node_modules'))
    const env = { ...process.env, GOLEM_NO_BROWSER: '1', GOLEM_FOLDER: join(checkout, 'data') }
    const host = spawn(process.execPath, [join(checkout, 'main/hosts/launcher/run.mjs'), 'headless'], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const ended = once(host, 'exit')
    let said = ''
    host.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const address = await new Promise<string>((resolve, reject) => {
      createInterface({ input: host.stdout }).on('line', (line) => {
        said += `${line}\n`
        const found = /^golem: page at (http:\S+)$/.exec(line)
        if (found) resolve(found[1]!)
      })
      host.once('exit', (code) => reject(new Error(`it ended with ${code}:\n${said}`)))
    })
    const opened = await fetch(address)
    const data = join(checkout, 'data')
    // In the middle of the start.
    while (!(await participants(data)).includes('supervisor')) await new Promise((resolve) => setTimeout(resolve, 20))
    host.kill('SIGTERM')
    await ended
    for (const name of ['.', ...(await participants(data))]) {
      const lock = lockFolder(join(data, name), 0)
      expect(lock, name).toMatchObject({ ok: true })
      if (lock.ok) lock.value()
    }
    expect(opened.status, said).toBe(200)
    expect(said).toContain('golem: building the page …\ngolem: building the host …\n')
  } finally {
    // Without retries: a process that outlived its host would still write here.
    await rm(checkout, { recursive: true, force: true })
  }
})
