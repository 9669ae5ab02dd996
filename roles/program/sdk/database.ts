import { freeName, LIMITS } from '../limits.ts'
import type { Asked, Between, Query, Type } from '../document.ts'
import { emptyRecord, sortedNames, own } from '../value/measure.ts'
import { askedWith, columnType } from '../sources.ts'
import { stageOf } from '../splits.ts'
import { queryArgument } from './asking.ts'
import { makeSealed } from './choose.ts'
import type { In, Int, Key, List, Literal, MarkOf, Option, Sealed, Text } from './marks.ts'
import { callSite } from './location.ts'
import { BuildError, positionOf } from './recorder.ts'
import type { EndpointRecorder } from './recorder.ts'
import type { CollectionSpec, IndexSpec } from './app.ts'
import { flagOf, nameGiven, objectOf, shown, wholeOf } from './given.ts'
import { collectionKind, databaseKind, foundKind, indexKind } from './habits.ts'
import { withMembers } from './members.ts'
import { isPlain } from './plain.ts'
import { freeSlotName, slotHandle, writeRow } from './writes.ts'
import type { SlotHandle } from './writes.ts'

type FieldMark<F, K> = K extends keyof F ? MarkOf<F[K]> : Text
/** What an index is asked with: a sealed value, or a literal. */
type Asking<M> = Sealed<M> | Literal<M>
type Equals<F, On extends string> = { readonly [K in On]: Asking<FieldMark<F, K>> }
/** The first field of an index that is not among the given ones. */
type NextField<On, Given> = On extends readonly [infer First, ...infer Rest]
  ? First extends Given
    ? NextField<Rest, Given>
    : First
  : never
/** The given fields and the ones before them: those that are first in the index may be given alone, others need what comes before. */
type Leading<F, On, Given> = On extends readonly [infer First, ...infer Rest]
  ? First extends Given
    ? Leading<F, Rest, Given>
    : [Rest[number] & Given] extends [never]
      ? unknown
      : Equals<F, First & string>
  : unknown
type RowsOptions = { limit: number; descending?: boolean; name?: string }
/** Where a range begins, inclusive, and ends, exclusive. */
type Bounded<S> = { from?: S; to?: S }
/** Bounds are of the type of the field after the given ones; there are none when all fields are given. */
type RangeOf<F, Next> = [Next] extends [never] ? Bounded<never> : Bounded<Asking<FieldMark<F, Next>>>
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
    ? {
        /**
         * Rows with these values in the first fields of the index, in the order of the rest of it. `from` (inclusive) and `to` (exclusive)
         * bound the next field. @example db.posts.byTime.rows({ topic: req.topic }, { from: req.since, limit: 20, descending: true })
         */
        rows<K extends On[number] = never>(
          equals: Equals<F, K> & Leading<F, On, K>,
          options: RowsOptions & RangeOf<F, NextField<On, K>>,
        ): Columns<N, F>
      }
    : I extends IndexSpec<'count', infer On>
      ? { count(equals: Equals<F, On[number]>, options?: { name?: string }): Sealed<Int> }
      : I extends IndexSpec<'sum', infer On>
        ? { sum(equals: Equals<F, On[number]>, options?: { name?: string }): Sealed<Int> }
        : never

export interface CollectionApi<N extends string, F> {
  /** The row at a key, if there is one. */
  get(key: Sealed<Key<N>>, options?: { name?: string }): Row<N, F>
  /** All rows by key address, or those from one key on (inclusive), or up to one (exclusive). */
  rows(options: RowsOptions & Bounded<Sealed<Key<N>>>): Columns<N, F>
  /** A key that the caller has reserved and never written. */
  fresh(name: string): SlotHandle<N, 'fresh'>
  /** A key that the caller has written before. */
  owned(name: string): SlotHandle<N, 'owned'>
  /** Inside see(): writes all fields to a fresh key. Sealed values are moved there unopened. Returns the key. */
  create(fields: Written<F>): Sealed<Key<N>>
  create(slot: SlotHandle<N, 'fresh'>, fields: Written<F>): Sealed<Key<N>>
  /** Inside see(): writes some fields of an owned key. */
  update(slot: SlotHandle<N, 'owned'>, fields: Partial<Written<F>>): Sealed<Key<N>>
}

