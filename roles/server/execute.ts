/**
 * A block's server: it checks what it is shown, runs one block, seals the results for the client and signs its link of the thread
 * (PROTOCOL.md 11.5). Nothing is answered before the request id is durably marked as used.
 */
import { runBlock, skipBlock, toJson, type BlockRun, own } from '../program/index.ts'
import { fromHex, parseBase64, toBase64, toHex } from '../protocol/bytes.ts'
import { canonicalBytes, valueIn, type Json } from '../protocol/canonical.ts'
import {
  fitsEdge,
  sealEdge,
  type SealedEdge,
  blockInputs,
  draftsOf,
  blockNeeds,
  edgeRoom,
  openEdge,
  type BlockInputs,
  commitsDigest,
  commitsOf,
  inputCommits,
  inputsDigest,
  madeIds,
  outputId,
  roomOf,
  writesId,
  writesRoom,
  messageAad,
  messageBytes,
  numberOpening,
  hopReply,
  readMessage,
  replyMessage,
  type DifferingReply,
  type LegReply,
  type HopReply,
  signLink,
  writeDigest,
  type DraftWrite,
  type NumberOpening,
} from '../protocol/requests/index.ts'
import { MAX_WRITES } from '../protocol/documents/index.ts'
import { ephemeral, open, sealBox, type Ephemeral } from '../protocol/crypto/index.ts'
import { fail, ok, type Result } from '../protocol/result.ts'
import { commitNumber, openingForm, productOf, sealOpening } from '../protocol/stamps/index.ts'
import { admitHop, handoffAad, openHop, sealingOf, type AdmittedHop } from './hop-checks.ts'
import type { Context, HopEnv } from './types.ts'

/** Longest number whose opening fits a link, in bits. */
const NUMBER_BITS = 24_000

/**
 * Serves one hop.
 * @param bytes body of the POST: the sealed hop message
 * @returns the reply, sealed under the hop's reply key. Errors: those of `openHop`, `admitHop` and `openInputs`; `hop.number`, `hop.next`,
 * `hop.block-failed` (details.code says how the program failed, without its values), `hop.replayed`.
 */
export function executeHop(ctx: Context, env: HopEnv, bytes: Uint8Array): Result<Uint8Array> {
  const message = openHop(ctx, env, bytes)
  if (!message.ok) return message
  const hop = admitHop(ctx, env, message.value)
  if (!hop.ok) return hop
  const before = openNumber(ctx, env, hop.value)
  if (!before.ok) return before
  const inputs = openInputs(ctx, hop.value)
  if (!inputs.ok) return inputs
  const { code, position } = hop.value
  const run = inputs.value.runs
    ? runBlock(code.program, code.endpoint, position, inputs.value.values, hop.value.view.program.budget)
    : skipBlock(code.program, code.endpoint, position)
  if (!run.ok)
    return fail(
      'hop.block-failed',
      `Block ${position} of ${code.endpoint} stopped (${run.error.code}); nothing is written. Change the arguments.`,
      { code: run.error.code, position },
    )
  const reply = answer(ctx, env, hop.value, before.value, run.value, inputs.value.slots)
  if (!reply.ok) return reply
  const { start, version } = message.value
  const entry = {
    request: start.request,
    version,
    tick: start.tick,
    position,
    receipt: hop.value.envelope.receipt,
    steps: run.value.steps,
    bytes: run.value.bytes,
  }
  if (!env.record(entry)) return fail('hop.replayed', 'This request id was used before. Compose a new request.')
  return ok(sealReply(ctx, fromHex(message.value.reply), start.request, reply.value))
}

const placeOf = ({ crypto }: Context, { view, endpoint, position }: AdmittedHop) => ({
  crypto,
  outline: view.program.outline,
  endpoint,
  position,
})

/** What the client shows the block, opened and proved. Errors: those of `blockInputs`; `hop.key` (an edge key is missing), `edge.*`, `program.value`. */
const openInputs = (ctx: Context, hop: AdmittedHop): Result<BlockInputs> =>
  blockInputs({
    ...placeOf(ctx, hop),
    caller: hop.message.start.client,
    tick: hop.view,
    shown: hop.shown,
    open: (id) => openOne(ctx, hop, id),
  })

