/**
 * Making a request (essay, Client Makes Endpoint Request 1 to 5): the client answers the endpoint's queries from the tick's snapshot, takes the
 * servers that it has to, seals to each what its block needs, and the whole to a top-level server that sees no primitive. Where a query needs what blocks
 * compute, that is done leg by leg: see `continue.ts`.
 */
import { fromJson, type Endpoint, type Source, own } from '../program/index.ts'
import { fromHex, toHex } from '../protocol/bytes.ts'
import type { Json } from '../protocol/canonical.ts'
import {
  canWrite,
  chooseTop,
  relaysOf,
  type SealedEdge,
  commitsDigest,
  commitsOf,
  legEnd,
  edgeId,
  holdingOf,
  SEAT_TICKS,
  seatOrder,
  takeSeats,
  signStart,
  type NumberOpening,
} from '../protocol/requests/index.ts'
import { fail, ok, type Result } from '../protocol/result.ts'
import { commitNumber } from '../protocol/stamps/index.ts'
import { answersWith, readLeg, type Reads, type Values } from './reads.ts'
import { sealEdges, sealLeg } from './seal-leg.ts'
import { chooseSlots } from './slots.ts'
import type { ClientEnv, Composed, Context, Hop, Pending } from './types.ts'

/** Bytes of the number that a thread starts with: its product with the path's primes tells no server the primes of those before. */
const NUMBER_BYTES = 32

/**
 * Composes a request, or its first leg where the endpoint is split. Throws for an endpoint without blocks: `answerAlone` is for these.
 * @param args JSON forms of the endpoint's fields; a slot's name may name the owned key to write to
 * @param exclude ids of servers that failed this request before, the latest last: the first of them come back when too few are left
 * Errors: `client.endpoint`, `client.argument` (details.field), `client.no-key` (details.collection: reserve one first), `client.choose-key`,
 * `client.unregistered`, `client.seats`, `client.servers`, `client.too-large`, those of the reader.
 */
export async function composeRequest(
  ctx: Context,
  env: ClientEnv,
  name: string,
  args: Record<string, Json>,
  exclude: ReadonlySet<string> = new Set(),
): Promise<Result<Composed>> {
  const endpoint = Object.hasOwn(env.outline.endpoints, name) ? env.outline.endpoints[name]! : undefined
  if (endpoint === undefined)
    return fail('client.endpoint', `The app has no endpoint ${name}. It has ${Object.keys(env.outline.endpoints).join(', ')}.`)
  if (endpoint.blocks.length === 0) throw new Error('an endpoint without blocks is answered alone: no server takes its request')
  const checked = checkArguments(endpoint, args)
  if (!checked.ok) return checked
  const slots = chooseSlots(endpoint.slots, env.keys, args)
  if (!slots.ok) return slots
  const values = valuesOf(env.client.publicKey, endpoint, checked.value, slots.value)
  const reads = await readLeg(env, endpoint, { from: 0, end: legEnd(endpoint, 0) }, values)
  if (!reads.ok) return reads
  const seat = seatFor(env, reads.value)
  if (!seat.ok) return seat
  const chosen = choose(ctx, env, name, seat.value, exclude)
  if (!chosen.ok) return chosen
  const started = begin(ctx, env, name, endpoint, values, seat.value, chosen.value.lanes.length)
  const { request, start } = started
  const pending: Pending = {
    request,
    app: env.app,
    tick: env.planned.plan.tick,
    endpoint: name,
    secret: toHex(started.secret),
    start,
    commits: commitsOf(started.edges),
    top: chosen.value.top,
    lanes: chosen.value.lanes,
    arguments: checked.value,
    slots: slots.value,
    answers: answersWith(endpoint, [], reads.value.queries),
    progress: null,
  }
  const sealed = sealLeg(ctx, env, endpoint, pending, { edges: started.edges, numbers: started.numbers, reads: reads.value })
  const unusable = unusableServer(sealed)
  // One server's key must not stop a request that others can take.
  if (unusable === null || exclude.has(unusable)) return sealed
  return composeRequest(ctx, env, name, args, new Set([...exclude, unusable]))
}

/** The server to which nothing can be sealed, if that is why a leg could not be. */
const unusableServer = (sealed: Result<Composed>): string | null =>
  !sealed.ok && sealed.error.code === 'envelope.recipient' ? String(sealed.error.details?.['server']) : null

/** Every declared field present and of its type, and nothing else but slot names. */
export function checkArguments(endpoint: Endpoint, args: Record<string, Json>): Result<Record<string, Json>> {
  const checked: Record<string, Json> = {}
  for (const [field, type] of Object.entries(endpoint.request)) {
    if (!Object.hasOwn(args, field)) return fail('client.argument', `The field ${field} is missing. Give it a value.`, { field })
    const value = fromJson(type, own(args, field))
    if (!value.ok) return fail('client.argument', `${field}: ${value.error.message}`, { field })
    checked[field] = args[field]!
  }
  const unknown = Object.keys(args).find(
    (field) => !Object.hasOwn(endpoint.request, field) && !endpoint.slots.some((slot) => slot.name === field),
  )
  return unknown === undefined
    ? ok(checked)
    : fail('client.argument', `The endpoint has no field ${unknown}. Leave it out.`, { field: unknown })
}

