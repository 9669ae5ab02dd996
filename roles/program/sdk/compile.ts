import { canonicalJson, canonicalProgram } from '../canonical.ts'
import { check } from '../check/check.ts'
import { createShapes } from '../check/shapes.ts'
import { CLIENT_TYPE } from '../document.ts'
import { firstDifference } from '../difference.ts'
import type { Collection, Endpoint, Index, Json, Program, Template, Type } from '../document.ts'
import { emptyRecord, own, sortedNames } from '../value/measure.ts'
import { exactForm } from '../value/natural.ts'
import { fail } from '../result.ts'
import type { Failure, Result } from '../result.ts'
import type { App, CollectionSpec, EndpointSpec, IndexSpec, RuleSpec } from './app.ts'
import { withAnswersUsed } from './asked.ts'
import { makeSealed, toTemplate } from './choose.ts'
import { createDatabase } from './database.ts'
import { atDeclaration, declaredAt, overflowed, withNoticed } from './errors.ts'
import { CONTEXT, requestKind } from './habits.ts'
import { withWatchedJavaScript } from './javascript.ts'
import { FRAMES, thrownAt } from './location.ts'
import type { Fields } from './marks.ts'
import { withMembers } from './members.ts'
import { isValue, noPromise } from './plain.ts'
import { unprunedNode } from './prune.ts'
import { BuildError, finishBlock, traceEndpoint, wholeBody } from './recorder.ts'
import type { EndpointRecorder, Recorder } from './recorder.ts'
import { appGiven, endpointsGiven } from './specs.ts'
import { typesOf } from './types.ts'
import { METHODS } from './values/index.ts'
import { inWords } from './words.ts'

/** A program as it was traced, with the recorders of its blocks. */
interface Build {
  program: Program
  blocks: Record<string, Recorder[]>
  /** `file:line` of each endpoint's declaration. */
  lines: Record<string, string>
}

/**
 * Runs the developer's program once (and once more to see that it does the same) and returns the checked program document.
 * @returns the codes of `BuildError` (the message names the developer's line), `program.nondeterministic`, `program.recursion` (a trace
 *   without end), `program.thrown` (an exception of the developer's own code), and those of `check`
 */
export function compile(source: App): Result<Program> {
  return withFrames(() => {
    try {
      appGiven(source)
      const first = watched(() => build(source, false).program)
      const second = watched(() => build(source, false).program)
      if (canonicalProgram(first) !== canonicalProgram(second)) return differing(source, first, second)
      const checked = check(JSON.parse(canonicalProgram(first)))
      return checked.ok ? checked : located(source, checked.error)
    } catch (error) {
      return mistakeOf(error)
    }
  })
}

/** Traces with values, and functions of JavaScript, that notice where they are taken for something else. */
const watched = <T>(work: () => T): T => withWatchedJavaScript(() => withNoticed(() => withAnswersUsed(work)))

/** Lets errors keep so many frames of their stacks that the developer's line is among them. */
function withFrames<T>(work: () => T): T {
  const errors = Error as { stackTraceLimit?: number }
  const before = errors.stackTraceLimit
  errors.stackTraceLimit = FRAMES
  try {
    return work()
  } finally {
    if (before !== undefined) errors.stackTraceLimit = before
  }
}

/** What the developer did wrong; an exception out of the language itself is not that. */
function mistakeOf(error: unknown): { ok: false; error: Failure } {
  if (isValue(error))
    return fail('program.thrown', 'a Golem value was thrown. All branches of a program are traced, so nothing in it may throw.')
  if (error instanceof BuildError) return fail(error.code, error.message)
  if (error instanceof RangeError && /call stack/i.test(error.message)) return mistakeOf(overflowed(error))
  const line = error instanceof Error ? thrownAt(error.stack ?? '') : null
  if (line === null) throw error
  return fail('program.thrown', `${line}: ${String(error)}. All branches of a program are traced, so nothing in it may throw.`)
}

const line = (block: Recorder | undefined, node: number | undefined): string =>
  (node === undefined ? undefined : block?.nodeLines[node]) ?? block?.at ?? ''

