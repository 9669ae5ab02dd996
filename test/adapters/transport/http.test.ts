import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createHttpTransport } from '../../../main/adapters/transport/http.ts'
import { createRateLimit, peerOf } from '../../../main/adapters/transport/rate.ts'
import { must, ok } from '../../../roles/protocol/result.ts'
import { transportConformance } from '../../conformance/transport.ts'
import { holdsOnce } from '../../tools/timing.ts'

transportConformance('HTTP', () => {
  const port = createHttpTransport({ privateHosts: true })
  return { port, stop: () => port.close() }
})

/** No measure of speed. */
const LONG_MS = 600_000
const SERVE = { host: '127.0.0.1', port: 0, maxBytes: 10_000, timeoutMs: LONG_MS, perMinutePerPeer: { requests: 100_000, bytes: 1e12 } }

/** Sends text over a bare connection, and says what came back until it was closed. */
const talk = (port: number, first: string, trickle?: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(first))
    let text = ''
    const timer = trickle === undefined ? undefined : setInterval(() => socket.write(trickle), 40)
    socket.on('data', (data) => {
      text += data.toString()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearInterval(timer)
      resolve(text)
    })
  })

describe('the HTTP server', () => {
  it('cuts off a sender that trickles its headers or its body', async () => {
    const transport = createHttpTransport({ privateHosts: true })
    const server = must(await transport.serve({ ...SERVE, timeoutMs: 300 }, async (_path, body) => ok(body)))
    // Both would trickle on for hours.
    const [headers, body] = await Promise.all([
      talk(server.port, 'POST / HTTP/1.1\r\nhost: x\r\n', 'x: y\r\n'),
      talk(server.port, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9999\r\n\r\n', 'x'),
    ])
    expect(headers + body).not.toContain('200 OK')
    await server.close()
    transport.close()
  })

  it('stops reading a chunked body that outgrows the limit, and answers no other method', async () => {
    const transport = createHttpTransport({ privateHosts: true })
    const server = must(await transport.serve(SERVE, async (_path, body) => ok(body)))
    const chunk = `2000\r\n${'x'.repeat(0x2000)}\r\n`
    const chunked = await talk(server.port, `POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${chunk}${chunk}`)
    expect(chunked).toMatch(/413/)
    expect(await talk(server.port, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n')).toMatch(/405/)
    await server.close()
    transport.close()
  })

  it('answers over a kept connection without waiting for an acknowledgement', async () => {
    const transport = createHttpTransport({ privateHosts: true })
    const server = must(await transport.serve(SERVE, async (_path, body) => ok(body)))
    const to = { host: '127.0.0.1', port: server.port }
    const isQuick = async () => {
      const began = performance.now()
      for (let i = 0; i < 5; i += 1) must(await transport.send(to, '/', new Uint8Array(1_000), { timeoutMs: LONG_MS, maxBytes: 10_000 }))
      // With Nagle's algorithm and delayed acknowledgement each would take 40 ms.
      return performance.now() - began < 5 * 40
    }
    await holdsOnce('five requests take less than five delays', isQuick, 500)
    await server.close()
    transport.close()
  })
})

describe('a peer that refuses', () => {
  const refusal = { code: 'hop.busy', message: 'later', retryable: true, details: { server: 'ab' } }
  const nested = `{"code":"x","message":"","details":{"server":${'['.repeat(4_000)}${']'.repeat(4_000)}}}`
  const answers: Array<[string, string, object | undefined]> = [
    ['a short, flat failure is kept', JSON.stringify(refusal), refusal],
    ['one that nests deep is not', nested, undefined],
    ['one with an endless sentence is not', JSON.stringify({ ...refusal, message: 'x'.repeat(10_000) }), undefined],
    ['one whose code is no text is not', JSON.stringify({ ...refusal, code: 7 }), undefined],
    [
      'details that are no record are left out',
      JSON.stringify({ ...refusal, details: ['x'] }),
      { code: 'hop.busy', message: 'later', retryable: true },
    ],
    ['null is nothing', 'null', undefined],
  ]
  it.each(answers)('tells why in its own words: %s', async (_what, body, peer) => {
    const server = createServer((_request, response) => response.writeHead(400).end(body))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const transport = createHttpTransport({ privateHosts: true })
    const to = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
    const sent = await transport.send(to, '/', new Uint8Array(1), { timeoutMs: LONG_MS, maxBytes: 100 })
    expect(sent).toMatchObject({ ok: false, error: { code: 'transport.status' } })
    expect(sent.ok ? null : sent.error.details).toEqual({ status: 400, ...(peer === undefined ? {} : { peer }) })
    expect(() => structuredClone(sent)).not.toThrow()
    transport.close()
    server.close()
  })
})

describe('the rate limit', () => {
  it('counts peers apart, and refills evenly over the minute', () => {
    let now = 0
    const rate = createRateLimit(2, () => now)
    expect([rate.allows('a'), rate.allows('a'), rate.allows('a'), rate.allows('b')]).toEqual([true, true, false, true])
    now = 29_000
    expect(rate.allows('a')).toBe(false)
    now = 31_000
    expect([rate.allows('a'), rate.allows('a')]).toEqual([true, false])
  })
  it('takes from nobody who is known what a flood of others uses up', () => {
    let now = 0
    const rate = createRateLimit(2, () => now)
    expect([rate.allows('known'), rate.allows('known'), rate.allows('known')]).toEqual([true, true, false])
    const flood = Array.from({ length: 60_000 }, (_, i) => rate.allows(`stranger ${i}`))
    // Those who are too many to be remembered share what one may ask for.
    expect(flood.filter((allowed) => allowed).length).toBeLessThanOrEqual(50_002)
    expect(rate.allows('known')).toBe(false)
    now = 120_000
    expect([rate.allows('known'), rate.allows('new')]).toEqual([true, true])
  })

  it('counts a subscriber as one peer, whatever addresses of its network it uses', () => {
    expect(['192.0.2.1', '::ffff:192.0.2.1'].map(peerOf)).toEqual(['192.0.2.1', '192.0.2.1'])
    expect(['2001:db8:1:2::5', '2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:0db8:0001:0002::1%eth0'].map(peerOf)).toEqual(
      Array(3).fill('2001:db8:1:2/64'),
    )
    expect(['::1', '2001:db8::1', '2001:db8:0:1::1', 'fe80::1'].map(peerOf)).toEqual([
      '0:0:0:0/64',
      '2001:db8:0:0/64',
      '2001:db8:0:1/64',
      'fe80:0:0:0/64',
    ])
  })
})

describe('a peer that sends much', () => {
  it('is refused after so many bytes of a minute, in the middle of a body, too', async () => {
    const transport = createHttpTransport({ privateHosts: true })
    const server = must(
      await transport.serve({ ...SERVE, perMinutePerPeer: { requests: 1_000, bytes: 25_000 } }, async (_path, body) => ok(body)),
    )
    const to = { host: '127.0.0.1', port: server.port }
    const send = (size: number) => transport.send(to, '/', new Uint8Array(size), { timeoutMs: LONG_MS, maxBytes: 10_000 })
    expect([(await send(10_000)).ok, (await send(10_000)).ok]).toEqual([true, true])
    expect(await send(9_000)).toMatchObject({ ok: false, error: { retryable: true, details: { peer: { code: 'transport.rate' } } } })
    expect((await send(1_000)).ok).toBe(true)
    await server.close()
    transport.close()
  })

  it('holds no more than its part of the connections', async () => {
    const transport = createHttpTransport({ privateHosts: true })
    const server = must(await transport.serve(SERVE, async (_path, body) => ok(body)))
    const sockets = Array.from({ length: 420 }, () => connect(server.port, '127.0.0.1').on('error', () => undefined))
    await new Promise<void>((resolve) => {
      let gone = 0
      for (const socket of sockets) socket.once('close', () => ++gone === 20 && resolve())
    })
    expect(sockets.filter((socket) => !socket.destroyed)).toHaveLength(400)
    for (const socket of sockets) socket.destroy()
    await server.close()
    transport.close()
  })
})
