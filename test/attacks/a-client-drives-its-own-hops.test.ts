/**
 * A client needs no top-level server: it can build and send the hops itself, look at what each block gave, and stop, or try again otherwise, before the next block runs.
 *
 * What it gets: the outputs of the blocks that ran, which it would have got at the end, or at a pause, anyway; of its own seats only (`hop.seat`), once for each request id (`hop.replayed`), with the arguments
 * that it began with (`hop.commits`). Detected by nobody, since it is within the rules; it owes each hop that ran (11.4). Nothing can be published of a request that was stopped (`update.path`). So a program must not
 * count on a later block being run: what an output tells, it tells whoever asks, as often as its share of a server lasts.
 */
import { describe, expect, it } from 'vitest'
import { openOutputs } from '../../roles/client/open-reply.ts'
import { composeRequest } from '../../roles/client/request.ts'
import type { Composed } from '../../roles/client/types.ts'
import { fromHex } from '../../roles/protocol/bytes.ts'
import { canonicalBytes } from '../../roles/protocol/canonical.ts'
import { signDocument, signUnder } from '../../roles/protocol/documents/index.ts'
import {
  commitsOf,
  edgeKey,
  keySigningBody,
  roomFor,
  sealEdge,
  type HopMessage,
  type HopReply,
} from '../../roles/protocol/requests/index.ts'
import { must, type Result } from '../../roles/protocol/result.ts'
import { checkUpdate } from '../../roles/protocol/stamps/index.ts'
import { executeHop } from '../../roles/server/execute.ts'
import { openRequest } from '../../roles/server/relay.ts'
import { nextHops, openHopReply, takeReplies, type Between } from '../roles/request/blocks.ts'
import { compose, heldAgainst, makeWorld, TICK, type World } from '../roles/request/world.ts'
import { forwarded, readHop } from './hops.ts'

const ARGS = { topic: 'weather', text: 'Free money, cheap viagra' }
const code = (result: Result<unknown>): string => (result.ok ? 'accepted' : result.error.code)

/** The client moves the hops itself: it has every key of a top-level server that it needs, its own. */
function runFirst(
  world: World,
  { top, bytes }: Composed,
): { relay: Between; replies: HopReply[]; hops: Array<{ server: string; bytes: Uint8Array }> } {
  const env = world.relayEnv(top.id)
  const next = must(nextHops(world.ctx, env, must(openRequest(world.ctx, env, bytes))))
  const replies = next.hops.map((hop) =>
    must(openHopReply(world.ctx, env, next, hop.lane, must(executeHop(world.ctx, world.hopEnv(hop.server), hop.bytes)))),
  )
  const step = takeReplies(world.ctx, next, replies)
  if (step.done) throw new Error('there is a second block')
  return { relay: step.relay, replies, hops: next.hops }
}

describe('a client that moves its hops itself', () => {
  it('sees after the first block what that one gave, owes for it, and nothing of the second block', async () => {
    const world = await makeWorld({ seed: 'stops', servers: 14, lanes: 2 })
    const composed = await compose(world, 'post', ARGS)
    const { replies } = runFirst(world, composed)
    const endpoint = world.outline.endpoints['post']!
    const { outputs, link } = replies[0]!
    const seen = must(openOutputs(world.ctx, endpoint, composed.pending, [link], outputs))
    expect([...seen].map(([id, { json }]) => [id, json])).toEqual([['block.0.0', expect.stringMatching(/\w/) as string]])
    const owed = composed.pending.lanes.map((hops) => hops.map(({ server }) => world.servers.get(server)!.used.size))
    expect(owed).toEqual([
      [1, 0],
      [1, 0],
    ])
  })

  it('has nothing to publish of a request that it stopped', async () => {
    const world = await makeWorld({ seed: 'published', servers: 14, lanes: 2 })
    const composed = await compose(world, 'post', ARGS)
    const { replies } = runFirst(world, composed)
    const { pending } = composed
    const [key] = world.dataKeys
    const write = {
      ...{ block: 1, site: 0, collection: 'posts', key: key!.publicKey, replaces: '11'.repeat(32), salt: '00'.repeat(32) },
      fields: { ...ARGS, author: world.client.publicKey, number: '1' },
      carried: {},
    }
    const { sig: _sig, ...start } = pending.start
    const body = keySigningBody(pending.app, pending.request, [])
    const update = signDocument(
      world.ctx.crypto,
      'update',
      {
        ...{ app: pending.app, tick: TICK, endpoint: 'post', request: pending.request, writes: [write], start },
        lanes: replies.map(({ link }) => [link]),
        keySigs: [{ key: key!.publicKey, sig: signUnder(world.ctx.crypto, 'key', body, key!.privateKey, world.ctx.random(32)) }],
      },
      world.client,
      world.ctx.random(32),
    )
    expect(code(checkUpdate(world.ctx, heldAgainst(world, 'posts', [write]), update.body))).toBe('update.path')
  })

  it('cannot try the second block with another text, or the first one again, under the same request', async () => {
    const world = await makeWorld({ seed: 'otherwise', servers: 14, lanes: 2 })
    const composed = await compose(world, 'post', ARGS)
    const { relay, hops } = runFirst(world, composed)
    expect(code(executeHop(world.ctx, world.hopEnv(hops[0]!.server), hops[0]!.bytes))).toBe('hop.replayed')
    const next = must(nextHops(world.ctx, world.relayEnv(composed.top.id), relay))
    const [hop] = next.hops
    const message = readHop(world, hop!)
    const sealed = (id: string, text: string) => {
      const secret = edgeKey(world.ctx.crypto, fromHex(composed.pending.secret), id)
      return sealEdge(world.ctx.crypto, secret, id, canonicalBytes(text), roomFor(text.length))
    }
    const tries: Array<[id: string, text: string]> = [
      ['request.text', 'Something nice'],
      ['block.0.0', ''],
    ]
    for (const [id, text] of tries) {
      expect(Object.keys(message.edges)).toContain(id)
      const edges = { ...message.edges, [id]: sealed(id, text) }
      const change: Partial<HopMessage> = { edges, commits: { ...message.commits, ...commitsOf({ [id]: edges[id]! }) } }
      const bytes = forwarded(world, hop!.server, message, change)
      expect([id, code(executeHop(world.ctx, world.hopEnv(hop!.server), bytes))]).toEqual([id, 'hop.commits'])
    }
    expect(code(executeHop(world.ctx, world.hopEnv(hop!.server), hop!.bytes))).toBe('accepted')
  })

  it('pays anew for each further try, with a new request to the same seats', async () => {
    const world = await makeWorld({ seed: 'again', servers: 14, lanes: 2 })
    const seats = new Set<string>()
    for (let i = 0; i < 3; i++) {
      const composed = must(await composeRequest(world.ctx, world.clientEnv(), 'post', { ...ARGS, text: `${ARGS.text} ${i}` }))
      runFirst(world, composed)
      for (const [look] of composed.pending.lanes) seats.add(look!.server)
    }
    expect(seats.size).toBe(2)
    expect([...seats].map((server) => world.servers.get(server)!.used.size)).toEqual([3, 3])
  })
})
