import { type ChildProcess, fork } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Overview } from '../../../main/contract/index.ts'
import { passOn } from '../../../main/hosts/electron/bridge.ts'
import { startCore } from '../../../main/hosts/electron/core-process.ts'
import type { ChildPart, Parts } from '../../../main/hosts/electron/parts.ts'
import { bundle } from '../../../main/hosts/launcher/bundle.ts'
import { repository } from '../../../main/hosts/launcher/places.ts'

/** Inside the repository, because bundles find their packages in its node_modules. */
let folder: string
beforeAll(async () => {
  await mkdir(join(repository, '.cache'), { recursive: true })
  folder = await mkdtemp(join(repository, '.cache', 'network-test-'))
  await bundle('main/hosts/headless/network/entry.ts', join(folder, 'worker'), 'network')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A utility process that is an ordinary one: Electron's differs in its start, not in the messages. */
function realProcesses(children: ChildProcess[]): Pick<Parts, 'utilityProcess'> {
  return {
    utilityProcess: {
      fork(module) {
        const child = fork(module, [], { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
        children.push(child)
        const part = { postMessage: (message: object) => void child.send(message), kill: () => child.kill(), on: child.on.bind(child) }
        return part as unknown as ChildPart
      },
    },
  }
}

describe('the desktop app', () => {
  it('shows the local network: calls and events of its page reach the participants', async () => {
    const children: ChildProcess[] = []
    const states: string[] = []
    const seen = Promise.withResolvers<Overview>()
    const core = startCore(realProcesses(children), {
      module: join(folder, 'worker', 'network.js'),
      config: { folder: join(folder, 'data') },
      onEvent: (name, value) => {
        if (name === 'overview' && (value as Overview).engagements.length > 0) seen.resolve(value as Overview)
      },
      onState: (state) => void states.push(state),
    })
    const view = await seen.promise
    expect(states).toEqual(['running'])
    const [one] = view.engagements
    expect(await passOn(core, 'overview', {})).toMatchObject({
      ok: true,
      value: { engagements: expect.arrayContaining([expect.objectContaining({ name: one!.name })]) },
    })
    const group = { supervisor: 'publish', server: 'host', client: 'use' }[one!.role]
    expect(await passOn(core, `${group}.pause`, { app: one!.id })).toEqual({ ok: true, value: null })
    expect(await passOn(core, 'overview', {})).toMatchObject({
      value: { engagements: expect.arrayContaining([expect.objectContaining({ id: one!.id, state: 'paused' })]) },
    })
    expect(await passOn(core, 'use.approve', { id: 'ab'.repeat(32) })).toMatchObject({ ok: false, error: { code: 'network.nobody' } })
    await core.stop(600_000)
    expect(children.map(({ exitCode }) => exitCode)).toHaveLength(1)
    expect(children[0]!.exitCode).not.toBeNull()
  })

  it('a data folder that is none is refused in words', async () => {
    const children: ChildProcess[] = []
    const failed = Promise.withResolvers<string>()
    const core = startCore(realProcesses(children), {
      module: join(folder, 'worker', 'network.js'),
      config: { folder: '' },
      onEvent: () => undefined,
      onState: failed.resolve,
    })
    expect(await failed.promise).toContain('The setting folder is not acceptable')
    await core.stop()
  })
})
