/** The bytes of messages (PROTOCOL.md 11.1): what is read is bounded by what is there, so nothing is allocated for what a stranger merely announces. */
import { parseBase64, parseUtf8, toBase64, toHex, utf8, writeHex } from '../bytes.ts'
import { VALUE_DEPTH, valueInText, type Json } from '../canonical.ts'
import { own } from '../../program/index.ts'
import { must } from '../result.ts'

/** Node's own conversions work on a place in a buffer; a browser has none. */
const native = (globalThis as { Buffer?: typeof Buffer }).Buffer

/** What is wrong with a message, and where: thrown while it is read, and told by whoever began to read. */
export class WireFault extends Error {
  /** Names and places from the outermost to the field. */
  readonly path: string[] = []
}

const FIRST_SIZE = 1 << 10
const MOST_UINT32 = 0xffff_ffff

/** Writes a message. It throws for what has no form: our own values are right, or it is a fault of ours. */
export class Writer {
  #bytes: Uint8Array
  #at = 0

  /** @param size bytes that are likely to be enough */
  constructor(size = FIRST_SIZE) {
    this.#bytes = new Uint8Array(size)
  }

  get length(): number {
    return this.#at
  }

  /** The place of so many further bytes. */
  #room(length: number): number {
    const at = this.#at
    this.#at += length
    if (this.#at > this.#bytes.length) this.#grow(this.#at)
    return at
  }

