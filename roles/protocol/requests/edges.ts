/**
 * Which sealed values, queries and keys each block of an endpoint needs, and how they are bound together: shared by the client that
 * seals them, the top-level server that forwards them and the servers that open them (PROTOCOL.md 11).
 *
 * The client makes every edge key, so nothing but signatures keeps it from showing two servers two values of one edge. So `start.keys`
 * commits to all its edges and each link to its block's outputs; every server holds the commitments of a hop against both.
 */
import type { Between, Endpoint, Program, Query, Source, Value } from '../../program/index.ts'
import { askedWith, columnType, fromJson, pausesOf, own } from '../../program/index.ts'
import { toHex, utf8 } from '../bytes.ts'
import { canonicalBytes, type Json } from '../canonical.ts'
import type { CryptoPort } from '../crypto/index.ts'
import { CLIENTS, KEYS, encodeTuple, prefixRange, type SortRange, rangeOf } from '../index/index.ts'
import type { SealedEdge } from './edge.ts'
import { fail, ok, type Result } from '../result.ts'
import { LARGEST_FIXED, roomFor, roomOf } from './padding.ts'
import { edgeId } from './thread.ts'

export interface BlockNeeds {
  /** Edges whose keys it gets, by id. */
  opens: Map<string, Source>
  /** Edges that it moves into its writes, in the order of `block.carries`. */
  carries: string[]
  /** Queries whose columns it reads, with the sorted names of these columns. */
  queries: Array<{ query: number; fields: string[] }>
  /** Slots that it sees or writes to, ascending. */
  slots: number[]
}

const needs = new WeakMap<Endpoint, BlockNeeds[]>()

/** What the block at `position` needs; computed once for an endpoint. */
export function blockNeeds(endpoint: Endpoint, position: number): BlockNeeds {
  const known = needs.get(endpoint) ?? endpoint.blocks.map((_, i) => computeNeeds(endpoint, i))
  needs.set(endpoint, known)
  return known[position]!
}

function computeNeeds(endpoint: Endpoint, position: number): BlockNeeds {
  const block = endpoint.blocks[position]!
  const opens = new Map<string, Source>()
  const columns = new Map<number, Set<string>>()
  const slots = new Set(block.sites.map((site) => site.slot))
  const see = (source: Source): void => {
    if (source.from === 'slot') slots.add(source.slot)
    if (source.from === 'query') {
      columns.set(source.query, (columns.get(source.query) ?? new Set()).add(source.field))
      askedWith(endpoint.queries[source.query]!).forEach(see)
    } else if (source.from !== 'caller') opens.set(edgeId(source), source)
  }
  for (const input of block.inputs) see(input.source)
  if (block.guard !== null) see(block.guard)
  // Caller and keys are no secret from a server that knows the caller; opening them is how it knows that they are the true ones.
  for (const source of block.carries) if (source.from === 'caller') opens.set('caller', source)
  for (const source of block.carries) if (source.from === 'slot') slots.add(source.slot)
  for (const slot of slots) opens.set(edgeId({ from: 'slot', slot }), { from: 'slot', slot })
  return {
    opens,
    carries: block.carries.map(edgeId),
    slots: [...slots].sort((a, b) => a - b),
    queries: [...columns].map(([query, fields]) => ({ query, fields: [...fields].sort() })).sort((a, b) => a.query - b.query),
  }
}

/** Ids of all edges that a block is forwarded: those it opens and those it carries. */
export const forwardedEdges = (endpoint: Endpoint, position: number): string[] => {
  const { opens, carries } = blockNeeds(endpoint, position)
  return [...new Set([...opens.keys(), ...carries])]
}

/** The sealed values that the client itself provides: request, caller and slot sources of any block, by edge id. */
export function clientEdges(endpoint: Endpoint): Map<string, Source> {
  const edges = new Map<string, Source>()
  for (const [position, block] of endpoint.blocks.entries()) {
    for (const source of [...blockNeeds(endpoint, position).opens.values(), ...block.carries])
      if (source.from !== 'block') edges.set(edgeId(source), source)
  }
  return edges
}

const known = new WeakMap<Endpoint, Array<ReadonlySet<string>>>()

/** Ids of all edges whose commitments a hop at `position` carries: the client's, and the outputs of the blocks before. Computed once for an endpoint. */
export function knownEdges(endpoint: Endpoint, position: number): ReadonlySet<string> {
  const positions =
    known.get(endpoint) ?? endpoint.blocks.map((_, at) => new Set([...clientEdges(endpoint).keys(), ...outputsBefore(endpoint, at)]))
  known.set(endpoint, positions)
  return positions[position]!
}

const outputsBefore = (endpoint: Endpoint, position: number): string[] =>
  endpoint.blocks.slice(0, position).flatMap((block, at) => block.outputs.map((_, output) => outputId(at, output)))

/**
 * Where the leg of a request that begins at block `from` ends: at the next pause, where the client reads what later blocks need, or after
 * the last block. An endpoint whose queries are all hoisted has one leg.
 */
export const legEnd = (endpoint: Endpoint, from: number): number =>
  pausesOf(endpoint).find((pause) => pause > from) ?? endpoint.blocks.length

