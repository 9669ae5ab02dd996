/** A top-level server that takes all lanes through one block before any goes on to the next: tests look at what stands between two blocks. */
import type { HopReply } from '../../../roles/protocol/requests/index.ts'
import { ok, type Result } from '../../../roles/protocol/result.ts'
import { answerOf, nextHop, openReply } from '../../../roles/server/relay.ts'
import type { OutgoingHop, Relay, RelayEnv } from '../../../roles/server/relay-types.ts'
import type { Context } from '../../../roles/server/types.ts'

/** A leg, and what its blocks made so far, of each block one reply for each lane. */
export type Between = Relay & { replies?: HopReply[][] }
export interface UnderWay {
  relay: Relay & { replies: HopReply[][] }
  /** One for each lane. */
  hops: OutgoingHop[]
}

/** The hops to the next block. Errors: those of `nextHop`. */
export function nextHops(ctx: Context, env: RelayEnv, between: Between): Result<UnderWay> {
  const relay = { ...between, replies: between.replies ?? [] }
  const hops: OutgoingHop[] = []
  for (const lane of relay.message.lanes.keys()) {
    const before = relay.replies.map((of) => of[lane]!)
    const hop = nextHop(ctx, env, relay, lane, before)
    if (!hop.ok) return hop
    hops.push(hop.value)
  }
  return ok({ relay, hops })
}

export const openHopReply = (ctx: Context, env: RelayEnv, { relay, hops }: UnderWay, lane: number, bytes: Uint8Array): Result<HopReply> =>
  openReply(ctx, env, relay, hops[lane]!, bytes)

/** Compares what came back of the block. */
export function takeReplies(
  ctx: Context,
  { relay }: UnderWay,
  opened: HopReply[],
): { done: true; reply: Uint8Array } | { done: false; relay: Between } {
  const replies = [...relay.replies, opened]
  const reply = answerOf(ctx, relay, replies)
  return reply === null ? { done: false, relay: { ...relay, replies } } : { done: true, reply }
}
