/**
 * Opening a reply, of a whole request or of its leg up to a pause: nothing in it is believed before thread, digests, commitments and types
 * were found in order.
 */
import { acceptsSites, fromJson, type Endpoint, type Program } from '../program/index.ts'
import { fromHex, parseUtf8, toHex } from '../protocol/bytes.ts'
import { canonicalBytes, nestingOf, type Json } from '../protocol/canonical.ts'
import { checkSchema, type Write } from '../protocol/documents/index.ts'
import {
  edgeSalt,
  openEdge,
  verifyCommit,
  type SealedEdge,
  commitsDigest,
  commitsOf,
  edgeKey,
  FINAL,
  outputId,
  writesId,
  draftWrites,
  MESSAGE_LIMIT,
  messageAad,
  numberOpening,
  partialReply,
  requestReply,
  edgeId,
  NO_WRITES,
  verifyThread,
  writeDigest,
  writesDigest,
  type DraftWrite,
  type NumberOpening,
} from '../protocol/requests/index.ts'
import { failForNow, ok, type Result } from '../protocol/result.ts'
import { commitNumber } from '../protocol/stamps/index.ts'
import type { z } from 'zod'
import { providedBy, providedValue } from './compose.ts'
import { respond, type Outputs } from './respond.ts'
import { review } from './review.ts'
import { legOf, replyKey } from './seal-leg.ts'
import type { ClientEnv, Context, Pending, Progress, Reviewed } from './types.ts'

const NONCE_BYTES = 12
/** Deeper than any value of a program; schemas are checked recursively. */
const MAX_DEPTH = 100

type Env = Pick<ClientEnv, 'outline' | 'label'>

/** All that came back so far, earlier legs included. */
type Gathered = Pick<Progress, 'links' | 'outputs' | 'writes'>

/** A reply to the last leg, in order; the queries that only the response needs may be open still. */
export interface Last {
  gathered: Gathered
  outputs: Outputs
  writes: Write[]
  final: NumberOpening
}

/**
 * Opens the reply to a request and reviews its writes against the label. For requests of one leg, and queries that were all asked; `takeReply`
 * of `continue.ts` does the rest.
 * Errors: `reply.closed`, `reply.schema`, `reply.path` (other servers than chosen), `thread.*`, `reply.outputs`, `reply.writes`, `reply.number`;
 * all but bugs are retryable elsewhere: compose the request again without these servers.
 */
export function openReply(ctx: Context, env: Env, pending: Pending, bytes: Uint8Array): Result<Reviewed> {
  const last = openLast(ctx, env, pending, bytes)
  return last.ok ? conclude(env, pending, last.value) : last
}

/** Errors: those of `openReply`. */
export function openLast(ctx: Context, env: Env, pending: Pending, bytes: Uint8Array): Result<Last> {
  const endpoint = env.outline.endpoints[pending.endpoint]!
  const reply = unseal(ctx, pending, requestReply, bytes)
  if (!reply.ok) return reply
  const gathered = gather(pending, reply.value)
  const made = checkMade(ctx, endpoint, pending, gathered)
  if (!made.ok) return made
  const writes = completeWrites(ctx, env.outline, endpoint, pending, made.value.drafts, made.value.outputs)
  if (!writes.ok) return writes
  const final = openFinal(ctx, pending, gathered, reply.value.final)
  return final.ok ? ok({ gathered, outputs: made.value.outputs, writes: writes.value, final: final.value }) : final
}

/** Opens the reply at a pause: what is held against the links now is kept, and the rest of the thread builds on it. Errors: those of `openReply`. */
export function openPartial(ctx: Context, env: Env, pending: Pending, bytes: Uint8Array): Result<Progress> {
  const reply = unseal(ctx, pending, partialReply, bytes)
  if (!reply.ok) return reply
  const gathered = gather(pending, reply.value)
  const made = checkMade(ctx, env.outline.endpoints[pending.endpoint]!, pending, gathered)
  return made.ok ? ok({ ...gathered, handoff: reply.value.handoff }) : made
}

/** Response and review of a request whose queries were all asked. */
export function conclude(env: Env, pending: Pending, { gathered, outputs, writes, final }: Last): Result<Reviewed> {
  const endpoint = env.outline.endpoints[pending.endpoint]!
  const response = respond(env.outline, endpoint, { ...providedBy(pending), answers: pending.answers }, outputs)
  if (!response.ok) return response
  const opened = { links: gathered.links, writes, response: response.value, final }
  return ok({ pending: { ...pending, progress: null }, opened, writes: review(env.outline, env.label, pending, opened) })
}

function gather({ progress }: Pending, { links, outputs, writes }: Gathered): Gathered {
  if (progress === null) return { links, outputs, writes }
  return { links: [...progress.links, ...links], outputs: { ...outputs, ...progress.outputs }, writes: [...progress.writes, ...writes] }
}

function checkMade(
  ctx: Context,
  endpoint: Endpoint,
  pending: Pending,
  gathered: Gathered,
): Result<{ outputs: Outputs; drafts: DraftWrite[] }> {
  const path = checkPath(ctx, endpoint, pending, gathered)
  if (!path.ok) return path
  const outputs = openOutputs(ctx, endpoint, pending, gathered)
  if (!outputs.ok) return outputs
  const drafts = openWrites(ctx, pending, gathered)
  return drafts.ok ? ok({ outputs: outputs.value, drafts: drafts.value }) : drafts
}