export type Database<C> = {
  readonly [N in keyof C & string]: C[N] extends CollectionSpec<infer F, infer I>
    ? CollectionApi<N, F> & { readonly [K in keyof I]: IndexApi<N, F, I[K]> }
    : never
}

/** The developer's view of the collections while one endpoint is traced. */
export function createDatabase(endpoint: EndpointRecorder): Record<string, object> {
  const database = emptyRecord<object>()
  const names = sortedNames(endpoint.collections)
  for (const name of names) database[name] = collectionApi(endpoint, name)
  return withMembers(database, databaseKind(names))
}

function collectionApi(endpoint: EndpointRecorder, name: string): object {
  const api = emptyRecord<unknown>()
  api['get'] = (key: unknown, options?: unknown) =>
    askQuery(endpoint, { collection: name, index: 'key', kind: 'get' }, { $key: key }, options)
  api['rows'] = (options: unknown) => askQuery(endpoint, { collection: name, index: 'key', kind: 'rows' }, {}, options)
  api['fresh'] = (slot: string) => slotHandle(endpoint, name, slot, 'fresh')
  api['owned'] = (slot: string) => slotHandle(endpoint, name, slot, 'owned')
  api['create'] = (...args: object[]) => create(endpoint, name, args)
  api['update'] = (slot: object, fields: object) => writeRow(name, slot, fields, 'owned')
  const collection = endpoint.collections[name]!
  for (const [index, spec] of Object.entries(collection.indices)) {
    const method = spec.kind === 'order' ? 'rows' : spec.kind
    const ask = (equals: unknown, options?: unknown): unknown =>
      askQuery(endpoint, { collection: name, index, kind: method }, equals, options)
    api[index] = withMembers({ [method]: ask }, indexKind(name, index, spec))
  }
  return withMembers(api, collectionKind(name, collection))
}

function create(endpoint: EndpointRecorder, name: string, args: object[]): object {
  if (args.length < 1 || args.length > 2)
    throw new BuildError('program.field', `create() takes the fields of ${name}, or a fresh key and the fields, not ${args.length} values.`)
  const slot = args.length === 2 ? args[0]! : slotHandle(endpoint, name, freeSlotName(endpoint, name), 'fresh')
  return writeRow(name, slot, args.at(-1)!, 'fresh')
}

type Target = Pick<Query, 'collection' | 'index' | 'kind'>
interface QueryOptions extends Between<unknown> {
  limit: number
  descending?: boolean
  name?: string
}

/** Takes a query up, for the earliest stage at which its arguments are known; equal queries are one. */
function askQuery(endpoint: EndpointRecorder, target: Target, equals: unknown, options: unknown): unknown {
  const { collection, index } = target
  const on = index === 'key' ? ['$key'] : endpoint.collections[collection]!.indices[index]!.on
  const values = equalsGiven(target, on, equals)
  const given = on.slice(0, Object.keys(values).length)
  const { limit, descending, name, ...range } = optionsGiven(target, options)
  const asked = {
    equals: given.map((field) => queryArgument(endpoint, collection, field, own(values, field), true)),
    ...rangeOf(endpoint, range, collection, on[given.length]),
  }
  const query: Query = { name: '', ...target, at: callSite(), ...asked, limit, stage: stageOf(askedWith(asked)) }
  if (descending === true) query.descending = true
  const count = endpoint.queries.length
  const position = positionOf(endpoint.queries, query, (other) => ({ ...other, name: '', at: '' }))
  if (endpoint.queries.length > count)
    query.name = freeName(name ?? `${collection}_${index}`, (one) => endpoint.queries.some((other) => other.name === one))
  return columns(endpoint, position)
}

