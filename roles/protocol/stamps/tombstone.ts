/**
 * Tombstones end a server (essay, Supervisor Tick 2). The evidence is its own link in an anchored update; with what the tick revealed,
 * anybody repeats the finding. Evidence that does not show the fault is refused.
 */
import type { CryptoPort } from '../crypto/index.ts'
import type { OpenedDocument, Reference, Tombstone } from '../documents/index.ts'
import { beginThread, holdingOf, type PlannedTick, type RevealFile } from '../requests/index.ts'
import { fail, ok, type Result } from '../result.ts'
import { faultOfLink, readReveal, revealMatches, type Blame } from './verify-stamp.ts'

/** The fields of a tombstone document, to be signed with `signDocument(crypto, 'tombstone', …)`. */
export const tombstoneFields = (app: string, tick: number, update: Reference, blame: Blame): Omit<Tombstone, 'type' | 'v' | 'by'> => ({
  app,
  subject: blame.subject,
  reason: blame.reason,
  evidence: { tick, update, lane: blame.lane, position: blame.position },
})

/**
 * Accepts a tombstone only when its evidence shows what it says: the update was published by its author, the lane's thread is signed by the
 * servers it names, and the accused's link does not multiply or bind under the revealed primes, whatever the other links do. The reveal has
 * to be the one that the tick's plan committed to, and the block dealt to the accused. Whether `update` is anchored, and that plan and `reveal`
 * were published, is checked by their digests before. Error: `tombstone.evidence`.
 */
export function verifyTombstone(
  ctx: { crypto: CryptoPort },
  tombstone: Tombstone,
  reveal: RevealFile,
  planned: PlannedTick,
  update: OpenedDocument<'update'>,
): Result<null> {
  const refuse = (why: string) => fail('tombstone.evidence', `The evidence does not hold: ${why}. Ignore this tombstone.`)
  const { evidence } = tombstone
  const { body } = update
  if (evidence.update.sha256 !== update.sha256) return refuse('it names another update')
  if (reveal.tick !== evidence.tick || body.tick !== evidence.tick || reveal.app !== tombstone.app || body.app !== tombstone.app)
    return refuse('update, reveal and tick do not belong together')
  if (body.start.client !== body.by || body.start.request !== body.request || body.start.tick !== body.tick || body.start.app !== body.app)
    return refuse('the thread belongs to another request')
  const links = body.lanes[evidence.lane] ?? []
  const link = links[evidence.position]
  if (link === undefined || link.server !== tombstone.subject) return refuse("the link is someone else's")
  const thread = beginThread(ctx.crypto, body.start, evidence.lane, links)
  if (!thread.ok || !thread.value.signed().ok) return refuse('the thread is not signed by those it names')
  const opened = readReveal(ctx.crypto, reveal)
  const { plan } = planned
  if (plan.tick !== reveal.tick || !revealMatches(ctx.crypto, opened, plan)) return refuse('the revealed primes are not those of the plan')
  if (holdingOf(ctx.crypto, planned).versionOf(body.endpoint, link.position, link.server) !== link.version)
    return refuse('the block was not dealt to this server')
  return faultOfLink(ctx, opened, link) === null ? refuse('the link multiplied and bound as it had to') : ok(null)
}
