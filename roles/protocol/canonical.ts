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

/** Canonical text. Throws on what JSON cannot carry (undefined, NaN, lone surrogates, cycles): that is a bug of the caller. */
export function canonicalText(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('Only JSON values have a canonical form.')
  return text
}

/** Canonical UTF-8 bytes of a JSON value, see `canonicalText`. */
export const canonicalBytes = (value: unknown): Uint8Array => utf8(canonicalText(value))

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

function parseJson(text: string): Result<unknown> {
  try {
    return ok(JSON.parse(text))
  } catch {
    return fail('canonical.json', 'The bytes are not JSON. Ask the sender for the document again.')
  }
}

function isCanonical(text: string, value: unknown): boolean {
  try {
    return text === canonicalText(value)
  } catch {
    return false
  }
}

/**
 * Reads canonical JSON and nothing else: duplicate keys, spaces, other orders and other number forms are refused because the
 * value's canonical form would differ from the bytes.
 * Errors: `canonical.too-large`, `canonical.too-deep`, `bytes.utf8`, `canonical.json`, `canonical.value`, `canonical.form`.
 */
export function parseCanonical(bytes: Uint8Array, limits: ParseLimits): Result<Json> {
  if (bytes.length > limits.maxBytes)
    return fail('canonical.too-large', `The document has ${bytes.length} bytes; at most ${limits.maxBytes} are read.`)
  const text = parseUtf8(bytes)
  if (!text.ok) return text
  if (nestingOf(text.value) > limits.maxDepth)
    return fail('canonical.too-deep', `The document nests deeper than ${limits.maxDepth} levels.`)
  const parsed = parseJson(text.value)
  if (!parsed.ok) return parsed
  const found = offence(parsed.value, '$')
  if (found !== null) return fail('canonical.value', `In the document, ${found}. Send larger numbers as decimal strings.`)
  if (!isCanonical(text.value, parsed.value))
    return fail('canonical.form', 'The document is not in canonical form (RFC 8785). Encode it canonically and sign again.')
  return ok(parsed.value as Json)
}
