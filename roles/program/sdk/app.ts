import type { Index } from '../document.ts'
import type { Database } from './database.ts'
import { declare } from './errors.ts'
import type { Fields, Int, MarkOf, MarksOf, Natural, Rec, Scalar, Sealed, SealedFields, Text } from './marks.ts'
import { appGiven, collectionGiven, endpointGiven, indexFields } from './specs.ts'

export interface IndexSpec<K extends Index['kind'], On extends readonly string[], Field extends string = string> {
  readonly kind: K
  readonly on: On
  /** Of a sum: what is added up. */
  readonly field?: Field
}

/** Rows ordered by these fields, then by key address. */
export const order = <const On extends readonly [string, ...string[]]>(...on: On): IndexSpec<'order', On, never> => ({
  kind: 'order',
  on: indexFields('order()', on),
})
/** How many rows have the same values in these fields. */
export const count = <const On extends readonly [string, ...string[]]>(...on: On): IndexSpec<'count', On, never> => ({
  kind: 'count',
  on: indexFields('count()', on),
})
/** The sum of an integer field over the rows with the same values in `on`. */
export const sum = <const Field extends string, const On extends readonly [string, ...string[]]>(
  field: Field,
  ...on: On
): IndexSpec<'sum', On, Field> => ({
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
