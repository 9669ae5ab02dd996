/** The sealed message for one leg of a request: envelopes for its blocks' servers, all of it for a top-level server that sees no primitive. */
import type { Endpoint } from '../program/index.ts'
import { fromHex, toBase64, toHex } from '../protocol/bytes.ts'
import { canonicalBytes, type Json } from '../protocol/canonical.ts'
import { signUnder, type TickServer } from '../protocol/documents/index.ts'
import {
  sealEdge,
  type SealedEdge,
  blockNeeds,
  CLIENT_FIELDS,
  clientEdges,
  edgeKey,
  EDGE_LIMIT,
  FINAL,
  KEY_FIELDS,
  legEnd,
  outputId,
  writesId,
  messageAad,
  messageBytes,
  MESSAGE_LIMIT,
  PATHS,
  type ContinuationMessage,
  type EnvelopeMessage,
  type RequestMessage,
  type NumberOpening,
} from '../protocol/requests/index.ts'
import { ephemeral, type Ephemeral } from '../protocol/crypto/index.ts'
import { reduceProof, type ProvedRange } from '../protocol/index/index.ts'
import { fail, ok, type Result } from '../protocol/result.ts'
import type { Leg, Reads, Values } from './reads.ts'
import type { ClientEnv, Composed, Context, Pending } from './types.ts'

/** The leg that a pending request is about to take. */
export function legOf(endpoint: Endpoint, pending: Pending): Leg {
  const from = pending.progress?.links.length ?? 0
  return { from, end: legEnd(endpoint, from) }
}

/** Key of the reply to the leg under way. Each leg and each top-level server has one of its own, so none opens what another was told. */
export const replyKey = (ctx: Context, pending: Pending): Uint8Array =>
  edgeKey(
    ctx.crypto,
    fromHex(pending.secret),
    pending.progress === null ? '$reply' : `$reply.${pending.progress.links.length}.${pending.top}`,
  )

/** The client's edges. Sealing is deterministic, so they are the same in every leg. */
export function sealEdges(ctx: Context, endpoint: Endpoint, secret: Uint8Array, values: Values): Record<string, SealedEdge> {
  const edges: Record<string, SealedEdge> = {}
  for (const id of clientEdges(endpoint).keys())
    edges[id] = sealEdge(ctx.crypto, edgeKey(ctx.crypto, secret, id), id, canonicalBytes(values.get(id)))
  return edges
}

/** What a leg is sealed from; `number` is the client's own, for the first block. */
export interface LegParts {
  edges: Record<string, SealedEdge>
  number: NumberOpening | null
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
  const { from, end } = legOf(endpoint, pending)
  const hops: RequestMessage['hops'] = []
  for (const [position, hop] of pending.hops.entries()) {
    if (position < from || position >= end) {
      hops.push({ ...hop, envelope: null })
      continue
    }
    const message = envelopeFor(ctx, env, endpoint, pending, parts, position)
    const aad = messageAad('envelope', pending.request, pending.tick, position, hop.version)
    const box = sealTo(sender, servers.get(hop.server)!, message, aad)
    if (!box.ok) return box
    hops.push({ ...hop, envelope: toBase64(box.value) })
  }
  const top = servers.get(pending.top)!
  const message: RequestMessage = { start: pending.start, reply: toHex(replyKey(ctx, pending)), edges: parts.edges, hops }
  const { message: whole, purpose, path } = asked(pending, message)
  const bytes = sealTo(sender, top, whole, messageAad(purpose, top.id))
  if (!bytes.ok) return bytes
  if (bytes.value.length > MESSAGE_LIMIT)
    return fail('client.too-large', `The request has ${bytes.value.length} bytes; at most ${MESSAGE_LIMIT} are sent. Ask for less.`)
  return ok({ bytes: bytes.value, path, top, pending })
}

/** The first leg is a request, every other one its continuation. The writes so far stay with the client: no server needs them. */
function asked(
  { progress }: Pending,
  message: RequestMessage,
): { message: RequestMessage | ContinuationMessage; purpose: 'request' | 'continuation'; path: string } {
  if (progress === null) return { message, purpose: 'request', path: PATHS.request }
  const { links, outputs, handoff } = progress
  return { message: { ...message, links, outputs, handoff }, purpose: 'continuation', path: PATHS.continuation }
}

function sealTo(sender: Ephemeral, { id, sealing }: TickServer, message: object, aad: Uint8Array): Result<Uint8Array> {
  const box = sender.seal(fromHex(sealing), messageBytes(message), aad)
  return box.ok ? box : { ok: false, error: { ...box.error, retryable: true, details: { server: id } } }
}

/** What one block's server alone may read. */
function envelopeFor(
  ctx: Context,
  env: ClientEnv,
  endpoint: Endpoint,
  pending: Pending,
  { number, reads }: LegParts,
  position: number,
): EnvelopeMessage {
  const { crypto } = ctx
  const secret = fromHex(pending.secret)
  const needs = blockNeeds(endpoint, position)
  const last = position === endpoint.blocks.length - 1
  const outputs = endpoint.blocks[position]!.outputs.map((_, i) => outputId(position, i))
  const ids = [...needs.opens.keys(), ...outputs, writesId(position), ...(last ? [FINAL] : [])]
  const reduced = (read: ProvedRange, fields: string[]): Json =>
    reduceProof(crypto, read.proof, read.range, fields, read.options) as unknown as Json
  const { version, server } = pending.hops[position]!
  const receipt = { app: env.app, request: pending.request, tick: pending.tick, version, server, client: env.client.publicKey }
  return {
    keys: Object.fromEntries(ids.map((id) => [id, toHex(edgeKey(crypto, secret, id))])),
    next: pending.hops[position + 1]?.server ?? null,
    number: position === 0 ? number : null,
    caller: reduced(reads.caller, CLIENT_FIELDS),
    queries: needs.queries.map(({ query, fields }) => ({ query, proof: reduced(reads.queries.get(query)!, fields) })),
    slots: needs.slots.map((slot) => ({ slot, proof: reduced(reads.slots[slot]!, KEY_FIELDS) })),
    receipt: { ...receipt, sig: signUnder(crypto, 'receipt', receipt, env.client.privateKey, ctx.random(32)) },
  }
}
