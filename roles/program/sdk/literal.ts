import type { Type } from '../document.ts'
import { LIMITS, NAME } from '../limits.ts'
import { newRecord, own, sortedNames } from '../value/measure.ts'
import { joinTypes } from '../value/type-bounds.ts'
import type { Value } from '../value/value.ts'
import { rangeWords } from '../value/words.ts'
import { BuildError } from './errors.ts'
import { insteadOf, noValue } from './members.ts'
import { isList, isPlain, isValue } from './plain.ts'
import { sameKind } from './shape.ts'

/** A literal of the developer's JavaScript. */
export interface Literal {
  type: Type
  value: Value
}

/**
 * JavaScript's numbers, texts, booleans, bytes, lists and objects of these as a value of the language.
 * @param wanted type for literals that have none of their own (empty lists, null)
 * @returns null where an opened or sealed value is among the parts
 */
export function literalOf(value: unknown, wanted: Type | null): Literal | null {
  if (isValue(value)) return null
  if (typeof value === 'number' || typeof value === 'bigint') return integer(value)
  if (typeof value === 'string') return textual(value, wanted)
  if (typeof value === 'boolean') return { type: { kind: 'bool' }, value }
  if (value instanceof Uint8Array) return { type: { kind: 'bytes', max: value.length }, value }
  if (isList(value)) return listed(value, wanted)
  if (value === null && wanted?.kind === 'option') return { type: wanted, value: null }
  if (isPlain(value)) return recorded(value, wanted)
  const beside = noValue(value)
  if (beside !== null) throw new BuildError('program.literal', `${beside} is no value; ${insteadOf(value)}`)
  throw new BuildError(
    'program.literal',
    `${nameOf(value)} is not a Golem value; use integers, texts, booleans, lists, objects of these, or opened values.`,
  )
}

/** What a JavaScript value is, for messages. */
export function nameOf(value: unknown): string {
  if (value === null) return 'null (no value is none(type))'
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object') return String(value)
  const beside = noValue(value)
  if (beside !== null) return `${beside}; ${insteadOf(value).replace(/\.$/, '')}`
  const name = (Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null)?.constructor?.name ?? 'Object'
  if (name === 'Array') return 'a list'
  if (name === 'Object') return isPlain(value) ? 'an object' : 'an object with a prototype of its own (which __proto__ gives)'
  return `a ${name}`
}

function integer(value: number | bigint): Literal {
  const number = Number(value) + 0
  if (!Number.isSafeInteger(number)) throw new BuildError('program.literal', `${value} is not an integer ${rangeWords()}.`)
  return { type: { kind: 'int', min: String(number), max: String(number) }, value: number }
}

function textual(value: string, wanted: Type | null): Literal {
  if (!value.isWellFormed()) throw new BuildError('program.literal', 'a text contains half of a surrogate pair.')
  return { type: wanted?.kind === 'key' ? wanted : { kind: 'text', max: [...value].length }, value }
}

function listed(values: unknown[], wanted: Type | null): Literal | null {
  const hint = wanted?.kind === 'list' ? wanted.of : null
  if (values.length > LIMITS.items) throw new BuildError('program.literal', `a list has at most ${LIMITS.items} items.`)
  const items = withHoles(values).map((value) => literalOf(value, hint))
  if (items.includes(null)) return null
  const of = itemType(
    items.map((item) => item!.type),
    hint,
  )
  return { type: { kind: 'list', of, max: items.length }, value: items.map((item) => item!.value) }
}

/** All items of a list of JavaScript's: `map` leaves out what was never set, `[a, , b]`, which here is undefined and no value. */
export const withHoles = (values: readonly unknown[]): unknown[] => [...values]

/** The type of the items of a list, which must be of one kind. */
export function itemType(types: Type[], hint: Type | null): Type {
  const of = types[0] ?? hint
  if (of === null) throw new BuildError('program.literal', 'an empty list needs a type; use emptyList(type).')
  return types.reduce((all, type) => {
    sameKind('program.literal', 'the items of a list', all, type)
    return joinTypes(all, type)
  }, of)
}

/** Names of an object that is to be a record, in order. */
export function fieldNames(value: object): string[] {
  const hidden = Object.getOwnPropertySymbols(value).find((symbol) => Object.prototype.propertyIsEnumerable.call(value, symbol))
  if (hidden !== undefined) throw new BuildError('program.name', `the name of a field is a text, not ${String(hidden)}.`)
  const names = sortedNames(value)
  const wrong = names.find((name) => !NAME.test(name))
  if (wrong === undefined) return names
  const advice = wrong.startsWith('$') ? `; give it another name, as in { ${wrong.slice(1, 40)}: … }` : ''
  throw new BuildError(
    'program.name',
    `the name of a field is at most 64 letters, digits and _ and begins with a letter; ${JSON.stringify(wrong.slice(0, 40))} is none${advice}.`,
  )
}

function recorded(value: Record<string, unknown>, wanted: Type | null): Literal | null {
  const made = newRecord()
  const fields: Record<string, Type> = {}
  for (const name of fieldNames(value)) {
    const field = literalOf(own(value, name), wanted?.kind === 'record' ? (own(wanted.fields, name) ?? null) : null)
    if (field === null) return null
    made[name] = field.value
    fields[name] = field.type
  }
  return { type: { kind: 'record', fields }, value: made }
}
