/** What is known to be on disk of a stored torrent, so that opening it hashes nothing again: pieces, and size and time of each file. */
import { statSync } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeWhole } from './durable.ts'

/** A stretch of a torrent's content that is kept without the file it belongs to, in a file of its own. */
export interface Extent {
  /** Where in the torrent's content, in bytes. */
  offset: number
  length: number
  path: string
}

export interface Resume {
  /** Seeded from our own files, and not fetched from others. */
  own: boolean
  /** Pieces on disk (BEP 3 bitfield), in base64. */
  bitfield: string
  files: Array<FileStamp | null>
  /** `[offset, length]` of each extent. */
  extents: Array<[number, number]>
  /** Bytes of the torrent that are not here. */
  left: number
}

export interface FileStamp {
  path: string
  size: number
  modified: number
}

/** Gives every file that is being written a name of its own, because several fetches of one torrent may end at once. */
let writings = 0
export const freshName = (path: string, kind: string): string => join(path, `${kind}.${++writings}.new`)

/** BEP 3 bitfield of `pieces` pieces with those set for which `has` holds. */
export function bitfieldOf(pieces: number, has: (piece: number) => boolean): Uint8Array {
  const bits = new Uint8Array(Math.ceil(pieces / 8))
  for (let piece = 0; piece < pieces; piece++) if (has(piece)) bits[piece >> 3]! |= 0x80 >> (piece & 7)
  return bits
}

export const hasPiece = (bits: Uint8Array, piece: number): boolean => (bits[piece >> 3]! & (0x80 >> (piece & 7))) !== 0

export interface ResumeContent {
  own: boolean
  bitfield: Uint8Array
  /** Paths below the torrent's folder. */
  files: string[]
  extents?: Array<[number, number]>
  left: number
}

/** Not synchronised: after a power cut it may be missing or empty, and then the pieces are hashed again. */
export async function writeResume(path: string, { own, bitfield, files, extents = [], left }: ResumeContent): Promise<void> {
  const resume: Resume = {
    own,
    bitfield: Buffer.from(bitfield).toString('base64'),
    files: files.map((file) => stampOf(path, file)),
    extents,
    left,
  }
  const fresh = freshName(path, 'resume')
  await writeWhole(join(path, 'resume.json'), fresh, () => writeFile(fresh, JSON.stringify(resume)))
}

function stampOf(path: string, file: string): FileStamp | null {
  const found = statSync(join(path, file), { throwIfNoEntry: false })
  return found === undefined ? null : { path: file, size: found.size, modified: found.mtimeMs }
}

/** A resume file that cannot be read only costs hashing the pieces again. */
export async function readResume(path: string): Promise<Resume | undefined> {
  try {
    const resume = JSON.parse(await readFile(join(path, 'resume.json'), 'utf8')) as Resume
    const sound = Array.isArray(resume.files) && typeof resume.bitfield === 'string' && resume.extents.every(isStretch)
    return sound ? resume : undefined
  } catch {
    return undefined
  }
}

const isStretch = (stretch: number[]): boolean =>
  stretch.length === 2 && stretch.every((number) => Number.isSafeInteger(number) && number >= 0)

/** Whether every file is as it was when the resume data were written. */
export async function isUnchanged(path: string, { files }: Resume): Promise<boolean> {
  for (const file of files) {
    if (file === null) continue
    const found = await stat(join(path, file.path)).catch(() => undefined)
    if (found?.size !== file.size || found.mtimeMs !== file.modified) return false
  }
  return true
}
