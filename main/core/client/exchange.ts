/**
 * One request over the network, leg after leg. What comes back between two legs stays in memory: after a crash the request is composed anew
 * under another id, which is safe because nothing of the old thread can be published without its last number, and nobody was told of it.
 */
import { MESSAGE_LIMIT } from '../../../roles/protocol/request.ts'
import type { Failure } from '../../../roles/protocol/result.ts'
import { composeContinuation, serverAtFault, takeReply, type ClientEnv, type Composed, type Context, type Reviewed } from '../../../roles/client/index.ts'
import type { TransportPort } from '../ports.ts'

const REQUEST_TIMEOUT_MS = 30_000
/** Top-level servers tried for one leg after the first. */
const MOST_TOPS = 3

/** `server` is the one at fault, where known; `refused` when a server answered with the failure. */
export type Exchanged = { ok: true; reviewed: Reviewed } | { ok: false; failure: Failure; server: string | null; refused: boolean }

/** Sends a composed request and whatever has to follow it. */
export async function exchange(ctx: Context, transport: TransportPort, env: ClientEnv, first: Composed): Promise<Exchanged> {
  let composed = first
  let away: string[] = []
  for (;;) {
    const { top, path, bytes, pending } = composed
    const reply = await transport.send({ host: top.host, port: top.port }, path, bytes, { timeoutMs: REQUEST_TIMEOUT_MS, maxBytes: MESSAGE_LIMIT })
    if (!reply.ok) {
      away = [...away, top.id]
      const elsewhere = await continueElsewhere(ctx, env, composed, away, reply.error)
      if (elsewhere === null) return lost(reply.error, away)
      composed = elsewhere
      continue
    }
    const taken = await takeReply(ctx, env, pending, reply.value)
    if (!taken.ok) return { ok: false, failure: taken.error, server: isTheirs(taken.error) ? serverAtFault(pending, taken.error) : null, refused: false }
    if (taken.value.done) return { ok: true, reviewed: taken.value.reviewed }
    composed = taken.value.composed
    away = []
  }
}

/** Something was wrong with the reply, and not with reading the snapshot for what follows. */
const isTheirs = ({ code }: Failure): boolean => /^(reply|thread)\./.test(code)

const peerOf = (error: Failure): Failure | undefined => error.details?.['peer'] as Failure | undefined

/**
 * R5 between legs: the same leg through another top-level server, when the failure is this one's own. A block's server that failed cannot be
 * replaced, since the number is sealed to it, and the first leg is better composed anew, with other servers throughout.
 */
async function continueElsewhere(ctx: Context, env: ClientEnv, { pending }: Composed, away: string[], error: Failure): Promise<Composed | null> {
  const failure = peerOf(error) ?? error
  if (pending.progress === null || !failure.retryable || failure.code === 'request.hop-failed' || away.length >= MOST_TOPS) return null
  const composed = await composeContinuation(ctx, env, pending, new Set(away))
  return composed.ok ? composed.value : null
}

/** A hop that was «replayed» after a top-level server fell silent was run by way of that one, which is then at fault. */
function lost(error: Failure, away: string[]): Exchanged {
  const peer = peerOf(error)
  if (peer === undefined) return { ok: false, failure: error, server: away.at(-1)!, refused: false }
  const silent = away.length > 1 && peer.details?.['cause'] === 'hop.replayed'
  return { ok: false, failure: peer, server: silent ? away[0]! : (peer.details?.['server'] as string | undefined) ?? null, refused: true }
}
