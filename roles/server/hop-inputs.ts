/** Opening what the client shows a block, and proving it: sealed values by type, rows by Merkle proofs, keys by the caller's reservation. */
import { askedJson, fromJson, mapBetween, typeOfSource, type Asked, type Source, type Value, own } from '../program/index.ts'
import { fromHex, isHex, parseUtf8 } from '../protocol/bytes.ts'
import type { Json } from '../protocol/canonical.ts'
import { openEdge, blockNeeds, columnValue, KEY_FIELDS, keyLookup, queryLookup, edgeId } from '../protocol/requests/index.ts'
import { fail, ok, type Result } from '../protocol/result.ts'
import { provedRows, type AdmittedHop } from './hop-checks.ts'
import { parseJson } from './json.ts'
import type { Context } from './types.ts'

/** A data key that the block may write to. */
export interface SlotKey {
  key: string
  version: string
}

export interface HopInputs {
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

/**
 * Errors: `hop.key` (an edge key is missing), `edge.*`, `program.value`, `hop.caller`, `hop.slot`, `hop.query`, `index.*`.
 */
export function openInputs(ctx: Context, hop: AdmittedHop): Result<HopInputs> {
  const needs = blockNeeds(hop.endpoint, hop.position)
  const opened = new Map<string, Known>([['caller', { json: hop.message.start.client, value: hop.message.start.client }]])
  for (const [id, source] of needs.opens) {
    const known = openOne(ctx, hop, id, source)
    if (!known.ok) return known
    if (id === 'caller' && known.value.json !== hop.message.start.client)
      return fail('hop.caller', 'The sealed caller is not the one who signed the request. Compose it again.')
    opened.set(id, known.value)
  }
  const slots = proveSlots(ctx, hop, needs.slots, opened)
  if (!slots.ok) return slots
  const columns = proveQueries(ctx, hop, opened)
  if (!columns.ok) return columns
  const block = hop.endpoint.blocks[hop.position]!
  const valueOf = (source: Source): Value =>
    source.from === 'query' ? columns.value.get(edgeId(source))! : opened.get(edgeId(source))!.value
  return ok({
    values: block.inputs.map((input) => valueOf(input.source)),
    runs: block.guard === null || valueOf(block.guard) === true,
    slots: slots.value,
  })
}

function openOne(ctx: Context, hop: AdmittedHop, id: string, source: Source): Result<Known> {
  const key = own(hop.envelope.keys, id)
  if (key === undefined) return fail('hop.key', `The envelope has no key for ${id}. Compose the request again.`)
  const bytes = openEdge(ctx.crypto, fromHex(key), id, hop.message.edges[id]!)
  if (!bytes.ok) return bytes
  const text = parseUtf8(bytes.value)
  const json = text.ok ? parseJson(text.value) : undefined
  if (json === undefined) return fail('program.value', `The value of ${id} is not JSON. Compose the request again.`)
  const value = fromJson(typeOfSource(hop.view.program.outline, hop.endpoint, source), json)
  return value.ok ? ok({ json: json as Json, value: value.value }) : fail('program.value', `${id}: ${value.error.message}`)
}

/** Slots hold different keys of the caller, of their collection, written before or not as the endpoint declares. */
function proveSlots(ctx: Context, hop: AdmittedHop, wanted: number[], opened: Map<string, Known>): Result<HopInputs['slots']> {
  const slots: HopInputs['slots'] = new Map()
  const seen = new Set<string>()
  for (const position of wanted) {
    const key = opened.get(edgeId({ from: 'slot', slot: position }))!.json
    const proof = hop.shown.slots.find((entry) => entry.slot === position)?.proof
    const slot = hop.endpoint.slots[position]!
    if (!isHex(key, 32) || proof === undefined || seen.has(key))
      return fail('hop.slot', `The slot ${slot.name} needs a key of its own with a proof. Compose the request again.`)
    seen.add(key)
    const rows = provedRows(ctx, hop.view, keyLookup(key), proof, KEY_FIELDS)
    if (!rows.ok) return rows
    const row = rows.value[0]
    const fits =
      row !== undefined &&
      row['owner'] === hop.message.start.client &&
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
function proveQueries(ctx: Context, hop: AdmittedHop, opened: Map<string, Known>): Result<Map<string, Value>> {
  const columns = new Map<string, Value>()
  const known = (asked: Asked): Json => askedJson(asked, (source) => opened.get(edgeId(source))!.json)
  for (const { query: position, fields } of blockNeeds(hop.endpoint, hop.position).queries) {
    const query = hop.endpoint.queries[position]!
    const proof = hop.shown.queries.find((entry) => entry.query === position)?.proof
    if (proof === undefined) return fail('hop.query', `The answer of the query ${query.name} is missing. Compose the request again.`)
    const lookup = queryLookup(hop.view.program.outline, query, query.equals.map(known), query.range && mapBetween(query.range, known))
    if (!lookup.ok) return lookup
    const rows = provedRows(ctx, hop.view, lookup.value, proof, fields)
    if (!rows.ok) return rows
    for (const field of fields) {
      const value = columnValue(hop.view.program.outline, query, field, rows.value)
      if (!value.ok) return fail('hop.query', `The query ${query.name}: ${value.error.message}`)
      columns.set(edgeId({ from: 'query', query: position, field }), value.value)
    }
  }
  return ok(columns)
}
