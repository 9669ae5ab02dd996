/**
 * Audit: anyone rebuilds the database from the chain and the published documents alone and compares everything that the Supervisor signed
 * (PROTOCOL.md 15). It is the same `closeTick` that the Supervisor runs, given the same anchors; every signature, path and stamp is checked again with
 * what the ticks revealed. PROTOCOL.md 15 says of each field of a tick what it is held against, and what nobody can know.
 */
import type { Program } from '../../program/index.ts'
import { canonicalBytes, canonicalText } from '../canonical.ts'
import type { CryptoPort } from '../crypto/index.ts'
import type { Offer, OpenedDocument, Tick } from '../documents/index.ts'
import type { AnchoredTransaction } from '../events.ts'
import { checkPlans, noPlans, type PlansSoFar } from './audit-plans.ts'
import { codeFrom, readDocuments, readRevealed, readShown, revealedIn } from './audit-files.ts'
import { anchorsDue, settle, verdictProblems, type Anchors } from './audit-verdicts.ts'
import { decidedDocuments, documentsFiles } from './documents-files.ts'
import { closeTick, createLedger, noteTick, type ClosedTick, type Ledger } from './ledger.ts'
import { offerAnchor } from './line.ts'
import { checkSuccessor, offerInForce, type AnchoredOffer, type Revocations } from './succession.ts'
import { tickRange } from './periods.ts'
import { genesisFrom, serversListed, stateOf } from './servers.ts'
import { sortAnchors, type SortedAnchors } from './sorting.ts'
import { schemaFile, termsOf } from '../requests/index.ts'
import { databaseRoot, fileEntry, snapshot, snapshotFiles, type FetchFile, type Snapshot } from '../index/index.ts'

