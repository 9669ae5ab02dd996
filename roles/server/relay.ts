/**
 * The top-level server of a request: it forwards each block what that block needs, in order and in all lanes beside each other, and collects
 * sealed results. It sees structure, never a primitive (essay, Client Makes Endpoint Request 4 and 5). A pure state machine: the caller does
 * the sending.
 *
 *   openRequest or openContinuation → nextHops → POST PATHS.hop, once for each lane → openReply of each → takeReplies → … → done
 *
 * After each block the lanes are compared. Where they signed different things nothing more is run: the client is told what each signed.
 *
 * Where an endpoint is split, each leg of a request is a run of this machine of its own: nothing is kept between them, so a continuation may
 * go to any server that holds none of the request's blocks.
 */
import { own, pausesOf } from '../program/index.ts'
import { fromHex, toHex } from '../protocol/bytes.ts'
import { open, openBox } from '../protocol/crypto/index.ts'
import {
  boundCommits,
  clientEdges,
  commitsDigest,
  commitsOf,
  differenceOf,
  forwardedEdges,
  legEnd,
  outputId,
  continuationMessage,
  hopMessage,
  hopReply,
  MESSAGE_LIMIT,
  readMessage,
  messageAad,
  messageBytes,
  requestMessage,
  type ContinuationMessage,
  type DifferingReply,
  type HopMessage,
  type HopReply,
  type LegReply,
  type RequestMessage,
  type SealedEdge,
  beginThread,
  beginThreads,
  brokenLink,
  linkDigest,
} from '../protocol/requests/index.ts'
import { fail, failForNow, ok, type Failure, type Result } from '../protocol/result.ts'
import { sealReply, senderOf } from './execute.ts'
import type { OutgoingHop, Progress, Relay, RelayEnv, RelayStep } from './relay-types.ts'
import { endpointOf, holds, seatsOf } from './tick-view.ts'
import type { Context, TickView } from './types.ts'

/**
 * Opens a client's request. Errors: `request.too-large`, `envelope.closed`, `request.schema`, `request.app`,
 * `request.tick` (retryable), `request.endpoint`, `request.base` (retryable), `request.hops` (a version or server that the tick does not list, the
 * same server twice in all lanes, or this server among them), `request.stage` (envelopes for other blocks than those up to the first pause), `request.tombstoned`,
 * `request.edges` (other edges than the endpoint's). Whether it is signed is asked before anything is forwarded.
 */
export function openRequest(ctx: Context, env: RelayEnv, bytes: Uint8Array): Result<Relay> {
  const plain = unseal(ctx, env, 'request', bytes)
  if (!plain.ok) return plain
  const message = readMessage('request', requestMessage, plain.value)
  if (!message.ok) return message
  const end = admit(env, message.value, 0)
  return end.ok ? begin(ctx, message.value, { lanes: [], outputs: {} }, end.value) : end
}

const linksBefore = ({ lanes }: Progress, lane: number) => lanes[lane]?.links ?? []

function begin(ctx: Context, message: RequestMessage, before: Progress, end: number): Result<Relay> {
  const lanes = message.lanes.map((_, lane) => ({ lane, links: linksBefore(before, lane) }))
  const threads = beginThreads(ctx.crypto, message.start, lanes)
  if (!threads.ok) return threads
  const { ends, signed } = threads.value
  return ok({ message, before, signed, ends, end, replies: [], awaiting: null })
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
  const { before, outputs, ...message } = read.value
  const end = admit(env, message, before[0]!.links.length)
  if (!end.ok) return end
  if (!isByChosen(read.value)) return foreignProgress
  const begun = begin(ctx, message, { lanes: before, outputs }, end.value)
  // Nothing is hashed that nobody signed.
  const signed = begun.ok ? begun.value.signed() : begun
  if (!signed.ok) return signed
  return isSigned(ctx, read.value) ? begun : foreignProgress
}

const foreignProgress = fail(
  'request.progress',
  'What came back so far is not what the servers of this request signed. Compose the request again.',
)

function unseal(ctx: Context, env: RelayEnv, purpose: 'request' | 'continuation', bytes: Uint8Array): Result<Uint8Array> {
  if (bytes.length > MESSAGE_LIMIT)
    return fail(
      'request.too-large',
      `The request has ${bytes.length} bytes; at most ${MESSAGE_LIMIT} are read. Ask for less in one request.`,
    )
  const { identity, sealing } = env.keys
  return open(ctx.crypto, sealing.privateKey, sealing.publicKey, bytes, messageAad(purpose, identity.publicKey))
}

