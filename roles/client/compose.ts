/**
 * Making a request (essay, Client Makes Endpoint Request 1 to 5): the client answers the endpoint's queries from the tick's snapshot, chooses
 * servers, seals to each what its block needs, and the whole to a top-level server that sees no primitive.
 */
import { fromJson, type Endpoint, type Source } from '../program/index.ts'
import { fromHex, toBase64, toHex } from '../protocol/bytes.ts'
import { canonicalBytes, type Json } from '../protocol/canonical.ts'
import { chooseServers } from '../protocol/diversity.ts'
import { signUnder, type TickServer } from '../protocol/documents/index.ts'
import { sealEdge, type SealedEdge } from '../protocol/edge.ts'
import { ephemeral, type Ephemeral } from '../protocol/envelope.ts'
import { reduceProof } from '../protocol/index-proofs.ts'
import { blockNeeds, CLIENT_FIELDS, clientEdges, commitsDigest, commitsOf, edgeKey, FINAL, KEY_FIELDS, outputId, writesId } from '../protocol/request-edges.ts'
import { messageAad, messageBytes, MESSAGE_LIMIT, type EnvelopeMessage, type RequestMessage } from '../protocol/request.ts'
import { fail, ok, type Failure, type Result } from '../protocol/result.ts'
import type { ProvedRange } from '../protocol/snapshot-files.ts'
import { commitNumber } from '../protocol/stamp.ts'
import { edgeId, signStart, type NumberOpening } from '../protocol/thread.ts'
import { chooseSlots } from './slots.ts'
import type { ClientEnv, Composed, Context, Pending } from './types.ts'

/** Bytes of the number that a thread starts with: its product with the path's primes tells nobody the primes. */
const NUMBER_BYTES = 32

/** What was read and proved for a request. */
interface Reads { caller: ProvedRange; slots: ProvedRange[]; queries: ProvedRange[] }

/**
 * Composes a request.
 * @param args JSON forms of the endpoint's fields; a slot's name may name the owned key to write to
 * @param exclude ids of servers that failed this request before
 * Errors: `client.endpoint`, `client.argument` (details.field), `client.no-key` (details.collection: reserve one first), `client.choose-key`,
 * `client.unregistered`, `client.servers`, `client.too-large`, those of the reader.
 */
export async function composeRequest(ctx: Context, env: ClientEnv, name: string, args: Record<string, Json>, exclude: ReadonlySet<string> = new Set()): Promise<Result<Composed>> {
  const endpoint = Object.hasOwn(env.outline.endpoints, name) ? env.outline.endpoints[name]! : undefined
  if (endpoint === undefined) return fail('client.endpoint', `The app has no endpoint ${name}. It has ${Object.keys(env.outline.endpoints).join(', ')}.`)
  const checked = checkArguments(endpoint, args)
  if (!checked.ok) return checked
  const slots = chooseSlots(endpoint.slots, env.keys, args)
  if (!slots.ok) return slots
  const values = valuesOf(env, endpoint, checked.value, slots.value)
  const reads = await readAll(env, endpoint, values)
  if (!reads.ok) return reads
  const chosen = choose(ctx, env, name, exclude)
  if (!chosen.ok) return chosen
  const started = begin(ctx, env, name, endpoint, values)
  const { request, start } = started
  const pending: Pending = {
    request, app: env.app, tick: env.plan.tick, sealing: env.plan.sealing, endpoint: name, secret: toHex(started.secret), start, number: started.number.number,
    top: chosen.value.top, hops: chosen.value.hops, arguments: checked.value, slots: slots.value, answers: reads.value.queries.map(rowsOf),
  }
  return sealRequest(ctx, env, endpoint, pending, started, reads.value)
}

/** Every declared field present and of its type, and nothing else but slot names. */
function checkArguments(endpoint: Endpoint, args: Record<string, Json>): Result<Record<string, Json>> {
  const checked: Record<string, Json> = {}
  for (const [field, type] of Object.entries(endpoint.request)) {
    if (!Object.hasOwn(args, field)) return fail('client.argument', `The field ${field} is missing. Give it a value.`, { field })
    const value = fromJson(type, args[field])
    if (!value.ok) return fail('client.argument', `${field}: ${value.error.message}`, { field })
    checked[field] = args[field]!
  }
  const unknown = Object.keys(args).find((field) => !Object.hasOwn(endpoint.request, field) && !endpoint.slots.some((slot) => slot.name === field))
  return unknown === undefined ? ok(checked) : fail('client.argument', `The endpoint has no field ${unknown}. Leave it out.`, { field: unknown })
}

