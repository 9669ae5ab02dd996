/** The sealed message for one leg of a request: envelopes for its blocks' servers, all of it for a top-level server that sees no primitive. */
import type { Endpoint } from '../program/index.ts'
import { fromHex, toHex } from '../protocol/bytes.ts'
import { canonicalBytes, type Json } from '../protocol/canonical.ts'
import { signUnder, type TickServer } from '../protocol/documents/index.ts'
import {
  sealEdge,
  type SealedEdge,
  blockNeeds,
  CLIENT_FIELDS,
  clientEdges,
  edgeKey,
  edgeRoom,
  EDGE_LIMIT,
  KEY_FIELDS,
  legEnd,
  madeIds,
  messageAad,
  messageBytes,
  MESSAGE_LIMIT,
  pathTo,
  continuationMessage,
  envelopeMessage,
  requestMessage,
  shownMessage,
  shownId,
  type EnvelopeMessage,
  type RequestMessage,
  type NumberOpening,
  type ShownMessage,
} from '../protocol/requests/index.ts'
import { ephemeral, sealBox, type Ephemeral } from '../protocol/crypto/index.ts'
import { reduceProof, type ProvedRange } from '../protocol/index/index.ts'
import { fail, ok, type Result } from '../protocol/result.ts'
import type { Leg, Reads, Values } from './reads.ts'
import type { ClientEnv, Composed, Context, Pending } from './types.ts'

/** The leg that a pending request is about to take. */
export function legOf(endpoint: Endpoint, pending: Pending): Leg {
  const from = pending.progress?.lanes[0]!.links.length ?? 0
  return { from, end: legEnd(endpoint, from) }
}

/** Key of the reply to the leg under way. Each leg and each top-level server has one of its own, so none opens what another was told. */
export const replyKey = (ctx: Context, pending: Pending): Uint8Array =>
  edgeKey(
    ctx.crypto,
    fromHex(pending.secret),
    pending.progress === null ? '$reply' : `$reply.${pending.progress.lanes[0]!.links.length}.${pending.top}`,
  )

/** The client's edges. Sealing is deterministic, so they are the same in every leg. */
export function sealEdges(ctx: Context, endpoint: Endpoint, secret: Uint8Array, values: Values): Record<string, SealedEdge> {
  const edges: Record<string, SealedEdge> = {}
  for (const [id, source] of clientEdges(endpoint))
    edges[id] = sealEdge(ctx.crypto, edgeKey(ctx.crypto, secret, id), id, canonicalBytes(values.get(id)), edgeRoom(endpoint, source))
  return edges
}

/** What a leg is sealed from; `numbers` are the client's own, for the first block of each lane. */
export interface LegParts {
  edges: Record<string, SealedEdge>
  numbers: NumberOpening[] | null
  reads: Reads
}

const largeEdge = (edges: Record<string, SealedEdge>): string | undefined =>
  Object.keys(edges).find((id) => (edges[id]!.box.length / 4) * 3 > EDGE_LIMIT + 2)

/** Errors: `envelope.recipient` (details.server: leave it out), `client.too-large`. */
export function sealLeg(ctx: Context, env: ClientEnv, endpoint: Endpoint, pending: Pending, parts: LegParts): Result<Composed> {
  const large = largeEdge(parts.edges)
  if (large !== undefined)
    return fail('client.too-large', `The value of ${large} is larger than 1 MiB, and no server takes it. Give less.`, { edge: large })
  const sender = ephemeral(ctx.crypto, ctx.random(32))
  const servers = new Map(env.reader.tick.servers.map((server) => [server.id, server]))
  const leg = legOf(endpoint, pending)
  const shown = endpoint.blocks.map((_, position) =>
    isIn(leg, position) ? showBlock(ctx, endpoint, pending, parts.reads, position) : null,
  )
  const lanes = sealLanes(ctx, env, endpoint, pending, parts, leg, sender)
  if (!lanes.ok) return lanes
  const top = servers.get(pending.top)!
  const message: RequestMessage = {
    start: pending.start,
    reply: toHex(replyKey(ctx, pending)),
    edges: parts.edges,
    shown,
    lanes: lanes.value,
  }
  const { whole, purpose, path } = asked(pending, message)
  const bytes = sealTo(sender, top, whole, messageAad(purpose, top.id))
  if (!bytes.ok) return bytes
  if (bytes.value.length > MESSAGE_LIMIT)
    return fail('client.too-large', `The request has ${bytes.value.length} bytes; at most ${MESSAGE_LIMIT} are sent. Ask for less.`)
  return ok({ bytes: bytes.value, path, top, pending })
}