function openOne(ctx: Context, hop: AdmittedHop, id: string): Result<Json> {
  const key = keyFor(hop, id)
  const source = blockNeeds(hop.endpoint, hop.position).opens.get(id)!
  const bytes = key.ok ? openEdge(ctx.crypto, key.value, id, hop.message.edges[id]!, edgeRoom(hop.endpoint, source)) : key
  if (!bytes.ok) return bytes
  const json = valueIn(bytes.value)
  return json === undefined ? fail('program.value', `The value of ${id} is not JSON. Compose the request again.`) : ok(json)
}

/** What seals for other servers and the Supervisor in a tick. */
export const senderOf = (ctx: Context, tick: number): Ephemeral => ctx.sender?.(tick) ?? ephemeral(ctx.crypto, ctx.random(32))

export const sealReply = (ctx: Context, key: Uint8Array, request: string, reply: HopReply | LegReply | DifferingReply): Uint8Array => {
  const bytes = 'link' in reply ? messageBytes(hopReply, reply) : messageBytes(replyMessage, reply)
  return sealBox(ctx.crypto, ctx.random(12), key, bytes, messageAad('reply', request))
}

/** The number as it arrives: from the client at the first block, from the server before at all others; it has to fit its commitment. */
function openNumber(ctx: Context, env: HopEnv, hop: AdmittedHop): Result<NumberOpening> {
  const opening = hop.position === 0 ? firstNumber(hop) : handedNumber(ctx, env, hop)
  if (!opening.ok) return opening
  const value = BigInt(`0x${opening.value.number}`)
  const fits =
    value > 0n &&
    opening.value.number === value.toString(16) &&
    toHex(commitNumber(ctx.crypto, fromHex(opening.value.salt), value)) === hop.thread.number
  return fits ? opening : fail('hop.number', 'The number of the thread does not fit its commitment. Send the request again.')
}

const firstNumber = (hop: AdmittedHop): Result<NumberOpening> =>
  hop.envelope.number === null
    ? fail('hop.number', "The first block needs the client's number. Compose the request again.")
    : ok(hop.envelope.number)

function handedNumber(ctx: Context, env: HopEnv, { message, position }: AdmittedHop): Result<NumberOpening> {
  const { sealing } = env.keys
  const { start, lane, handoff } = message
  const box = parseBase64(handoff ?? '')
  const aad = handoffAad(start.request, lane, position)
  const plain = box.ok ? open(ctx.crypto, sealing.privateKey, sealing.publicKey, box.value, aad) : box
  const read = plain.ok ? readMessage('number', numberOpening, plain.value) : plain
  // One code for whatever is wrong with it: it is the doing of the server before.
  return read.ok
    ? read
    : fail('hop.number', `What the server before handed on is no number of the thread (${read.error.code}). Take other servers.`)
}

/** Multiplies in the prime of the passage and of every executed site. */
function multiply(ctx: Context, hop: AdmittedHop, before: NumberOpening, sites: number[]): { opening: NumberOpening; value: bigint } {
  const value = BigInt(`0x${before.number}`) * productOf([hop.code.passage, ...sites.map((site) => hop.code.sites[site]!)])
  return { value, opening: { number: value.toString(16), salt: toHex(ctx.random(32)) } }
}

function answer(
  ctx: Context,
  env: HopEnv,
  hop: AdmittedHop,
  before: NumberOpening,
  run: BlockRun,
  slots: BlockInputs['slots'],
): Result<HopReply> {
  const after = multiply(ctx, hop, before, run.sites)
  if (after.opening.number.length * 4 > NUMBER_BITS)
    return fail('hop.number', 'The number of the thread has grown too long. Write less in one request.')
  const outputs = sealOutputs(ctx, hop, run)
  if (!outputs.ok) return outputs
  const key = keyFor(hop, writesId(hop.position))
  if (!key.ok) return key
  if (run.writes.length > MAX_WRITES)
    return fail(
      'hop.too-large',
      `Block ${hop.position} makes ${run.writes.length} writes; a request has ${MAX_WRITES} at most. Ask for less.`,
    )
  const drafts = draftsOf(placeOf(ctx, hop), run.writes, { key: key.value, commits: hop.message.commits, slots })
  const writes = sealFor(ctx, hop, writesId(hop.position), drafts, writesRoom(hop.endpoint, hop.position))
  if (!writes.ok) return writes
  const onward = passOn(ctx, hop, after.opening)
  if (!onward.ok) return onward
  const link = makeLink(ctx, env, hop, { before, after: after.opening, value: after.value, run, drafts, outputs: outputs.value })
  return link.ok ? ok({ link: link.value, outputs: outputs.value, writes: writes.value, handoff: onward.value }) : link
}

