/**
 * A server seals an answer that is none: numbers or ids without end, counts of what does not follow, half an answer, one with something behind it, or
 * what was no message ever. Those who open it are the top-level server (of a block's server) and the client (of a top-level one).
 *
 * Detected at once, by size, or at the first field that is wrong (`reply.schema`, `envelope.closed`); nothing is allocated for what is merely announced. The
 * punishment: left out of the request. Lost: one round trip.
 */
import { describe, expect, it } from 'vitest'
import { blameReply, openReply } from '../../roles/client/request.ts'
import { concatBytes, fromHex, utf8 } from '../../roles/protocol/bytes.ts'
import { openBox, sealBox } from '../../roles/protocol/crypto/index.ts'
import {
  hopReply,
  MESSAGE_LIMIT,
  messageAad,
  messageBytes,
  MOST_PARTS,
  readMessage,
  replyMessage,
  type HopReply,
  type LegReply,
} from '../../roles/protocol/requests/index.ts'
import { must, type Failure } from '../../roles/protocol/result.ts'
import { executeHop } from '../../roles/server/execute.ts'
import { openRequest } from '../../roles/server/relay.ts'
import { nextHops, openHopReply } from '../roles/request/blocks.ts'
import { compose, makeWorld, serve } from '../roles/request/world.ts'

const ARGS = { topic: 'weather', text: 'A lovely, sunny day' }
const FULL = Math.floor(MESSAGE_LIMIT * 0.9)
const EDGE = { commit: 'ab'.repeat(32), box: '' }
/** As many edges as fit. */
const MANY = Object.fromEntries(Array.from({ length: 80_000 }, (_, i) => [i.toString(36), EDGE]))
/** As many call sites as fit. */
const SITES = Array.from({ length: 400_000 }, () => 0)

/** Answers of a block's server, from the honest one; of a top-level server, from its own. */
interface Garbage {
  hop(honest: HopReply): Uint8Array
  leg(honest: LegReply): Uint8Array
}

/** What is done to the bytes of an honest answer. */
const bytesChanged = (change: (bytes: Uint8Array) => Uint8Array): Garbage => ({
  hop: (honest) => change(messageBytes(hopReply, honest)),
  leg: (honest) => change(messageBytes(replyMessage, honest)),
})
const anything = (bytes: Uint8Array): Garbage => bytesChanged(() => bytes)

/** The last of the bytes that is not padding, and all before it. */
const trimmed = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1)

const GARBAGE: Record<string, Garbage> = {
  zeros: anything(new Uint8Array(FULL)),
  'the greatest counts everywhere': anything(new Uint8Array(FULL).fill(0xff)),
  nests: anything(utf8('['.repeat(FULL))),
  'the JSON of old': anything(utf8('{"lanes":[],"outputs":{},"writes":[]}')),
  nothing: anything(new Uint8Array(0)),
  'as many ids as fit': {
    hop: (honest) => messageBytes(hopReply, { ...honest, outputs: MANY }),
    leg: (honest) => messageBytes(replyMessage, { ...honest, outputs: MANY }),
  },
  'as many numbers as fit': {
    hop: (honest) => messageBytes(hopReply, { ...honest, link: { ...honest.link, sites: SITES } }),
    leg: (honest) =>
      messageBytes(replyMessage, {
        ...honest,
        lanes: honest.lanes.map(({ links: [link], handoff }) => ({ links: [{ ...link!, sites: SITES }], handoff })),
      }),
  },
  'one text': {
    hop: (honest) => messageBytes(hopReply, { ...honest, outputs: { ['a'.repeat(FULL)]: EDGE } }),
    leg: (honest) => messageBytes(replyMessage, { ...honest, outputs: { ['a'.repeat(FULL)]: EDGE } }),
  },
  'the first half': bytesChanged((bytes) => bytes.subarray(0, bytes.length / 2)),
  'all but its padding': bytesChanged(trimmed),
  'more zeros than its size has': bytesChanged((bytes) => concatBytes(bytes, new Uint8Array(bytes.length))),
  'a byte in its padding': bytesChanged((bytes) => concatBytes(bytes.subarray(0, -1), Uint8Array.of(1))),
}

