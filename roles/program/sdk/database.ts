import type { Query, Source, Type, WriteValue } from '../document.ts'
import { emptyRecord, own, sortedNames } from '../value/measure.ts'
import { columnType, rowFieldType } from '../sources.ts'
import { stageOf } from '../splits.ts'
import { makeSealed } from './choose.ts'
import { lift } from './lift.ts'
import type { In, Int, Key, List, MarkOf, Option, Sealed, Text } from './marks.ts'
import { callSite } from './location.ts'
import { activeBlock, activeEndpoint, BuildError, exprCores, positionOf, sealedCores } from './recorder.ts'
import type { EndpointRecorder, Recorder } from './recorder.ts'
import type { CollectionSpec, IndexSpec } from './app.ts'

/** A key of the caller. */
export interface SlotHandle<N extends string> {
  readonly key: Sealed<Key<N>>
}

type FieldMark<F, K> = K extends keyof F ? MarkOf<F[K]> : Text
type Equals<F, On extends string> = { readonly [K in On]?: Sealed<FieldMark<F, K>> }
type Columns<N extends string, F> = { readonly [K in keyof F]: Sealed<List<MarkOf<F[K]>>> } & {
  readonly $key: Sealed<List<Key<N>>>
  readonly $owner: Sealed<List<Text>>
}
type Row<N extends string, F> = { readonly [K in keyof F]: Sealed<Option<MarkOf<F[K]>>> } & {
  readonly $key: Sealed<Option<Key<N>>>
  readonly $owner: Sealed<Option<Text>>
}
type Written<F> = { readonly [K in keyof F]: In<MarkOf<F[K]>> | Sealed<MarkOf<F[K]>> }

export type IndexApi<N extends string, F, I> =
  I extends IndexSpec<'order', infer On>
    ? { rows(equals: Equals<F, On>, options: { limit: number; descending?: boolean; name?: string }): Columns<N, F> }
    : I extends IndexSpec<'count', infer On>
      ? { count(equals: Required<Equals<F, On>>, options?: { name?: string }): Sealed<Int> }
      : I extends IndexSpec<'sum', infer On>
        ? { sum(equals: Required<Equals<F, On>>, options?: { name?: string }): Sealed<Int> }
        : never

export interface CollectionApi<N extends string, F> {
  /** The row at a key, if there is one. */
  get(key: Sealed<Key<N>>, options?: { name?: string }): Row<N, F>
  /** All rows by key address. */
  rows(options: { limit: number; descending?: boolean; name?: string }): Columns<N, F>
  /** A key that the caller has reserved and never written. */
  fresh(name: string): SlotHandle<N>
  /** A key that the caller has written before. */
  owned(name: string): SlotHandle<N>
  /** Inside see(): writes all fields to a fresh key. Sealed values are moved there unopened. Returns the key. */
  create(fields: Written<F>): Sealed<Key<N>>
  create(slot: SlotHandle<N>, fields: Written<F>): Sealed<Key<N>>
  /** Inside see(): writes some fields of an owned key. */
  update(slot: SlotHandle<N>, fields: Partial<Written<F>>): Sealed<Key<N>>
}

export type Database<C> = {
  readonly [N in keyof C & string]: C[N] extends CollectionSpec<infer F, infer I>
    ? CollectionApi<N, F> & { readonly [K in keyof I]: IndexApi<N, F, I[K]> }
    : never
}

const slotPositions = new WeakMap<object, number>()

/** The developer's view of the collections while one endpoint is traced. */
export function createDatabase(endpoint: EndpointRecorder): Record<string, object> {
  const database = emptyRecord<object>()
  for (const name of sortedNames(endpoint.collections)) database[name] = collectionApi(endpoint, name)
  return database
}

