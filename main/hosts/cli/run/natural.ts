/**
 * Values as people write them in JSON: numbers for integers, an option's content or null, a case without content by its name, an
 * object for a map. What is in the exact form of the document already stays as it is.
 */
import {
  compareValues,
  fromJson,
  toJson,
  type Json,
  type MapValue,
  type RecordValue,
  type SomeValue,
  type Type,
  type Value,
  type VariantValue,
} from '../../../../roles/program/index.ts'
import { isEmpty } from '../explain/words.ts'

const isObject = (json: unknown): json is Record<string, unknown> => typeof json === 'object' && json !== null && !Array.isArray(json)

const has = (json: unknown, ...names: string[]): json is Record<string, unknown> =>
  isObject(json) && Object.keys(json).length === names.length && names.every((name) => Object.hasOwn(json, name))

/** The exact form of a value; what does not fit the type is left for `fromJson` to refuse. */
export function exactForm(type: Type, json: unknown): unknown {
  switch (type.kind) {
    case 'int':
      return Number.isSafeInteger(json) ? String(json) : json
    case 'list':
      return Array.isArray(json) ? json.map((item) => exactForm(type.of, item)) : json
    case 'record':
      return isObject(json) ? exactFields(type.fields, json) : json
    case 'option':
      return json === null ? null : { some: exactForm(type.of, has(json, 'some') ? json['some'] : json) }
    case 'variant':
      return exactVariant(type.cases, json)
    case 'map':
      return exactMap(type, json)
    case 'tree':
      return Array.isArray(json)
        ? json.map((node) =>
            has(node, 'depth', 'value') ? { depth: String(node['depth']), value: exactForm(type.of, node['value']) } : node,
          )
        : json
    default:
      return json
  }
}

const exactFields = (fields: Record<string, Type>, json: Record<string, unknown>): object =>
  Object.fromEntries(
    Object.entries(json).map(([name, value]) => [name, Object.hasOwn(fields, name) ? exactForm(fields[name]!, value) : value]),
  )

function exactVariant(cases: Record<string, Type>, json: unknown): unknown {
  if (typeof json === 'string') return Object.hasOwn(cases, json) && isEmpty(cases[json]!) ? { tag: json, value: {} } : json
  if (!has(json, 'tag', 'value') || typeof json['tag'] !== 'string' || !Object.hasOwn(cases, json['tag'])) return json
  return { tag: json['tag'], value: exactForm(cases[json['tag']]!, json['value']) }
}

/** The document's form wants entries in the order of their keys. */
function exactMap(type: Type & { kind: 'map' }, json: unknown): unknown {
  const written = isObject(json) ? Object.entries(json).map(([key, value]) => ({ key: keyFromName(type.keys, key), value })) : json
  if (!Array.isArray(written)) return json
  const entries = written.map((entry: unknown) =>
    has(entry, 'key', 'value') ? { key: exactForm(type.keys, entry['key']), value: exactForm(type.of, entry['value']) } : entry,
  )
  const keys = entries.map((entry) => (has(entry, 'key', 'value') ? fromJson(type.keys, entry['key']) : null))
  if (keys.some((key) => key === null || !key.ok)) return entries
  const valueAt = (i: number): Value => (keys[i] as { value: Value }).value
  return entries
    .map((entry, i) => ({ entry, key: valueAt(i) }))
    .sort((a, b) => compareValues(type.keys, a.key, b.key))
    .map(({ entry }) => entry)
}

const keyFromName = (type: Type, name: string): unknown =>
  type.kind === 'bool' && (name === 'true' || name === 'false') ? name === 'true' : name

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
      return toJson(type, value)
    default:
      return toJson(type, value)
  }
}

/** An option in an option, or a record that looks like one, keeps its wrapping: else it could not be told from nothing. */
const naturalSome = (type: Type, content: Value): Json =>
  type.kind === 'option' || (type.kind === 'record' && has(type.fields, 'some'))
    ? { some: naturalForm(type, content) }
    : naturalForm(type, content)
