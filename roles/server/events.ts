/** What the server's step hears besides the world, and what it asks the core to do. */
import type { FileEntry, Reference } from '../protocol/documents/index.ts'
import type { WorldEffect, WorldEvent } from '../protocol/events.ts'
import type { FollowEvent, Prove } from '../protocol/ticks/index.ts'
import type { Failure } from '../protocol/result.ts'
import type { SeenOffer } from './state.ts'

export type ServerEvent =
  | WorldEvent
  | FollowEvent
  /** A person, or the node's rule, accepts an offer by its digest; `offers` are those of its app that were seen. A job that was left is taken up again. */
  | { type: 'accept'; offer: string; offers: SeenOffer[] }
  | { type: 'leave' }
  /** Answers `grind`: the acceptance that `composeAcceptance` made of the nonce, as the text of its document.json. */
  | { type: 'work.done'; offer: string; document: string; sha256: string }
  /** Answers `sign-ready`: made by `composeReady`, as the text of its document.json. */
  | { type: 'ready-signed'; document: string; sha256: string; ticks: { from: number; to: number } }
  /** Answers `publish`. */
  | { type: 'published'; id: string; reference: Reference; txid: string; fee: number }
  | { type: 'publish.failed'; id: string; failure: Failure }
  /** The program of the offer is broken for good. */
  | { type: 'unusable'; offer: string; failure: Failure }
  /** Answers `fetch-file` of a code file that the document `plan` (its digest) lists: it was opened by `openCode` and is held, or not. */
  | { type: 'code'; tick: number; plan: string; failure: Failure | null }
  /** Answers `burial`: whether the evidence of this server's own tombstone in that tick holds. */
  | { type: 'burial'; tick: string; holds: boolean; problems: string[] }

export type ServerEffect =
  | WorldEffect
  | Prove
  /** Tell which blocks had anchors before this server took the job, in one event: `history`. */
  | { type: 'look-back' }
  /** Find the nonce for an identity; answer `work.done`. `challenge` is hex. */
  | { type: 'grind'; offer: string; identity: string; challenge: string; bits: number }
  /** Sign that this server is ready for these ticks; answer `ready-signed`. */
  | { type: 'sign-ready'; offer: string; from: number; to: number }
  /** Seed, anchor and broadcast exactly this document; answer `published`. Repeating it publishes nothing twice. */
  | {
      type: 'publish'
      id: string
      documentType: 'acceptance' | 'ready'
      document: string
      sha256: string
      spendFromKeys: string[]
      payToKeys: string[]
      /** Of a statement that this server is ready. */
      ticks?: { from: number; to: number }
    }
  /** Fetch a file of a document's torrent: the offer's outline (keep it), or the code for a tick (open it, answer `code`). */
  | { type: 'fetch-file'; reference: Reference; file: FileEntry; purpose: 'outline' }
  | { type: 'fetch-file'; reference: Reference; file: FileEntry; purpose: 'code'; tick: number }
  /** Look whether this server's own tombstone in a tick holds; answer `burial`. */
  | { type: 'burial'; reference: Reference }
