/** What a relay keeps between hops: plain data, so that a request survives a restart of its host if it wants to. */
import type { HopReply, RequestMessage } from '../protocol/request.ts'
import type { ServerKeys, TickView } from './types.ts'

export interface RelayEnv {
  app: string
  keys: ServerKeys
  currentTick: number
  tick(number: number): TickView | null
}

export interface Relay {
  message: RequestMessage
  /** Replies of the blocks so far, in order. */
  replies: HopReply[]
  /** Reply key of the hop under way, hex; null between hops. */
  awaiting: string | null
}

/** Where the next hop goes. POST `bytes` to PATHS.hop of the server. */
export interface OutgoingHop { relay: Relay; position: number; server: string; host: string; port: number; bytes: Uint8Array }

export type RelayStep = { done: false; relay: Relay } | { done: true; reply: Uint8Array }