function collectionApi(endpoint: EndpointRecorder, name: string): object {
  const api = emptyRecord<unknown>()
  api['get'] = (key: unknown, options: QueryOptions = {}) => askQuery(endpoint, name, 'key', 'get', { $key: key }, { ...options, limit: 1 })
  api['rows'] = (options: QueryOptions) => askQuery(endpoint, name, 'key', 'rows', {}, options)
  api['fresh'] = (slot: string) => slotHandle(endpoint, name, slot, 'fresh')
  api['owned'] = (slot: string) => slotHandle(endpoint, name, slot, 'owned')
  api['create'] = (...args: object[]) =>
    writeRow(name, args.length === 2 ? args[0]! : slotHandle(endpoint, name, freeSlotName(endpoint, name), 'fresh'), args.at(-1)!, 'fresh')
  api['update'] = (slot: object, fields: object) => writeRow(name, slot, fields, 'owned')
  for (const [index, { kind }] of Object.entries(endpoint.collections[name]!.indices)) {
    if (Object.hasOwn(api, index))
      throw new BuildError('program.name', `the index ${index} of ${name} has the name of an operation; choose another.`)
    const method = kind === 'order' ? 'rows' : kind
    api[index] = {
      [method]: (equals: Record<string, unknown>, options: QueryOptions = {}) =>
        askQuery(endpoint, name, index, method, equals, kind === 'order' ? options : { ...options, limit: 1 }),
    }
  }
  return api
}

interface QueryOptions {
  limit?: number
  descending?: boolean
  name?: string
}

/** Takes a query up, for the earliest stage at which its arguments are known; equal queries are one. */
function askQuery(
  endpoint: EndpointRecorder,
  collection: string,
  index: string,
  kind: Query['kind'],
  equals: Record<string, unknown>,
  options: QueryOptions,
): unknown {
  const on = index === 'key' ? ['$key'] : endpoint.collections[collection]!.indices[index]!.on
  const given = on.slice(0, Object.keys(equals).length)
  if (given.some((field) => !Object.hasOwn(equals, field)))
    throw new BuildError(
      'program.query',
      `the index ${index} of ${collection} is ordered by ${on.join(', ')}; give values for the first of these.`,
    )
  if (options.limit === undefined) throw new BuildError('program.query', 'rows() needs a limit.')
  const sources = given.map((field) => querySource(endpoint, equals[field]))
  const query: Query = {
    name: '',
    collection,
    index,
    kind,
    at: callSite(),
    equals: sources,
    limit: options.limit,
    stage: stageOf(sources),
  }
  if (options.descending === true) query.descending = true
  const count = endpoint.queries.length
  const position = positionOf(endpoint.queries, query, (other) => ({ ...other, name: '', at: '' }))
  if (endpoint.queries.length > count)
    query.name = freeName(
      options.name ?? `${collection}_${index}`,
      endpoint.queries.map((other) => other.name),
    )
  return columns(endpoint, position)
}

function querySource(endpoint: EndpointRecorder, value: unknown): Source {
  const isObject = typeof value === 'object' && value !== null
  const core = isObject ? sealedCores.get(value) : undefined
  if (isObject && exprCores.has(value))
    throw new BuildError(
      'program.query',
      'a query is not asked with an opened value; return it from its see(), which seals it, and ask after that.',
    )
  if (core === undefined || core.endpoint !== endpoint || 'literal' in core.template)
    throw new BuildError(
      'program.query',
      'a query is asked with sealed values of the request, the caller, a slot, or what a see() returned.',
    )
  if (!('source' in core.template))
    throw new BuildError(
      'program.choice',
      'this value depends on a branch and only the client can put it together; return one opened value from all branches to ask with it.',
    )
  if (core.template.source.from === 'query')
    throw new BuildError(
      'program.query',
      'a query is not asked with a column of another query; open the column in see() and return what to ask with.',
    )
  return core.template.source
}

