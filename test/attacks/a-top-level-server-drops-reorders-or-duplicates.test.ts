/**
 * A top-level server moves sealed messages, and may drop, delay, reorder, repeat or mix them.
 *
 * Detected at once: by the block's server that gets the wrong hop (`hop.endpoint`, `hop.replayed`, `hop.version`, `envelope.closed`, `thread.*`, `hop.edges`,
 * `hop.commits`, `hop.tick`), or by the client that gets the wrong reply (`reply.closed`, `reply.path`, `reply.outputs`, `reply.writes`, no answer). The punishment: the client leaves it
 * out and composes the request anew, under another id; there is no tombstone for what only two saw. Lost: one round trip, and the receipts of blocks that ran;
 * nothing wrong is run twice, shown, or written.
 */
import { describe, expect, it } from 'vitest'
import { exchange as send } from '../../main/core/client/exchange.ts'
import type { TransportPort } from '../../main/core/ports.ts'
import { composeRequest, openReply, takeReply } from '../../roles/client/request.ts'
import type { Composed } from '../../roles/client/types.ts'
import { fromHex } from '../../roles/protocol/bytes.ts'
import { pathTo, type HopReply, type LegReply } from '../../roles/protocol/requests/index.ts'
import { fail, failForNow, must, ok, type Result } from '../../roles/protocol/result.ts'
import { executeHop, sealReply } from '../../roles/server/execute.ts'
import { openContinuation, openRequest } from '../../roles/server/relay.ts'
import type { OutgoingHop, Relay } from '../../roles/server/relay-types.ts'
import { nextHops, openHopReply, takeReplies, type UnderWay } from '../roles/request/blocks.ts'
import { compose, makeWorld, serve, TICK, type World } from '../roles/request/world.ts'
import { CASES, worldOf } from './cases.ts'
import { forwarded, readHop } from './hops.ts'

const ARGS = { topic: 'weather', text: 'A lovely, sunny day' }
const scene = (seed: string, lanes = 2): Promise<World> => makeWorld({ seed, servers: 14, lanes })
const code = (result: Result<unknown>): string => (result.ok ? 'accepted' : result.error.code)

const deliver = (world: World, { server, bytes }: Pick<OutgoingHop, 'server' | 'bytes'>): Result<Uint8Array> =>
  executeHop(world.ctx, world.hopEnv(server), bytes)
const begin = (world: World, { top, bytes }: Composed): UnderWay => {
  const env = world.relayEnv(top.id)
  return must(nextHops(world.ctx, env, must(openRequest(world.ctx, env, bytes))))
}
const answers = (world: World, top: string, under: UnderWay): HopReply[] =>
  under.hops.map((hop) => must(openHopReply(world.ctx, world.relayEnv(top), under, hop.lane, must(deliver(world, hop)))))

/** The hops to both blocks of a request, and what came back: everything that a top-level server ever holds. */
function whole(world: World, composed: Composed) {
  const first = begin(world, composed)
  const one = answers(world, composed.top.id, first)
  const step = takeReplies(world.ctx, first, one)
  if (step.done) throw new Error('there is a second block')
  const second = must(nextHops(world.ctx, world.relayEnv(composed.top.id), step.relay))
  return { first, one, second, two: () => answers(world, composed.top.id, second) }
}

/** Hops that each block's server has run. */
const ran = (world: World): number => [...world.servers.values()].reduce((sum, { used }) => sum + used.size, 0)

