/**
 * A server signs what it owes, and spoils what only the next block's server opens: the number that it hands on, or where a request has one lane the box of an
 * output. The next one refuses, rightly, and by a refusal alone nobody can tell which of the two lies.
 *
 * Detected by the next server, at once. The client leaves out both (11.6), so the request succeeds elsewhere; without that the innocent one alone was left out,
 * attempt after attempt, and the guilty one spoiled them all. No tombstone: nothing signed shows who it was. Lost: one round trip.
 */
import { describe, expect, it } from 'vitest'
import { exchange as send } from '../../main/core/client/exchange.ts'
import type { TransportPort } from '../../main/core/ports.ts'
import { MAX_ATTEMPTS } from '../../roles/client/state.ts'
import { composeRequest } from '../../roles/client/request.ts'
import type { Composed } from '../../roles/client/types.ts'
import { toBase64, toHex } from '../../roles/protocol/bytes.ts'
import { seal } from '../../roles/protocol/crypto/index.ts'
import { messageAad, messageBytes, numberOpening, type HopMessage, type HopReply } from '../../roles/protocol/requests/index.ts'
import { failForNow, must } from '../../roles/protocol/result.ts'
import { executeHop } from '../../roles/server/execute.ts'
import { commitNumber } from '../../roles/protocol/stamps/index.ts'
import { compose, makeWorld, serve, type World } from '../roles/request/world.ts'
import { changedReply, signedAgain } from './hops.ts'

const ARGS = { topic: 'weather', text: 'A lovely, sunny day' }

/** What the first block's server does to its reply; `next` is the server of the second block in its lane. */
type Spoil = (world: World, next: string, reply: HopReply, message: HopMessage) => HopReply

function handed(world: World, next: string, { start, lane }: HopMessage, number: string, salt: string): string {
  const aad = messageAad('handoff', start.request, lane, 1)
  return toBase64(
    must(
      seal(
        world.ctx.crypto,
        world.ctx.random(32),
        world.servers.get(next)!.sealing.publicKey,
        messageBytes(numberOpening, { number, salt }),
        aad,
      ),
    ),
  )
}

const NUMBERS: Record<string, Spoil> = {
  'bytes that open for nobody': (world, _next, reply) => ({ ...reply, handoff: toBase64(world.ctx.random(200)) }),
  'what is no number': (world, next, reply, message) => ({
    ...reply,
    handoff: handed(world, next, message, '0'.repeat(9_000), '00'.repeat(32)),
  }),
  'another number than it signed': (world, next, reply, message) => ({
    ...reply,
    handoff: handed(world, next, message, 'f'.repeat(80), '00'.repeat(32)),
  }),
  'a number so long that the next one may not go on': (world, next, reply, message) => {
    const [number, salt] = [`8${'0'.repeat(5_999)}`, world.ctx.random(32)]
    const after = toHex(commitNumber(world.ctx.crypto, salt, BigInt(`0x${number}`)))
    return { ...reply, link: signedAgain(world, reply.link, { after }), handoff: handed(world, next, message, number, toHex(salt)) }
  },
}

const BOXES: Record<string, Spoil> = {
  'a box that does not open': (world, _next, reply) => {
    const [[id, edge]] = Object.entries(reply.outputs) as [[string, HopReply['outputs'][string]]]
    return { ...reply, outputs: { [id]: { ...edge, box: toBase64(world.ctx.random(Buffer.from(edge.box, 'base64').length)) } } }
  },
}

/** The client's attempts, each without those that were at fault before. @returns of each whether it went well, and whom it left out */
async function attempts(world: World, spoil: Spoil): Promise<{ went: boolean[]; guilty: string; left: string[][] }> {
  const env = world.clientEnv()
  const [went, left]: [boolean[], string[][]] = [[], []]
  let composed = await compose(world, 'post', ARGS)
  const guilty = composed.pending.lanes[0]![0]!.server
  while (went.length < MAX_ATTEMPTS) {
    const done = await send(world.ctx, transportOf(world, composed, guilty, spoil), env, composed)
    went.push(done.ok)
    if (done.ok) break
    left.push(done.servers)
    composed = must(await composeRequest(world.ctx, env, 'post', ARGS, new Set(left.flat())))
  }
  return { went, guilty, left }
}

function transportOf(world: World, composed: Composed, guilty: string, spoil: Spoil): TransportPort {
  const next = composed.pending.lanes.find((hops) => hops[0]!.server === guilty)?.[1]!.server
  const reply = serve(world, composed, (server, bytes) =>
    server === guilty && next !== undefined
      ? changedReply(world, server, bytes, (honest, message) => spoil(world, next, honest, message))
      : executeHop(world.ctx, world.hopEnv(server), bytes),
  )
  const answer = reply.ok ? reply : failForNow('transport.status', 'refused', { peer: reply.error })
  return { send: () => Promise.resolve(answer) } as unknown as TransportPort
}

/** The guilty one and the one that could not go on are left out of the next attempt, which succeeds. */
async function expectBothLeftOut(seed: string, lanes: number, lie: Parameters<typeof attempts>[1]): Promise<void> {
  const world = await makeWorld({ seed, servers: 24, lanes, spare: 1 })
  const { went, guilty, left } = await attempts(world, lie)
  expect(left[0]).toContain(guilty)
  expect(left[0]).toHaveLength(2)
  expect(went).toEqual([false, true])
}

describe('a server that hands on', () => {
  it.each(Object.keys(NUMBERS))('%s: is left out with the one who could not go on, and the request succeeds elsewhere', async (name) => {
    await expectBothLeftOut(`spoils ${name}`, 2, NUMBERS[name]!)
  })
})

describe('a server that seals', () => {
  it.each(Object.keys(BOXES))('%s: is left out with the one who could not open it, also in a request of one lane', async (name) => {
    await expectBothLeftOut(`seals ${name}`, 1, BOXES[name]!)
  })

  it('such a box in one of several lanes is known to be its own doing: the innocent ones stay', async () => {
    const world = await makeWorld({ seed: 'seals beside others', servers: 24, lanes: 2, spare: 1 })
    const { went, guilty, left } = await attempts(world, BOXES['a box that does not open']!)
    expect(left).toEqual([[guilty]])
    expect(went).toEqual([false, true])
  })
})
