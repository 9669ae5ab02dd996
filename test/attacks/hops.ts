/** What travels between servers of a world made by hand: opened by the one who gets it, and changed by the one who sends it. */
import { fromHex } from '../../roles/protocol/bytes.ts'
import { open, openBox, seal, sealBox } from '../../roles/protocol/crypto/index.ts'
import type { Link } from '../../roles/protocol/documents/index.ts'
import {
  envelopeMessage,
  hopMessage,
  hopReply,
  messageAad,
  messageBytes,
  readMessage,
  signLink,
  type EnvelopeMessage,
  type HopMessage,
  type HopReply,
} from '../../roles/protocol/requests/index.ts'
import { must, ok, type Result } from '../../roles/protocol/result.ts'
import { executeHop } from '../../roles/server/execute.ts'
import type { World } from '../roles/request/world.ts'

export function readHop(world: World, { server, bytes }: { server: string; bytes: Uint8Array }): HopMessage {
  const { privateKey, publicKey } = world.servers.get(server)!.sealing
  return must(readMessage('hop', hopMessage, must(open(world.ctx.crypto, privateKey, publicKey, bytes, messageAad('hop', server)))))
}

/** What a server answers to a hop when it changes its honest reply, or the bytes of that, before it seals it. */
export function changedReply(
  world: World,
  server: string,
  bytes: Uint8Array,
  change: (reply: HopReply, message: HopMessage) => HopReply,
  written: (plain: Uint8Array) => Uint8Array = (plain) => plain,
): Result<Uint8Array> {
  const answer = executeHop(world.ctx, world.hopEnv(server), bytes)
  if (!answer.ok) return answer
  const message = readHop(world, { server, bytes })
  const [key, aad] = [fromHex(message.reply), messageAad('reply', message.start.request)]
  const reply = must(readMessage('reply', hopReply, openBox(world.ctx.crypto, key, answer.value, aad)!))
  return ok(sealBox(world.ctx.crypto, world.ctx.random(12), key, written(messageBytes(hopReply, change(reply, message))), aad))
}

/** A link with changes, signed by its server. */
export function signedAgain(world: World, link: Link, change: Partial<Link>): Link {
  const { sig: _sig, ...body } = { ...link, ...change }
  return signLink(world.ctx.crypto, body, world.servers.get(link.server)!.identity, world.ctx.random(32))
}

/** The client's envelope in a hop. */
export function readEnvelope(world: World, hop: { server: string; bytes: Uint8Array }): EnvelopeMessage {
  const { start, lane, links, version, envelope } = readHop(world, hop)
  const { privateKey, publicKey } = world.servers.get(hop.server)!.sealing
  const aad = messageAad('envelope', start.request, start.tick, lane, links.length, version)
  const plain = must(open(world.ctx.crypto, privateKey, publicKey, envelope, aad))
  return must(readMessage('envelope', envelopeMessage, plain))
}

/** A hop message with changes, sealed to a server. */
export const forwarded = (world: World, server: string, message: HopMessage, change: Partial<HopMessage>): Uint8Array => {
  const { publicKey } = world.servers.get(server)!.sealing
  return must(
    seal(world.ctx.crypto, world.ctx.random(32), publicKey, messageBytes(hopMessage, { ...message, ...change }), messageAad('hop', server)),
  )
}
