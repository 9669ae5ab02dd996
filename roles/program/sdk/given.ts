/**
 * What the SDK's functions are given, looked at where it is given: JavaScript, and TypeScript that goes around its types, give anything. A
 * refusal is a `BuildError` at the developer's line, in the words of the SDK.
 */
import type { Type } from '../document.ts'
import { NAME } from '../limits.ts'
import { BuildError } from './errors.ts'
import { nameOf } from './literal.ts'
import { noValue } from './members.ts'
import { isExpr, isList, isPlain, isValue } from './plain.ts'
import { exprCores } from './recorder.ts'

/** What was there, for messages. */
export const shown = (value: unknown): string => {
  if (value === null) return 'null'
  if (isValue(value)) return 'a Golem value'
  const beside = noValue(value)
  if (beside !== null) return beside
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40))
  return isList(value) ? 'a list' : isPlain(value) ? 'an object' : nameOf(value)
}

const refuse = (code: string, message: string): never => {
  throw new BuildError(code, message)
}

/**
 * An object with these properties only.
 * @param what in messages: «int()»
 * @param form of what is needed: «bounds { min, max }»
 */
export function objectOf(
  value: unknown,
  what: string,
  form: string,
  known: readonly string[],
  code = 'program.shape',
): Record<string, unknown> {
  if (!isPlain(value)) return refuse(code, `${what} takes ${form}, not ${shown(value)}.`)
  const unknown = Object.keys(value).find((name) => !known.includes(name))
  if (unknown !== undefined) refuse(code, `${what} has no ${unknown.slice(0, 80)}; it takes ${form}.`)
  return value
}

/** A whole number within limits. @param what «the limit of rows()» */
export function wholeOf(value: unknown, what: string, least: number, most: number, code = 'program.shape'): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value
  return refuse(code, `${what} is an integer from ${least} to ${most}, not ${shown(value)}.`)
}

/** A name of letters, digits and _. @param what «the name of a query» */
export function nameGiven(value: unknown, what: string): string {
  if (typeof value === 'string' && NAME.test(value)) return value
  return refuse('program.name', `${what} is a text of at most 64 letters, digits and _ that begins with a letter, not ${shown(value)}.`)
}

export function textOf(value: unknown, what: string): string {
  return typeof value === 'string' ? value : refuse('program.shape', `${what} is a text, not ${shown(value)}.`)
}

export function flagOf(value: unknown, what: string, code = 'program.shape'): boolean {
  return typeof value === 'boolean' ? value : refuse(code, `${what} is true or false, not ${shown(value)}.`)
}

const KINDS: ReadonlyArray<Type['kind']> = [
  ...(['int', 'text', 'bool', 'bytes', 'list', 'record', 'variant'] as const),
  ...(['option', 'map', 'tree', 'zipper', 'key'] as const),
]

/** The type that `int()`, `text(20)`, … declared. @param what «field a», «the items of list()» */
export function typeGiven(value: unknown, what: string): Type {
  if (typeof value === 'function') refuse('program.type', `${what} is a function, not a type; call it, as in int() or text(20).`)
  const type = isPlain(value) ? (value['type'] as Type | undefined) : undefined
  if (isPlain(type) && KINDS.includes(type.kind)) return type
  return refuse('program.type', `${what} needs a declared type, such as int() or text(20), not ${shown(value)}.`)
}

/** An object of declared types, each with a name. @param what «the fields of record()» @param one «the field» */
export function typesGiven(fields: unknown, what: string, one: string): Record<string, { type: Type }> {
  if (!isPlain(fields))
    return refuse('program.shape', `${what} are an object of declared types, such as { stars: int() }, not ${shown(fields)}.`)
  for (const [name, type] of Object.entries(fields)) {
    nameGiven(name, `the name of ${one}`)
    typeGiven(type, `${one} ${name}`)
  }
  return fields as Record<string, { type: Type }>
}

/** An object of the developer's, which is no value of the language. @param what «asRecord()» */
export const objectGiven = (value: unknown, what: string): Record<string, unknown> =>
  isPlain(value) ? value : refuse('program.literal', `${what} takes an object, not ${shown(value)}.`)

/** An object of opened values of one kind. */
export function valuesGiven(values: unknown, what: string, kind: Type['kind']): Record<string, unknown> {
  const given = objectGiven(values, what)
  for (const [name, value] of Object.entries(given)) {
    const core = isExpr(value) ? exprCores.get(value) : undefined
    if (core?.type.kind !== kind)
      refuse('program.type', `${what} takes opened values of type ${kind}; ${name.slice(0, 80)} is ${core?.type.kind ?? shown(value)}.`)
  }
  return given
}
