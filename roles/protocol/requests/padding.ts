/**
 * What the size of a sealed value would tell is hidden (PROTOCOL.md 11.2). A box holds the length of its value, the value, and zeros up to its class: for a
 * type whose values are small one size for all of them, otherwise a step of a ladder whose steps are at most an eighth apart.
 */
import { uint32 } from '../bytes.ts'
import { LIMITS, type Type } from '../../program/index.ts'

/** Bytes of the length that a box begins with. */
const LENGTH = 4
/** Values of a type all of which have room in so many bytes, length included, fill as many as the largest of them. No class is smaller for other types. */
export const LARGEST_FIXED = 4_096
/** The ladder's first step. */
const FIRST_STEP = 64

/** The least step of the ladder that holds so many bytes: m · 2^k with m from 8 to 16, and 64 at least. */
export function stepOf(bytes: number): number {
  if (bytes <= FIRST_STEP) return FIRST_STEP
  const unit = 2 ** (31 - Math.clz32(bytes) - 3)
  return Math.ceil(bytes / unit) * unit
}

/** Bytes of a padded value of `length` bytes. @param room as of `roomOf` */
export const paddedSize = (length: number, room: number): number => (LENGTH + length <= room ? room : stepOf(LENGTH + length))

/** @param room as of `roomOf` */
export function pad(value: Uint8Array, room: number): Uint8Array {
  const padded = new Uint8Array(paddedSize(value.length, room))
  padded.set(uint32(value.length))
  padded.set(value, LENGTH)
  return padded
}

/** The value in a padded one; null when it is not padded just as `pad` would. */
export function unpad(padded: Uint8Array, room: number): Uint8Array | null {
  if (padded.length < LENGTH) return null
  const length = new DataView(padded.buffer, padded.byteOffset, LENGTH).getUint32(0)
  if (padded.length - LENGTH < length || padded.length !== paddedSize(length, room)) return null
  for (let at = LENGTH + length; at < padded.length; at++) if (padded[at] !== 0) return null
  return padded.subarray(LENGTH, LENGTH + length)
}

/** The room for values whose canonical JSON has at most so many bytes. */
export const roomFor = (most: number): number => (LENGTH + most > LARGEST_FIXED ? LARGEST_FIXED : LENGTH + most)

const rooms = new WeakMap<Type, number>()

/** The least bytes, length included, in which boxes of a type come: room for each value where that is little, and `LARGEST_FIXED` otherwise. */
export function roomOf(type: Type): number {
  const room = rooms.get(type) ?? roomFor(widest(type))
  rooms.set(type, room)
  return room
}

/** Bytes of `"name":`. A name is ASCII without anything to escape. */
const NAMED = 3
/** A data key has 64 digits, but a key may have up to 100 letters and digits. */
const KEY = 100
const QUOTES = 2

const digits = (value: string | undefined, otherwise: number): number => (value ?? String(otherwise)).length

/** Bytes that the canonical JSON of a value of this type has at most (PROTOCOL.md 9.2); Infinity for more than `LARGEST_FIXED`. */
export function widest(type: Type): number {
  const most = widestOf(type)
  return most > LARGEST_FIXED ? Infinity : most
}

function widestOf(type: Type): number {
  switch (type.kind) {
    case 'bool':
      return 'false'.length
    case 'int':
      return QUOTES + Math.max(digits(type.min, Number.MIN_SAFE_INTEGER), digits(type.max, Number.MAX_SAFE_INTEGER))
    case 'key':
      return QUOTES + KEY
    case 'text':
      // A control character is written with six.
      return QUOTES + 6 * type.max
    case 'bytes':
      return QUOTES + 4 * Math.ceil(type.max / 3)
    case 'list':
      return items(type.max, widest(type.of))
    case 'record':
      return object(Object.entries(type.fields).map(([name, field]) => NAMED + name.length + widest(field)))
    case 'variant':
      return Math.max(...Object.entries(type.cases).map(([tag, content]) => tagged(tag, content)))
    case 'option':
      return Math.max('null'.length, object([NAMED + 'some'.length + widest(type.of)]))
    case 'map':
      return items(type.max, pair('key', widest(type.keys), widest(type.of)))
    case 'tree':
      return items(type.max, pair('depth', QUOTES + String(LIMITS.items).length, widest(type.of)))
    case 'zipper':
      throw new Error('a place in a tree never leaves its block')
  }
}

const BRACES = 2
const COMMA = 1
const object = (fields: number[]): number => BRACES + fields.reduce((sum, field) => sum + field + COMMA, 0)
const items = (count: number, each: number): number => BRACES + count * (each + COMMA)
const pair = (name: string, first: number, value: number): number => object([NAMED + name.length + first, NAMED + 'value'.length + value])
const tagged = (tag: string, content: Type): number => pair('tag', QUOTES + tag.length, widest(content))
