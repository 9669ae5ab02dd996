/** [R5] Requests in legs over a network in which servers fall silent: what is tried elsewhere, and who is held at fault. */
import { describe, expect, it } from 'vitest'
import { exchange, type Exchanged } from '../../../main/core/client/exchange.ts'
import type { TransportPort } from '../../../main/core/ports.ts'
import { pathTo, readPath } from '../../../roles/protocol/requests/index.ts'
import { fail, failForNow, type Failure, type Result } from '../../../roles/protocol/result.ts'
import { executeHop } from '../../../roles/server/execute.ts'
import { compiledSlugs } from '../../roles/program/slugs.story.ts'
import { compose, makeWorld, serve, type Deliver, type World } from '../../roles/request/world.ts'

interface Sent {
  top: string
  path: string
}
type Answer = (sent: Sent[], serve: () => Result<Uint8Array>) => Result<Uint8Array>

const silent = failForNow('transport.timeout', 'no answer')
const refused = (peer: Failure): Result<Uint8Array> => (peer.retryable ? failForNow : fail)('transport.status', 'refused', { peer })

/** Sends one request; `answer` says what becomes of the newest message. */
async function ask(
  seed: string,
  answer: Answer,
  deliver?: (world: World) => Deliver,
): Promise<{ done: Exchanged; sent: Sent[]; hops: string[] }> {
  const world = await makeWorld({
    seed,
    servers: 7,
    app: { program: compiledSlugs(), keys: ['pages', 'pages', 'pages', 'pages'], endpoint: 'publish', rows: [] },
  })
  const first = await compose(world, 'publish', { title: 'Hello' })
  const sent: Sent[] = []
  const delivering = deliver?.(world)
  const send: TransportPort['send'] = async ({ port }, path, bytes) => {
    const top = world.tick.servers.find((server) => server.port === port)!
    sent.push({ top: top.id, path })
    const result = answer(sent, () => serve(world, { top, bytes, path }, delivering))
    return result.ok || result.error.code.startsWith('transport.') ? result : refused(result.error)
  }
  const transport: TransportPort = { send, serve: () => Promise.reject(new Error('nobody serves here')) }
  return {
    done: await exchange(world.ctx, transport, world.clientEnv(), first),
    sent,
    hops: first.pending.lanes[0]!.map((hop) => hop.server),
  }
}

const continued = (sent: Sent[]): number => sent.filter(({ path }) => readPath(path)?.asked === 'continue').length

describe('[L8][R5] a request in legs', () => {
  it('[R5] goes on by way of the same server, and of another one when that is silent', async () => {
    const plain = await ask('plain', (_, serveIt) => serveIt())
    expect(plain.done).toMatchObject({ ok: true, reviewed: { opened: { response: { published: true } } } })
    expect(new Set(plain.sent.map(({ top }) => top)).size).toBe(1)
    const elsewhere = await ask('elsewhere', (sent, serveIt) => (continued(sent) === 1 ? silent : serveIt()))
    expect(elsewhere.done).toMatchObject({ ok: true })
    const asked = ['request', 'continue', 'continue'] as const
    expect(elsewhere.sent.map(({ path }) => path)).toEqual(elsewhere.sent.map(({ top }, at) => pathTo(top, asked[at]!)))
    expect(elsewhere.sent).toHaveLength(3)
    expect(elsewhere.hops).not.toContain(elsewhere.sent[2]!.top)
    expect(elsewhere.sent[2]!.top).not.toBe(elsewhere.sent[1]!.top)
  })

  it('is given up after three servers for one leg, and not tried elsewhere in its first leg', async () => {
    const nobody = await ask('nobody', (sent, serveIt) => (continued(sent) > 0 ? silent : serveIt()))
    expect(nobody.done).toMatchObject({
      ok: false,
      refused: false,
      servers: nobody.sent.slice(1).map(({ top }) => top),
      failure: { code: 'transport.timeout', retryable: true },
    })
    expect(new Set(nobody.sent.slice(1).map(({ top }) => top)).size).toBe(3)
    const first = await ask('first', () => silent)
    expect(first).toMatchObject({ done: { ok: false, servers: [first.sent[0]!.top] }, sent: { length: 1 } })
  })

  it('blames the server that fell silent after it had passed the leg on, and not the one that would not run it twice', async () => {
    const lost = await ask('lost', (sent, serveIt) => {
      const result = serveIt()
      return continued(sent) === 1 ? silent : result
    })
    expect(lost.done).toMatchObject({
      ok: false,
      refused: true,
      servers: [lost.sent[1]!.top],
      failure: { code: 'request.hop-failed', retryable: true, details: { cause: 'hop.replayed' } },
    })
  })

  it("is not sent elsewhere when a block's server failed, or the client is expelled", async () => {
    const dead = await ask(
      'dead',
      (_, serveIt) => serveIt(),
      (world) => {
        let hops = 0
        return (server, bytes) => (++hops > 1 ? fail('transport.unreachable', 'away') : executeHop(world.ctx, world.hopEnv(server), bytes))
      },
    )
    expect(dead.done).toMatchObject({ ok: false, servers: [dead.hops[1]], failure: { code: 'request.hop-failed', retryable: true } })
    expect(dead.sent).toHaveLength(2)
  })

  it('[R5] goes elsewhere when a top-level server refuses to go on, for good or for now, and leaves out all that did', async () => {
    for (const refuse of [() => fail('request.stage', 'no'), () => failForNow('server.not-serving', 'not yet')]) {
      const once = await ask('once', (sent, serveIt) => (continued(sent) === 1 ? refuse() : serveIt()))
      expect(once.done).toMatchObject({ ok: true })
      expect(once.sent[2]!.top).not.toBe(once.sent[1]!.top)
      const always = await ask('always', (sent, serveIt) => (continued(sent) > 0 ? refuse() : serveIt()))
      expect(always.done).toMatchObject({
        ok: false,
        refused: true,
        servers: always.sent.slice(1).map(({ top }) => top),
        failure: { retryable: true },
      })
      expect(always.sent).toHaveLength(4)
    }
  })

  it('[R5] in its first leg names the server that refused it, which the next attempt leaves out, whether it refused for good or for now', async () => {
    for (const refuse of [() => fail('request.hops', 'no'), () => failForNow('request.tick', 'not yet')]) {
      const refused = await ask('refused', refuse)
      expect(refused.done).toMatchObject({ ok: false, refused: true, servers: [refused.sent[0]!.top], failure: { retryable: true } })
      expect(refused.sent).toHaveLength(1)
    }
  })
})
