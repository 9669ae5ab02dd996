import { CLIENT_TYPE } from './document.ts'
import type { Asked, Between, Collection, Endpoint, Json, Program, Query, Slot, Source, Template, Type } from './document.ts'
import { emptyRecord, own, sortedNames } from './value/measure.ts'
import { joinTypes } from './value/type-bounds.ts'
import { fromJson, toJson } from './value/json.ts'
import type { Value } from './value/value.ts'

/** Type of a field of a row: a field of the collection, `$key` or `$owner`; undefined when there is none. */
export function rowFieldType(name: string, collection: Collection, field: string): Type | undefined {
  if (field === '$key') return { kind: 'key', collection: name }
  return field === '$owner' ? CLIENT_TYPE : own(collection.fields, field)
}

/** Fields of the index that a query is asked by, in their order; undefined when there is no such index. */
export function indexFields(program: Program, { collection, index }: Pick<Query, 'collection' | 'index'>): string[] | undefined {
  if (index === 'key') return ['$key']
  const declared = own(program.collections, collection)
  return declared && own(declared.indices, index)?.on
}

/** The sealed values that a query is asked with. Its literals stand in the program. */
export const askedWith = ({ equals, range }: Pick<Query, 'equals' | 'range'>): Source[] =>
  [...equals, ...(range === undefined ? [] : [range.from, range.to])].filter((asked) => asked !== undefined && asked.from !== 'literal')

type LiteralAsked = Extract<Asked, { from: 'literal' }>

/** The value of a literal of a checked query. */
export function literalAsked({ type, value }: LiteralAsked): Value {
  const read = fromJson(type, value)
  if (!read.ok) throw new Error(`a checked literal must fit its type: ${read.error.message}`)
  return read.value
}

/** The values that a query is asked with, from those of its sources. */
export const askedValue = (asked: Asked, valueOf: (source: Source) => Value): Value =>
  asked.from === 'literal' ? literalAsked(asked) : valueOf(asked)

/** The same in the JSON form of values. */
export const askedJson = (asked: Asked, jsonOf: (source: Source) => Json): Json =>
  asked.from === 'literal' ? toJson(asked.type, literalAsked(asked)) : jsonOf(asked)

/** Other values between which something is, with the bounds that are there. */
export const mapBetween = <A, B>({ from, to }: Between<A>, change: (bound: A, side: 'from' | 'to') => B): Between<B> => ({
  ...(from === undefined ? {} : { from: change(from, 'from') }),
  ...(to === undefined ? {} : { to: change(to, 'to') }),
})

/** Type of a query's column as a block gets it: a list, an option or an integer; undefined when there is no such column. */
export function columnType(program: Program, query: Query, field: string): Type | undefined {
  if (query.kind === 'count' || query.kind === 'sum') {
    if (field !== `$${query.kind}`) return undefined
    return query.kind === 'count' ? { kind: 'int', min: '0' } : { kind: 'int' }
  }
  const collection = own(program.collections, query.collection)
  const type = collection && rowFieldType(query.collection, collection, field)
  if (type === undefined) return undefined
  return query.kind === 'get' ? { kind: 'option', of: type } : { kind: 'list', of: type, max: query.limit }
}

/** Type of a source, or undefined when it names something that is not there. */
export function findSourceType(program: Program, endpoint: Endpoint, source: Source): Type | undefined {
  switch (source.from) {
    case 'caller':
      return CLIENT_TYPE
    case 'request':
      return own(endpoint.request, source.field)
    case 'block':
      return endpoint.blocks[source.block]?.outputs[source.output]
    case 'slot': {
      const slot = endpoint.slots[source.slot]
      return slot && { kind: 'key', collection: slot.collection }
    }
    case 'query': {
      const query = endpoint.queries[source.query]
      return query && columnType(program, query, source.field)
    }
  }
}

