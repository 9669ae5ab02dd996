/** Whatever one server makes of a block, the other lanes' servers make what the program says: it stands alone, and nothing of it counts. */
import { describe, expect, it } from 'vitest'
import { blameRefusal, blameReply, openReply, takeReply } from '../../roles/client/request.ts'
import type { Composed } from '../../roles/client/types.ts'
import { fromHex } from '../../roles/protocol/bytes.ts'
import {
  commitsDigest,
  commitsOf,
  edgeKey,
  LARGEST_FIXED,
  sealEdge,
  signLink,
  type HopReply,
  type LegReply,
} from '../../roles/protocol/requests/index.ts'
import { must, ok, type Failure, type Result } from '../../roles/protocol/result.ts'
import { executeHop, sealReply } from '../../roles/server/execute.ts'
import { openRequest } from '../../roles/server/relay.ts'
import { nextHops, openHopReply, takeReplies, type Between } from '../roles/request/blocks.ts'
import { compose, exchange, makeWorld, serve, TICK, type Deliver, type World } from '../roles/request/world.ts'
import { deliverWith, FORGED_AUTHOR, type Lie } from './liar.ts'

const ARGS = { topic: 'weather', text: 'A lovely, sunny day' }
const SPAM = { topic: 'weather', text: 'Free money, cheap viagra' }

/** The guestbook's `post`: block 0 says why a text is refused, block 1 writes the post. */
const LIES: Record<string, Lie & { arguments: typeof ARGS }> = {
  "another's name as author": { ...FORGED_AUTHOR, arguments: ARGS },
  'banned words let through': { endpoint: 'post', position: 0, arguments: SPAM, change: (body) => (body.outputs = [12]) },
  'another answer than the program gives': { endpoint: 'post', position: 1, arguments: ARGS, change: (body) => (body.outputs = [29, 31]) },
  'no write where the program writes': {
    endpoint: 'post',
    position: 1,
    arguments: ARGS,
    change: (body) => Object.assign(body.effects[0]!, { if: 29 }),
  },
}

const worldOf = (seed: string, lanes: number): Promise<World> => makeWorld({ seed, servers: 14, lanes })
const code = (result: Result<unknown>): string => (result.ok ? 'accepted' : result.error.code)
const errorOf = (result: Result<unknown>): Failure => (result as { error: Failure }).error

/** A top-level server that compares nothing and passes on whatever comes. */
function serveBlindly(world: World, composed: Composed, deliver: Deliver): Uint8Array {
  const env = world.relayEnv(composed.top.id)
  let relay: Between = must(openRequest(world.ctx, env, composed.bytes))
  const all: HopReply[][] = []
  for (;;) {
    const next = must(nextHops(world.ctx, env, relay))
    const replies = next.hops.map(({ lane, server, bytes }) => must(openHopReply(world.ctx, env, next, lane, must(deliver(server, bytes)))))
    all.push(replies)
    // Outputs and writes of lane 0 are passed on as everybody's.
    if (all.length === relay.end) break
    relay = { ...next.relay, replies: [...all] }
  }
  const reply: LegReply = {
    lanes: composed.pending.lanes.map((_, lane) => ({ links: all.map((of) => of[lane]!.link), handoff: null })),
    outputs: Object.assign({}, ...all.map(([first]) => first!.outputs)) as LegReply['outputs'],
    writes: all.map(([first]) => first!.writes),
  }
  return sealReply(world.ctx, fromHex(relay.message.reply), composed.pending.request, reply)
}

describe.each(Object.keys(LIES))('a server with «%s»', (name) => {
  const lie = LIES[name]!
  const { position } = lie

  it('is outvoted by two honest lanes: the top-level server stops there, the client names it, and asks elsewhere', async () => {
    for (const lane of [0, 1, 2]) {
      const world = await worldOf(`outvoted ${name} ${lane}`, 3)
      const composed = await compose(world, 'post', lie.arguments)
      const liar = composed.pending.lanes[lane]![position]!.server
      const ran: string[] = []
      const deliver = deliverWith(world, new Set([liar]), lie)
      const result = await exchange(world, composed, (server, bytes) => {
        ran.push(server)
        return deliver(server, bytes)
      })
      expect(result).toMatchObject({ ok: false, error: { code: 'request.lanes', retryable: true, details: { position, servers: [liar] } } })
      expect(errorOf(result).details!['links']).toHaveLength(3)
      expect(ran).toHaveLength(3 * (position + 1))
      expect(blameReply(composed.pending, errorOf(result))).toMatchObject({ servers: [liar], failure: { retryable: true } })
      const elsewhere = await exchange(world, await compose(world, 'post', lie.arguments, new Set([liar])), deliver)
      expect(elsewhere.ok).toBe(true)
    }
  })

  it('is not outvoted by one honest lane, but does not get through either: both are left out', async () => {
    const world = await worldOf(`two ${name}`, 2)
    const composed = await compose(world, 'post', lie.arguments)
    const both = composed.pending.lanes.map((hops) => hops[position]!.server)
    const result = await exchange(world, composed, deliverWith(world, new Set([both[0]!]), lie))
    expect(result).toMatchObject({ ok: false, error: { code: 'request.lanes', details: { position, servers: both } } })
  })

  it('does not get through by a top-level server that compares nothing', async () => {
    const world = await worldOf(`blind ${name}`, 3)
    const composed = await compose(world, 'post', lie.arguments)
    const liar = composed.pending.lanes[0]![position]!.server
    const lied = deliverWith(world, new Set([liar]), lie)
    const taken = await takeReply(world.ctx, world.clientEnv(), composed.pending, serveBlindly(world, composed, lied))
    expect(taken).toMatchObject({ ok: false, error: { code: 'request.lanes', details: { position, servers: [liar] } } })
  })
})

