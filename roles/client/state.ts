/** What a client has established with one app, as JSON. It holds the secrets of requests under way, so the core stores it as it stores keys. */
import type { Json } from '../protocol/canonical.ts'
import type { Reference, Verdict } from '../protocol/documents/index.ts'
import { startFollowing, type Following } from '../protocol/ticks/index.ts'
import type { OwnKey, Reviewed } from './types.ts'
import type { Window } from './window.ts'

/** A signed document on its way into the index; stored before anything of it is published. */
export interface Publication {
  documentType: 'registration' | 'reservation' | 'update' | 'dispute'
  /** Text of document.json: the same bytes whenever it is published. */
  document: string
  sha256: string
  spendFromKeys: string[]
  payToKeys: string[]
  reference: Reference | null
  txid: string | null
  fee: number | null
  /** Block of its anchor; null while in the mempool. */
  height: number | null
  /** The tick that decided it, and how: `accepted` or a code. */
  verdict: ({ tick: Reference; number: number } & Pick<Verdict, 'outcome' | 'rule'>) | null
  /** Publishing failed for now; it is tried again with the next block. */
  waiting: boolean
}

export interface ReservedKey extends OwnKey {
  /** Number in the wallet's derivation. */
  index: number
  /** SHA-256 of the reservation. */
  reservation: string
  /** The request that is using it, or null. */
  request: string | null
}

export type RequestPhase =
  /** On its way through the servers; nothing is public. */
  | 'sending'
  /** Thread and digests are in order; a person has to look at the writes. */
  | 'review'
  | 'refused'
  /** Its window closed, or a reorg took its tick, before anything was published. */
  | 'late'
  | 'nothing to write'
  /** Signed and stored; the transaction may be in the mempool. Its number is proved by the tick that reveals the primes. */
  | 'signed'
  /** A block has it. */
  | 'anchored'
  /** A tick accepted it into the index. */
  | 'counted'
  | 'rejected'
  | 'failed'

/** Servers of one block were given the same and signed different things; what shows that is kept until the person decides to publish it. */
export interface Disagreement {
  /** Position of the block. */
  position: number
  servers: string[]
  /** What becomes public for ever with the evidence, by edge id. */
  opens: Record<string, Json>
  /** Null while nothing of it is published. */
  publication: Publication | null
}

export interface RequestEntry {
  /** Of this entry, kept over retries; each attempt has a request id of its own. */
  id: string
  endpoint: string
  arguments: Record<string, Json>
  /** Keys by slot. */
  keys: OwnKey[]
  phase: RequestPhase
  attempt: number
  /** Servers that failed it, the latest last. */
  exclude: string[]
  /** Code for which the last attempt failed, once one did. */
  cause?: string
  reviewed: Reviewed | null
  /** Of an endpoint that was answered without a server, in its JSON form. */
  response?: Json
  /** Until when its writes count; null before a reply. */
  window: Window | null
  publication: Publication | null
  /** The last one of its attempts, if servers disagreed. */
  dispute?: Disagreement
  /** The request that was composed in its place. */
  again: string | null
  error: { code: string; message: string; retryable?: boolean } | null
  at: number
}

export interface ClientState {
  app: string
  /** X-only key of the registration. */
  client: string
  following: Following
  registration: Publication | null
  /** Digest of the offer whose terms the newest registration meets, how often it was tried under them, and whether its work is being found. */
  terms: { offer: string; tries: number; grinding: boolean } | null
  reservations: Publication[]
  keys: ReservedKey[]
  requests: RequestEntry[]
}

/** Attempts of one request, the first included. */
export const MAX_ATTEMPTS = 3
/** Registrations under one offer: each pays a fee, and what is refused so often is refused for a reason that repeating does not mend. */
export const MAX_REGISTRATIONS = 3
/** Reservations refused one after the other, after which the client makes none by itself. */
export const MAX_REFUSED_RESERVATIONS = 3
/** Requests remembered after they ended. */
export const REMEMBERED_REQUESTS = 200

/** @param app id; @param master key of its Supervisor; @param signers the offer's `by`; keys of superseding offers come as `signer` events */
export const initialClientState = (app: string, master: string, signers: string[], client: string): ClientState => ({
  app,
  client,
  following: startFollowing(app, master, signers),
  registration: null,
  terms: null,
  reservations: [],
  keys: [],
  requests: [],
})

export const isAccepted = (publication: Publication | null): boolean => publication?.verdict?.outcome === 'accepted'

/** Decided, and not accepted. */
export const isRefused = (publication: Publication | null): boolean =>
  publication !== null && publication.verdict !== null && !isAccepted(publication)

/** `registration.known`: the key, which is derived from the seed phrase, is registered already; so says a tick to a wallet that was restored. */
export const isRegistered = ({ registration }: ClientState): boolean =>
  isAccepted(registration) || registration?.verdict?.outcome === 'registration.known'

/** Keys that a new request may use: reserved in a counted reservation, and in no request that is under way. */
export const freeKeys = (state: ClientState): OwnKey[] => {
  const counted = new Set(state.reservations.filter(isAccepted).map((reservation) => reservation.sha256))
  return state.keys
    .filter((own) => own.request === null && counted.has(own.reservation))
    .map(({ key, collection, written }) => ({ key, collection, written }))
}

export interface KeyCounts {
  /** Fresh, counted and in no request. */
  free: number
  /** Fresh, and not counted yet. */
  coming: number
  /** In requests under way. */
  busy: number
  /** Of rows that the client owns, in no request. */
  written: number
}

/** How the client's keys of a collection stand. Those of refused reservations are none of its keys. */
export function keyCounts(state: ClientState, collection: string): KeyCounts {
  const reservations = new Map(state.reservations.map((one) => [one.sha256, one]))
  const counts: KeyCounts = { free: 0, coming: 0, busy: 0, written: 0 }
  for (const own of state.keys) {
    const reservation = reservations.get(own.reservation) ?? null
    if (own.collection !== collection || isRefused(reservation)) continue
    counts[own.request !== null ? 'busy' : own.written ? 'written' : isAccepted(reservation) ? 'free' : 'coming']++
  }
  return counts
}

/** Derivation number of the next data key: never used twice. */
export const nextKeyIndex = (state: ClientState): number => state.keys.reduce((next, own) => Math.max(next, own.index + 1), 0)
