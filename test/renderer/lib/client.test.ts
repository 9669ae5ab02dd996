import { describe, expect, it, vi } from 'vitest'
import type { Bridge } from '../../../renderer/lib/bridge.ts'
import { ok } from '../../../roles/program/result.ts'
import { createNodes } from '../../../renderer/lib/client.ts'

describe('the client over the preload', () => {
  const heard: unknown[] = []
  const listeners = new Map<string, (event: string, payload: unknown) => void>()
  const emit = (event: string, payload: unknown, node: string): void => listeners.get(node)?.(event, payload)
  let stopped = false
  const bridge: Bridge = {
    call: async (name, args, node) =>
      name === 'use.audit'
        ? Promise.reject(new Error('gone'))
        : name === 'sandbox.nodes'
          ? ok(['you', 'bob'].map((id) => ({ id, name: id })))
          : { ok: true, value: { name, args, node } },
    subscribe: (node, listener) => {
      listeners.set(node, listener)
      return () => void (stopped = listeners.delete(node))
    },
  }
  const create = (node: string | null = null) => createNodes({ golem: bridge }).client(node)

  it('calls through it and hands its Result back', async () => {
    expect(await create().call('log', { limit: 5 })).toEqual({ ok: true, value: { name: 'log', args: { limit: 5 }, node: '' } })
    expect(await create('bob').call('log', { limit: 5 })).toMatchObject({ value: { node: 'bob' } })
  })

  it('turns a broken bridge into a Result that can be retried', async () => {
    expect(await create().call('use.audit', {})).toMatchObject({ ok: false, error: { code: 'page.unreachable', retryable: true } })
  })

  it('is live at once, hears events of its own node, and stops', () => {
    const stop = create('bob').subscribe({
      event: (name, payload) => heard.push([name, payload]),
      connection: (state) => heard.push(state),
    })
    emit('log', { message: 'y' }, 'you')
    emit('log', { message: 'x' }, 'bob')
    stop()
    expect(heard).toEqual(['live', ['log', { message: 'x' }]])
    expect(stopped).toBe(true)
  })

  it('hears the first node where none is chosen, whether or not it is known which that is', async () => {
    const nodes = createNodes({ golem: bridge })
    const told: unknown[] = []
    const listener = { event: (_: string, payload: unknown) => told.push(payload), connection: () => undefined }
    const stops = [nodes.client(null).subscribe(listener)]
    emit('log', { message: 'of the first' }, '')
    expect(await nodes.list()).toMatchObject({ ok: true, value: [{ id: 'you' }, { id: 'bob' }] })
    stops.push(nodes.client(null).subscribe(listener))
    emit('log', { message: 'mine' }, 'you')
    emit('log', { message: "bob's" }, 'bob')
    for (const stop of stops) stop()
    expect(told).toEqual([{ message: 'of the first' }, { message: 'mine' }])
  })

  it('a core that stops is said without anybody asking, and so is its return', async () => {
    vi.useFakeTimers()
    let answer: Awaited<ReturnType<Bridge['call']>> = { ok: true, value: [] }
    const states: string[] = []
    const watched = createNodes({ golem: { call: async () => answer, subscribe: () => () => undefined } }).client(null)
    const stop = watched.subscribe({ event: () => undefined, connection: (state) => states.push(state) })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(states).toEqual(['live'])
    answer = { ok: false, error: { code: 'core.restarting', message: 'The node stopped.', retryable: true } }
    await vi.advanceTimersByTimeAsync(10_000)
    expect(states).toEqual(['live', 'lost'])
    answer = { ok: true, value: [] }
    await vi.advanceTimersByTimeAsync(10_000)
    expect(states).toEqual(['live', 'lost', 'live'])
    stop()
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })
})