describe('a top-level server that reorders', () => {
  it('gets no second block run before the first, or after the first of another request', async () => {
    const world = await scene('order')
    const [composed, other] = [await compose(world, 'post', ARGS), await compose(world, 'post', { ...ARGS, text: 'Rain' })]
    const { second } = whole(world, composed)
    const [hop] = second.hops
    const message = readHop(world, hop!)
    const before = ran(world)
    const early = forwarded(world, hop!.server, message, {
      links: [],
      handoff: null,
      commits: readHop(world, begin(world, composed).hops[0]!).commits,
    })
    expect(code(deliver(world, { server: hop!.server, bytes: early }))).toBe('hop.endpoint')
    const foreign = readHop(world, whole(world, other).second.hops[0]!)
    const after = ran(world)
    expect(after).toBe(before + 2)
    const { links, handoff, edges, commits, start, envelope, shown } = foreign
    for (const [change, refusal] of [
      [{ links }, 'thread.link'],
      [{ handoff }, 'hop.number'],
      [{ edges, commits }, 'hop.commits'],
      [{ edges }, 'hop.edges'],
      [{ start, links, handoff, edges, commits, shown }, 'envelope.closed'],
      [{ envelope }, 'envelope.closed'],
      [{ shown }, 'envelope.closed'],
    ] as const)
      expect([
        Object.keys(change),
        code(deliver(world, { server: hop!.server, bytes: forwarded(world, hop!.server, message, change) })),
      ]).toEqual([Object.keys(change), refusal])
    expect(ran(world)).toBe(after)
    // Untouched, it runs: what was refused has used nothing up.
    expect(code(deliver(world, hop!))).toBe('accepted')
  })

  it('gets nothing by exchanging lanes: each envelope, number and version is for one server in one lane', async () => {
    const world = await scene('lanes')
    const { first, second } = whole(world, await compose(world, 'post', ARGS))
    const [one, other] = second.hops.map((hop) => readHop(world, hop))
    const server = second.hops[0]!.server
    for (const [change, refusal] of [
      [{ lane: 1 }, 'thread.link'],
      [{ lane: 1, links: other!.links }, 'envelope.closed'],
      [{ lane: 1, links: other!.links, envelope: other!.envelope, handoff: other!.handoff }, 'envelope.closed'],
      [{ handoff: other!.handoff }, 'hop.number'],
      [{ links: other!.links }, 'thread.link'],
    ] as const)
      expect(code(deliver(world, { server, bytes: forwarded(world, server, one!, change) }))).toBe(refusal)
    expect(code(deliver(world, { server: second.hops[1]!.server, bytes: second.hops[0]!.bytes }))).toBe('envelope.closed')
    expect(code(deliver(world, { server: first.hops[1]!.server, bytes: first.hops[0]!.bytes }))).toBe('envelope.closed')
  })
})

describe('a top-level server that repeats', () => {
  it('gets no block run twice: neither the same hop, nor one sealed anew, nor by a second top-level server, and the receipt is one', async () => {
    const world = await scene('twice')
    const composed = await compose(world, 'post', ARGS)
    const { first } = whole(world, composed)
    const [hop] = first.hops
    expect(code(deliver(world, hop!))).toBe('hop.replayed')
    const message = readHop(world, hop!)
    expect(code(deliver(world, { server: hop!.server, bytes: forwarded(world, hop!.server, message, { reply: 'ab'.repeat(32) }) }))).toBe(
      'hop.replayed',
    )
    expect(serve(world, composed)).toMatchObject({ ok: false, error: { code: 'request.hop-failed', details: { cause: 'hop.replayed' } } })
    expect(world.servers.get(hop!.server)!.used.size).toBe(1)
  })

  it('gets no later leg run twice either', async () => {
    const { world, env } = await worldOf(
      CASES.find(({ endpoint }) => endpoint === 'close')!,
      { servers: 12, lanes: 2 },
    )
    const composed = must(await composeRequest(world.ctx, env, 'close', {}))
    const leg = must(await takeReply(world.ctx, env, composed.pending, must(serve(world, composed))))
    if (leg.done) throw new Error('there is a second leg')
    const { path, bytes, top } = leg.composed
    expect(path).toBe(pathTo(top.id, 'continue'))
    expect(serve(world, leg.composed).ok).toBe(true)
    expect(serve(world, leg.composed)).toMatchObject({ error: { details: { cause: 'hop.replayed' } } })
    expect(openContinuation(world.ctx, world.relayEnv(top.id), bytes).ok).toBe(true)
    expect(openRequest(world.ctx, world.relayEnv(top.id), bytes).ok).toBe(false)
  })

  it('gets nothing by keeping a hop for two ticks', async () => {
    const world = await scene('late')
    const [hop] = begin(world, await compose(world, 'post', ARGS)).hops
    const later = { ...world.hopEnv(hop!.server), currentTick: TICK + 2 }
    expect(executeHop(world.ctx, later, hop!.bytes)).toMatchObject({ error: { code: 'hop.tick', retryable: true } })
  })
})

