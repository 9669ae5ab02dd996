/** One call of an endpoint without a network: the language's own `runEndpoint` on answers from the protocol's own indices. */
import {
  columnType,
  exactArguments,
  fromJson,
  mapBetween,
  plural,
  runEndpoint,
  toJson,
  typeOfSource,
  type Asked,
  type Between,
  type Budget,
  type Endpoint,
  type EndpointRun,
  type Program,
  type Query,
  type QueryAnswer,
  type RecordValue,
  type Row,
  type Type,
  type Value,
} from '../../../../roles/program/index.ts'
import { chooseSlots } from '../../../../roles/client/slots.ts'
import type { Json } from '../../../../roles/protocol/canonical.ts'
import {
  applyUpdate,
  provePageRange,
  snapshot,
  verifyRange,
  type Database,
  type Snapshot,
  type Write as DatabaseWrite,
} from '../../../../roles/protocol/index/index.ts'
import { queryLookup } from '../../../../roles/protocol/requests/index.ts'
import { fail, must, ok, type Result } from '../../../../roles/protocol/result.ts'
import { fastCrypto } from '../../../adapters/crypto/fast.ts'
import { columnsOf } from '../explain/lookups.ts'
import { keysOf, reserveMadeUp } from './data.ts'
import { againstRule, refusedKeys, refusedWrites, type Refused } from './rules.ts'
import { whyNoRow } from './no-row.ts'
import { own } from '../../../../roles/program/index.ts'

export interface LocalCall {
  endpoint: string
  /** The request's fields in natural or exact JSON; the name of a slot may name the owned key to write to. */
  request: Record<string, unknown>
  /** x-only public key, hex. */
  caller: string
  /** Of each observation point, as on the network. */
  budget: Budget
}

export interface LocalRun {
  run: EndpointRun
  /** The keys written to, in the order of the endpoint's slots. */
  slots: string[]
  /** Those of them that the data did not have. */
  madeUp: string[]
  /** Why a tick would not count it; null where it would. */
  refused: Refused | null
}

/**
 * Runs an endpoint on a database, which gets the keys that had to be made up and nothing else.
 * Errors: `call.endpoint`, `call.request` (names the field), `call.key`, `reservation.rule` (a rule lets the caller have no further key), those of
 * `runEndpoint`.
 */
export function callEndpoint(db: Database, call: LocalCall): Result<LocalRun> {
  const { program } = db
  if (!Object.hasOwn(program.endpoints, call.endpoint))
    return fail(
      'call.endpoint',
      `${program.name} has no endpoint ${call.endpoint}; it has ${Object.keys(program.endpoints).join(', ') || 'none'}.`,
    )
  const endpoint = program.endpoints[call.endpoint]!
  const request = readRequest(endpoint, call)
  if (!request.ok) return request
  const made = makeUpKeys(db, endpoint, call.caller)
  if (!made.ok) return made
  const slots = slotsFor(db, endpoint, call)
  if (!slots.ok) return slots
  const taken = snapshot(fastCrypto, db)
  const query = (position: number, args: Value[], range: Between<Value> = {}): QueryAnswer =>
    answer(program, endpoint, endpoint.queries[position]!, { args, range }, taken)
  const { steps, bytes } = call.budget
  const whole = { steps: steps * endpoint.blocks.length, bytes: bytes * endpoint.blocks.length }
  const run = runEndpoint(program, call.endpoint, { request: request.value, caller: call.caller, slots: slots.value, query }, whole)
  if (!run.ok) return run
  const over = run.value.blocks.findIndex((block) => block.steps > steps || block.bytes > bytes)
  if (over >= 0)
    return fail(
      'program.budget',
      `${endpoint.blocks[over]!.name} needs ${used(run.value.blocks[over]!)}; one observation point may use ${used(call.budget)}.`,
    )
  return ok({ run: run.value, slots: slots.value, madeUp: made.value, refused: refusedWrites(db, writesOf(db, run.value, slots.value)) })
}

export const used = ({ steps, bytes }: Budget): string => `${plural(steps, 'step')}, ${plural(bytes, 'byte')}`

