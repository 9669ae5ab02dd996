/**
 * What may enter the ledger: one anchored document after the other, in chain order (PROTOCOL.md 6.2). Every decision changes the ledger, notes how it is taken
 * back, and follows from the input alone.
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
  type Acceptance,
  type Burial,
  type Offer,
  type OpenedDocument,
  type Registration,
  type Reservation,
  type Update,
} from '../documents/index.ts'
import type { AnchoredTransaction } from '../events.ts'
import { type RevealFile, versionReserved } from '../requests/index.ts'
import { fail, ok, type Result } from '../result.ts'
import {
  checkDispute,
  checkStamps,
  checkUpdate,
  decideDispute,
  MAX_DISPUTES,
  stampClaim,
  type Blame,
  type BlockCode,
  type EvidenceEntry,
  type Reveal,
  type VerifiedUpdate,
} from '../stamps/index.ts'
import { factsOf, type Ledger, type Undo } from './ledger-state.ts'
import { checkAcceptance } from './servers.ts'
import type { SortedAnchors } from './sorting.ts'
import { paysKey, spendsKey, type Owners } from './spends.ts'

export interface LedgerContext {
  crypto: CryptoPort
}

/**
 * All that is anchored for this tick, or waited for it (`dueIn`): a null document gets the verdict `<type>.unavailable`. What concerns nobody, as far as the
 * transaction shows, gets none.
 */
export interface CloseInput
  extends Omit<SortedAnchors, 'acceptances' | 'disputes'>, Partial<Pick<SortedAnchors, 'acceptances' | 'disputes'>> {
  offer: Offer
  /** Its digest. */
  offerDigest: string
  /** Outline of the offer in force; a change adds collections and indices. */
  outline: Program
  number: number
  /** Body and salt of the block that a dispute is about; null where they are not at hand: a Supervisor has them, and adds them to its tick. */
  code?(dispute: OpenedDocument<'dispute'>): BlockCode | null
  /** Of tick number−2; null when it had no plan. */
  reveal: RevealFile | null
}

export interface Closing {
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
  /** Digests of the disputes that were accepted. */
  decided: Set<string>
}

export const countOf = ({ tick, endpoint, by }: Pick<Update, 'tick' | 'endpoint'> & { by: string }): string => `${tick}/${endpoint}/${by}`

export function decideAcceptance(closing: Closing, transaction: AnchoredTransaction, body: Acceptance, sha256: string): Result<null> {
  const { ctx, ledger, input, undo } = closing
  const { servers, offers, tombstones } = ledger
  const env = { servers, offers, bits: input.offer.work.server, buried: (id: string) => tombstones.has(id) }
  const checked = checkAcceptance(ctx.crypto, env, body, sha256, transaction.height)
  if (!checked.ok) return checked
  undo.servers.push([body.by, servers.get(body.by)])
  servers.set(body.by, checked.value)
  return ok(null)
}

