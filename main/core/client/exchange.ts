/**
 * One request over the network, leg after leg. What comes back between two legs stays in memory: after a crash the request is composed anew
 * under another id, which is safe because nothing of the old thread can be published without its last number, and nobody was told of it.
 */
import { MESSAGE_LIMIT } from '../../../roles/protocol/requests/index.ts'
import type { Failure } from '../../../roles/protocol/result.ts'
import {
  blameRefusal,
  blameReply,
  causeOf,
  composeContinuation,
  disputeOf,
  takeReply,
  type Blame,
  type ClientEnv,
  type Composed,
  type Context,
  type Difference,
  type DisputeFields,
  type Pending,
  type Reviewed,
} from '../../../roles/client/index.ts'
import type { TransportPort } from '../ports.ts'

const REQUEST_TIMEOUT_MS = 30_000
/** Top-level servers tried for one leg after the first. */
const MOST_TOPS = 3

/**
 * `servers` are those at fault, where known; `refused` when a server answered with the failure. `failure.retryable`: other servers may do
 * it.
 */
export type Exchanged =
  | { ok: true; reviewed: Reviewed }
  /** `dispute` is there where servers of a block signed different things. */
  | { ok: false; failure: Failure; servers: string[]; refused: boolean; dispute?: DisputeFields }

/**
 * Sends a composed request and whatever has to follow it.
 * @param before cause of the attempt before, see `blameRefusal`
 */
export async function exchange(
  ctx: Context,
  transport: TransportPort,
  env: ClientEnv,
  first: Composed,
  before: string | null = null,
): Promise<Exchanged> {
  let composed = first
  let away: string[] = []
  for (;;) {
    const { top, path, bytes, pending } = composed
    const reply = await transport.send({ host: top.host, port: top.port }, path, bytes, {
      timeoutMs: REQUEST_TIMEOUT_MS,
      maxBytes: MESSAGE_LIMIT,
    })
    if (!reply.ok) {
      const peer = peerOf(reply.error)
      const blame = blameRefusal(pending, env.expelled, peer ?? reply.error, before)
      away = [...away, top.id]
      const next = await continueElsewhere(ctx, env, composed, away, blame)
      if (next === null) return lost(blame, away, peer !== undefined)
      composed = next
      continue
    }
    const taken = await takeReply(ctx, env, pending, reply.value)
    if (!taken.ok) {
      const dispute = taken.error.code === 'request.lanes' ? await shown(ctx, env, pending, taken.error) : {}
      return { ok: false, ...blameReply(pending, taken.error), refused: false, ...dispute }
    }
    if (taken.value.done) return { ok: true, reviewed: taken.value.reviewed }
    composed = taken.value.composed
    away = []
  }
}

/** Put together while the tick is still read. */
async function shown(ctx: Context, env: ClientEnv, pending: Pending, { details }: Failure): Promise<{ dispute?: DisputeFields }> {
  const dispute = await disputeOf(ctx, env, pending, details as unknown as Difference)
  return dispute.ok ? { dispute: dispute.value } : {}
}

const peerOf = (error: Failure): Failure | undefined => error.details?.['peer'] as Failure | undefined

/**
 * R5 between legs: the same leg through another top-level server, when the failure is this one's own. A block's server that failed cannot
 * be replaced, since the number is sealed to it, and the first leg is better composed anew, with other servers throughout.
 */
async function continueElsewhere(
  ctx: Context,
  env: ClientEnv,
  { pending }: Composed,
  away: string[],
  { failure, servers }: Blame,
): Promise<Composed | null> {
  if (pending.progress === null || !failure.retryable || !servers.includes(pending.top) || away.length >= MOST_TOPS) return null
  const composed = await composeContinuation(ctx, env, pending, new Set(away))
  return composed.ok ? composed.value : null
}

/**
 * All top-level servers that would not take the last leg on, and the block's server where that one failed. A hop that was «replayed»
 * after a top-level server fell silent was run by way of that one, which is then at fault.
 */
function lost({ failure, servers }: Blame, away: string[], refused: boolean): Exchanged {
  const silent = away.slice(0, -1)
  if (silent.length > 0 && causeOf(failure) === 'hop.replayed') return { ok: false, failure, servers: silent, refused }
  return { ok: false, failure, servers: servers.length === 0 ? [] : [...new Set([...silent, ...servers])], refused }
}
