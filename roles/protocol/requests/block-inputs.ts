/**
 * What a block gets from what its client shows it: sealed values by type, rows by Merkle proofs, keys by the caller's reservation. A pure function of
 * that and of the tick read, so whoever decides a dispute gets the same as an honest server did (PROTOCOL.md 11.5, 14).
 */
import {
  askedJson,
  fromJson,
  mapBetween,
  toJson,
  typeOfSource,
  type Asked,
  type BlockWrite,
  type Endpoint,
  type Program,
  type Source,
  type Value,
} from '../../program/index.ts'
import { isHex } from '../bytes.ts'
import type { Json } from '../canonical.ts'
import type { CryptoPort } from '../crypto/index.ts'
import { verifyReduced, type ReducedProof } from '../index/index.ts'
import { fail, ok, type Result } from '../result.ts'
import { blockNeeds, columnValue, KEY_FIELDS, keyLookup, queryLookup, type Lookup } from './edges.ts'
import type { ShownMessage } from './messages.ts'
import { edgeId, writeSalt, type DraftWrite } from './thread.ts'

/** Roots of a snapshot's indices, by name. */
export type IndexRoots = ReadonlyMap<string, { root: string }>

/** The tick whose snapshot is read. */
export interface ReadTick {
  number: number
  indices: IndexRoots
}

/** One block of a request with what its client shows it. */
export interface ShownBlock {
  crypto: CryptoPort
  outline: Program
  endpoint: Endpoint
  position: number
  /** The client that signed the request, hex. */
  caller: string
  tick: ReadTick
  shown: Pick<ShownMessage, 'queries' | 'slots'>
  /** The JSON form of an edge that the block opens. */
  open(id: string): Result<Json>
}

/** A data key that the block may write to. */
export interface SlotKey {
  key: string
  version: string
}

export interface BlockInputs {
  /** In the order of the block's inputs. */
  values: Value[]
  /** False when a guard says that the body is not run. */
  runs: boolean
  slots: Map<number, SlotKey>
}

/** Opened edges: the JSON form for proofs, the value for the block. */
interface Known {
  json: Json
  value: Value
}

/** Complete rows of a lookup under the tick's roots. Errors: `index.*`. */
export function provedRows(
  crypto: CryptoPort,
  tick: ReadTick,
  lookup: Lookup,
  proof: Json,
  fields: string[],
): Result<Array<Record<string, Json>>> {
  const index = tick.indices.get(lookup.index)
  if (index === undefined) return fail('index.unknown', `Tick ${tick.number} has no index ${lookup.index}.`)
  const { limit, descending } = lookup
  return verifyReduced(crypto, index.root, lookup.range, proof as unknown as ReducedProof, fields, { limit, descending })
}

/**
 * Errors: those of `open`, `program.value`, `hop.caller`, `hop.slot`, `hop.query`, `index.*`.
 */
export function blockInputs(block: ShownBlock): Result<BlockInputs> {
  const { endpoint, position, caller } = block
  const needs = blockNeeds(endpoint, position)
  const opened = new Map<string, Known>([['caller', { json: caller, value: caller }]])
  for (const [id, source] of needs.opens) {
    const known = openOne(block, id, source)
    if (!known.ok) return known
    if (id === 'caller' && known.value.json !== caller)
      return fail('hop.caller', 'The sealed caller is not the one who signed the request. Compose it again.')
    opened.set(id, known.value)
  }
  const slots = proveSlots(block, needs.slots, opened)
  if (!slots.ok) return slots
  const columns = proveQueries(block, opened)
  if (!columns.ok) return columns
  const { inputs, guard } = endpoint.blocks[position]!
  const valueOf = (source: Source): Value =>
    source.from === 'query' ? columns.value.get(edgeId(source))! : opened.get(edgeId(source))!.value
  return ok({
    values: inputs.map((input) => valueOf(input.source)),
    runs: guard === null || valueOf(guard) === true,
    slots: slots.value,
  })
}

function openOne({ outline, endpoint, open }: ShownBlock, id: string, source: Source): Result<Known> {
  const json = open(id)
  if (!json.ok) return json
  const value = fromJson(typeOfSource(outline, endpoint, source), json.value)
  return value.ok ? ok({ json: json.value, value: value.value }) : fail('program.value', `${id}: ${value.error.message}`)
}

const isList = (given: readonly number[], wanted: readonly number[]): boolean =>
  given.length === wanted.length && given.every((one, i) => one === wanted[i])

