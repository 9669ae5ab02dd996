/**
 * R5: whose doing a failed request is, and so whether it is worth asking elsewhere. A refusal is a server's bare word. What the client
 * has proved to itself while it composed the request, or reads in the tick that both hold, no server can know better: one that refuses it
 * all the same lies, is behind, or serves something else, and is left out of the next attempt, whether it calls its refusal final or not.
 *
 * | the failure | whose | what follows |
 * |---|---|---|
 * | `request.tombstoned`, `hop.tombstoned`, and the client has seen the evidence too | the client's | told |
 * | `hop.block-failed`, `hop.too-large` | the request's, if it is true | elsewhere once; told when the next server says so too |
 * | `hop.number` after the first block | the block's server, or the one before it in its lane, which handed the number on | elsewhere |
 * | `edge.*`, `program.value` after the first block | the block's server, or one before it in its lane, which sealed what does not open | elsewhere |
 * | `request.hop-failed` for any other cause, naming the server of that block | the block's server | elsewhere |
 * | `request.hop-failed` that names another server than the request did | the top-level server's | elsewhere |
 * | every other answer, and none | the top-level server's | elsewhere |
 * | a reply that is not what was signed | the block's server where one is named, else the top-level one | elsewhere |
 * | lanes that signed different things | the servers that are outvoted, all of that block where none has a majority | elsewhere |
 */
import type { Failure } from '../protocol/result.ts'
import type { Pending } from './types.ts'

/** `failure.retryable`: whether other servers may do it. `servers`: who is left out then; none where nobody is at fault. */
export interface Blame {
  failure: Failure
  servers: string[]
}

const HOP_FAILED = 'request.hop-failed'
const EXPELLED = /^(request|hop)\.tombstoned$/
const BY_THE_PROGRAM = /^hop\.(block-failed|too-large)$/

/** The code of the block's server where one refused, else the top-level server's. */
export const causeOf = ({ code, details }: Failure): string =>
  code === HOP_FAILED && typeof details?.['cause'] === 'string' ? details['cause'] : code

const elsewhere = (failure: Failure, ...servers: string[]): Blame => ({ failure: { ...failure, retryable: true }, servers })

/**
 * Judges what the top-level server answered instead of a reply, or why it answered nothing.
 * @param expelled identities whose tombstones hold
 * @param before cause of the attempt before, at other servers; null for the first attempt
 */
export function blameRefusal(pending: Pending, expelled: ReadonlySet<string>, failure: Failure, before: string | null): Blame {
  const cause = causeOf(failure)
  if (EXPELLED.test(cause) && expelled.has(pending.start.client)) return { failure: { ...failure, retryable: false }, servers: [] }
  if (failure.code !== HOP_FAILED) return elsewhere(failure, pending.top)
  const { server } = failure.details ?? {}
  if (typeof server !== 'string' || serverOf(pending, failure) !== server) return elsewhere(failure, pending.top)
  return BY_THE_PROGRAM.test(cause) && cause === before
    ? { failure: { ...failure, retryable: false }, servers: [server] }
    : elsewhere(failure, ...suspects(pending, failure, cause), server)
}

const BY_THE_ONE_BEFORE = 'hop.number'
/** Outputs of earlier blocks come to a block's server past the top-level one, which can open none of them. */
const BY_THOSE_BEFORE = /^(edge\.|program\.value$)/

/** Servers of earlier blocks that may be at fault where a later one refuses: what they sealed for it nobody else can look into. */
function suspects(pending: Pending, { details }: Failure, cause: string): string[] {
  const { lane, position } = details as { lane: number; position: number }
  const before = pending.lanes[lane]!.slice(0, position).map(({ server }) => server)
  if (cause === BY_THE_ONE_BEFORE) return before.slice(-1)
  return BY_THOSE_BEFORE.test(cause) ? before : []
}

/** Who runs the block and lane that a failure names. */
function serverOf(pending: Pending, { details }: Failure): string | undefined {
  const { lane, position } = details ?? {}
  return typeof lane === 'number' && typeof position === 'number' ? pending.lanes[lane]?.[position]?.server : undefined
}

const OF_THE_REPLY = /^(reply|thread|edge)\.|^request\.lanes$/

/**
 * Judges why a reply was not taken. What is not about the reply (reading the snapshot for what follows, a tick that has passed) is
 * nobody's fault.
 */
export function blameReply(pending: Pending, failure: Failure): Blame {
  if (!OF_THE_REPLY.test(failure.code)) return { failure, servers: [] }
  const named = failure.details?.['servers'] as string[] | undefined
  return elsewhere(failure, ...(named ?? [serverOf(pending, failure) ?? pending.top]))
}
