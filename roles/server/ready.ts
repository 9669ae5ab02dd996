/** Saying that this server is ready (PROTOCOL.md 5.11): to a Supervisor that asks, and on the chain when it is left out all the same. */
import { checkSchema, signDocument, type OpenedDocument, type Tick } from '../protocol/documents/index.ts'
import { valueIn } from '../protocol/canonical.ts'
import type { Step } from '../protocol/events.ts'
import { READY_ASKED, readyRequest } from '../protocol/requests/index.ts'
import { fail, failForNow, ok, type Result } from '../protocol/result.ts'
import type { ServerEffect, ServerEvent } from './events.ts'
import { GENERATIONS } from './prepare.ts'
import { mayRun, type Job, type ServerState } from './state.ts'
import type { Context, ServerKeys } from './types.ts'

/** Ticks for which a server says that it is ready when it was left out: the longest that one statement may be good for. */
const READY_LONG = 1_000
/** Ticks that leave it out, however far apart, before it pays for saying so: one answer may have been lost. */
const LEFT_OUT = 2

/** Who is asked: null while this server has accepted no offer, or is expelled. */
export interface Readiness {
  app: string
  keys: ServerKeys
  /** Number of the newest tick that it knows; −1 for none. */
  newest: number
  /** The highest number that a tick can have by now; asked for only where the newest does not say enough. */
  due(): number
}

/** The highest number that a tick of this job can have at a block: its first ends at its offer's block at the earliest. */
export function dueTick({ offers, job }: Pick<ServerState, 'offers' | 'job'>, height: number): number {
  const seen = offers.find(({ reference }) => reference.sha256 === job?.offer)
  return seen === undefined || seen.terms === null ? -1 : Math.floor((height - seen.height) / seen.terms.tickBlocks)
}

export const composeReady = (ctx: Context, { identity }: ServerKeys, app: string, from: number, to: number): OpenedDocument<'ready'> =>
  signDocument(ctx.crypto, 'ready', { app, from, to }, identity, ctx.random(32))

/**
 * Answers whoever asks whether this server will serve some ticks that are to come: of those that it knows, or, since a Supervisor that was away makes many before a
 * block has the first of them, of those that the chain allows. The small body is all that is read, and one signature all that it costs.
 * Errors: `server.not-serving` (retryable), `request.too-large`, `ready.json`, `ready.schema`, `ready.app`, `ready.tick`.
 */
export function answerReady(ctx: Context, readiness: Readiness | null, body: Uint8Array): Result<Uint8Array> {
  if (readiness === null)
    return failForNow('server.not-serving', 'This server has accepted no offer yet, or serves no more. Try another server.')
  if (body.length > 1_024) return fail('request.too-large', 'The question has more than 1,024 bytes. Ask for an app and a few ticks.')
  const json = valueIn(body)
  if (json === undefined) return fail('ready.json', 'The question is not JSON. Ask for an app and a few ticks.')
  const asked = checkSchema('ready', readyRequest, json)
  if (!asked.ok) return asked
  const { app, from, to } = asked.value
  if (app !== readiness.app) return fail('ready.app', 'This server does not serve that app.')
  const isFar = to > readiness.newest + READY_ASKED && to > readiness.due() + READY_ASKED
  if (from > to || from <= readiness.newest - 2 || isFar)
    return fail('ready.tick', `This server is at tick ${readiness.newest} and says nothing of the ticks ${from} to ${to}.`)
  return ok(composeReady(ctx, readiness.keys, app, from, to).bytes)
}

/**
 * A server that plans leave out though it answers says on the chain that it is ready; then nobody can leave it out unseen. It pays for that once in a
 * thousand ticks at most. Ticks that deal it in between change nothing, or a Supervisor would leave out one half of the servers in every second tick, the
 * other half in the others, and choose each time by the hash of the block whom it deals with.
 * @param seen whether the tick lists it where it is reached now, and the height of its anchor
 */
export function countLeftOut(
  job: Job,
  { plans, number }: Tick,
  seen: { isAsked: boolean; height: number },
): { leftOut: number; ask: ServerEffect[] } {
  // Whoever leaves is to be left out, and whoever is not back yet cannot be asked.
  if (job.leaving !== null || !mayRun(job, seen.height)) return { leftOut: 0, ask: [] }
  if (!seen.isAsked || plans.length === 0) return { leftOut: job.leftOut, ask: [] }
  if (plans.every(({ ready }) => ready.includes(job.identity))) return { leftOut: job.leftOut, ask: [] }
  const leftOut = job.leftOut + 1
  const isSaid = job.ready !== null && job.ready.to > number + GENERATIONS
  if (leftOut < LEFT_OUT || isSaid) return { leftOut, ask: [] }
  const message = 'Ticks leave this server out, though it is ready. It says so on the chain, once.'
  const said: ServerEffect = { type: 'log', level: 'warn', message }
  return { leftOut: 0, ask: [said, { type: 'sign-ready', offer: job.offer, from: number + 1, to: number + READY_LONG }] }
}

/** Stored, then published with the smallest payment to the Supervisor, and from this server's own coin: that is what shows who says it. */
export function onReadySigned(
  state: ServerState,
  { document, sha256, ticks }: Extract<ServerEvent, { type: 'ready-signed' }>,
): Step<ServerState, ServerEffect> {
  const { job } = state
  if (job === null || (job.ready !== null && job.ready.to >= ticks.to)) return { state, effects: [] }
  const { identity, terms } = job
  const spending = { spendFromKeys: [identity], payToKeys: [terms.master, identity] }
  return {
    state: { ...state, job: { ...job, ready: { document, sha256, to: ticks.to } } },
    effects: [{ type: 'publish', id: sha256, documentType: 'ready', document, sha256, ...spending, ticks }],
  }
}
