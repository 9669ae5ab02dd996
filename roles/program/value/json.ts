import { fromBase64, toBase64 } from './base64.ts'
import type { Json, Type } from '../document.ts'
import { compareValues, emptyRecord, newRecord, preorder, sortedNames, treeOf } from './measure.ts'
import { fail, ok } from '../result.ts'
import type { Result } from '../result.ts'
import type { MapValue, RecordValue, SomeValue, TreeValue, Value, VariantValue } from './value.ts'
import { rangeWords } from './words.ts'
import { own } from './measure.ts'

/** The JSON form of a value that fits its type. */
export function toJson(type: Type, value: Value): Json {
  switch (type.kind) {
    case 'int':
      return String(value)
    case 'text':
    case 'key':
    case 'bool':
      return value as string | boolean
    case 'bytes':
      return toBase64(value as Uint8Array)
    case 'list':
      return (value as Value[]).map((item) => toJson(type.of, item))
    case 'record':
      return recordToJson(type.fields, value as RecordValue)
    case 'variant':
      return { tag: (value as VariantValue).tag, value: toJson(type.cases[(value as VariantValue).tag]!, (value as VariantValue).value) }
    case 'option':
      return value === null ? null : { some: toJson(type.of, (value as SomeValue).some) }
    case 'map':
      return [...(value as MapValue)].map(([key, item]) => ({ key: toJson(type.keys, key), value: toJson(type.of, item) }))
    case 'tree':
      return preorder(value as TreeValue).map((entry) => ({ depth: String(entry.depth), value: toJson(type.of, entry.value) }))
    case 'zipper':
      throw new Error('a zipper never leaves its block')
  }
}

function recordToJson(fields: Record<string, Type>, value: RecordValue): Json {
  const json = emptyRecord<Json>()
  for (const name of sortedNames(fields)) json[name] = toJson(fields[name]!, value[name]!)
  return json
}

class Refusal extends Error {}

/** Unwinds to `fromJson`, which makes it a failure. */
function refuse(path: string, wanted: string): never {
  throw new Refusal(`${path === '' ? 'The value' : path} must be ${wanted}.`)
}

/**
 * Reads a value of a type from untrusted JSON. Exact: unknown or missing fields, numbers instead of decimal strings, unsorted maps
 * and anything over a bound are refused, so equal values have equal JSON.
 * @returns `program.value` naming the place
 */
export function fromJson(type: Type, json: unknown): Result<Value> {
  try {
    return ok(read(type, json, ''))
  } catch (error) {
    if (error instanceof Refusal) return fail('program.value', error.message)
    throw error
  }
}

function read(type: Type, json: unknown, path: string): Value {
  switch (type.kind) {
    case 'int':
      return readInt(type.min, type.max, json, path)
    case 'text':
      return readText(type.max, json, path)
    case 'key':
      return readKey(json, path)
    case 'bool':
      return typeof json === 'boolean' ? json : refuse(path, 'true or false')
    case 'bytes':
      return readBytes(type.max, json, path)
    case 'list':
      return readArray(type.max, json, path).map((item, i) => read(type.of, item, `${path}/${i}`))
    case 'record':
      return readRecord(type.fields, json, path)
    case 'variant':
      return readVariant(type.cases, json, path)
    case 'option':
      return json === null ? null : { some: read(type.of, exactly(json, ['some'], path)['some'], `${path}/some`) }
    case 'map':
      return readMap(type, json, path)
    case 'tree':
      return readTree(type, json, path)
    case 'zipper':
      return refuse(path, 'something else: a zipper has no JSON form')
  }
}

/** Decimal string without sign of zero or leading zeros, a safe integer. */
export function parseInteger(text: unknown): number | null {
  if (typeof text !== 'string' || !/^(0|-?[1-9][0-9]{0,15})$/.test(text)) return null
  return Number.isSafeInteger(Number(text)) ? Number(text) : null
}

function readInt(min: string | undefined, max: string | undefined, json: unknown, path: string): number {
  const value = parseInteger(json)
  if (value === null) return refuse(path, `a decimal string of an integer ${rangeWords(min, max)}`)
  if (!inRange(value, min, max)) return refuse(path, `an integer ${rangeWords(min, max)}, not ${value}`)
  return value
}

