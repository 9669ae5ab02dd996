/** Reading messages that came out of a sealed box: authentic, but made by a stranger. */
import { type z } from 'zod'
import { parseUtf8 } from '../protocol/bytes.ts'
import { nestingOf } from '../protocol/canonical.ts'
import { checkSchema } from '../protocol/documents/index.ts'
import { hasMoreParts } from '../protocol/requests/index.ts'
import { fail, type Result } from '../protocol/result.ts'

export const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Parses and checks a message. Its canonical form is not asked for: nothing signs the message as a whole, and what is signed inside is
 * hashed again from its fields.
 * @param maxParts commas that it may have: a schema looks at every part of what a stranger sent, even where the first of them is wrong
 * Errors: `bytes.utf8`, `<what>.json`, `<what>.schema`.
 */
export function readMessage<S extends z.ZodType>(what: string, schema: S, bytes: Uint8Array, maxParts = Infinity): Result<z.infer<S>> {
  const text = parseUtf8(bytes)
  if (!text.ok) return text
  if (hasMoreParts(text.value, maxParts))
    return fail(`${what}.schema`, `The ${what} has more than ${maxParts} parts. Ask for less in one request.`)
  const json = parseJson(text.value)
  return json === undefined ? fail(`${what}.json`, `The ${what} is not JSON. Send it again.`) : checkSchema(what, schema, json)
}

/** Deeper than any value of a program; schemas are checked recursively. */
const MAX_DEPTH = 100

/** Undefined for what is not JSON, or nests too deep. */
export function parseJson(text: string): unknown {
  if (nestingOf(text) > MAX_DEPTH) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
