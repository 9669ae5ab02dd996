/**
 * The top-level server of a request: it forwards each block what that block needs, in order, and collects sealed results. It sees
 * structure, never a primitive (essay, Client Makes Endpoint Request 4 and 5). A pure state machine: the caller does the sending.
 *
 *   openRequest or openContinuation → nextHop → POST PATHS.hop → takeReply → … → done
 *
 * Where an endpoint is split, each leg of a request is a run of this machine of its own: nothing is kept between them, so a continuation may
 * go to any server that holds none of the request's blocks.
 */
import { pausesOf } from '../program/index.ts'
import { fromHex, toHex } from '../protocol/bytes.ts'
import { open, seal } from '../protocol/crypto/index.ts'
import {
  boundCommits,
  commitsOf,
  forwardedEdges,
  legEnd,
  outputId,
  continuationMessage,
  hopReply,
  MESSAGE_LIMIT,
  messageAad,
  messageBytes,
  requestMessage,
  type ContinuationMessage,
  type HopMessage,
  type HopReply,
  type RequestMessage,
  type SealedEdge,
  beginThread,
} from '../protocol/requests/index.ts'
import { fail, failForNow, ok, type Failure, type Result } from '../protocol/result.ts'
import { freshKey, sealReply } from './execute.ts'
import { readMessage } from './json.ts'
import type { OutgoingHop, Progress, Relay, RelayEnv, RelayStep } from './relay-types.ts'
import { endpointOf, holds } from './tick-view.ts'
import type { Context, TickView } from './types.ts'

/**
 * Opens a client's request. Errors: `request.too-large`, `envelope.closed`, `request.json`, `request.schema`, `request.app`,
 * `request.tick` (retryable), `request.endpoint`, `request.hops` (a version or server that the tick does not list, the same server
 * twice, or this server among them), `request.stage` (envelopes for other blocks than those up to the first pause), `request.tombstoned`.
 * Whether it is signed is asked when a reply is taken: the first block's server checks it too, before it runs anything.
 */
export function openRequest(ctx: Context, env: RelayEnv, bytes: Uint8Array): Result<Relay> {
  const plain = unseal(ctx, env, 'request', bytes)
  if (!plain.ok) return plain
  const message = readMessage('request', requestMessage, plain.value)
  if (!message.ok) return message
  const end = admit(env, message.value, 0)
  return end.ok ? begin(ctx, message.value, { links: [], outputs: {}, handoff: null }, end.value) : end
}

function begin(ctx: Context, message: RequestMessage, before: Progress, end: number): Result<Relay> {
  const thread = beginThread(ctx.crypto, message.start, before.links)
  return thread.ok ? ok({ message, before, signed: thread.value.signed, end, replies: [], awaiting: null }) : thread
}

/**
 * Opens what a client sends after a pause. Errors: those of `openRequest`; `request.stage` also when the endpoint does not pause there;
 * `request.progress` (links of other servers, or outputs that these did not sign).
 */
export function openContinuation(ctx: Context, env: RelayEnv, bytes: Uint8Array): Result<Relay> {
  const plain = unseal(ctx, env, 'continuation', bytes)
  if (!plain.ok) return plain
  const read = readMessage('continuation', continuationMessage, plain.value)
  if (!read.ok) return read
  const { links, outputs, handoff, ...message } = read.value
  const end = admit(env, message, links.length)
  if (!end.ok) return end
  return isProgress(ctx, read.value)
    ? begin(ctx, message, { links, outputs, handoff }, end.value)
    : fail('request.progress', 'What came back so far is not what the servers of this request signed. Compose the request again.')
}

function unseal(ctx: Context, env: RelayEnv, purpose: 'request' | 'continuation', bytes: Uint8Array): Result<Uint8Array> {
  if (bytes.length > MESSAGE_LIMIT)
    return fail(
      'request.too-large',
      `The request has ${bytes.length} bytes; at most ${MESSAGE_LIMIT} are read. Ask for less in one request.`,
    )
  const { identity, sealing } = env.keys
  return open(ctx.crypto, sealing.privateKey, sealing.publicKey, bytes, messageAad(purpose, identity.publicKey))
}

