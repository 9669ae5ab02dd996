/**
 * Opening a reply, of a whole request or of its leg up to a pause: nothing in it is believed before the threads of all lanes, digests,
 * commitments and types were found in order.
 */
import { fromJson, type Endpoint, type Program } from '../program/index.ts'
import { fromHex, toHex } from '../protocol/bytes.ts'
import { canonicalBytes, valueIn, type Json } from '../protocol/canonical.ts'
import { openBox } from '../protocol/crypto/index.ts'
import { FIRST_FAULT, type Link, type Write } from '../protocol/documents/index.ts'
import {
  edgeSalt,
  openEdge,
  verifyCommit,
  type SealedEdge,
  commitsDigest,
  commitsOf,
  edgeKey,
  outputId,
  roomOf,
  writesId,
  writesRoom,
  draftWrites,
  MESSAGE_LIMIT,
  MOST_PARTS,
  readMessage,
  replyMessage,
  messageAad,
  edgeId,
  writeDigest,
  type DifferingReply,
  type DraftWrite,
  type LegReply,
} from '../protocol/requests/index.ts'
import { failForNow, ok, type Result } from '../protocol/result.ts'
import { checkAgreement, checkInputs, checkThreads } from './check-lanes.ts'
import { providedBy, providedValue } from './compose.ts'
import { respond, type Outputs } from './respond.ts'
import { review } from './review.ts'
import { legOf, replyKey } from './seal-leg.ts'
import type { ClientEnv, Context, Pending, Progress, Reviewed } from './types.ts'

type Env = Pick<ClientEnv, 'outline' | 'label' | 'planned'>

/** All that came back so far, earlier legs included: of each lane its links, and what all of them made alike. */
interface Gathered {
  lanes: Link[][]
  outputs: Progress['outputs']
  writes: SealedEdge[]
}

/** A reply to the last leg, in order; the queries that only the response needs may be open still. */
export interface Last {
  gathered: Gathered
  outputs: Outputs
  writes: Write[]
}

/**
 * Opens the reply to a request and reviews its writes against the label. For requests of one leg, and queries that were all asked; `takeReply`
 * of `continue.ts` does the rest.
 * Errors: `reply.closed`, `reply.schema`, `reply.path` (other servers than chosen), `thread.*`, `request.lanes` (lanes differ; details as in
 * check-lanes.ts), `reply.inputs`, `reply.outputs`, `reply.writes`; all but bugs are retryable elsewhere: compose the request again without these servers.
 */
export function openReply(ctx: Context, env: Env, pending: Pending, bytes: Uint8Array): Result<Reviewed> {
  const last = openLast(ctx, env, pending, bytes)
  return last.ok ? conclude(env, pending, last.value) : last
}

/** Errors: those of `openReply`. */
export function openLast(ctx: Context, env: Env, pending: Pending, bytes: Uint8Array): Result<Last> {
  const endpoint = env.outline.endpoints[pending.endpoint]!
  const made = openLeg(ctx, env, endpoint, pending, bytes)
  if (!made.ok) return made
  const { gathered, drafts, outputs } = made.value
  const writes = completeWrites(ctx, env.outline, endpoint, pending, drafts, outputs)
  return writes.ok ? ok({ gathered, outputs, writes: writes.value }) : writes
}

/** Opens the reply at a pause: what is held against the links now is kept, and the rest of the threads builds on it. Errors: those of `openReply`. */
export function openPartial(ctx: Context, env: Env, pending: Pending, bytes: Uint8Array): Result<Progress> {
  const made = openLeg(ctx, env, env.outline.endpoints[pending.endpoint]!, pending, bytes)
  if (!made.ok) return made
  const { gathered, handoffs } = made.value
  if (!handoffs.every((handoff) => handoff !== null))
    return failForNow('reply.path', 'The number is not passed on. Send the request through other servers.')
  const lanes = gathered.lanes.map((links, lane) => ({ links, handoff: handoffs[lane]! }))
  return ok({ lanes, outputs: gathered.outputs, writes: gathered.writes })
}

/** Response and review of a request whose queries were all asked. */
export function conclude(env: Env, pending: Pending, { gathered, outputs, writes }: Last): Result<Reviewed> {
  const endpoint = env.outline.endpoints[pending.endpoint]!
  const response = respond(env.outline, endpoint, { ...providedBy(pending), answers: pending.answers }, outputs)
  if (!response.ok) return response
  const opened = { lanes: gathered.lanes, writes, response: response.value }
  return ok({ pending: { ...pending, progress: null }, opened, writes: review(env.outline, env.label, pending, opened) })
}

interface Leg {
  gathered: Gathered
  handoffs: Array<string | null>
  outputs: Outputs
  drafts: DraftWrite[]
}

