/**
 * Keeps a Supervisor's ledger and performs its two large effects: `close` and `compose`. The core fetches and stores; everything
 * decided in here is a function of the work, the documents and what was kept.
 */
import { own, type Program } from '../program/index.ts'
import { toHex } from '../protocol/bytes.ts'
import type { Json } from '../protocol/canonical.ts'
import type { CryptoPort } from '../protocol/crypto/index.ts'
import type {
  Dispute,
  DocumentBody,
  FileEntry,
  Offer,
  OpenedDocument,
  Ready,
  Reference,
  DocumentType,
  Signed,
} from '../protocol/documents/index.ts'
import type { AnchoredTransaction } from '../protocol/events.ts'
import type { KeyPair } from '../protocol/keys/index.ts'
import { closeTick, noteTick, ownersOf, rollbackTo, type AnchoredDocument, type ClosedTick, type Ledger } from '../protocol/ticks/index.ts'
import { snapshot, type Snapshot, type SnapshotFile } from '../protocol/index/index.ts'
import { codeDigest, isReadyFor, termsOf } from '../protocol/requests/index.ts'
import type { BlockCode } from '../protocol/stamps/index.ts'
import type { SupervisorEvent, TickWork } from './events.ts'
import { makePlan, type MadePlan } from './plan.ts'
import { composeTick, type ComposedTick } from './tick.ts'

export interface OfferParts {
  body: Offer
  /** Checked, with all bodies. */
  program: Program
  outline: Program
}

export interface KeeperOptions {
  crypto: CryptoPort
  random: (length: number) => Uint8Array
  prime: (bits: number) => Promise<bigint>
  /** Standing at the last tick that was composed; `createLedger` for a new app. */
  ledger: Ledger
  /** What belongs to an offer, by its SHA-256. */
  offer: (sha256: string) => OfferParts
  /** The pair of a key that signs ticks. */
  signer: (by: string) => KeyPair
}

/** The opened document of an anchor, or null when it is not here (fetched in time) or malformed. */
export type DocumentLookup = (transaction: AnchoredTransaction) => OpenedDocument | null

/** The bytes of a file that was stored when the tick was closed. Throws when it is gone. */
export type StoredFile = (file: FileEntry) => Uint8Array

export type ClosedEvent = SupervisorEvent & { type: 'closed' }
export type ComposedEvent = SupervisorEvent & { type: 'composed' }

export interface Keeper {
  readonly ledger: Ledger
  /** The snapshot of the last composed tick; null before the first. */
  snapshot(): Snapshot | null
  /** Performs `close`: decides the tick and makes missing plans. Repeating it is harmless as long as its event was not taken. */
  close(
    work: TickWork,
    documents: DocumentLookup,
    answers: ReadonlyArray<Signed<Ready>>,
  ): Promise<{ event: ClosedEvent; files: SnapshotFile[] }>
  /** Performs `compose` up to publishing: the same work and seed give the same bytes. `event` completes with the reference. */
  compose(
    work: TickWork,
    seed: string,
    documents: DocumentLookup,
    stored: StoredFile,
  ): ComposedTick & { event: (reference: Reference) => ComposedEvent }
  /** Performs `rollback`. Throws when it reaches further back than the ledger remembers. */
  rollback(number: number): void
}

interface Sorted {
  registrations: Array<AnchoredDocument<'registration'>>
  reservations: Array<AnchoredDocument<'reservation'>>
  updates: Array<AnchoredDocument<'update'>>
  disputes: Array<AnchoredDocument<'dispute'>>
  foreign: string[]
}

/**
 * Whether an anchor without a document concerns this app: a registration pays its Supervisor (or it would not be here), anything else
 * spends from the address of one of its clients (a reservation) or reserved keys (an update).
 */
function concernsLedger(ledger: Ledger): (transaction: AnchoredTransaction) => boolean {
  const owners = ownersOf(ledger.database)
  return (transaction) => {
    if (transaction.anchor.type === 'registration') return true
    return (transaction.anchor.type === 'update' ? owners.ofUpdate(transaction) : owners.ofReservation(transaction)) !== null
  }
}

