/** The ledger as it is held and stored: what it knows, how a tick is taken back, how it goes on under another program. */
import { withoutRules, type Budget, type Program } from '../../program/index.ts'
import { canonicalText, type Json } from '../canonical.ts'
import {
  CLIENTS,
  createDatabase,
  exportDatabase,
  importDatabase,
  KEYS,
  recount,
  setRow,
  type Client,
  type Database,
  type ReservedKey,
  type Row,
} from '../index/index.ts'
import type { Tick } from '../documents/index.ts'
import type { PlannedTick, RevealFile } from '../requests/index.ts'
import { fail, ok, type Result } from '../result.ts'
import type { TickFacts } from '../stamps/index.ts'
import type { ListedServer } from './servers.ts'

/** A tick document that was published. */
export interface NotedTick {
  sha256: string
  /** Hash of the last block that it closes, display hex: with it, holders are put in the order of seats. */
  hash: string
  /** Of its indices. */
  roots: Array<[index: string, root: string]>
}

/** A plan with the outline of the offer under which it was made, and the tick that published it. */
export interface NotedPlan extends PlannedTick {
  outline: Program
  budget: Budget
  publishedIn: number
  /** Its secrets, once a tick has revealed them: two ticks decide updates that are stamped with them. */
  reveal: RevealFile | null
}

/** What a tick changed, with the values from before, to take it back after a reorg. */
export interface Undo {
  number: number
  keys: Array<[key: string, before: ReservedKey | undefined]>
  rows: Array<[collection: string, key: string, before: Row | undefined]>
  clients: Array<[client: string, before: Client | undefined]>
  tombstones: string[]
  /** Author and request id of the updates that it accepted. */
  requests: string[]
  /** Of each accepted update: tick, endpoint and client, for whose number the offer has a bound. */
  counted: string[]
  /** The program before, where the tick changed it. */
  program: Program | null
  servers: Array<[id: string, before: ListedServer | undefined]>
  /** Whether it is the first tick under its offer. */
  offer: boolean
}

/** Mutable: `closeTick` and `rollbackTo` change it in place. */
export interface Ledger {
  app: string
  /** Number of the last closed tick; −1 before the first. */
  number: number
  database: Database
  /** Digests of the app's first offer and of those under which ticks were closed, oldest first: acceptances of any of them count. */
  offers: string[]
  /** Servers that accepted and have no tombstone: those that the tick lists. */
  servers: Map<string, ListedServer>
  /** Subject → number of the tick from which on it counts. */
  tombstones: Map<string, number>
  /** Plans of the ticks whose windows are open, by tick. */
  plans: Map<number, NotedPlan>
  /** The tick documents of these ticks, by number: what requests of theirs rest on. */
  ticks: Map<number, NotedTick>
  undo: Undo[]
}

/** Ticks that can be taken back without replaying the log. */
export const UNDO_TICKS = 12

export const createLedger = (app: string, outline: Program): Ledger => ({
  app,
  number: -1,
  database: createDatabase(outline),
  offers: [app],
  servers: new Map(),
  tombstones: new Map(),
  plans: new Map(),
  ticks: new Map(),
  undo: [],
})

/**
 * Notes a tick document and the plans that it publishes, under the offer that it names; again is harmless. A plan for that tick itself or one before serves nobody,
 * and of two for one tick the first does, so that nobody deals its blocks again.
 */
export function noteTick(
  ledger: Ledger,
  { sha256, body: { number, blocks, plans, indices } }: { sha256: string; body: Pick<Tick, 'number' | 'blocks' | 'plans' | 'indices'> },
  { outline, terms, budget }: Pick<NotedPlan, 'outline' | 'terms' | 'budget'>,
): void {
  ledger.ticks.set(number, { sha256, hash: blocks.hash, roots: indices.map(({ name, root }) => [name, root]) })
  for (const plan of plans) {
    const known = ledger.plans.get(plan.tick)
    if (plan.tick > number && (known === undefined || known.publishedIn >= number))
      ledger.plans.set(plan.tick, { plan, hash: blocks.hash, published: sha256, terms, outline, budget, publishedIn: number, reveal: null })
  }
}

