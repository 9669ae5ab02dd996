/** Reading JSON that came out of a sealed value: authentic, but made by a stranger. */
import { nestingOf } from '../protocol/canonical.ts'

export const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Deeper than any value of a program. */
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
