/**
 * A server would like to get what it sees past its block: to the top-level server, to a block that the label keeps it from, into what is published. It has the fields of
 * its reply, the padding of that and of its boxes, the sites that it claims, and its link's opening.
 *
 * Detected: fields, ids and sites by the top-level server and the client (`reply.schema`, `hop.reply`, `reply.path`), values and padding by whoever opens them
 * and, with witnesses, by the lanes, which have to make the same boxes (`request.lanes`, `reply.outputs`); what a number carries by the next server (`hop.number`); what an opening
 * carries by the tick that reveals it. The punishment: left out by the client; for an opening a tombstone. Lost: one round trip, or what stood in an opening until then.
 *
 * What is left, and nobody can see: bytes that look random have to be random only by custom (the salt of a number, the ephemeral key and the signature of a link,
 * together some hundred bytes a link), and a server that sees a value can tell it to anybody outside of the protocol. So what a block opens is for its servers to keep.
 */
import { describe, expect, it } from 'vitest'
import { openReply } from '../../roles/client/request.ts'
import { concatBytes, fromHex, readUint32, toBase64, uint32, utf8 } from '../../roles/protocol/bytes.ts'

import { seal } from '../../roles/protocol/crypto/index.ts'
import {
  commitsDigest,
  commitsOf,
  edgeKey,
  LARGEST_FIXED,
  messageAad,
  messageBytes,
  numberOpening,
  roomOf,
  sealEdge,
  type HopReply,
} from '../../roles/protocol/requests/index.ts'
import { must, type Result } from '../../roles/protocol/result.ts'
import { executeHop } from '../../roles/server/execute.ts'
import { makeUpdate } from '../roles/supervisor/actors.ts'
import { auditTown, heldAgainst, peopleTown, tickSecrets } from '../roles/supervisor/town.ts'
import { compose, makeWorld, serve, type World } from '../roles/request/world.ts'
import { changedReply, signedAgain } from './hops.ts'
import type { Composed } from '../../roles/client/types.ts'

const ARGS = { topic: 'weather', text: 'A lovely, sunny day' }
const SECRET = 'what the person wrote'

interface Smuggled {
  /** Lanes of the request. */
  lanes: number
  position: number
  change: (world: World, composed: Composed, reply: HopReply) => HopReply
  /** What it does to the bytes of that. */
  written?: (plain: Uint8Array) => Uint8Array
  /** Code, or of a hop that failed its cause; and whether the guilty server is named. */
  refused: string
}

const edgeOf = (world: World, { pending }: Composed, id: string, text: string, room: number) =>
  sealEdge(world.ctx.crypto, edgeKey(world.ctx.crypto, fromHex(pending.secret), id), id, utf8(text), room)
const roomOfFirst = (world: World): number => roomOf(world.outline.endpoints['post']!.blocks[0]!.outputs[0]!)
const signOutputs = (world: World, reply: HopReply, outputs: HopReply['outputs']): HopReply => ({
  ...reply,
  outputs,
  link: signedAgain(world, reply.link, { outputs: commitsDigest(world.ctx.crypto, commitsOf(outputs)) }),
})

const unchanged: Smuggled['change'] = (_world, _composed, reply) => reply

