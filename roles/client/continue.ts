/**
 * Requests in legs: where a query needs what blocks computed, the request pauses, the client reads the answer, and the same thread goes on
 * (essay, «Code Specification»: queries that require generated values split the function). Nothing of it is public before the last leg ended,
 * and a leg that cannot go on is given up whole: the request is composed anew, under another id.
 */
import type { Endpoint } from '../program/index.ts'
import { fromHex } from '../protocol/bytes.ts'
import { chooseTop, relaysOf } from '../protocol/requests/index.ts'
import { failForNow, ok, type Result } from '../protocol/result.ts'
import { valuesOf } from './compose.ts'
import { conclude, openLast, openOutputs, openPartial } from './open-reply.ts'
import type { Outputs } from './respond.ts'
import { answersWith, readLast, readLeg, type Values } from './reads.ts'
import { legOf, sealEdges, sealLeg } from './seal-leg.ts'
import type { ClientEnv, Composed, Context, Pending, Reviewed } from './types.ts'

/** What a reply leads to: the review, or one more message to send. */
export type Taken = { done: true; reviewed: Reviewed } | { done: false; composed: Composed }

/**
 * Takes the reply to the leg under way.
 * @param env of the same tick as the request
 * Errors: those of `openReply` and `composeContinuation`.
 */
export async function takeReply(ctx: Context, env: ClientEnv, pending: Pending, bytes: Uint8Array): Promise<Result<Taken>> {
  const endpoint = env.outline.endpoints[pending.endpoint]!
  if (legOf(endpoint, pending).end < endpoint.blocks.length) {
    const progress = openPartial(ctx, env, pending, bytes)
    if (!progress.ok) return progress
    const composed = await composeContinuation(ctx, env, { ...pending, progress: progress.value })
    return composed.ok ? ok({ done: false, composed: composed.value }) : composed
  }
  const last = openLast(ctx, env, pending, bytes)
  if (!last.ok) return last
  const reads = await readLast(env, endpoint, known(endpoint, pending, last.value.outputs))
  if (!reads.ok) return reads
  const reviewed = conclude(env, { ...pending, answers: answersWith(endpoint, pending.answers, reads.value) }, last.value)
  return reviewed.ok ? ok({ done: true, reviewed: reviewed.value }) : reviewed
}

/**
 * The message for the next leg of a request that pauses. Compose it again with `exclude` to send the same leg through another top-level
 * server; the blocks' servers stay, because the number was sealed to the next of them.
 * @param pending with its progress; @param exclude top-level servers that failed
 * Errors: `request.tick` (retryable: `env` is of a later tick), `client.servers` (retryable), `client.too-large`, `reply.outputs`, those of the reader.
 */
export async function composeContinuation(
  ctx: Context,
  env: ClientEnv,
  pending: Pending,
  exclude: ReadonlySet<string> = new Set(),
): Promise<Result<Composed>> {
  const { progress } = pending
  if (progress === null) throw new Error('a continuation follows a pause')
  if (env.planned.plan.tick !== pending.tick)
    return failForNow(
      'request.tick',
      `Tick ${pending.tick} has passed while the request was under way. Compose it again on the newest tick.`,
    )
  const endpoint = env.outline.endpoints[pending.endpoint]!
  const top = topFor(ctx, env, pending, exclude)
  if (top === null) return failForNow('client.servers', 'No other server of the tick can take the request on. Send it again.')
  const outputs = openOutputs(ctx, endpoint, pending, progress.lanes[0]!.links, progress.outputs)
  if (!outputs.ok) return outputs
  const values = known(endpoint, pending, outputs.value)
  const reads = await readLeg(env, endpoint, legOf(endpoint, pending), values)
  if (!reads.ok) return reads
  const next: Pending = { ...pending, top, answers: answersWith(endpoint, pending.answers, reads.value.queries) }
  return sealLeg(ctx, env, endpoint, next, {
    edges: sealEdges(ctx, endpoint, fromHex(pending.secret), values),
    numbers: null,
    reads: reads.value,
  })
}

/** The same server as before knows the request's structure already; another one only if that one failed. */
function topFor(ctx: Context, env: ClientEnv, pending: Pending, exclude: ReadonlySet<string>): string | null {
  if (!exclude.has(pending.top)) return pending.top
  return chooseTop(
    ctx,
    relaysOf(env.reader.tick, env.planned.plan),
    pending.lanes.flat().map((hop) => hop.server),
    new Set([...exclude, ...env.expelled]),
  )
}

/** What queries may be asked with: what the client provides, and what the blocks returned. */
export function known(endpoint: Endpoint, pending: Pending, outputs: Outputs): Values {
  const values = valuesOf(pending.start.client, endpoint, pending.arguments, pending.slots)
  for (const [id, { json }] of outputs) values.set(id, json)
  return values
}
