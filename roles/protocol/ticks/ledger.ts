/**
 * The ledger: the database with everything that decides what may enter it next. `closeTick` is the one function by which Supervisor and
 * auditor go from one tick to the next; chain order decides, so equal documents make equal ledgers (PROTOCOL.md 6).
 *
 * Windows: with genesis g and tick length L, period p is the blocks (g+p·L, g+(p+1)·L]. Document D_n closes period n−1 and decides everything
 * anchored in period n−2, in chain order: so every anchored document has at least one whole period to be fetched. An update of period p
 * is stamped p or p−1; D_n reveals the primes of n−2, and those of n−3 are known since D_{n−1}.
 */
import type { Program } from '../../program/index.ts'
import { canonicalText, type Json } from '../canonical.ts'
import { type CryptoPort, verifyWork, workChallenge } from '../crypto/index.ts'
import {
  againstRule,
  applyUpdate,
  brokenRule,
  registerClient,
  removeClient,
  reserveKey,
  rowsReserved,
  rowsWritten,
} from '../index/index.ts'
import {
  verifyUnder,
  type Burial,
  type OpenedDocument,
  type DocumentType,
  type Offer,
  type Registration,
  type Reservation,
  type Update,
  type Verdict,
} from '../documents/index.ts'
import type { AnchoredTransaction } from '../events.ts'
import { type RevealFile, versionReserved } from '../requests/index.ts'
import { ownersOf, paysKey, paysSupervisor, spendsKey, type Owners } from './spends.ts'
import { BEYOND, byChain, mostUpdates, sortUpdates, withinQuota } from './quotas.ts'
import { adoptOutline, factsOf, rollbackTo, UNDO_TICKS, type Ledger, type Undo } from './ledger-state.ts'
import { outcomeOf } from './periods.ts'
import { fail, ok, type Result } from '../result.ts'
import {
  checkDispute,
  checkStamps,
  checkUpdate,
  decideDispute,
  MAX_DISPUTES,
  readReveal,
  type Blame,
  type BlockCode,
  type EvidenceEntry,
  type Reveal,
  type VerifiedUpdate,
} from '../stamps/index.ts'

export * from './ledger-state.ts'

export interface LedgerContext {
  crypto: CryptoPort
}

/** An anchor with its document; null when it could not be fetched or its document was malformed. */
export interface AnchoredDocument<T extends DocumentType> {
  transaction: AnchoredTransaction
  document: OpenedDocument<T> | null
}

export interface CloseInput {
  offer: Offer
  /** Outline of the offer in force; a change adds collections and indices. */
  outline: Program
  number: number
  /** All that is anchored in period number−2 (`decidingTick`), or waited for its tick; a null document gets the verdict `<type>.unavailable`. */
  registrations: Array<AnchoredDocument<'registration'>>
  reservations: Array<AnchoredDocument<'reservation'>>
  updates: Array<AnchoredDocument<'update'>>
  /** None where they are left out. */
  disputes?: Array<AnchoredDocument<'dispute'>>
  /** Body and salt of the block that a dispute is about; null where they are not at hand: a Supervisor has them, and adds them to its tick. */
  code?(dispute: OpenedDocument<'dispute'>): BlockCode | null
  /** Of tick number−2; null when it had no plan. */
  reveal: RevealFile | null
}

export interface ClosedTick {
  ledger: Ledger
  /** In chain order. */
  verdicts: Verdict[]
  /** Tombstones that this tick adds, each identity at most once. */
  burials: Burial[]
  /** What they rest on, and what every dispute was decided by, in the order of the decisions. */
  evidence: EvidenceEntry[]
  /** Transactions that get no verdict: updates that spend from no reserved key. */
  foreign: string[]
  /** Transactions that later ticks decide, because this one is full. */
  later: string[]
  /** Transactions whose documents are in the tick. */
  looked: string[]
}

// ───────────────────────────── decisions ─────────────────────────────

interface Closing {
  ctx: LedgerContext
  ledger: Ledger
  input: CloseInput
  undo: Undo
  /** Client and request id of updates accepted by this tick and the one before, which may hold the same stamps: an id that a rival has seen is not used up by the rival. */
  used: Set<string>
  /** How many updates of a client are counted for an endpoint and tick: of this document and the one before, which may hold the same stamps. */
  counts: Map<string, number>
  owners: Owners
  /** By the tick whose primes they are: those of the two ticks in which updates of the period are stamped. */
  reveals: ReadonlyMap<number, Reveal>
  burials: Burial[]
  evidence: Map<string, EvidenceEntry>
  /** Clients whose disputes were looked into. */
  disputed: Set<string>
}

const countOf = ({ tick, endpoint, by }: Pick<Update, 'tick' | 'endpoint'> & { by: string }): string => `${tick}/${endpoint}/${by}`

