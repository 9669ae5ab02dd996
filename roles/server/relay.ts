/**
 * The top-level server of a request: it forwards each block what that block needs, in order and in all lanes beside each other, and collects
 * sealed results. It sees structure, never a primitive (essay, Client Makes Endpoint Request 4 and 5). Pure: the caller does the sending.
 *
 *   openRequest or openContinuation → in each lane: nextHop → POST hop → openReply → nextHop → …
 *                                   → answerOf the first block once it has come in all lanes, of the second …, until there is an answer
 *
 * A lane goes on with what its own blocks made and does not wait for the others. Lanes are compared block by block: at the first one where they signed
 * different things the client is told what each signed, and nothing more is begun.
 *
 * Where an endpoint is split, each leg of a request is a run of its own: nothing is kept between them, so a continuation may
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
  type ThreadEnd,
} from '../protocol/requests/index.ts'
import { fail, failForNow, ok, type Failure, type Result } from '../protocol/result.ts'
import { sealReply, senderOf } from './execute.ts'
import type { OutgoingHop, Progress, Relay, RelayEnv } from './relay-types.ts'
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
  return ok({ message, before, signed, ends, from: linksBefore(before, 0).length, end })
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

const passed = (tick: number) =>
  failForNow('request.tick', `Tick ${tick} has passed while the request was under way. Compose it again on the newest tick.`)
const viewOf = (env: RelayEnv, tick: number): TickView | null =>
  tick === env.currentTick || tick === env.currentTick - 1 ? env.tick(tick) : null

/**
 * The sealed message for a lane's next block, made from what that lane's own blocks gave. Errors: `thread.start`, `thread.link` (what is not signed is
 * forwarded to nobody), `request.tick`, `envelope.recipient`.
 * @param replies of the lane's blocks of this leg so far, in order
 */
export function nextHop(ctx: Context, env: RelayEnv, relay: Relay, lane: number, replies: readonly HopReply[]): Result<OutgoingHop> {
  const signed = relay.signed()
  if (!signed.ok) return signed
  const { message, before } = relay
  const { start } = message
  const position = relay.from + replies.length
  const { version, server, envelope } = message.lanes[lane]![position]!
  const view = viewOf(env, start.tick)
  const to = view?.servers.get(server)
  if (view === null || to === undefined) return passed(start.tick)
  const all: Record<string, SealedEdge> = { ...message.edges, ...before.outputs, ...outputsOf(replies) }
  const wanted = forwardedEdges(endpointOf(view, start.endpoint)!, position)
  const key = toHex(ctx.random(32))
  const hop: HopMessage = {
    start,
    lane,
    links: linksOf(relay, lane, replies),
    version,
    envelope: envelope!,
    shown: message.shown[position]!,
    edges: Object.fromEntries(wanted.filter((id) => Object.hasOwn(all, id)).map((id) => [id, all[id]!])),
    commits: commitsOf(all),
    handoff: (replies.at(-1) ?? before.lanes[lane])?.handoff ?? null,
    reply: key,
  }
  const box = senderOf(ctx, start.tick).seal(fromHex(to.sealing), messageBytes(hopMessage, hop), messageAad('hop', server))
  return box.ok ? ok({ lane, position, server, host: to.host, port: to.port, bytes: box.value, key, replies }) : box
}

const linksOf = ({ before }: Relay, lane: number, replies: readonly HopReply[]) => [
  ...linksBefore(before, lane),
  ...replies.map(({ link }) => link),
]

/**
 * Opens the reply to a hop. One that is not what the block owes gives `request.hop-failed` (details: lane, position, server), so that the client tries
 * elsewhere. Error also: `request.tick`.
 */
export function openReply(ctx: Context, env: RelayEnv, relay: Relay, hop: OutgoingHop, bytes: Uint8Array): Result<HopReply> {
  const { start } = relay.message
  const reply = unsealReply(ctx, relay, hop, bytes)
  if (!reply.ok) return hopFailed(ctx, relay, hop, reply.error)
  const view = viewOf(env, start.tick)
  if (view === null) return passed(start.tick)
  const fault = faultOf(ctx, view, relay, hop, reply.value)
  return fault === null ? reply : hopFailed(ctx, relay, hop, { code: 'hop.reply', message: fault, retryable: true })
}

/**
 * Compares what the lanes made of a block. @param replies of the blocks of this leg up to that one, of each block one for each lane
 * @returns the reply for the client: what each lane made, where they differ; all of the leg, where it ends there; null while lanes have to go on
 */