/** Links by the servers that the client chose, alike in every lane. */
function isByChosen({ lanes, before }: ContinuationMessage): boolean {
  const [first] = before
  const chosen =
    before.length === lanes.length &&
    before.every(
      ({ links }, lane) =>
        links.length === first!.links.length &&
        links.every((link, i) => link.server === lanes[lane]![i]!.server && link.version === lanes[lane]![i]!.version),
    )
  return chosen && differenceOf(before.map(({ links }) => links)) === null
}

/** Exactly the outputs that these signed. The next blocks' servers check it all again. */
function isSigned({ crypto }: Context, { start, edges, before, outputs }: ContinuationMessage): boolean {
  const signed = before[0]!.links.map((link) => link.outputs)
  return boundCommits(crypto, commitsOf({ ...edges, ...outputs }), start.keys, signed)
}

/** @param from blocks that ran before. @returns where the leg ends */
function admit(env: RelayEnv, message: RequestMessage, from: number): Result<number> {
  const { start } = message
  if (start.app !== env.app) return fail('request.app', "The request is for another app. Send it to one of that app's servers.")
  const view = viewOf(env, start.tick)
  if (view === null)
    return failForNow(
      'request.tick',
      `The request is for tick ${start.tick}; this server is at tick ${env.currentTick}. Compose it again on the newest tick.`,
    )
  if (start.base !== view.base || start.planned !== view.planned)
    return failForNow(
      'request.base',
      `This server knows another tick ${start.tick} than the request rests on. Compose it again on the newest tick.`,
    )
  const endpoint = endpointOf(view, start.endpoint)
  if (endpoint === undefined) return fail('request.endpoint', `The app has no endpoint ${start.endpoint}.`)
  if (view.tombstones.has(start.client))
    return fail('request.tombstoned', 'This client was expelled from the app. Register anew with another key.')
  const lanes = admitLanes(env, view, message, endpoint.blocks.length)
  if (!lanes.ok) return lanes
  const known = clientEdges(endpoint)
  const given = Object.keys(message.edges)
  if (given.length !== known.size || !given.every((id) => known.has(id)))
    return fail('request.edges', `The endpoint takes exactly ${known.size} sealed values of its client. Compose the request again.`)
  const end = legEnd(endpoint, from)
  const isAsked = (i: number): boolean => i >= from && i < end
  const fits =
    (from === 0 || pausesOf(endpoint).includes(from)) &&
    message.shown.every((shown, i) => (shown !== null) === isAsked(i)) &&
    message.lanes.every((hops) => hops.every((hop, i) => (hop.envelope !== null) === isAsked(i)))
  return fits
    ? ok(end)
    : fail(
        'request.stage',
        `After ${from} blocks the endpoint goes on to block ${end}, and the message has other envelopes. Compose the request again.`,
      )
}

/** A server of its own for each block of each lane. */
function admitLanes(env: RelayEnv, view: TickView, { start, lanes, shown }: RequestMessage, blocks: number): Result<null> {
  if (shown.length !== blocks || lanes.some((hops) => hops.length !== blocks))
    return fail('request.hops', `The endpoint has ${blocks} blocks; the request names servers for ${lanes[0]!.length}.`)
  if (lanes.length !== start.numbers.length)
    return fail('request.hops', `The request was begun for ${start.numbers.length} lanes and names servers for ${lanes.length}.`)
  const hops = lanes.flatMap((lane) => lane.map((hop, position) => ({ ...hop, position })))
  const servers = new Set([env.keys.identity.publicKey, ...hops.map(({ server }) => server)])
  if (servers.size !== hops.length + 1)
    return fail(
      'request.hops',
      'Every block of every lane needs a server of its own, and the top-level server none of them. Choose other servers.',
    )
  const wrong = hops.find(
    ({ version, server, position }) => !holds(view, version, start.endpoint, position, server) || !view.servers.has(server),
  )
  if (wrong !== undefined)
    return fail(
      'request.hops',
      `The server named for block ${wrong.position} does not hold that version in tick ${start.tick}. Choose another one.`,
      { position: wrong.position },
    )
  const permitted = Array.from({ length: blocks }, (_, position) => seatsOf(view, start, position))
  const unseated = hops.find(({ server, position }) => !permitted[position]!.has(server))
  return unseated === undefined
    ? ok(null)
    : fail(
        'request.seat',
        `A server named for block ${unseated.position} has no seat there for this client. Take the servers in the order of the tick.`,
        {
          position: unseated.position,
        },
      )
}

/** The block whose turn it is. */
const positionOf = ({ before, replies }: Relay): number => linksBefore(before, 0).length + replies.length

const passed = (tick: number) =>
  failForNow('request.tick', `Tick ${tick} has passed while the request was under way. Compose it again on the newest tick.`)
