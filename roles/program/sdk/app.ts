import { canonicalProgram } from '../canonical.ts'
import { check } from '../check/check.ts'
import { CLIENT_TYPE } from '../document.ts'
import type { Collection, Endpoint, Index, Json, Program } from '../document.ts'
import { emptyRecord, sortedNames } from '../value/measure.ts'
import { fail } from '../result.ts'
import type { Result } from '../result.ts'
import { makeSealed, toTemplate } from './choose.ts'
import { createDatabase } from './database.ts'
import type { Database } from './database.ts'
import type { Fields, Sealed, SealedFields, Text } from './marks.ts'
import { BuildError, finishBlock, traceEndpoint } from './recorder.ts'
import type { EndpointRecorder } from './recorder.ts'
import { typesOf } from './types.ts'

export interface IndexSpec<K extends Index['kind'], On extends string> {
  readonly kind: K
  readonly on: readonly On[]
  readonly field?: string
}

/** Rows ordered by these fields, then by key address. */
export const order = <const On extends string>(...on: On[]): IndexSpec<'order', On> => ({ kind: 'order', on })
/** How many rows have the same values in these fields. */
export const count = <const On extends string>(...on: On[]): IndexSpec<'count', On> => ({ kind: 'count', on })
/** The sum of an integer field over the rows with the same values in `on`. */
export const sum = <const On extends string>(field: string, ...on: On[]): IndexSpec<'sum', On> => ({ kind: 'sum', on, field })

export interface CollectionSpec<F extends Fields, I> {
  readonly doc: string
  readonly fields: F
  readonly indices: I
  readonly initial?: Json
}

/** A collection; `initial` is the JSON form of what a reserved key holds before its first write. */
export const collection = <F extends Fields, I extends Record<string, IndexSpec<Index['kind'], (keyof F & string) | '$owner'>>>(
  spec: CollectionSpec<F, I>,
): CollectionSpec<F, I> => spec

export interface Context {
  readonly caller: Sealed<Text>
}
export interface EndpointSpec<R extends Fields> {
  readonly doc: string
  readonly request: R
  readonly run: (request: SealedFields<R>, context: Context) => unknown
}

export const endpoint = <R extends Fields>(spec: EndpointSpec<R>): EndpointSpec<R> => spec

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
}): App => spec

/**
 * Runs the developer's program once (and once more to see that it does the same) and returns the checked program document.
 * @returns the codes of `BuildError` (the message names the developer's line), `program.nondeterministic`, and those of `check`
 */
export function compile(source: App): Result<Program> {
  try {
    const first = build(source)
    if (canonicalProgram(first) !== canonicalProgram(build(source))) {
      return fail(
        'program.nondeterministic',
        `Two runs of ${source.name} made different programs; use no clock, randomness or outer state in it.`,
      )
    }
    return check(JSON.parse(canonicalProgram(first)))
  } catch (error) {
    if (error instanceof BuildError) return fail(error.code, error.message)
    throw error
  }
}

function build(source: App): Program {
  const collections = emptyRecord<Collection>()
  for (const name of sortedNames(source.collections)) collections[name] = buildCollection(source.collections[name]!)
  const endpoints = emptyRecord<Endpoint>()
  for (const name of endpointNames(source, collections)) endpoints[name] = buildEndpoint(source, name, collections)
  return { golem: 1, name: source.name, doc: source.doc, collections, endpoints }
}

function buildCollection(spec: CollectionSpec<Fields, Record<string, IndexSpec<Index['kind'], string>>>): Collection {
  const indices = emptyRecord<Index>()
  for (const name of sortedNames(spec.indices)) {
    const { kind, on, field } = spec.indices[name]!
    indices[name] = kind === 'sum' ? { kind, on: [...on], field: field ?? '' } : { kind, on: [...on] }
  }
  return { doc: spec.doc, fields: typesOf(spec.fields), initial: spec.initial ?? null, indices }
}

const createEndpoint = (collections: Record<string, Collection>): EndpointRecorder => ({
  collections,
  request: emptyRecord(),
  queries: [],
  slots: [],
  blocks: [],
  current: null,
})

const endpointNames = (source: App, collections: Record<string, Collection>): string[] => {
  const recorder = createEndpoint(collections)
  return traceEndpoint(recorder, () => sortedNames(source.endpoints(createDatabase(recorder))))
}

function buildEndpoint(source: App, name: string, collections: Record<string, Collection>): Endpoint {
  const recorder = createEndpoint(collections)
  return traceEndpoint(recorder, () => {
    const spec = source.endpoints(createDatabase(recorder))[name]
    if (spec === undefined) throw new BuildError('program.nondeterministic', `the endpoint ${name} was there only once.`)
    recorder.request = typesOf(spec.request as Fields)
    const request = emptyRecord<object>()
    for (const field of sortedNames(recorder.request))
      request[field] = makeSealed({ source: { from: 'request', field } }, recorder.request[field]!)
    const caller = makeSealed({ source: { from: 'caller' } }, CLIENT_TYPE)
    const result = spec.run(request as never, { caller } as never)
    const response = result === undefined ? { record: {} } : toTemplate(result, null).template
    return {
      doc: spec.doc,
      request: recorder.request,
      queries: recorder.queries,
      slots: recorder.slots,
      blocks: recorder.blocks.map(finishBlock),
      response,
    }
  })
}