function decideRegistration(closing: Closing, transaction: AnchoredTransaction, body: Registration): Result<null> {
  const { ctx, ledger, input } = closing
  const { database } = ledger
  if (body.app !== ledger.app) return fail('registration.app', 'The registration is for another app.')
  if (ledger.tombstones.has(body.by)) return fail('registration.tombstone', 'This identity has a tombstone. Register with a new key.')
  if (database.clients.has(body.by)) return fail('registration.known', 'This client is registered already.')
  if (!paysSupervisor(transaction, input.offer))
    return fail('registration.payment', "The transaction does not pay the Supervisor's address.")
  if (!verifyWork(workChallenge(ctx.crypto, 'client', body.by, ledger.app), BigInt(body.nonce), input.offer.work.client)) {
    return fail('registration.work', `The nonce does not make ${input.offer.work.client} zero bits. Grind again.`)
  }
  closing.undo.clients.push([body.by, undefined])
  registerClient(database, body.by, { registered: transaction.height, seats: body.seats, since: closing.input.number })
  return ok(null)
}

type ReservedEntry = Reservation['keys'][number]

function checkReserved(
  { ctx, ledger, input }: Closing,
  transaction: AnchoredTransaction,
  by: string,
  { sig, ...entry }: ReservedEntry,
): Result<null> {
  const declared = Object.hasOwn(input.outline.collections, entry.collection) ? input.outline.collections[entry.collection]! : null
  if (declared === null) return fail('reservation.collection', `The program has no collection ${entry.collection}.`)
  if (ledger.database.keys.has(entry.key)) return fail('reservation.taken', `The key ${entry.key} is reserved already.`)
  if (canonicalText(entry.initial) !== canonicalText(declared.initial))
    return fail('reservation.initial', `The initial value of ${entry.collection} is declared by the program.`)
  if (!paysKey(transaction, entry.key)) return fail('reservation.payment', `The transaction does not pay the address of ${entry.key}.`)
  const signed = { app: ledger.app, client: by, key: entry.key, collection: entry.collection, sig }
  return verifyUnder(ctx.crypto, 'reserve', signed, entry.key)
    ? ok(null)
    : fail('reservation.signature', `The key ${entry.key} did not sign its reservation.`)
}

function decideReservation(closing: Closing, transaction: AnchoredTransaction, body: Reservation, sha256: string): Result<null> {
  const {
    ctx,
    ledger: { app, database, tombstones },
  } = closing
  if (body.app !== app) return fail('reservation.app', 'The reservation is for another app.')
  if (tombstones.has(body.by) || !database.clients.has(body.by)) return fail('reservation.client', 'The client is not registered.')
  if (!spendsKey(transaction, body.by)) return fail('reservation.spends', "The transaction does not spend from the client's address.")
  if (new Set(body.keys.map(({ key }) => key)).size !== body.keys.length)
    return fail('reservation.twice', 'The reservation names a key twice.')
  for (const entry of body.keys) {
    const checked = checkReserved(closing, transaction, body.by, entry)
    if (!checked.ok) return checked
  }
  const broken = brokenRule(database, rowsReserved(database, body.by, body.keys))
  if (broken !== null) return againstRule('reservation', broken)
  for (const { key, collection } of body.keys) {
    closing.undo.keys.push([key, undefined])
    closing.undo.rows.push([collection, key, undefined])
    reserveKey(database, { key, collection, owner: body.by, version: versionReserved(ctx.crypto, sha256, key) })
  }
  return ok(null)
}

const useOf = ({ by, request }: Pick<Update, 'by' | 'request'>): string => `${by}/${request}`

function apply(closing: Closing, { update, changes }: VerifiedUpdate): void {
  const { database } = closing.ledger
  for (const { key, version, writes } of changes) {
    const collection = writes[0]!.collection
    closing.undo.keys.push([key, database.keys.get(key)])
    closing.undo.rows.push([collection, key, database.collections.get(collection)!.get(key)])
    const applied = applyUpdate(database, { owner: update.by, version, writes })
    if (!applied.ok) throw new Error(`a verified update must apply: ${applied.error.code}: ${applied.error.message}`)
  }
  closing.used.add(useOf(update))
  closing.undo.requests.push(useOf(update))
  closing.undo.counted.push(countOf(update))
  closing.counts.set(countOf(update), (closing.counts.get(countOf(update)) ?? 0) + 1)
}

/** Applies an update that is right by itself, unless a rule would be broken by it. */
function enter(closing: Closing, verified: VerifiedUpdate): Result<null> {
  const { database } = closing.ledger
  const writes = verified.changes.flatMap((change) => change.writes)
  const broken = brokenRule(database, rowsWritten(database, writes))
  if (broken !== null) return againstRule('update', broken)
  apply(closing, verified)
  return ok(null)
}

