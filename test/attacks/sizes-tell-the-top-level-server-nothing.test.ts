/**
 * A top-level server moves ciphertext. What it sees of a request must not depend on the values that are sealed: true or false, one digit or fifteen, a
 * short text or a long one of the same type. All endpoints of the sample apps, each asked twice with the same randomness.
 */
import { describe, expect, it } from 'vitest'
import { must, type Result } from '../../roles/protocol/result.ts'
import { composeRequest, takeReply as takeLeg } from '../../roles/client/index.ts'
import { readPath, type HopReply } from '../../roles/protocol/requests/index.ts'
import { executeHop } from '../../roles/server/execute.ts'
import { openContinuation, openRequest } from '../../roles/server/relay.ts'
import { nextHops, openHopReply, takeReplies, type Between } from '../roles/request/blocks.ts'
import type { World } from '../roles/request/world.ts'
import { CASES, programOf, worldOf, type Args, type Case } from './cases.ts'

/** The structure of a message, with the length of each text and of all bytes in its place. */
const sizesOf = (json: unknown): unknown => {
  if (typeof json === 'string' || json instanceof Uint8Array) return json.length
  if (Array.isArray(json)) return json.map(sizesOf)
  if (typeof json !== 'object' || json === null) return json
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, sizesOf(value)]))
}

/** Lets a top-level server serve a leg. @param seen what it saw, and what passed through the wires around it */
function serveLooking(world: World, top: string, bytes: Uint8Array, path: string, seen: unknown[]): Result<Uint8Array> {
  const env = world.relayEnv(top)
  let relay: Between = must(
    readPath(path)?.asked === 'continue' ? openContinuation(world.ctx, env, bytes) : openRequest(world.ctx, env, bytes),
  )
  seen.push(bytes.length, sizesOf(relay.message))
  for (;;) {
    const next = must(nextHops(world.ctx, env, relay))
    const replies: HopReply[] = []
    for (const { lane, server, bytes: hop } of next.hops) {
      const answer = must(executeHop(world.ctx, world.hopEnv(server), hop))
      const reply = must(openHopReply(world.ctx, env, next, lane, answer))
      seen.push(hop.length, answer.length, sizesOf(reply))
      replies.push(reply)
    }
    const step = takeReplies(world.ctx, next, replies)
    if (step.done) {
      seen.push(step.reply.length)
      return { ok: true, value: step.reply }
    }
    relay = step.relay
  }
}

/** What is seen of a request with these arguments, and how many writes it makes. */
async function seenOf(one: Case, args: Args): Promise<{ seen: unknown[]; writes: number }> {
  const { world, env } = await worldOf(one)
  const seen: unknown[] = []
  for (let composed = must(await composeRequest(world.ctx, env, one.endpoint, args)); ;) {
    const reply = must(serveLooking(world, composed.top.id, composed.bytes, composed.path, seen))
    const taken = must(await takeLeg(world.ctx, env, composed.pending, reply))
    if (taken.done) return { seen, writes: taken.reviewed.writes.length }
    composed = taken.composed
  }
}

describe('what a top-level server and the wires around it see of a request', () => {
  it.each(CASES.map((one) => [one.app, one.endpoint, one] as const))(
    '%s, %s: has the same size whatever is sealed',
    async (_app, _endpoint, one) => {
      const [short, long] = [await seenOf(one, one.one), await seenOf(one, one.other)]
      expect(long.writes).toBe(short.writes)
      expect(long.seen).toEqual(short.seen)
    },
  )

  it('covers every endpoint of the sample apps', () => {
    for (const name of ['guestbook', 'poll', 'marketplace'] as const) {
      const tried = new Set(CASES.filter((one) => one.app === name).map((one) => one.endpoint))
      expect(tried).toEqual(new Set(Object.keys(programOf(name).endpoints)))
    }
  })
})
