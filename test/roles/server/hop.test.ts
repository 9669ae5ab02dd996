import { describe, expect, it } from 'vitest'
import { composeRequest, openReply } from '../../../roles/client/request.ts'
import { valuesOf } from '../../../roles/client/compose.ts'
import { sealEdges } from '../../../roles/client/seal-leg.ts'
import type { ClientEnv, Composed } from '../../../roles/client/types.ts'
import { fromHex, toHex } from '../../../roles/protocol/bytes.ts'
import {
  commitsOf,
  edgeKey,
  inputCommits,
  inputsDigest,
  LARGEST_FIXED,
  madeIds,
  sealEdge,
  startDigest,
  messageAad,
  messageBytes,
  requestMessage,
  type HopReply,
  type RequestMessage,
} from '../../../roles/protocol/requests/index.ts'
import { canonicalBytes } from '../../../roles/protocol/canonical.ts'
import { must, ok } from '../../../roles/protocol/result.ts'
import { executeHop } from '../../../roles/server/execute.ts'
import type { Relay } from '../../../roles/server/relay-types.ts'
import { openRequest } from '../../../roles/server/relay.ts'
import { seal as sealBox } from '../../../roles/protocol/crypto/index.ts'
import type { RangeProof } from '../../../roles/protocol/index/index.ts'
import type { Program } from '../../../roles/program/index.ts'
import { nextHops, openHopReply, takeReplies, type Between } from '../request/blocks.ts'
import { compose, exchange, makeWorld, serve, type World } from '../request/world.ts'
import { seeded } from '../../tools/seeded.ts'

const ARGS = { topic: 'weather', text: 'A lovely, sunny day' }

/** A top-level server that is not honest: it opens the request and changes what it forwards at `position`. */
function forwardChanged(
  world: World,
  composed: Composed,
  position: number,
  change: (relay: Between & { replies: HopReply[][] }) => Between,
): ReturnType<typeof executeHop> {
  const env = world.relayEnv(composed.top.id)
  let relay: Between = must(openRequest(world.ctx, env, composed.bytes))
  for (let at = 0; ; at++) {
    const under = must(nextHops(world.ctx, env, at === position ? change({ ...relay, replies: relay.replies ?? [] }) : relay))
    const [hop] = under.hops
    const reply = executeHop(world.ctx, world.hopEnv(hop!.server), hop!.bytes)
    if (at === position || !reply.ok) return reply
    const step = takeReplies(world.ctx, under, [must(openHopReply(world.ctx, env, under, 0, reply.value))])
    if (step.done) throw new Error('the request ended before the change')
    relay = step.relay
  }
}

const code = (result: { ok: boolean; error?: { code: string } }): string => (result.ok ? 'accepted' : result.error!.code)

