/** What a server checks before it opens anything: message, tick, code, thread, caller. Each check has a code of its own. */
import { own, type Endpoint } from '../program/index.ts'
import { fromHex } from '../protocol/bytes.ts'
import { type Link, laterVerify, signingDigest } from '../protocol/documents/index.ts'
import { open, openBox } from '../protocol/crypto/index.ts'
import {
  boundCommits,
  CLIENT_FIELDS,
  clientLookup,
  forwardedEdges,
  knownEdges,
  provedRows,
  envelopeMessage,
  hopMessage,
  MESSAGE_LIMIT,
  readMessage,
  messageAad,
  shownId,
  shownMessage,
  type EnvelopeMessage,
  type HopMessage,
  type SeatsRow,
  type ShownMessage,
  beginThread,
  type ThreadEnd,
} from '../protocol/requests/index.ts'
import { fail, failForNow, ok, type Result } from '../protocol/result.ts'
import { endpointOf, holds, seatsOf } from './tick-view.ts'
import type { Context, HopEnv, PreparedBlock, TickView } from './types.ts'

/** A hop that its client and the servers before signed, and that concerns a registered client. */
export interface AdmittedHop {
  message: HopMessage
  envelope: EnvelopeMessage
  shown: ShownMessage
  view: TickView
  code: PreparedBlock
  endpoint: Endpoint
  position: number
  /** What the new link follows. */
  thread: ThreadEnd & { start: string }
}

/** Opens and checks a hop message's outside. Errors: `hop.too-large`, `envelope.closed`, `hop.schema`. */
export function openHop(ctx: Context, env: HopEnv, bytes: Uint8Array): Result<HopMessage> {
  if (bytes.length > MESSAGE_LIMIT)
    return fail('hop.too-large', `The message has ${bytes.length} bytes; at most ${MESSAGE_LIMIT} are read. Ask for less in one request.`)
  const { identity, sealing } = env.keys
  const plain = open(ctx.crypto, sealing.privateKey, sealing.publicKey, bytes, messageAad('hop', identity.publicKey))
  return plain.ok ? readMessage('hop', hopMessage, plain.value) : plain
}

/**
 * Admits a hop, from cheap to dear: what is read and compared, then what is opened, then the signatures, and only then what is hashed. So nobody makes this
 * server hash what nobody signed, and who is no client of the app makes it hash one small proof.
 * Errors, in this order: `hop.app`, `hop.tick` (retryable: compose it again on the newest tick), `hop.base`, `hop.version`, `hop.replayed`,
 * `hop.endpoint`, `hop.tombstoned`, `hop.link`, `hop.commits`, `hop.edges`, `thread.link`, `thread.start`, `envelope.*`, `hop.receipt`, `hop.key`,
 * `hop.unregistered`, `hop.busy` (retryable elsewhere: the client used up its share of this server), `hop.seat`, `hop.commits`.
 */
export function admitHop(ctx: Context, env: HopEnv, message: HopMessage): Result<AdmittedHop> {
  const placed = placeHop(env, message)
  if (!placed.ok) return placed
  const { view, endpoint, position } = placed.value
  const { start, lane, links, commits } = message
  const shaped = checkShape(view, endpoint, message)
  if (!shaped.ok) return shaped
  const thread = beginThread(ctx.crypto, start, lane, links)
  if (!thread.ok) return thread
  const envelope = openEnvelope(ctx, env, message, position)
  const receipt = envelope.ok ? checkReceipt(ctx, env, message, envelope.value) : envelope
  const signed = thread.value.signed()
  if (!signed.ok) return signed
  env.signedBy?.(start.client)
  if (!envelope.ok) return envelope
  if (!receipt.ok) return receipt
  if (!receipt.value()) return badReceipt
  const shown = openShown(ctx, message, envelope.value, position)
  if (!shown.ok) return shown
  const caller = checkCaller(ctx, view, message, shown.value)
  if (!caller.ok) return caller
  if (env.mayServe?.(start.client, start.request, message.version) === false)
    return failForNow('hop.busy', 'This client has used up its share of this server for now. Ask another server.')
  const seat = checkSeat(env, placed.value, message, envelope.value, caller.value)
  if (!seat.ok) return seat
  const outputs = links.map((link: Link) => link.outputs)
  return boundCommits(ctx.crypto, commits, start.keys, outputs)
    ? ok({ message, envelope: envelope.value, shown: shown.value, thread: thread.value, ...placed.value })
    : fail('hop.commits', 'The sealed values are not those which the client and the servers before signed. Compose the request again.')
}

