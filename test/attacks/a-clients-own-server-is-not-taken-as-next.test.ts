/**
 * A client would like its own server to get a thread's number, or to run a block: it names it as `next`, moves the hops with a top-level server of its own, or
 * tries values of its chain until the order suits it.
 */
import { describe, expect, it } from 'vitest'
import { composeRequest } from '../../roles/client/request.ts'
import type { ClientEnv, Composed } from '../../roles/client/types.ts'
import { toHex, utf8 } from '../../roles/protocol/bytes.ts'
import { holdingOf, seatOf, seatOrder } from '../../roles/protocol/requests/index.ts'
import { must } from '../../roles/protocol/result.ts'
import { executeHop } from '../../roles/server/execute.ts'
import type { RelayEnv } from '../../roles/server/relay-types.ts'
import { openRequest } from '../../roles/server/relay.ts'
import { nextHops, openHopReply, takeReplies } from '../roles/request/blocks.ts'
import { compose, crypto, HASH, makeWorld, serve, TICK, type World } from '../roles/request/world.ts'

const ARGS = { topic: 'weather', text: 'A lovely, sunny day' }
const worldOf = (seed: string): Promise<World> => makeWorld({ seed, servers: 12 })
const fake = (n: number): string => toHex(crypto.sha256(utf8(`other block ${n}`)))

/** The order that everybody works out for this client. */
function orderOf(world: World, env: ClientEnv, block: number): string[] {
  const of = seatOf({ seat: env.chain.value(TICK)!, client: env.client.publicKey, tick: TICK, endpoint: 'post' }, HASH)
  return seatOrder(of, block, holdingOf(crypto, world.planned).holders('post', block))
}

/** A client that takes its servers in the order of another block hash: in effect, those that it likes. */
const choosing = (env: ClientEnv, hash: string): ClientEnv => ({
  ...env,
  reader: { ...env.reader, tick: { ...env.reader.tick, blocks: { ...env.reader.tick.blocks, hash } } },
})

/** A top-level server that helps it. */
const helping = <E extends Pick<RelayEnv, 'tick'>>(env: E, hash: string): E => ({
  ...env,
  tick(number) {
    const view = env.tick(number)
    return view && { ...view, document: { ...view.document, blocks: { ...view.document.blocks, hash } } }
  },
})

/** A request of which one server has its seat and the other has none. @param strange the block of that one */
async function withStranger(world: World, strange: 0 | 1): Promise<{ composed: Composed; hash: string }> {
  const env = world.clientEnv()
  const seats = [0, 1].map((block) => orderOf(world, env, block)[0])
  for (let n = 0; n < 1_000; n++) {
    const composed = must(await composeRequest(world.ctx, choosing(env, fake(n)), 'post', ARGS))
    const isSeated = composed.pending.lanes[0]!.map(({ server }, block) => server === seats[block])
    if (!isSeated[strange] && isSeated[1 - strange]) return { composed, hash: fake(n) }
  }
  throw new Error('no such order in a thousand')
}
const withStrangeNext = (world: World) => withStranger(world, 1)

describe("a client's own server", () => {
  it('is not taken as next by the server before it, though a top-level server of the client moves the request', async () => {
    const world = await worldOf('next')
    const { composed, hash } = await withStrangeNext(world)
    const relay = must(openRequest(world.ctx, helping(world.relayEnv(composed.top.id), hash), composed.bytes))
    const [hop] = must(nextHops(world.ctx, world.relayEnv(composed.top.id), relay)).hops
    expect(executeHop(world.ctx, world.hopEnv(hop!.server), hop!.bytes)).toMatchObject({
      ok: false,
      error: { code: 'hop.seat', message: expect.stringContaining('next server') as string },
    })
    expect(world.servers.get(hop!.server)!.used.size).toBe(0)
  })

  it('is not taken as the one before either: what it makes up without a seat, the next server does not work on', async () => {
    const world = await worldOf('before')
    const { composed, hash } = await withStranger(world, 0)
    const top = helping(world.relayEnv(composed.top.id), hash)
    const first = must(nextHops(world.ctx, top, must(openRequest(world.ctx, top, composed.bytes))))
    // It holds the block, as many do, and signs for it; its client has another seat there.
    const replies = first.hops.map(({ lane, server, bytes }) =>
      must(openHopReply(world.ctx, top, first, lane, must(executeHop(world.ctx, helping(world.hopEnv(server), hash), bytes)))),
    )
    const step = takeReplies(world.ctx, first, replies)
    if (step.done) throw new Error('there is a second block')
    const [hop] = must(nextHops(world.ctx, top, step.relay)).hops
    expect(executeHop(world.ctx, world.hopEnv(hop!.server), hop!.bytes)).toMatchObject({
      ok: false,
      error: { code: 'hop.seat', details: { position: 0 } },
    })
    expect(world.servers.get(hop!.server)!.used.size).toBe(0)
    expect(executeHop(world.ctx, helping(world.hopEnv(hop!.server), hash), hop!.bytes).ok).toBe(true)
  })

  it('runs no block out of turn: an honest top-level server refuses, and so does the server that has no seat', async () => {
    const world = await worldOf('turn')
    const { composed } = await withStrangeNext(world)
    expect(serve(world, composed)).toMatchObject({ ok: false, error: { code: 'request.seat', details: { position: 1 } } })
    const honest = await compose(world, 'post', ARGS)
    expect(serve(world, honest)).toMatchObject({ ok: true })
  })

  it('comes to no seat by trying values until the order suits: only the one of the chain counts', async () => {
    const world = await worldOf('tried')
    const env = world.clientEnv()
    const favourite = orderOf(world, env, 1).at(-1)!
    for (let n = 0; ; n++) {
      const chain = { end: env.chain.end, value: () => fake(n) }
      const composed = must(await composeRequest(world.ctx, { ...env, chain }, 'post', ARGS))
      if (composed.pending.lanes[0]![1]!.server !== favourite) continue
      expect(serve(world, composed)).toMatchObject({
        ok: false,
        error: { code: 'request.hop-failed', details: { cause: 'hop.seat', position: 0 } },
      })
      break
    }
  })
})
