import type { BlockRun, Result, Value } from '../../../../roles/program/index.ts'

/** Where two values differ, or null. Zero and minus zero differ, and so do maps in another order; a stack of its own lets trees be deep. */
export function difference(one: unknown, other: unknown, name: string): string | null {
  const stack: Array<[a: unknown, b: unknown, path: string]> = [[one, other, name]]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const [a, b, path] = next
    if (Object.is(a, b)) continue
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return `${path}: ${show(a)} and ${show(b)}`
    const parts = [partsOf(a), partsOf(b)]
    if (parts[0]!.form !== parts[1]!.form) return `${path}: ${parts[0]!.form} and ${parts[1]!.form}`
    const near = path.length > 200 ? path : null
    parts[0]!.values.forEach((value, i) => stack.push([value, parts[1]!.values[i], near ?? `${path}/${i}`]))
  }
  return null
}

const show = (value: unknown): string =>
  typeof value === 'object' ? 'something' : Object.is(value, -0) ? '-0' : String(value).slice(0, 80)

/** The form says what has to be equal at once, the values are compared later. */
function partsOf(value: object): { form: string; values: unknown[] } {
  if (value instanceof Uint8Array) return { form: `bytes ${value.join()}`, values: [] }
  if (Array.isArray(value)) return { form: `list of ${value.length}`, values: value as Value[] }
  if (value instanceof Map) return { form: `map of ${value.size}`, values: [...value].flat(1) }
  const names = Object.keys(value).sort()
  return { form: `object with ${names.join()}`, values: names.map((name) => (value as Record<string, unknown>)[name]) }
}

/** How two runs of a block differ, errors with their messages, steps and bytes included; null when they are the same. */
export function runDifference(one: Result<BlockRun>, other: Result<BlockRun>): string | null {
  if (one.ok !== other.ok) return `${outcome(one)} and ${outcome(other)}`
  return difference(one.ok ? one.value : one.error, other.ok ? other.value : other.error, 'run')
}

const outcome = (run: Result<BlockRun>): string => (run.ok ? 'success' : `${run.error.code} (${run.error.message})`)