type Placed = Pick<AdmittedHop, 'view' | 'code' | 'endpoint' | 'position'>

/** Where the hop belongs, and that it is this server's to run, and for a client that is not expelled. */
function placeHop(env: HopEnv, { start, links, version }: HopMessage): Result<Placed> {
  if (start.app !== env.app) return fail('hop.app', "The request is for another app. Send it to one of that app's servers.")
  const view = start.tick === env.currentTick || start.tick === env.currentTick - 1 ? env.tick(start.tick) : null
  if (view === null)
    return failForNow(
      'hop.tick',
      `The request is for tick ${start.tick}; this server is at tick ${env.currentTick}. Compose it again on the newest tick.`,
    )
  if (start.base !== view.base || start.planned !== view.planned)
    return failForNow(
      'hop.base',
      `This server knows another tick ${start.tick} than the request rests on. Compose it again on the newest tick.`,
    )
  const code = env.code(start.tick)?.blocks.get(version)
  const position = links.length
  if (code === undefined) return failForNow('hop.version', 'This server has not prepared that version. Choose another server of the block.')
  if (env.used(start.request, version)) return fail('hop.replayed', 'This request id was used before. Compose a new request.')
  const endpoint = endpointOf(view, start.endpoint)
  if (endpoint === undefined || code.endpoint !== start.endpoint || code.block !== position)
    return fail('hop.endpoint', 'The version belongs to another place of the endpoint. Keep the order of the blocks.')
  if (!holds(view, version, start.endpoint, position, env.keys.identity.publicKey))
    return fail('hop.version', 'The tick does not give that version to this server. Choose another server of the block.')
  return view.tombstones.has(start.client)
    ? fail('hop.tombstoned', 'This client was expelled from the app. Register anew with another key.')
    : ok({ view, code, endpoint, position })
}

/** Links by holders of their versions, exactly the edges of the block, and exactly the commitments of the endpoint so far. */
function checkShape(view: TickView, endpoint: Endpoint, { start, links, edges, commits }: HopMessage): Result<null> {
  const wrong = links.findIndex((link, i) => !holds(view, link.version, start.endpoint, i, link.server))
  if (wrong >= 0)
    return fail(
      'hop.link',
      `Link ${wrong} is by a server that does not hold that version in tick ${start.tick}. Compose the request again.`,
      { position: wrong },
    )
  const known = knownEdges(endpoint, links.length)
  const given = Object.keys(commits)
  if (given.length !== known.size || !given.every((id) => known.has(id)))
    return fail('hop.commits', `The block needs exactly the commitments of ${known.size} sealed values. Compose the request again.`)
  const wanted = forwardedEdges(endpoint, links.length)
  const bad =
    Object.keys(edges).length !== wanted.length
      ? 'number'
      : wanted.find((id) => !Object.hasOwn(edges, id) || edges[id]!.commit !== own(commits, id))
  return bad === undefined ? ok(null) : fail('hop.edges', `The block needs exactly the edges ${wanted.join(', ')}; look at ${bad}.`)
}

function openEnvelope(
  ctx: Context,
  env: HopEnv,
  { start, lane, version, envelope }: HopMessage,
  position: number,
): Result<EnvelopeMessage> {
  const { sealing } = env.keys
  const plain = open(
    ctx.crypto,
    sealing.privateKey,
    sealing.publicKey,
    envelope,
    messageAad('envelope', start.request, start.tick, lane, position, version),
  )
  return plain.ok ? readMessage('envelope', envelopeMessage, plain.value) : plain
}