const errorOf = (result: { ok: boolean; error?: Failure }): Failure => result.error!

/** A request whose first hops are under way. */
async function underWay(seed: string) {
  const world = await makeWorld({ seed, servers: 14, lanes: 2, spare: 1 })
  const composed = await compose(world, 'post', ARGS)
  const env = world.relayEnv(composed.top.id)
  return { world, composed, env, ...must(nextHops(world.ctx, env, must(openRequest(world.ctx, env, composed.bytes)))) }
}

/** The same with what its client is answered in the end. */
async function answered(seed: string) {
  const begun = await underWay(seed)
  const { world, composed, relay } = begun
  const reply = must(serve(world, composed, (server, bytes) => executeHop(world.ctx, world.hopEnv(server), bytes)))
  const aad = messageAad('reply', composed.pending.request)
  const honest = must(readMessage('reply', replyMessage, openBox(world.ctx.crypto, fromHex(relay.message.reply), reply, aad)!)) as LegReply
  return { ...begun, honest }
}

describe.each(Object.keys(GARBAGE))('an answer of %s', (name) => {
  const make = GARBAGE[name]!

  it('by a server of a block: the top-level server names it, and the request succeeds elsewhere', async () => {
    const { world, composed, env, relay, hops } = await underWay(`garbage of a block ${name}`)
    const under = { relay, hops }
    const guilty = composed.pending.lanes[1]![0]!.server
    const aad = messageAad('reply', composed.pending.request)
    const key = fromHex(hops[1]!.key)
    const answer = must(executeHop(world.ctx, world.hopEnv(guilty), hops[1]!.bytes))
    const honest = must(readMessage('reply', hopReply, openBox(world.ctx.crypto, key, answer, aad)!))
    const opened = openHopReply(world.ctx, env, under, 1, sealBox(world.ctx.crypto, world.ctx.random(12), key, make.hop(honest), aad))
    expect(opened).toMatchObject({ ok: false, error: { code: 'request.hop-failed', details: { lane: 1, position: 0, server: guilty } } })
    // Bytes that no key opens.
    const torn = openHopReply(world.ctx, env, under, 1, make.hop(honest))
    expect(torn).toMatchObject({ error: { details: { server: guilty } } })
    const again = await compose(world, 'post', ARGS, new Set([guilty]))
    expect(serve(world, again, (server, bytes) => executeHop(world.ctx, world.hopEnv(server), bytes)).ok).toBe(true)
  })

  it('by a top-level server: the client leaves it out', async () => {
    const { world, composed, relay, honest } = await answered(`garbage of a top ${name}`)
    const aad = messageAad('reply', composed.pending.request)
    const box = sealBox(world.ctx.crypto, world.ctx.random(12), fromHex(relay.message.reply), make.leg(honest), aad)
    const opened = openReply(world.ctx, world.clientEnv(), composed.pending, box)
    expect(errorOf(opened as never).code).toMatch(/^reply\.(closed|schema)$/)
    expect(blameReply(composed.pending, errorOf(opened as never)).servers).toEqual([composed.top.id])
    expect(openReply(world.ctx, world.clientEnv(), composed.pending, make.leg(honest)).ok).toBe(false)
  })
})

it('nobody looks at more parts than the greatest honest answer has, and the complaint names the field', async () => {
  const { world, composed, relay, honest } = await answered('parts')
  const aad = messageAad('reply', composed.pending.request)
  const opened = (garbage: string) => {
    const box = sealBox(world.ctx.crypto, world.ctx.random(12), fromHex(relay.message.reply), GARBAGE[garbage]!.leg(honest), aad)
    return openReply(world.ctx, world.clientEnv(), composed.pending, box)
  }
  expect(Object.keys(MANY).length).toBeGreaterThan(2 * MOST_PARTS)
  expect(opened('as many ids as fit')).toMatchObject({
    error: { code: 'reply.schema', details: { field: 'reply.outputs' }, message: expect.stringContaining('too many parts') as string },
  })
  expect(opened('as many numbers as fit')).toMatchObject({
    error: { details: { field: 'reply.lanes.0.links.0.sites' }, message: expect.stringContaining('at most 4096 items') as string },
  })
})
