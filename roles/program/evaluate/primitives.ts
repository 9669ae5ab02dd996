import type { Primitive } from '../document.ts'
import { codePoints } from '../value/json.ts'
import { LIMITS } from '../limits.ts'
import { compareText } from '../value/measure.ts'
import { Stop } from './meter.ts'
import type { Meter } from './meter.ts'
import type { Value } from '../value/value.ts'

type Operation = (meter: Meter, args: Value[]) => Value

const integers =
  (calculate: (a: number, b: number) => number): Operation =>
  (meter, args) => {
    meter.step(0)
    return checked(calculate(args[0] as number, args[1] as number))
  }

/** Adding 0 turns −0 into 0. A product or sum beyond 2^53 stays beyond it when rounded, so the test is exact. */
function checked(result: number): number {
  if (!Number.isSafeInteger(result))
    throw new Stop('program.overflow', 'An integer left the safe range (±9007199254740991); nothing is written.')
  return result + 0
}

function divide(a: number, b: number): number {
  if (b === 0) throw new Stop('program.divide', 'An integer was divided by zero; nothing is written.')
  const rest = a % b
  return (a - rest) / b - (rest !== 0 && rest < 0 !== b < 0 ? 1 : 0)
}

/** Remainder with the sign of the divisor. */
function modulo(a: number, b: number): number {
  if (b === 0) throw new Stop('program.divide', 'An integer was divided by zero; nothing is written.')
  const rest = a % b
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest
}

const text = (value: Value | undefined): string => value as string
const list = (value: Value | undefined): Value[] => value as Value[]

/** Reads texts: costs their lengths. */
const reading =
  <T extends Value>(calculate: (a: string, b: string) => T): Operation =>
  (meter, args) => {
    meter.step(text(args[0]).length + (typeof args[1] === 'string' ? args[1].length : 0))
    return calculate(text(args[0]), text(args[1]))
  }

/** Makes a text no longer than its first argument. */
const shortening =
  (calculate: (a: string) => string): Operation =>
  (meter, args) => {
    meter.step(text(args[0]).length)
    meter.grow(2 * text(args[0]).length)
    return calculate(text(args[0]))
  }

function concatenate(meter: Meter, args: Value[]): Value {
  const length = text(args[0]).length + text(args[1]).length
  meter.step(length)
  meter.grow(2 * length)
  if (length > 2 * LIMITS.text)
    throw new Stop('program.bound', `A text would have more than ${LIMITS.text} characters; nothing is written.`)
  return text(args[0]) + text(args[1])
}

/** Code points [from, to), both limited to the text. */
function slice(meter: Meter, args: Value[]): Value {
  const source = text(args[0])
  meter.step(source.length)
  meter.grow(2 * source.length)
  const from = offsetOf(source, args[1] as number)
  return source.slice(from, Math.max(from, offsetOf(source, args[2] as number)))
}

function offsetOf(source: string, points: number): number {
  let offset = 0
  for (let left = points; left > 0 && offset < source.length; left--) offset += source.codePointAt(offset)! > 0xffff ? 2 : 1
  return offset
}

/** ASCII white space only: what Unicode calls white space changes between versions. */
function trim(source: string): string {
  let from = 0
  let to = source.length
  while (from < to && isSpace(source.charCodeAt(from))) from++
  while (to > from && isSpace(source.charCodeAt(to - 1))) to--
  return source.slice(from, to)
}

const isSpace = (unit: number): boolean => unit === 32 || (unit >= 9 && unit <= 13)

const lower = (source: string): string => source.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

/** Equality of scalars; the checker admits no other. */
export function sameScalar(meter: Meter, a: Value, b: Value): boolean {
  meter.step(typeof a === 'string' || a instanceof Uint8Array ? a.length : 0)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return a.length === b.length && a.every((byte, i) => byte === b[i])
  return a === b
}

function take(meter: Meter, args: Value[]): Value {
  const count = Math.max(0, Math.min(list(args[0]).length, args[1] as number))
  meter.step(count)
  meter.grow(8 * count)
  return list(args[0]).slice(0, count)
}

function join(meter: Meter, args: Value[]): Value {
  const count = list(args[0]).length + list(args[1]).length
  meter.step(count)
  meter.grow(8 * count)
  if (count > LIMITS.items) throw new Stop('program.bound', `A list would have more than ${LIMITS.items} items; nothing is written.`)
  return [...list(args[0]), ...list(args[1])]
}

const counting =
  (count: (value: Value) => number, cost: (value: Value) => number): Operation =>
  (meter, args) => {
    meter.step(cost(args[0]!))
    return count(args[0]!)
  }

/** Every strict primitive; `and` and `or` are lazy and live in the evaluator. */
export const PRIMITIVES: Record<Exclude<Primitive, 'and' | 'or'>, Operation> = {
  'int.add': integers((a, b) => a + b),
  'int.subtract': integers((a, b) => a - b),
  'int.multiply': integers((a, b) => a * b),
  'int.divide': integers(divide),
  'int.remainder': integers(modulo),
  'int.less': (meter, args) => (meter.step(0), (args[0] as number) < (args[1] as number)),
  'int.text': (meter, args) => (meter.step(0), meter.grow(40), String(args[0])),
  equal: (meter, args) => sameScalar(meter, args[0]!, args[1]!),
  not: (meter, args) => (meter.step(0), !args[0]),
  'text.length': reading((a) => codePoints(a)),
  'text.contains': reading((a, b) => a.includes(b)),
  'text.concat': concatenate,
  'text.lower': shortening(lower),
  'text.trim': shortening(trim),
  'text.slice': slice,
  'text.less': reading((a, b) => compareText(a, b) < 0),
  'list.length': counting(
    (value) => list(value).length,
    () => 0,
  ),
  'list.contains': (meter, args) => (meter.step(0), list(args[0]).some((item) => sameScalar(meter, item, args[1]!))),
  'list.take': take,
  'list.concat': join,
  'bytes.length': counting(
    (value) => (value as Uint8Array).length,
    () => 0,
  ),
}
