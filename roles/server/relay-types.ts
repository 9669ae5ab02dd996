/** What a relay keeps between the blocks of a request. */
import type { ContinuationMessage, HopReply, RequestMessage, SealedEdge, ThreadEnd } from '../protocol/requests/index.ts'
import type { Result } from '../protocol/result.ts'
import type { ServerKeys, TickView } from './types.ts'

export interface RelayEnv {
  app: string
  keys: ServerKeys
  currentTick: number
  tick(number: number): TickView | null
}

/** What the blocks before a pause made, as a continuation brings it; no lanes in the first leg. */
export interface Progress {
  lanes: ContinuationMessage['before']
  outputs: Record<string, SealedEdge>
}

/** A leg of a request that was opened; what its lanes make is kept by who sends their hops. */
export interface Relay {
  message: RequestMessage
  /** Of earlier legs. */
  before: Progress
  /** Whether client and servers signed the start and these links; asked for before anything is forwarded. Errors: `thread.start`, `thread.link`. */
  signed(): Result<null>
  /** What the first link of this leg follows, in each lane. */
  ends: ThreadEnd[]
  /** The leg begins at this block, and goes up to that one, exclusive. */
  from: number
  end: number
}

/** Where one lane's hop goes, and what it goes on from. POST `bytes` to `pathTo(server, 'hop')`. */
export interface OutgoingHop {
  lane: number
  position: number
  server: string
  host: string
  port: number
  bytes: Uint8Array
  /** Key of its reply, hex. */
  key: string
  /** Of the lane's blocks of this leg before it. */
  replies: readonly HopReply[]
}