/** What the ledger knows of a tick, as evidence is held against it; null when it has none with a plan, or no longer. */
export function factsOf(ledger: Ledger, tick: number): TickFacts | null {
  const [noted, planned] = [ledger.ticks.get(tick), ledger.plans.get(tick)]
  if (noted === undefined || planned === undefined) return null
  const { outline, budget, reveal } = planned
  return { base: noted.sha256, indices: new Map(noted.roots.map(([name, root]) => [name, { root }])), planned, outline, budget, reveal }
}

/**
 * Takes closed ticks back until `number` is the last one; −1 empties the ledger. Throws when that is further than `UNDO_TICKS`: then
 * the ledger is rebuilt from the log (`audit.ts`).
 */
export function rollbackTo(ledger: Ledger, number: number): void {
  if (number === -1 && ledger.number > -1) return clear(ledger)
  while (ledger.number > number) {
    const undo = ledger.undo.pop()
    if (undo === undefined || undo.number !== ledger.number)
      throw new Error(`The ledger cannot be taken back to tick ${number}. Rebuild it from the log.`)
    takeBack(ledger, undo)
    ledger.number--
  }
  for (const [tick, { publishedIn }] of ledger.plans) if (publishedIn > number) ledger.plans.delete(tick)
  for (const tick of ledger.ticks.keys()) if (tick > number) ledger.ticks.delete(tick)
}

/** Whether `rollbackTo` can reach that tick. */
export const canRollBack = (ledger: Ledger, number: number): boolean => number === -1 || ledger.number - number <= ledger.undo.length

function clear(ledger: Ledger): void {
  Object.assign(ledger, createLedger(ledger.app, ledger.undo[0]?.program ?? ledger.database.program))
}

function takeBack(ledger: Ledger, undo: Undo): void {
  const { database } = ledger
  const put = <V>(map: Map<string, V>, key: string, before: V | undefined): void => {
    if (before === undefined) map.delete(key)
    else map.set(key, before)
  }
  for (const [key, before] of undo.keys.toReversed()) put(database.keys, key, before)
  for (const [collection, key, before] of undo.rows.toReversed()) {
    setRow(database, collection, key, before)
    database.dirty.add(KEYS)
  }
  for (const [client, before] of undo.clients.toReversed()) put(database.clients, client, before)
  if (undo.clients.length > 0) database.dirty.add(CLIENTS)
  for (const [id, before] of undo.servers.toReversed()) put(ledger.servers, id, before)
  if (undo.offer) ledger.offers.pop()
  for (const subject of undo.tombstones) ledger.tombstones.delete(subject)
  if (undo.program !== null) adoptOutline(ledger, undo.program)
}

// ───────────────────────────── offers that supersede ─────────────────────────────

/**
 * Whether data written under one outline stays readable under another: every collection keeps its fields, initial value and indices, and
 * more may be added; rules of indices may change. Error: `offer.collections`, naming what is gone.
 */
export function checkSuccession(before: Program, after: Program): Result<null> {
  for (const [name, collection] of Object.entries(before.collections)) {
    const kept = Object.hasOwn(after.collections, name) ? after.collections[name]! : null
    const change = kept === null ? 'it is gone' : changeOf(collection, kept)
    if (change !== null)
      return fail(
        'offer.collections',
        `The new program changes the collection ${name}: ${change}. Keep its fields, initial value and indices, and add a collection instead.`,
      )
  }
  return ok(null)
}

type Outline = Program['collections'][string]

