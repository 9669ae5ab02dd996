/**
 * A block's server: it checks what it is shown, runs one block, seals the results for the client and signs its link of the thread
 * (PROTOCOL.md 11.5). Nothing is answered before the request id is durably marked as used.
 */
import { runBlock, skipBlock, toJson, type BlockRun, type BlockWrite, own } from '../program/index.ts'
import { concatBytes, fromHex, parseBase64, toBase64, toHex } from '../protocol/bytes.ts'
import { canonicalBytes, type Json } from '../protocol/canonical.ts'
import {
  fitsEdge,
  sealEdge,
  type SealedEdge,
  blockNeeds,
  commitsDigest,
  commitsOf,
  FINAL,
  outputId,
  writesId,
  messageAad,
  messageBytes,
  numberOpening,
  type HopReply,
  signLink,
  writeDigest,
  writesDigest,
  type DraftWrite,
  type NumberOpening,
} from '../protocol/requests/index.ts'
import { open, seal } from '../protocol/crypto/index.ts'
import { fail, ok, type Result } from '../protocol/result.ts'
import { commitNumber, productOf } from '../protocol/stamps/index.ts'
import { admitHop, handoffAad, openHop, sealingOf, type AdmittedHop } from './hop-checks.ts'
import { openInputs, type SlotKey } from './hop-inputs.ts'
import { readMessage } from './json.ts'
import type { Context, HopEnv } from './types.ts'

/** Longest number whose opening fits a link, in bits. */
const NUMBER_BITS = 24_000

/**
 * Serves one hop.
 * @param bytes body of the POST to PATHS.hop: the sealed hop message
 * @returns the reply, sealed under the hop's reply key. Errors: those of `openHop`, `admitHop`, `openInputs` and `signed`; `hop.number`, `hop.next`,
 * `hop.block-failed` (details.code says how the program failed, without its values), `hop.replayed`.
 */
