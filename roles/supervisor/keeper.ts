/**
 * Keeps a Supervisor's ledger and performs its two large effects: `close` and `compose`. The core fetches and stores; everything
 * decided in here is a function of the work, the documents and what was kept.
 */
import { own, type Program } from '../program/index.ts'
import { toHex } from '../protocol/bytes.ts'
import type { Json } from '../protocol/canonical.ts'
import type { CryptoPort } from '../protocol/crypto/index.ts'
import type { Dispute, FileEntry, Offer, OpenedDocument, Ready, Reference, Signed, Tick, TickServer } from '../protocol/documents/index.ts'
import type { KeyPair } from '../protocol/keys/index.ts'
import {
  closeTick,
  decidedDocuments,
  noteTick,
  rollbackTo,
  saidReady,
  serversListed,
  sortAnchors,
  stateOf,
  type ClosedTick,
  type DocumentLookup,
  type Ledger,
} from '../protocol/ticks/index.ts'
import { snapshot, type Snapshot, type SnapshotFile } from '../protocol/index/index.ts'
import { codeDigest, isReadyFor, termsOf } from '../protocol/requests/index.ts'
import type { BlockCode } from '../protocol/stamps/index.ts'
import type { SupervisorEvent, TickWork } from './events.ts'
import { makePlan, planRandom, saltsOf, type MadePlan } from './plan.ts'
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
  /** The prime that follows from the bytes. */
  prime: (bits: number, from: Uint8Array) => Promise<bigint>
  /** Standing at the last tick that was composed; `createLedger` for a new app. */
  ledger: Ledger
  /** What belongs to an offer, by its SHA-256. */
  offer: (sha256: string) => OfferParts
  /** The pair of a key that signs ticks. */
  signer: (by: string) => KeyPair
}

/** Asks servers whether they are ready for some ticks. @returns what those signed that answered */
export type AskServers = (servers: readonly TickServer[], ticks: readonly number[]) => Promise<ReadonlyArray<Signed<Ready>>>

/** The bytes of a file that was stored when the tick was closed. Throws when it is gone. */
export type StoredFile = (file: FileEntry) => Uint8Array

export type ClosedEvent = SupervisorEvent & { type: 'closed' }
export type ComposedEvent = SupervisorEvent & { type: 'composed' }

export interface Keeper {
  readonly ledger: Ledger
  /** The snapshot of the last composed tick; null before the first. */
  snapshot(): Snapshot | null
  /**
   * Performs `close`: decides the tick, and with it which servers it lists; asks those whether they are ready, and makes missing plans. Repeating it is harmless
   * as long as its event was not taken.
   * @returns `answers` of the `servers` that are listed
   */
  close(
    work: TickWork,
    documents: DocumentLookup,
    ask: AskServers,
  ): Promise<{ event: ClosedEvent; files: SnapshotFile[]; answers: number; servers: number }>
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

interface Closing {
  key: string
  closed: ClosedTick
  documents: OpenedDocument[]
}

/** Plans for the ticks that have none, one after the other. */
async function makePlans(
  options: KeeperOptions,
  work: TickWork,
  servers: readonly TickServer[],
  answers: ReadonlyArray<Signed<Ready>>,
): Promise<MadePlan[]> {
  const { crypto, prime } = options
  const { body, program } = options.offer(work.offer)
  const made: MadePlan[] = []
  const { versions, primeBits } = body
  const salt = saltsOf(crypto, options.signer(body.by), work.offer)
  const ids = servers.map(({ id }) => id)
  for (const tick of work.planTicks) {
    const ready = ids.flatMap((id) => answers.find((answer) => answer.by === id && isReadyFor(answer, work.app, tick)) ?? [])
    const anchored = saidReady(work.ready, ids, tick)
    if (new Set([...ready.map(({ by }) => by), ...anchored]).size < body.minimumServers) continue
    const random = planRandom(crypto, options.signer(work.by), { app: work.app, tick, number: work.number, hash: work.hash })
    made.push(await makePlan({ crypto, random }, { program, app: work.app, tick, ready, anchored, versions, primeBits, prime, salt }))
  }
  return made
}

/** The event that tells of a composed tick, but for its reference. */
const composedEvent = (
  { number, hash }: TickWork,
  { state, servers }: Pick<Tick, 'state' | 'servers'>,
  { closed }: Closing,
): Omit<ComposedEvent, 'reference'> => {
  return {
    type: 'composed',
    number,
    hash,
    state,
    servers: servers.length,
    decided: closed.verdicts.map((verdict) => verdict.txid),
    foreign: closed.foreign,
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
    const absent = new Set(work.absent)
    const sorted = sortAnchors(work.app, work.transactions, (transaction) => (absent.has(transaction.txid) ? null : documents(transaction)))
    const result = closeTick({ crypto }, ledger, {
      offer: body,
      offerDigest: work.offer,
      outline,
      number: work.number,
      reveal: work.reveal?.reveal ?? null,
      ...sorted,
      code: (dispute) => codeOfDispute(options, work, dispute.body),
    })
    closing = { key, closed: result, documents: decidedDocuments(result, sorted) }
    return closing
  }

  async function close(work: TickWork, documents: DocumentLookup, ask: AskServers): ReturnType<Keeper['close']> {
    closed(work, documents)
    const servers = serversListed(ledger.servers)
    const runs = stateOf(servers.length, options.offer(work.offer).body) === 'running' && work.planTicks.length > 0
    const answers = runs ? await ask(servers, work.planTicks) : []
    const made = runs ? await makePlans(options, work, servers, answers) : []
    const plans = made.map(({ plan, secret }) => ({ plan, secret }))
    const event: ClosedEvent = { type: 'closed', number: work.number, hash: work.hash, seed: toHex(random(32)), plans }
    return { event, files: made.map(({ ready }) => ready), answers: answers.length, servers: servers.length }
  }

  function compose(work: TickWork, seed: string, documents: DocumentLookup, stored: StoredFile): ReturnType<Keeper['compose']> {
    const done = closed(work, documents)
    const { body, program, outline } = options.offer(work.offer)
    const signer = options.signer(work.by)
    const taken = snapshot(crypto, ledger.database, last ?? undefined)
    last = taken
    const { app, offer, number, previous, from, to, hash, plans, reveal } = work
    const [servers, tombstones] = [serversListed(ledger.servers), [...ledger.tombstones.keys()]]
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
    const told = composedEvent(work, composed.document.body, done)
    return { ...composed, event: (reference) => ({ ...told, reference }) }
  }

  return { ledger, snapshot: () => last, close, compose, rollback: (number) => rollbackTo(ledger, number) }
}
