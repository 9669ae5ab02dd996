/**
 * Tombstones end an identity (essay, Supervisor Tick 2). The evidence is an anchored update and, for a server, the position of its
 * link; with what the tick revealed, anybody repeats the finding. Evidence that does not show the fault is refused.
 */
import type { CryptoPort } from '../crypto/index.ts'
import type { OpenedDocument, Plan, Reference, Tombstone } from '../documents/index.ts'
import { type RevealFile, verifyThread } from '../requests/index.ts'
import { fail, ok, type Result } from '../result.ts'
import { blameLink, checkStamp, readReveal, revealMatches, type Blame } from './verify-stamp.ts'

/** The fields of a tombstone document, to be signed with `signDocument(crypto, 'tombstone', …)`. */
export const tombstoneFields = (app: string, tick: number, update: Reference, blame: Blame): Omit<Tombstone, 'type' | 'v' | 'by'> => ({
  app,
  subject: blame.subject,
  kind: blame.kind,
  reason: blame.reason,
  evidence: { tick, update, position: blame.position },
})

/**
 * Accepts a tombstone only when its evidence shows what it says: the update was published by its author, its thread is signed by the
 * servers it names, its stamp fails under the revealed primes, and the first link at fault is the accused's (or none is and the accused
 * is the author). The reveal has to be the one that the tick's plan committed to. Whether `update` is anchored, and that `plan` and `reveal` were
 * published, is checked by their digests before. Error: `tombstone.evidence`.
 */
export function verifyTombstone(
  ctx: { crypto: CryptoPort },
  tombstone: Tombstone,
  reveal: RevealFile,
  plan: Plan,
  update: OpenedDocument<'update'>,
): Result<null> {
  const refuse = (why: string) => fail('tombstone.evidence', `The evidence does not hold: ${why}. Ignore this tombstone.`)
  const { evidence } = tombstone
  const { body } = update
  if (evidence.update?.sha256 !== update.sha256) return refuse('it names another update')
  if (reveal.tick !== evidence.tick || body.tick !== evidence.tick || reveal.app !== tombstone.app || body.app !== tombstone.app)
    return refuse('update, reveal and tick do not belong together')
  if (body.start.client !== body.by || body.start.request !== body.request || body.start.tick !== body.tick || body.start.app !== body.app)
    return refuse('the thread belongs to another request')
  const thread = verifyThread(ctx.crypto, body.start, body.links)
  if (!thread.ok || thread.value.number !== body.stamp.commit) return refuse('the thread is not signed by those it names')
  const opened = readReveal(ctx.crypto, reveal)
  if (plan.tick !== reveal.tick || !revealMatches(ctx.crypto, opened, plan)) return refuse('the revealed primes are not those of the plan')
  if (checkStamp(ctx, opened, body).ok) return refuse('the stamp passed through every prime')
  const blame = blameLink(ctx, opened, body)
  const same = blame.kind === tombstone.kind && blame.subject === tombstone.subject && blame.position === evidence.position
  return same ? ok(null) : refuse("the first fault is someone else's")
}