export const outputId = (block: number, output: number): string => edgeId({ from: 'block', block, output })
export const writesId = (block: number): string => `writes.${block}`
/** Not an edge, but a key of the same kind: what a block is shown that is alike in every lane. */
export const shownId = (block: number): string => `shown.${block}`

/** Ids of the edges whose keys a block seals under, or salts by: its outputs, and its writes. */
export const madeIds = (endpoint: Endpoint, position: number): string[] => [
  ...endpoint.blocks[position]!.outputs.map((_, output) => outputId(position, output)),
  writesId(position),
]

/** The commitments of what a block opens or carries, for its link's `inputs`. @param commits of all edges so far */
export const inputCommits = (endpoint: Endpoint, position: number, commits: Record<string, string>): Record<string, string> =>
  Object.fromEntries(forwardedEdges(endpoint, position).map((id) => [id, commits[id]!]))

/** A data key, or a client's, in quotes. */
const KEY_ROOM = roomFor(66)
const NO_WRITES_ROOM = roomFor('[]'.length)

/** Room for the value of an edge (`padding.ts`). */
export function edgeRoom(endpoint: Endpoint, source: Source): number {
  if (source.from === 'query') throw new Error('the columns of a query are no edges: they travel in proofs')
  if (source.from === 'request') return roomOf(endpoint.request[source.field]!)
  return source.from === 'block' ? roomOf(endpoint.blocks[source.block]!.outputs[source.output]!) : KEY_ROOM
}

/** Room for a block's draft writes: which call sites ran is public, what they write is not. */
export const writesRoom = (endpoint: Endpoint, block: number): number =>
  endpoint.blocks[block]!.sites.length === 0 ? NO_WRITES_ROOM : LARGEST_FIXED

/** Commitments of sealed edges, by id. */
export const commitsOf = (edges: Record<string, SealedEdge>): Record<string, string> =>
  Object.fromEntries(Object.entries(edges).map(([id, edge]) => [id, edge.commit]))

/** Digest of commitments by edge id, hex: `start.keys` over the client's edges, `link.outputs` over a block's. */
export const commitsDigest = (crypto: CryptoPort, commits: Record<string, string>): string =>
  toHex(crypto.taggedHash('golem/commits', canonicalBytes(commits)))

/** Whether the commitments of a hop are exactly those which the start and the links were signed over. */
export function boundCommits(crypto: CryptoPort, commits: Record<string, string>, keys: string, outputs: string[]): boolean {
  const groups: Array<Record<string, string>> = [{}, ...outputs.map(() => ({}))]
  for (const [id, commit] of Object.entries(commits)) {
    const match = /^block\.(0|[1-9]\d{0,2})\./.exec(id)
    const group = groups[match === null ? 0 : Number(match[1]) + 1]
    if (group === undefined) return false
    group[id] = commit
  }
  return commitsDigest(crypto, groups[0]!) === keys && outputs.every((digest, i) => digest === commitsDigest(crypto, groups[i + 1]!))
}

/** The symmetric key of one edge, 32 bytes: all keys of a request follow from one secret that only its client has. */
export const edgeKey = (crypto: CryptoPort, secret: Uint8Array, id: string): Uint8Array =>
  crypto.taggedHash('golem/edge-key', secret, utf8(id))

/** A lookup in the snapshot: index name, range and how much of it. */
export interface Lookup {
  index: string
  range: SortRange
  limit: number
  descending: boolean
}

/** The lookup that answers a query for the values of its `equals` and its range (JSON forms). Error: `index.unknown`. */
export function queryLookup(program: Program, query: Query, equals: Json[], bounds: Between<Json> = {}): Result<Lookup> {
  const range = rangeOf(program, query.collection, query.index, equals, bounds)
  if (!range.ok) return range
  return ok({
    index: `${query.collection}.${query.index}`,
    range: range.value,
    limit: query.kind === 'rows' ? query.limit : 1,
    descending: query.descending === true,
  })
}

const exactKey = (index: string, key: string): Lookup => ({
  index,
  range: prefixRange(encodeTuple(['key'], [key])),
  limit: 1,
  descending: false,
})

/** Proves that a client is registered. */
export const clientLookup = (client: string): Lookup => exactKey(`${CLIENTS}.key`, client)
export const CLIENT_FIELDS = ['$key', 'seats', 'since']

/** Proves whose a data key is, of which collection, and its version. */
export const keyLookup = (key: string): Lookup => exactKey(`${KEYS}.key`, key)
export const KEY_FIELDS = ['$key', 'collection', 'owner', 'version', 'written']

/**
 * One column of an answer in the form in which a block gets it: list for rows, option for get, integer for count and sum.
 * @param rows rows of the snapshot in JSON forms, at least with this column
 * Error: `program.value` when a value does not fit its declared type.
 */
export function columnValue(program: Program, query: Query, field: string, rows: Array<Record<string, Json>>): Result<Value> {
  const type = columnType(program, query, field)
  if (type === undefined) return fail('program.query', `The query ${query.name} has no column ${field}.`)
  const values = rows.map((row) => own(row, field) as Json)
  if (query.kind === 'rows') return fromJson(type, values)
  if (query.kind === 'get') return fromJson(type, values.length === 0 ? null : { some: values[0]! })
  return fromJson(type, values[0] ?? '0')
}
