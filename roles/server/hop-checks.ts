/** What a server checks before it opens anything: message, tick, code, thread, caller. Each check has a code of its own. */
import { own, type Endpoint } from '../program/index.ts'
import { fromHex, parseBase64 } from '../protocol/bytes.ts'
import { type Link, beginVerify, signingDigest } from '../protocol/documents/index.ts'
import { open, openBox } from '../protocol/crypto/index.ts'
import { verifyReduced, type ReducedProof } from '../protocol/index/index.ts'
import {
  boundCommits,
  CLIENT_FIELDS,
  clientLookup,
  forwardedEdges,
  type Lookup,
  envelopeMessage,
  hopMessage,
  MESSAGE_LIMIT,
  messageAad,
  shownId,
  shownMessage,
  type EnvelopeMessage,
  type HopMessage,
  type ShownMessage,
  beginThread,
  type ThreadEnd,
} from '../protocol/requests/index.ts'
import { fail, failForNow, ok, type Result } from '../protocol/result.ts'
import type { Json } from '../protocol/canonical.ts'
import { readMessage } from './json.ts'
import { endpointOf, holds } from './tick-view.ts'
import type { Context, HopEnv, PreparedBlock, TickView } from './types.ts'

/** A hop whose thread and envelope were found in order. */
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
  /** Whether client and servers signed it all. Asked for before anything is run. Errors: `thread.start`, `thread.link`, `hop.receipt`. */
  signed(): Result<null>
}

/** Opens and checks a hop message's outside. Errors: `hop.too-large`, `envelope.closed`, `hop.json`, `hop.schema`. */
export function openHop(ctx: Context, env: HopEnv, bytes: Uint8Array): Result<HopMessage> {
  if (bytes.length > MESSAGE_LIMIT)
    return fail('hop.too-large', `The message has ${bytes.length} bytes; at most ${MESSAGE_LIMIT} are read. Ask for less in one request.`)
  const { identity, sealing } = env.keys
  const plain = open(ctx.crypto, sealing.privateKey, sealing.publicKey, bytes, messageAad('hop', identity.publicKey))
  return plain.ok ? readMessage('hop', hopMessage, plain.value) : plain
}

/**
 * Errors: `hop.app`, `hop.tick` (retryable: compose it again on the newest tick), `hop.base`, `hop.version`, `hop.replayed`, `hop.endpoint`,
 * `thread.link`, `hop.link`, `hop.commits`, `hop.edges`, `hop.tombstoned`, `envelope.*`, `hop.receipt`, `hop.unregistered`.
 */
export function admitHop(ctx: Context, env: HopEnv, message: HopMessage): Result<AdmittedHop> {
  const { start, links, version } = message
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
  const thread = checkThread(ctx, view, endpoint, message)
  if (!thread.ok) return thread
  const envelope = openEnvelope(ctx, env, message, position)
  if (!envelope.ok) return envelope
  const receipt = checkReceipt(ctx, env, view, message, envelope.value)
  if (!receipt.ok) return receipt
  const shown = openShown(ctx, message, envelope.value, position)
  if (!shown.ok) return shown
  const caller = checkCaller(ctx, view, message, shown.value)
  if (!caller.ok) return caller
  const signed = (): Result<null> => bothSigned(receipt.value(), thread.value.signed())
  return ok({ message, envelope: envelope.value, shown: shown.value, view, code, endpoint, position, thread: thread.value, signed })
}

const bothSigned = (receipt: boolean, thread: Result<null>): Result<null> => (thread.ok && !receipt ? badReceipt : thread)

