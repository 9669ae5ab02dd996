import { describe, expect, it, vi } from 'vitest'
import type { Bridge } from '../../../renderer/lib/bridge.ts'
import { createNodes } from '../../../renderer/lib/client.ts'

describe('the client over the preload', () => {
  const heard: unknown[] = []
  let emit: (event: string, payload: unknown) => void = () => undefined
  let stopped = false
  const bridge: Bridge = {
    call: async (name, args) => (name === 'use.audit' ? Promise.reject(new Error('gone')) : { ok: true, value: { name, args } }),
    subscribe: (listener) => {
      emit = listener
      return () => void (stopped = true)
    },
  }
  const create = () => createNodes({ golem: bridge }).client(null)

  it('calls through it and hands its Result back', async () => {
    expect(await create().call('log', { limit: 5 })).toEqual({ ok: true, value: { name: 'log', args: { limit: 5 } } })
  })

  it('turns a broken bridge into a Result that can be retried', async () => {
    expect(await create().call('use.audit', {})).toMatchObject({ ok: false, error: { code: 'page.unreachable', retryable: true } })
  })

  it('is live at once, hears events, and stops', () => {
    const stop = create().subscribe({ event: (name, payload) => heard.push([name, payload]), connection: (state) => heard.push(state) })
    emit('log', { message: 'x' })
    stop()
    expect(heard).toEqual(['live', ['log', { message: 'x' }]])
    expect(stopped).toBe(true)
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