const viewOf = (env: RelayEnv, tick: number): TickView | null =>
  tick === env.currentTick || tick === env.currentTick - 1 ? env.tick(tick) : null

/**
 * The sealed messages for the next block, one for each lane. Call it again to send the same hops anew. Errors: `thread.start`, `thread.link` (what is not
 * signed is forwarded to nobody), `request.tick`, `envelope.recipient`.
 */
export function nextHops(ctx: Context, env: RelayEnv, relay: Relay): Result<{ relay: Relay; hops: OutgoingHop[] }> {
  const signed = relay.signed()
  if (!signed.ok) return signed
  const { start, lanes, edges: own } = relay.message
  const position = positionOf(relay)
  const view = viewOf(env, start.tick)
  if (view === null) return passed(start.tick)
  // What the blocks made is alike in every lane.
  const all: Record<string, SealedEdge> = { ...own, ...relay.before.outputs, ...outputsOf(relay.replies) }
  const wanted = forwardedEdges(endpointOf(view, start.endpoint)!, position)
  const edges = Object.fromEntries(wanted.filter((id) => Object.hasOwn(all, id)).map((id) => [id, all[id]!]))
  const shared = { start, shown: relay.message.shown[position]!, edges, commits: commitsOf(all) }
  const hops: OutgoingHop[] = []
  const awaiting: string[] = []
  for (const lane of lanes.keys()) {
    const { version, server, envelope } = lanes[lane]![position]!
    const to = view.servers.get(server)
    if (to === undefined) return passed(start.tick)
    const reply = toHex(ctx.random(32))
    const replies = relay.replies.map((of) => of[lane]!)
    const links = [...linksBefore(relay.before, lane), ...replies.map(({ link }) => link)]
    const handoff = (replies.at(-1) ?? relay.before.lanes[lane])?.handoff ?? null
    const message: HopMessage = { ...shared, lane, links, version, envelope: envelope!, handoff, reply }
    const box = senderOf(ctx, start.tick).seal(fromHex(to.sealing), messageBytes(hopMessage, message), messageAad('hop', server))
    if (!box.ok) return box
    awaiting.push(reply)
    hops.push({ lane, position, server, host: to.host, port: to.port, bytes: box.value })
  }
  return ok({ relay: { ...relay, awaiting }, hops })
}

/**
 * Opens one lane's reply to the hops under way. One that is not what the block owes gives `request.hop-failed` (details: lane, position,
 * server), so that the client tries elsewhere. Error also: `request.tick`.
 */
export function openReply(ctx: Context, env: RelayEnv, relay: Relay, lane: number, bytes: Uint8Array): Result<HopReply> {
  const { start } = relay.message
  const reply = unsealReply(ctx, relay, lane, bytes)
  if (!reply.ok) return hopFailed(ctx, relay, lane, reply.error)
  const view = viewOf(env, start.tick)
  if (view === null) return passed(start.tick)
  const fault = faultOf(ctx, view, relay, lane, reply.value)
  return fault === null ? reply : hopFailed(ctx, relay, lane, { code: 'hop.reply', message: fault, retryable: true })
}

/** Takes the opened replies of all lanes to the hops under way: more hops follow, or the reply for the client is done. */
export function takeReplies(ctx: Context, relay: Relay, opened: HopReply[]): RelayStep {
  const { start, reply: key } = relay.message
  const replies = [...relay.replies, opened]
  const linksOf = (lane: number) => replies.map((of) => of[lane]!.link)
  const lanes = [...opened.keys()]
  if (isDifferent(opened)) {
    const differ = lanes.map((lane) => ({ links: linksOf(lane), outputs: opened[lane]!.outputs, writes: opened[lane]!.writes }))
    const answer: DifferingReply = { before: outputsOf(relay.replies), differ }
    return { done: true, reply: sealReply(ctx, fromHex(key), start.request, answer) }
  }
  if (positionOf(relay) + 1 < relay.end) return { done: false, relay: { ...relay, ends: endsOf(ctx, opened), replies, awaiting: null } }
  const answer: LegReply = {
    lanes: lanes.map((lane) => ({ links: linksOf(lane), handoff: opened[lane]!.handoff })),
    outputs: outputsOf(replies),
    writes: replies.map(([first]) => first!.writes),
  }
  return { done: true, reply: sealReply(ctx, fromHex(key), start.request, answer) }
}

/** What blocks made on which all lanes agree. */
const outputsOf = (replies: HopReply[][]): Record<string, SealedEdge> => Object.assign({}, ...replies.map(([first]) => first!.outputs))
const endsOf = ({ crypto }: Context, replies: HopReply[]): Relay['ends'] =>
  replies.map(({ link }) => ({ previous: linkDigest(crypto, link), number: link.after }))

