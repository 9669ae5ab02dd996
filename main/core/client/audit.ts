/** The audit command: replays an app from the chain and the swarm alone and compares every root that its Supervisor signed. */
import type { AuditView } from '../../contract/index.ts'
import { audit, newestTick, type Following } from '../../../roles/protocol/ticks/index.ts'
import type { OpenedDocument, Reference, Tick } from '../../../roles/protocol/documents/index.ts'
import { fail, failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import { anchoredBetween } from '../chain-watch.ts'
import type { OpenedOffer } from './app.ts'
import type { Services } from '../services.ts'

export interface AuditSubject {
  app: string
  following: Following
  offerOf(sha256: string): Reference
  open(reference: Reference): Promise<Result<OpenedOffer>>
}

/** One attempt may meet peers that are just leaving, and an audit ends where a file cannot be had. */
const ATTEMPTS = 3

async function tried<T>(attempt: () => Promise<Result<T>>): Promise<Result<T>> {
  for (let left = ATTEMPTS - 1; ; left--) {
    const result = await attempt()
    if (result.ok || !result.error.retryable || left === 0) return result
  }
}

/** Walks back from the newest tick to the first. Errors: those of fetching; `audit.no-tick`. */
export async function auditApp(services: Services, subject: AuditSubject): Promise<Result<AuditView>> {
  const { crypto, documents, storage, clock } = services
  const begun = clock.now()
  const newest = newestTick(subject.following)
  if (newest === null) return failForNow('audit.no-tick', 'There is no tick to audit yet.')
  const ticks: Array<OpenedDocument<'tick'>> = []
  const infohashes = new Map<string, string>()
  for (let at: Reference | null = newest.reference; at !== null;) {
    const reference: Reference = at
    const document: Result<OpenedDocument> = await tried(() => documents.fetch(reference, 'tick'))
    if (!document.ok) return document
    ticks.unshift(document.value as OpenedDocument<'tick'>)
    infohashes.set(document.value.sha256, at.infohash)
    at = (document.value.body as Tick).previous
  }
  const offers = new Map<string, { offer: OpenedOffer['document']['body']; outline: OpenedOffer['outline'] }>()
  for (const sha256 of new Set(ticks.map(({ body }) => body.offer))) {
    const opened = await tried(() => subject.open(subject.offerOf(sha256)))
    if (!opened.ok) return opened
    offers.set(sha256, { offer: opened.value.document.body, outline: opened.value.outline })
  }
  const last = ticks.at(-1)!.body.blocks.to
  const anchored = anchoredBetween(storage, 0, last)
  const byTxid = new Map(anchored.map((transaction) => [transaction.txid, transaction]))
  const report = await audit(
    { crypto },
    {
      app: subject.app,
      ticks,
      offers: (sha256) => offers.get(sha256) ?? null,
      fetchFile: (tick, name) => {
        const entry = filesOf(tick.body).find((file) => file.name === name)
        return entry === undefined
          ? Promise.resolve(fail('swarm.no-file', `The tick has no file ${name}.`))
          : tried(() => documents.fetchFile(infohashes.get(tick.sha256)!, entry))
      },
      transaction: (txid) => byTxid.get(txid) ?? null,
      between: (from, to) => anchored.filter(({ height }) => height > from && height <= to),
    },
  )
  for (const { number, problems } of report.ticks)
    for (const problem of problems) services.log.log('warn', `audit of tick ${number}: ${problem}`)
  return ok({
    ok: report.ok,
    ticks: report.ticks.map(({ number, expected, computed, equal }) => ({ number, expected, computed, equal })),
    ms: clock.now() - begun,
  })
}

const filesOf = (tick: Tick) => [
  tick.summary.documents,
  tick.schema,
  ...(tick.reveal === null ? [] : [tick.reveal.file]),
  ...tick.indices.flatMap(({ directory, chunks }) => [directory, ...chunks]),
]