/** JSON form of each value that the client provides, by edge id; `caller` always among them. */
function valuesOf(env: ClientEnv, endpoint: Endpoint, args: Record<string, Json>, slots: string[]): Map<string, Json> {
  const values = new Map<string, Json>([['caller', env.client.publicKey]])
  for (const [field, value] of Object.entries(args)) values.set(edgeId({ from: 'request', field }), value)
  endpoint.slots.forEach((_, slot) => values.set(edgeId({ from: 'slot', slot }), slots[slot]!))
  return values
}

/** All lookups at once; each is proved complete by the reader. */
async function readAll(env: ClientEnv, endpoint: Endpoint, values: Map<string, Json>): Promise<Result<Reads>> {
  const one = { limit: 1, descending: false }
  const valueOf = (source: Source): Json => values.get(edgeId(source))!
  const queries = endpoint.queries.map((query) => {
    const options = { limit: query.kind === 'rows' ? query.limit : 1, descending: query.descending === true }
    return env.reader.range(query.collection, query.index, query.equals.map(valueOf), options)
  })
  const slots = endpoint.slots.map((_, slot) => env.reader.range('$keys', 'key', [valueOf({ from: 'slot', slot })], one))
  const caller = env.reader.range('$clients', 'key', [env.client.publicKey], one)
  const results = await Promise.all([caller, ...slots, ...queries])
  const failed = results.find((result) => !result.ok)
  if (failed !== undefined && !failed.ok) return failed
  const proved = results.map((result) => (result as { value: ProvedRange }).value)
  if (proved[0]!.rows.length === 0) return fail('client.unregistered', 'This client is not registered in the newest tick. Register it, or wait until its registration is counted.')
  const lost = proved.slice(1, 1 + slots.length).findIndex((read) => read.rows.length === 0)
  if (lost >= 0) return fail('client.no-key', `The key for ${endpoint.slots[lost]!.name} is not counted yet. Wait for the next tick.`, { collection: endpoint.slots[lost]!.collection })
  return ok({ caller: proved[0]!, slots: proved.slice(1, 1 + slots.length), queries: proved.slice(1 + slots.length) })
}

const rowsOf = (read: ProvedRange): Array<Record<string, Json>> => read.rows.map((row) => Object.fromEntries(row.fields.map(([name, value]) => [name, value])))

function choose(ctx: Context, env: ClientEnv, name: string, exclude: ReadonlySet<string>): ReturnType<typeof chooseServers> {
  const { tick } = env.reader
  const blocks = Object.hasOwn(env.plan.endpoints, name) ? env.plan.endpoints[name]! : []
  if (blocks.length !== env.outline.endpoints[name]!.blocks.length) return fail('client.servers', `Tick ${env.plan.tick} offers no servers for ${name}. Wait for the next tick.`)
  const servers = new Map(tick.servers.map((server): [string, TickServer] => [server.id, server]))
  const expelled = new Set(tick.tombstones)
  const chosen = chooseServers(ctx, { blocks, servers, exclude: new Set([...exclude, ...expelled]) })
  // A server that failed once is better than none.
  return chosen.ok || exclude.size === 0 ? chosen : chooseServers(ctx, { blocks, servers, exclude: expelled })
}

interface Started { request: string; secret: Uint8Array; number: NumberOpening; start: Pending['start']; edges: Record<string, SealedEdge> }

function begin(ctx: Context, env: ClientEnv, name: string, endpoint: Endpoint, values: Map<string, Json>): Started {
  const { crypto } = ctx
  const secret = ctx.random(32)
  const bytes = ctx.random(NUMBER_BYTES)
  bytes[0]! |= 0x80
  const number = { number: toHex(bytes), salt: toHex(ctx.random(32)) }
  const edges: Record<string, SealedEdge> = {}
  for (const id of clientEdges(endpoint).keys()) edges[id] = sealEdge(crypto, edgeKey(crypto, secret, id), id, canonicalBytes(values.get(id)))
  const request = toHex(ctx.random(32))
  const commit = toHex(commitNumber(crypto, fromHex(number.salt), BigInt(`0x${number.number}`)))
  const unsigned = { request, app: env.app, tick: env.plan.tick, endpoint: name, client: env.client.publicKey, number: commit, keys: commitsDigest(crypto, commitsOf(edges)) }
  return { request, secret, number, edges, start: signStart(crypto, unsigned, env.client, ctx.random(32)) }
}