const prefix = (place: string, message: string): string => (place === '' ? message : `${place}: ${message}`)

/** Two runs that differ: where, as far as two more runs show it. */
function differing(source: App, first: Program, second: Program): { ok: false; error: Failure } {
  const [one, other] = [build(source, true), build(source, true)]
  const places = sortedNames({ ...one.blocks, ...other.blocks }).map((name) =>
    differingLine(own(one.blocks, name) ?? [], own(other.blocks, name) ?? []),
  )
  const outside = sortedNames(one.lines).find((name) => canonicalOf(one, name) !== canonicalOf(other, name))
  const place = places.find((found) => found !== '') ?? (outside === undefined ? declaredAt(source) : one.lines[outside]!)
  const path = firstDifference(first as unknown as Json, second as unknown as Json) ?? ''
  return fail(
    'program.nondeterministic',
    prefix(place, `two runs of ${source.name} made different programs, first at ${path}; use no clock, randomness or outer state in it.`),
    { path },
  )
}

const canonicalOf = (made: Build, name: string): string => canonicalJson((own(made.program.endpoints, name) ?? null) as Json)

function differingLine(one: Recorder[], other: Recorder[]): string {
  const differ = (a: unknown, b: unknown): boolean =>
    a === undefined || b === undefined || canonicalJson(a as Json) !== canonicalJson(b as Json)
  for (let i = 0; i < Math.max(one.length, other.length); i++) {
    const [a, b] = [one[i], other[i]]
    if (a === undefined || b === undefined) return line(a ?? b, undefined)
    const node = Array.from({ length: Math.max(a.nodes.length, b.nodes.length) }).findIndex((_, at) => differ(a.nodes[at], b.nodes[at]))
    if (node >= 0) return line(a.nodes[node] === undefined ? b : a, node)
    if (differ(finishBlock(a), finishBlock(b))) return line(a, undefined)
  }
  return ''
}

/** What only the checker finds, at the developer's line of what its path names: a node, a block, an endpoint or a collection. */
function located(source: App, error: Failure): { ok: false; error: Failure } {
  const path = /^(\/[^:\s]*)/.exec(error.message)?.[1]
  const details = path === undefined ? error.details : { ...error.details, path }
  return { ok: false, error: { ...error, message: prefix(lineOf(source, error.message), inWords(error.message)), details } }
}

function lineOf(source: App, path: string): string {
  const [, collection, declared] = /^\/collections\/(\w+)(?:\/indices\/(\w+))?/.exec(path) ?? []
  if (collection !== undefined) return lineOfCollection(source, collection, declared)
  const [, name, part, index, node] = /^\/endpoints\/(\w+)(?:\/(queries|blocks)\/([0-9]+)(?:\/body\/nodes\/([0-9]+))?)?/.exec(path) ?? []
  if (name === undefined) return declaredAt(source)
  const made = build(source, true)
  const query = part === 'queries' ? own(made.program.endpoints, name)?.queries[Number(index)] : undefined
  const recorder = part === 'blocks' ? own(made.blocks, name)?.[Number(index)] : undefined
  if (recorder === undefined) return query?.at ?? own(made.lines, name) ?? ''
  return line(recorder, node === undefined ? undefined : unprunedNode(wholeBody(recorder), Number(node)))
}

function lineOfCollection(source: App, name: string, index: string | undefined): string {
  const collection = own(source.collections, name)
  const declared = collection === undefined || index === undefined ? undefined : own(collection.indices as Record<string, object>, index)
  return (declared === undefined ? '' : declaredAt(declared)) || declaredAt(collection ?? source)
}

function build(source: App, locate: boolean): Build {
  const collections = emptyRecord<Collection>()
  for (const name of sortedNames(source.collections)) collections[name] = buildCollection(source.collections[name]!)
  const endpoints = emptyRecord<Endpoint>()
  const blocks = emptyRecord<Recorder[]>()
  const lines = emptyRecord<string>()
  for (const name of endpointNames(source, collections)) {
    const recorder = createEndpoint(collections, locate)
    const made = buildEndpoint(source, name, recorder)
    endpoints[name] = made.endpoint
    lines[name] = made.line
    blocks[name] = recorder.blocks
  }
  return { program: { golem: 1, name: source.name, doc: source.doc, collections, endpoints }, blocks, lines }
}

