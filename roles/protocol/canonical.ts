/**
 * Canonical JSON (RFC 8785): one byte string per value, so that a hash or signature of a document is a hash of its meaning.
 * Golem's documents use the subset whose numbers are safe integers; larger ones travel as decimal strings.
 */
import canonicalize from 'canonicalize'
import type { Json } from '../program/document.ts'
import { parseUtf8, utf8 } from './bytes.ts'
import { fail, ok, type Result } from './result.ts'

export type { Json } from '../program/document.ts'

export interface ParseLimits {
  maxBytes: number
  /** Deepest nesting of arrays and objects; a bare string has depth 0. */
  maxDepth: number
}

/**
 * Canonical text. Throws on what JSON cannot carry (undefined, NaN, lone surrogates, cycles): that is a bug of the caller.
 * RFC 8785 takes numbers and strings from ECMAScript, so of a value whose names are in order the engine's own JSON is canonical already, and made in half the
 * time; whatever is not plain is the library's.
 */
export function canonicalText(value: unknown): string {
  const plain = ordered(value, 0)
  const quick = plain === DIFFICULT ? undefined : JSON.stringify(plain)
  // Lone surrogates, or what looks like their escapes.
  if (quick !== undefined && !quick.includes('\\ud')) return quick
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('Only JSON values have a canonical form.')
  return text
}

/** Canonical UTF-8 bytes of a JSON value, see `canonicalText`. */
export const canonicalBytes = (value: unknown): Uint8Array => utf8(canonicalText(value))

const DIFFICULT = Symbol('left to the library')
/** The library does not recurse. */
const MAX_ORDERED = 500

/** The value with the names of its objects in order, copied only where they are not; `DIFFICULT` for what is no plain JSON. */
function ordered(value: unknown, depth: number): unknown {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : DIFFICULT
  if (typeof value !== 'object' || depth > MAX_ORDERED) return DIFFICULT
  const prototype: unknown = Object.getPrototypeOf(value)
  if (Array.isArray(value)) return prototype === Array.prototype ? orderedList(value, depth) : DIFFICULT
  return prototype === Object.prototype || prototype === null ? orderedRecord(value as Record<string, unknown>, depth) : DIFFICULT
}

function orderedList(list: readonly unknown[], depth: number): unknown {
  let copy: unknown[] | null = null
  for (let i = 0; i < list.length; i++) {
    const item = ordered(list[i], depth + 1)
    if (item === DIFFICULT) return DIFFICULT
    if (copy === null && item !== list[i]) copy = list.slice(0, i)
    copy?.push(item)
  }
  return Object.hasOwn(list, 'toJSON') ? DIFFICULT : (copy ?? list)
}

/** The engine puts names that are numbers before all others. */
const isDifficult = (name: string): boolean =>
  name === '__proto__' || name === 'toJSON' || (name.charCodeAt(0) >= 0x30 && name.charCodeAt(0) <= 0x39)

function orderedRecord(record: Record<string, unknown>, depth: number): unknown {
  const names = Object.keys(record)
  let isSame = true
  for (let i = 1; i < names.length && isSame; i++) isSame = names[i - 1]! < names[i]!
  if (!isSame) names.sort()
  const members: unknown[] = []
  for (const name of names) {
    // eslint-disable-next-line golem/own-lookups -- one of its own
    const part = record[name]
    const member = isDifficult(name) ? DIFFICULT : ordered(part, depth + 1)
    if (member === DIFFICULT) return DIFFICULT
    isSame &&= member === part
    members.push(member)
  }
  if (isSame) return record
  const copy: Record<string, unknown> = {}
  for (const [i, name] of names.entries()) copy[name] = members[i]
  return copy
}

/** Deepest nesting in JSON text, found before anything is built from it. */
export function nestingOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit === 0x22) i = closingQuote(text, i)
    else if (unit === 0x5b || unit === 0x7b) deepest = Math.max(deepest, ++depth)
    else if (unit === 0x5d || unit === 0x7d) depth--
  }
  return deepest
}

