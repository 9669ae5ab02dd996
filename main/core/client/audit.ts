/** The audit command: replays an app from the chain and the swarm alone and compares every root that its Supervisor signed. */
import type { AuditView } from '../../contract/index.ts'
import {
  audit,
  paysKey,
  spendsKey,
  withAnchor,
  type AnchoredOffer,
  type AuditInput,
  type AuditReport,
  type Following,
  type Ledger,
} from '../../../roles/protocol/ticks/index.ts'
import type { OpenedDocument, Reference } from '../../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../../roles/protocol/events.ts'
import { fail, failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import { anchoredBetween } from '../chain-watch.ts'
import { historyOf, stopText, tried, type AppHistory } from '../history.ts'
import type { OfferOf, OpenedOffer } from './app.ts'
import { indexFilesOf, logOf } from '../retention.ts'
import type { Services } from '../services.ts'

export interface AuditSubject {
  following: Following
  offerOf: OfferOf
  open(reference: Reference): Promise<Result<OpenedOffer>>
}

/** Copies of an offer's anchor that are looked at. */
const MOST_OFFERS = 64

/** Where an offer may be had: strangers can anchor its digest with any torrent, so what pays the master key comes first. */
const anchorsOf = (sha256: string, master: string, anchored: readonly AnchoredTransaction[]): string[] =>
  anchored
    .filter(({ anchor }) => anchor.type === 'offer' && anchor.sha256 === sha256)
    .toSorted((a, b) => Number(paysKey(b, master)) - Number(paysKey(a, master)))
    .slice(0, MOST_OFFERS)
    .map(({ anchor }) => anchor.infohash)

/** The first that can be had, or why none can; null where there is none. */
async function openFirst(open: AuditSubject['open'], sha256: string, infohashes: string[]): Promise<Result<OpenedOffer> | null> {
  const failed: Array<Result<OpenedOffer>> = []
  for (const infohash of infohashes) {
    const opened = await tried(() => open({ sha256, infohash }))
    if (opened.ok) return opened
    failed.push(opened)
  }
  return failed.find((one) => !one.ok && one.error.retryable) ?? failed.at(-1) ?? null
}

/** The app's first offer, those that ticks name, and others that were anchored for it and can be had. Errors: those of fetching the former. */
async function offersOf(
  { following: { app, master }, offerOf, open }: AuditSubject,
  ticks: ReadonlyArray<OpenedDocument<'tick'>>,
  anchored: readonly AnchoredTransaction[],
  isProof: boolean,
): Promise<Result<AnchoredOffer[]>> {
  const offers = new Map<string, AnchoredOffer>()
  const take = ({ document: { sha256, body }, outline }: OpenedOffer): void => {
    const content = { sha256, offer: body, outline }
    // One that a tick names without a right anchor is looked at all the same: the audit says what is wrong.
    offers.set(sha256, withAnchor(app, content, anchored) ?? { ...content, height: Number.MAX_SAFE_INTEGER, position: 0 })
  }
  for (const sha256 of new Set([app, ...ticks.map(({ body }) => body.offer)])) {
    // One that is on no chain, or that is refused, is known to nobody: the audit ends there and says so.
    const opened = await openFirst(open, sha256, [
      ...new Set([offerOf(sha256)?.infohash ?? [], anchorsOf(sha256, master, anchored)].flat()),
    ])
    if (opened === null) continue
    if (opened.ok) take(opened.value)
    else if (opened.error.retryable) return opened
  }
  const others = isProof ? [] : anchored.filter((transaction) => transaction.anchor.type === 'offer' && spendsKey(transaction, master))
  for (const { sha256, infohash } of others.map(({ anchor }) => anchor)) {
    const opened = offers.has(sha256) ? null : await tried(() => open({ sha256, infohash }))
    if (opened?.ok === true && opened.value.document.body.master === master) take(opened.value)
  }
  return ok([...offers.values()])
}

/**
 * What an audit finds of a history that was read before.
 * @param isProof what cannot be had now, or may have come after its tick, shows nothing: otherwise whoever publishes ticks could keep a document back, or let go of a
 * file, and have with it a reason to take back all ticks since. Errors: those of fetching offers, and for a proof of fetching files.
 */
export async function auditHistory(
  services: Services,
  { following, offerOf, open }: AuditSubject,
  history: AppHistory,
  isProof = false,
  onClosed?: AuditInput['onClosed'],
): Promise<Result<AuditReport & { ledger: Ledger | null }>> {
  const { crypto, documents, storage } = services
  const ticks = history.ticks.map(({ document }) => document)
  const infohashes = new Map(history.ticks.map(({ reference }) => [reference.sha256, reference.infohash]))
  const anchored = anchoredBetween(storage, -1, Number.MAX_SAFE_INTEGER)
  /** Place of the first anchor above a height. */
  const above = (height: number): number => {
    let [from, to] = [0, anchored.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if (anchored[middle]!.height > height) to = middle
      else from = middle + 1
    }
    return from
  }
  const offers = await offersOf({ following, offerOf, open }, ticks, anchored, isProof)
  if (!offers.ok) return offers
  const missing: Array<Result<never>> = []
  const report = await audit(
    { crypto },
    {
      app: following.app,
      ticks,
      resumed: history.resumed,
      offers: offers.value,
      revoked: following.revoked,
      fetchFile: async (tick, name) => {
        const entry = [...logOf(tick.body), ...indexFilesOf(tick.body)].find((file) => file.name === name)
        if (entry === undefined) return fail('swarm.no-file', `The tick has no file ${name}.`)
        const file = await tried(() => documents.fetchFile(infohashes.get(tick.sha256)!, entry))
        if (!file.ok && file.error.retryable) missing.push(file)
        return file
      },
      infohashOf: (sha256) => infohashes.get(sha256)!,
      ...(onClosed === undefined ? {} : { onClosed }),
      between: (from, to) => anchored.slice(above(from), above(to)),
    },
  )
  return isProof && missing[0] !== undefined ? missing[0] : ok(report)
}

/** Problems of one tick that are told: a lie may lead to thousands. */
const MOST_TOLD = 20

const told = (problems: readonly string[]): string[] =>
  problems.length > MOST_TOLD ? [...problems.slice(0, MOST_TOLD), `${problems.length - MOST_TOLD} more are not told.`] : [...problems]

/** Walks the anchored chain from the first tick to the newest. Errors: those of fetching; `audit.no-tick`. */
export async function auditApp(services: Services, subject: AuditSubject): Promise<Result<AuditView>> {
  const { clock, log } = services
  const begun = clock.now()
  const history = await historyOf(services, subject.following)
  if (!history.ok) return history
  if (history.value.ticks.length === 0) return failForNow('audit.no-tick', 'There is no tick to audit yet.')
  const report = await auditHistory(services, subject, history.value)
  if (!report.ok) return report
  for (const { number, problems } of report.value.ticks)
    for (const problem of told(problems)) log.log('warn', `audit of tick ${number}: ${problem}`)
  const { stop } = history.value
  if (stop !== null) log.log('warn', `The history ends before its newest tick: ${stopText(stop)}`)
  return ok({
    ok: report.value.ok && stop === null,
    ticks: report.value.ticks.map(({ problems, ...tick }) => ({ ...tick, ...(problems.length === 0 ? {} : { problems: told(problems) }) })),
    ...(stop === null ? {} : { stopped: stopText(stop) }),
    ms: clock.now() - begun,
  })
}

/** Place of the first tick in which an audit finds something wrong, −1 for none. One fault makes others of all ticks that follow. */
export const firstFault = ({ ticks }: Pick<AuditReport, 'ticks'>): number =>
  ticks.findIndex(({ equal, problems }) => !equal || problems.length > 0)

/** Whether a tick, named by its digest, is the first that an own audit finds faulty while a resumption counts for nothing. Errors: those of fetching. */
export async function showsFault(services: Services, subject: AuditSubject, resumption: string, tick: string): Promise<Result<boolean>> {
  const history = await historyOf(services, subject.following, resumption)
  if (!history.ok) return history
  const { ticks, stop } = history.value
  if (stop?.kind === 'faulty' && stop.reference.sha256 === tick) return ok(true)
  const at = ticks.findIndex(({ reference }) => reference.sha256 === tick)
  if (at < 0) return ok(false)
  const report = await auditHistory(services, subject, { ...history.value, ticks: ticks.slice(0, at + 1) }, true)
  if (!report.ok) return report
  return ok(firstFault(report.value) === at)
}