/** The first leg is a request, every other one its continuation. The writes so far stay with the client: no server needs them. */
function asked(
  { progress, top }: Pending,
  message: RequestMessage,
): { whole: Uint8Array; purpose: 'request' | 'continuation'; path: string } {
  if (progress === null) return { whole: messageBytes(requestMessage, message), purpose: 'request', path: pathTo(top, 'request') }
  const { lanes, outputs } = progress
  const whole = messageBytes(continuationMessage, { ...message, before: lanes, outputs })
  return { whole, purpose: 'continuation', path: pathTo(top, 'continue') }
}

function sealTo(sender: Ephemeral, { id, sealing }: TickServer, message: Uint8Array, aad: Uint8Array): Result<Uint8Array> {
  const box = sender.seal(fromHex(sealing), message, aad)
  return box.ok ? box : { ok: false, error: { ...box.error, retryable: true, details: { server: id } } }
}

const isIn = ({ from, end }: Leg, position: number): boolean => position >= from && position < end

/** The envelopes of every lane. Error: `envelope.recipient`. */
function sealLanes(
  ctx: Context,
  env: ClientEnv,
  endpoint: Endpoint,
  pending: Pending,
  parts: LegParts,
  leg: Leg,
  sender: Ephemeral,
): Result<RequestMessage['lanes']> {
  const servers = new Map(env.reader.tick.servers.map((server) => [server.id, server]))
  const lanes: RequestMessage['lanes'] = []
  for (const [lane, hops] of pending.lanes.entries()) {
    const sealed: RequestMessage['lanes'][number] = []
    for (const [position, hop] of hops.entries()) {
      if (!isIn(leg, position)) {
        sealed.push({ ...hop, envelope: null })
        continue
      }
      const message = messageBytes(envelopeMessage, envelopeFor(ctx, env, endpoint, pending, parts, lane, position))
      const aad = messageAad('envelope', pending.request, pending.tick, lane, position, hop.version)
      const box = sealTo(sender, servers.get(hop.server)!, message, aad)
      if (!box.ok) return box
      sealed.push({ ...hop, envelope: box.value })
    }
    lanes.push(sealed)
  }
  return ok(lanes)
}

/** What all servers of a block are shown, in whichever lane. @param reads of the leg that the block is in */
export function shownTo({ crypto }: Context, endpoint: Endpoint, reads: Reads, position: number): ShownMessage {
  const needs = blockNeeds(endpoint, position)
  const reduced = (read: ProvedRange, fields: string[]): Json =>
    reduceProof(crypto, read.proof, read.range, fields, read.options) as unknown as Json
  return {
    caller: reduced(reads.caller, CLIENT_FIELDS),
    queries: needs.queries.map(({ query, fields }) => ({ query, proof: reduced(reads.queries.get(query)!, fields) })),
    slots: needs.slots.map((slot) => ({ slot, proof: reduced(reads.slots[slot]!, KEY_FIELDS) })),
  }
}

function showBlock(ctx: Context, endpoint: Endpoint, pending: Pending, reads: Reads, position: number): Uint8Array {
  const key = edgeKey(ctx.crypto, fromHex(pending.secret), shownId(position))
  const message = shownTo(ctx, endpoint, reads, position)
  return sealBox(ctx.crypto, ctx.random(12), key, messageBytes(shownMessage, message), messageAad('shown', pending.request, position))
}

/** What one block's server in one lane alone may read. */
function envelopeFor(
  ctx: Context,
  env: ClientEnv,
  endpoint: Endpoint,
  pending: Pending,
  { numbers }: LegParts,
  lane: number,
  position: number,
): EnvelopeMessage {
  const { crypto } = ctx
  const secret = fromHex(pending.secret)
  const needs = blockNeeds(endpoint, position)
  const ids = [...needs.opens.keys(), ...madeIds(endpoint, position), shownId(position)]
  const hops = pending.lanes[lane]!
  const { version, server } = hops[position]!
  const receipt = { app: env.app, request: pending.request, tick: pending.tick, version, server, client: env.client.publicKey }
  return {
    keys: Object.fromEntries(ids.map((id) => [id, toHex(edgeKey(crypto, secret, id))])),
    next: hops[position + 1]?.server ?? null,
    number: position === 0 ? (numbers?.[lane] ?? null) : null,
    receipt: { ...receipt, sig: signUnder(crypto, 'receipt', receipt, env.client.privateKey, ctx.random(32)) },
  }
}