function columns(endpoint: EndpointRecorder, position: number): unknown {
  const query = endpoint.queries[position]!
  const column = (field: string): object => {
    const program = { golem: 1 as const, name: '', doc: '', collections: endpoint.collections, endpoints: {} }
    return makeSealed({ source: { from: 'query', query: position, field } }, columnType(program, query, field) as Type)
  }
  if (query.kind === 'count' || query.kind === 'sum') return column(`$${query.kind}`)
  const made = emptyRecord<object>()
  for (const field of [...sortedNames(endpoint.collections[query.collection]!.fields), '$key', '$owner']) made[field] = column(field)
  return made
}

function freeName(wanted: string, taken: string[]): string {
  let name = wanted
  for (let i = 2; taken.includes(name); i++) name = `${wanted}${i}`
  return name
}

const freeSlotName = (endpoint: EndpointRecorder, collection: string): string =>
  freeName(
    collection,
    endpoint.slots.map((slot) => slot.name),
  )

function slotHandle(endpoint: EndpointRecorder, collection: string, name: string, state: 'fresh' | 'owned'): object {
  const known = endpoint.slots.findIndex((slot) => slot.name === name)
  const position = known >= 0 ? known : endpoint.slots.push({ name, collection, state }) - 1
  const slot = endpoint.slots[position]!
  if (slot.collection !== collection || slot.state !== state)
    throw new BuildError('program.slot', `the slot ${name} is already a ${slot.state} key of ${slot.collection}.`)
  const handle = Object.freeze({ key: makeSealed({ source: { from: 'slot', slot: position } }, { kind: 'key', collection }) })
  slotPositions.set(handle, position)
  return handle
}

function writeRow(collection: string, handle: object, fields: object, state: 'fresh' | 'owned'): object {
  const block = activeBlock()
  if (block.path.some((step) => step.kind === 'each'))
    throw new BuildError('program.nested', 'a write cannot stand inside map, filter or fold: every write needs a key of its own.')
  const position = slotPositions.get(handle)
  const slot = position === undefined ? undefined : activeEndpoint().slots[position]
  if (slot === undefined || slot.collection !== collection || slot.state !== state)
    throw new BuildError('program.slot', `this needs a slot of ${collection} from db.${collection}.${state}(name).`)
  const values = emptyRecord<WriteValue>()
  for (const name of sortedNames(fields)) values[name] = writeValue(block, collection, name, (fields as Record<string, unknown>)[name])
  const missing =
    state === 'fresh' ? Object.keys(block.endpoint.collections[collection]!.fields).find((name) => !Object.hasOwn(values, name)) : undefined
  if (missing !== undefined) throw new BuildError('program.field', `create() needs every field of ${collection}; ${missing} is missing.`)
  const site = block.sites.push({ collection, slot: position!, fields: sortedNames(values) }) - 1
  block.effects.push({ write: site, fields: values })
  return (handle as SlotHandle<string>).key
}

function writeValue(block: Recorder, collection: string, name: string, value: unknown): WriteValue {
  const type = name.startsWith('$') ? undefined : rowFieldType(collection, own(block.endpoint.collections, collection)!, name)
  if (type === undefined) throw new BuildError('program.field', `${collection} has no field ${name} that can be written.`)
  const core = typeof value === 'object' && value !== null ? sealedCores.get(value) : undefined
  if (core === undefined) return { node: lift(value, type).node }
  if ('literal' in core.template) return { node: lift(core.template.literal, type).node }
  if (!('source' in core.template))
    throw new BuildError(
      'program.choice',
      `${name} depends on a branch and only the client can put it together; write inside the branches instead.`,
    )
  return { carry: carrySource(block, core.template.source) }
}

function carrySource(block: Recorder, source: Source): number {
  if (source.from === 'query')
    throw new BuildError(
      'program.carry',
      'a value from the database is stored only by a see() that opens it, because its proof has to be checked.',
    )
  if (source.from === 'block' && source.block >= block.index)
    throw new BuildError('program.order', 'this value is made by a later observation point; write it there.')
  return positionOf(block.carries, source, (other) => other as never)
}