/**
 * Anchors that this tick decides, by type; those of other apps are told.
 * @param ours whether an anchor whose document is missing, or is of another app, concerns this app
 */
export function sortAnchors(
  work: Pick<TickWork, 'app' | 'transactions'>,
  documents: DocumentLookup,
  ours: (transaction: AnchoredTransaction) => boolean,
): Sorted {
  const sorted: Sorted = { registrations: [], reservations: [], updates: [], disputes: [], foreign: [] }
  for (const transaction of work.transactions) {
    const opened = documents(transaction)
    const content = opened?.body as DocumentBody[DocumentType] | undefined
    const isForeign = content !== undefined && (!('app' in content) || content.app !== work.app || content.type !== transaction.anchor.type)
    if (isForeign && (transaction.anchor.type !== 'update' || !ours(transaction))) {
      sorted.foreign.push(transaction.txid)
      continue
    }
    // One that spends from a key of this app gets its verdict whatever it holds, like one that cannot be had: an audit sees the transaction only.
    const document = isForeign ? null : opened
    const body = isForeign ? undefined : content
    // What no client of the app pays for does not get into the tick.
    if ((body === undefined || transaction.anchor.type === 'dispute') && !ours(transaction)) {
      sorted.foreign.push(transaction.txid)
      continue
    }
    const pair = { transaction, document } as never
    if (transaction.anchor.type === 'update') sorted.updates.push(pair)
    else if (transaction.anchor.type === 'registration') sorted.registrations.push(pair)
    else if (transaction.anchor.type === 'reservation') sorted.reservations.push(pair)
    else if (transaction.anchor.type === 'dispute') sorted.disputes.push(pair)
  }
  return sorted
}

interface Closing {
  key: string
  closed: ClosedTick
  foreign: string[]
  documents: OpenedDocument[]
}

/** Documents of the verdicts in their order, each once; those that the tick did not look at are left out. */
function documentsOf(closed: ClosedTick, sorted: Sorted): OpenedDocument[] {
  const looked = new Set(closed.looked)
  const byTxid = new Map(
    [...sorted.registrations, ...sorted.reservations, ...sorted.updates, ...sorted.disputes].flatMap(({ transaction, document }) =>
      document === null || !looked.has(transaction.txid) ? [] : [[transaction.txid, document as OpenedDocument]],
    ),
  )
  const byDigest = new Map(closed.verdicts.flatMap(({ txid }) => byTxid.get(txid) ?? []).map((document) => [document.sha256, document]))
  return [...byDigest.values()]
}

/** Plans for the ticks that have none, one after the other. */
async function makePlans(
  options: KeeperOptions,
  work: TickWork,
  servers: TickWork['servers'],
  answers: ReadonlyArray<Signed<Ready>>,
): Promise<MadePlan[]> {
  const { crypto, random, prime } = options
  const { body, program } = options.offer(work.offer)
  const made: MadePlan[] = []
  if (servers.length < body.minimumServers) return made
  const { versions, primeBits } = body
  for (const tick of work.planTicks) {
    // What was just answered comes before what was anchored once.
    const statements = [...answers, ...work.ready].filter((statement) => isReadyFor(statement, work.app, tick))
    const ready = servers.flatMap(({ id }) => statements.find(({ by }) => by === id) ?? [])
    if (ready.length < body.minimumServers) continue
    made.push(await makePlan({ crypto, random }, { program, app: work.app, tick, ready, versions, primeBits, prime }))
  }
  return made
}

/** The event that tells of a composed tick, but for its reference. */
const composedEvent = (work: TickWork, state: ComposedEvent['state'], { closed, foreign }: Closing): Omit<ComposedEvent, 'reference'> => {
  const { number, hash } = work
  return {
    type: 'composed',
    number,
    hash,
    state,
    decided: closed.verdicts.map((verdict) => verdict.txid),
    foreign,
    burials: closed.burials,
  }
}