/** Slots hold different keys of the caller, of their collection, written before or not as the endpoint declares. */
function proveSlots(block: ShownBlock, wanted: number[], opened: Map<string, Known>): Result<BlockInputs['slots']> {
  if (
    !isList(
      block.shown.slots.map(({ slot }) => slot),
      wanted,
    )
  )
    return fail('hop.slot', 'The proofs of slots are not those that the block needs, in their order. Compose the request again.')
  const slots: BlockInputs['slots'] = new Map()
  const seen = new Set<string>()
  for (const position of wanted) {
    const key = opened.get(edgeId({ from: 'slot', slot: position }))!.json
    const { proof } = block.shown.slots[slots.size]!
    const slot = block.endpoint.slots[position]!
    if (!isHex(key, 32) || seen.has(key))
      return fail('hop.slot', `The slot ${slot.name} needs a key of its own with a proof. Compose the request again.`)
    seen.add(key)
    const rows = provedRows(block.crypto, block.tick, keyLookup(key), proof, KEY_FIELDS)
    if (!rows.ok) return rows
    const row = rows.value[0]
    const fits =
      row !== undefined &&
      row['owner'] === block.caller &&
      row['collection'] === slot.collection &&
      row['written'] === (slot.state === 'owned')
    if (!fits)
      return fail(
        'hop.slot',
        `The slot ${slot.name} needs a key of ${slot.collection} that belongs to the caller and was ${slot.state === 'owned' ? 'written before' : 'never written'}.`,
      )
    slots.set(position, { key, version: row['version'] as string })
  }
  return ok(slots)
}

/** The columns that the block reads, by edge id; rows are complete for the opened arguments. */
function proveQueries(block: ShownBlock, opened: Map<string, Known>): Result<Map<string, Value>> {
  const { crypto, outline, endpoint, shown } = block
  const columns = new Map<string, Value>()
  const known = (asked: Asked): Json => askedJson(asked, (source) => opened.get(edgeId(source))!.json)
  const needed = blockNeeds(endpoint, block.position).queries
  const wanted = needed.map(({ query }) => query)
  if (
    !isList(
      shown.queries.map(({ query }) => query),
      wanted,
    )
  )
    return fail('hop.query', 'The answers are not those of the queries that the block reads, in their order. Compose the request again.')
  for (const [at, { query: position, fields }] of needed.entries()) {
    const query = endpoint.queries[position]!
    const { proof } = shown.queries[at]!
    const lookup = queryLookup(outline, query, query.equals.map(known), query.range && mapBetween(query.range, known))
    if (!lookup.ok) return lookup
    const rows = provedRows(crypto, block.tick, lookup.value, proof, fields)
    if (!rows.ok) return rows
    for (const field of fields) {
      const value = columnValue(outline, query, field, rows.value)
      if (!value.ok) return fail('hop.query', `The query ${query.name}: ${value.error.message}`)
      columns.set(edgeId({ from: 'query', query: position, field }), value.value)
    }
  }
  return ok(columns)
}

/** What salts the writes of a block, and what it carries into them. */
export interface DraftParts {
  /** Key of the edge `writes.<block>`, 32 bytes. */
  key: Uint8Array
  /** Of all carried edges. */
  commits: Record<string, string>
  slots: BlockInputs['slots']
}

/** What a block's run writes, as it is digested: the same in every lane, because it follows from what all of them are given. */
export function draftsOf(
  { crypto, outline, endpoint, position }: Pick<ShownBlock, 'crypto' | 'outline' | 'endpoint' | 'position'>,
  writes: readonly BlockWrite[],
  { key, commits, slots }: DraftParts,
): DraftWrite[] {
  const { carries } = blockNeeds(endpoint, position)
  return writes.map(({ site, collection, slot, fields: made }, index) => {
    const types = outline.collections[collection]!.fields
    const target = slots.get(slot)!
    const fields: DraftWrite['fields'] = {}
    const carried: DraftWrite['carried'] = {}
    for (const [name, from] of Object.entries(made)) {
      if ('value' in from) fields[name] = toJson(types[name]!, from.value)
      else carried[name] = { edge: carries[from.carry]!, commit: commits[carries[from.carry]!]! }
    }
    const salt = writeSalt(crypto, key, index)
    return { block: position, site, collection, key: target.key, replaces: target.version, salt, fields, carried }
  })
}
