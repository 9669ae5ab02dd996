import type { Primitive } from '../../document.ts'
import { LIMITS } from '../../limits.ts'
import { add, countOf, digits, divide, itemsOf, multiply, partsIn, remainder, subtract } from '../../value/interval.ts'
import type { Interval } from '../../value/interval.ts'
import { ANY_INT, BOOL, cap, integer, integers, listOf, optionOf, textOf, UNITS } from './bound.ts'
import type { Bound } from './bound.ts'
import { charge } from './charge.ts'
import type { Charge } from './charge.ts'
import { utf8Of } from './measure.ts'

/** What an operation charges at most, and how large what it makes can be. Charges are those of `evaluate/primitives`, in the same order. */
export interface Made {
  value: Bound
  charge: Charge
  /** Of an operation over all items the part of `charge` that is due once, and for every item. */
  parts?: { once: Charge; item: Charge }
}

export type Rule = (...args: Bound[]) => Made

/** Of some primitives: `RULES` of estimate.ts has all. */
export type Rules = Partial<Record<Primitive, Rule>>

type Of<K extends Bound['kind']> = Bound & { kind: K }

/** A rule for arguments of these kinds, which the checker has seen to. */
export const rule =
  <A extends Bound[]>(make: (...args: A) => Made): Rule =>
  (...args) =>
    make(...(args as A))

export const made = (value: Bound, size: number, bytes = 0): Made => ({ value, charge: charge(size, bytes) })

type Int = Of<'int'>

const calculated = (calculate: (a: Interval, b: Interval) => Interval): Rule =>
  rule<[Int, Int]>((a, b) => made(integers(calculate(a, b)), 0))

/** A division by nothing but zero makes nothing: the call stops. */
const quotients = (a: Interval, b: Interval): Interval => divide(a, b) ?? { least: 0, most: 0 }

function range(from: Int, to: Int): Made {
  const count = cap(countOf(from, to), LIMITS.items)
  return made(listOf(count, count === 0 ? null : integers(itemsOf(from, to))), count, 8 * count)
}

const INT = {
  'int.add': calculated(add),
  'int.subtract': calculated(subtract),
  'int.multiply': calculated(multiply),
  'int.divide': calculated(quotients),
  'int.remainder': calculated(remainder),
  'int.less': rule<[Int, Int]>(() => made(BOOL, 0)),
  'int.text': rule<[Int]>((a) => made(textOf(digits(a), digits(a), 1), 0, 40)),
  'int.parse': rule<[Of<'text'>]>((a) => made(optionOf(ANY_INT), a.units, 8)),
  'int.range': rule(range),
} satisfies Rules

type Text = Of<'text'>

const reads = (value: (a: Text) => Bound): Rule => rule<[Text, Text]>((a, b) => made(value(a), a.units + (b?.units ?? 0)))
const searching = (a: Text, part: Text): number => a.units + part.units + Math.floor((a.units * part.units) / 16)
const shortening = rule<[Text]>((a) => made(textOf(a.points, a.units), a.units, 2 * a.units))

function concat(a: Text, b: Text): Made {
  const units = cap(a.units + b.units, UNITS)
  return made(textOf(a.points + b.points, units, a.least + b.least), units, 2 * units)
}

function slice(a: Text, from: Int, to: Int): Made {
  const points = partsIn(a.points, from, to)
  return made(textOf(points, Math.min(a.units, 2 * points)), a.units, 2 * a.units)
}

/** Most grows when every shortest match is replaced by the longest text. */
function replace(a: Text, part: Text, by: Text): Made {
  const matches = part.units === 0 ? 0 : Math.floor(a.units / Math.max(1, part.least))
  const units = cap(a.units + matches * Math.max(0, by.units - Math.max(1, part.least)), UNITS)
  const read = charge(searching(a, part))
  const put = charge(units, 2 * units)
  return { value: textOf(a.points + matches * by.points, units), charge: { steps: cap(read.steps + put.steps), bytes: put.bytes } }
}

function split(a: Text, separator: Text): Made {
  const apart = separator.units === 0 ? 0 : Math.floor(a.units / Math.max(1, separator.least)) + 1
  const count = cap(Math.max(apart, separator.least === 0 ? a.points : 0), LIMITS.items)
  const item = separator.units === 0 ? textOf(1, 2) : textOf(a.points, a.units)
  return made(listOf(count, item), searching(a, separator), 8 * count + 2 * a.units)
}

function joined(parts: Of<'list'>, separator: Text): Made {
  const item = parts.of?.kind === 'text' ? parts.of : { points: 0, units: 0 }
  const between = Math.max(0, parts.length - 1)
  const units = cap(parts.length * item.units + between * separator.units, UNITS)
  return made(textOf(parts.length * item.points + between * separator.points, units), units + parts.length, 2 * units)
}

function utf8(a: Text): Made {
  const length = cap(utf8Of(a), LIMITS.text)
  return made({ kind: 'bytes', length }, a.units, length)
}

const TEXT = {
  'text.length': reads((a) => integer(0, a.points)),
  'text.less': reads(() => BOOL),
  'text.starts': reads(() => BOOL),
  'text.ends': reads(() => BOOL),
  'text.contains': rule<[Text, Text]>((a, part) => made(BOOL, searching(a, part))),
  'text.find': rule<[Text, Text]>((a, part) => made(optionOf(integer(0, a.points)), searching(a, part), 8)),
  'text.concat': rule(concat),
  'text.lower': shortening,
  'text.upper': shortening,
  'text.trim': shortening,
  'text.slice': rule(slice),
  'text.replace': rule(replace),
  'text.split': rule(split),
  'text.join': rule(joined),
  'text.bytes': rule(utf8),
} satisfies Rules

type Bytes = Of<'bytes'>
const bytesOf = (length: number): Bound => ({ kind: 'bytes', length: cap(length, LIMITS.text) })

function joinBytes(a: Bytes, b: Bytes): Made {
  const length = cap(a.length + b.length, LIMITS.text)
  return made(bytesOf(length), length, length)
}

function sliceBytes(a: Bytes, from: Int, to: Int): Made {
  const length = partsIn(a.length, from, to)
  return made(bytesOf(length), length, length)
}

function hex(a: Bytes): Made {
  const units = cap(2 * a.length, LIMITS.text)
  return made(textOf(units, units), units, 2 * units)
}

/** Hex is ASCII: as many code points as units. */
function parse(a: Text): Made {
  const length = Math.floor(a.points / 2)
  return made(optionOf(bytesOf(length)), a.units, length + 8)
}

const BYTES = {
  'bytes.length': rule<[Bytes]>((a) => made(integer(0, a.length), 0)),
  'bytes.at': rule<[Bytes, Int]>((a, at) => made(optionOf(a.length > 0 && at.most >= 0 ? integer(0, 255) : null), 0, 8)),
  'bytes.concat': rule(joinBytes),
  'bytes.slice': rule(sliceBytes),
  'bytes.less': rule<[Bytes, Bytes]>((a, b) => made(BOOL, Math.min(a.length, b.length))),
  'bytes.sha256': rule<[Bytes]>((a) => made(bytesOf(32), 4 * (a.length + 64), 32)),
  'bytes.hex': rule(hex),
  'bytes.parse': rule(parse),
  'bytes.text': rule<[Bytes]>((a) => made(optionOf(textOf(a.length, a.length)), a.length, 2 * a.length + 8)),
} satisfies Rules

export const SCALARS = { ...INT, ...TEXT, ...BYTES } satisfies Rules