function buildCollection(spec: CollectionSpec<Fields, Record<string, IndexSpec<Index['kind'], readonly string[]>>>): Collection {
  const indices = emptyRecord<Index>()
  for (const name of sortedNames(spec.indices)) {
    indices[name] = buildIndex(spec.indices[name]!)
  }
  const fields = typesOf(spec.fields)
  return { doc: spec.doc, fields, initial: initialOf(spec, fields), indices }
}

function buildIndex(spec: IndexSpec<Index['kind'], readonly string[]>): Index {
  const { kind, on } = spec
  const own = <T>(name: 'field' | 'rule', none: T): T => (Object.hasOwn(spec, name) ? (spec[name] as T) : none)
  const { atLeast, atMost } = own<RuleSpec>('rule', {})
  if (kind !== 'sum') return { kind, on: [...on], ...(atMost === undefined ? {} : { atMost }) }
  const bounds = {
    ...(atLeast === undefined ? {} : { atLeast: String(atLeast) }),
    ...(atMost === undefined ? {} : { atMost: String(atMost) }),
  }
  return { kind, on: [...on], field: own('field', ''), ...bounds }
}

function initialOf(spec: CollectionSpec<Fields, unknown>, fields: Record<string, Type>): Json {
  if (spec.initial === undefined) return null
  const form = exactForm({ kind: 'record', fields }, spec.initial, 'initial')
  if (!form.ok) throw new BuildError('program.type', form.error.message, declaredAt(spec))
  return form.value
}

const createEndpoint = (collections: Record<string, Collection>, locate: boolean): EndpointRecorder => ({
  collections,
  request: emptyRecord(),
  queries: [],
  slots: [],
  blocks: [],
  current: null,
  shapes: createShapes(),
  methods: METHODS,
  operations: 0,
  locate,
})

function endpointsOf(source: App, recorder: EndpointRecorder): Record<string, EndpointSpec<any>> {
  const endpoints = source.endpoints(createDatabase(recorder))
  return atDeclaration(source, () => {
    endpointsGiven(noPromise(endpoints))
    return endpoints
  })
}

const endpointNames = (source: App, collections: Record<string, Collection>): string[] => {
  const recorder = createEndpoint(collections, false)
  return traceEndpoint(recorder, () => sortedNames(endpointsOf(source, recorder)))
}

function buildEndpoint(source: App, name: string, recorder: EndpointRecorder): { endpoint: Endpoint; line: string } {
  return traceEndpoint(recorder, () => {
    const spec = own(endpointsOf(source, recorder), name)
    if (spec === undefined)
      throw new BuildError('program.nondeterministic', `the endpoint ${name} was there only once.`, declaredAt(source))
    recorder.request = typesOf(spec.request as Fields)
    const request = emptyRecord<object>()
    for (const field of sortedNames(recorder.request))
      request[field] = makeSealed({ source: { from: 'request', field } }, recorder.request[field]!)
    const context = withMembers({ caller: makeSealed({ source: { from: 'caller' } }, CLIENT_TYPE) }, CONTEXT)
    const result: unknown = spec.run(withMembers(request, requestKind(sortedNames(request))) as never, context as never)
    const response = atDeclaration(spec, () => (noPromise(result) === undefined ? { record: {} } : toTemplate(result, null).template))
    return { endpoint: finishEndpoint(spec, recorder, response), line: declaredAt(spec) }
  })
}

const finishEndpoint = (spec: EndpointSpec<any>, recorder: EndpointRecorder, response: Template): Endpoint => ({
  doc: spec.doc,
  request: recorder.request,
  queries: recorder.queries,
  slots: recorder.slots,
  blocks: recorder.blocks.map(finishBlock),
  response,
})
