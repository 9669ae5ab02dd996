/**
 * A job that is found goes on by itself where that is safe: with the identity that it had, for an app that still runs and lists it, where nobody else answers in its
 * name. What its lost folder had promised is kept by the role: it runs no block by a plan that was published before it was back (PROTOCOL.md 5.4). Everything else is
 * left to a person, with the reason and what to type.
 */
import { utf8 } from '../../../roles/protocol/bytes.ts'
import { openDocument, type Tick } from '../../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../../roles/protocol/events.ts'
import { isReadyFor, pathTo } from '../../../roles/protocol/requests/index.ts'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import { paysKey, referenceOf, spendsKey, startFollowing } from '../../../roles/protocol/ticks/index.ts'
import { termsOf } from '../../../roles/server/index.ts'
import type { FoundView } from '../../contract/wallet.ts'
import { anchoredBetween, tipIn } from '../chain-watch.ts'
import type { EngagementRow } from '../engagements/index.ts'
import { historyOf, type CountedTick } from '../history.ts'
import type { Services } from '../services.ts'
import { isEnded, offersBy, type AnchoredOffer } from './offers.ts'

type JobServices = Pick<Services, 'storage' | 'documents' | 'transport' | 'crypto'>

/** A week of blocks without a sign of it: whether a person left the job since is not known. */
const LONG_AGO = 1_008
const ANSWER = { timeoutMs: 4_000, maxBytes: 4_096 }

interface Node {
  /** Where others would reach it. */
  address: string
  /** Those that it works for already. */
  apps: ReadonlySet<string | null>
}

/** What is known of a job. */
interface Job {
  found: FoundView
  offers: AnchoredOffer[]
  anchored: readonly AnchoredTransaction[]
  ticks: CountedTick[]
  tip: number
}

/**
 * The row with which a job that was found begins again. Errors: `restore.job` (why it is left to a person, and what to type), those of fetching.
 */
export async function jobAgain(services: JobServices, found: FoundView, node: Node): Promise<Result<EngagementRow>> {
  const { app, master, offer } = found
  if (node.apps.has(app)) return leave(found, 'this node works for its app already, with another identity')
  const anchored = anchoredBetween(services.storage, -1, Number.MAX_SAFE_INTEGER)
  const offers = await offersBy(services, anchored, app, master)
  if (!offers.some(({ document }) => document.sha256 === offer)) return leave(found, 'its offer cannot be had now', 'golem wallet find')
  const signers = [...new Set(offers.map(({ document }) => document.body.by))]
  const history = await historyOf(services, startFollowing(app, master, signers), null, true)
  if (!history.ok) return history
  const job: Job = { found, offers, anchored, ticks: history.value.ticks, tip: tipIn(services.storage)?.height ?? 0 }
  const why = (await whyEnded(services, job)) ?? whyNotWanted(job) ?? whyNotReached(job, node) ?? (await whyElsewhere(services, job))
  if (why !== null) return leave(found, why)
  const seen = offers.map(({ transaction, document }) => ({
    reference: referenceOf(transaction),
    height: transaction.height,
    terms: termsOf(document.sha256, document.body),
  }))
  return ok({ role: 'server', app, offer: offer!, offers: seen, title: found.title ?? '', state: 'active' })
}

const leave = ({ offer }: FoundView, why: string, command = `golem host join ${offer?.slice(0, 8) ?? ''}`): Result<never> =>
  fail('restore.job', `The job is not taken up by itself: ${why}. When that has changed: ${command}`)

const newest = ({ ticks }: Job): Tick | null => ticks.at(-1)?.document.body ?? null

/** Its app is at its end, or the server is. */
async function whyEnded(services: JobServices, job: Job): Promise<string | null> {
  const { found, offers, anchored } = job
  if (newest(job)?.tombstones.includes(found.id) === true) return 'a tick lists a tombstone of its identity, which serves this app no more'
  return (await isEnded(services, anchored, found.master, offers))
    ? 'the app was ended, or is changing its key: the master key took back every key that signs'
    : null
}

/** Whether a person may have left the job before the folder was lost. */
function whyNotWanted(job: Job): string | null {
  const { found, tip } = job
  const tick = newest(job)
  const isListed = tick?.servers.some(({ id }) => id === found.id) ?? true
  if (!isListed && lastAcceptance(job) <= tick!.blocks.from) return 'no tick lists it'
  const sign = Math.max(lastAcceptance(job), lastReady(job))
  return tip - sign <= LONG_AGO || saysReady(job)
    ? null
    : `nothing was heard of it since block ${sign}, a week or longer ago, and whether you had left it is not known`
}

const lastAcceptance = ({ found, anchored }: Job): number =>
  anchored.findLast((transaction) => transaction.anchor.type === 'acceptance' && paysKey(transaction, found.id))?.height ?? 0

/** Height up to which a plan had its word. */
const lastReady = ({ found, ticks }: Job): number =>
  ticks.findLast(({ document }) => document.body.plans.some(({ ready }) => ready.includes(found.id)))?.document.body.blocks.to ?? 0

/** Whether it said on the chain that it is ready for ticks to come. */
const saysReady = (job: Job): boolean =>
  job.anchored.some(
    (transaction) =>
      transaction.anchor.type === 'ready' &&
      (transaction.anchor.ticks?.to ?? -1) > (newest(job)?.number ?? -1) &&
      spendsKey(transaction, job.found.id),
  )

const listedAt = (job: Job) => newest(job)?.servers.find(({ id }) => id === job.found.id)
const isLoopback = (host: string): boolean => /^(127\.|localhost$|::1$)/.test(host)

/** Its acceptance would say that it is reached where nobody else reaches it. */
function whyNotReached(job: Job, { address }: Node): string | null {
  const before = listedAt(job)?.host
  if (!isLoopback(address) || before === address) return null
  return `the setting host.address is ${address}, which this computer alone reaches${before === undefined ? '' : ` (it was ${before})`}: set where others reach it with golem settings set host.address`
}

/** A node that answers in its name: the folder is not lost, and two that serve with one key would sign against each other. */
async function whyElsewhere({ transport, crypto }: JobServices, job: Job): Promise<string | null> {
  const { id, app } = job.found
  const at = listedAt(job)
  if (at === undefined) return null
  const tick = newest(job)!.number + 1
  const asked = utf8(JSON.stringify({ app, from: tick, to: tick }))
  const answer = await transport.send({ host: at.host, port: at.port }, pathTo(id, 'ready'), asked, ANSWER)
  const said = answer.ok ? openDocument(crypto, 'ready', answer.value) : answer
  const isAlive = said.ok && said.value.body.by === id && isReadyFor(said.value.body, app, tick)
  return isAlive
    ? `another computer serves with its identity at ${at.host}, port ${at.port}: two of them would sign against each other. End that one`
    : null
}
