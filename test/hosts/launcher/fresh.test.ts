/** What README.md says of a fresh checkout: `npm run headless` builds what it needs, and its page opens. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import { repository } from '../../../main/hosts/launcher/places.ts'

/** All that a checkout has and that runs; packages are there already. */
const SOURCES = ['main', 'roles', 'renderer', 'resources', 'package.json', 'package-lock.json', 'tsconfig.json']

it('npm run headless on a checkout in which nothing was built builds page and host, and opens its page', async () => {
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
    host.kill('SIGTERM')
    await ended
    expect(opened.status, said).toBe(200)
    expect(said).toContain('golem: building the page …\ngolem: building the host …\n')
  } finally {
    await rm(checkout, { recursive: true, force: true })
  }
})
