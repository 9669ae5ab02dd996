/**
 * What a Supervisor has established about one app, as small JSON: the core stores it after every event that changes it. Documents,
 * ledger and snapshots are not in it; they follow from the chain and the swarm.
 */
import type { Offer, Plan, Reference } from '../protocol/documents/index.ts'
import type { AnchoredTransaction } from '../protocol/events.ts'
import type { Statement } from '../protocol/ticks/index.ts'
import type { SecretPlan } from './plan.ts'

export type Phase =
  /** The offer is signed and published; its anchor was not seen in a block yet. */
  | 'offered'
  /** The offer is in a block; fewer servers than its minimum have accepted within one window. */
  | 'gathering'
  /** The last tick had enough servers, whose identities are paid for by work; whether they answer is not known. */
  | 'ticking'
  /** The last tick had too few servers: it published no plan. */
  | 'sleeping'
  /** The master key took the secondary key back: nothing is published any more. */
  | 'revoked'
  /** Somebody else anchored a tick with the key that signs: nothing is published until the master key has ended that (`resume`). */
  | 'usurped'
  /** The master key takes ticks back; its anchor is in no block yet. */
  | 'resuming'
  /**
   * It was brought back from the phrase: what its lost disk knew of ticks that no block has is gone. A second document of one number over the same block would
   * count against the key, so nothing is signed before the master key has named another one (`resume`).
   */
  | 'restored'

/** What an acceptance says, as far as the app's first block follows from it. */
export interface Arrived {
  /** The server. */
  by: string
  /** Digest of the offer that it accepts. */
  offer: string
  /** Zero bits of its work. */
  bits: number
}

/** An anchor that waits for its decision, or was decided lately (it waits again when that tick is taken back). */
export interface Waiting {
  transaction: AnchoredTransaction
  decidedIn: number | null
  /** Of an acceptance, once its document is here. */
  arrived?: Arrived
}

/** Written before anything of it is published; kept until a reorg can hardly ask for it again. */
export interface KeptPlan {
  tick: number
  publishedIn: number
  /**
   * Of the block that ends the range of that document. After a reorg another block does, to which other servers' holdings follow: plans are made anew then,
   * so that no server learns the primes of two of them. These stay, in case the first branch comes back.
   */
  hash: string
  /** SHA-256 of the offer whose program it hands out. */
  offer: string
  plan: Plan
  secret: SecretPlan
}

export interface OfferInForce {
  sha256: string
  body: Offer
}

export interface TickRef {
  number: number
  reference: Reference
  to: number
  hash: string
  running: boolean
  /** How many servers it lists. */
  servers: number
}

/** An anchor on the line of seals (PROTOCOL.md 4.5): of the first offer, a tick, or a resumption. */
export interface Sealed {
  txid: string
  height: number
  sha256: string
  /** Of a tick. */
  number: number | null
  /** Whether it was made here. */
  own: boolean
}

/** What the master key said, written before it is published: the last good tick, the key that goes on, and since which block that holds. */
export interface Resumed {
  sha256: string
  good: number | null
  key: string
  height: number | null
  /** Whether a block had it once: then the ticks are taken back, and a reorg that takes its block does not bring them back. */
  obeyed: boolean
}

export interface SupervisorState {
  phase: Phase
  /** SHA-256 of the app's first offer, hex. */
  app: string
  offer: OfferInForce
  /** The key that signs ticks: that of the offer in force, or of a resumption. */
  by: string
  /** Keys that a resumption ended. */
  ended: string[]
  resumption: Resumed | null
  /** The line of seals in blocks, newest last; as far back as a reorg may reach. */
  seals: Sealed[]
  /** Block of the first offer's anchor. */
  offered: number | null
  /** A newer offer, from the next tick on; `height` once its anchor was seen. */
  next: { offer: OfferInForce; height: number | null } | null
  /** Block at which enough acceptances were in; null until tick 0 is begun, because a document that comes late may name an earlier one. */
  genesis: number | null
  /** Newest last; as many as a reorg may reach back to. */
  blocks: Array<{ height: number; hash: string }>
  /** Statements that servers anchored because they were left out, while they are good for ticks to come. */
  ready: Statement[]
  /** Revocations whose documents are not here yet. */
  expected: AnchoredTransaction[]
  waiting: Waiting[]
  plans: KeptPlan[]
  /** Newest last. */
  ticks: TickRef[]
  /** The tick under way: its ledger is being closed, or its document made and published. */
  composing: { number: number; hash: string; stage: 'closing' | 'publishing'; seed: string | null } | null
  /** Keys that the master took back: nothing is signed by them any more. */
  revoked: string[]
  /** Subjects of tombstones, with the tick from which on they count. */
  buried: Array<{ subject: string; tick: number }>
}

export const isBuried = ({ buried }: Pick<SupervisorState, 'buried'>, id: string): boolean => buried.some(({ subject }) => subject === id)

/** Blocks, ticks and decisions that are remembered for reorgs. */
export const REMEMBERED_BLOCKS = 144
export const REMEMBERED_TICKS = 12

/**
 * The state of a Supervisor that has just signed its offer.
 * @param offer its digest and body; @param app the app id: the digest itself for a first offer
 */
export const initialState = (offer: OfferInForce, app: string): SupervisorState => ({
  phase: 'offered',
  app,
  offer,
  by: offer.body.by,
  ended: [],
  resumption: null,
  seals: [],
  offered: null,
  next: null,
  genesis: null,
  blocks: [],
  ready: [],
  expected: [],
  waiting: [],
  plans: [],
  ticks: [],
  composing: null,
  revoked: [],
  buried: [],
})
