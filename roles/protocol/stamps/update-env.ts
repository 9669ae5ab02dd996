/** What updates are held against, and what may come of that (PROTOCOL.md 13). */
import type { Program } from '../../program/index.ts'
import type { CryptoPort } from '../crypto/index.ts'
import type { Database } from '../index/index.ts'
import type { PlannedTick } from '../requests/index.ts'
import { fail, ok, type Result } from '../result.ts'

export interface VerifyContext {
  crypto: CryptoPort
}

/** What an update is held against. */
export interface UpdateEnv extends ProofEnv {
  /** The period of the update's anchor: it is stamped in the tick of that number or the one before. */
  period: number
  /** As it stands after everything earlier in chain order. */
  database: Database
  /** Whether the request id stands in an accepted update of this author. */
  used: (request: string) => boolean
}

/** The part of it that a few ticks tell, without the database. */
export interface ProofEnv {
  app: string
  /** Outline of the offer under which the plan of the update's tick was made. */
  outline: Program
  /** The plan of the update's tick with what its holders are dealt from and the SHA-256 of the document that published it; null when it had none (sleeping). */
  planned: PlannedTick | null
  /** SHA-256 of that tick's document, and hash of the last block that it closes; empty when there is none. */
  base: string
  hash: string
  /** Whether an identity had its tombstone when the update's tick opened. */
  tombstoned: (id: string) => boolean
}

/** Every outcome but `accepted`. The texts of the messages go to the update's author. */
export const UPDATE_OUTCOMES = [
  'update.late',
  'update.early',
  'update.app',
  'update.client',
  'update.request',
  'update.start',
  'update.plan',
  'update.base',
  'update.lanes',
  'update.thread',
  'update.path',
  'update.version',
  'update.server',
  'update.seat',
  'update.sites',
  'update.digest',
  'update.collection',
  'update.fields',
  'update.type',
  'update.carried',
  'update.key',
  'update.owner',
  'update.replaced',
  'update.slot',
  'update.signature',
  'update.stamp',
  'update.spends',
  'update.rule',
  'update.unavailable',
  'update.limit',
] as const
export type UpdateOutcome = (typeof UPDATE_OUTCOMES)[number]

export const refuse = (
  outcome: UpdateOutcome,
  message: string,
  details?: Record<string, unknown>,
): { ok: false; error: ReturnType<typeof fail>['error'] } => fail(outcome, message, details)

export const passed: Result<null> = ok(null)
