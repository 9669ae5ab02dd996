/**
 * Audit: anyone rebuilds the database from the chain and the published documents alone and compares every root that the Supervisor signed
 * (PROTOCOL.md 15). It is the same `closeTick` that the Supervisor runs; every signature, path and stamp is checked again with
 * what the ticks revealed. What it must take from the Supervisor is only that a document named as unavailable was not to be had.
 */
import type { Program } from '../../program/index.ts'
import { canonicalBytes, canonicalText, parseCanonical, type Json } from '../canonical.ts'
import type { CryptoPort } from '../crypto/index.ts'
import {
  openDocument,
  type DocumentType,
  type Offer,
  type OpenedDocument,
  type Tick,
  type Verdict,
  checkSchema,
} from '../documents/index.ts'
import type { AnchoredTransaction } from '../events.ts'
import { checkPlans, noPlans, type PlansSoFar } from './audit-plans.ts'
import { closeTick, createLedger, noteTick, type AnchoredDocument, type ClosedTick, type Ledger } from './ledger.ts'
import { decidingTick } from './periods.ts'
import { isFull, quotaOf, type PerTick, type Waiting } from './quotas.ts'
import { scriptOf } from './spends.ts'
import { revealFile, schemaFile, termsOf, type RevealFile } from '../requests/index.ts'
import { fail, ok, type Result } from '../result.ts'
import { databaseRoot, fileEntry, snapshot, type Snapshot, fetchEntry, type FetchFile } from '../index/index.ts'
import { EVIDENCE_DEPTH, EVIDENCE_LIMIT, evidenceEntry, readReveal, revealMatches, type BlockCode } from '../stamps/index.ts'

/** What belongs to an offer, by its SHA-256: the document was checked against its anchor, the outline against the offer. */
export type OfferLookup = (sha256: string) => { offer: Offer; outline: Program } | null

export interface AuditInput {
  app: string
  offers: OfferLookup
  /** In order, from tick 0 on: those of the anchored chain. */
  ticks: Array<OpenedDocument<'tick'>>
  /** Keys that sign ticks by a resumption, and that no offer names. */
  resumed?: readonly string[]
  /** A file of a tick's torrent. */
  fetchFile: (tick: OpenedDocument<'tick'>, name: string) => ReturnType<FetchFile>
  /** An anchored transaction of the best chain, as the auditor's own node has it. */
  transaction: (txid: string) => AnchoredTransaction | null
  /** The document of a server's anchored statement that it is ready; null when it is not to be had. */
  document?: (transaction: AnchoredTransaction) => Promise<OpenedDocument | null>
  /** All anchored transactions in blocks above `from` up to `to`: finds what the Supervisor left out. Optional. */
  between?: (from: number, to: number) => AnchoredTransaction[]
}

export interface AuditedTick {
  number: number
  /** Root that the Supervisor signed, hex. */
  expected: string
  /** Root that follows from the log, hex; '' when it could not be computed. */
  computed: string
  equal: boolean
  /** Everything else that is not as it should be, one sentence each. */
  problems: string[]
}

export interface AuditReport {
  ok: boolean
  ticks: AuditedTick[]
}

const FILE_LIMIT = 2 ** 31

interface Auditing {
  ctx: { crypto: CryptoPort }
  input: AuditInput
  ledger: Ledger
  last: Snapshot | undefined
  genesis: number
  previous: OpenedDocument<'tick'> | null
  decided: Set<string>
  plans: PlansSoFar
  queues: Record<Waiting, Queue>
}

/** Of registrations or of reservations, which wait where a tick is full. */
interface Queue {
  /** The last that was decided. */
  last: { height: number; position: number } | null
  /** The first of the ticks up to the last audited one which were all full. */
  fullSince: number | null
}

async function readJson(auditing: Auditing, tick: OpenedDocument<'tick'>, entry: Tick['schema']): Promise<Result<Json>> {
  const bytes = await fetchEntry(auditing.ctx.crypto, (name) => auditing.input.fetchFile(tick, name), entry)
  return bytes.ok ? parseCanonical(bytes.value, { maxBytes: FILE_LIMIT, maxDepth: 64 }) : bytes
}