/** The values for the first fields of an index; for all of them where the query has one answer. */
function equalsGiven({ collection, index, kind }: Target, on: readonly string[], equals: unknown): Record<string, unknown> {
  const refuse = (problem: string): never => {
    throw new BuildError('program.query', `the index ${index} of ${collection} ${problem}`)
  }
  if (!isPlain(equals)) return refuse(`is asked with an object of values for ${on.join(', ')}, not ${shown(equals)}.`)
  const names = Object.keys(equals)
  const unknown = names.find((name) => !on.includes(name))
  if (unknown !== undefined) refuse(`has no field ${unknown.slice(0, 80)}; it has ${on.join(', ')}.`)
  const missing = on.slice(0, kind === 'rows' ? names.length : on.length).find((name) => !names.includes(name))
  if (missing !== undefined)
    refuse(
      kind === 'rows'
        ? `is ordered by ${on.join(', ')}; give a value for ${missing} first, or none for ${names.join(', ')}.`
        : `needs a value for each of its fields; ${missing} is missing.`,
    )
  return equals
}

/** What else a query is given, each part as it has to be. */
function optionsGiven({ kind }: Target, options: unknown): QueryOptions {
  const isRows = kind === 'rows'
  const [form, known] = isRows
    ? ['{ limit, descending, from, to, name }', ['limit', 'descending', 'from', 'to', 'name']]
    : ['{ name }', ['name']]
  if (isRows && options === undefined) throw new BuildError('program.query', 'rows() needs a limit.')
  const given = objectOf(options ?? {}, `${kind}()`, `options ${form}`, known, 'program.query')
  if (given['name'] !== undefined) nameGiven(given['name'], `the name of a query`)
  if (!isRows) return { ...given, limit: 1 }
  if (given['limit'] === undefined) throw new BuildError('program.query', 'rows() needs a limit.')
  if (given['descending'] !== undefined) flagOf(given['descending'], 'descending of rows()', 'program.query')
  return { ...given, limit: wholeOf(given['limit'], 'the limit of rows()', 1, LIMITS.rows, 'program.query') }
}

/** The bounds of a query, when it has any. @param field the first field of the index that has no value */
function rangeOf(
  endpoint: EndpointRecorder,
  options: Between<unknown>,
  collection: string,
  field: string | undefined,
): Pick<Query, 'range'> {
  const range: Between<Asked> = {}
  // A bound that is there and undefined is a mistake: without it the query would find more than its developer meant.
  const sides = (['from', 'to'] as const).filter((side) => Object.hasOwn(options, side))
  if (sides.length === 0) return {}
  if (field === undefined)
    throw new BuildError(
      'program.query',
      'from and to bound the next field of the index, and this query has values for all; leave the last out.',
    )
  for (const side of sides) range[side] = queryArgument(endpoint, collection, field, options[side], false)
  notCrossed(range)
  return { range }
}

/** Literal ends that no integer is between, also of what is read downwards: `from` is the lesser end. */
function notCrossed({ from, to }: Between<Asked>): void {
  if (from?.from !== 'literal' || to?.from !== 'literal' || from.type.kind !== 'int' || Number(from.value) < Number(to.value)) return
  throw new BuildError(
    'program.bound',
    `rows from ${String(from.value)} to ${String(to.value)}, which is left out, are none; from is the lesser end, also where descending is true.`,
  )
}

function columns(endpoint: EndpointRecorder, position: number): unknown {
  const query = endpoint.queries[position]!
  const column = (field: string): object => {
    const program = { golem: 1 as const, name: '', doc: '', collections: endpoint.collections, endpoints: {} }
    return makeSealed({ source: { from: 'query', query: position, field } }, columnType(program, query, field) as Type)
  }
  if (query.kind === 'count' || query.kind === 'sum') return column(`$${query.kind}`)
  const made = emptyRecord<object>()
  const fields = [...sortedNames(endpoint.collections[query.collection]!.fields), '$key', '$owner']
  for (const field of fields) made[field] = column(field)
  return withMembers(made, foundKind(query.collection, query.kind, fields))
}