/** Whether an integer is inside the (inclusive) bounds of its type. */
export const inRange = (value: number, min: string | undefined, max: string | undefined): boolean =>
  (min === undefined || value >= Number(min)) && (max === undefined || value <= Number(max))

/** Code points of well-formed text. */
export function codePoints(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0xdc00 && unit <= 0xdfff) count--
  }
  return count
}

function readText(max: number, json: unknown, path: string): string {
  if (typeof json !== 'string' || json.length > 2 * max || !json.isWellFormed())
    return refuse(path, `well-formed text of at most ${max} characters`)
  return codePoints(json) <= max ? json : refuse(path, `at most ${max} characters`)
}

/** An address in text form, or empty for «no key». */
export const isKey = (value: unknown): value is string => typeof value === 'string' && /^[A-Za-z0-9]{0,100}$/.test(value)

const readKey = (json: unknown, path: string): string => (isKey(json) ? json : refuse(path, 'an address of at most 100 letters and digits'))

function readBytes(max: number, json: unknown, path: string): Uint8Array {
  if (typeof json !== 'string' || json.length > Math.ceil(max / 3) * 4) return refuse(path, `base64 of at most ${max} bytes`)
  const bytes = fromBase64(json)
  return bytes !== null && bytes.length <= max ? bytes : refuse(path, `padded base64 of at most ${max} bytes`)
}

const readArray = (max: number, json: unknown, path: string): unknown[] =>
  Array.isArray(json) && json.length <= max ? Array.from(json) : refuse(path, `a list of at most ${max} items`)

/** An object with exactly these own properties. */
function exactly(json: unknown, names: string[], path: string): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return refuse(path, `an object with ${names.join(', ')}`)
  const missing = names.find((name) => !Object.hasOwn(json, name))
  if (missing !== undefined) return refuse(`${path}/${missing}`, 'present')
  if (Object.keys(json).length === names.length) return json as Record<string, unknown>
  const extra = Object.keys(json).find((name) => !names.includes(name)) ?? ''
  return refuse(`${path}/${extra.slice(0, 80)}`, 'left out: it is not a field of this type')
}

function readRecord(fields: Record<string, Type>, json: unknown, path: string): RecordValue {
  const names = sortedNames(fields)
  const object = exactly(json, names, path)
  const record = newRecord()
  for (const name of names) record[name] = read(fields[name]!, own(object, name), `${path}/${name}`)
  return record
}

function readVariant(cases: Record<string, Type>, json: unknown, path: string): VariantValue {
  const { tag, value } = exactly(json, ['tag', 'value'], path)
  if (typeof tag !== 'string' || !Object.hasOwn(cases, tag)) return refuse(`${path}/tag`, `one of ${sortedNames(cases).join(', ')}`)
  return { tag, value: read(cases[tag]!, value, `${path}/value`) }
}

function readMap(type: Type & { kind: 'map' }, json: unknown, path: string): MapValue {
  const map = new Map<string | number | boolean, Value>()
  let last: Value | undefined
  for (const [i, entry] of readArray(type.max, json, path).entries()) {
    const { key, value } = exactly(entry, ['key', 'value'], `${path}/${i}`)
    const name = read(type.keys, key, `${path}/${i}/key`)
    if (last !== undefined && compareValues(type.keys, last, name) >= 0) refuse(`${path}/${i}/key`, 'greater than the key before')
    map.set(name as string, read(type.of, value, `${path}/${i}/value`))
    last = name
  }
  return map
}

function readTree(type: Type & { kind: 'tree' }, json: unknown, path: string): TreeValue {
  const nodes: Array<{ depth: number; value: Value }> = []
  for (const [i, entry] of readArray(type.max, json, path).entries()) {
    const { depth, value } = exactly(entry, ['depth', 'value'], `${path}/${i}`)
    const level = parseInteger(depth)
    if (level === null || level < (i === 0 ? 0 : 1) || level > (nodes.at(-1)?.depth ?? -1) + 1)
      return refuse(`${path}/${i}/depth`, 'at most one more than the node before, and 0 only first')
    nodes.push({ depth: level, value: read(type.of, value, `${path}/${i}/value`) })
  }
  return nodes.length > 0 ? treeOf(nodes) : refuse(path, 'a tree of at least one node')
}