function openLeg(ctx: Context, env: Env, endpoint: Endpoint, pending: Pending, bytes: Uint8Array): Result<Leg> {
  const reply = unseal(ctx, pending, bytes)
  if (!reply.ok) return reply
  if ('differ' in reply.value) return judgeDifference(ctx, env, endpoint, pending, reply.value)
  const gathered = gather(pending, reply.value)
  const sound = checkThreads(ctx, endpoint, pending, gathered.lanes, legOf(endpoint, pending).end)
  if (!sound.ok) return sound
  const agreed = checkAgreement(gathered.lanes, gathered.outputs)
  if (!agreed.ok) return agreed
  const outputs = openOutputs(ctx, endpoint, pending, gathered.lanes[0]!, gathered.outputs)
  if (!outputs.ok) return outputs
  const given = checkInputs(ctx, env.planned, endpoint, pending, gathered.lanes, gathered.outputs)
  if (!given.ok) return given
  const drafts = openWrites(ctx, endpoint, pending, gathered.lanes[0]!, gathered.writes)
  if (!drafts.ok) return drafts
  return ok({ gathered, handoffs: reply.value.lanes.map(({ handoff }) => handoff), outputs: outputs.value, drafts: drafts.value })
}

const earlier = ({ progress }: Pending, lane: number): Link[] => progress?.lanes[lane]?.links ?? []

const gather = (pending: Pending, { lanes, outputs, writes }: LegReply): Gathered => ({
  lanes: lanes.map(({ links }, lane) => [...earlier(pending, lane), ...links]),
  outputs: { ...outputs, ...pending.progress?.outputs },
  writes: [...(pending.progress?.writes ?? []), ...writes],
})

/**
 * Whose doing it is that the lanes differ, as the top-level server says. Links that differ are told as they are; where they do not, it is those
 * who sealed something else than they signed, or the top-level server's invention.
 */
function judgeDifference(
  ctx: Context,
  env: Env,
  endpoint: Endpoint,
  pending: Pending,
  { before, differ }: DifferingReply,
): Extract<Result<never>, { ok: false }> {
  const lanes = differ.map(({ links }, lane) => [...earlier(pending, lane), ...links])
  const position = lanes[0]!.length - 1
  const invented = failForNow(
    'reply.path',
    'The lanes of the request do not differ as the reply says. Send the request through other servers.',
  )
  if (position >= legOf(endpoint, pending).end) return invented
  const sound = checkThreads(ctx, endpoint, pending, lanes, position + 1)
  if (!sound.ok) return sound
  const known = { ...before, ...pending.progress?.outputs }
  const given = checkGiven(ctx, env, endpoint, pending, lanes, known)
  if (!given.ok) return given
  const agreed = checkAgreement(lanes, known)
  if (!agreed.ok) return agreed
  const isSealed = (lane: number): boolean => {
    const link = lanes[lane]![position]!
    return (
      openBlock(ctx, endpoint, pending, link, differ[lane]!.outputs) !== null &&
      openDrafts(ctx, endpoint, pending, link, differ[lane]!.writes) !== null
    )
  }
  const servers = lanes.flatMap((links, lane) => (isSealed(lane) ? [] : [links[position]!.server]))
  return servers.length === 0
    ? invented
    : failForNow(
        'reply.outputs',
        `The results of block ${position} are not what a server of it signed. Send the request through other servers.`,
        { position, servers },
      )
}

/** What the last blocks of all lanes were given; on what the blocks before made they have to agree. */
function checkGiven(
  ctx: Context,
  { planned }: Env,
  endpoint: Endpoint,
  pending: Pending,
  lanes: Link[][],
  outputs: Progress['outputs'],
): Result<null> {
  const before = lanes.map((links) => links.slice(0, -1))
  const agreed = checkAgreement(before, outputs)
  if (!agreed.ok) return agreed
  const opened = openOutputs(ctx, endpoint, pending, before[0]!, outputs)
  return opened.ok ? checkInputs(ctx, planned, endpoint, pending, lanes, outputs) : opened
}

function unseal(ctx: Context, pending: Pending, bytes: Uint8Array): Result<LegReply | DifferingReply> {
  const closed = failForNow('reply.closed', 'The reply is damaged or not for this request. Send the request through other servers.')
  if (bytes.length > MESSAGE_LIMIT) return closed
  const plain = openBox(ctx.crypto, replyKey(ctx, pending), bytes, messageAad('reply', pending.request))
  return plain === null ? closed : readMessage('reply', replyMessage, plain, MOST_PARTS * pending.lanes.length)
}

const openWith = (ctx: Context, pending: Pending, id: string, edge: SealedEdge, room: number): Json | undefined => {
  const bytes = openEdge(ctx.crypto, edgeKey(ctx.crypto, fromHex(pending.secret), id), id, edge, room)
  return bytes.ok ? valueIn(bytes.value) : undefined
}

/**
 * The outputs of all blocks that have a link, and each what its link was signed over. Error: `reply.outputs`.
 * @param links of any lane: all agree
 */
