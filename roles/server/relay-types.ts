/** What a relay keeps between hops. */
import type { SealedEdge, HopReply, RequestMessage } from '../protocol/requests/index.ts'
import type { Link } from '../protocol/documents/index.ts'
import type { Result } from '../protocol/result.ts'
import type { ServerKeys, TickView } from './types.ts'

export interface RelayEnv {
  app: string
  keys: ServerKeys
  currentTick: number
  tick(number: number): TickView | null
}

/** What the blocks before a pause made, as a continuation brings it. */
export interface Progress {
  links: Link[]
  outputs: Record<string, SealedEdge>
  handoff: string | null
}

export interface Relay {
  message: RequestMessage
  /** Of earlier legs; empty in the first one. */
  before: Progress
  /** Whether client and servers signed the start and these links; asked for before a reply is taken. Errors: `thread.start`, `thread.link`. */
  signed(): Result<null>
  /** The leg goes up to this block, exclusive. */
  end: number
  /** Replies of the blocks of this leg so far, in order. */
  replies: HopReply[]
  /** Reply key of the hop under way, hex; null between hops. */
  awaiting: string | null
}

/** Where the next hop goes. POST `bytes` to PATHS.hop of the server. */
export interface OutgoingHop {
  relay: Relay
  position: number
  server: string
  host: string
  port: number
  bytes: Uint8Array
}

export type RelayStep = { done: false; relay: Relay } | { done: true; reply: Uint8Array }
