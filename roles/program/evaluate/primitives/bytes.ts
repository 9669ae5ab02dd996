import { LIMITS } from '../../limits.ts'
import { compareBytes } from '../../value/measure.ts'
import { sha256 } from '../../value/sha256.ts'
import { fromUtf8 } from '../../value/utf8.ts'
import type { Meter } from '../meter.ts'
import { boundLength, BYTES, optionOf } from './operation.ts'

/** Steps of hashing are counted as if it read this many times as much. */
const HASHING = 4

function concat(meter: Meter, a: Uint8Array, b: Uint8Array): Uint8Array {
  const length = a.length + b.length
  boundLength(length, LIMITS.text, 'byte sequence')
  meter.step(length)
  meter.grow(length)
  const joined = new Uint8Array(length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}

/** Bytes [from, to), both limited to the sequence. */
function slice(meter: Meter, a: Uint8Array, from: number, to: number): Uint8Array {
  const first = Math.min(a.length, Math.max(0, from))
  const last = Math.min(a.length, Math.max(first, to))
  meter.step(last - first)
  meter.grow(last - first)
  return a.slice(first, last)
}

function hex(meter: Meter, a: Uint8Array): string {
  boundLength(2 * a.length, LIMITS.text, 'text')
  meter.step(2 * a.length)
  meter.grow(2 * BYTES.unit * a.length)
  return Array.from(a, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function parse(meter: Meter, text: string) {
  meter.step(text.length)
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) return null
  meter.grow(text.length / 2)
  return optionOf(
    meter,
    Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)),
  )
}

function text(meter: Meter, a: Uint8Array) {
  meter.step(a.length)
  meter.grow(BYTES.unit * a.length)
  return optionOf(meter, fromUtf8(a))
}

export const BYTE = {
  'bytes.length': (meter: Meter, a: Uint8Array): number => (meter.step(0), a.length),
  'bytes.at': (meter: Meter, a: Uint8Array, at: number) => (meter.step(0), optionOf(meter, a[at] ?? null)),
  'bytes.concat': concat,
  'bytes.slice': slice,
  'bytes.less': (meter: Meter, a: Uint8Array, b: Uint8Array): boolean => (meter.step(Math.min(a.length, b.length)), compareBytes(a, b) < 0),
  'bytes.sha256': (meter: Meter, a: Uint8Array): Uint8Array => (meter.step(HASHING * (a.length + 64)), meter.grow(32), sha256(a)),
  'bytes.hex': hex,
  'bytes.parse': parse,
  'bytes.text': text,
}
