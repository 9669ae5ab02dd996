/** C1: a client looks into its own rejected updates as soon as a tick has revealed the primes, and reports what it finds with evidence. */
import type { Update, Plan, Reference } from '../protocol/documents/index.ts'
import type { RevealFile } from '../protocol/requests/index.ts'
import { checkStamps, readReveal, revealMatches, type Blame } from '../protocol/stamps/index.ts'
import type { Context } from './types.ts'

/** What anybody can check again from the anchored update and the tick's reveal. */
export interface Complaint {
  app: string
  tick: number
  update: Reference
  finding: Finding
}

export type Finding =
  /** The links that did not multiply or bind. */
  | { by: 'server'; blamed: Blame[] }
  /** The stamp is right under the revealed primes, or they are not those of the plan: the rejection was wrong. */
  | { by: 'supervisor'; reason: string }

/**
 * Finds who is at fault for an update that a tick rejected with `update.stamp`.
 * @param reveal of the update's tick, its SHA-256 compared with the tick document's; @param plan of that tick
 */
export function findPoison(
  ctx: Pick<Context, 'crypto'>,
  app: string,
  update: Update,
  reference: Reference,
  reveal: RevealFile,
  plan: Plan,
): Complaint {
  const opened = readReveal(ctx.crypto, reveal)
  const about = { app, tick: update.tick, update: reference }
  if (!revealMatches(ctx.crypto, opened, plan))
    return { ...about, finding: { by: 'supervisor', reason: "The revealed secrets are not those that the tick's plan committed to." } }
  const { stamp, blamed } = checkStamps(ctx, opened, update)
  if (stamp.ok)
    return { ...about, finding: { by: 'supervisor', reason: 'The stamp passed through every revealed prime, and was rejected.' } }
  return { ...about, finding: { by: 'server', blamed } }
}