export function decideRegistration(closing: Closing, transaction: AnchoredTransaction, body: Registration): Result<null> {
  const { ctx, ledger, input } = closing
  const { database } = ledger
  if (body.app !== ledger.app) return fail('registration.app', 'The registration is for another app.')
  if (ledger.tombstones.has(body.by)) return fail('registration.tombstone', 'This identity has a tombstone. Register with a new key.')
  if (database.clients.has(body.by)) return fail('registration.known', 'This client is registered already.')
  if (!verifyWork(workChallenge(ctx.crypto, 'client', body.by, ledger.app), BigInt(body.nonce), input.offer.work.client)) {
    return fail('registration.work', `The nonce does not make ${input.offer.work.client} zero bits. Grind again.`)
  }
  closing.undo.clients.push([body.by, undefined])
  registerClient(database, body.by, { registered: transaction.height, seats: body.seats, since: closing.input.number })
  closing.owners.enters(body.by)
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

export function decideReservation(closing: Closing, transaction: AnchoredTransaction, body: Reservation, sha256: string): Result<null> {
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
  const { tombstones, database, servers } = closing.ledger
  const { subject } = burial
  if (tombstones.has(subject)) return
  tombstones.set(subject, closing.input.number)
  closing.undo.tombstones.push(subject)
  const client = database.clients.get(subject)
  if (client !== undefined) {
    closing.undo.clients.push([subject, client])
    removeClient(database, subject)
    closing.owners.leaves(subject)
  }
  const server = servers.get(subject)
  if (server !== undefined) {
    closing.undo.servers.push([subject, server])
    servers.delete(subject)
  }
  closing.burials.push(burial)
}

/** The update whose links show faults is evidence once it buries somebody. */
function buryBlamed(closing: Closing, { sha256, body }: OpenedDocument<'update'>, blamed: readonly Blame[]): void {
  const before = closing.burials.length
  for (const { subject, lane, position } of blamed) bury(closing, { subject, evidence: { kind: 'stamp', update: sha256, lane, position } })
  if (closing.burials.length > before) closing.evidence.set(sha256, { kind: 'stamp', update: body as unknown as Json })
}

export function decideUpdate(closing: Closing, transaction: AnchoredTransaction, document: OpenedDocument<'update'> | null): Result<null> {
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
  const { ahead } = ctx.crypto
  const checked = checkUpdate(ctx, env, document.body, ahead?.knows(document.sha256))
  if (!checked.ok) return checked
  const unspent = checked.value.changes.find(({ key }) => !spendsKey(transaction, key))
  if (unspent !== undefined) return fail('update.spends', `The transaction does not spend from the address of ${unspent.key}.`)
  if (reveal === undefined) return fail('update.plan', 'The tick of the stamp has no revealed primes.')
  if (ahead?.knows(stampClaim(document.sha256, reveal.id)) === true) return enter(closing, checked.value)
  const { stamp, blamed } = checkStamps(ctx, reveal, document.body)
  const decided = stamp.ok ? enter(closing, checked.value) : stamp
  buryBlamed(closing, document, blamed)
  return decided
}

/**
 * Disputes of registered clients only, of each one in a tick: whoever has another to show anchors it again. What a dispute shows is checked, and then, so many times
 * in a tick, the block is run, once for certain proof that one of its servers lies.
 */
export function decideDisputed(closing: Closing, transaction: AnchoredTransaction, document: OpenedDocument<'dispute'>): Result<null> {
  const { ctx, ledger, input, disputed } = closing
  const { body, sha256 } = document
  if (ledger.tombstones.has(body.by) || !ledger.database.clients.has(body.by))
    return fail('dispute.client', 'The client is not registered.')
  if (!spendsKey(transaction, body.by)) return fail('dispute.spends', "The transaction does not spend from the client's address.")
  if (disputed.has(body.by)) return fail('dispute.many', 'The tick looks into one dispute of a client. Anchor it again.')
  disputed.add(body.by)
  const facts = factsOf(ledger, body.start.tick)
  const env = { app: ledger.app, number: input.number, facts, tombstoned: (id: string) => ledger.tombstones.has(id) }
  const open = checkDispute(ctx, env, body)
  if (!open.ok) return open
  // Only those that bury somebody take a place, each at the price of a server: what shows nothing keeps nobody's waiting.
  if (closing.decided.size >= MAX_DISPUTES)
    return fail('dispute.many', `The tick decides ${MAX_DISPUTES} disputes, and others came before. Anchor it again.`)
  const code = input.code?.(document) ?? null
  const decided = decideDispute(ctx, open.value, code)
  if (!decided.ok) return decided
  closing.decided.add(sha256)
  closing.evidence.set(sha256, { kind: 'dispute', dispute: body as unknown as Json, ...code! })
  for (const { subject, link } of decided.value) bury(closing, { subject, evidence: { kind: 'dispute', dispute: sha256, link } })
  return ok(null)
}
