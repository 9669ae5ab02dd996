/** J2 by a person: the job offers that this server has seen, and the decision about one. */
import type { OfferView } from '../../contract/index.ts'
import { fail, failForNow, ok, type Failure, type Result } from '../../../roles/protocol/result.ts'
import type { ServerEvent, ServerState } from '../../../roles/server/index.ts'
import type { Dispatching } from '../engine.ts'

type Member = Dispatching<ServerState, ServerEvent>

/** Best paid first; those whose documents are not here yet have nothing to decide about and are left out. */
export function offersOf({ offers, job }: ServerState): OfferView[] {
  const shown = offers.flatMap(({ reference: { sha256: id }, height, terms, declined }): OfferView[] => {
    if (terms === null) return []
    const { title, app, master, perRequest, workBits } = terms
    const state = job?.offer === id ? 'accepted' : declined ? 'declined' : 'open'
    return [{ id, app, master, title, perRequest, workBits, height, supersedes: app !== id, state }]
  })
  return shown.sort((a, b) => b.perRequest - a.perRequest || a.height - b.height)
}

/**
 * Takes the decision down; what follows from it happens by itself. Safe to repeat, and a declined offer may be accepted later.
 * Errors: `server.offer` (never seen), `server.offer-missing` (retryable), `server.job` (it has a job, which no decision ends).
 */
export async function decideOffer(member: Member, decision: 'accept' | 'decline', offer: string): Promise<Result<null>> {
  const refusal = refusalOf(member.state(), decision, offer)
  if (refusal !== null) return { ok: false, error: refusal }
  await member.dispatch({ type: decision, offer })
  // Its own rule may have been quicker.
  const { job } = member.state()
  return decision === 'accept' && job?.offer !== offer ? hasJob(job?.terms.title ?? '') : ok(null)
}

const hasJob = (title: string) =>
  fail('server.job', `This server works for «${title}» already, and an identity serves one offer. Start another server for a second one.`)

function refusalOf({ offers, job }: ServerState, decision: 'accept' | 'decline', offer: string): Failure | null {
  const seen = offers.find(({ reference }) => reference.sha256 === offer)
  if (seen === undefined) return fail('server.offer', 'This server has seen no such job offer on the chain. Look at its list again.').error
  if (seen.terms === null)
    return failForNow('server.offer-missing', 'The document of this job offer is not here yet. Try again in a moment.').error
  if (job === null || (decision === 'accept') === (job.offer === offer)) return null
  return decision === 'accept'
    ? hasJob(job.terms.title).error
    : fail('server.job', `This server accepted «${job.terms.title}» already. Stop it, if it is not to serve any more.`).error
}
