/** Text that comes from outside: read with a bound, in UTF-8, without a byte-order mark. */
import { isUtf8 } from 'node:buffer'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'

const PIECE = 64 * 1024

/**
 * The text of a file; a pipe or /dev/stdin is read to its end.
 * @param shown how messages name it; `most` is its greatest size in bytes
 * Errors: `cli.file` (absent, a folder, not readable, too large), `text.encoding`.
 */
export function readTextFile(file: string, shown: string, most: number): Result<string> {
  const bytes = readBounded(file, shown, most)
  return bytes.ok ? decodeText(bytes.value, shown) : bytes
}

/** The bytes of a file, as `readTextFile` reads it. Error: `cli.file`. */
export function readBounded(file: string, shown: string, most: number): Result<Buffer> {
  let handle: number | undefined
  try {
    handle = openSync(file, 'r')
    if (fstatSync(handle).isDirectory()) return fail('cli.file', `${shown} is no file, but a folder.`)
    const pieces: Buffer[] = []
    for (let size = 0; ;) {
      const piece = Buffer.alloc(PIECE)
      const length = readSync(handle, piece)
      if (length === 0) return ok(Buffer.concat(pieces))
      size += length
      if (size > most) return fail('cli.file', `${shown} is larger than ${most >> 20} MB.`)
      pieces.push(piece.subarray(0, length))
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return fail('cli.file', code === 'ENOENT' ? `There is no file ${shown}.` : `${shown} could not be read: ${message}.`)
  } finally {
    if (handle !== undefined) closeSync(handle)
  }
}

const MARK = [0xef, 0xbb, 0xbf]
const startsWith = (bytes: Uint8Array, ...start: number[]): boolean => start.every((byte, at) => bytes[at] === byte)

/** UTF-8 bytes as text, without a mark at the start. Error: `text.encoding`, which names what it is instead, or the line at fault. */
export function decodeText(bytes: Uint8Array, shown: string): Result<string> {
  const other = otherEncoding(bytes)
  if (other !== null) return fail('text.encoding', `${shown} is in ${other}; save it as UTF-8.`)
  const plain = startsWith(bytes, ...MARK) ? bytes.subarray(MARK.length) : bytes
  if (isUtf8(plain)) return ok(new TextDecoder('utf-8', { ignoreBOM: true }).decode(plain))
  return fail('text.encoding', `${shown} is not UTF-8 (line ${lineAtFault(plain)} has a byte that is none); save it as UTF-8.`)
}

/** Text without the mark that some programs put at its start. */
export const withoutMark = (text: string): string => (text.startsWith('\uFEFF') ? text.slice(1) : text)

/** By its mark, or without one by the zero byte that every letter of an English text has there. */
function otherEncoding(bytes: Uint8Array): 'UTF-32' | 'UTF-16' | null {
  if (startsWith(bytes, 0xff, 0xfe, 0, 0) || startsWith(bytes, 0, 0, 0xfe, 0xff)) return 'UTF-32'
  if (startsWith(bytes, 0xff, 0xfe) || startsWith(bytes, 0xfe, 0xff)) return 'UTF-16'
  if (bytes.length < 4) return null
  const zeros = [0, 1, 2, 3].map((at) => (bytes[at] === 0 ? '0' : '1')).join('')
  if (zeros === '1010' || zeros === '0101') return 'UTF-16'
  return zeros === '1000' || zeros === '0001' ? 'UTF-32' : null
}

function lineAtFault(bytes: Uint8Array): number {
  for (let [line, from] = [1, 0]; ; line++) {
    const end = bytes.indexOf(0x0a, from)
    if (end < 0 || !isUtf8(bytes.subarray(from, end))) return line
    from = end + 1
  }
}