/** Links by the servers that the client chose, and exactly the outputs that they signed. The next block's server checks it all again. */
function isProgress(ctx: Context, { start, hops, edges, links, outputs }: ContinuationMessage): boolean {
  const chosen = links.every((link, i) => link.server === hops[i]!.server && link.version === hops[i]!.version)
  const signed = links.map((link) => link.outputs)
  return chosen && boundCommits(ctx.crypto, commitsOf({ ...edges, ...outputs }), start.keys, signed)
}

/** @param from blocks that ran before. @returns where the leg ends */
function admit(env: RelayEnv, { start, hops }: RequestMessage, from: number): Result<number> {
  if (start.app !== env.app) return fail('request.app', "The request is for another app. Send it to one of that app's servers.")
  const view = viewOf(env, start.tick)
  if (view === null)
    return failForNow(
      'request.tick',
      `The request is for tick ${start.tick}; this server is at tick ${env.currentTick}. Compose it again on the newest tick.`,
    )
  const endpoint = endpointOf(view, start.endpoint)
  if (endpoint === undefined) return fail('request.endpoint', `The app has no endpoint ${start.endpoint}.`)
  if (view.tombstones.has(start.client))
    return fail('request.tombstoned', 'This client was expelled from the app. Register anew with another key.')
  if (hops.length !== endpoint.blocks.length)
    return fail('request.hops', `The endpoint has ${endpoint.blocks.length} blocks; the request names ${hops.length} servers.`)
  const servers = new Set([env.keys.identity.publicKey, ...hops.map((hop) => hop.server)])
  if (servers.size !== hops.length + 1)
    return fail('request.hops', 'Every block needs a server of its own, and the top-level server none of them. Choose other servers.')
  const wrong = hops.findIndex((hop, i) => !holds(view, hop.version, start.endpoint, i, hop.server) || !view.servers.has(hop.server))
  if (wrong >= 0)
    return fail(
      'request.hops',
      `The server named for block ${wrong} does not hold that version in tick ${start.tick}. Choose another one.`,
      { position: wrong },
    )
  const end = legEnd(endpoint, from)
  const fits =
    (from === 0 || pausesOf(endpoint).includes(from)) && hops.every((hop, i) => (hop.envelope !== null) === (i >= from && i < end))
  return fits
    ? ok(end)
    : fail(
        'request.stage',
        `After ${from} blocks the endpoint goes on to block ${end}, and the message has other envelopes. Compose the request again.`,
      )
}

/** The block whose turn it is. */
const positionOf = ({ before, replies }: Relay): number => before.links.length + replies.length

const passed = (tick: number) =>
  failForNow('request.tick', `Tick ${tick} has passed while the request was under way. Compose it again on the newest tick.`)
const viewOf = (env: RelayEnv, tick: number): TickView | null =>
  tick === env.currentTick || tick === env.currentTick - 1 ? env.tick(tick) : null

/** The sealed message for the next block. Call it again to send the same hop anew. Errors: `request.tick`, `envelope.recipient`. */
export function nextHop(ctx: Context, env: RelayEnv, relay: Relay): Result<OutgoingHop> {
  const { start, hops } = relay.message
  const position = positionOf(relay)
  const { version, server, envelope } = hops[position]!
  const view = viewOf(env, start.tick)
  const to = view?.servers.get(server)
  if (view === null || to === undefined) return passed(start.tick)
  const all: Record<string, SealedEdge> = Object.assign(
    {},
    relay.message.edges,
    relay.before.outputs,
    ...relay.replies.map((reply) => reply.outputs),
  )
  const wanted = forwardedEdges(endpointOf(view, start.endpoint)!, position)
  const edges = Object.fromEntries(wanted.filter((id) => Object.hasOwn(all, id)).map((id) => [id, all[id]!]))
  const reply = toHex(ctx.random(32))
  const message: HopMessage = {
    start,
    links: [...relay.before.links, ...relay.replies.map((done) => done.link)],
    version,
    envelope: envelope!,
    edges,
    commits: commitsOf(all),
    handoff: (relay.replies.at(-1) ?? relay.before).handoff,
    reply,
  }
  const box = seal(ctx.crypto, freshKey(ctx), fromHex(to.sealing), messageBytes(message), messageAad('hop', server))
  if (!box.ok) return box
  return ok({ relay: { ...relay, awaiting: reply }, position, server, host: to.host, port: to.port, bytes: box.value })
}

