/** What the client's step hears besides the world, and what it asks the core to do. */
import type { Slot } from '../program/index.ts'
import type { Json } from '../protocol/canonical.ts'
import type { Reference } from '../protocol/documents/index.ts'
import type { WorldEffect, WorldEvent } from '../protocol/events.ts'
import type { Failure } from '../protocol/result.ts'
import type { FollowEvent, Prove } from '../protocol/ticks/index.ts'
import type { OwnKey, Reviewed } from './types.ts'
import type { Window } from './window.ts'

/** A document that the core signed, as the text of its document.json. */
export interface SignedText {
  document: string
  sha256: string
  spendFromKeys: string[]
  payToKeys: string[]
}

export type ClientEvent =
  | WorldEvent
  | FollowEvent
  /** A superseding offer of the app is by this key, whose grant was checked. */
  | { type: 'signer'; key: string }
  /** An offer, by its digest, that this node does not take. */
  | { type: 'offer.refused'; offer: string; why: string }
  /** Register with the app under the offer in force (its SHA-256); `bits` is its `work.client`. Safe to repeat. */
  | { type: 'register'; offer: string; bits: number }
  /** Answers `grind`: made by `composeRegistration` and `registrationSpending`. */
  | ({ type: 'work.done' } & SignedText)
  /** A reservation made by `composeReservation` for keys numbered from `nextKeyIndex`. */
  | ({ type: 'reserve'; keys: Array<{ index: number; key: string; collection: string }> } & SignedText)
  /**
   * `slots` are the endpoint's in the outline; `id` is fresh and random. `instead`: the request that it takes the place of, once; that one is
   * dropped if it still waits for review.
   */
  | { type: 'request'; id: string; endpoint: string; arguments: Record<string, Json>; slots: Slot[]; at: number; instead?: string }
  /** Answers `send`: the reply was opened. `window`: until when its writes count. */
  | { type: 'replied'; id: string; attempt: number; reviewed: Reviewed; window: Window }
  /** Answers `send` of an endpoint without blocks: no server took part, and nothing is to be written. */
  | { type: 'answered'; id: string; attempt: number; response: Json }
  /** Answers `send`: `servers` are those at fault, where known; `failure.retryable` says whether others may do it. */
  | { type: 'send.failed'; id: string; attempt: number; failure: Failure; servers: string[] }
  /** Beside `send.failed`: servers of a block disagreed, and what shows it is kept. */
  | { type: 'disagreed'; id: string; attempt: number; position: number; servers: string[]; opens: Record<string, Json> }
  /** The person publishes that; `composeDispute` signed it. A second time changes nothing. */
  | ({ type: 'dispute'; id: string } & SignedText)
  /** The person approves; `composeUpdate` signed the writes. A second approval of the same request changes nothing. */
  | ({ type: 'approve'; id: string } & SignedText)
  | { type: 'refuse'; id: string }
  /** The chain is seen at this height, maybe before its blocks came: a request that waits for review and would be too late ends. */
  | { type: 'height'; height: number }
  /** Answers `publish`; `sha256` is the document's. */
  | { type: 'published'; sha256: string; reference: Reference; txid: string; fee: number }
  | { type: 'publish.failed'; sha256: string; failure: Failure }

export type ClientEffect =
  | WorldEffect
  /** Find the nonce for the registration; answer `work.done`. `challenge` is hex. */
  | { type: 'grind'; challenge: string; bits: number }
  /**
   * Compose (with a new request id), send to the top-level server, open the reply; answer `replied` or `send.failed`. An endpoint without blocks is
   * answered without a server: `answered`. `before` is the cause for which
   * the attempt before failed, null for none.
   */
  | {
      type: 'send'
      id: string
      attempt: number
      endpoint: string
      arguments: Record<string, Json>
      keys: OwnKey[]
      exclude: string[]
      before: string | null
    }
  /** Anchor and broadcast exactly this document; answer `published`. Seed it, too, unless it is an update. Repeating it publishes nothing twice. */
  | ({ type: 'publish'; documentType: 'registration' | 'reservation' | 'update' | 'dispute' } & SignedText)
  | Prove
  /** An update's anchor is in a block: serve it now. In the mempool nobody shall read it, to write the same and pay more. */
  | { type: 'seed'; documentType: 'update'; document: string }
  /**
   * C1: an update of ours, stamped in tick `stamped`, was rejected by `tick` for its stamp. Fetch what was revealed of the former, find the fault with `findPoison`, and hand the complaint
   * to the Supervisor.
   */
  | { type: 'complaint'; id: string; tick: Reference; stamped: number; update: Reference; document: string }
