/** What a server has established, as small JSON; documents, code and keys are not in it. */
import type { FileEntry, Reference } from '../protocol/documents/index.ts'
import { newestTick, type Following } from '../protocol/ticks/index.ts'

/** The part of a job offer that decides and prices. */
export interface OfferTerms {
  by: string
  master: string
  title: string
  perRequest: number
  workBits: number
  tickBlocks: number
  /** App id: the first offer's digest. */
  app: string
  outline: FileEntry
}

/** An offer seen on the chain; `terms` null until its document is here. */
export interface SeenOffer {
  reference: Reference
  height: number
  terms: OfferTerms | null
  declined: boolean
}

/** J2: a rule for deciding without a person. */
export interface Rule {
  /** Accept by itself what suits; otherwise a person is asked. */
  auto: boolean
  /** Least pay for one request, sats. */
  minPayPerRequest: number
  /** Ticks after which it stops serving; null for no end. */
  maxTicks: number | null
}

/** The signed acceptance: stored before anything of it is published. */
export interface OwnAcceptance {
  document: string
  sha256: string
  reference: Reference | null
  txid: string | null
  height: number | null
}

/** Code of one tick for this server. `held`: fetched, opened and checked. */
export interface OwnCode {
  tick: number
  reference: Reference
  file: FileEntry
  state: 'fetching' | 'held' | 'failed'
  failure: string | null
}

/** The statement that it anchored because ticks left it out, stored before it is published. */
export interface OwnReady {
  document: string
  sha256: string
  /** The last tick that it is about. */
  to: number
}

export interface Job {
  offer: string
  terms: OfferTerms
  /** This server's x-only key for the offer. */
  identity: string
  acceptance: OwnAcceptance | null
  following: Following
  code: OwnCode[]
  /** Number of the tick that listed this server first and last; null before. */
  listed: { first: number; last: number } | null
  /** Ticks whose plans left this server out though they list it, since it last said on the chain that it is ready. */
  leftOut: number
  ready: OwnReady | null
  /** Digest of the tick that carries its tombstone; undone when that one counts no more. */
  expelled: string | null
}

export type Phase =
  /** No offer that suits was seen. */
  | 'looking'
  /** An offer waits for a person. */
  | 'deciding'
  /** Accepted here; the identity's proof of work is not found yet. */
  | 'grinding'
  /** The acceptance is signed and stored; no block has it. */
  | 'publishing'
  /** A block has it; no tick lists this server. */
  | 'accepted'
  /** The newest tick lists this server; whether requests come is up to clients. */
  | 'serving'
  /** It was listed and is no more, or served as long as its rule says. */
  | 'resting'
  /** The Supervisor published a tombstone for it. */
  | 'expelled'

export interface ServerState {
  rule: Rule
  offers: SeenOffer[]
  job: Job | null
}

export const DEFAULT_RULE: Rule = { auto: false, minPayPerRequest: 1, maxTicks: null }

export const initialServerState = (rule: Rule = DEFAULT_RULE): ServerState => ({ rule, offers: [], job: null })

/** Whether it has served as long as its rule says. */
export function hasServed({ job, rule }: ServerState): boolean {
  if (job === null || job.listed === null || rule.maxTicks === null) return false
  return (newestTick(job.following)?.number ?? -1) - job.listed.first >= rule.maxTicks
}

export function phaseOf(state: ServerState): Phase {
  const { job, offers } = state
  if (job === null) return offers.some((offer) => offer.terms !== null && !offer.declined) ? 'deciding' : 'looking'
  if (job.expelled !== null) return 'expelled'
  if (job.acceptance === null) return 'grinding'
  if (job.acceptance.height === null) return 'publishing'
  if (job.listed === null) return 'accepted'
  const newest = newestTick(job.following)?.number ?? -1
  return hasServed(state) || job.listed.last < newest ? 'resting' : 'serving'
}
