/** Ctrl+C in the middle of the demo: everything ends in order, and nothing is left behind. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { repository } from '../../../main/hosts/launcher/places.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'golem-interrupted-'))
})
afterEach(() => rm(folder, { recursive: true }))

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'npm run demo, ended by %s, says so in its exit code and leaves no folder',
  async (signal) => {
    const demo = spawn(process.execPath, [join(repository, 'main/hosts/headless/demo.ts')], {
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const ended = once(demo, 'exit') as Promise<[number | null]>
    const lines: string[] = []
    createInterface({ input: demo.stdout }).on('line', (line) => {
      lines.push(line)
      if (line.includes('starting a chain')) demo.kill(signal)
    })
    const [code] = await ended
    expect(code, lines.join('\n')).toBe(128 + constants.signals[signal])
    expect(lines.at(-1)).toContain('ending …')
    expect((await readdir(folder)).filter((name) => name.startsWith('golem-demo-'))).toEqual([])
  },
)