/** Where the string that begins at `opening` ends. Most of a message are long strings: the engine finds their ends faster than a loop over characters. */
export function closingQuote(text: string, opening: number): number {
  for (let end = text.indexOf('"', opening + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end
    while (text.charCodeAt(before - 1) === 0x5c) before--
    if ((end - before) % 2 === 0) return end
  }
  return text.length
}

/** First offence of a parsed value against Golem's subset, with the path of the field, or null. */
function offence(value: unknown, path: string): string | null {
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? null : `${path} is not an integer from ${Number.MIN_SAFE_INTEGER} to ${Number.MAX_SAFE_INTEGER}`
  if (value === null || typeof value !== 'object') return null
  for (const key of Object.keys(value)) {
    // Copying such a field would set a prototype instead of a property.
    if (key === '__proto__') return `${path} has a field named __proto__`
    // eslint-disable-next-line golem/own-lookups -- one of its own
    const found = offence((value as Record<string, unknown>)[key], Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`)
    if (found !== null) return found
  }
  return null
}

/** What JSON text says; undefined for text that is none. */
export function tryJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** Deeper than any value of a program. */
export const VALUE_DEPTH = 100

/** A value of an application as a stranger wrote it, in any form of JSON; undefined for what is none, or nests too deep. */
export const valueInText = (text: string): Json | undefined => (nestingOf(text) > VALUE_DEPTH ? undefined : tryJson(text))

/** The same of bytes. */
export function valueIn(bytes: Uint8Array): Json | undefined {
  const text = parseUtf8(bytes)
  return text.ok ? valueInText(text.value) : undefined
}

/** The canonical form, or null for what has none. */
function canonicalOrNull(value: unknown): string | null {
  try {
    return canonicalText(value)
  } catch {
    return null
  }
}

/** A value, and its canonical text. */
export interface CanonicalValue {
  json: Json
  text: string
}

function parseText(bytes: Uint8Array, limits: ParseLimits): Result<{ json: unknown; text: string }> {
  if (bytes.length > limits.maxBytes)
    return fail('canonical.too-large', `The document has ${bytes.length} bytes; at most ${limits.maxBytes} are read.`)
  const text = parseUtf8(bytes)
  if (!text.ok) return text
  if (nestingOf(text.value) > limits.maxDepth)
    return fail('canonical.too-deep', `The document nests deeper than ${limits.maxDepth} levels.`)
  const json = tryJson(text.value)
  if (json === undefined) return fail('canonical.json', 'The bytes are not JSON. Ask the sender for the document again.')
  const found = offence(json, '$')
  if (found !== null) return fail('canonical.value', `In the document, ${found}. Send larger numbers as decimal strings.`)
  return ok({ json, text: text.value })
}

/** Whether a text is the canonical form of the value that was parsed from it; nesting is bounded by the caller. */
export const isCanonicalPart = (json: Json, text: string): boolean => offence(json, '$') === null && text === canonicalOrNull(json)

const otherForm = fail('canonical.form', 'The document is not in canonical form (RFC 8785). Encode it canonically and sign again.')

/**
 * Reads canonical JSON and nothing else: duplicate keys, spaces, other orders and other number forms are refused because the
 * value's canonical form would differ from the bytes.
 * Errors: `canonical.too-large`, `canonical.too-deep`, `bytes.utf8`, `canonical.json`, `canonical.value`, `canonical.form`.
 */
export function parseCanonical(bytes: Uint8Array, limits: ParseLimits): Result<Json> {
  const read = readCanonical(bytes, limits)
  return read.ok ? ok(read.value.json) : read
}

/** The same with its text. */
export function readCanonical(bytes: Uint8Array, limits: ParseLimits): Result<CanonicalValue> {
  const parsed = parseText(bytes, limits)
  if (!parsed.ok) return parsed
  const { json, text } = parsed.value
  return text === canonicalOrNull(json) ? ok({ json: json as Json, text }) : otherForm
}

/** The same of a list, item by item, so that the canonical form of each is made once; null for what is no list. */
export function readCanonicalList(bytes: Uint8Array, limits: ParseLimits): Result<CanonicalValue[] | null> {
  const parsed = parseText(bytes, limits)
  if (!parsed.ok) return parsed
  const { json, text } = parsed.value
  if (!Array.isArray(json)) return text === canonicalOrNull(json) ? ok(null) : otherForm
  const items = (json as Json[]).map((item) => ({ json: item, text: canonicalOrNull(item) }))
  return text === `[${items.map((item) => item.text).join(',')}]` ? ok(items as CanonicalValue[]) : otherForm
}
