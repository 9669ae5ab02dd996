/** Lanes of a request that do not wait for each other: each goes on by itself, and what is answered is what comes first in the order of the blocks. */
import { describe, expect, it } from 'vitest'
import { createRelaying } from '../../../main/core/server/relaying.ts'
import type { TransportPort } from '../../../main/core/ports.ts'
import { openReply } from '../../../roles/client/request.ts'
import type { Composed } from '../../../roles/client/types.ts'
import { commitsDigest, commitsOf, LARGEST_FIXED, sealEdge } from '../../../roles/protocol/requests/index.ts'
import { failForNow, must, type Result } from '../../../roles/protocol/result.ts'
import { executeHop } from '../../../roles/server/execute.ts'
import { openRequest } from '../../../roles/server/relay.ts'
import { changedReply, signedAgain } from '../../attacks/hops.ts'
import { deliverWith, type Lie } from '../../attacks/liar.ts'
import { compose, makeWorld, type Deliver, type World } from '../../roles/request/world.ts'
import { createVirtualClock } from '../../simulation/ports/clock.ts'

const ARGS = { topic: 'weather', text: 'Free money, cheap viagra' }
/** Block 0 of `post` says why a text is refused, block 1 writes it. */
const LETS_THROUGH: Lie = { endpoint: 'post', position: 0, change: (body) => (body.outputs = [12]) }
const HOP_MS = 8_000
const NEVER = Infinity

const refusal = (code: string): Result<Uint8Array> =>
  failForNow('transport.status', code, { peer: { code, message: 'why', retryable: false } })

async function sceneOf(seed: string, lanes = 2) {
  const world = await makeWorld({ seed, servers: 14, lanes })
  const composed = await compose(world, 'post', ARGS)
  return { world, composed, serverOf: (lane: number, position: number) => composed.pending.lanes[lane]![position]!.server }
}

/**
 * Relays a request whose servers take their time.
 * @param times milliseconds, by lane and block
 * @returns the answer, when it came, and who was asked when, as «lane.block», at that moment and a minute later
 */
async function relayed(world: World, { top, bytes, pending }: Composed, times: number[][], deliver: Deliver) {
  const clock = createVirtualClock()
  const began = clock.now()
  const nameOf = new Map(pending.lanes.flatMap((hops, lane) => hops.map(({ server }, block) => [server, { lane, block }] as const)))
  const hostOf = new Map(world.tick.servers.map(({ host, id }) => [host, id]))
  const asked: Record<string, number> = {}
  const send: TransportPort['send'] = ({ host }, _path, hop, { timeoutMs }) =>
    new Promise((resolve) => {
      const server = hostOf.get(host)!
      const { lane, block } = nameOf.get(server)!
      asked[`${lane}.${block}`] = clock.now() - began
      const takes = times[lane]![block]!
      if (takes > timeoutMs) clock.after(timeoutMs, () => resolve(failForNow('transport.timeout', 'late')))
      else clock.after(takes, () => resolve(deliver(server, hop)))
    })
  const env = world.relayEnv(top.id)
  const relay = must(openRequest(world.ctx, env, bytes))
  const pace = { until: began + 24_000, spent: 0, slowest: { ms: 0, hop: null } }
  const answer = await clock.until(
    createRelaying({ clock, transport: { send } as TransportPort }, world.ctx)(relay, () => env as never, pace),
  )
  const took = clock.now() - began
  const atOnce = { ...asked }
  await clock.advance(60_000)
  expect(asked).toEqual(atOnce)
  return { answer, took, asked, taken: answer.ok ? openReply(world.ctx, world.clientEnv(), pending, answer.value) : answer }
}

const honestly =
  (world: World): Deliver =>
  (server, bytes) =>
    executeHop(world.ctx, world.hopEnv(server), bytes)

