import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TransportPort } from '../../main/core/ports.ts'
import { fail, must, ok, type Result } from '../../roles/protocol/result.ts'

type Handler = Parameters<TransportPort['serve']>[1]
type ServeOptions = Parameters<TransportPort['serve']>[0]
/** No measure of speed: what is to take too long names its own. */
const LONG_MS = 600_000
const LIMITS = { timeoutMs: LONG_MS, maxBytes: 100_000 }
const SERVE: ServeOptions = {
  host: '127.0.0.1',
  port: 0,
  maxBytes: 10_000,
  timeoutMs: LONG_MS,
  perMinutePerPeer: { requests: 1_000, bytes: 1e12 },
}

/** What every TransportPort keeps. `start` makes a fresh one. */
export function transportConformance(name: string, start: () => { port: TransportPort; stop(): Promise<void> | void }): void {
  describe(`${name} as a transport`, () => {
    let transport: TransportPort
    let cleanup: Array<() => Promise<void> | void>
    beforeEach(() => {
      const started = start()
      transport = started.port
      cleanup = [() => started.stop()]
    })
    afterEach(async () => {
      for (const each of cleanup.reverse()) await each()
    })

    const serve = async (handler: Handler, options: Partial<ServeOptions> = {}) => {
      const server = must(await transport.serve({ ...SERVE, ...options }, handler))
      cleanup.push(() => server.close())
      return { host: '127.0.0.1', port: server.port, close: () => server.close() }
    }
    const codeOf = (result: Result<unknown>) => (result.ok ? 'ok' : result.error.code)

    it('carries every byte value to the handler and back, with the path', async () => {
      const all = Uint8Array.from({ length: 256 }, (_, i) => i)
      const to = await serve(async (path, body) => ok(Buffer.concat([Buffer.from(path), body])))
      const answer = must(await transport.send(to, '/thread/3', all, LIMITS))
      expect(Buffer.from(answer)).toEqual(Buffer.concat([Buffer.from('/thread/3'), all]))
    })

    it('carries an empty body', async () => {
      const to = await serve(async (_path, body) => ok(body))
      expect(must(await transport.send(to, '/', new Uint8Array(0), LIMITS))).toHaveLength(0)
    })

    it('serves many requests at one time, each with its own answer', async () => {
      const to = await serve(async (_path, body) => ok(body))
      const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => transport.send(to, '/', Uint8Array.of(i), LIMITS)))
      expect(answers.map((answer) => must(answer)[0])).toEqual(Array.from({ length: 60 }, (_, i) => i))
    })

    it('brings the failure of a handler to its caller as transport.status with that failure in the details', async () => {
      const to = await serve(async () => fail('thread.link', 'The link does not bind.', { link: 2 }))
      const answer = await transport.send(to, '/', Uint8Array.of(1), LIMITS)
      expect(answer).toMatchObject({
        ok: false,
        error: { code: 'transport.status', retryable: false, details: { peer: { code: 'thread.link', details: { link: 2 } } } },
      })
    })

    it('tells the caller of a handler that throws nothing but that it failed', async () => {
      const to = await serve(async () => {
        throw new Error('secret path')
      })
      const answer = await transport.send(to, '/', Uint8Array.of(1), LIMITS)
      expect(answer).toMatchObject({ ok: false, error: { code: 'transport.status', details: { peer: { code: 'transport.internal' } } } })
      expect(JSON.stringify(answer)).not.toContain('secret')
    })

    it('calls a closed port unreachable, which may pass', async () => {
      const to = await serve(async (_path, body) => ok(body))
      await to.close()
      expect(await transport.send(to, '/', Uint8Array.of(1), LIMITS)).toMatchObject({
        ok: false,
        error: { code: 'transport.unreachable', retryable: true },
      })
    })

    it('gives up on a peer that does not answer in time', async () => {
      const to = await serve(() => new Promise(() => undefined))
      const answer = await transport.send(to, '/', Uint8Array.of(1), { ...LIMITS, timeoutMs: 100 })
      expect(answer).toMatchObject({ ok: false, error: { code: 'transport.timeout', retryable: true } })
    })

    it('answers for a handler that takes too long', async () => {
      const to = await serve(() => new Promise(() => undefined), { timeoutMs: 100 })
      const answer = await transport.send(to, '/', Uint8Array.of(1), LIMITS)
      expect(answer).toMatchObject({ ok: false, error: { code: 'transport.status', details: { peer: { code: 'transport.timeout' } } } })
    })

    it('refuses a body above the limit of the server', async () => {
      let handled = 0
      const to = await serve(async (_path, body) => {
        handled += 1
        return ok(body)
      })
      const answer = await transport.send(to, '/', new Uint8Array(10_001), LIMITS)
      expect(answer).toMatchObject({ ok: false, error: { code: 'transport.status', details: { peer: { code: 'transport.too-large' } } } })
      expect(handled).toBe(0)
    })

    it('refuses an answer above the limit of the caller', async () => {
      const to = await serve(async () => ok(new Uint8Array(5_001)))
      expect(codeOf(await transport.send(to, '/', Uint8Array.of(1), { ...LIMITS, maxBytes: 5_000 }))).toBe('transport.too-large')
      expect(codeOf(await transport.send(to, '/', Uint8Array.of(1), { ...LIMITS, maxBytes: 5_001 }))).toBe('ok')
    })

    it('refuses the request after the last one that the rate allows', async () => {
      const to = await serve(async (_path, body) => ok(body), { perMinutePerPeer: { requests: 3, bytes: 1e12 } })
      const codes = []
      for (let i = 0; i < 4; i += 1) codes.push(await transport.send(to, '/', Uint8Array.of(1), LIMITS))
      expect(codes.map(codeOf)).toEqual(['ok', 'ok', 'ok', 'transport.status'])
      expect(codes[3]).toMatchObject({ ok: false, error: { retryable: true, details: { peer: { code: 'transport.rate' } } } })
    })

    it('ends a request that its caller cancels', async () => {
      const cancel = new AbortController()
      const to = await serve(() => {
        cancel.abort()
        return new Promise(() => undefined)
      })
      const limits = { ...LIMITS, signal: cancel.signal }
      expect(codeOf(await transport.send(to, '/', Uint8Array.of(1), limits))).toBe('transport.stopped')
      expect(codeOf(await transport.send(to, '/', Uint8Array.of(1), limits))).toBe('transport.stopped')
    })

    it('does not serve two on one port', async () => {
      const to = await serve(async (_path, body) => ok(body))
      expect(codeOf(await transport.serve({ ...SERVE, port: to.port }, async (_path, body) => ok(body)))).toBe('transport.port')
    })
  })
}