export function answerOf(ctx: Context, relay: Relay, replies: readonly HopReply[][]): Uint8Array | null {
  const { start, reply: key } = relay.message
  const last = replies.at(-1)!
  const linked = (lane: number) => replies.map((of) => of[lane]!.link)
  const answer = (reply: DifferingReply | LegReply) => sealReply(ctx, fromHex(key), start.request, reply)
  if (isDifferent(last)) {
    const differ = last.map(({ outputs, writes }, lane) => ({ links: linked(lane), outputs, writes }))
    return answer({ before: outputsOf(firsts(replies.slice(0, -1))), differ })
  }
  if (relay.from + replies.length < relay.end) return null
  return answer({
    lanes: last.map(({ handoff }, lane) => ({ links: linked(lane), handoff })),
    outputs: outputsOf(firsts(replies)),
    writes: firsts(replies).map(({ writes }) => writes),
  })
}

/** Of blocks on which all lanes agree. */
const firsts = (replies: readonly HopReply[][]): HopReply[] => replies.map(([first]) => first!)
const outputsOf = (replies: readonly HopReply[]): Record<string, SealedEdge> => Object.assign({}, ...replies.map(({ outputs }) => outputs))

/** Sealing is deterministic, so lanes that computed the same made the same boxes. */
function isDifferent([first, ...others]: HopReply[]): boolean {
  const isSame = (one: SealedEdge, other: SealedEdge | undefined): boolean => one.commit === other?.commit && one.box === other.box
  const isEqual = ({ outputs, writes }: HopReply): boolean =>
    isSame(first!.writes, writes) && Object.entries(first!.outputs).every(([id, edge]) => isSame(edge, own(outputs, id)))
  return others.some((other) => differenceOf([[first!.link], [other.link]]) !== null || !isEqual(other))
}

function unsealReply(ctx: Context, { message }: Relay, { key }: OutgoingHop, bytes: Uint8Array): Result<HopReply> {
  if (bytes.length > MESSAGE_LIMIT) return fail('hop.too-large', 'The reply is too large.')
  const plain = openBox(ctx.crypto, fromHex(key), bytes, messageAad('reply', message.start.request))
  return plain === null ? fail('envelope.closed', 'The reply is damaged.') : readMessage('reply', hopReply, plain)
}

/** What the link of a hop has to follow. */
function endBefore({ crypto }: Context, relay: Relay, { lane, replies }: OutgoingHop): ThreadEnd {
  const link = replies.at(-1)?.link
  return link === undefined ? relay.ends[lane]! : { previous: linkDigest(crypto, link), number: link.after }
}

/** Says what a block's reply lacks, or null. Signatures are checked by the next server and, all of them, by the client; here where one of these complains. */
function faultOf(ctx: Context, view: TickView, relay: Relay, hop: OutgoingHop, { link, outputs, handoff }: HopReply): string | null {
  const { start, lanes } = relay.message
  const { lane, position, server } = hop
  if (link.version !== lanes[lane]![position]!.version || link.server !== server) return 'The link is for another hop.'
  const how = brokenLink(start, lane, endBefore(ctx, relay, hop), link, position)
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
  hop: OutgoingHop,
  cause: Failure,
  guilty: Pick<OutgoingHop, 'lane' | 'position'> | null = null,
): { ok: false; error: Failure } {
  const inner = cause.details?.['peer'] as Failure | undefined
  const code = inner?.code ?? cause.code
  const reason = (inner?.message ?? cause.message).slice(0, 500)
  const lane = guilty?.lane ?? hop.lane
  const position = guilty?.position ?? (code === 'thread.link' ? unsignedLink(ctx, relay, hop) : hop.position)
  const { server } = relay.message.lanes[lane]![position]!
  const make = FINAL_CODES.test(code) ? fail : failForNow
  const message = `The server of block ${position} did not do its work (${code}). ${reason}`
  return make('request.hop-failed', message, { lane, position, server, cause: code, reason })
}

/** The first block of a hop's lane whose link is not signed, or where all are, the block of the hop. */
function unsignedLink({ crypto }: Context, relay: Relay, { lane, position: own, replies }: OutgoingHop): number {
  const thread = beginThread(crypto, relay.message.start, lane, linksOf(relay, lane, replies))
  const signed = thread.ok ? thread.value.signed() : thread
  const position = signed.ok ? undefined : signed.error.details?.['position']
  return typeof position === 'number' ? position : own
}
