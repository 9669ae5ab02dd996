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
  await bundle('main/hosts/sandbox/entry.ts', join(folder, 'worker'), 'network')
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
  it('shows the sandbox: calls and events of its page reach every node, and the sandbox itself', async () => {
    const children: ChildProcess[] = []
    const states: string[] = []
    const seen = new Map<string, PromiseWithResolvers<Overview>>(['supervisor', 'server-1'].map((name) => [name, Promise.withResolvers()]))
    const told = new Set<string>()
    const look = async (node: string): Promise<void> => {
      const answer = await passOn(core, 'overview', {}, node)
      if (answer.ok && (answer.value as Overview).engagements.length > 0) seen.get(node)?.resolve(answer.value as Overview)
    }
    const core = startCore(realProcesses(children), {
      module: join(folder, 'worker', 'network.js'),
      config: { folder: join(folder, 'data') },
      onEvent: (name, _, node) => {
        told.add(node)
        if (name === 'changed') void look(node)
      },
      onState: (state) => void states.push(state),
    })
    core.hear([...seen.keys()])
    const views = await Promise.all([...seen.values()].map(({ promise }) => promise))
    expect(states).toEqual(['running'])
    expect([...told].sort()).toEqual(['server-1', 'supervisor'])
    expect(views.map(({ engagements }) => engagements.map(({ name, role }) => [name, role]))).toEqual([
      [['supervisor', 'supervisor']],
      [['server-1', 'server']],
    ])
    const nodes = await passOn(core, 'sandbox.nodes', {})
    expect((nodes as { value: Array<{ id: string }> }).value.map(({ id }) => id).slice(0, 3)).toEqual(['you', 'bob', 'supervisor'])
    expect(await passOn(core, 'overview', {})).toMatchObject({ ok: true, value: { node: { name: 'you', network: 'sandbox' } } })
    expect(await passOn(core, 'host.pause', { app: views[1]!.engagements[0]!.id }, 'server-1')).toEqual({ ok: true, value: null })
    expect(await passOn(core, 'overview', {}, 'server-1')).toMatchObject({ value: { engagements: [{ state: 'paused' }] } })
    expect(await passOn(core, 'overview', {}, 'nobody')).toMatchObject({ ok: false, error: { code: 'sandbox.node' } })
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