  #grow(least: number): void {
    const grown = new Uint8Array(Math.max(least, 2 * this.#bytes.length))
    grown.set(this.#bytes)
    this.#bytes = grown
  }

  byte(value: number): void {
    const at = this.#room(1)
    this.#bytes[at] = value
  }

  uint32(value: number): void {
    if (!(Number.isInteger(value) && value >= 0 && value <= MOST_UINT32)) throw new Error('a number of a message has 32 bits')
    const at = this.#room(4)
    const bytes = this.#bytes
    bytes[at] = value >>> 24
    bytes[at + 1] = value >>> 16
    bytes[at + 2] = value >>> 8
    bytes[at + 3] = value
  }

  bytes(value: Uint8Array): void {
    const at = this.#room(value.length)
    this.#bytes.set(value, at)
  }

  /** So many bytes that are given as hex. */
  hex(value: string, length: number): void {
    const at = this.#room(length)
    if (!writeHex(value, this.#bytes, at, length)) throw new Error(`a field of a message is no hex of ${length} bytes`)
  }

  /** The length of what is given as base64, and its bytes. */
  base64(value: string): void {
    const bytes = native === undefined ? must(parseBase64(value)) : null
    const length = bytes?.length ?? lengthOf(value)
    this.uint32(length)
    const at = this.#room(length)
    if (bytes !== null) this.#bytes.set(bytes, at)
    else if (native!.from(this.#bytes.buffer, at, length).write(value, 'base64') !== length)
      throw new Error('a field of a message is no base64')
  }

  /** All of it, and zeros up to `length` bytes. */
  padded(length: number): Uint8Array {
    this.#room(Math.max(0, length - this.#at))
    return this.#bytes.length === length ? this.#bytes : this.#bytes.slice(0, length)
  }
}

/** Of the bytes of padded base64. */
function lengthOf(base64: string): number {
  if (base64.length % 4 !== 0) throw new Error('a field of a message is no base64')
  return (base64.length / 4) * 3 - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0)
}

/** Reads a message of a stranger's. Throws a WireFault at the first thing that is wrong. */
export class Reader {
  readonly #bytes: Uint8Array
  readonly #buffer: Buffer | null
  #at = 0
  #parts: number

  /** @param parts items of lists and records that it may have in all */
  constructor(bytes: Uint8Array, parts: number) {
    this.#bytes = bytes
    this.#buffer = native === undefined ? null : native.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#parts = parts
  }

  /** Bytes read so far. */
  get at(): number {
    return this.#at
  }

  /** The place of so many bytes, which are there. */
  #take(length: number): number {
    const at = this.#at
    if (length > this.#bytes.length - at) throw new WireFault('the message ends before it')
    this.#at = at + length
    return at
  }

  byte(): number {
    return this.#bytes[this.#take(1)]!
  }

  uint32(): number {
    const at = this.#take(4)
    const bytes = this.#bytes
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  }

  /** A length or a count. @param unit for the complaint */
  count(most: number, unit: string): number {
    const count = this.uint32()
    if (count > most) throw new WireFault(`at most ${most} ${unit} are read`)
    // An item has a byte at least.
    if (count > this.#bytes.length - this.#at) throw new WireFault('the message ends before it')
    return count
  }

  /** As `count`, of what is counted over the whole message. */
  items(most: number): number {
    const count = this.count(most, 'items')
    this.#parts -= count
    if (this.#parts < 0) throw new WireFault('the message has too many parts')
    return count
  }

  /** Not copied. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  hex(length: number): string {
    const at = this.#take(length)
    return this.#buffer === null ? toHex(this.#bytes.subarray(at, at + length)) : this.#buffer.toString('hex', at, at + length)
  }

  base64(length: number): string {
    const at = this.#take(length)
    return this.#buffer === null ? toBase64(this.#bytes.subarray(at, at + length)) : this.#buffer.toString('base64', at, at + length)
  }

  text(length: number): string {
    const bytes = this.bytes(length)
    if (this.#buffer !== null && bytes.every(isAscii)) return this.#buffer.toString('latin1', this.#at - length, this.#at)
    const text = parseUtf8(bytes)
    if (!text.ok) throw new WireFault('must be UTF-8')
    return text.value
  }

  /** Whether nothing but so many zeros follows. */
  endsWithZeros(count: number): boolean {
    if (this.#bytes.length - this.#at !== count) return false
    for (let at = this.#at; at < this.#bytes.length; at++) if (this.#bytes[at] !== 0) return false
    return true
  }
}

const isAscii = (byte: number): boolean => byte < 0x80

/** How a value stands in a message. */
export interface Codec<T = unknown> {
  write(to: Writer, value: T): void
  read(from: Reader): T
}

/** A whole number below 2³², big-endian. */
export const integer = (least: number, most: number): Codec<number> => ({
  write: (to, value) => to.uint32(value),
  read(from) {
    const value = from.uint32()
    if (value < least || value > most) throw new WireFault(`must be a number from ${least} to ${most}`)
    return value
  },
})

/** So many bytes, as hex outside. */
export const fixedHex = (length: number): Codec<string> => ({
  write: (to, value) => to.hex(value, length),
  read: (from) => from.hex(length),
})

/** A natural number above zero, as hex without zeros before it outside: its length, its bytes. */
export const quantity = (mostDigits: number): Codec<string> => ({
  write(to, value) {
    const even = value.length % 2 === 0 ? value : `0${value}`
    to.uint32(even.length / 2)
    to.hex(even, even.length / 2)
  },
  read(from) {
    const hex = from.hex(from.count(Math.ceil(mostDigits / 2), 'bytes'))
    if (hex === '' || hex.startsWith('00')) throw new WireFault('must be a number above zero, without zeros before it')
    return hex.startsWith('0') ? hex.slice(1) : hex
  },
})

/** Length and bytes, as base64 outside. */
export const blob = (most: number): Codec<string> => ({
  write: (to, value) => to.base64(value),
  read: (from) => from.base64(from.count(most, 'bytes')),
})

/** The same where it is bytes outside: a view of the message, not a copy. */
export const raw = (most: number): Codec<Uint8Array> => ({
  write(to, value) {
    to.uint32(value.length)
    to.bytes(value)
  },
  read: (from) => from.bytes(from.count(most, 'bytes')),
})

/** Bytes that a UTF-16 unit has in UTF-8 at most. */
const BYTES_A_UNIT = 3

/** Length in bytes, and UTF-8. @param most UTF-16 units */
export const text = (most: number, patterns: readonly RegExp[]): Codec<string> => ({
  write(to, value) {
    const bytes = utf8(value)
    to.uint32(bytes.length)
    to.bytes(bytes)
  },
  read(from) {
    const value = from.text(from.count(most * BYTES_A_UNIT, 'bytes'))
    if (value.length > most || !patterns.every((pattern) => pattern.test(value))) throw new WireFault('is not one of its texts')
    return value
  },
})

/** A value of an application: length in bytes, and JSON. */
export const json: Codec<Json> = {
  write(to, value) {
    const bytes = utf8(JSON.stringify(value))
    to.uint32(bytes.length)
    to.bytes(bytes)
  },
  read(from) {
    const value = valueInText(from.text(from.count(MOST_UINT32, 'bytes')))
    if (value === undefined) throw new WireFault(`must be JSON that nests at most ${VALUE_DEPTH} deep`)
    return value
  },
}

/** Reads a part, and says of a fault in it where it was. */
function within<T>(from: Reader, part: Codec<T>, name: string | number): T {
  try {
    return part.read(from)
  } catch (fault) {
    if (fault instanceof WireFault) fault.path.unshift(String(name))
    throw fault
  }
}

/** Its fields, in their order. */
export function struct(fields: ReadonlyArray<readonly [name: string, codec: Codec]>): Codec<Record<string, unknown>> {
  return {
    write(to, value) {
      for (const [name, codec] of fields) codec.write(to, own(value, name))
    },
    read(from) {
      const value: Record<string, unknown> = {}
      for (const [name, codec] of fields) value[name] = within(from, codec, name)
      return value
    },
  }
}

/** Count and items. */
export const list = <T>(item: Codec<T>, least: number, most: number): Codec<T[]> => ({
  write(to, values) {
    to.uint32(values.length)
    for (const value of values) item.write(to, value)
  },
  read(from) {
    const count = from.items(most)
    if (count < least) throw new WireFault(`must have ${least} items at least`)
    const values: T[] = []
    for (let i = 0; i < count; i++) values.push(within(from, item, i))
    return values
  },
})

/** Count, then name and value of each entry; no name comes twice. */
export const record = <T>(name: Codec<string>, content: Codec<T>): Codec<Record<string, T>> => ({
  write(to, value) {
    const entries = Object.entries(value)
    to.uint32(entries.length)
    for (const [field, part] of entries) {
      name.write(to, field)
      content.write(to, part)
    }
  },
  read(from) {
    const count = from.items(MOST_UINT32)
    const value: Record<string, T> = {}
    for (let i = 0; i < count; i++) {
      const field = within(from, name, i)
      if (field === '__proto__' || Object.hasOwn(value, field)) throw new WireFault('has a name that is not acceptable, or comes twice')
      value[field] = within(from, content, field)
    }
    return value
  },
})

/** One of several forms: a byte says which, then it follows. */
export const either = (forms: ReadonlyArray<{ codec: Codec; fits(value: unknown): boolean }>): Codec => ({
  write(to, value) {
    const at = forms.findIndex(({ fits }) => fits(value))
    if (at < 0) throw new Error('a field of a message has none of its forms')
    to.byte(at)
    forms[at]!.codec.write(to, value)
  },
  read(from) {
    const form = forms[from.byte()]
    if (form === undefined) throw new WireFault(`must be one of ${forms.length} forms`)
    return form.codec.read(from)
  },
})

/** No bytes at all. */
export const nothing: Codec<null> = { write: () => undefined, read: () => null }
