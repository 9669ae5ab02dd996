/** What a server has established, as small JSON; documents, code and keys are not in it. */
import type { FileEntry, Offer, Reference } from '../protocol/documents/index.ts'
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

/** An offer of the app seen on the chain; `terms` null until its document is here. */
export interface SeenOffer {
  reference: Reference
  height: number
  terms: OfferTerms | null
}

export const termsOf = (sha256: string, body: Offer): OfferTerms => ({
  by: body.by,
  master: body.master,
  title: body.title,
  perRequest: body.pay.perRequest,
  workBits: body.work.server,
  tickBlocks: body.tickBlocks,
  app: body.app ?? sha256,
  outline: body.outline,
})

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
  /**
   * Whether the chain knows this identity from a folder that is gone: which requests that one ran is not known here, and each is run once. So no block is run by a plan
   * that was published before its new acceptance was in a block (PROTOCOL.md 5.4).
   */
  isBack: boolean
  /** Number of the newest tick when a person left (−1 for none), since when it says for no further tick that it is ready; null while nobody did. */
  leaving: number | null
}

export type Phase =
  /** Its offer is not accepted yet, or does not count any more. */
  | 'without a job'
  /** Accepted here; the identity's proof of work is not found yet. */
  | 'grinding'
  /** The acceptance is signed and stored; no block has it. */
  | 'publishing'
  /** A block has it; no tick lists this server. */
  | 'accepted'
  /** The newest tick lists this server, and neither it nor the one before was planned with it: it has just joined, was left out, or the app sleeps. */
  | 'listed'
  /** A tick that runs was planned with it; whether requests come is up to clients. */
  | 'serving'
  /** It was listed and is no more. */
  | 'resting'
  /** It says for no further tick that it is ready, and serves those for which plans deal it in. */
  | 'leaving'
  /** All ticks are over that were planned with its word. */
  | 'left'
  /** The Supervisor published a tombstone for it. */
  | 'expelled'

/**
 * Ticks that were planned with what a server said when it was asked, when it leaves. Plans may deal it in for longer by what it once said on the chain, because it had
 * been left out: clients pass over it then, as over anybody who is away.
 */
const PROMISED = 4

/** Of one job. */
export interface ServerState {
  /** Offers of the job's app. */
  offers: SeenOffer[]
  job: Job | null
}

/** Whether blocks are run by a plan whose document is in the block at this height. */
export const mayRun = ({ isBack, acceptance }: Pick<Job, 'isBack' | 'acceptance'>, height: number): boolean =>
  !isBack || (acceptance !== null && acceptance.height !== null && acceptance.height < height)

export const initialServerState = (): ServerState => ({ offers: [], job: null })

export function phaseOf({ job }: ServerState): Phase {
  if (job === null) return 'without a job'
  if (job.expelled !== null) return 'expelled'
  const newest = newestTick(job.following)?.number ?? -1
  if (job.leaving !== null) return newest <= job.leaving + PROMISED && job.code.some(({ tick }) => tick >= newest) ? 'leaving' : 'left'
  if (job.acceptance === null) return 'grinding'
  if (job.acceptance.height === null) return 'publishing'
  if (job.listed === null) return 'accepted'
  if (job.listed.last < newest) return 'resting'
  return job.code.some(({ tick }) => tick <= newest) ? 'serving' : 'listed'
}