function readRequest(endpoint: Endpoint, { request }: LocalCall): Result<RecordValue> {
  const exact = exactArguments(endpoint, request)
  if (!exact.ok) return fail('call.request', exact.error.message, exact.error.details)
  const values: Record<string, Value> = Object.create(null) as Record<string, Value>
  for (const [name, type] of Object.entries(endpoint.request)) values[name] = must(fromJson(type, own(exact.value, name)))
  return ok(values)
}

/** Reserves what the endpoint's new rows need beyond the caller's reserved keys. */
function makeUpKeys(db: Database, { slots }: Endpoint, caller: string): Result<string[]> {
  const made: string[] = []
  for (const collection of new Set(slots.map((slot) => slot.collection))) {
    const wanted = slots.filter((slot) => slot.collection === collection && slot.state === 'fresh').length
    const there = keysOf(db, caller).filter((own) => own.collection === collection && !own.written).length
    const refused = refusedKeys(db, caller, collection, Math.max(0, wanted - there))
    if (refused !== null) return againstRule('reservation', caller, refused)
    for (let missing = wanted - there; missing > 0; missing--) made.push(reserveMadeUp(db, collection, caller))
  }
  return ok(made)
}

/** Keys as the client chooses them; an owned one has to be in the data. */
function slotsFor(db: Database, { slots }: Endpoint, { caller, request }: LocalCall): Result<string[]> {
  const chosen = chooseSlots(slots, keysOf(db, caller), request as Record<string, Json>)
  if (chosen.ok) return chosen
  const { slot, collection, keys } = chosen.error.details as { slot: string; collection: string; keys?: string[] }
  if (keys !== undefined)
    return fail('call.key', `The caller has several rows of ${collection}; say which with "${slot}" in the request: ${keys.join(', ')}.`)
  const { state } = slots.find(({ name }) => name === slot)!
  const count = slots.filter((one) => one.collection === collection && one.state === state).length
  const named = own(request, slot) ?? null
  return fail('call.key', whyNoRow(db, { slot, collection, state, count, caller, named }))
}

/** The values that a query is asked with. */
interface Arguments {
  args: Value[]
  range: Between<Value>
}

/** What the client would prove to the servers: a range of the index, complete and in its order. */
function answer(program: Program, endpoint: Endpoint, query: Query, { args, range }: Arguments, taken: Snapshot): QueryAnswer {
  const json = (asked: Asked, value: Value): Json =>
    toJson(asked.from === 'literal' ? asked.type : typeOfSource(program, endpoint, asked), value)
  const equals = args.map((value, i) => json(query.equals[i]!, value))
  const bounds = mapBetween(range, (value, side) => json(query.range![side]!, value))
  const lookup = must(queryLookup(program, query, equals, bounds))
  const index = taken.indices.get(lookup.index)!
  const rows = must(verifyRange(fastCrypto, index.root, lookup.range, provePageRange(index, lookup.range, lookup), lookup)).map((entry) =>
    Object.fromEntries(entry.fields),
  )
  if (query.kind === 'count' || query.kind === 'sum') return rows.length === 0 ? 0 : Number(rows[0]![`$${query.kind}`])
  return rows.map((row) => rowValue(program, query, row))
}

function rowValue(program: Program, query: Query, row: Record<string, Json>): Row {
  const made: Record<string, Value> = Object.create(null) as Record<string, Value>
  for (const field of columnsOf(program, query)) {
    const { of } = columnType(program, query, field) as Type & { kind: 'list' }
    made[field] = must(fromJson(of, own(row, field)))
  }
  return made
}

const writesOf = (db: Database, run: EndpointRun, slots: readonly string[]): DatabaseWrite[] =>
  run.writes.map((write) => {
    const types = db.program.collections[write.collection]!.fields
    const fields = Object.fromEntries(Object.entries(write.fields).map(([name, value]) => [name, toJson(types[name]!, value)]))
    return { key: slots[write.slot]!, collection: write.collection, fields, replaces: db.keys.get(slots[write.slot]!)!.version }
  })

/** Enters the writes of a run, all of them or none. Errors: `database.*`, `update.rule` (names the rule, and whose rows are in the way). */
export function commit(db: Database, { run, slots, refused }: LocalRun, caller: string): Result<null> {
  if (refused !== null) return againstRule('update', caller, refused)
  return applyUpdate(db, { owner: caller, version: '1'.padStart(64, '0'), writes: writesOf(db, run, slots) })
}