/**
 * Whether an argument and a slot may have one name, as a request gives both by their names: only where they are one thing, the caller's own
 * row that the request names, to be read and to be changed.
 */
export const isOwnRow = (argument: Type, { collection, state }: Pick<Slot, 'collection' | 'state'>): boolean =>
  state === 'owned' && argument.kind === 'key' && argument.collection === collection

/** Type of a source of a checked endpoint. */
export function typeOfSource(program: Program, endpoint: Endpoint, source: Source): Type {
  const type = findSourceType(program, endpoint, source)
  if (type === undefined) throw new Error(`a checked endpoint has no source ${JSON.stringify(source)}`)
  return type
}

/** A name that is unique in its endpoint: `request.topic`, `caller`, `slot.post`, `query.recent.author`, `block.0.1`. */
export function sourceName(endpoint: Endpoint, source: Source): string {
  switch (source.from) {
    case 'caller':
      return 'caller'
    case 'request':
      return `request.${source.field}`
    case 'slot':
      return `slot.${endpoint.slots[source.slot]?.name ?? source.slot}`
    case 'query':
      return `query.${endpoint.queries[source.query]?.name ?? source.query}.${source.field}`
    case 'block':
      return `block.${source.block}.${source.output}`
  }
}

/** Type of what the client gets back. */
export const responseType = (program: Program, endpoint: Endpoint): Type => templateType(program, endpoint, endpoint.response)

export function templateType(program: Program, endpoint: Endpoint, template: Template): Type {
  const inner = (part: Template): Type => templateType(program, endpoint, part)
  if ('source' in template) return typeOfSource(program, endpoint, template.source)
  if ('literal' in template) return template.type
  if ('record' in template) return { kind: 'record', fields: mapNames(template.record, inner) }
  if ('list' in template) {
    const items = new Set(template.list.map(inner))
    return { kind: 'list', of: [...items].reduce(joinTypes, template.of), max: template.list.length }
  }
  if ('variant' in template) return widenCase(template.variant, template.tag, inner(template.value))
  if ('some' in template) return { kind: 'option', of: inner(template.some) }
  if ('none' in template) return { kind: 'option', of: template.none }
  return joinTypes(inner(template.then), inner(template.else))
}

/** The declared variant with room for what the case is given, whose bounds may be wider than the declared ones. */
function widenCase(variant: Type, tag: string, content: Type): Type {
  if (variant.kind !== 'variant') return variant
  return { kind: 'variant', cases: mapNames(variant.cases, (type, name) => (name === tag ? joinTypes(type, content) : type)) }
}

function mapNames<A, B>(record: Record<string, A>, change: (value: A, name: string) => B): Record<string, B> {
  const made = emptyRecord<B>()
  for (const name of sortedNames(record)) made[name] = change(record[name]!, name)
  return made
}

/**
 * The response of an endpoint from its opened sealed values.
 * @param valueOf opened value of a source; asked only for the sources of the branches taken
 */
export function buildResponse(endpoint: Endpoint, valueOf: (source: Source) => Value): Value {
  return buildTemplate(endpoint.response, valueOf)
}

function buildTemplate(template: Template, valueOf: (source: Source) => Value): Value {
  const inner = (part: Template): Value => buildTemplate(part, valueOf)
  if ('source' in template) return valueOf(template.source)
  if ('literal' in template) return literalValue(template)
  if ('record' in template) return mapNames(template.record, inner)
  if ('list' in template) return template.list.map(inner)
  if ('variant' in template) return { tag: template.tag, value: inner(template.value) }
  if ('some' in template) return { some: inner(template.some) }
  if ('none' in template) return null
  return inner(valueOf(template.if) === true ? template.then : template.else)
}

function literalValue(template: Extract<Template, { literal: unknown }>): Value {
  const value = fromJson(template.type, template.literal)
  if (!value.ok) throw new Error(`a checked literal must fit its type: ${value.error.message}`)
  return value.value
}
