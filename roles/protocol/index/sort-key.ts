/**
 * Order-preserving encoding of tuples: comparing the bytes compares the tuples field by field, and all tuples that start with
 * given fields form one range. Text order is code point order, which is the order of UTF-8 bytes.
 *
 * int: 8 bytes big-endian with the sign bit flipped · bool: 0 or 1 · text, bytes and key: content with 0x00 written as 0x00 0xff, then
 * 0x00 0x01. Every form is self-delimiting, so no field runs into the next.
 */
import { concatBytes, parseBase64, utf8 } from '../bytes.ts'

export type SortKind = 'int' | 'text' | 'bool' | 'bytes' | 'key'

/** JSON forms: int as decimal string (or number), text and key as text, bytes as base64 (or bytes). */
export type SortValue = string | number | boolean | Uint8Array

const SIGN = 1n << 63n

function encodeInt(value: SortValue): Uint8Array {
  const integer = BigInt(value as string | number)
  if (integer < -SIGN || integer >= SIGN) throw new RangeError('An integer of a sort key has at most 64 bits.')
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, integer + SIGN)
  return bytes
}

function encodeContent(content: Uint8Array): Uint8Array {
  let zeros = 0
  for (const byte of content) if (byte === 0) zeros++
  const encoded = new Uint8Array(content.length + zeros + 2)
  let to = 0
  for (const byte of content) {
    encoded[to++] = byte
    if (byte === 0) encoded[to++] = 0xff
  }
  encoded[to + 1] = 1
  return encoded
}

function contentOf(kind: SortKind, value: SortValue): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (typeof value !== 'string') throw new TypeError(`A ${kind} of a sort key is text.`)
  if (kind !== 'bytes') return utf8(value)
  const bytes = parseBase64(value)
  if (!bytes.ok) throw new TypeError(bytes.error.message)
  return bytes.value
}

function encodeOne(kind: SortKind, value: SortValue): Uint8Array {
  switch (kind) {
    case 'int':
      return encodeInt(value)
    case 'bool':
      return Uint8Array.of(value === true ? 1 : 0)
    default:
      return encodeContent(contentOf(kind, value))
  }
}

/**
 * Encodes the values of the first `values.length` kinds: fewer values than kinds make a prefix, see `prefixRange`.
 * Throws on values of another kind: they were checked against the program before.
 * @example encodeTuple(['text', 'int'], ['ann', '5'])
 */
export function encodeTuple(kinds: readonly SortKind[], values: readonly SortValue[]): Uint8Array {
  if (values.length > kinds.length) throw new RangeError('A sort key has no more values than kinds.')
  return concatBytes(...values.map((value, i) => encodeOne(kinds[i]!, value)))
}

/** Half-open range of sort keys; `to` null means without upper end. */
export interface SortRange {
  from: Uint8Array
  to: Uint8Array | null
}

/** All byte strings that start with `prefix`; the empty prefix covers everything. */
export function prefixRange(prefix: Uint8Array): SortRange {
  let last = prefix.length - 1
  while (last >= 0 && prefix[last] === 0xff) last--
  if (last < 0) return { from: prefix, to: null }
  const to = prefix.slice(0, last + 1)
  to[last] = to[last]! + 1
  return { from: prefix, to }
}

/**
 * All tuples that start with `equals` and whose next value is at least `from` and less than `to`, as far as these are given. Where
 * `from` is not less than `to` there is none: the range ends before it begins, and is read and proved like any other.
 * @example tupleRange(['text', 'int', 'key'], ['ann'], { from: '5' })
 */
export function tupleRange(
  kinds: readonly SortKind[],
  equals: readonly SortValue[],
  { from, to }: { from?: SortValue; to?: SortValue } = {},
): SortRange {
  const all = prefixRange(encodeTuple(kinds, equals))
  const bound = (value: SortValue): Uint8Array => encodeTuple(kinds, [...equals, value])
  return { from: from === undefined ? all.from : bound(from), to: to === undefined ? all.to : bound(to) }
}