/** The decided documents of a tick by digest, each with its signature checked: part by part, so that all of them are never one text. */
async function readDocuments(auditing: Auditing, tick: OpenedDocument<'tick'>): Promise<Result<Map<string, OpenedDocument>>> {
  const opened = new Map<string, OpenedDocument>()
  for (const part of tick.body.summary.documents) {
    const json = await readJson(auditing, tick, part)
    if (!json.ok) return json
    if (!Array.isArray(json.value))
      return fail('audit.documents', `The file ${part.name} is not a list. The Supervisor published a broken tick.`)
    for (const item of json.value) {
      const type = (item as { type?: unknown } | null)?.type
      if (type !== 'registration' && type !== 'reservation' && type !== 'update' && type !== 'dispute')
        return fail('audit.documents', `The file ${part.name} holds something that a tick does not decide.`)
      const document = openDocument(auditing.ctx.crypto, type, canonicalBytes(item))
      if (!document.ok) return document
      opened.set(document.value.sha256, document.value)
    }
  }
  return ok(opened)
}

async function readRevealed(auditing: Auditing, tick: OpenedDocument<'tick'>): Promise<Result<RevealFile | null>> {
  const { reveal, number } = tick.body
  const noted = auditing.ledger.plans.get(number - 2)
  if (reveal === null)
    return noted === undefined ? ok(null) : fail('audit.reveal', `Tick ${number} does not reveal the primes of tick ${number - 2}.`)
  const json = await readJson(auditing, tick, reveal.file)
  const file = json.ok ? checkSchema('reveal', revealFile, json.value) : json
  if (!file.ok) return file
  const right = reveal.tick === number - 2 && file.value.tick === number - 2 && file.value.app === auditing.input.app
  const fits = right && noted !== undefined && revealMatches(auditing.ctx.crypto, readReveal(auditing.ctx.crypto, file.value), noted.plan)
  return fits ? ok(file.value) : fail('audit.reveal', `Tick ${number} reveals another secret than the plan of tick ${number - 2} named.`)
}

interface Sorted {
  registrations: Array<AnchoredDocument<'registration'>>
  reservations: Array<AnchoredDocument<'reservation'>>
  updates: Array<AnchoredDocument<'update'>>
  disputes: Array<AnchoredDocument<'dispute'>>
}

/** The verdicts' anchors with their documents, as `closeTick` takes them; complaints about those that this tick may not decide. */
function sortVerdicts(
  auditing: Auditing,
  tick: Tick,
  tickBlocks: number,
  documents: Map<string, OpenedDocument>,
  problems: string[],
): Sorted {
  const sorted: Sorted = { registrations: [], reservations: [], updates: [], disputes: [] }
  for (const verdict of tick.summary.verdicts) {
    const transaction = auditing.input.transaction(verdict.txid)
    if (transaction === null || transaction.height !== verdict.height || transaction.anchor.sha256 !== verdict.document.sha256) {
      problems.push(`The anchor ${verdict.txid} is not on the chain as the tick says.`)
      continue
    }
    const found = documents.get(verdict.document.sha256)
    const document = found?.body.type === transaction.anchor.type ? found : null
    const complaint = misplaced(auditing, tick, tickBlocks, verdict, transaction, document)
    if (complaint !== null) problems.push(complaint)
    auditing.decided.add(verdict.txid)
    const pair = { transaction, document } as never
    const type: DocumentType = transaction.anchor.type
    if (type === 'registration') sorted.registrations.push(pair)
    else if (type === 'reservation') sorted.reservations.push(pair)
    else if (type === 'update') sorted.updates.push(pair)
    else if (type === 'dispute') sorted.disputes.push(pair)
  }
  return sorted
}

/** Why this tick may not decide that anchor, or null. */
function misplaced(
  { genesis, decided, queues }: Auditing,
  tick: Tick,
  tickBlocks: number,
  verdict: Verdict,
  { height, position, anchor }: AnchoredTransaction,
  document: OpenedDocument | null,
): string | null {
  if (decided.has(verdict.txid)) return `The anchor ${verdict.txid} was decided before.`
  if (document === null && verdict.outcome !== 'update.limit' && !verdict.outcome.endsWith('.unavailable'))
    return `The document of ${verdict.txid} was decided but is not in the tick.`
  const due = decidingTick(height, genesis, tickBlocks)
  if (anchor.type !== 'registration' && anchor.type !== 'reservation')
    return due === tick.number ? null : `The anchor ${verdict.txid} belongs to another tick.`
  const queue = queues[anchor.type]
  const { last } = queue
  const inOrder = last === null || height > last.height || (height === last.height && position > last.position)
  queue.last = { height, position }
  if (!inOrder) return `The anchor ${verdict.txid} was decided after one that follows it in the chain.`
  const waited = due < tick.number && queue.fullSince !== null && queue.fullSince <= due
  return due === tick.number || waited ? null : `The anchor ${verdict.txid} belongs to another tick.`
}