describe('a server that signs what all sign, and seals something else', () => {
  it('is named, because the client opens what each lane sealed', async () => {
    const world = await worldOf('boxes', 3)
    const composed = await compose(world, 'post', ARGS)
    const liar = composed.pending.lanes[2]![1]!.server
    const env = world.relayEnv(composed.top.id)
    let relay: Between = must(openRequest(world.ctx, env, composed.bytes))
    for (const position of [0, 1]) {
      const next = must(nextHops(world.ctx, env, relay))
      const replies = next.hops.map(({ lane, server, bytes }) => {
        const reply = must(openHopReply(world.ctx, env, next, lane, must(executeHop(world.ctx, world.hopEnv(server), bytes))))
        return server === liar ? { ...reply, writes: { ...reply.writes, box: reply.outputs['block.1.0']!.box } } : reply
      })
      const step = takeReplies(world.ctx, next, replies)
      if (!step.done) {
        expect(position).toBe(0)
        relay = step.relay
        continue
      }
      expect(openReply(world.ctx, world.clientEnv(), composed.pending, step.reply)).toMatchObject({
        ok: false,
        error: { code: 'reply.outputs', details: { position: 1, servers: [liar] } },
      })
    }
  })

  it('does not get a lie past the top-level server by signing one digest and sending another value', async () => {
    const world = await worldOf('digest', 3)
    const composed = await compose(world, 'post', SPAM)
    const liar = composed.pending.lanes[1]![0]!.server
    const key = edgeKey(world.ctx.crypto, fromHex(composed.pending.secret), 'block.0.0')
    const env = world.relayEnv(composed.top.id)
    const next = must(nextHops(world.ctx, env, must(openRequest(world.ctx, env, composed.bytes))))
    const hop = next.hops.find(({ server }) => server === liar)!
    const honest = must(openHopReply(world.ctx, env, next, 1, must(executeHop(world.ctx, world.hopEnv(liar), hop.bytes))))
    const forged = { 'block.0.0': sealEdge(world.ctx.crypto, key, 'block.0.0', new TextEncoder().encode('""'), LARGEST_FIXED) }
    const answer = (reply: HopReply) => sealReply(world.ctx, fromHex(next.hops[1]!.key), composed.pending.request, reply)
    const taken = (reply: HopReply) => openHopReply(world.ctx, env, next, 1, answer(reply))
    expect(taken({ ...honest, outputs: forged })).toMatchObject({
      error: { code: 'request.hop-failed', details: { cause: 'hop.reply', lane: 1, position: 0, server: liar } },
    })
    const { sig: _sig, ...link } = honest.link
    const outputs = commitsDigest(world.ctx.crypto, commitsOf(forged))
    const signed = signLink(world.ctx.crypto, { ...link, outputs }, world.servers.get(liar)!.identity, world.ctx.random(32))
    expect(code(taken({ ...honest, outputs: forged, link: signed }))).toBe('accepted')
    const replies = next.hops.map(({ lane, server, bytes }) =>
      server === liar
        ? { ...honest, outputs: forged, link: signed }
        : must(openHopReply(world.ctx, env, next, lane, must(executeHop(world.ctx, world.hopEnv(server), bytes)))),
    )
    const step = takeReplies(world.ctx, next, replies)
    expect(step.done && openReply(world.ctx, world.clientEnv(), composed.pending, step.reply)).toMatchObject({
      error: { code: 'request.lanes', details: { position: 0, servers: [liar] } },
    })
  })
})