/** Body and salt of the block that a dispute is about: those which the plan of its tick commits to. */
function codeOfDispute({ crypto, offer, ledger }: KeeperOptions, { app, codes }: TickWork, { start, links }: Dispute): BlockCode | null {
  const { position } = links[0]!
  const wanted = own(ledger.plans.get(start.tick)?.plan.endpoints ?? {}, start.endpoint)?.[position]?.code
  // Of a tick that was planned again after a reorganisation more than one is kept.
  for (const kept of codes.filter(({ tick }) => tick === start.tick)) {
    const body = own(offer(kept.offer).program.endpoints, start.endpoint)?.blocks[position]?.body as unknown as Json | undefined
    const salt = own(kept.salts, start.endpoint)?.[position]
    if (body === undefined || salt === undefined) continue
    if (codeDigest(crypto, app, start.endpoint, position, body, salt) === wanted) return { body, salt }
  }
  return null
}

/** Creates the keeper of one app's ledger. Not for concurrent use: the core performs these effects one after another. */
export function createKeeper(options: KeeperOptions): Keeper {
  const { crypto, random, ledger } = options
  let closing: Closing | null = null
  let last: Snapshot | null = null

  function closed(work: TickWork, documents: DocumentLookup): Closing {
    const key = `${work.number}/${work.hash}`
    if (closing?.key === key && ledger.number === work.number) return closing
    const { body, outline } = options.offer(work.offer)
    const sorted = sortAnchors(work, documents, concernsLedger(ledger))
    const result = closeTick({ crypto }, ledger, {
      offer: body,
      outline,
      number: work.number,
      reveal: work.reveal?.reveal ?? null,
      ...sorted,
      code: (dispute) => codeOfDispute(options, work, dispute.body),
    })
    closing = { key, closed: result, foreign: [...sorted.foreign, ...result.foreign], documents: documentsOf(result, sorted) }
    return closing
  }

  const alive = (work: TickWork): TickWork['servers'] => work.servers.filter((server) => !ledger.tombstones.has(server.id))

  async function close(work: TickWork, documents: DocumentLookup, answers: ReadonlyArray<Signed<Ready>>): ReturnType<Keeper['close']> {
    closed(work, documents)
    const made = await makePlans(options, work, alive(work), answers)
    const plans = made.map(({ plan, secret }) => ({ plan, secret }))
    const event: ClosedEvent = { type: 'closed', number: work.number, hash: work.hash, seed: toHex(random(32)), plans }
    return { event, files: made.map(({ ready }) => ready) }
  }

  function compose(work: TickWork, seed: string, documents: DocumentLookup, stored: StoredFile): ReturnType<Keeper['compose']> {
    const done = closed(work, documents)
    const { body, program, outline } = options.offer(work.offer)
    const signer = options.signer(work.by)
    const taken = snapshot(crypto, ledger.database, last ?? undefined)
    last = taken
    const { app, offer, number, previous, from, to, hash, plans, reveal } = work
    const [servers, tombstones] = [alive(work), [...ledger.tombstones.keys()]]
    const { verdicts, burials, evidence } = done.closed
    const ready = plans.map(({ plan: { readyFile } }) => ({ name: readyFile.name, bytes: stored(readyFile) }))
    const terms = termsOf(body)
    const { minimumServers } = body
    const head = { app, offer, signer, program, outline, number, previous, blocks: { from, to, hash }, minimumServers, terms }
    const input = {
      ...head,
      verdicts,
      documents: done.documents,
      snapshot: taken,
      servers,
      tombstones,
      burials,
      evidence,
      reveal,
      plans,
      ready,
      seed,
    }
    const composed = composeTick({ crypto }, input)
    noteTick(ledger, composed.document, { outline, terms, budget: body.budget })
    const told = composedEvent(work, composed.document.body.state, done)
    return { ...composed, event: (reference) => ({ ...told, reference }) }
  }

  return { ledger, snapshot: () => last, close, compose, rollback: (number) => rollbackTo(ledger, number) }
}