describe("a block's server", () => {
  it('[P1] answers an honest request', async () => {
    const world = await makeWorld({ seed: 'honest' })
    expect(code(serve(world, await compose(world, 'post', ARGS)))).toBe('accepted')
  })

  it('signs what it was given: the commitments of its values, and the keys under which it seals and salts what it makes', async () => {
    const world = await makeWorld({ seed: 'given' })
    const composed = await compose(world, 'post', ARGS)
    const reviewed = must(await exchange(world, composed))
    const [link] = reviewed.opened.lanes[0]!
    const { secret, start } = composed.pending
    const endpoint = world.outline.endpoints['post']!
    const { code } = world.plan.endpoints['post']![0]!
    const commits = inputCommits(
      endpoint,
      0,
      commitsOf(sealEdges(world.ctx, endpoint, fromHex(secret), valuesOf(world.client.publicKey, endpoint, ARGS, composed.pending.slots))),
    )
    const keysUnder = (of: string) =>
      Object.fromEntries(madeIds(endpoint, 0).map((id) => [id, toHex(edgeKey(world.ctx.crypto, fromHex(of), id))]))
    const inputs = (keys: Record<string, string>) =>
      inputsDigest(world.ctx.crypto, startDigest(world.ctx.crypto, start), code, { commits, keys })
    expect(link!.inputs).toBe(inputs(keysUnder(secret)))
    expect(link!.inputs).not.toBe(inputs(keysUnder('77'.repeat(32))))
    for (const id of madeIds(endpoint, 0)) expect(link!.inputs).not.toBe(inputs({ ...keysUnder(secret), [id]: '77'.repeat(32) }))
  })

  it('refuses a request id that it has served before, and has it on record before it answers', async () => {
    const world = await makeWorld({ seed: 'replay' })
    const composed = await compose(world, 'post', ARGS)
    must(serve(world, composed))
    const first = composed.pending.lanes[0]![0]!
    expect([...world.servers.get(first.server)!.used.values()]).toMatchObject([
      { request: composed.pending.request, position: 0, receipt: { client: world.client.publicKey } },
    ])
    const again = serve(world, composed)
    expect(again).toMatchObject({
      ok: false,
      error: { code: 'request.hop-failed', details: { cause: 'hop.replayed', position: 0, server: first.server } },
    })
  })

  it('[V1] refuses a request for a tick that is neither the current one nor the one before', async () => {
    const world = await makeWorld({ seed: 'tick' })
    const composed = await compose(world, 'post', ARGS)
    const env = world.relayEnv(composed.top.id)
    const hop = must(nextHops(world.ctx, env, must(openRequest(world.ctx, env, composed.bytes)))).hops[0]!
    const late = (currentTick: number): string => code(executeHop(world.ctx, { ...world.hopEnv(hop.server), currentTick }, hop.bytes))
    expect([late(9), late(6), late(8)]).toEqual(['hop.tick', 'hop.tick', 'accepted'])
  })

  it('refuses a message that is not for it, too long, or damaged', async () => {
    const world = await makeWorld({ seed: 'message' })
    const composed = await compose(world, 'post', ARGS)
    const env = world.relayEnv(composed.top.id)
    const hop = must(nextHops(world.ctx, env, must(openRequest(world.ctx, env, composed.bytes)))).hops[0]!
    const other = [...world.servers.keys()].find((id) => id !== hop.server)!
    const damaged = hop.bytes.slice()
    damaged[100]! ^= 1
    expect(code(executeHop(world.ctx, world.hopEnv(other), hop.bytes))).toBe('envelope.closed')
    expect(code(executeHop(world.ctx, world.hopEnv(hop.server), damaged))).toBe('envelope.closed')
    expect(code(executeHop(world.ctx, world.hopEnv(hop.server), new Uint8Array((4 << 20) + 1)))).toBe('hop.too-large')
  })

  it('refuses a link whose executed sites, writes or signature were changed', async () => {
    const world = await makeWorld({ seed: 'links' })
    for (const [i, change] of [{ sites: [3] }, { own: ['12'.repeat(32)] }, { after: '34'.repeat(32) }].entries()) {
      const composed = await compose(world, 'post', { ...ARGS, text: `Text ${i}` })
      const result = forwardChanged(world, composed, 1, (relay) => ({
        ...relay,
        replies: [[{ ...relay.replies[0]![0]!, link: { ...relay.replies[0]![0]!.link, ...change } }]],
      }))
      expect(code(result)).toBe('thread.link')
    }
  })

  it('runs nothing that its client did not sign, nor pays for', async () => {
    const world = await makeWorld({ seed: 'unsigned' })
    const { schnorr } = world.ctx.crypto
    /** A request whose signature by number is forged: the start, then the receipts of the blocks. */
    const forged = async (number: number): Promise<Composed> => {
      let made = 0
      const sign: typeof schnorr.sign = (...args) => {
        const signature = schnorr.sign(...args)
        if (made++ === number) signature[40]! ^= 1
        return signature
      }
      const ctx = { ...world.ctx, crypto: { ...world.ctx.crypto, schnorr: { ...schnorr, sign } } }
      return must(await composeRequest(ctx, world.clientEnv(), 'post', ARGS))
    }
    const used = ({ pending }: Composed) =>
      pending.lanes[0]!.map(({ server }) =>
        [...world.servers.get(server)!.used.values()].some(({ request }) => request === pending.request),
      )
    const start = await forged(0)
    expect(code(forwardChanged(world, start, 0, (relay) => ({ ...relay, signed: () => ok(null) })))).toBe('thread.start')
    expect(code(serve(world, start))).toBe('thread.start')
    expect(used(start)).toEqual([false, false])
    // Whatever a block's server says: the top-level server has checked it too before it passes anything on.
    const lie = new Uint8Array(300)
    expect(code(serve(world, start, () => ok(lie)))).toBe('thread.start')
    for (const position of [0, 1]) {
      const receipt = await forged(1 + position)
      expect(serve(world, receipt)).toMatchObject({ error: { details: { cause: 'hop.receipt', position } } })
      expect(used(receipt)).toEqual([position === 1, false])
    }
  })

  it('refuses a value that the client sealed differently for two blocks', async () => {
    const world = await makeWorld({ seed: 'two-faces' })
    const composed = await compose(world, 'post', ARGS)
    const key = edgeKey(world.ctx.crypto, fromHex(composed.pending.secret), 'request.text')
    const other = sealEdge(world.ctx.crypto, key, 'request.text', canonicalBytes('Buy viagra'), LARGEST_FIXED)
    const result = forwardChanged(world, composed, 1, (relay) => ({
      ...relay,
      message: { ...relay.message, edges: { ...relay.message.edges, 'request.text': other } },
    }))
    expect(code(result)).toBe('hop.commits')
  })

  it('refuses the result of an earlier block when its client replaced it, though the client has its key', async () => {
    const world = await makeWorld({ seed: 'forged' })
    const composed = await compose(world, 'post', { ...ARGS, text: 'Buy viagra' })
    const secret = fromHex(composed.pending.secret)
    const forge = (id: string) =>
      sealEdge(world.ctx.crypto, edgeKey(world.ctx.crypto, secret, id), id, canonicalBytes(false), LARGEST_FIXED)
    const result = forwardChanged(world, composed, 1, (relay) => {
      const ids = Object.keys(relay.replies[0]![0]!.outputs)
      return { ...relay, replies: [[{ ...relay.replies[0]![0]!, outputs: Object.fromEntries(ids.map((id) => [id, forge(id)])) }]] }
    })
    expect(code(result)).toBe('hop.commits')
  })

  it('refuses an edge that the block does not need', async () => {
    const world = await makeWorld({ seed: 'extra' })
    const composed = await compose(world, 'post', ARGS)
    const env = world.relayEnv(composed.top.id)
    const relay = must(openRequest(world.ctx, env, composed.bytes))
    const view = env.tick(env.currentTick)!
    const hop = must(
      nextHops(world.ctx, { ...env, tick: () => ({ ...view, program: { ...view.program, outline: withoutInputs(world) } }) }, relay),
    ).hops[0]!
    expect(code(executeHop(world.ctx, world.hopEnv(hop.server), hop.bytes))).toBe('hop.edges')
  })

  it('[R8] refuses rows that are not proved, or hidden, and a caller that is not registered', async () => {
    const world = await makeWorld({
      seed: 'proofs',
      posts: [1, 2, 3].map((n) => ({ topic: 'weather', text: `Post ${n}`, author: 'dd'.repeat(32) })),
    })
    const send = async (change: (env: ClientEnv) => ClientEnv): Promise<string> => {
      const composed = await composeRequest(world.ctx, change(world.clientEnv()), 'post', ARGS)
      if (!composed.ok) return composed.error.code
      const result = serve(world, composed.value)
      return result.ok ? 'accepted' : String(result.error.details?.['cause'])
    }
    expect(await send((env) => env)).toBe('accepted')
    expect(await send((env) => lying(env, 'posts', (proof) => ({ ...proof, entryCount: proof.entryCount + 1 })))).toBe('index.proof')
    expect(
      await send((env) =>
        lying(env, 'posts', (proof) => ({ ...proof, pages: proof.pages.map((page) => ({ ...page, entries: page.entries.slice(1) })) })),
      ),
    ).toBe('index.proof')
    expect(
      await send((env) =>
        lying(env, '$keys', (proof) => ({
          ...proof,
          pages: proof.pages.map((page) => ({
            ...page,
            entries: page.entries.map((entry) => ({
              ...entry,
              fields: entry.fields.map(([name, value]) => [name, name === 'written' ? true : value] as const),
            })),
          })),
        })),
      ),
    ).toBe('index.proof')
    expect(await send((env) => lying(env, '$clients', (proof) => ({ ...proof, merkle: [...proof.merkle, '00'.repeat(32)] })))).toBe(
      'index.proof',
    )
  })

  it('[K3] refuses a slot whose key belongs to another client', async () => {
    const world = await makeWorld({ seed: 'slot', posts: [{ topic: 'weather', text: 'Mine', author: 'dd'.repeat(32) }] })
    const rows = must(await world.reader.rows('posts', 'byTopic', ['weather']))
    const foreign = rows.value[0]!['$key'] as string
    const composed = must(
      await composeRequest(
        world.ctx,
        { ...world.clientEnv(), keys: [{ key: foreign, collection: 'posts', written: false }] },
        'post',
        ARGS,
      ),
    )
    expect(serve(world, composed)).toMatchObject({ ok: false, error: { details: { cause: 'hop.slot', position: 1 } } })
  })

  it('writes nothing when a rule of the program refuses, and passes the thread on', async () => {
    const world = await makeWorld({ seed: 'refused' })
    const composed = await compose(world, 'post', { ...ARGS, text: 'Cheap VIAGRA here' })
    const reviewed = must(openReply(world.ctx, world.clientEnv(), composed.pending, must(serve(world, composed))))
    expect(reviewed.opened.response).toMatchObject({ accepted: false })
    expect(reviewed.writes).toEqual([])
  })

  it('is held to its budget, and says so without a value', async () => {
    const world = await makeWorld({ seed: 'budget' })
    const composed = await compose(world, 'post', ARGS)
    const result = serve(world, composed, (server, bytes) => {
      const env = world.hopEnv(server)
      const view = env.tick(env.currentTick)!
      const poor = { ...view, program: { ...view.program, budget: { steps: 3, bytes: 1000 } } }
      return executeHop(world.ctx, { ...env, tick: () => poor }, bytes)
    })
    expect(result).toMatchObject({ ok: false, error: { retryable: false, details: { cause: 'hop.block-failed' } } })
  })
})