export interface AuditInput {
  app: string
  /**
   * The app's first offer, those that the ticks name, and every other one that was anchored for it and can be had: each document was checked against its anchor and
   * its grant, the outline against the offer.
   */
  offers: readonly AnchoredOffer[]
  /** Keys that the master key took back. */
  revoked?: Revocations
  /** In order, from tick 0 on: those of the anchored chain. */
  ticks: Array<OpenedDocument<'tick'>>
  /** By the anchor of a tick, by its digest. */
  infohashOf: (sha256: string) => string
  /** Keys that sign ticks by a resumption, and that no offer names. */
  resumed?: readonly string[]
  /** A file of a tick's torrent. */
  fetchFile: (tick: OpenedDocument<'tick'>, name: string) => ReturnType<FetchFile>
  /** Told of each tick that was computed: what was decided, and the documents that were. */
  onClosed?: (tick: OpenedDocument<'tick'>, closed: ClosedTick, documents: ReadonlyMap<string, OpenedDocument>) => void
  /** All anchored transactions of the best chain in blocks above `from` up to `to`, in chain order, as the auditor's own node has them. */
  between: (from: number, to: number) => AnchoredTransaction[]
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

interface Auditing {
  ctx: { crypto: CryptoPort }
  input: AuditInput
  ledger: Ledger
  last: Snapshot | undefined
  anchors: Anchors
  previous: OpenedDocument<'tick'> | null
  plans: PlansSoFar
  /** In force for the tick before. */
  inForce: AnchoredOffer
}

/** App, number, predecessor, signer, blocks. */
function headProblems({ input, previous, anchors: { genesis, offered } }: Auditing, tick: Tick, offer: Offer): string[] {
  const problems: string[] = []
  const signs = tick.by === offer.by || input.resumed?.includes(tick.by) === true
  if (tick.app !== input.app || !signs) problems.push('The tick is not signed by the Supervisor of this app.')
  if (tick.number !== (previous === null ? 0 : previous.body.number + 1)) problems.push('The tick does not have the next number.')
  const before = previous === null ? null : { sha256: previous.sha256, infohash: input.infohashOf(previous.sha256) }
  if (canonicalText(tick.previous) !== canonicalText(before)) problems.push('The tick does not name the tick before.')
  const range = tickRange(genesis, offer.tickBlocks, tick.number)
  const from = tick.number > 0 ? range.from : offered === null ? null : offered.height - 1
  if (tick.blocks.to !== range.to || tick.blocks.from !== from) problems.push('The tick closes other blocks than its number says.')
  return problems
}

/** Where the app begins, as tick 0 says. */
function begin({ anchors, plans, input, inForce: { offer } }: Auditing, { blocks }: Tick): void {
  const offered = offerAnchor(input.between(-1, blocks.to), input.app, offer.by)
  Object.assign(anchors, { genesis: blocks.to, tickBlocks: offer.tickBlocks, offered })
  Object.assign(plans, { seen: offered?.height ?? -1 })
}

/** Whether the tick is under the offer that is in force by the anchors. */
function offerProblems(auditing: Auditing, tick: Tick, named: AnchoredOffer): string[] {
  const { input, inForce: before } = auditing
  const { app, offers, revoked = {} } = input
  const right = offerInForce(app, before, offers, revoked, { number: tick.number, offer: tick.offer, to: tick.blocks.to })
  auditing.inForce = right
  if (right.sha256 === tick.offer) return []
  const taken = checkSuccessor(app, before, named)
  const why = taken.ok || named.sha256 === before.sha256 ? '' : ` ${taken.error.message}`
  return [`The tick is under the offer ${tick.offer}; by the anchors ${right.sha256} is in force.${why}`]
}

/** Whether tick 0 ends where enough servers were in. With more acceptances than it had room for, nobody can tell. */
function genesisProblems({ ledger, anchors: { genesis } }: Auditing, offer: Offer, { later }: ClosedTick): string[] {
  if (later.length > 0) return []
  const right = genesisFrom(
    [...ledger.servers.values()].map(({ joined }) => joined),
    offer,
  )
  return right === genesis
    ? []
    : [`Tick 0 ends with block ${genesis}; by the acceptances the app begins ${right === null ? 'nowhere yet' : `with block ${right}`}.`]
}

/** Whether servers and state are those that follow. */
function serverProblems({ ledger }: Auditing, { servers, state }: Tick, offer: Offer): string[] {
  const problems: string[] = []
  const right = serversListed(ledger.servers)
  const said = new Map(servers.map((server) => [server.id, canonicalText(server)]))
  for (const server of right) {
    const text = said.get(server.id)
    if (text === undefined) problems.push(`The server ${server.id} accepted, and the tick does not list it.`)
    else if (text !== canonicalText(server)) problems.push(`The tick lists the server ${server.id} otherwise than it accepted.`)
  }
  for (const { id } of servers)
    if (!ledger.servers.has(id)) problems.push(`The tick lists the server ${id}, of which no acceptance counts.`)
  if (problems.length === 0 && canonicalText(servers) !== canonicalText(right))
    problems.push('The servers are not listed in order, each once.')
  const runs = stateOf(right.length, offer)
  if (state !== runs)
    problems.push(`The tick says ${state}; with ${right.length} servers of at least ${offer.minimumServers} it is ${runs}.`)
  return problems
}

/** Whether tombstones, their evidence and the documents are those that follow from the verdicts. */
function decisionProblems({ ctx: { crypto } }: Auditing, tick: Tick, closed: ClosedTick, sorted: SortedAnchors): string[] {
  const problems: string[] = []
  if (canonicalText(tick.burials) !== canonicalText(closed.burials))
    problems.push('The burials are not those that follow from the updates and disputes.')
  const evidence = closed.evidence.length === 0 ? null : fileEntry(crypto, { name: 'evidence', bytes: canonicalBytes(closed.evidence) })
  if (canonicalText(tick.evidence) !== canonicalText(evidence)) problems.push('The evidence is not what the decisions rest on.')
  const tombstones = [...closed.ledger.tombstones.keys()].sort()
  if (canonicalText(tombstones) !== canonicalText(tick.tombstones))
    problems.push('The tombstones are not those that follow from the updates.')
  const parts = documentsFiles(decidedDocuments(closed, sorted)).map((part) => fileEntry(crypto, part))
  if (canonicalText(parts) !== canonicalText(tick.summary.documents))
    problems.push('The files of documents are not those of the documents that were decided.')
  return problems
}

/** Whether the database and its description are those that follow. */
function contentProblems({ ctx: { crypto } }: Auditing, tick: Tick, outline: Program, taken: Snapshot): string[] {
  const problems: string[] = []
  if (databaseRoot(crypto, tick.indices) !== tick.root) problems.push('The indices are not those of the signed root.')
  else if (taken.root === tick.root && canonicalText(snapshotFiles(crypto, taken).indices) !== canonicalText(tick.indices))
    problems.push('The files of the indices are not those that hold the rows.')
  if (canonicalText(fileEntry(crypto, schemaFile(outline))) !== canonicalText(tick.schema))
    problems.push('The schema is not the one of the program.')
  return problems
}

async function auditTick(auditing: Auditing, tick: OpenedDocument<'tick'>): Promise<AuditedTick> {
  const { ctx, input, ledger, anchors } = auditing
  const { body } = tick
  const { number, root: expected } = body
  const problems: string[] = []
  const broken = (problem: string): AuditedTick => ({ number, expected, computed: '', equal: false, problems: [...problems, problem] })
  const parts = input.offers.find(({ sha256 }) => sha256 === body.offer)
  if (parts === undefined) return broken(`The offer ${body.offer} of tick ${number} is not known.`)
  const { offer, outline } = parts
  if (number === 0) begin(auditing, body)
  problems.push(...headProblems(auditing, body, offer), ...offerProblems(auditing, body, parts))
  if (ledger.number !== number - 1) return broken('The tick does not have the next number.')
  const files = { ...ctx, fetchFile: (name: string) => input.fetchFile(tick, name) }
  const reveal = await readRevealed(files, body, ledger.plans.get(number - 2)?.plan ?? null)
  const secrets = [ledger.plans.get(number - 3)?.reveal ?? null, reveal.ok ? reveal.value : null]
  const documents = await readDocuments(files, body, revealedIn(ctx.crypto, secrets))
  if (!documents.ok) return broken(documents.error.message)
  if (!reveal.ok) return broken(reveal.error.message)
  const evidence = await readShown(files, body)
  if (!evidence.ok) return broken(evidence.error.message)
  const due = anchorsDue(anchors, number)
  const sorted = sortAnchors(input.app, due, ({ anchor }) => documents.value.get(anchor.sha256) ?? null)
  const code = codeFrom(evidence.value)
  const closed = closeTick(ctx, ledger, { offer, offerDigest: body.offer, outline, number, reveal: reveal.value, ...sorted, code })
  settle(anchors, closed)
  input.onClosed?.(tick, closed, documents.value)
  problems.push(...verdictProblems(anchors, body, closed.verdicts, due), ...decisionProblems(auditing, body, closed, sorted))
  if (number === 0) problems.push(...genesisProblems(auditing, offer, closed))
  problems.push(...serverProblems(auditing, body, offer))
  problems.push(...(await checkPlans(ctx.crypto, auditing.plans, tick, parts, { ...input, fetchFile: files.fetchFile })))
  noteTick(ledger, tick, { outline, terms: termsOf(offer), budget: offer.budget })
  auditing.last = snapshot(ctx.crypto, ledger.database, auditing.last)
  problems.push(...contentProblems(auditing, body, outline, auditing.last))
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
  const first = input.offers.find(({ sha256 }) => sha256 === input.app)
  if (first === undefined || input.ticks.length === 0) return { ok: false, ticks: [], ledger: null, snapshot: null }
  const auditing: Auditing = {
    ctx,
    input,
    ledger: createLedger(input.app, first.outline),
    last: undefined,
    anchors: {
      genesis: 0,
      tickBlocks: first.offer.tickBlocks,
      offered: null,
      seen: -1,
      waiting: [],
      decided: new Set(),
      between: input.between,
    },
    previous: null,
    plans: noPlans(),
    inForce: first,
  }
  const ticks: AuditedTick[] = []
  for (const tick of input.ticks) {
    ticks.push(await auditTick(auditing, tick))
    if (ticks.at(-1)!.computed === '') break
  }
  const sound = ticks.length === input.ticks.length && ticks.every(({ equal, problems }) => equal && problems.length === 0)
  return { ok: sound, ticks, ledger: auditing.ledger, snapshot: auditing.last ?? null }
}