describe('lanes of a request', () => {
  it('overtake each other: the request takes as long as its slowest lane, not as the slowest server of each block', async () => {
    const { world, composed } = await sceneOf('overtaking')
    const times = [
      [10, 300],
      [200, 20],
    ]
    const { asked, took, taken } = await relayed(world, composed, times, honestly(world))
    expect(asked).toEqual({ '0.0': 0, '1.0': 0, '0.1': 10, '1.1': 200 })
    expect(took).toBe(310)
    expect(must(taken).opened.lanes.map((links) => links.length)).toEqual([2, 2])
  })

  it.each([0, 1])('differ at the first block where they do, whichever is slower: lane %i lies', async (liar) => {
    for (const times of [
      [
        [10, 10],
        [100, 10],
      ],
      [
        [100, 10],
        [10, 10],
      ],
    ]) {
      const { world, composed, serverOf } = await sceneOf(`differing ${liar} ${times[0]![0]}`)
      const deliver = deliverWith(world, new Set([serverOf(liar, 0)]), LETS_THROUGH)
      const { asked, took, taken } = await relayed(world, composed, times, deliver)
      // The quicker lane has run both of its blocks by then; the slower one begins no second.
      const quicker = times[0]![0] === 10 ? 0 : 1
      expect(asked).toEqual({ '0.0': 0, '1.0': 0, [`${quicker}.1`]: 10 })
      expect(took).toBe(100)
      const servers = [serverOf(0, 0), serverOf(1, 0)]
      expect(taken).toMatchObject({ ok: false, error: { code: 'request.lanes', details: { position: 0, servers } } })
    }
  })

  it('tell of the lie and not of the failure that came of it at the next block', async () => {
    const { world, composed, serverOf } = await sceneOf('spoiled', 3)
    const liar = serverOf(0, 0)
    // Sealed under a key that the next server does not have: the innocent one cannot go on.
    const deliver: Deliver = (server, bytes) =>
      server !== liar
        ? honestly(world)(server, bytes)
        : changedReply(world, liar, bytes, (reply) => {
            const box = sealEdge(world.ctx.crypto, new Uint8Array(32).fill(7), 'block.0.0', new TextEncoder().encode('""'), LARGEST_FIXED)
            const outputs = { 'block.0.0': box }
            return {
              ...reply,
              outputs,
              link: signedAgain(world, reply.link, { outputs: commitsDigest(world.ctx.crypto, commitsOf(outputs)) }),
            }
          })
    const times = [
      [10, 10],
      [500, 10],
      [30, 10],
    ]
    const { asked, took, taken } = await relayed(world, composed, times, deliver)
    expect(asked).toEqual({ '0.0': 0, '1.0': 0, '2.0': 0, '0.1': 10, '2.1': 30 })
    expect(took).toBe(500)
    expect(taken).toMatchObject({ ok: false, error: { code: 'request.lanes', details: { position: 0, servers: [liar] } } })
    const alone = await relayed(world, await compose(world, 'post', ARGS), times, (server, bytes) => honestly(world)(server, bytes))
    expect(alone.taken.ok).toBe(true)
  })

  it('fail at a block once all of them are alike before it, and wait for nothing after that', async () => {
    const { world, composed, serverOf } = await sceneOf('failing')
    const deliver: Deliver = (server, bytes) => (server === serverOf(0, 1) ? refusal('hop.busy') : honestly(world)(server, bytes))
    const times = [
      [10, 10],
      [400, NEVER],
    ]
    const { answer, took } = await relayed(world, composed, times, deliver)
    expect(answer).toMatchObject({
      error: { code: 'request.hop-failed', details: { lane: 0, position: 1, server: serverOf(0, 1), cause: 'hop.busy' } },
    })
    expect(took).toBe(400)
  })

  it('fail by the earlier block: that of a lane which comes to it later counts before a failure at the next one', async () => {
    const { world, composed, serverOf } = await sceneOf('earlier')
    const deliver: Deliver = (server, bytes) =>
      server === serverOf(0, 1)
        ? refusal('hop.block-failed')
        : server === serverOf(1, 0)
          ? refusal('hop.version')
          : honestly(world)(server, bytes)
    const times = [
      [10, 10],
      [400, 10],
    ]
    const { answer, asked } = await relayed(world, composed, times, deliver)
    expect(answer).toMatchObject({ error: { details: { lane: 1, position: 0, server: serverOf(1, 0), cause: 'hop.version' } } })
    expect(asked).not.toHaveProperty('1.1')
  })

  it.each([0, 1])('end with the one that hangs at block %i, when its time is over', async (block) => {
    const { world, composed, serverOf } = await sceneOf(`hanging ${block}`)
    const times = [[10, 10], block === 0 ? [NEVER, 10] : [10, NEVER]]
    const { answer, took, asked } = await relayed(world, composed, times, honestly(world))
    expect(answer).toMatchObject({
      error: { code: 'request.hop-failed', details: { lane: 1, position: block, server: serverOf(1, block), cause: 'transport.timeout' } },
    })
    expect(took).toBe(HOP_MS + 10 * block)
    expect(asked['0.1']).toBe(10)
  })

  it('throw what is a fault of ours once, whatever else is under way', async () => {
    const { world, composed, serverOf } = await sceneOf('fault')
    const deliver: Deliver = (server, bytes) => {
      if (server === serverOf(1, 0)) return { ok: true, value: null as never }
      return honestly(world)(server, bytes)
    }
    const times = [
      [50, 10],
      [10, 10],
    ]
    await expect(relayed(world, composed, times, deliver)).rejects.toThrow(TypeError)
  })
})