/** The first part of a collection that is not what it was, in words; indices may be added. */
function changeOf(before: Outline, after: Outline): string | null {
  const isSame = (one: object, other: object, name: string): boolean =>
    Object.hasOwn(other, name) && canonicalText(Reflect.get(one, name)) === canonicalText(Reflect.get(other, name))
  const field = Object.keys(before.fields).find((name) => !isSame(before.fields, after.fields, name))
  if (field !== undefined) return `the field ${field} is ${Object.hasOwn(after.fields, field) ? 'of another type' : 'gone'}`
  const added = Object.keys(after.fields).find((name) => !Object.hasOwn(before.fields, name))
  if (added !== undefined) return `the field ${added} is new`
  if (canonicalText(before.initial) !== canonicalText(after.initial)) return 'its initial value is another'
  // Rules may come, go and change: they decide about what is to come.
  const [were, are] = [withoutRules(before.indices), withoutRules(after.indices)]
  const index = Object.keys(were).find((name) => !isSame(were, are, name))
  return index === undefined ? null : `the index ${index} is ${Object.hasOwn(after.indices, index) ? 'another' : 'gone'}`
}

/** Goes on with the same rows under another program, whose rules are counted anew; `checkSuccession` holds between the two. */
export function adoptOutline(ledger: Ledger, outline: Program): void {
  const { database } = ledger
  if (database.program === outline || canonicalText(database.program) === canonicalText(outline)) return
  const fresh = createDatabase(outline)
  for (const [name, rows] of database.collections) {
    fresh.collections.set(name, rows)
    for (const row of rows.values()) recount(fresh.tallies, name, undefined, row)
  }
  ledger.database = { ...fresh, keys: database.keys, clients: database.clients }
}

// ───────────────────────────── storage ─────────────────────────────

/** The ledger as JSON for the node's own storage. */
export const exportLedger = (ledger: Ledger): Json => ({
  app: ledger.app,
  number: ledger.number,
  program: ledger.database.program as unknown as Json,
  database: exportDatabase(ledger.database),
  offers: ledger.offers,
  servers: [...ledger.servers] as unknown as Json,
  tombstones: [...ledger.tombstones],
  plans: [...ledger.plans.values()] as unknown as Json,
  ticks: [...ledger.ticks] as unknown as Json,
  undo: ledger.undo.map(exportUndo) as unknown as Json,
})

/** JSON has no undefined: what was not there before is null in it. */
const exportUndo = (undo: Undo): object => ({
  ...undo,
  keys: undo.keys.map(([key, before]) => [key, before ?? null]),
  clients: undo.clients.map(([client, before]) => [client, before ?? null]),
  servers: undo.servers.map(([id, before]) => [id, before ?? null]),
  rows: undo.rows.map(([collection, key, before]) => [collection, key, before ?? null]),
})

const importUndo = (undo: Undo): Undo => ({
  ...undo,
  keys: undo.keys.map(([key, before]) => [key, before ?? undefined]),
  clients: undo.clients.map(([client, before]) => [client, before ?? undefined]),
  servers: undo.servers.map(([id, before]) => [id, before ?? undefined]),
  rows: undo.rows.map(([collection, key, before]) => [collection, key, before ?? undefined]),
})

/** Reads what `exportLedger` wrote; the content is trusted. */
export function importLedger(json: Json): Ledger {
  const stored = json as unknown as {
    app: string
    number: number
    program: Program
    database: Json
    offers: string[]
    servers: Array<[string, ListedServer]>
    tombstones: Array<[string, number]>
    plans: NotedPlan[]
    ticks: Array<[number, NotedTick]>
    undo: Undo[]
  }
  return {
    app: stored.app,
    number: stored.number,
    database: importDatabase(stored.program, stored.database),
    offers: stored.offers,
    servers: new Map(stored.servers),
    tombstones: new Map(stored.tombstones),
    plans: new Map(stored.plans.map((noted) => [noted.plan.tick, noted])),
    ticks: new Map(stored.ticks),
    undo: stored.undo.map(importUndo),
  }
}
