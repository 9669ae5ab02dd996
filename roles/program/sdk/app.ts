import type { Index } from '../document.ts'
import type { Database } from './database.ts'
import { declare } from './errors.ts'
import type { Fields, MarksOf, Natural, Rec, Sealed, SealedFields, Text } from './marks.ts'

export interface IndexSpec<K extends Index['kind'], On extends readonly string[]> {
  readonly kind: K
  readonly on: On
  readonly field?: string
}

/** Rows ordered by these fields, then by key address. */
export const order = <const On extends readonly [string, ...string[]]>(...on: On): IndexSpec<'order', On> => ({ kind: 'order', on })
/** How many rows have the same values in these fields. */
export const count = <const On extends readonly [string, ...string[]]>(...on: On): IndexSpec<'count', On> => ({ kind: 'count', on })
/** The sum of an integer field over the rows with the same values in `on`. */
export const sum = <const On extends readonly [string, ...string[]]>(field: string, ...on: On): IndexSpec<'sum', On> => ({
  kind: 'sum',
  on,
  field,
})

export interface CollectionSpec<F extends Fields, I> {
  readonly doc: string
  readonly fields: F
  readonly indices: I
  readonly initial?: object
}

/**
 * A collection; `initial` is what a reserved key holds before its first write, as JSON: `{ total: 0, winner: null }`.
 * Without it, a key that was never written is in no answer.
 */
export const collection = <
  F extends Fields,
  I extends Record<string, IndexSpec<Index['kind'], ReadonlyArray<(keyof F & string) | '$owner'>>>,
>(
  spec: CollectionSpec<F, I> & { readonly initial?: Natural<Rec<MarksOf<NoInfer<F>>>> },
): CollectionSpec<F, I> => declare(spec)

export interface Context {
  readonly caller: Sealed<Text>
}
export interface EndpointSpec<R extends Fields> {
  readonly doc: string
  readonly request: R
  readonly run: (request: SealedFields<R>, context: Context) => unknown
}

export const endpoint = <R extends Fields>(spec: EndpointSpec<R>): EndpointSpec<R> => declare(spec)

type Collections = Record<string, CollectionSpec<any, any>>

export interface App {
  readonly name: string
  readonly doc: string
  readonly collections: Collections
  readonly endpoints: (database: any) => Record<string, EndpointSpec<any>>
}

/** An application: what `compile` takes. */
export const app = <const C extends Collections>(spec: {
  name: string
  doc: string
  collections: C
  endpoints: (database: Database<C>) => Record<string, EndpointSpec<any>>
}): App => declare(spec)
