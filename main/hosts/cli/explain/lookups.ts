/** The queries of an endpoint in words. */
import {
  askedWith,
  fromJson,
  indexFields,
  mapBetween,
  naturalForm,
  plural,
  splitsOf,
  type Asked,
  type Between,
  type Endpoint,
  type Program,
  type Query,
  type Source,
  type Template,
} from '../../../../roles/program/index.ts'
import { must } from '../../../../roles/protocol/result.ts'
import { fieldWords, listed, valueName } from './words.ts'
import { own } from '../../../../roles/program/index.ts'

export interface ExplainedLookup {
  name: string
  /** What is looked up, in words. */
  words: string
  collection: string
  index: string
  limit: number
  /** Names of the values that are used of it. */
  values: string[]
  /** Values it is asked with. */
  asked: string[]
  stage: number
}

/** Fields that rows of this query have, as sources name them. */
export function columnsOf(program: Program, query: Query): string[] {
  if (query.kind === 'count' || query.kind === 'sum') return [`$${query.kind}`]
  return [...Object.keys(program.collections[query.collection]!.fields), '$key', '$owner']
}

export function lookupsOf(program: Program, endpoint: Endpoint): ExplainedLookup[] {
  return endpoint.queries.map((query, i) => ({
    name: query.name,
    words: lookupWords(program, endpoint, query),
    collection: query.collection,
    index: query.index,
    limit: query.limit,
    values: usedColumns(endpoint, i).map((field) => valueName(endpoint, { from: 'query', query: i, field })),
    asked: askedWith(query).map((source) => valueName(endpoint, source)),
    stage: query.stage,
  }))
}

function lookupWords(program: Program, endpoint: Endpoint, query: Query): string {
  const { collection, index, kind, limit } = query
  const declared = index === 'key' ? undefined : own(program.collections[collection]!.indices, index)
  const on = indexFields(program, query)!.map(fieldWords)
  const named = (asked: Asked): string => (asked.from === 'literal' ? literalWords(asked) : valueName(endpoint, asked))
  const equal = query.equals.map((asked, i) => equalityWords(on[i]!, named(asked)))
  const where = query.range === undefined ? equal : [...equal, rangeWords(on[equal.length]!, mapBetween(query.range, named))]
  const condition = where.length === 0 ? '' : ` with ${listed(where)}`
  if (kind === 'get') return `the row of ${collection}${condition}, if there is one`
  if (kind === 'count') return `how many rows of ${collection} there are${condition}`
  if (kind === 'sum') return `the sum of ${declared?.kind === 'sum' ? declared.field : '?'} over the rows of ${collection}${condition}`
  const order = [...on.slice(query.equals.length), ...(index === 'key' ? [] : ['key'])]
  const first = query.descending === true ? ', greatest first' : ''
  return `up to ${plural(limit, 'row')} of ${collection}${condition}, by ${listed(order)}${first}`
}

/** A literal as a developer writes it. */
const literalWords = (asked: Asked & { from: 'literal' }): string =>
  JSON.stringify(naturalForm(asked.type, must(fromJson(asked.type, asked.value))))

const equalityWords = (field: string, value: string): string => (field === value ? `the same ${field}` : `${field} = ${value}`)

/** «since ≤ day < until», or with one bound «day ≥ since»; a value with the name of the field is «the given day». */
function rangeWords(field: string, bounds: Between<string>): string {
  const { from, to } = mapBetween(bounds, (value) => (value === field ? `the given ${field}` : value))
  if (from === undefined) return `${field} < ${to}`
  return to === undefined ? `${field} ≥ ${from}` : `${from} ≤ ${field} < ${to}`
}

/** Columns of a query that a block opens or the response contains. */
function usedColumns(endpoint: Endpoint, query: number): string[] {
  const inputs = endpoint.blocks.flatMap((block) => block.inputs.map((input) => input.source))
  const used = [...inputs, ...sourcesIn(endpoint.response)].filter((source) => source.from === 'query' && source.query === query)
  return [...new Set(used.map((source) => (source as Source & { from: 'query' }).field))].sort()
}

/** Every source of a response. */
export function sourcesIn(template: Template): Source[] {
  if ('source' in template) return [template.source]
  if ('record' in template) return Object.values(template.record).flatMap(sourcesIn)
  if ('list' in template) return template.list.flatMap(sourcesIn)
  if ('variant' in template) return sourcesIn(template.value)
  if ('some' in template) return sourcesIn(template.some)
  if ('if' in template) return [template.if, ...sourcesIn(template.then), ...sourcesIn(template.else)]
  return []
}

export interface ExplainedSplit {
  query: string
  /** `file:line` of the query. */
  at: string
  /** Calculated values that it is asked with. */
  because: string[]
  /** What the caller's app can open then, before the points of `before` run. */
  shows: string[]
  before: string[]
}

/**
 * Where the endpoint is split because a query needs a calculated value. The one place that knows of `splitsOf`: the language finds the
 * splits, here they get the names of the explanation.
 */
export function splitsIn(program: Program, name: string): ExplainedSplit[] {
  const endpoint = program.endpoints[name]!
  return must(splitsOf(program, name)).map(({ query, at, stage, before }) => {
    const asked = askedWith(endpoint.queries.find((one) => one.name === query)!)
    const made = endpoint.blocks
      .slice(0, stage)
      .flatMap(({ outputs }, block) => outputs.map((_, output): Source => ({ from: 'block', block, output })))
    const named = (sources: Source[]): string[] => [...new Set(sources.map((source) => valueName(endpoint, source)))]
    return { query, at, because: named(asked.filter((source) => source.from === 'block')), shows: named(made), before }
  })
}