/** Predecessor, signer, blocks. */
function checkHead({ input, previous, genesis }: Auditing, tick: Tick, offer: Offer): string[] {
  const problems: string[] = []
  const signs = tick.by === offer.by || input.resumed?.includes(tick.by) === true
  if (tick.app !== input.app || !signs) problems.push('The tick is not signed by the Supervisor of this app.')
  if (tick.number !== (previous === null ? 0 : previous.body.number + 1)) problems.push('The tick does not have the next number.')
  if ((tick.previous?.sha256 ?? null) !== (previous?.sha256 ?? null)) problems.push('The tick does not name the tick before.')
  if (tick.blocks.to !== genesis + tick.number * offer.tickBlocks || (previous !== null && tick.blocks.from !== previous.body.blocks.to))
    problems.push('The tick closes other blocks than its number says.')
  return problems
}

const outcomeWords = ({ outcome, rule }: Verdict): string =>
  rule === undefined ? outcome : `${outcome} (${rule.bound} of ${rule.collection}.${rule.index})`

/** A tick's evidence file; empty where it has none. */
async function readShown(auditing: Auditing, tick: OpenedDocument<'tick'>): Promise<Result<Json[]>> {
  if (tick.body.evidence === null) return ok([])
  const bytes = await fetchEntry(auditing.ctx.crypto, (name) => auditing.input.fetchFile(tick, name), tick.body.evidence)
  const json = bytes.ok ? parseCanonical(bytes.value, { maxBytes: EVIDENCE_LIMIT, maxDepth: EVIDENCE_DEPTH }) : bytes
  if (!json.ok) return json
  return Array.isArray(json.value)
    ? ok(json.value)
    : fail('audit.evidence', 'The evidence file is not a list. The Supervisor published a broken tick.')
}

/** The code that a tick shows for a dispute. */
const codeFrom =
  (evidence: Json[]) =>
  ({ body }: OpenedDocument<'dispute'>): BlockCode | null => {
    const text = canonicalText(body)
    const shown = evidence.map((entry) => evidenceEntry.safeParse(entry).data)
    const entry = shown.find((one) => one?.kind === 'dispute' && canonicalText(one.dispute) === text)
    return entry?.kind === 'dispute' ? { body: entry.body, salt: entry.salt } : null
  }

/** Whether outcomes, tombstones and their evidence are those that follow from the log. */
function compareDecisions(tick: Tick, closed: ClosedTick, evidence: Json[]): string[] {
  const problems: string[] = []
  const computed = new Map(closed.verdicts.map((verdict) => [verdict.txid, outcomeWords(verdict)]))
  for (const verdict of tick.summary.verdicts) {
    const own = computed.get(verdict.txid)
    const said = outcomeWords(verdict)
    if (own === undefined) problems.push(`The anchor ${verdict.txid} got a verdict that this tick does not owe it.`)
    else if (own !== said) problems.push(`The anchor ${verdict.txid} got the outcome ${said}; by the rules it is ${own}.`)
  }
  if (canonicalText(tick.burials) !== canonicalText(closed.burials))
    problems.push('The burials are not those that follow from the updates and disputes.')
  if (canonicalText(evidence) !== canonicalText(closed.evidence)) problems.push('The evidence is not what the decisions rest on.')
  const tombstones = [...closed.ledger.tombstones.keys()].sort()
  if (canonicalText(tombstones) !== canonicalText(tick.tombstones))
    problems.push('The tombstones are not those that follow from the updates.')
  return problems
}

/**
 * Updates of the period that a tick decides which got no verdict, whatever their documents hold: they spend from a key that was reserved before.
 * A key reserved in the same period has no row that they could replace. Called before the tick is closed.
 */
function omissions({ input, ledger, decided }: Auditing, { blocks: { to } }: Tick, tickBlocks: number): string[] {
  const undecided = (input.between?.(to - 2 * tickBlocks, to - tickBlocks) ?? []).filter(
    ({ anchor, txid }) => anchor.type === 'update' && !decided.has(txid),
  )
  if (undecided.length === 0) return []
  const scripts = new Set([...ledger.database.keys.keys()].map(scriptOf))
  return undecided
    .filter(({ spends }) => spends.some((script) => scripts.has(script)))
    .map(({ txid }) => `The update anchored by ${txid} got no verdict.`)
}

