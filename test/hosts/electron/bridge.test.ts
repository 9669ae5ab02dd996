import { describe, expect, it, vi } from 'vitest'
import { commands, events } from '../../../main/contract/index.ts'
import { sandbox } from '../../../main/contract/sandbox.ts'
import { bridgeCalls, passOn } from '../../../main/hosts/electron/bridge.ts'
import { createPageApi, type PageApi } from '../../../main/hosts/electron/page-api.ts'
import { doubleElectron, doubleIpcRenderer } from './double.ts'

function recordingCore() {
  const calls: unknown[][] = []
  const heard: Array<readonly string[]> = []
  return {
    calls,
    heard,
    hear: (nodes: readonly string[]) => void heard.push(nodes),
    call: async (name: string, args: unknown, node = '') => {
      calls.push([name, args, node])
      return { ok: true as const, value: 'done' }
    },
  }
}

describe('the bridge', () => {
  it('passes on a command of the contract with arguments that fit', async () => {
    const core = recordingCore()
    expect(await passOn(core, 'log', { limit: 5 })).toEqual({ ok: true, value: 'done' })
    expect(await passOn(core, 'overview', {}, 'bob')).toEqual({ ok: true, value: 'done' })
    expect(await passOn(core, 'sandbox.mine', { blocks: 1 })).toEqual({ ok: true, value: 'done' })
    expect(core.calls).toEqual([
      ['log', { limit: 5 }, ''],
      ['overview', {}, 'bob'],
      ['sandbox.mine', { blocks: 1 }, ''],
    ])
  })

  it.each([['evil'], ['constructor'], ['__proto__'], [7]])('refuses %s, which is no command', async (name) => {
    const core = recordingCore()
    expect(await passOn(core, name, {})).toMatchObject({ ok: false, error: { code: 'contract.unknown-command' } })
    expect(core.calls).toEqual([])
  })

  it('names the argument that does not fit', async () => {
    const core = recordingCore()
    const answer = await passOn(core, 'log', { limit: 'many' })
    expect(answer).toMatchObject({ ok: false, error: { code: 'contract.arguments' } })
    expect(answer.ok ? '' : answer.error.message).toBe(
      'log: limit has to be a whole number from 1 to 1000, not text of 4 characters. Correct it, and send it again.',
    )
    expect(core.calls).toEqual([])
  })

  it('refuses a node that is no name', async () => {
    const core = recordingCore()
    expect(await passOn(core, 'overview', {}, { id: 'you' })).toMatchObject({ ok: false, error: { code: 'contract.node' } })
    expect(core.calls).toEqual([])
  })

  it('answers only our own page', async () => {
    const { parts, handlers } = doubleElectron()
    const core = recordingCore()
    bridgeCalls(parts.ipcMain, core)
    const handler = handlers.get('golem:call')
    const from = (url: string | undefined) => handler?.({ senderFrame: url === undefined ? null : { url } } as never, 'overview', {})
    expect(await from('golem://app/index.html')).toEqual({ ok: true, value: 'done' })
    for (const url of ['https://example.org/', 'golem://app.evil/', undefined])
      expect(await from(url)).toMatchObject({ error: { code: 'contract.sender' } })
    expect(core.calls.length).toBe(1)
  })

  it('hears the nodes that our own page names, and nothing else', async () => {
    const { parts, handlers } = doubleElectron()
    const core = recordingCore()
    bridgeCalls(parts.ipcMain, core)
    const from = (url: string, nodes: unknown) => handlers.get('golem:hear')?.({ senderFrame: { url } } as never, nodes)
    expect(await from('golem://app/index.html', ['', 'bob'])).toEqual({ ok: true, value: null })
    expect(await from('https://example.org/', ['bob'])).toMatchObject({ error: { code: 'contract.sender' } })
    for (const nodes of ['bob', [7], Array(17).fill('bob'), ['x'.repeat(65)], undefined])
      expect(await from('golem://app/index.html', nodes)).toMatchObject({ error: { code: 'contract.node' } })
    expect(core.heard).toEqual([['', 'bob']])
  })

  it('has one channel for calls, one for what is heard, and no other', () => {
    const { parts, handlers } = doubleElectron()
    bridgeCalls(parts.ipcMain, recordingCore())
    expect([...handlers.keys()]).toEqual(['golem:call', 'golem:hear'])
  })
})

describe('the page', () => {
  const names = {
    commands: Object.keys({ ...commands, ...sandbox }),
    events,
    callChannel: 'call',
    hearChannel: 'hear',
    eventChannel: 'event',
  }

  it('can call commands of the contract only', async () => {
    const { ipc, invoked } = doubleIpcRenderer()
    const api = createPageApi(ipc, names)
    await expect(api.call('overview', {})).resolves.toEqual({ ok: true, value: 'answered' })
    await expect(api.call('shell', {})).rejects.toThrow('shell')
    await expect(api.call('overview', {}, 'bob')).resolves.toEqual({ ok: true, value: 'answered' })
    expect(invoked).toEqual([
      ['call', 'overview', {}, ''],
      ['call', 'overview', {}, 'bob'],
    ])
  })

  it('hears events of the contract only, without the object that reaches the channels, until it stops', () => {
    const { ipc, events: emitter } = doubleIpcRenderer()
    const heard: unknown[][] = []
    const stop = createPageApi(ipc, names).subscribe('bob', (...args) => void heard.push(args))
    emitter.emit('event', { sender: 'danger' }, 'log', 1, 'bob')
    emitter.emit('event', { sender: 'danger' }, 'other', 2, 'bob')
    stop()
    emitter.emit('event', { sender: 'danger' }, 'log', 3, 'bob')
    expect(heard).toEqual([['log', 1]])
  })

  it('hears the nodes alone that it listens to, and says which these are whenever that changes', () => {
    const { ipc, events: emitter, invoked } = doubleIpcRenderer()
    const api = createPageApi(ipc, names)
    const heard: unknown[][] = []
    const stops = ['bob', '', 'bob'].map((node, at) => api.subscribe(node, (...args) => void heard.push([at, ...args])))
    emitter.emit('event', {}, 'log', 'of bob', 'bob')
    emitter.emit('event', {}, 'log', 'of the first', '')
    emitter.emit('event', {}, 'log', 'of another', 'carol')
    for (const stop of stops) stop()
    expect(heard).toEqual([
      [0, 'log', 'of bob'],
      [2, 'log', 'of bob'],
      [1, 'log', 'of the first'],
    ])
    expect(invoked).toEqual([['bob'], ['bob', ''], ['bob', ''], ['', 'bob'], ['bob'], []].map((nodes) => ['hear', nodes]))
    expect(() => api.subscribe(7 as never, () => undefined)).toThrow('the id of a node')
  })

  it('is given exactly call and subscribe by the preload', async () => {
    const exposed: Record<string, unknown> = {}
    const { ipc, invoked } = doubleIpcRenderer()
    vi.doMock('electron', () => ({
      contextBridge: { exposeInMainWorld: (key: string, api: unknown) => void (exposed[key] = api) },
      ipcRenderer: ipc,
    }))
    await import('../../../main/hosts/electron/preload.ts')
    vi.doUnmock('electron')
    expect(Object.keys(exposed)).toEqual(['golem'])
    expect(Object.keys(exposed['golem'] as object).sort()).toEqual(['call', 'subscribe'])
    const all = Object.keys({ ...commands, ...sandbox })
    for (const name of all) await (exposed['golem'] as PageApi).call(name, {})
    expect(invoked.map(([, name]) => name)).toEqual(all)
  })
})
