/** Bytes and their text forms: lower-case hex for hashes and ids, padded base64 for blobs, UTF-8 for text. */
import { base64 } from '@scure/base'
import { bytesToHex } from '@noble/hashes/utils.js'
import { fail, ok, type Result } from './result.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** Node's own conversions are several times faster than those in JavaScript, and leave flat strings; a browser has none. */
const native = (globalThis as { Buffer?: typeof Buffer }).Buffer

/** Up to here an array's bytes lie beside its other fields, without memory of their own to be allocated and collected. */
const SHORT = 64

export function utf8(text: string): Uint8Array {
  if (text.length > SHORT) return encoder.encode(text)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) return encoder.encode(text)
    bytes[i] = unit
  }
  return bytes
}

/** Text of UTF-8 bytes; `bytes.utf8` when they are malformed. A byte-order mark is kept, not swallowed. */
export function parseUtf8(bytes: Uint8Array): Result<string> {
  try {
    return ok(decoder.decode(bytes))
  } catch {
    return fail('bytes.utf8', 'The bytes are not valid UTF-8. Ask the sender for the document again.')
  }
}

/** Where short arrays are copied to, whose own memory would have to be allocated first to be seen by native code. */
const shortBytes = native?.alloc(SHORT)

export function toHex(bytes: Uint8Array): string {
  if (native === undefined || shortBytes === undefined) return bytesToHex(bytes)
  if (bytes.length > SHORT) return native.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
  shortBytes.set(bytes)
  return shortBytes.toString('hex', 0, bytes.length)
}

/** The value of each hex digit by its character; −1 for all others. */
const DIGITS = Int8Array.from({ length: 128 }, (_, code) => '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase()))
/** Beyond the table there are no digits. */
const digitAt = (hex: string, at: number): number => DIGITS[hex.charCodeAt(at)] ?? -1

/** Writes so many bytes of hex to a place in `bytes` that has room for them. @returns false where the hex is of another length, or none */
export function writeHex(hex: string, bytes: Uint8Array, at: number, length: number): boolean {
  if (hex.length !== 2 * length) return false
  let all = 0
  for (let i = 0; i < length; i++) {
    const value = (digitAt(hex, 2 * i) << 4) | digitAt(hex, 2 * i + 1)
    all |= value
    bytes[at + i] = value
  }
  return all >= 0
}

/** For hex that we made ourselves; throws on anything malformed. For input of others use `parseHex`. */
export function fromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length >> 1)
  if (!writeHex(hex, bytes, 0, bytes.length)) throw new Error('these are no pairs of hex digits')
  return bytes
}

/** Whether `text` is lower-case hex of exactly `length` bytes. */
export const isHex = (text: unknown, length: number): text is string =>
  typeof text === 'string' && text.length === length * 2 && /^[0-9a-f]*$/.test(text)

/** Lower-case hex of exactly `length` bytes; `bytes.hex` otherwise. */
export function parseHex(text: string, length: number): Result<Uint8Array> {
  return isHex(text, length) ? ok(fromHex(text)) : fail('bytes.hex', `Expected ${length} bytes of lower-case hex.`)
}

export const toBase64 = (bytes: Uint8Array): string =>
  native === undefined ? base64.encode(bytes) : native.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')

/** Standard padded base64; `bytes.base64` otherwise, also for bits set in the padding. */
export function parseBase64(text: string): Result<Uint8Array> {
  const bytes = native === undefined ? attemptBase64(text) : nativeBase64(native, text)
  return bytes === null ? fail('bytes.base64', 'Expected standard padded base64.') : ok(bytes)
}

/** Node skips what does not belong there, so only what it would write itself is taken. */
function nativeBase64(node: typeof Buffer, text: string): Uint8Array | null {
  const bytes = node.from(text, 'base64')
  return bytes.toString('base64') === text ? new Uint8Array(bytes) : null
}

function attemptBase64(text: string): Uint8Array | null {
  try {
    return base64.decode(text)
  } catch {
    return null
  }
}

export function concatBytes(...parts: Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const joined = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** Lexicographic order of unsigned bytes; a prefix comes first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Equality in time that depends on the length only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!
  return difference === 0
}

/** The number in the first four bytes, big-endian. */
export const readUint32 = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)

/** Unsigned 32-bit big-endian, used for lengths and counts inside hashes. */
export const uint32 = (value: number): Uint8Array => Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255)