export function executeHop(ctx: Context, env: HopEnv, bytes: Uint8Array): Result<Uint8Array> {
  const message = openHop(ctx, env, bytes)
  if (!message.ok) return message
  const hop = admitHop(ctx, env, message.value)
  if (!hop.ok) return hop
  const before = openNumber(ctx, env, hop.value)
  const inputs = before.ok ? openInputs(ctx, hop.value) : before
  const signed = hop.value.signed()
  if (!signed.ok) return signed
  if (!before.ok) return before
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

/** The secret of one envelope, never used again. */
export const freshKey = (ctx: Context): Uint8Array => ctx.ephemeral?.() ?? ctx.random(32)

/** Reply box: nonce (12) | ciphertext. */
export function sealReply(ctx: Context, key: Uint8Array, request: string, reply: object): Uint8Array {
  const nonce = ctx.random(12)
  return concatBytes(nonce, ctx.crypto.aead.seal(key, nonce, messageBytes(reply), messageAad('reply', request)))
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
  const box = parseBase64(message.handoff ?? '')
  if (!box.ok) return box
  const { sealing } = env.keys
  const plain = open(ctx.crypto, sealing.privateKey, sealing.publicKey, box.value, handoffAad(message.start.request, position))
  return plain.ok ? readMessage('number', numberOpening, plain.value) : plain
}

function draftWrites(ctx: Context, hop: AdmittedHop, writes: BlockWrite[], slots: Map<number, SlotKey>): DraftWrite[] {
  const { carries } = blockNeeds(hop.endpoint, hop.position)
  return writes.map((write) => {
    const types = hop.view.program.outline.collections[write.collection]!.fields
    const { key, version } = slots.get(write.slot)!
    const draft: DraftWrite = {
      block: hop.position,
      site: write.site,
      collection: write.collection,
      key,
      replaces: version,
      salt: toHex(ctx.random(32)),
      fields: {},
      carried: {},
    }
    for (const [name, from] of Object.entries(write.fields)) {
      if ('value' in from) draft.fields[name] = toJson(types[name]!, from.value)
      else draft.carried[name] = { edge: carries[from.carry]!, commit: hop.message.commits[carries[from.carry]!]! }
    }
    return draft
  })
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
  slots: Map<number, SlotKey>,
): Result<HopReply> {
  const after = multiply(ctx, hop, before, run.sites)
  if (after.opening.number.length * 4 > NUMBER_BITS)
    return fail('hop.number', 'The number of the thread has grown too long. Write less in one request.')
  const outputs = sealOutputs(ctx, hop, run)
  if (!outputs.ok) return outputs
  const drafts = draftWrites(ctx, hop, run.writes, slots)
  const writes = sealFor(ctx, hop, writesId(hop.position), drafts)
  if (!writes.ok) return writes
  const onward = passOn(ctx, hop, after.opening)
  if (!onward.ok) return onward
  const link = makeLink(ctx, env, hop, { before, after: after.opening, value: after.value, run, drafts, outputs: outputs.value })
  return link.ok ? ok({ link: link.value, outputs: outputs.value, writes: writes.value, ...onward.value }) : link
}

/** Seals a value under an edge key of the client's. */
function sealFor(ctx: Context, hop: AdmittedHop, id: string, json: Json): Result<SealedEdge> {
  const key = own(hop.envelope.keys, id)
  if (key === undefined) return fail('hop.key', `The envelope has no key for ${id}. Compose the request again.`)
  const bytes = canonicalBytes(json)
  return fitsEdge(bytes)
    ? ok(sealEdge(ctx.crypto, fromHex(key), id, bytes))
    : fail(
        'hop.too-large',
        `What block ${hop.position} makes (${id}) has ${bytes.length} bytes; one sealed value has 1 MiB at most. Ask for less.`,
      )
}

function sealOutputs(ctx: Context, hop: AdmittedHop, run: BlockRun): Result<Record<string, SealedEdge>> {
  const outputs: Record<string, SealedEdge> = {}
  for (const [i, type] of hop.endpoint.blocks[hop.position]!.outputs.entries()) {
    const id = outputId(hop.position, i)
    const edge = sealFor(ctx, hop, id, toJson(type, run.outputs[i]!))
    if (!edge.ok) return edge
    outputs[id] = edge.value
  }
  return ok(outputs)
}

/** The number goes sealed to the next block's server, or at the last block to the client. */
function passOn(ctx: Context, hop: AdmittedHop, after: NumberOpening): Result<Pick<HopReply, 'handoff' | 'final'>> {
  const last = hop.position === hop.endpoint.blocks.length - 1
  const { next } = hop.envelope
  if (last !== (next === null))
    return fail('hop.next', 'The envelope names a next server exactly when a block follows. Compose the request again.')
  if (next === null) {
    const final = sealFor(ctx, hop, FINAL, { ...after })
    return final.ok ? ok({ handoff: null, final: final.value }) : final
  }
  const sealing = sealingOf(hop.view, next)
  if (sealing === null) return fail('hop.next', 'The next server is not in this tick. Choose another one.')
  const box = seal(ctx.crypto, freshKey(ctx), sealing, messageBytes(after), handoffAad(hop.message.start.request, hop.position + 1))
  return box.ok ? ok({ handoff: toBase64(box.value), final: null }) : box
}

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
  const { request, app, tick, endpoint } = hop.message.start
  const { position, thread } = hop
  const opening = seal(
    crypto,
    freshKey(ctx),
    hop.view.sealing,
    canonicalBytes({ before: parts.before, after: parts.after }),
    messageAad('opening', request, position),
  )
  if (!opening.ok) return opening
  const link = {
    request,
    app,
    tick,
    endpoint,
    position,
    version: hop.message.version,
    server: env.keys.identity.publicKey,
    previous: thread.previous,
    sites: parts.run.sites,
    writes: writesDigest(
      crypto,
      thread.writes,
      position,
      parts.drafts.map((draft) => writeDigest(crypto, draft)),
    ),
    before: thread.number,
    after: toHex(commitNumber(crypto, fromHex(parts.after.salt), parts.value)),
    opening: toBase64(opening.value),
    outputs: commitsDigest(crypto, commitsOf(parts.outputs)),
  }
  return ok(signLink(crypto, link, env.keys.identity, ctx.random(32)))
}