describe('a top-level server', () => {
  it('[R4] holds no key of any edge, so it sees no primitive', async () => {
    const world = await makeWorld({ seed: 'blind' })
    const composed = await compose(world, 'post', ARGS)
    const seen: string[] = []
    const env = world.relayEnv(composed.top.id)
    let relay: Between = must(openRequest(world.ctx, env, composed.bytes))
    seen.push(JSON.stringify(relay))
    const keys = Object.keys(relay.message.edges).map((id) => toHex(edgeKey(world.ctx.crypto, fromHex(composed.pending.secret), id)))
    expect(keys.length).toBeGreaterThan(2)
    expect(composed.pending.lanes[0]!.map((hop) => hop.server)).not.toContain(composed.pending.top)
    for (const [position, hop] of relay.message.lanes[0]!.entries()) {
      const other = world.hopEnv(composed.top.id)
      const under = must(nextHops(world.ctx, env, relay))
      const { bytes } = under.hops[0]!
      expect(under.hops[0]!.position).toBe(position)
      expect(code(executeHop(world.ctx, other, bytes))).toBe('envelope.closed')
      expect(hop.server).not.toBe(composed.top.id)
      const answer = must(openHopReply(world.ctx, env, under, 0, must(executeHop(world.ctx, world.hopEnv(hop.server), bytes))))
      seen.push(JSON.stringify(answer))
      const step = takeReplies(world.ctx, under, [answer])
      if (!step.done) relay = step.relay
    }
    expect(seen).toHaveLength(3)
    for (const secret of [...keys, composed.pending.secret, ...Object.values(ARGS)]) expect(seen.join('')).not.toContain(secret)
  })

  it("refuses the same server twice, itself as a block's server, and a version the tick does not list", async () => {
    const world = await makeWorld({ seed: 'twice' })
    const composed = await compose(world, 'post', ARGS)
    const { top, pending } = composed
    const opened = (change: (hops: Relay['message']['lanes'][number]) => Relay['message']['lanes'][number]): string => {
      const env = world.relayEnv(top.id)
      const relay = must(openRequest(world.ctx, env, composed.bytes))
      const message = { ...relay.message, lanes: relay.message.lanes.map(change) }
      const box = must(seal(world, top.id, message))
      return code(openRequest(world.ctx, env, box))
    }
    expect(opened((hops) => hops)).toBe('accepted')
    expect(opened((hops) => hops.map((hop) => ({ ...hop, server: pending.lanes[0]![0]!.server })))).toBe('request.hops')
    expect(opened((hops) => [{ ...hops[0]!, server: top.id }, hops[1]!])).toBe('request.hops')
    expect(opened((hops) => [{ ...hops[0]!, version: '99'.repeat(32) }, hops[1]!])).toBe('request.hops')
    expect(opened((hops) => hops.slice(0, 1))).toBe('request.hops')
  })

  it('names position and server of a hop that fails, and takes no reply for another hop', async () => {
    const world = await makeWorld({ seed: 'names' })
    const composed = await compose(world, 'post', ARGS)
    const random = seeded('noise')
    const result = serve(world, composed, (server, bytes) =>
      server === composed.pending.lanes[0]![1]!.server ? ok(random(300)) : executeHop(world.ctx, world.hopEnv(server), bytes),
    )
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'request.hop-failed', retryable: true, details: { position: 1, server: composed.pending.lanes[0]![1]!.server } },
    })
  })
})