/** What a top-level server answers instead of what it should. */
const REPLIES: Record<string, (world: World, composed: Composed) => Promise<Result<Uint8Array>>> = {
  nothing: () => Promise.resolve(failForNow('transport.timeout', 'no answer')),
  'that it will not, and finally so': () => Promise.resolve(fail('transport.status', 'no', { peer: fail('request.app', 'no').error })),
  'the reply to another request': async (world) => serve(world, await compose(world, 'post', { ...ARGS, text: 'Rain' })),
  'the first block only': (world, composed) => reply(world, composed, ({ first, one }) => legOf(first.relay, [one])),
  'the second block only': (world, composed) => reply(world, composed, ({ first, two }) => legOf(first.relay, [two()])),
  'one lane only': (world, composed) => reply(world, composed, ({ first, one, two }) => legOf(first.relay, [[one[0]!], [two()[0]!]])),
  'lanes in another order': (world, composed) =>
    reply(world, composed, ({ first, one, two }) => legOf(first.relay, [one.toReversed(), two().toReversed()])),
  'blocks in another order': (world, composed) => reply(world, composed, ({ first, one, two }) => legOf(first.relay, [two(), one])),
  'no outputs': (world, composed) => reply(world, composed, (parts) => ({ ...honest(parts), outputs: {} })),
  'an output twice': (world, composed) =>
    reply(world, composed, (parts) => {
      const { outputs, ...rest } = honest(parts)
      return { ...rest, outputs: { ...outputs, 'block.1.1': outputs['block.1.0']! } }
    }),
  'no writes': (world, composed) => reply(world, composed, (parts) => ({ ...honest(parts), writes: honest(parts).writes.slice(0, 1) })),
  'writes in another order': (world, composed) =>
    reply(world, composed, (parts) => ({ ...honest(parts), writes: honest(parts).writes.toReversed() })),
  'a number that is for the Supervisor': (world, composed) =>
    reply(world, composed, (parts) => ({
      ...honest(parts),
      lanes: honest(parts).lanes.map(({ links }) => ({ links: links.slice(0, 1), handoff: parts.one[0]!.handoff })),
    })),
}

type Parts = ReturnType<typeof whole>
const legOf = ({ message }: Relay, replies: HopReply[][]): LegReply => ({
  lanes: message.lanes.slice(0, replies[0]!.length).map((_, lane) => ({ links: replies.map((of) => of[lane]!.link), handoff: null })),
  outputs: Object.assign({}, ...replies.map(([one]) => one!.outputs)) as LegReply['outputs'],
  writes: replies.map(([one]) => one!.writes),
})
const kept = new WeakMap<Parts, LegReply>()
function honest(parts: Parts): LegReply {
  const made = kept.get(parts) ?? legOf(parts.first.relay, [parts.one, parts.two()])
  kept.set(parts, made)
  return made
}
function reply(world: World, composed: Composed, make: (parts: Parts) => LegReply): Promise<Result<Uint8Array>> {
  const parts = whole(world, composed)
  return Promise.resolve(ok(sealReply(world.ctx, fromHex(parts.first.relay.message.reply), composed.pending.request, make(parts))))
}

describe('a top-level server that answers with', () => {
  it.each(Object.keys(REPLIES))('%s: is left out, and no server of a block for it; the request succeeds elsewhere', async (name) => {
    const world = await scene(`reply ${name}`)
    const composed = await compose(world, 'post', ARGS)
    const transport = { send: () => REPLIES[name]!(world, composed) } as unknown as TransportPort
    const done = await send(world.ctx, transport, world.clientEnv(), composed)
    expect(done).toMatchObject({ ok: false, servers: [composed.top.id], failure: { retryable: true } })
    const again = await compose(world, 'post', ARGS, new Set([composed.top.id]))
    expect(again.top.id).not.toBe(composed.top.id)
    expect(openReply(world.ctx, world.clientEnv(), again.pending, must(serve(world, again)))).toMatchObject({
      ok: true,
      value: { writes: [{ fields: ARGS }] },
    })
  })

  it('the honest reply of these tests is one: it is taken', async () => {
    const world = await scene('honest')
    const composed = await compose(world, 'post', ARGS)
    const transport = { send: () => reply(world, composed, honest) } as unknown as TransportPort
    expect((await send(world.ctx, transport, world.clientEnv(), composed)).ok).toBe(true)
  })
})
