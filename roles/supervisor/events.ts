/** What the Supervisor's step hears besides the world, and what it asks the core to do. */
import type { Burial, Offer, Plan, Reference } from '../protocol/documents/index.ts'
import type { AnchoredTransaction, WorldEffect, WorldEvent } from '../protocol/events.ts'
import type { Statement } from '../protocol/ticks/index.ts'
import type { SecretPlan } from './plan.ts'
import type { Resumed } from './state.ts'
import type { PlanToPublish } from './tick.ts'

export type SupervisorEvent =
  | WorldEvent
  /** A superseding offer was signed and published (essay, Supervisor bootstraps 5). */
  | { type: 'offer.superseding'; sha256: string; offer: Offer }
  /** The master key takes ticks back: its statement is signed and about to be published. */
  | { type: 'resuming'; resumption: Omit<Resumed, 'height' | 'obeyed'> }
  /** Answers `close`. The secrets are in the state before anything of them is published. */
  | { type: 'closed'; number: number; hash: string; plans: Array<{ plan: Plan; secret: SecretPlan }>; seed: string }
  /** Answers `compose`: the document is seeded, and its anchor was broadcast. */
  | {
      type: 'composed'
      number: number
      hash: string
      reference: Reference
      state: 'running' | 'sleeping'
      /** How many servers the tick lists. */
      servers: number
      decided: string[]
      foreign: string[]
      burials: Burial[]
    }
  /** The tick's own anchor is in a block: told to people, needed by nothing. */
  | { type: 'anchored'; reference: Reference; height: number }

/** Everything needed to close and compose a tick. JSON. */
export interface TickWork {
  app: string
  number: number
  /** SHA-256 of the offer in force: its outline and program are the core's to look up. */
  offer: string
  /** The key that signs the tick. */
  by: string
  genesis: number
  from: number
  to: number
  /** Hash of block `to`. */
  hash: string
  previous: Reference | null
  /** Undecided anchors of the period that this tick decides, in chain order. */
  transactions: AnchoredTransaction[]
  /** Ids of transactions whose documents came after the block of genesis was found: for this tick they are not there. */
  absent: string[]
  /** Anchored statements that this tick has to count. */
  ready: Statement[]
  /** Ticks for which plans are missing, if the tick runs. */
  planTicks: number[]
  /** Plans that this document publishes and that are kept already (it is composed again after a reorg). */
  plans: PlanToPublish[]
  /** Salts of the code of ticks whose requests may be disputed, with the offer whose program they are of; none where no dispute is anchored. */
  codes: Array<{ tick: number; offer: string; salts: SecretPlan['salts'] }>
  /** Secrets of number−2. */
  reveal: SecretPlan | null
}

export type SupervisorEffect =
  /** Documents come by themselves: the core brings whatever the state waits for. */
  | Exclude<WorldEffect, { type: 'fetch' }>
  /** Close the ledger and make the missing plans; answer `closed`. Publishes nothing. */
  | { type: 'close'; work: TickWork }
  /** Compose, seed and anchor the document; answer `composed`. `work.plans` is complete now. */
  | { type: 'compose'; work: TickWork; seed: string }
  /** Blocks of closed ticks are gone: take the ledger back until `number` is its last tick (−1: to nothing). */
  | { type: 'rollback'; number: number }
