import { LIMITS } from '../../limits.ts'
import { codePoints } from '../../value/json.ts'
import { compareText, utf8Length } from '../../value/measure.ts'
import { toUtf8 } from '../../value/utf8.ts'
import type { Meter } from '../meter.ts'
import { boundItems, boundLength, BYTES, optionOf } from './operation.ts'

const UNITS = 2 * LIMITS.text

/** Counts a new text of so many UTF-16 units. */
function makes(meter: Meter, units: number): void {
  boundLength(units, UNITS, 'text')
  meter.grow(BYTES.unit * units)
}

/** Reads texts: costs their lengths. */
const reading =
  <T extends number | boolean>(calculate: (a: string, b: string) => T) =>
  (meter: Meter, a: string, b = ''): T => {
    meter.step(a.length + b.length)
    return calculate(a, b)
  }

/** What a search may cost: engines compare the whole part at every place where the worst text makes them. */
const searching = (meter: Meter, a: string, part: string): void =>
  meter.step(a.length + part.length + Math.floor((a.length * part.length) / 16))

/** Makes a text no longer than its argument. */
const shortening =
  (calculate: (a: string) => string) =>
  (meter: Meter, a: string): string => {
    meter.step(a.length)
    meter.grow(BYTES.unit * a.length)
    return calculate(a)
  }

function concat(meter: Meter, a: string, b: string): string {
  meter.step(a.length + b.length)
  makes(meter, a.length + b.length)
  return a + b
}

/** Code points [from, to), both limited to the text. */
function slice(meter: Meter, source: string, first: number, last: number): string {
  meter.step(source.length)
  meter.grow(BYTES.unit * source.length)
  const from = offsetOf(source, first)
  return source.slice(from, Math.max(from, offsetOf(source, last)))
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

/** Of letters beyond ASCII engines know different versions. */
const isAscii = (source: string): boolean => /^[\0-\x7f]*$/.test(source)
const lower = (source: string): string =>
  isAscii(source) ? source.toLowerCase() : source.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
const upper = (source: string): string =>
  isAscii(source) ? source.toUpperCase() : source.replace(/[a-z]+/g, (letters) => letters.toUpperCase())

function contains(meter: Meter, a: string, part: string): boolean {
  searching(meter, a, part)
  return a.includes(part)
}

/** Code point position of the first match. */
function find(meter: Meter, a: string, part: string) {
  searching(meter, a, part)
  const at = a.indexOf(part)
  return optionOf(meter, at < 0 ? null : codePoints(a.slice(0, at)))
}

function split(meter: Meter, a: string, separator: string): string[] {
  searching(meter, a, separator)
  const parts = separator === '' ? Array.from(a) : a.split(separator)
  boundItems(parts.length, 'list')
  meter.grow(BYTES.item * parts.length + BYTES.unit * a.length)
  return parts
}

function join(meter: Meter, parts: string[], separator: string): string {
  let units = separator.length * Math.max(0, parts.length - 1)
  for (const part of parts) units += part.length
  meter.step(units + parts.length)
  makes(meter, units)
  return parts.join(separator)
}

function replace(meter: Meter, a: string, part: string, by: string): string {
  searching(meter, a, part)
  if (part === '') return a
  const pieces = a.split(part)
  const units = a.length + (pieces.length - 1) * (by.length - part.length)
  meter.step(units)
  makes(meter, units)
  return pieces.join(by)
}

function bytes(meter: Meter, a: string): Uint8Array {
  meter.step(a.length)
  const length = utf8Length(a)
  boundLength(length, LIMITS.text, 'byte sequence')
  meter.grow(length)
  return toUtf8(a, length)
}

export const TEXT = {
  'text.length': reading((a) => codePoints(a)),
  'text.less': reading((a, b) => compareText(a, b) < 0),
  'text.starts': reading((a, b) => a.startsWith(b)),
  'text.ends': reading((a, b) => a.endsWith(b)),
  'text.contains': contains,
  'text.find': find,
  'text.concat': concat,
  'text.lower': shortening(lower),
  'text.upper': shortening(upper),
  'text.trim': shortening(trim),
  'text.slice': slice,
  'text.replace': replace,
  'text.split': split,
  'text.join': join,
  'text.bytes': bytes,
}