function bury(closing: Closing, burial: Burial): void {
  const { tombstones, database } = closing.ledger
  const { subject } = burial
  if (tombstones.has(subject)) return
  tombstones.set(subject, closing.input.number)
  closing.undo.tombstones.push(subject)
  const client = database.clients.get(subject)
  if (client !== undefined) {
    closing.undo.clients.push([subject, client])
    removeClient(database, subject)
  }
  closing.burials.push(burial)
}

/** The update whose links show faults is evidence once it buries somebody. */
function buryBlamed(closing: Closing, { sha256, body }: OpenedDocument<'update'>, blamed: readonly Blame[]): void {
  const before = closing.burials.length
  for (const { subject, lane, position } of blamed) bury(closing, { subject, evidence: { kind: 'stamp', update: sha256, lane, position } })
  if (closing.burials.length > before) closing.evidence.set(sha256, { kind: 'stamp', update: body as unknown as Json })
}

function decideUpdate(closing: Closing, transaction: AnchoredTransaction, document: OpenedDocument<'update'> | null): Result<null> {
  const { ctx, ledger, input } = closing
  if (document === null)
    return fail('update.unavailable', 'The update could not be fetched before its tick closed. Keep seeding, and send the request again.')
  const { tick } = document.body
  const reveal = closing.reveals.get(tick)
  const noted = ledger.plans.get(tick) ?? null
  const env = {
    app: ledger.app,
    period: input.number - 2,
    outline: noted?.outline ?? input.outline,
    planned: noted,
    base: ledger.ticks.get(tick)?.sha256 ?? '',
    hash: ledger.ticks.get(tick)?.hash ?? '',
    database: ledger.database,
    tombstoned: (id: string) => (ledger.tombstones.get(id) ?? Infinity) <= tick,
    used: (request: string) => closing.used.has(useOf({ by: document.body.by, request })),
  }
  const most = input.offer.perTick.updates
  if ((closing.counts.get(countOf(document.body)) ?? 0) >= most)
    return fail(
      'update.limit',
      `So many updates of this client are counted for ${document.body.endpoint} and tick ${tick} already: ${most}. Send the request again on a newer tick.`,
    )
  const checked = checkUpdate(ctx, env, document.body)
  if (!checked.ok) return checked
  const unspent = checked.value.changes.find(({ key }) => !spendsKey(transaction, key))
  if (unspent !== undefined) return fail('update.spends', `The transaction does not spend from the address of ${unspent.key}.`)
  if (reveal === undefined) return fail('update.plan', 'The tick of the stamp has no revealed primes.')
  const { stamp, blamed } = checkStamps(ctx, reveal, document.body)
  const decided = stamp.ok ? enter(closing, checked.value) : stamp
  buryBlamed(closing, document, blamed)
  return decided
}

/**
 * Disputes of registered clients only, so many in a tick, and of each one: whoever has another to show anchors it again. What a dispute shows is checked, and then
 * the block is run, once for certain proof that one of its servers lies.
 */
function decideDisputed(closing: Closing, transaction: AnchoredTransaction, document: OpenedDocument<'dispute'>): Result<null> {
  const { ctx, ledger, input, disputed } = closing
  const { body, sha256 } = document
  if (ledger.tombstones.has(body.by) || !ledger.database.clients.has(body.by))
    return fail('dispute.client', 'The client is not registered.')
  if (!spendsKey(transaction, body.by)) return fail('dispute.spends', "The transaction does not spend from the client's address.")
  if (disputed.size >= MAX_DISPUTES || disputed.has(body.by))
    return fail('dispute.many', 'The tick looks into one dispute of a client, and into so many of all. Anchor it again.')
  disputed.add(body.by)
  const facts = factsOf(ledger, body.start.tick)
  const env = { app: ledger.app, number: input.number, facts, tombstoned: (id: string) => ledger.tombstones.has(id) }
  const open = checkDispute(ctx, env, body)
  if (!open.ok) return open
  const code = input.code?.(document) ?? null
  const decided = decideDispute(ctx, open.value, code)
  if (!decided.ok) return decided
  closing.evidence.set(sha256, { kind: 'dispute', dispute: body as unknown as Json, ...code! })
  for (const { subject, link } of decided.value) bury(closing, { subject, evidence: { kind: 'dispute', dispute: sha256, link } })
  return ok(null)
}

// ───────────────────────────── closing ─────────────────────────────

interface Item {
  transaction: AnchoredTransaction
  decide: () => Result<null>
}