/** JSON form of each value that the client provides, by edge id; `caller` always among them. */
export function valuesOf(caller: string, endpoint: Endpoint, args: Record<string, Json>, slots: string[]): Map<string, Json> {
  const values = new Map<string, Json>([['caller', caller]])
  for (const [field, value] of Object.entries(args)) values.set(edgeId({ from: 'request', field }), value)
  endpoint.slots.forEach((_, slot) => values.set(edgeId({ from: 'slot', slot }), slots[slot]!))
  return values
}

/** The client's value for the tick, from what the snapshot says of its registration. Error: `client.seats` when the chain has ended. */
function seatFor(env: ClientEnv, { caller }: Pick<Reads, 'caller'>): Result<string> {
  const since = Number(caller.rows[0]!.fields.find(([name]) => name === 'since')?.[1])
  const seat = env.chain.value(env.planned.plan.tick - since)
  return seat === null
    ? fail('client.seats', `This registration lasted ${SEAT_TICKS} ticks, which have passed. Register with a new identity.`)
    : ok(seat)
}

/** The servers that this client has to take for every block of every lane, and a top-level one that is none of them. */
function choose(
  ctx: Context,
  env: ClientEnv,
  name: string,
  seat: string,
  exclude: ReadonlySet<string>,
): Result<{ lanes: Hop[][]; top: string }> {
  const { tick } = env.reader
  const { plan, terms } = env.planned
  const endpoint = env.outline.endpoints[name]!
  if ((own(plan.endpoints, name) ?? []).length !== endpoint.blocks.length)
    return fail('client.servers', `Tick ${plan.tick} offers no servers for ${name}. Wait for the next tick.`)
  const holding = holdingOf(ctx.crypto, env.planned)
  const of = { hash: tick.blocks.hash, seat, client: env.client.publicKey, tick: plan.tick, endpoint: name }
  const orders = endpoint.blocks.map((_, block) =>
    seatOrder(
      of,
      block,
      holding.holders(name, block).filter((id) => !env.expelled.has(id)),
    ),
  )
  const relays = relaysOf(tick, plan)
  const failed = [...exclude]
  // A server that failed is better than none, and one that failed long ago better than the one that failed now.
  for (let forgiven = 0; forgiven <= failed.length; forgiven++) {
    const passed = new Set(failed.slice(forgiven))
    const taken = takeSeats(orders, terms, canWrite(endpoint), passed)
    const top = taken === null ? null : chooseTop(ctx, relays, taken.flat(), new Set([...passed, ...env.expelled]))
    if (taken === null || top === null) continue
    const hop = (lane: number, block: number): Hop => {
      const server = taken[block]![lane]!
      return { server, version: holding.versionOf(name, block, server)! }
    }
    return ok({ lanes: taken[0]!.map((_, lane) => taken.map((__, block) => hop(lane, block))), top })
  }
  return fail('client.servers', `Too few servers that hold the blocks of ${name} are left in tick ${plan.tick}. Wait for the next tick.`)
}

interface Started {
  request: string
  secret: Uint8Array
  /** Of each lane. */
  numbers: NumberOpening[]
  start: Pending['start']
  edges: Record<string, SealedEdge>
}

function drawNumber(ctx: Context): NumberOpening {
  const bytes = ctx.random(NUMBER_BYTES)
  bytes[0]! |= 0x80
  return { number: toHex(bytes), salt: toHex(ctx.random(32)) }
}

function begin(ctx: Context, env: ClientEnv, name: string, endpoint: Endpoint, values: Values, seat: string, lanes: number): Started {
  const { crypto } = ctx
  const secret = ctx.random(32)
  const numbers = Array.from({ length: lanes }, () => drawNumber(ctx))
  const edges = sealEdges(ctx, endpoint, secret, values)
  const request = toHex(ctx.random(32))
  const unsigned = {
    request,
    app: env.app,
    tick: env.planned.plan.tick,
    endpoint: name,
    client: env.client.publicKey,
    base: env.base,
    planned: env.planned.published,
    seat,
    numbers: numbers.map(({ number, salt }) => toHex(commitNumber(crypto, fromHex(salt), BigInt(`0x${number}`)))),
    keys: commitsDigest(crypto, commitsOf(edges)),
  }
  return { request, secret, numbers, edges, start: signStart(crypto, unsigned, env.client, ctx.random(32)) }
}

/** What the client provides itself: its own key, checked arguments, and the keys of its slots. */
export interface Provided {
  caller: string
  arguments: Record<string, Json>
  slots: string[]
}

export const providedBy = (pending: Pending): Provided => ({
  caller: pending.start.client,
  arguments: pending.arguments,
  slots: pending.slots,
})

/** JSON form of what the client provides for a source, for those who open replies. */
export function providedValue(provided: Provided, source: Source): Json | undefined {
  if (source.from === 'caller') return provided.caller
  if (source.from === 'request') return own(provided.arguments, source.field)
  return source.from === 'slot' ? provided.slots[source.slot] : undefined
}
