/** Moving a request from block to block, in all of its lanes beside each other. */
import { MESSAGE_LIMIT, pathTo, type HopReply } from '../../../roles/protocol/requests/index.ts'
import { ok, type Result } from '../../../roles/protocol/result.ts'
import { answerOf, hopFailed, nextHop, openReply, type HopEnv, type OutgoingHop, type Relay } from '../../../roles/server/index.ts'
import type { ServerSession } from './session.ts'

/** Of one block's server. A relay has to outlive hops that never answer, or are slow one after the other: its client would not learn which server to leave out. */
const HOP_TIMEOUT_MS = 8_000

/** The time that one request may take, who took most of it, and processor time of its own, in milliseconds. */
export interface Pace {
  until: number
  spent: number
  slowest: { ms: number; hop: OutgoingHop | null }
}

/** @param env asked for anew, because a tick may begin while the request is under way */
export type RelayRequest = (relay: Relay, env: () => HopEnv, pace: Pace) => Promise<Result<Uint8Array>>

export function createRelaying(
  { transport, clock }: Pick<ServerSession['services'], 'transport' | 'clock'>,
  ctx: ServerSession['ctx'],
): RelayRequest {
  async function send(relay: Relay, env: () => HopEnv, hop: OutgoingHop, pace: Pace): Promise<Result<HopReply>> {
    const { server, host, port, bytes } = hop
    const began = clock.now()
    const timeoutMs = Math.max(1, Math.min(HOP_TIMEOUT_MS, pace.until - began))
    const reply = await transport.send({ host, port }, pathTo(server, 'hop'), bytes, { timeoutMs, maxBytes: MESSAGE_LIMIT })
    const took = clock.now() - began
    if (took > pace.slowest.ms) pace.slowest = { ms: took, hop }
    if (reply.ok) return openReply(ctx, env(), relay, hop, reply.value)
    // Where the time of all is over, it is the doing of the slowest, not of whoever came last.
    const isLate = reply.error.code === 'transport.timeout' && timeoutMs < HOP_TIMEOUT_MS
    return hopFailed(ctx, relay, hop, reply.error, isLate ? pace.slowest.hop : null)
  }

  /** Runs one lane of a leg, until it fails or nothing more is wanted. */
  async function goOn(lane: number, relay: Relay, env: () => HopEnv, pace: Pace, lanes: Lanes): Promise<void> {
    for (let replies = lanes.of(lane); replies !== null; replies = lanes.of(lane)) {
      const began = clock.now()
      const hop = nextHop(ctx, env(), relay, lane, replies)
      pace.spent += clock.now() - began
      lanes.take(lane, hop.ok ? await send(relay, env, hop.value, pace) : hop)
    }
  }

  return (relay, env, pace) =>
    new Promise((resolve, reject) => {
      const lanes = createLanes(ctx, relay, resolve)
      for (const lane of relay.message.lanes.keys()) goOn(lane, relay, env, pace, lanes).catch(reject)
    })
}

interface Lanes {
  /** What a lane made so far, for its next block; null when it has to run none. */
  of(lane: number): readonly HopReply[] | null
  /** What came of the lane's next block. */
  take(lane: number, reply: Result<HopReply>): void
}

/**
 * Lanes that go on by themselves, compared block by block as soon as all have made a block: what came of an earlier block counts before whatever a later one
 * makes or fails with, because that may be the doing of a server that lied before it in its lane. So a lane that failed is told of when all are alike before.
 * @param end is told what the client is answered; what lanes do that are still under way interests nobody
 */
function createLanes(ctx: ServerSession['ctx'], relay: Relay, end: (answer: Result<Uint8Array>) => void): Lanes {
  const made: HopReply[][] = relay.message.lanes.map(() => [])
  const failures: Array<Failed | undefined> = relay.message.lanes.map(() => undefined)
  /** Blocks on which all lanes agree. */
  const alike: HopReply[][] = []
  let over = false

  function nextAnswer(): Result<Uint8Array> | null {
    const block = alike.length
    const failed = failures.find((failure, lane) => failure !== undefined && made[lane]!.length === block)
    if (failed !== undefined) return failed
    if (made.some((replies) => replies.length === block)) return null
    alike.push(made.map((replies) => replies[block]!))
    const answer = answerOf(ctx, relay, alike)
    return answer === null ? nextAnswer() : ok(answer)
  }

  return {
    of: (lane) => (over || failures[lane] !== undefined || relay.from + made[lane]!.length === relay.end ? null : made[lane]!),
    take(lane, reply) {
      if (over) return
      if (reply.ok) made[lane] = [...made[lane]!, reply.value]
      else failures[lane] = reply
      const answer = nextAnswer()
      if (answer === null) return
      over = true
      end(answer)
    },
  }
}

type Failed = Extract<Result<never>, { ok: false }>