/** What this tick decides, in chain order, and what it does not. */
function itemsOf(closing: Closing): Pick<ClosedTick, 'foreign' | 'later' | 'looked'> & { items: Item[] } {
  const { offer, outline, disputes = [] } = closing.input
  const registrations = withinQuota(closing.input.registrations, offer.perTick.registrations)
  const reservations = withinQuota(closing.input.reservations, offer.perTick.reservations)
  const updates = sortUpdates(closing.input.updates, closing.owners, mostUpdates(offer.perTick, outline))
  const absent = (kind: string): Result<null> =>
    fail(`${kind}.unavailable`, `The ${kind} could not be fetched. Keep seeding, and send it again.`)
  const items: Item[] = [
    ...registrations.now.map(({ transaction, document }) => ({
      transaction,
      decide: () => (document === null ? absent('registration') : decideRegistration(closing, transaction, document.body)),
    })),
    ...reservations.now.map(({ transaction, document }) => ({
      transaction,
      decide: () => (document === null ? absent('reservation') : decideReservation(closing, transaction, document.body, document.sha256)),
    })),
    ...updates.ours.map((update) => ({
      transaction: update.transaction,
      decide: () => (updates.beyond.has(update) ? BEYOND : decideUpdate(closing, update.transaction, update.document)),
    })),
    ...disputes.map(({ transaction, document }) => ({
      transaction,
      decide: () => (document === null ? absent('dispute') : decideDisputed(closing, transaction, document)),
    })),
  ]
  const txids = (anchors: Array<{ transaction: AnchoredTransaction }>): string[] => anchors.map(({ transaction }) => transaction.txid)
  return {
    items: items.sort(byChain),
    foreign: txids(updates.foreign),
    later: txids([...registrations.later, ...reservations.later]),
    looked: txids([
      ...registrations.now,
      ...reservations.now,
      ...disputes,
      ...updates.ours.filter((update) => !updates.beyond.has(update)),
    ]),
  }
}

/** The primes by which updates of period number−2 are stamped: of that tick, now revealed and noted with its plan, and of the one before. */
function revealsFor(crypto: CryptoPort, ledger: Ledger, { number, reveal }: CloseInput): Map<number, Reveal> {
  const noted = ledger.plans.get(number - 2)
  if (noted !== undefined) noted.reveal = reveal
  const files = [number - 3, number - 2].map((tick) => [tick, ledger.plans.get(tick)?.reveal ?? null] as const)
  return new Map(files.flatMap(([tick, file]) => (file === null ? [] : [[tick, readReveal(crypto, file)]])))
}

/**
 * Closes one tick: decides everything anchored for it in chain order, changing the ledger. Calling it again for the number that was
 * closed last takes that back first, so a composition that was interrupted is simply repeated. Linear in the input.
 * Earlier ticks must have been noted (`noteTick`); those of closed windows are dropped.
 */
export function closeTick(ctx: LedgerContext, ledger: Ledger, input: CloseInput): ClosedTick {
  if (ledger.number >= input.number) rollbackTo(ledger, input.number - 1)
  if (ledger.number !== input.number - 1) throw new Error(`The ledger stands at tick ${ledger.number}; it cannot close ${input.number}.`)
  const before = ledger.database.program
  const reveals = revealsFor(ctx.crypto, ledger, input)
  adoptOutline(ledger, input.outline)
  const undo: Undo = {
    number: input.number,
    keys: [],
    rows: [],
    clients: [],
    tombstones: [],
    requests: [],
    counted: [],
    program: ledger.database.program === before ? null : before,
  }
  const used = new Set(ledger.undo.at(-1)?.requests)
  const counts = new Map<string, number>()
  for (const one of ledger.undo.at(-1)?.counted ?? []) counts.set(one, (counts.get(one) ?? 0) + 1)
  const owners = ownersOf(ledger.database)
  const closing: Closing = {
    ctx,
    ledger,
    input,
    undo,
    used,
    counts,
    owners,
    reveals,
    burials: [],
    evidence: new Map(),
    disputed: new Set(),
  }
  const { items, ...sorted } = itemsOf(closing)
  const verdicts = items.map(({ transaction, decide }): Verdict => {
    const decided = decide()
    const {
      txid,
      height,
      anchor: { sha256, infohash },
    } = transaction
    return { txid, document: { sha256, infohash }, height, ...outcomeOf(decided) }
  })
  ledger.number = input.number
  ledger.undo = [...ledger.undo, undo].slice(-UNDO_TICKS)
  for (const noted of [ledger.plans, ledger.ticks])
    for (const tick of noted.keys()) if (tick < input.number - 2 - UNDO_TICKS) noted.delete(tick)
  return { ledger, verdicts, ...sorted, burials: closing.burials, evidence: [...closing.evidence.values()] }
}