/**
 * Takes the reply to the hop under way: either more hops follow, or the reply for the client is done. A reply that is not what the block
 * owes gives `request.hop-failed` (details: position, server), so that the client tries elsewhere. Errors also: `thread.start`, `thread.link`.
 */
export function takeReply(ctx: Context, env: RelayEnv, relay: Relay, bytes: Uint8Array): Result<RelayStep> {
  const signed = relay.signed()
  if (!signed.ok) return signed
  const { start, hops } = relay.message
  const position = positionOf(relay)
  const reply = openReply(ctx, relay, bytes)
  if (!reply.ok) return hopFailed(relay, reply.error)
  const view = viewOf(env, start.tick)
  if (view === null) return passed(start.tick)
  const fault = faultOf(view, relay, reply.value)
  if (fault !== null) return hopFailed(relay, { code: 'hop.reply', message: fault, retryable: true })
  const replies = [...relay.replies, reply.value]
  if (position + 1 < relay.end) return ok({ done: false, relay: { ...relay, replies, awaiting: null } })
  const made = {
    links: replies.map((done) => done.link),
    outputs: Object.assign({}, ...replies.map((done) => done.outputs)) as Record<string, SealedEdge>,
    writes: replies.map((done) => done.writes),
  }
  const answer = relay.end === hops.length ? { ...made, final: reply.value.final! } : { ...made, handoff: reply.value.handoff! }
  return ok({ done: true, reply: sealReply(ctx, fromHex(relay.message.reply), start.request, answer) })
}

function openReply(ctx: Context, relay: Relay, bytes: Uint8Array): Result<HopReply> {
  if (relay.awaiting === null) throw new Error('takeReply follows nextHop')
  if (bytes.length > MESSAGE_LIMIT) return fail('hop.too-large', 'The reply is too large.')
  const key = fromHex(relay.awaiting)
  const plain = ctx.crypto.aead.open(key, bytes.subarray(0, 12), bytes.subarray(12), messageAad('reply', relay.message.start.request))
  return plain === null ? fail('envelope.closed', 'The reply is damaged.') : readMessage('reply', hopReply, plain)
}

/** Says what a block's reply lacks, or null. Signatures are checked by the next server and, all of them, by the client. */
function faultOf(view: TickView, relay: Relay, reply: HopReply): string | null {
  const { start, hops } = relay.message
  const position = positionOf(relay)
  const { link } = reply
  if (
    link.request !== start.request ||
    link.position !== position ||
    link.version !== hops[position]!.version ||
    link.server !== hops[position]!.server
  )
    return 'The link is for another hop.'
  const wanted = endpointOf(view, start.endpoint)!.blocks[position]!.outputs.map((_, i) => outputId(position, i))
  if (Object.keys(reply.outputs).length !== wanted.length || wanted.some((id) => !Object.hasOwn(reply.outputs, id)))
    return 'The outputs are not those of the block.'
  const last = position === hops.length - 1
  return last === (reply.final !== null) && last === (reply.handoff === null) ? null : 'The number is not passed on.'
}

/**
 * What another server would answer too. Complaints about proofs, slots or registration are not among them: the client has proved these to
 * itself, so a server that refuses them is wrong or lies, and another one may do the work.
 */
const FINAL_CODES = /^hop\.(block-failed|too-large|tombstoned)$/

/**
 * The failure for the client when a hop did not answer, or refused. Retryable elsewhere unless the request itself is at fault.
 * Errors: `thread.start` and `thread.link` before others: what its client did not sign is no other server's fault.
 * @param cause from the transport or from the block's server (`transport.status` carries it in details.peer)
 */
export function hopFailed(relay: Relay, cause: Failure): { ok: false; error: Failure } {
  const signed = relay.signed()
  if (!signed.ok) return signed
  const position = positionOf(relay)
  const server = relay.message.hops[position]!.server
  const inner = cause.details?.['peer'] as Failure | undefined
  const reason = inner?.code ?? cause.code
  const details = { position, server, cause: reason, reason: (inner?.message ?? cause.message).slice(0, 500) }
  const message = `The server of block ${position} did not do its work (${reason}). ${(inner?.message ?? cause.message).slice(0, 500)}`
  return FINAL_CODES.test(reason) ? fail('request.hop-failed', message, details) : failForNow('request.hop-failed', message, details)
}