/** Notes whether the tick had no room for more of a kind. */
function noteQueues({ queues }: Auditing, number: number, perTick: PerTick, sorted: Sorted): void {
  for (const kind of ['registration', 'reservation'] as const) {
    const anchors = sorted[`${kind}s`]
    const documents = anchors.filter(({ document }) => document !== null).length
    const queue = queues[kind]
    queue.fullSince = isFull(documents, anchors.length, quotaOf(perTick, kind)) ? (queue.fullSince ?? number) : null
  }
}

async function auditTick(auditing: Auditing, tick: OpenedDocument<'tick'>): Promise<AuditedTick> {
  const { ctx, input, ledger } = auditing
  const { number, root: expected } = tick.body
  const broken = (problem: string): AuditedTick => ({ number, expected, computed: '', equal: false, problems: [problem] })
  const parts = input.offers(tick.body.offer)
  if (parts === null) return broken(`The offer ${tick.body.offer} of tick ${number} is not known.`)
  if (number === 0) auditing.genesis = tick.body.blocks.to
  const problems = checkHead(auditing, tick.body, parts.offer)
  if (ledger.number !== number - 1) return broken('The tick does not have the next number.')
  const documents = await readDocuments(auditing, tick)
  if (!documents.ok) return broken(documents.error.message)
  const reveal = await readRevealed(auditing, tick)
  if (!reveal.ok) return broken(reveal.error.message)
  const evidence = await readShown(auditing, tick)
  if (!evidence.ok) return broken(evidence.error.message)
  const sorted = sortVerdicts(auditing, tick.body, parts.offer.tickBlocks, documents.value, problems)
  problems.push(...omissions(auditing, tick.body, parts.offer.tickBlocks))
  const closed = closeTick(ctx, ledger, {
    offer: parts.offer,
    outline: parts.outline,
    number,
    reveal: reveal.value,
    ...sorted,
    code: codeFrom(evidence.value),
  })
  problems.push(...compareDecisions(tick.body, closed, evidence.value))
  noteQueues(auditing, number, parts.offer.perTick, sorted)
  if (databaseRoot(ctx.crypto, tick.body.indices) !== expected) problems.push('The indices are not those of the signed root.')
  if (canonicalText(fileEntry(ctx.crypto, schemaFile(parts.outline))) !== canonicalText(tick.body.schema))
    problems.push('The schema is not the one of the program.')
  const terms = termsOf(parts.offer)
  const fetchFile = (name: string) => input.fetchFile(tick, name)
  problems.push(
    ...(await checkPlans(ctx.crypto, auditing.plans, tick, parts, { fetchFile, between: input.between, document: input.document })),
  )
  noteTick(ledger, tick, { outline: parts.outline, terms, budget: parts.offer.budget })
  auditing.last = snapshot(ctx.crypto, ledger.database, auditing.last)
  auditing.previous = tick
  const computed = auditing.last.root
  return { number, expected, computed, equal: computed === expected, problems }
}

/**
 * Replays the log from genesis and compares every root. Stops at the first tick that cannot be computed (a file is missing or broken).
 * The result also is the auditor's ledger: `ledger` stands at the last tick computed, `snapshot` is its snapshot.
 * @returns `ok` when every root is equal and there is no other problem
 */
export async function audit(
  ctx: { crypto: CryptoPort },
  input: AuditInput,
): Promise<AuditReport & { ledger: Ledger | null; snapshot: Snapshot | null }> {
  const first = input.ticks[0] === undefined ? null : input.offers(input.ticks[0].body.offer)
  if (first === null) return { ok: false, ticks: [], ledger: null, snapshot: null }
  const auditing: Auditing = {
    ctx,
    input,
    ledger: createLedger(input.app, first.outline),
    last: undefined,
    genesis: 0,
    previous: null,
    decided: new Set(),
    plans: noPlans(),
    queues: { registration: { last: null, fullSince: null }, reservation: { last: null, fullSince: null } },
  }
  const ticks: AuditedTick[] = []
  for (const tick of input.ticks) {
    ticks.push(await auditTick(auditing, tick))
    if (ticks.at(-1)!.computed === '') break
  }
  const sound = ticks.length === input.ticks.length && ticks.every(({ equal, problems }) => equal && problems.length === 0)
  return { ok: sound, ticks, ledger: auditing.ledger, snapshot: auditing.last ?? null }
}