function unseal<S extends z.ZodType>(ctx: Context, pending: Pending, schema: S, bytes: Uint8Array): Result<z.infer<S>> {
  const closed = failForNow('reply.closed', 'The reply is damaged or not for this request. Send the request through other servers.')
  if (bytes.length > MESSAGE_LIMIT || bytes.length < NONCE_BYTES + 16) return closed
  const plain = ctx.crypto.aead.open(
    replyKey(ctx, pending),
    bytes.subarray(0, 12),
    bytes.subarray(12),
    messageAad('reply', pending.request),
  )
  const json = plain === null ? undefined : parse(plain)
  return json === undefined ? closed : checkSchema('reply', schema, json)
}

function parse(bytes: Uint8Array): Json | undefined {
  const text = parseUtf8(bytes)
  if (!text.ok || nestingOf(text.value) > MAX_DEPTH) return undefined
  try {
    return JSON.parse(text.value) as Json
  } catch {
    return undefined
  }
}

/** One link for each chosen server up to the end of the leg, unbroken and signed, with call sites that the block can execute. */
function checkPath(ctx: Context, endpoint: Endpoint, pending: Pending, reply: Gathered): Result<null> {
  const { links } = reply
  const chosen =
    links.length === legOf(endpoint, pending).end &&
    links.every((link, i) => link.server === pending.hops[i]!.server && link.version === pending.hops[i]!.version)
  if (!chosen || reply.writes.length !== links.length)
    return failForNow('reply.path', 'The reply did not pass through the chosen servers. Send the request through others.')
  const thread = verifyThread(ctx.crypto, pending.start, links)
  if (!thread.ok) return thread
  const strange = links.findIndex((link, i) => !acceptsSites(endpoint.blocks[i]!, link.sites))
  return strange < 0
    ? ok(null)
    : failForNow('reply.path', `Block ${strange} claims writes that its program cannot make. Send the request through other servers.`, {
        position: strange,
      })
}

const openWith = (ctx: Context, pending: Pending, id: string, edge: SealedEdge): Json | undefined => {
  const bytes = openEdge(ctx.crypto, edgeKey(ctx.crypto, fromHex(pending.secret), id), id, edge)
  return bytes.ok ? parse(bytes.value) : undefined
}

/** The outputs of all blocks that have a link, and each what its link was signed over. Errors: `reply.outputs`. */
export function openOutputs(
  ctx: Context,
  endpoint: Endpoint,
  pending: Pending,
  reply: Pick<Progress, 'links' | 'outputs'>,
): Result<Outputs> {
  const outputs: Outputs = new Map()
  const wrong = (position: number) =>
    failForNow(
      'reply.outputs',
      `The results of block ${position} are not what its server signed. Send the request through other servers.`,
      { position },
    )
  for (const [position, block] of endpoint.blocks.slice(0, reply.links.length).entries()) {
    const sealed: Record<string, SealedEdge> = {}
    for (const [i, type] of block.outputs.entries()) {
      const id = outputId(position, i)
      const edge = Object.hasOwn(reply.outputs, id) ? reply.outputs[id]! : null
      const json = edge === null ? undefined : openWith(ctx, pending, id, edge)
      const value = json === undefined ? null : fromJson(type, json)
      if (edge === null || json === undefined || value === null || !value.ok) return wrong(position)
      sealed[id] = edge
      outputs.set(id, { json, value: value.value })
    }
    if (commitsDigest(ctx.crypto, commitsOf(sealed)) !== reply.links[position]!.outputs) return wrong(position)
  }
  return ok(outputs)
}

/** The draft writes of all blocks that ran; the running digests of the links have to be theirs. */
function openWrites(ctx: Context, pending: Pending, reply: Gathered): Result<DraftWrite[]> {
  const wrong = (position: number) =>
    failForNow(
      'reply.writes',
      `The writes of block ${position} are not those which its server signed. Send the request through other servers.`,
      { position },
    )
  const all: DraftWrite[] = []
  let running = NO_WRITES
  for (const [position, link] of reply.links.entries()) {
    const json = openWith(ctx, pending, writesId(position), reply.writes[position]!)
    const drafts = json === undefined ? null : draftWrites.safeParse(json)
    if (drafts === null || !drafts.success) return wrong(position)
    const made = drafts.data as DraftWrite[]
    const digests = made.map((draft) => writeDigest(ctx.crypto, draft))
    running = writesDigest(ctx.crypto, running, position, digests)
    const sites = made.length === link.sites.length && made.every((draft, i) => draft.block === position && draft.site === link.sites[i])
    if (!sites || running !== link.writes) return wrong(position)
    all.push(...made)
  }
  return ok(all)
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

/** The thread's last number: it opens the last commitment and is a multiple of the client's own. */
function openFinal(ctx: Context, pending: Pending, reply: Gathered, sealed: SealedEdge): Result<NumberOpening> {
  const parsed = numberOpening.safeParse(openWith(ctx, pending, FINAL, sealed))
  const wrong = failForNow(
    'reply.number',
    'The number of the thread does not fit what the last server signed. Send the request through other servers.',
    { position: reply.links.length - 1 },
  )
  if (!parsed.success) return wrong
  const value = BigInt(`0x${parsed.data.number}`)
  const fits =
    toHex(commitNumber(ctx.crypto, fromHex(parsed.data.salt), value)) === reply.links.at(-1)!.after &&
    value > 0n &&
    value % BigInt(`0x${pending.number}`) === 0n
  return fits ? ok(parsed.data) : wrong
}