/** Sealing is deterministic, so lanes that computed the same made the same boxes. */
function isDifferent([first, ...others]: HopReply[]): boolean {
  const isSame = (one: SealedEdge, other: SealedEdge | undefined): boolean => one.commit === other?.commit && one.box === other.box
  const isEqual = ({ outputs, writes }: HopReply): boolean =>
    isSame(first!.writes, writes) && Object.entries(first!.outputs).every(([id, edge]) => isSame(edge, own(outputs, id)))
  return others.some((other) => differenceOf([[first!.link], [other.link]]) !== null || !isEqual(other))
}

function unsealReply(ctx: Context, relay: Relay, lane: number, bytes: Uint8Array): Result<HopReply> {
  if (relay.awaiting === null) throw new Error('openReply follows nextHops')
  if (bytes.length > MESSAGE_LIMIT) return fail('hop.too-large', 'The reply is too large.')
  const plain = openBox(ctx.crypto, fromHex(relay.awaiting[lane]!), bytes, messageAad('reply', relay.message.start.request))
  return plain === null ? fail('envelope.closed', 'The reply is damaged.') : readMessage('reply', hopReply, plain)
}

/** Says what a block's reply lacks, or null. Signatures are checked by the next server and, all of them, by the client; here where one of these complains. */
function faultOf(ctx: Context, view: TickView, relay: Relay, lane: number, { link, outputs, handoff }: HopReply): string | null {
  const { start, lanes } = relay.message
  const position = positionOf(relay)
  const hop = lanes[lane]![position]!
  if (link.version !== hop.version || link.server !== hop.server) return 'The link is for another hop.'
  const how = brokenLink(start, lane, relay.ends[lane]!, link, position)
  if (how !== null) return `The link ${how}.`
  const wanted = endpointOf(view, start.endpoint)!.blocks[position]!.outputs.map((_, i) => outputId(position, i))
  if (Object.keys(outputs).length !== wanted.length || wanted.some((id) => !Object.hasOwn(outputs, id)))
    return 'The outputs are not those of the block.'
  if (commitsDigest(ctx.crypto, commitsOf(outputs)) !== link.outputs) return 'The outputs are not those that it signed.'
  const last = position === lanes[lane]!.length - 1
  return last === (handoff === null) ? null : 'The number is not passed on.'
}

/**
 * What another server would answer too. Complaints about proofs, slots or registration are not among them: the client has proved these to
 * itself, so a server that refuses them is wrong or lies, and another one may do the work.
 */
const FINAL_CODES = /^hop\.(block-failed|too-large|tombstoned)$/

/**
 * The failure for the client when a hop did not answer, or refused. Retryable elsewhere unless the request itself is at fault.
 * A server that refuses a link before its own is right where that link is not signed: then the one who sent it is named.
 * @param cause from the transport or from the block's server (`transport.status` carries it in details.peer)
 * @param guilty another hop of the request whose doing it is
 */
export function hopFailed(
  ctx: Context,
  relay: Relay,
  lane: number,
  cause: Failure,
  guilty: Pick<OutgoingHop, 'lane' | 'position'> | null = null,
): { ok: false; error: Failure } {
  if (guilty !== null) return failedAt(relay, guilty.lane, guilty.position, cause)
  const inner = cause.details?.['peer'] as Failure | undefined
  const reason = inner?.code ?? cause.code
  return failedAt(relay, lane, reason === 'thread.link' ? unsignedLink(ctx, relay, lane) : positionOf(relay), cause)
}

function failedAt(relay: Relay, lane: number, position: number, cause: Failure): { ok: false; error: Failure } {
  const inner = cause.details?.['peer'] as Failure | undefined
  const reason = inner?.code ?? cause.code
  const { server } = relay.message.lanes[lane]![position]!
  const details = { lane, position, server, cause: reason, reason: (inner?.message ?? cause.message).slice(0, 500) }
  const message = `The server of block ${position} did not do its work (${reason}). ${(inner?.message ?? cause.message).slice(0, 500)}`
  return FINAL_CODES.test(reason) ? fail('request.hop-failed', message, details) : failForNow('request.hop-failed', message, details)
}

/** The first block of a lane whose link of this leg is not signed, or where all are, the block whose turn it is. */
function unsignedLink({ crypto }: Context, { message, before, replies }: Relay, lane: number): number {
  const links = [...linksBefore(before, lane), ...replies.map((of) => of[lane]!.link)]
  const thread = beginThread(crypto, message.start, lane, links)
  const signed = thread.ok ? thread.value.signed() : thread
  const position = signed.ok ? undefined : signed.error.details?.['position']
  return typeof position === 'number' ? position : links.length
}
