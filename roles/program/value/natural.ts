/**
 * Values as people write and read them in JSON, whatever door they come through: a command's request, a data file, an app's initial values, the
 * page, an app's own front end. A number is an integer, an option is its content or null, a case without content is its name, a map may be an
 * object. The exact form of the document (`json.ts`), which has one text for one value, is always among what is read.
 */
import type { Endpoint, Json, Type } from '../document.ts'
import { fail, ok } from '../result.ts'
import type { Result } from '../result.ts'
import { fromJson, parseInteger, toJson } from './json.ts'
import { compareValues, emptyRecord, sortedNames } from './measure.ts'
import type { MapValue, RecordValue, SomeValue, Value, VariantValue } from './value.ts'
import { isEmpty, wantedWords } from './words.ts'
import { own } from './measure.ts'

/** What a refusal shows of what was there. */
const SHOWN = 60

class Refusal extends Error {}

/** Unwinds to whoever reads from outside, who makes it a failure. */
function refuse(path: string, wanted: string, json: unknown): never {
  throw new Refusal(json === undefined ? `${path} is missing; it must be ${wanted}.` : `${path} must be ${wanted}, not ${shown(json)}.`)
}

function shown(json: unknown): string {
  const text = JSON.stringify(json) ?? typeof json
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`
}

/**
 * The exact form of a value that is given in natural form.
 * @param path name of what is read, for the sentence: `stars`, `collections.posts[0].fields.stars`
 * @returns `program.value`, in one sentence that says which part, what it has to be, and what was there
 */
export function exactForm(type: Type, json: unknown, path: string): Result<Json> {
  return reading(() => exact(type, json, path))
}

function reading<T>(work: () => T): Result<T> {
  try {
    return ok(work())
  } catch (error) {
    if (error instanceof Refusal) return fail('program.value', error.message)
    throw error
  }
}

/** As `exactForm`, the value itself. */
export function readNatural(type: Type, json: unknown, path: string): Result<Value> {
  const form = exactForm(type, json, path)
  return form.ok ? fromJson(type, form.value) : form
}

const isObject = (json: unknown): json is Record<string, unknown> => typeof json === 'object' && json !== null && !Array.isArray(json)

const has = (json: unknown, ...names: string[]): json is Record<string, unknown> =>
  isObject(json) && Object.keys(json).length === names.length && names.every((name) => Object.hasOwn(json, name))

function exact(type: Type, json: unknown, path: string): Json {
  switch (type.kind) {
    case 'list':
      return items(type, json, path).map((item, i) => exact(type.of, item, `${path}[${i}]`))
    case 'record':
      return isObject(json) ? exactFields(type.fields, json, path) : refuse(path, wantedWords(type), json)
    case 'option':
      if (json === null || json === undefined) return null
      return { some: exact(type.of, has(json, 'some') ? json['some'] : json, path) }
    case 'variant':
      return exactVariant(type, json, path)
    case 'map':
      return exactMap(type, json, path)
    case 'tree':
      return exactTree(type, json, path)
    case 'zipper':
      return refuse(path, 'something else: a place in a tree has no JSON form', json)
    default:
      return exactScalar(type, typeof json === 'number' && type.kind === 'int' ? String(json + 0) : json, json, path)
  }
}

/** @param written as the person wrote it */
function exactScalar(type: Type, json: unknown, written: unknown, path: string): Json {
  return fromJson(type, json).ok ? (json as Json) : refuse(path, wantedWords(type), written)
}

function items(type: Type & { max: number }, json: unknown, path: string): unknown[] {
  if (!Array.isArray(json)) return refuse(path, wantedWords(type), json)
  return json.length <= type.max ? json : tooMany(type, json.length, path)
}

const tooMany = (type: Type, count: number, path: string): never => {
  throw new Refusal(`${path} must be ${wantedWords(type)}, not one of ${count}.`)
}

/** An option that is left out is none. */
function exactFields(fields: Record<string, Type>, json: Record<string, unknown>, path: string): Json {
  const names = sortedNames(fields)
  const extra = Object.keys(json).find((name) => !Object.hasOwn(fields, name))
  if (extra !== undefined) throw new Refusal(`${path} has no field ${extra.slice(0, 80)}; its fields are ${names.join(', ') || 'none'}.`)
  const made = emptyRecord<Json>()
  for (const name of names) made[name] = exact(fields[name]!, own(json, name), `${path}.${name}`)
  return made
}

function exactVariant(type: Type & { kind: 'variant' }, json: unknown, path: string): Json {
  const given = typeof json === 'string' ? { tag: json, value: {} } : json
  if (!has(given, 'tag', 'value')) return refuse(path, wantedWords(type), json)
  const { tag, value } = given
  if (typeof tag !== 'string' || !Object.hasOwn(type.cases, tag)) return refuse(path, wantedWords(type), json)
  const content = type.cases[tag]!
  return typeof json === 'string' && !isEmpty(content)
    ? refuse(path, `{ "tag": "${tag}", "value": … }, as ${tag} holds ${wantedWords(content)}`, json)
    : { tag, value: exact(content, value, `${path}.${tag}`) }
}

/** Entries in any order, each key once. */
function exactMap(type: Type & { kind: 'map' }, json: unknown, path: string): Json {
  const written = isObject(json) ? Object.entries(json).map(([key, value]) => ({ key: keyFromName(type.keys, key), value })) : json
  const entries = items(type, written, path).map((entry, i) => {
    const at = `${path}[${i}]`
    if (!has(entry, 'key', 'value')) return refuse(at, 'an entry { "key": …, "value": … }', entry)
    const key = exact(type.keys, entry['key'], `${at}.key`)
    return { key, value: exact(type.of, entry['value'], `${at}.value`), order: (fromJson(type.keys, key) as { value: Value }).value }
  })
  entries.sort((a, b) => compareValues(type.keys, a.order, b.order))
  const twice = entries.find((entry, i) => i > 0 && compareValues(type.keys, entries[i - 1]!.order, entry.order) === 0)
  if (twice !== undefined) throw new Refusal(`${path} has the key ${shown(twice.key)} twice.`)
  return entries.map(({ key, value }) => ({ key, value }))
}

const keyFromName = (type: Type, name: string): unknown =>
  type.kind === 'bool' && (name === 'true' || name === 'false') ? name === 'true' : name

function exactTree(type: Type & { kind: 'tree' }, json: unknown, path: string): Json {
  let last = -1
  const nodes = items(type, json, path).map((node, i) => {
    const at = `${path}[${i}]`
    if (!has(node, 'depth', 'value')) return refuse(at, 'a node { "depth": …, "value": … }', node)
    const depth = parseInteger(typeof node['depth'] === 'number' ? String(node['depth']) : node['depth'])
    if (depth === null || depth > last + 1 || depth < (i === 0 ? 0 : 1))
      return refuse(
        `${at}.depth`,
        i === 0 ? '0, that of the root' : `from 1 to ${last + 1}, one more than the node before it at most`,
        node['depth'],
      )
    last = depth
    return { depth: String(depth), value: exact(type.of, node['value'], `${at}.value`) }
  })
  return nodes.length > 0 ? nodes : refuse(path, 'a tree of at least one node', json)
}

/** A value for a person to read; what `exactForm` reads back. */
export function naturalForm(type: Type, value: Value): Json {
  switch (type.kind) {
    case 'int':
      return value as number
    case 'list':
      return (value as Value[]).map((item) => naturalForm(type.of, item))
    case 'record':
      return Object.fromEntries(Object.entries(type.fields).map(([name, of]) => [name, naturalForm(of, (value as RecordValue)[name]!)]))
    case 'option':
      return value === null ? null : naturalSome(type.of, (value as SomeValue).some)
    case 'variant': {
      const { tag, value: content } = value as VariantValue
      return isEmpty(type.cases[tag]!) ? tag : { tag, value: naturalForm(type.cases[tag]!, content) }
    }
    case 'map':
      return [...(value as MapValue)].map(([key, item]) => ({ key: naturalForm(type.keys, key), value: naturalForm(type.of, item) }))
    case 'tree':
      return naturalTree(type.of, toJson(type, value) as Array<{ depth: string; value: Json }>)
    default:
      return toJson(type, value)
  }
}

function naturalTree(of: Type, nodes: Array<{ depth: string; value: Json }>): Json {
  return nodes.map(({ depth, value }) => {
    const read = fromJson(of, value)
    if (!read.ok) throw new Error('what toJson wrote fromJson reads')
    return { depth: Number(depth), value: naturalForm(of, read.value) }
  })
}

/** An option in an option, or a record that looks like one, keeps its wrapping: else it could not be told from nothing. */
const naturalSome = (type: Type, content: Value): Json =>
  type.kind === 'option' || (type.kind === 'record' && has(type.fields, 'some'))
    ? { some: naturalForm(type, content) }
    : naturalForm(type, content)

/**
 * The arguments of a call in exact form, from natural ones; an option that is left out is none. A name of a slot that is no argument says which
 * of the caller's rows is written, and stays as it is.
 * @returns `program.argument` with `details.field`
 */
export function exactArguments(
  { request, slots }: Pick<Endpoint, 'request' | 'slots'>,
  given: Record<string, unknown>,
): Result<Record<string, Json>> {
  const made = emptyRecord<Json>()
  for (const [name, value] of Object.entries(given)) {
    if (Object.hasOwn(request, name)) continue
    if (!slots.some((slot) => slot.name === name))
      return fail(
        'program.argument',
        `There is no argument ${name.slice(0, 80)}; the endpoint takes ${sortedNames(request).join(', ') || 'none'}.`,
        {
          field: name,
        },
      )
    made[name] = value as Json
  }
  for (const name of sortedNames(request)) {
    const form = exactForm(request[name]!, own(given, name), name)
    if (!form.ok) return fail('program.argument', form.error.message, { field: name })
    made[name] = form.value
  }
  return ok(made)
}
