/**
 * A server's host is a stranger's word. One that names this machine, or a name that leads into a private network, makes every client and server post to
 * services of their own. On a public chain nothing is sent there; the server counts as one that does not answer. Lost: nothing.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createHttpTransport } from '../../main/adapters/transport/http.ts'
import { pathTo } from '../../roles/protocol/requests/index.ts'
import { isPublic, publicLookup } from '../../main/adapters/transport/reach.ts'

let service: Server | null = null
afterEach(() => new Promise<void>((resolve) => (service === null ? resolve() : service.close(() => resolve()))))

/** A service of one's own that answers whatever is posted. */
async function atHome() {
  const asked: string[] = []
  const listening = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.end('secret')
  })
  service = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  return { asked, port: (listening.address() as AddressInfo).port }
}
const LIMITS = { timeoutMs: 60_000, maxBytes: 1_000 }

describe('A server that says it lives in your house', () => {
  it.each(['127.0.0.1', 'localhost', '127.1', '2130706433', '0x7f000001', '0.0.0.0', '::1', '::ffff:127.0.0.1'])(
    'is sent nothing on a public chain: %s',
    async (host) => {
      const { asked, port } = await atHome()
      const transport = createHttpTransport()
      const answer = await transport.send({ host, port }, pathTo('ab'.repeat(32), 'request'), new Uint8Array(4), LIMITS)
      expect(answer).toMatchObject({ ok: false, error: { retryable: true } })
      if (!answer.ok) expect(['transport.private', 'transport.unreachable']).toContain(answer.error.code)
      expect(asked).toEqual([])
      transport.close()
    },
  )

  it('is reached where the chain is one’s own', async () => {
    const { asked, port } = await atHome()
    const transport = createHttpTransport({ privateHosts: true })
    expect((await transport.send({ host: 'localhost', port }, '/x', new Uint8Array(4), LIMITS)).ok).toBe(true)
    expect(asked).toEqual(['/x'])
    transport.close()
  })

  it('cannot say it by a name that leads there, in the whole or in part', async () => {
    const lookUp = (found: string[], all: boolean) =>
      new Promise((resolve) => {
        const from = publicLookup((_host, _options, done) =>
          done(
            null,
            found.map((address) => ({ address, family: 4 })),
          ),
        )
        from('stranger.example', { all }, (error, address) => resolve(error?.code ?? address))
      })
    expect(await lookUp(['10.0.0.7', '192.168.1.1'], true)).toBe('ENOTPUBLIC')
    expect(await lookUp(['169.254.169.254'], false)).toBe('ENOTPUBLIC')
    expect(await lookUp(['10.0.0.7', '9.9.9.9'], true)).toEqual([{ address: '9.9.9.9', family: 4 }])
    expect(await lookUp(['10.0.0.7', '9.9.9.9'], false)).toBe('9.9.9.9')
  })

  it('is known by every range that is not the internet', () => {
    const inside = ['10.1.2.3', '100.64.0.1', '172.31.255.255', '192.168.0.1', '169.254.1.1', '198.18.0.1', '224.0.0.1', '255.255.255.255']
    const inside6 = [
      '::',
      '::1',
      'fe80::1',
      'fc00::1',
      'fd12::1',
      'ff02::1',
      '::ffff:8.8.8.8',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
      '2001::1',
    ]
    expect([...inside, ...inside6].filter(isPublic)).toEqual([])
    expect(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1'].filter((one) => !isPublic(one))).toEqual([])
  })
})