/** An edge key of the client's, 32 bytes. */
function keyFor(hop: AdmittedHop, id: string): Result<Uint8Array> {
  const key = own(hop.envelope.keys, id)
  return key === undefined ? fail('hop.key', `The envelope has no key for ${id}. Compose the request again.`) : ok(fromHex(key))
}

function sealFor(ctx: Context, hop: AdmittedHop, id: string, json: Json, room: number): Result<SealedEdge> {
  const key = keyFor(hop, id)
  if (!key.ok) return key
  const bytes = canonicalBytes(json)
  return fitsEdge(bytes)
    ? ok(sealEdge(ctx.crypto, key.value, id, bytes, room))
    : fail(
        'hop.too-large',
        `What block ${hop.position} makes (${id}) has ${bytes.length} bytes; one sealed value has 1 MiB at most. Ask for less.`,
      )
}

function sealOutputs(ctx: Context, hop: AdmittedHop, run: BlockRun): Result<Record<string, SealedEdge>> {
  const outputs: Record<string, SealedEdge> = {}
  for (const [i, type] of hop.endpoint.blocks[hop.position]!.outputs.entries()) {
    const id = outputId(hop.position, i)
    const edge = sealFor(ctx, hop, id, toJson(type, run.outputs[i]!), roomOf(type))
    if (!edge.ok) return edge
    outputs[id] = edge.value
  }
  return ok(outputs)
}

/** The number goes sealed to the next block's server; the last one only the Supervisor sees, in the link's opening. */
function passOn(ctx: Context, hop: AdmittedHop, after: NumberOpening): Result<HopReply['handoff']> {
  const last = hop.position === hop.endpoint.blocks.length - 1
  const { next } = hop.envelope
  if (last !== (next === null))
    return fail('hop.next', 'The envelope names a next server exactly when a block follows. Compose the request again.')
  if (next === null) return ok(null)
  const sealing = sealingOf(hop.view, next)
  if (sealing === null) return fail('hop.next', 'The next server is not in this tick. Choose another one.')
  const { start, lane } = hop.message
  const box = senderOf(ctx, start.tick).seal(sealing, messageBytes(numberOpening, after), handoffAad(start.request, lane, hop.position + 1))
  return box.ok ? ok(toBase64(box.value)) : box
}

/** Keys of all that the block makes; `sealFor` has refused an envelope that lacks one. */
const madeKeys = ({ endpoint, position, envelope }: AdmittedHop): Record<string, string> =>
  Object.fromEntries(madeIds(endpoint, position).map((id) => [id, own(envelope.keys, id)!]))

interface LinkParts {
  before: NumberOpening
  after: NumberOpening
  value: bigint
  run: BlockRun
  drafts: DraftWrite[]
  outputs: Record<string, SealedEdge>
}

function makeLink(ctx: Context, env: HopEnv, hop: AdmittedHop, parts: LinkParts): Result<HopReply['link']> {
  const { crypto } = ctx
  const { start, lane, version, commits } = hop.message
  const { request, app, tick, endpoint, base, planned } = start
  const { position, thread } = hop
  const after = toHex(commitNumber(crypto, fromHex(parts.after.salt), parts.value))
  const place = { request, lane, position, before: thread.number, after }
  const opening = sealOpening(senderOf(ctx, tick), hop.view.sealing, place, openingForm(parts.before, parts.after))
  if (!opening.ok) return opening
  const link = {
    request,
    app,
    tick,
    endpoint,
    lane,
    position,
    version,
    server: env.keys.identity.publicKey,
    previous: thread.previous,
    base,
    planned,
    inputs: inputsDigest(crypto, thread.start, hop.code.code, {
      commits: inputCommits(hop.endpoint, position, commits),
      keys: madeKeys(hop),
    }),
    sites: parts.run.sites,
    own: parts.drafts.map((draft) => writeDigest(crypto, draft)),
    outputs: commitsDigest(crypto, commitsOf(parts.outputs)),
    before: thread.number,
    after,
    opening: opening.value,
  }
  return ok(signLink(crypto, link, env.keys.identity, ctx.random(32)))
}
