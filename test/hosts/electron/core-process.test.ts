import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Answer, type FromCore, startCore, type ToCore } from '../../../main/hosts/electron/core-process.ts'
import type { FromWorker, ToWorker } from '../../../main/hosts/worker/channel.ts'
import { doubleElectron } from './double.ts'

function started() {
  const { parts, children } = doubleElectron()
  const heard: unknown[][] = []
  const states: string[] = []
  const core = startCore(parts, {
    module: '/w.js',
    config: { folder: '/d' },
    onEvent: (...args) => void heard.push(args),
    onState: (state) => void states.push(state),
  })
  const child = (at = -1) => {
    const found = children.at(at)
    if (found === undefined) throw new Error('no child')
    return found
  }
  return { core, children, child, heard, states }
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

describe('the core in its process', () => {
  it('answers each call with its own result, in whatever order they come', async () => {
    const { core, child } = started()
    const first = core.call('overview', {})
    const second = core.call('log', { limit: 1 })
    const [, one, two] = child().received
    child().events.emit('message', { kind: 'result', id: two?.['id'], result: { ok: true, value: 2 } })
    child().events.emit('message', { kind: 'result', id: one?.['id'], result: { ok: true, value: 1 } })
    expect([await first, await second]).toEqual([
      { ok: true, value: 1 },
      { ok: true, value: 2 },
    ])
  })

  it('a crash answers what was waiting as retryable and starts it again', async () => {
    const { core, child, children, states } = started()
    const waiting = core.call('overview', {})
    child().events.emit('exit', 9)
    expect(await waiting).toMatchObject({ ok: false, error: { code: 'core.restarting', retryable: true } })
    expect(await core.call('overview', {})).toMatchObject({ error: { code: 'core.restarting' } })
    vi.advanceTimersByTime(250)
    expect(children.length).toBe(2)
    expect(states).toEqual(['restarting'])
  })

  it('one that does not stay up is given up, and calls say so', async () => {
    const { core, child, children, states } = started()
    for (let n = 0; n < 6; n++) {
      child().events.emit('exit', 1)
      vi.advanceTimersByTime(10_000)
    }
    expect(children.length).toBe(6)
    expect(states.at(-1)).toBe('stopped: it does not stay up')
    expect(await core.call('overview', {})).toMatchObject({ error: { code: 'core.stopped', retryable: false } })
  })

  it('crashes that are far apart never add up', () => {
    const { child, children } = started()
    for (let n = 0; n < 20; n++) {
      child().events.emit('exit', 1)
      vi.advanceTimersByTime(61_000)
    }
    expect(children.length).toBe(21)
  })

  it('one that does not stop in time is ended by force, and not restarted', async () => {
    const { core, child, children } = started()
    const stopped = core.stop(5000)
    vi.advanceTimersByTime(5000)
    await stopped
    expect(child().seen.killed).toBe(1)
    vi.advanceTimersByTime(60_000)
    expect(children.length).toBe(1)
  })
})

describe('the nodes that are heard', () => {
  it('are told to the core as they change, and all of them anew to one that took its place', () => {
    const { core, child } = started()
    const asked = () => child().received.filter(({ kind }) => kind === 'hear')
    core.hear(['you'])
    core.hear(['you', 'bob'])
    core.hear(['bob'])
    const hear = (node: string, events: string[]) => ({ kind: 'hear', node, events })
    expect(asked()).toEqual([hear('you', ['changed', 'log']), hear('bob', ['changed', 'log']), hear('you', [])])
    child().events.emit('exit', 9)
    core.hear(['', 'bob'])
    vi.advanceTimersByTime(250)
    expect(asked()).toEqual([hear('', ['changed', 'log']), hear('bob', ['changed', 'log'])])
  })
})

/** Compile-time: a message that one end does not know, or spells otherwise, is a type error here. */
const sent = (message: ToCore): ToWorker => message
const understood = (message: FromWorker): FromCore => message

describe('the worker at the other end', () => {
  it('is started with its configuration, also after a crash', () => {
    const { child } = started()
    expect(child().received).toEqual([{ kind: 'start', node: '', config: { folder: '/d' } }])
    child().events.emit('exit', 9)
    vi.advanceTimersByTime(250)
    expect(child().received).toEqual([{ kind: 'start', node: '', config: { folder: '/d' } }])
  })

  it('speaks the words of its channel: events, readiness and failures are heard, calls carry name and arguments', async () => {
    const { core, child, heard, states } = started()
    const failure: Answer = { ok: false, error: { code: 'x', message: 'y', retryable: false } }
    const call = core.call('log', { limit: 3 }, 'bob')
    expect(child().received[1]).toEqual(sent({ kind: 'call', id: 1, node: 'bob', name: 'log', args: { limit: 3 } }))
    const messages: FromWorker[] = [
      { kind: 'ready', node: '' },
      { kind: 'event', node: 'bob', event: 'log', payload: 'line' },
      { kind: 'failed', node: '', code: 'settings.invalid', message: 'The setting folder is not acceptable.' },
      { kind: 'result', id: 1, result: failure },
      { kind: 'result', id: 99, result: failure },
    ]
    for (const message of messages) child().events.emit('message', understood(message))
    expect(await call).toEqual(failure)
    expect(heard).toEqual([['log', 'line', 'bob']])
    expect(states).toEqual(['running', 'failed: The setting folder is not acceptable.'])
  })
})