export function openOutputs(
  ctx: Context,
  endpoint: Endpoint,
  pending: Pending,
  links: readonly Link[],
  sealed: Progress['outputs'],
): Result<Outputs> {
  const outputs: Outputs = new Map()
  for (const [position, link] of links.entries()) {
    const opened = openBlock(ctx, endpoint, pending, link, sealed)
    if (opened === null)
      return failForNow(
        'reply.outputs',
        `The results of block ${position} are not what its server signed. Send the request through other servers.`,
        { position },
      )
    for (const [id, output] of opened) outputs.set(id, output)
  }
  return ok(outputs)
}

/** The outputs of the link's block, or null where they are not what it was signed over, or of another type. */
function openBlock(ctx: Context, endpoint: Endpoint, pending: Pending, link: Link, sealed: Progress['outputs']): Outputs | null {
  const outputs: Outputs = new Map()
  const edges: Record<string, SealedEdge> = {}
  for (const [i, type] of endpoint.blocks[link.position]!.outputs.entries()) {
    const id = outputId(link.position, i)
    const edge = Object.hasOwn(sealed, id) ? sealed[id]! : null
    const json = edge === null ? undefined : openWith(ctx, pending, id, edge, roomOf(type))
    const value = json === undefined ? null : fromJson(type, json)
    if (edge === null || json === undefined || value === null || !value.ok) return null
    edges[id] = edge
    outputs.set(id, { json, value: value.value })
  }
  return commitsDigest(ctx.crypto, commitsOf(edges)) === link.outputs ? outputs : null
}

/** The draft writes of all blocks that ran, and each what its link was signed over. Error: `reply.writes`. */
function openWrites(
  ctx: Context,
  endpoint: Endpoint,
  pending: Pending,
  links: readonly Link[],
  sealed: readonly SealedEdge[],
): Result<DraftWrite[]> {
  const all: DraftWrite[] = []
  for (const [position, link] of links.entries()) {
    const drafts = sealed[position] === undefined ? null : openDrafts(ctx, endpoint, pending, link, sealed[position])
    if (drafts === null)
      return failForNow(
        'reply.writes',
        `The writes of block ${position} are not those which its server signed. Send the request through other servers.`,
        { position },
      )
    all.push(...drafts)
  }
  return ok(all)
}

/** The draft writes of the link's block, or null where they are not those that it was signed over. */
function openDrafts(ctx: Context, endpoint: Endpoint, pending: Pending, link: Link, sealed: SealedEdge): DraftWrite[] | null {
  const json = openWith(ctx, pending, writesId(link.position), sealed, writesRoom(endpoint, link.position))
  const drafts = json === undefined ? null : draftWrites.safeParse(json, FIRST_FAULT)
  if (drafts === null || !drafts.success) return null
  const made = drafts.data as DraftWrite[]
  const isSigned = (draft: DraftWrite, i: number): boolean =>
    draft.block === link.position && draft.site === link.sites[i] && writeDigest(ctx.crypto, draft) === link.own[i]
  return made.length === link.sites.length && made.length === link.own.length && made.every(isSigned) ? made : null
}

/** Fills in carried values from what the client sealed or the blocks returned, each held against the commitment that was signed. */
function completeWrites(
  ctx: Context,
  outline: Program,
  endpoint: Endpoint,
  pending: Pending,
  drafts: DraftWrite[],
  outputs: Outputs,
): Result<Write[]> {
  const writes: Write[] = []
  for (const draft of drafts) {
    const fields = { ...draft.fields }
    const carried: Write['carried'] = {}
    for (const [name, { edge, commit }] of Object.entries(draft.carried)) {
      const source = endpoint.blocks[draft.block]!.carries.find((found) => edgeOf(found) === edge)
      const own = source === undefined ? undefined : providedValue(providedBy(pending), source)
      // Null is a value: an option that is none.
      const json = own === undefined && source !== undefined ? outputs.get(edge)?.json : own
      const salt = edgeSalt(ctx.crypto, edgeKey(ctx.crypto, fromHex(pending.secret), edge), edge)
      if (json === undefined || !verifyCommit(ctx.crypto, commit, salt, canonicalBytes(json))) {
        return failForNow(
          'reply.writes',
          `The field ${name} of ${draft.collection} is not the value that was sealed. Send the request through other servers.`,
          { position: draft.block },
        )
      }
      fields[name] = json
      carried[name] = { edge, commit, salt: toHex(salt) }
    }
    writes.push({ ...draft, fields, carried })
  }
  return typedWrites(outline, writes)
}

const edgeOf = edgeId

function typedWrites(outline: Program, writes: Write[]): Result<Write[]> {
  for (const write of writes) {
    const types = Object.hasOwn(outline.collections, write.collection) ? outline.collections[write.collection]!.fields : {}
    const bad = Object.entries(write.fields).find(([name, value]) => !Object.hasOwn(types, name) || !fromJson(types[name]!, value).ok)
    if (bad !== undefined)
      return failForNow(
        'reply.writes',
        `The field ${bad[0]} of ${write.collection} does not fit the program. Send the request through other servers.`,
        { position: write.block },
      )
  }
  return ok(writes)
}
