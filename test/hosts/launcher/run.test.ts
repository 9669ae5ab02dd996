import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findElectron } from '../../../main/hosts/launcher/electron.ts'
import { repository } from '../../../main/hosts/launcher/places.ts'

const launcher = join(repository, 'main', 'hosts', 'launcher', 'run.mjs')
let folder: string
beforeAll(async () => {
  await mkdir(join(repository, '.cache'), { recursive: true })
  folder = await mkdtemp(join(repository, '.cache', 'run-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function program(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text)
  return relative(repository, join(folder, name))
}

interface Ended {
  code: number | null
  out: string
  err: string
}

/** Runs the launcher; calls `onOutput` with everything written so far. */
function launch(args: string[], onOutput: (out: string, kill: (signal: NodeJS.Signals) => void) => void = () => undefined): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [launcher, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let [out, err] = ['', '']
    child.stdout.on('data', (data) => onOutput((out += String(data)), (signal) => void child.kill(signal)))
    child.stderr.on('data', (data) => (err += String(data)))
    child.on('close', (code) => resolve({ code, out, err }))
  })
}

describe('the launcher', () => {
  it('passes arguments in and the exit code out', async () => {
    const path = await program('code.ts', "const args: string[] = process.argv.slice(2)\nconsole.log(args.join('|'))\nprocess.exit(7)\n")
    expect(await launch([path, 'a b', '--c'])).toMatchObject({ code: 7, out: 'a b|--c\n' })
  })

  it('runs programs on Node 24 or newer', async () => {
    const path = await program('version.ts', 'console.log(process.versions.node)\n')
    expect(Number.parseInt((await launch([path])).out, 10)).toBeGreaterThanOrEqual(24)
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('passes %s on and waits for the program to end in its own way', async (signal) => {
    const text = `process.on('${signal}', () => { console.log('closing'); setTimeout(() => process.exit(3), 50) })\nconsole.log('up')\nsetInterval(() => 0, 1000)\n`
    const path = await program(`${signal}.ts`, text)
    let sent = false
    const ended = await launch([path], (out, kill) => {
      if (out.includes('up') && !sent) kill(signal)
      sent ||= out.includes('up')
    })
    expect(ended).toMatchObject({ code: 3, out: 'up\nclosing\n' })
  })

  it('tells a death by signal as 128 and its number', async () => {
    const path = await program('killed.ts', "process.kill(process.pid, 'SIGKILL')\n")
    expect((await launch([path])).code).toBe(137)
  })

  it('names the commands there are when it does not know one', async () => {
    const ended = await launch(['no-such-thing'])
    expect(ended.code).toBe(2)
    expect(ended.err).toContain('start')
  })
})

describe('the Electron window', () => {
  const machine = { platform: 'linux', environment: { DISPLAY: ':0' }, root: false } as const

  it('is not opened without a screen, nor as root, and says why', () => {
    expect(findElectron(folder, { ...machine, environment: {} })).toMatchObject({ reason: expect.stringContaining('screen') })
    expect(findElectron(folder, { ...machine, root: true })).toMatchObject({ reason: expect.stringContaining('root') })
  })

  it('is not opened where the binary is missing and cannot be had', () => {
    expect(findElectron(folder, machine)).toMatchObject({ reason: expect.stringContaining('binary') })
  })

  it('is opened with the binary that Electron unpacked', async () => {
    await mkdir(join(folder, 'node_modules', 'electron', 'dist'), { recursive: true })
    await writeFile(join(folder, 'node_modules', 'electron', 'path.txt'), 'electron')
    await writeFile(join(folder, 'node_modules', 'electron', 'dist', 'electron'), '')
    expect(findElectron(folder, machine)).toEqual({ binary: join(folder, 'node_modules', 'electron', 'dist', 'electron') })
  })
})