function sealRequest(ctx: Context, env: ClientEnv, endpoint: Endpoint, pending: Pending, started: Started, reads: Reads): Result<Composed> {
  const sender = ephemeral(ctx.crypto, ctx.random(32))
  const servers = new Map(env.reader.tick.servers.map((server) => [server.id, server]))
  const hops: RequestMessage['hops'] = []
  for (const [position, hop] of pending.hops.entries()) {
    const message = envelopeFor(ctx, env, endpoint, pending, started, reads, position)
    const aad = messageAad('envelope', pending.request, pending.tick, position, hop.version)
    const box = sealTo(sender, servers.get(hop.server)!, message, aad)
    if (!box.ok) return box
    hops.push({ ...hop, envelope: toBase64(box.value) })
  }
  const top = servers.get(pending.top)!
  const message: RequestMessage = { start: pending.start, reply: toHex(replyKey(ctx, started.secret)), edges: started.edges, hops }
  const bytes = sealTo(sender, top, message, messageAad('request', top.id))
  if (!bytes.ok) return bytes
  if (bytes.value.length > MESSAGE_LIMIT) return fail('client.too-large', `The request has ${bytes.value.length} bytes; at most ${MESSAGE_LIMIT} are sent. Ask for less.`)
  return ok({ bytes: bytes.value, top, pending })
}

export const replyKey = (ctx: Context, secret: Uint8Array): Uint8Array => edgeKey(ctx.crypto, secret, '$reply')

const sealTo = (sender: Ephemeral, server: TickServer, message: object, aad: Uint8Array): Result<Uint8Array> =>
  sender.seal(fromHex(server.sealing), messageBytes(message), aad)

/** What one block's server alone may read. */
function envelopeFor(ctx: Context, env: ClientEnv, endpoint: Endpoint, pending: Pending, started: Started, reads: Reads, position: number): EnvelopeMessage {
  const { crypto } = ctx
  const needs = blockNeeds(endpoint, position)
  const last = position === endpoint.blocks.length - 1
  const outputs = endpoint.blocks[position]!.outputs.map((_, i) => outputId(position, i))
  const ids = [...needs.opens.keys(), ...outputs, writesId(position), ...(last ? [FINAL] : [])]
  const reduced = (read: ProvedRange, fields: string[]): Json => reduceProof(crypto, read.proof, read.range, fields, read.options) as unknown as Json
  const { version, server } = pending.hops[position]!
  const receipt = { app: env.app, request: pending.request, tick: pending.tick, version, server, client: env.client.publicKey }
  return {
    keys: Object.fromEntries(ids.map((id) => [id, toHex(edgeKey(crypto, started.secret, id))])),
    next: pending.hops[position + 1]?.server ?? null,
    number: position === 0 ? started.number : null,
    caller: reduced(reads.caller, CLIENT_FIELDS),
    queries: needs.queries.map(({ query, fields }) => ({ query, proof: reduced(reads.queries[query]!, fields) })),
    slots: needs.slots.map((slot) => ({ slot, proof: reduced(reads.slots[slot]!, KEY_FIELDS) })),
    receipt: { ...receipt, sig: signUnder(crypto, 'receipt', receipt, env.client.privateKey, ctx.random(32)) },
  }
}

/** Which server to leave out of the next attempt: the block's where a position is named, else the top-level one. */
export function serverAtFault(pending: Pending, failure: Failure): string {
  const { server, position } = failure.details ?? {}
  if (typeof server === 'string') return server
  return typeof position === 'number' ? pending.hops[position]?.server ?? pending.top : pending.top
}

/** JSON form of what the client provides for a source, for those who open replies. */
export function providedValue(pending: Pending, source: Source): Json | undefined {
  if (source.from === 'caller') return pending.start.client
  if (source.from === 'request') return pending.arguments[source.field]
  return source.from === 'slot' ? pending.slots[source.slot] : undefined
}