// ───────────────────────────── helpers ─────────────────────────────

const seal = (world: World, server: string, message: RequestMessage) =>
  sealBox(
    world.ctx.crypto,
    world.ctx.random(32),
    world.servers.get(server)!.sealing.publicKey,
    messageBytes(requestMessage, message),
    messageAad('request', server),
  )

/** A client whose proofs of one collection are not true. */
const lying = (env: ClientEnv, collection: string, change: (proof: RangeProof) => RangeProof): ClientEnv => ({
  ...env,
  reader: {
    ...env.reader,
    async range(name, index, equals, options) {
      const read = await env.reader.range(name, index, equals, options)
      return read.ok && name === collection ? ok({ ...read.value, proof: change(read.value.proof) }) : read
    },
  },
})

/** An outline under which the first block needs no edges. */
function withoutInputs(world: World): Program {
  const post = world.outline.endpoints['post']!
  return {
    ...world.outline,
    endpoints: { ...world.outline.endpoints, post: { ...post, blocks: post.blocks.map((block) => ({ ...block, inputs: [] })) } },
  }
}

describe('a failing hop', () => {
  it("keeps the peer's own reason, and lets the client try elsewhere unless the program itself refused", async () => {
    const world = await makeWorld({ seed: 'reasons' })
    const composed = await compose(world, 'post', ARGS)
    const failing = (peer: string) =>
      serve(world, composed, () => ({
        ok: false,
        error: {
          code: 'transport.status',
          message: 'refused',
          retryable: true,
          details: { peer: { code: peer, message: 'why', retryable: false } },
        },
      }))
    expect(failing('hop.slot')).toMatchObject({
      error: { code: 'request.hop-failed', retryable: true, details: { cause: 'hop.slot', position: 0 } },
    })
    expect(failing('hop.block-failed')).toMatchObject({
      error: { code: 'request.hop-failed', retryable: false, details: { cause: 'hop.block-failed' } },
    })
  })
})