/** Sealed under a key that only the client and the servers of this block in all lanes have. */
function openShown(ctx: Context, { start, shown }: HopMessage, { keys }: EnvelopeMessage, position: number): Result<ShownMessage> {
  const id = shownId(position)
  const key = own(keys, id)
  if (key === undefined) return fail('hop.key', `The envelope has no key for ${id}. Compose the request again.`)
  const plain = openBox(ctx.crypto, fromHex(key), shown, messageAad('shown', start.request, position))
  return plain === null
    ? fail('envelope.closed', 'What the block is shown is damaged. Compose the request again.')
    : readMessage('shown', shownMessage, plain)
}

const badReceipt = fail('hop.receipt', 'The receipt does not promise this hop to this server. Compose the request again.')

/** The caller pays this server for this hop. @returns whether it signed that */
function checkReceipt(
  { crypto }: Context,
  env: HopEnv,
  { start, version }: HopMessage,
  { receipt }: EnvelopeMessage,
): Result<() => boolean> {
  const about =
    receipt.app === start.app &&
    receipt.request === start.request &&
    receipt.tick === start.tick &&
    receipt.version === version &&
    receipt.server === env.keys.identity.publicKey &&
    receipt.client === start.client
  return about ? ok(laterVerify(crypto, signingDigest(crypto, 'receipt', receipt), receipt.sig, start.client)) : badReceipt
}

/** Most characters of the proof that a caller is registered, as JSON: two pages of 64 entries need half of it. It is hashed for anybody who signs. */
const CALLER_LIMIT = 64 << 10

/** The caller is registered. */
function checkCaller(ctx: Context, view: TickView, { start }: HopMessage, shown: ShownMessage): Result<SeatsRow> {
  if (JSON.stringify(shown.caller).length > CALLER_LIMIT)
    return fail(
      'index.proof-shape',
      `The proof that the client is registered has more than ${CALLER_LIMIT} characters. Reduce it to one page.`,
    )
  const registered = provedRows(ctx.crypto, view, clientLookup(start.client), shown.caller, CLIENT_FIELDS)
  if (!registered.ok) return registered
  const [row] = registered.value
  return row !== undefined
    ? ok({ seats: String(row['seats']), since: Number(row['since']) })
    : fail('hop.unregistered', 'The client is not registered in this tick. Register first, and wait for the next tick.')
}

/**
 * This server has a seat that the client had to take, and so have those that signed before it and the one that is to get the number next: a client chooses
 * none of them. Asked once the start is known to be the client's, because an old client's value may take many hashes. Error: `hop.seat`.
 */
function checkSeat(
  env: HopEnv,
  { view, endpoint, position }: Placed,
  { start, links }: HopMessage,
  envelope: EnvelopeMessage,
  caller: SeatsRow,
): Result<null> {
  const refused = (what: string, at: number) =>
    fail('hop.seat', `${what} Take the servers in the order of the tick ${start.tick}.`, { position: at })
  const isSeated = (server: string, at: number): boolean => seatsOf(view, start, at).has(server)
  if (!isSeated(env.keys.identity.publicKey, position)) return refused('This server has no seat at this block for this client.', position)
  if (envelope.next !== null && position + 1 < endpoint.blocks.length && !isSeated(envelope.next, position + 1))
    return refused('The next server has no seat at its block for this client.', position + 1)
  const before = links.findIndex(({ server }, at) => !isSeated(server, at))
  if (before >= 0) return refused(`The server of block ${before}, which signed before, has no seat there for this client.`, before)
  return env.seats.verify(start.client, caller, start.tick, start.seat)
    ? ok(null)
    : refused("The seat is not the value of this client's chain for the tick.", position)
}

export const handoffAad = (request: string, lane: number, position: number): Uint8Array => messageAad('handoff', request, lane, position)
export const sealingOf = (view: TickView, server: string): Uint8Array | null => {
  const found = view.servers.get(server)
  return found === undefined ? null : fromHex(found.sealing)
}
