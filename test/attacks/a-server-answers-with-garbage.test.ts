/**
 * A server seals an answer of full size that is no answer: numbers without end, as many ids as fit, nests, or what is no JSON. Those who open it are the
 * top-level server (of a block's server) and the client (of a top-level one).
 *
 * Detected at once, by size, by counting parts before a schema looks at each of them, by the schema (`reply.schema`, `reply.closed`, `envelope.closed`). The punishment: left out of the
 * request. Lost: one round trip. Before parts were counted, a reply of 300,000 ids took 0.8 s of processor time and 280 MB of whoever opened it.
 */
import { describe, expect, it } from 'vitest'
import { blameReply, openReply } from '../../roles/client/request.ts'
import { fromHex, utf8 } from '../../roles/protocol/bytes.ts'
import { sealBox } from '../../roles/protocol/crypto/index.ts'
import { MESSAGE_LIMIT, messageAad, MOST_PARTS } from '../../roles/protocol/requests/index.ts'
import { must, type Failure } from '../../roles/protocol/result.ts'
import { executeHop } from '../../roles/server/execute.ts'
import { nextHops, openReply as openHopReply, openRequest } from '../../roles/server/relay.ts'
import { compose, makeWorld, serve } from '../roles/request/world.ts'

const ARGS = { topic: 'weather', text: 'A lovely, sunny day' }
/** Two thirds of what a message may have, as base64 grows it. */
const FULL = Math.floor(MESSAGE_LIMIT * 0.9)
const filled = (piece: (i: number) => string): string => {
  const pieces: string[] = []
  for (let length = 0; length < FULL; length += pieces.at(-1)!.length + 1) pieces.push(piece(pieces.length))
  return pieces.join(',')
}

/** @param wrap puts the garbage where an answer of this kind has its own field of that name */
const GARBAGE: Record<string, (field: string) => string> = {
  'no JSON': () => '\u0000'.repeat(FULL),
  'an object that never ends': () => '{"a":'.repeat(FULL / 5),
  'lists in lists': (field) => `{"${field}":${'['.repeat(FULL / 3)}${']'.repeat(FULL / 3)}}`,
  'as many ids as fit': (field) => `{"${field}":{${filled((i) => `"${i.toString(36)}":0`)}}}`,
  'as many numbers as fit': (field) => `{"${field}":[${filled(() => '0')}]}`,
  'one text': (field) => `{"${field}":"${'a'.repeat(FULL)}"}`,
  'a null': () => 'null',
  nothing: () => '',
}

/** How often a schema was asked about something that has more parts than a message may have. */
function partsLookedAt(json: unknown, most = 2 * MOST_PARTS): number {
  if (typeof json !== 'object' || json === null) return 0
  const names = Object.values(json)
  return names.length > most ? names.length : names.reduce<number>((sum, part) => Math.max(sum, partsLookedAt(part, most)), 0)
}

const errorOf = (result: { ok: boolean; error?: Failure }): Failure => result.error!

describe.each(Object.keys(GARBAGE))('an answer of %s', (name) => {
  const make = GARBAGE[name]!

  it('by a server of a block: the top-level server names it, and the request succeeds elsewhere', async () => {
    const world = await makeWorld({ seed: `garbage of a block ${name}`, servers: 14, lanes: 2, spare: 1 })
    const composed = await compose(world, 'post', ARGS)
    const guilty = composed.pending.lanes[1]![0]!.server
    const env = world.relayEnv(composed.top.id)
    const { relay } = must(nextHops(world.ctx, env, must(openRequest(world.ctx, env, composed.bytes))))
    const aad = messageAad('reply', composed.pending.request)
    for (const field of ['outputs', 'link']) {
      const box = sealBox(world.ctx.crypto, world.ctx.random(12), fromHex(relay.awaiting![1]!), utf8(make(field)), aad)
      const opened = openHopReply(world.ctx, env, relay, 1, box)
      expect(opened).toMatchObject({ ok: false, error: { code: 'request.hop-failed', details: { lane: 1, position: 0, server: guilty } } })
    }
    // Bytes that no key opens.
    const torn = openHopReply(world.ctx, env, relay, 1, utf8(make('outputs')))
    expect(torn).toMatchObject({ error: { details: { server: guilty } } })
    const again = await compose(world, 'post', ARGS, new Set([guilty]))
    expect(serve(world, again, (server, bytes) => executeHop(world.ctx, world.hopEnv(server), bytes)).ok).toBe(true)
  })

  it('by a top-level server: the client leaves it out', async () => {
    const world = await makeWorld({ seed: `garbage of a top ${name}`, servers: 14, lanes: 2 })
    const composed = await compose(world, 'post', ARGS)
    const env = world.relayEnv(composed.top.id)
    const { message } = must(openRequest(world.ctx, env, composed.bytes))
    const aad = messageAad('reply', composed.pending.request)
    for (const field of ['outputs', 'lanes', 'writes', 'differ', 'before']) {
      const box = sealBox(world.ctx.crypto, world.ctx.random(12), fromHex(message.reply), utf8(make(field)), aad)
      const opened = openReply(world.ctx, world.clientEnv(), composed.pending, box)
      expect(errorOf(opened as never).code).toMatch(/^reply\.(closed|schema)$/)
      expect(blameReply(composed.pending, errorOf(opened as never)).servers).toEqual([composed.top.id])
    }
    expect(openReply(world.ctx, world.clientEnv(), composed.pending, utf8(make('lanes'))).ok).toBe(false)
  })
})

it('no schema looks at more parts than the greatest honest answer has', async () => {
  const world = await makeWorld({ seed: 'parts', servers: 14, lanes: 2 })
  const composed = await compose(world, 'post', ARGS)
  const env = world.relayEnv(composed.top.id)
  const { relay } = must(nextHops(world.ctx, env, must(openRequest(world.ctx, env, composed.bytes))))
  const aad = messageAad('reply', composed.pending.request)
  const box = (key: string, text: string) => sealBox(world.ctx.crypto, world.ctx.random(12), fromHex(key), utf8(text), aad)
  const ids = GARBAGE['as many ids as fit']!('outputs')
  expect(partsLookedAt(JSON.parse(ids))).toBeGreaterThan(300_000)
  expect(openHopReply(world.ctx, env, relay, 0, box(relay.awaiting![0]!, ids))).toMatchObject({
    error: { details: { cause: 'reply.schema', reason: expect.stringContaining(`more than ${MOST_PARTS} parts`) as string } },
  })
  expect(openReply(world.ctx, world.clientEnv(), composed.pending, box(relay.message.reply, ids))).toMatchObject({
    error: { code: 'reply.closed' },
  })
})