function checkThread(ctx: Context, view: TickView, endpoint: Endpoint, message: HopMessage): ReturnType<typeof beginThread> {
  const { start, lane, links, commits } = message
  const wrong = links.findIndex((link, i) => !holds(view, link.version, start.endpoint, i, link.server))
  if (wrong >= 0)
    return fail(
      'hop.link',
      `Link ${wrong} is by a server that does not hold that version in tick ${start.tick}. Compose the request again.`,
      { position: wrong },
    )
  if (
    !boundCommits(
      ctx.crypto,
      commits,
      start.keys,
      links.map((link: Link) => link.outputs),
    )
  ) {
    return fail('hop.commits', 'The sealed values are not those which the client and the servers before signed. Compose the request again.')
  }
  const wanted = forwardedEdges(endpoint, links.length)
  const bad =
    Object.keys(message.edges).length !== wanted.length
      ? 'number'
      : wanted.find((id) => !Object.hasOwn(message.edges, id) || message.edges[id]!.commit !== own(commits, id))
  if (bad !== undefined) return fail('hop.edges', `The block needs exactly the edges ${wanted.join(', ')}; look at ${bad}.`)
  return beginThread(ctx.crypto, start, lane, links)
}

function openEnvelope(
  ctx: Context,
  env: HopEnv,
  { start, lane, version, envelope }: HopMessage,
  position: number,
): Result<EnvelopeMessage> {
  const box = parseBase64(envelope)
  if (!box.ok) return box
  const { sealing } = env.keys
  const plain = open(
    ctx.crypto,
    sealing.privateKey,
    sealing.publicKey,
    box.value,
    messageAad('envelope', start.request, start.tick, lane, position, version),
  )
  return plain.ok ? readMessage('envelope', envelopeMessage, plain.value) : plain
}

/** Sealed under a key that only the client and the servers of this block in all lanes have. */
function openShown(ctx: Context, { start, shown }: HopMessage, { keys }: EnvelopeMessage, position: number): Result<ShownMessage> {
  const id = shownId(position)
  const key = own(keys, id)
  if (key === undefined) return fail('hop.key', `The envelope has no key for ${id}. Compose the request again.`)
  const box = parseBase64(shown)
  if (!box.ok) return box
  const plain = openBox(ctx.crypto, fromHex(key), box.value, messageAad('shown', start.request, position))
  return plain === null
    ? fail('envelope.closed', 'What the block is shown is damaged. Compose the request again.')
    : readMessage('shown', shownMessage, plain)
}

const badReceipt = fail('hop.receipt', 'The receipt does not promise this hop to this server. Compose the request again.')

/** The caller is not expelled, and pays this server for this hop. @returns whether it signed that */
function checkReceipt(
  { crypto }: Context,
  env: HopEnv,
  view: TickView,
  { start, version }: HopMessage,
  { receipt }: EnvelopeMessage,
): Result<() => boolean> {
  if (view.tombstones.has(start.client))
    return fail('hop.tombstoned', 'This client was expelled from the app. Register anew with another key.')
  const about =
    receipt.app === start.app &&
    receipt.request === start.request &&
    receipt.tick === start.tick &&
    receipt.version === version &&
    receipt.server === env.keys.identity.publicKey &&
    receipt.client === start.client
  return about ? ok(beginVerify(crypto, signingDigest(crypto, 'receipt', receipt), receipt.sig, start.client)) : badReceipt
}

/** The caller is registered. */
function checkCaller(ctx: Context, view: TickView, { start }: HopMessage, shown: ShownMessage): Result<null> {
  const registered = provedRows(ctx, view, clientLookup(start.client), shown.caller, CLIENT_FIELDS)
  if (!registered.ok) return registered
  return registered.value.length === 1
    ? ok(null)
    : fail('hop.unregistered', 'The client is not registered in this tick. Register first, and wait for the next tick.')
}

/** Complete rows of a lookup under the tick's roots. Errors: `index.*`. */
export function provedRows(
  ctx: Context,
  view: TickView,
  lookup: Lookup,
  proof: Json,
  fields: string[],
): Result<Array<Record<string, Json>>> {
  const index = view.indices.get(lookup.index)
  if (index === undefined) return fail('index.unknown', `Tick ${view.number} has no index ${lookup.index}.`)
  const { limit, descending } = lookup
  return verifyReduced(ctx.crypto, index.root, lookup.range, proof as unknown as ReducedProof, fields, { limit, descending })
}

export const handoffAad = (request: string, lane: number, position: number): Uint8Array => messageAad('handoff', request, lane, position)
export const sealingOf = (view: TickView, server: string): Uint8Array | null => {
  const found = view.servers.get(server)
  return found === undefined ? null : fromHex(found.sealing)
}