const SMUGGLED: Record<string, Smuggled> = {
  'bytes in the padding of its reply': {
    lanes: 1,
    position: 0,
    change: unchanged,
    written: (plain) => concatBytes(plain.subarray(0, -SECRET.length), utf8(SECRET)),
    refused: 'reply.schema',
  },
  'bytes behind its reply': {
    lanes: 1,
    position: 0,
    change: unchanged,
    written: (plain) => concatBytes(plain, utf8(SECRET)),
    refused: 'reply.schema',
  },
  'a padding that is longer than it has to be': {
    lanes: 1,
    position: 0,
    change: unchanged,
    written: (plain) => concatBytes(plain, new Uint8Array(SECRET.length)),
    refused: 'reply.schema',
  },
  'a field of its own in its link': {
    lanes: 1,
    position: 0,
    change: (world, _composed, reply) => ({ ...reply, link: signedAgain(world, reply.link, { note: SECRET } as object) }),
    // No message can carry it, so its signature is of something that nobody sees.
    refused: 'thread.link',
  },
  'an output that the block does not have': {
    lanes: 1,
    position: 0,
    change: (world, composed, reply) =>
      signOutputs(world, reply, { ...reply.outputs, [SECRET]: edgeOf(world, composed, SECRET, `"${SECRET}"`, LARGEST_FIXED) }),
    refused: 'hop.reply',
  },
  'an output under the id of another': {
    lanes: 1,
    position: 0,
    change: (world, composed, reply) =>
      signOutputs(world, reply, { 'block.0.7': edgeOf(world, composed, 'block.0.7', `"${SECRET}"`, LARGEST_FIXED) }),
    refused: 'hop.reply',
  },
  'more than a value in the box of an output': {
    lanes: 1,
    position: 0,
    change: (world, composed, reply) =>
      signOutputs(world, reply, { 'block.0.0': edgeOf(world, composed, 'block.0.0', `"${SECRET}"`, 8_192) }),
    refused: 'edge.padding',
  },
  'a value of another type': {
    lanes: 1,
    position: 0,
    change: (world, composed, reply) =>
      signOutputs(world, reply, { 'block.0.0': edgeOf(world, composed, 'block.0.0', '7', roomOfFirst(world)) }),
    refused: 'program.value',
  },
  'a value of the right type': {
    lanes: 2,
    position: 0,
    change: (world, composed, reply) =>
      signOutputs(world, reply, { 'block.0.0': edgeOf(world, composed, 'block.0.0', `"${SECRET}"`, roomOfFirst(world)) }),
    refused: 'request.lanes',
  },
  'the right value, written in another way': {
    lanes: 2,
    position: 0,
    change: (world, composed, reply) =>
      signOutputs(world, reply, { 'block.0.0': edgeOf(world, composed, 'block.0.0', '"" ', roomOfFirst(world)) }),
    refused: 'request.lanes',
  },
  'a site more than it executed': {
    lanes: 1,
    position: 1,
    change: (world, _composed, reply) => ({ ...reply, link: signedAgain(world, reply.link, { sites: [0, 0] }) }),
    refused: 'reply.path',
  },
  'a handed number with more in it': {
    lanes: 1,
    position: 0,
    change: (world, { pending }, reply) => {
      const next = world.servers.get(pending.lanes[0]![1]!.server)!.sealing.publicKey
      const message = messageBytes(numberOpening, { number: '1', salt: '00'.repeat(32) })
      message.set(utf8(SECRET), message.length - SECRET.length)
      return {
        ...reply,
        handoff: toBase64(must(seal(world.ctx.crypto, world.ctx.random(32), next, message, messageAad('handoff', pending.request, 0, 1)))),
      }
    },
    refused: 'hop.number',
  },
}

const codeOf = (result: Result<unknown>): string => (result.ok ? 'accepted' : String(result.error.details?.['cause'] ?? result.error.code))

describe('a server that smuggles', () => {
  it.each(Object.keys(SMUGGLED))('%s: it goes no further', async (name) => {
    const { lanes, position, change, written, refused } = SMUGGLED[name]!
    const world = await makeWorld({ seed: `smuggled ${name}`, servers: 14, lanes })
    const composed = await compose(world, 'post', ARGS)
    const guilty = composed.pending.lanes.at(-1)![position]!.server
    const served = serve(world, composed, (server, bytes) =>
      server === guilty
        ? changedReply(world, server, bytes, (reply) => change(world, composed, reply), written)
        : executeHop(world.ctx, world.hopEnv(server), bytes),
    )
    expect(codeOf(served.ok ? openReply(world.ctx, world.clientEnv(), composed.pending, served.value) : served)).toBe(refused)
  })
})

/** What a server seals in its link's opening beside, or instead of, its numbers. */
const OPENINGS: Record<string, (opening: Uint8Array) => Uint8Array> = {
  'bytes behind the numbers': (opening) => concatBytes(opening, utf8(SECRET)),
  'bytes before the numbers': (opening) => concatBytes(utf8(SECRET), opening),
  'a third number': (opening) => concatBytes(opening, opening.subarray(0, 36 + readUint32(opening.subarray(32)))),
  'noughts before a number, as many as a letter says': (opening) => {
    const bytes = readUint32(opening.subarray(32))
    return concatBytes(opening.subarray(0, 32), uint32(bytes + 119), new Uint8Array(119), opening.subarray(36))
  },
  'another salt': (opening) => opening.map((byte, i) => (i === 0 ? byte ^ 1 : byte)),
}

describe('a server that smuggles into what is published', () => {
  it.each(Object.keys(OPENINGS))('%s is buried by the tick that opens it', async (name) => {
    const town = await peopleTown(`opening ${name}`, { minimumServers: 8, witnesses: 1, spare: 1 }, 8)
    const [key] = town.cast.keys
    const replaces = heldAgainst(town, 2).database.keys.get(key!.publicKey)!.version
    const change = OPENINGS[name]!
    const update = makeUpdate(town.cast, {
      app: town.app,
      tick: 2,
      ...tickSecrets(town, 2),
      endpoint: 'post',
      key: key!,
      replaces,
      text: 'hello',
      opening: (opening, { lane, position }) => (lane === 1 && position === 0 ? change(opening) : opening),
    })
    town.anchor(update, { spends: [key!.publicKey] })
    await town.mineTo(4)
    const { body } = town.ticks[4]!.document
    const guilty = update.body.lanes[1]![0]!.server
    expect(body.tombstones).toEqual([guilty])
    expect(body.burials).toMatchObject([{ subject: guilty, evidence: { kind: 'stamp', lane: 1, position: 0 } }])
    // The number of the last block of that lane is as it should be: the author's update counts.
    expect(body.summary.verdicts.map(({ outcome }) => outcome)).toEqual(['accepted'])
    expect((await auditTown(town)).ok).toBe(true)
  })
})
