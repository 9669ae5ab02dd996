/**
 * The ledger: the database with everything that decides what may enter it next. `closeTick` is the one function by which Supervisor and
 * auditor go from one tick to the next; chain order decides, so equal documents make equal ledgers (PROTOCOL.md 6).
 *
 * Windows: with genesis g and tick length L, period p is the blocks (g+p·L, g+(p+1)·L]. Document D_n closes period n−1 and decides everything
 * anchored in period n−2, in chain order: so every anchored document has at least one whole period to be fetched. An update of period p
 * is stamped p or p−1; D_n reveals the primes of n−2, and those of n−3 are known since D_{n−1}.
 */
import type { CryptoPort } from '../crypto/index.ts'
import type { Burial, OpenedDocument, Verdict } from '../documents/index.ts'
import type { AnchoredTransaction } from '../events.ts'
import { fail, type Result } from '../result.ts'
import { readReveal, type EvidenceEntry, type Reveal } from '../stamps/index.ts'
import {
  decideAcceptance,
  decideDisputed,
  decideRegistration,
  decideReservation,
  decideUpdate,
  type CloseInput,
  type Closing,
  type LedgerContext,
} from './decisions.ts'
import { adoptOutline, rollbackTo, UNDO_TICKS, type Ledger, type Undo } from './ledger-state.ts'
import { outcomeOf } from './periods.ts'
import { BEYOND, byChain, MOST_TOLD, mostUpdates, quotaOf, RESERVATIONS_OF_ONE, roomFor, sortUpdates, type Waiting } from './quotas.ts'
import type { AnchoredDocument } from './sorting.ts'
import { ownersOf, paysSupervisor } from './spends.ts'

export * from './ledger-state.ts'
export type { CloseInput, LedgerContext } from './decisions.ts'

export interface ClosedTick {
  ledger: Ledger
  /** In chain order. */
  verdicts: Verdict[]
  /** Tombstones that this tick adds, each identity at most once. */
  burials: Burial[]
  /** What they rest on, and what every dispute was decided by, in the order of the decisions. */
  evidence: EvidenceEntry[]
  /** Transactions that get no verdict: they pay or spend nothing that concerns this app. */
  foreign: string[]
  /** Transactions that later ticks decide, because this one is full. */
  later: string[]
  /** Transactions whose documents are in the tick. */
  looked: string[]
}

interface Item {
  transaction: AnchoredTransaction
  /** Of a kind of which a tick decides so many: the others wait. */
  kind: Waiting | null
  document: object | null
  /** Whether it concerns this app, when its turn comes. */
  isOwed(): boolean
  /** Whose it is, of a kind of which a tick decides so many of one. */
  owner?(): string | null
  decide(): Result<null>
}

/** What this tick may decide, in chain order. */
function itemsOf(closing: Closing): Item[] {
  const { offer, outline, acceptances = [], registrations, reservations, disputes = [] } = closing.input
  const updates = sortUpdates(closing.input.updates, closing.owners, mostUpdates(offer.perTick, outline))
  const absent = (kind: string): Result<null> =>
    fail(`${kind}.unavailable`, `The ${kind} could not be fetched. Keep seeding, and send it again.`)
  const item = <T extends 'acceptance' | 'registration' | 'reservation' | 'dispute'>(
    type: T,
    { transaction, document }: AnchoredDocument<T>,
    isOwed: (transaction: AnchoredTransaction) => boolean,
    decide: (document: OpenedDocument<T>) => Result<null>,
  ): Item => ({
    transaction,
    kind: type === 'dispute' ? null : type,
    document,
    isOwed: () => isOwed(transaction),
    decide: () => (document === null ? absent(type) : decide(document)),
  })
  const pays = (transaction: AnchoredTransaction): boolean => paysSupervisor(transaction, offer)
  const owner = (transaction: AnchoredTransaction): string | null => closing.owners.ofReservation(transaction)
  const spends = (transaction: AnchoredTransaction): boolean => owner(transaction) !== null
  const heard = new Map<string | null, number>()
  const isHeard = (transaction: AnchoredTransaction): boolean => {
    const by = owner(transaction)
    heard.set(by, (heard.get(by) ?? 0) + 1)
    return by !== null && heard.get(by)! <= MOST_TOLD
  }
  const items: Item[] = [
    ...acceptances.map((one) =>
      item('acceptance', one, pays, ({ body, sha256 }) => decideAcceptance(closing, one.transaction, body, sha256)),
    ),
    ...registrations.map((one) => item('registration', one, pays, ({ body }) => decideRegistration(closing, one.transaction, body))),
    ...reservations.map((one) => ({
      ...item('reservation', one, spends, ({ body, sha256 }) => decideReservation(closing, one.transaction, body, sha256)),
      owner: () => owner(one.transaction),
    })),
    ...disputes.map((one) => item('dispute', one, isHeard, (document) => decideDisputed(closing, one.transaction, document))),
    ...updates.foreign.map(({ transaction }): Item => ({
      transaction,
      kind: null,
      document: null,
      isOwed: () => false,
      decide: () => absent('update'),
    })),
    ...updates.ours.map((update): Item => {
      const isBeyond = updates.beyond.has(update)
      const decide = (): Result<null> => (isBeyond ? BEYOND : decideUpdate(closing, update.transaction, update.document))
      return { transaction: update.transaction, kind: null, document: isBeyond ? null : update.document, isOwed: () => true, decide }
    }),
  ]
  return items.sort(byChain)
}

const noOwner = (): null => null

/** Decides them one after the other. */
function decideAll(closing: Closing): Pick<ClosedTick, 'verdicts' | 'foreign' | 'later' | 'looked'> {
  const { perTick } = closing.input.offer
  const room = {
    acceptance: roomFor(quotaOf(perTick, 'acceptance')),
    registration: roomFor(quotaOf(perTick, 'registration')),
    reservation: roomFor(quotaOf(perTick, 'reservation')),
  }
  const ofOne = new Map<string, number>()
  const told: ReturnType<typeof decideAll> = { verdicts: [], foreign: [], later: [], looked: [] }
  for (const { transaction, kind, document, isOwed, decide, owner = noOwner } of itemsOf(closing)) {
    const { txid, height, anchor } = transaction
    const by = owner()
    const count = by === null ? 0 : (ofOne.get(by) ?? 0)
    if (count >= RESERVATIONS_OF_ONE || (kind !== null && room[kind].isFull())) told.later.push(txid)
    else if (!isOwed()) told.foreign.push(txid)
    else {
      if (by !== null) ofOne.set(by, count + 1)
      const decision = decide()
      if (kind !== null) room[kind].take(kind === 'reservation' ? document !== null : decision.ok)
      if (document !== null) told.looked.push(txid)
      told.verdicts.push({ txid, document: { sha256: anchor.sha256, infohash: anchor.infohash }, height, ...outcomeOf(decision) })
    }
  }
  return told
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
    servers: [],
    offer: ledger.offers.at(-1) !== input.offerDigest,
  }
  if (undo.offer) ledger.offers.push(input.offerDigest)
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
    decided: new Set(),
  }
  const decided = decideAll(closing)
  ledger.number = input.number
  ledger.undo = [...ledger.undo, undo].slice(-UNDO_TICKS)
  for (const noted of [ledger.plans, ledger.ticks])
    for (const tick of noted.keys()) if (tick < input.number - 2 - UNDO_TICKS) noted.delete(tick)
  return { ledger, ...decided, burials: closing.burials, evidence: [...closing.evidence.values()] }
}
