/** [DESIGN 10] One listener for all servers of a node: when it is open, on which port, and what it says of paths that name nobody. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createListener, type Answer } from '../../main/core/listener.ts'
import { PROTOCOL } from '../../roles/protocol/version.ts'
import { pathTo, readPath, ASKED } from '../../roles/protocol/requests/index.ts'
import { must, ok, type Result } from '../../roles/protocol/result.ts'
import { createVirtualClock } from '../simulation/ports/clock.ts'
import { createNetwork } from '../simulation/ports/network.ts'
import { createMemoryDisk, createMemoryStorage, type MemoryDisk } from '../simulation/ports/storage.ts'
import { createSeededRandom } from '../simulation/ports/random.ts'
import { createTransportNetwork } from '../simulation/ports/transport.ts'

const [FIRST, SECOND] = ['01'.repeat(32), '02'.repeat(32)] as const
const says =
  (word: string): Answer =>
  (asked, body, peer) =>
    Promise.resolve(ok(new TextEncoder().encode(`${word} ${asked} ${body.length} ${peer}`)))

function stage(disk: MemoryDisk = createMemoryDisk()) {
  const clock = createVirtualClock()
  const network = createNetwork(clock, createSeededRandom('listener'))
  const transports = createTransportNetwork(network)
  const storage = createMemoryStorage(disk)
  const settings = { host: '10.0.0.1', port: 0 }
  const listener = createListener({ transport: transports.peer('node'), storage, clock }, () => settings)
  const ask = async (port: number, path: string): Promise<string> => {
    const answer: Result<Uint8Array> = await clock.until(
      transports.peer('asker').send({ host: '10.0.0.1', port }, path, new Uint8Array(3), { timeoutMs: 1_000, maxBytes: 1_000 }),
    )
    if (answer.ok) return new TextDecoder().decode(answer.value)
    const peer = answer.error.details?.['peer'] as { code: string; retryable?: boolean } | undefined
    return peer === undefined ? answer.error.code : `${peer.code}${peer.retryable === true ? ' (retryable)' : ''}`
  }
  return { listener, ask, settings, storage, transports, clock }
}

describe("a node's listener", () => {
  it('answers for each server under its own key, on one port, and for nobody else', async () => {
    const { listener, ask } = stage()
    const first = must(await listener.add(FIRST, says('first')))
    const second = must(await listener.add(SECOND, says('second')))
    expect(second.port).toBe(first.port)
    for (const asked of ASKED) {
      expect(await ask(first.port, pathTo(FIRST, asked))).toBe(`first ${asked} 3 asker`)
      expect(await ask(first.port, pathTo(SECOND, asked))).toBe(`second ${asked} 3 asker`)
    }
    expect(await ask(first.port, pathTo('03'.repeat(32), 'request'))).toBe('server.recipient (retryable)')
    await first.remove()
    expect(await ask(first.port, pathTo(FIRST, 'ready'))).toBe('server.recipient (retryable)')
    expect(await ask(first.port, pathTo(SECOND, 'ready'))).toBe('second ready 3 asker')
  })

  it.each([
    '/',
    '',
    `/${PROTOCOL}/request`,
    `/${PROTOCOL}/${FIRST}`,
    `/${PROTOCOL}/${FIRST}/`,
    `/${PROTOCOL}/${FIRST}/request/`,
    `/${PROTOCOL}/${FIRST}/request?x`,
    `/${PROTOCOL}/${FIRST}/Request`,
    `/${PROTOCOL}/${FIRST}/continuation`,
    `/${PROTOCOL}/${FIRST.slice(2)}/request`,
    `/${PROTOCOL}/${FIRST}01/request`,
    `/${PROTOCOL}/${'AB'.repeat(32)}/request`,
    `//${PROTOCOL}/${FIRST}/request`,
    `/${PROTOCOL}/../${PROTOCOL}/${FIRST}/request`,
    `/golem/1/${FIRST}/request`,
    `/${PROTOCOL}/${FIRST}/request\n`,
  ])('knows no other form of a path: %j', async (path) => {
    const { listener, ask } = stage()
    const { port } = must(await listener.add(FIRST, says('first')))
    expect(await ask(port, path)).toBe('server.path')
  })

  it('reads back every path that is made, and nothing that differs from one', () => {
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'))
    fc.assert(
      fc.property(key, fc.constantFrom(...ASKED), fc.nat(), fc.string({ minLength: 0, maxLength: 2 }), (recipient, asked, at, text) => {
        const path = pathTo(recipient, asked)
        expect(readPath(path)).toEqual({ recipient, asked })
        const place = at % path.length
        const changed = path.slice(0, place) + text + path.slice(place + 1)
        const read = readPath(changed)
        if (read !== null) expect(pathTo(read.recipient, read.asked)).toBe(changed)
      }),
    )
  })

  it('is open as long as there is a server, and comes back on the port that it had', async () => {
    const { listener, ask } = stage()
    const first = must(await listener.add(FIRST, says('first')))
    const { port } = first
    await first.remove()
    expect(await ask(port, pathTo(FIRST, 'ready'))).toBe('transport.unreachable')
    const again = must(await listener.add(SECOND, says('second')))
    expect(again.port).toBe(port)
    // What is removed twice takes nothing of others away.
    await first.remove()
    expect(await ask(port, pathTo(SECOND, 'ready'))).toBe('second ready 3 asker')
  })

  it('comes back on its port after a restart, and on the one that settings name', async () => {
    const disk = createMemoryDisk()
    const before = stage(disk)
    const { port } = must(await before.listener.add(FIRST, says('first')))
    const after = stage(disk)
    // Another node has the first port that this system picks, so only memory leads to the same one.
    after.settings.host = '10.0.0.2'
    must(await after.transports.peer('other').serve({ ...LIMITS, host: '10.0.0.3', port: 0 }, () => Promise.reject(new Error('unused'))))
    expect(must(await after.listener.add(FIRST, says('first'))).port).toBe(port)
    const named = stage(disk)
    named.settings.port = 4_321
    expect(must(await named.listener.add(FIRST, says('first'))).port).toBe(4_321)
  })

  it('refuses a port that is taken, and a key that is here already, and goes on', async () => {
    const { listener, ask, settings, transports } = stage()
    settings.port = 5_000
    const blocker = must(
      await transports.peer('other').serve({ ...LIMITS, host: '10.0.0.1', port: 5_000 }, () => Promise.reject(new Error('unused'))),
    )
    expect(await listener.add(FIRST, says('first'))).toMatchObject({ ok: false, error: { code: 'transport.port' } })
    await blocker.close()
    must(await listener.add(FIRST, says('first')))
    expect(await listener.add(FIRST, says('other'))).toMatchObject({ ok: false, error: { code: 'listener.taken' } })
    expect(await ask(5_000, pathTo(FIRST, 'hop'))).toBe('first hop 3 asker')
  })

  it('is opened and closed in the order in which that was asked for', async () => {
    const { listener, ask } = stage()
    const first = must(await listener.add(FIRST, says('first')))
    const [, second] = await Promise.all([first.remove(), listener.add(SECOND, says('second')), listener.add(FIRST, says('again'))])
    expect(await ask(must(second).port, pathTo(FIRST, 'hop'))).toBe('again hop 3 asker')
    expect(await ask(must(second).port, pathTo(SECOND, 'hop'))).toBe('second hop 3 asker')
  })
})

const LIMITS = { maxBytes: 10, timeoutMs: 100, perMinutePerPeer: { requests: 1_000, bytes: 1e12 } }
