import type { Index } from '../document.ts'
import type { Database } from './database.ts'
import { declare } from './errors.ts'
import type { Fields, Int, MarkOf, MarksOf, Natural, Rec, Scalar, Sealed, SealedFields, Text } from './marks.ts'
import { rowsIndex, sumIndex } from './rules.ts'
import { appGiven, collectionGiven, endpointGiven, indexFields } from './specs.ts'

/** What is at most, or at least, so much in a group of an index: see `rules.ts`. */
export interface RuleSpec {
  readonly atLeast?: number
  readonly atMost?: number
}

export interface IndexSpec<K extends Index['kind'], On extends readonly string[], Field extends string = string> {
  readonly kind: K
  readonly on: On
  /** Of a sum: what is added up. */
  readonly field?: Field
  readonly rule?: RuleSpec
}

/** An index of rows that may be given a rule. It is held when a tick closes, in the order of the chain: of two that are too many, the later is refused. */
export interface RowsIndex<K extends 'order' | 'count', On extends readonly string[]> extends IndexSpec<K, On, never> {
  /** At most one row has the same values in these fields. @example once: count('post', '$owner').unique() */
  unique(): IndexSpec<K, On, never>
  /** At most so many rows have the same values in these fields. @example seats: count('show').atMost(200) */
  atMost(rows: number): IndexSpec<K, On, never>
}

interface FromBelow<On extends readonly string[], Field extends string> extends IndexSpec<'sum', On, Field> {
  atLeast(sum: number): IndexSpec<'sum', On, Field>
}
interface FromAbove<On extends readonly string[], Field extends string> extends IndexSpec<'sum', On, Field> {
  atMost(sum: number): IndexSpec<'sum', On, Field>
}

/** A sum that may be given bounds. They are held when a tick closes, in the order of the chain. */
export interface SumIndex<On extends readonly string[], Field extends string> extends IndexSpec<'sum', On, Field> {
  /** The sum over the rows with the same values in `on` is at least so much. @example left: sum('change', 'good').atLeast(0) */
  atLeast(sum: number): FromAbove<On, Field>
  /** The sum over the rows with the same values in `on` is at most so much. @example given: sum('points', '$owner').atMost(10) */
  atMost(sum: number): FromBelow<On, Field>
}

/** Rows ordered by these fields, then by key address. */
export const order = <const On extends readonly [string, ...string[]]>(...on: On): RowsIndex<'order', On> =>
  rowsIndex('order', indexFields('order()', on))
/** How many rows have the same values in these fields. */
export const count = <const On extends readonly [string, ...string[]]>(...on: On): RowsIndex<'count', On> =>
  rowsIndex('count', indexFields('count()', on))
/** The sum of an integer field over the rows with the same values in `on`. */
export const sum = <const Field extends string, const On extends readonly [string, ...string[]]>(
  field: Field,
  ...on: On
): SumIndex<On, Field> =>
  sumIndex({
    kind: 'sum',
    on: indexFields('sum(), which adds up its first field over rows with the same values in the others,', on),
    field: indexFields('sum()', [field])[0],
  })

export interface CollectionSpec<F extends Fields, I> {
  readonly doc: string
  readonly fields: F
  readonly indices: I
  readonly initial?: object
}

/** The fields of a type, those of unknown types among them. */
type FieldsOf<F, M> = {
  [K in keyof F & string]: unknown extends MarkOf<F[K]> ? K : MarkOf<F[K]> extends M ? K : never
}[keyof F & string]
/** What an index of a collection with these fields may name. */
type IndexOf<F> = IndexSpec<Index['kind'], ReadonlyArray<FieldsOf<F, Scalar> | '$owner'>, FieldsOf<F, Int>>

/**
 * A collection; `initial` is what a reserved key holds before its first write, as JSON: `{ total: 0, winner: null }`.
 * Without it, a key that was never written is in no answer.
 */
export function collection<F extends Fields, I extends Record<string, IndexOf<F>>>(
  spec: CollectionSpec<F, I> & { readonly initial?: Natural<Rec<MarksOf<NoInfer<F>>>> },
): CollectionSpec<F, I> {
  collectionGiven(spec)
  return declare(spec)
}

export interface Context {
  readonly caller: Sealed<Text>
}
export interface EndpointSpec<R extends Fields> {
  readonly doc: string
  readonly request: R
  readonly run: (request: SealedFields<R>, context: Context) => unknown
}

export function endpoint<R extends Fields>(spec: EndpointSpec<R>): EndpointSpec<R> {
  endpointGiven(spec)
  return declare(spec)
}

type Collections = Record<string, CollectionSpec<any, any>>

export interface App {
  readonly name: string
  readonly doc: string
  readonly collections: Collections
  readonly endpoints: (database: any) => Record<string, EndpointSpec<any>>
}

/** An application: what `compile` takes. */
export function app<const C extends Collections>(spec: {
  name: string
  doc: string
  collections: C
  endpoints: (database: Database<C>) => Record<string, EndpointSpec<any>>
}): App {
  appGiven(spec)
  return declare(spec)
}