describe('a server that signs that it was given something else', () => {
  it('is named by the client, which knows what it gave, although two of three say the same', async () => {
    const world = await worldOf('inputs', 3)
    const composed = await compose(world, 'post', ARGS)
    const liars = [0, 2].map((lane) => composed.pending.lanes[lane]![1]!.server)
    const honest = world.hopEnv.bind(world)
    const deliver: Deliver = (server, bytes) => {
      const env = honest(server)
      const code = env.code(TICK)!
      const other = { ...code, blocks: new Map([...code.blocks].map(([version, block]) => [version, { ...block, code: '77'.repeat(32) }])) }
      return executeHop(world.ctx, liars.includes(server) ? { ...env, code: () => other } : env, bytes)
    }
    const result = await exchange(world, composed, deliver)
    expect(result).toMatchObject({ ok: false, error: { code: 'reply.inputs', details: { position: 1, servers: liars } } })
    expect(blameReply(composed.pending, errorOf(result))).toMatchObject({ servers: liars })
    const all = composed.pending.lanes.map((hops) => hops[1]!.server)
    const again = await compose(world, 'post', ARGS)
    liars.splice(0, liars.length, ...again.pending.lanes.map((hops) => hops[1]!.server))
    expect(all).toHaveLength(3)
    expect(await exchange(world, again, deliver)).toMatchObject({ error: { code: 'reply.inputs', details: { servers: liars } } })
  })

  it('or whose link is not signed is named, and not the server that refuses to go on from it', async () => {
    const world = await worldOf('unsigned link', 2)
    const composed = await compose(world, 'post', ARGS)
    const liar = composed.pending.lanes[1]![0]!.server
    const { crypto } = world.ctx
    const sign: typeof crypto.schnorr.sign = (...args) => crypto.schnorr.sign(...args).map((byte, i) => (i === 40 ? byte ^ 1 : byte))
    const forging = { ...world.ctx, crypto: { ...crypto, schnorr: { ...crypto.schnorr, sign } } }
    const result = await exchange(world, composed, (server, bytes) =>
      executeHop(server === liar ? forging : world.ctx, world.hopEnv(server), bytes),
    )
    expect(result).toMatchObject({
      error: { code: 'request.hop-failed', details: { cause: 'thread.link', lane: 1, position: 0, server: liar } },
    })
    expect(blameRefusal(composed.pending, new Set(), errorOf(result), null).servers).toEqual([liar])
  })
})

describe('a top-level server', () => {
  it('that says lanes differ where they do not is at fault itself', async () => {
    const world = await worldOf('invented', 2)
    const composed = await compose(world, 'post', ARGS)
    const env = world.relayEnv(composed.top.id)
    const relay = must(openRequest(world.ctx, env, composed.bytes))
    const next = must(nextHops(world.ctx, env, relay))
    const replies = next.hops.map(({ lane, server, bytes }) =>
      must(openHopReply(world.ctx, env, next, lane, must(executeHop(world.ctx, world.hopEnv(server), bytes)))),
    )
    const differ = replies.map(({ link, outputs, writes }) => ({ links: [link], outputs, writes }))
    const bytes = sealReply(world.ctx, fromHex(relay.message.reply), composed.pending.request, { before: {}, differ })
    const opened = openReply(world.ctx, world.clientEnv(), composed.pending, bytes)
    expect(opened).toMatchObject({ ok: false, error: { code: 'reply.path' } })
    expect(blameReply(composed.pending, errorOf(opened)).servers).toEqual([composed.top.id])
    const forged = differ.map((one, lane) => (lane === 0 ? one : { ...one, links: [{ ...one.links[0]!, outputs: '77'.repeat(32) }] }))
    const invented = openReply(
      world.ctx,
      world.clientEnv(),
      composed.pending,
      sealReply(world.ctx, fromHex(relay.message.reply), composed.pending.request, { before: {}, differ: forged }),
    )
    expect(code(invented)).toBe('thread.link')
  })

  it('runs honest lanes to one reply, whose writes are reviewed once', async () => {
    const world = await worldOf('honest', 3)
    const composed = await compose(world, 'post', ARGS)
    expect(composed.pending.lanes).toHaveLength(3)
    expect(new Set(composed.pending.lanes.flat().map(({ server }) => server)).size).toBe(6)
    const reviewed = must(
      openReply(
        world.ctx,
        world.clientEnv(),
        composed.pending,
        must(serve(world, composed, (server, bytes) => ok(must(executeHop(world.ctx, world.hopEnv(server), bytes))))),
      ),
    )
    expect(reviewed.writes).toMatchObject([{ fields: { ...ARGS, author: world.client.publicKey }, flags: [] }])
    expect(reviewed.opened.lanes).toHaveLength(3)
    // Each lane has a number of its own: nothing of one is in another.
    expect(new Set(reviewed.opened.lanes.flatMap((links) => links.map(({ after }) => after))).size).toBe(6)
  })
})
