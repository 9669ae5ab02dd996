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

export interface Relay {
  message: RequestMessage
  /** Of earlier legs. */
  before: Progress
  /** Whether client and servers signed the start and these links; asked for before anything is forwarded. Errors: `thread.start`, `thread.link`. */
  signed(): Result<null>
  /** What the next link of each lane follows. */
  ends: ThreadEnd[]
  /** The leg goes up to this block, exclusive. */
  end: number
  /** Replies of the blocks of this leg so far, in order, of each block one for each lane. */
  replies: HopReply[][]
  /** Reply keys of the hops under way, hex, by lane; null between blocks. */
  awaiting: string[] | null
}

/** Where one lane's hop goes. POST `bytes` to PATHS.hop of the server. */
export interface OutgoingHop {
  lane: number
  position: number
  server: string
  host: string
  port: number
  bytes: Uint8Array
}

export type RelayStep = { done: false; relay: Relay } | { done: true; reply: Uint8Array }
