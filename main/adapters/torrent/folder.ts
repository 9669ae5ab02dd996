import { mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Metainfo } from './metainfo.ts'

/**
 * The swarm's folder: one folder per torrent, named by its infohash.
 *
 *   <infohash>/meta.torrent   the .torrent file
 *   <infohash>/resume.json    what is known to be there: pieces, and size and time of each file when that was written
 *   <infohash>/<name>/<file>  the content
 *   .new-<n>/                 a torrent being written; left over after a crash, and swept at the next start
 */
export interface SwarmFolder {
  pathOf(infohash: string): string
  /** Writes the torrent and its content, with fsync, under a temporary name; the last step makes it visible. */
  write(name: string, metainfo: Metainfo): Promise<void>
  /** Notes which pieces of a fetched torrent are on disk, so that the next start need not hash them again. */
  note(infohash: string, torrent: Uint8Array, bitfield: Uint8Array, files: string[]): Promise<void>
  stored(): StoredTorrent[]
  storedAt(infohash: string): StoredTorrent | undefined
  remove(infohash: string): void
}

export interface StoredTorrent {
  infohash: string
  torrent: Uint8Array
  /** Own torrents are complete and are never let go for space. */
  own: boolean
  /** Pieces on disk, or undefined where files changed since: then the pieces are hashed again. */
  bitfield: Uint8Array | undefined
}

interface Resume {
  own: boolean
  bitfield: string
  files: Array<{ path: string; size: number; modified: number } | null>
}

export function openSwarmFolder(folder: string): SwarmFolder {
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(folder)) if (name.startsWith('.new-')) rmSync(join(folder, name), { recursive: true, force: true })
  let writing = 0
  const pathOf = (infohash: string) => join(folder, infohash)
  return {
    pathOf,
    write: (name, metainfo) => {
      writing += 1
      return writeTorrent(folder, join(folder, `.new-${process.pid}-${writing}`), name, metainfo)
    },
    note: (infohash, torrent, bitfield, files) => noteResume(pathOf(infohash), torrent, bitfield, files),
    stored: () =>
      readdirSync(folder)
        .filter((name) => /^[0-9a-f]{40}$/.test(name))
        .flatMap((name) => readStored(pathOf(name), name)),
    storedAt: (infohash) => readStored(pathOf(infohash), infohash)[0],
    remove: (infohash) => rmSync(pathOf(infohash), { recursive: true, force: true, maxRetries: 5, retryDelay: 20 }),
  }
}

async function writeTorrent(folder: string, temporary: string, name: string, metainfo: Metainfo): Promise<void> {
  await mkdir(join(temporary, name), { recursive: true })
  await Promise.all([
    ...metainfo.files.map((file) => writeDurably(join(temporary, name, file.name), file.bytes)),
    writeDurably(join(temporary, 'meta.torrent'), metainfo.torrent),
  ])
  const total = metainfo.files.reduce((sum, file) => sum + file.bytes.length, 0)
  const pieces = Math.ceil(total / metainfo.pieceLength)
  await writeResume(
    temporary,
    true,
    fullBitfield(pieces),
    metainfo.files.map((file) => join(name, file.name)),
  )
  await Promise.all([syncFolder(temporary), syncFolder(join(temporary, name))])
  const target = join(folder, metainfo.infohash)
  await rm(target, { recursive: true, force: true })
  await rename(temporary, target)
  await syncFolder(folder)
}

/** BEP 3 bitfield with the first `pieces` bits set. */
function fullBitfield(pieces: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(pieces / 8)).fill(0xff)
  if (pieces % 8 !== 0) bits[bits.length - 1] = (0xff << (8 - (pieces % 8))) & 0xff
  return bits
}

async function noteResume(path: string, torrent: Uint8Array, bitfield: Uint8Array, files: string[]): Promise<void> {
  await mkdir(path, { recursive: true })
  if (readTorrent(path) === undefined) {
    const fresh = join(path, `meta.${++notes}.new`)
    await writeDurably(fresh, torrent)
    await rename(fresh, join(path, 'meta.torrent'))
  }
  await writeResume(path, false, bitfield, files)
}

/** Not synchronised: after a power cut it may be missing or empty, and then the pieces are hashed again. */
async function writeResume(path: string, own: boolean, bitfield: Uint8Array, files: string[]): Promise<void> {
  const resume: Resume = { own, bitfield: Buffer.from(bitfield).toString('base64'), files: files.map((file) => stampOf(path, file)) }
  const fresh = join(path, `resume.${++notes}.new`)
  await writeFile(fresh, JSON.stringify(resume))
  await rename(fresh, join(path, 'resume.json'))
}

/** Gives every file that is being written a name of its own, because several fetches of one torrent may end at once. */
let notes = 0

function stampOf(path: string, file: string): Resume['files'][number] {
  const stat = statSync(join(path, file), { throwIfNoEntry: false })
  return stat === undefined ? null : { path: file, size: stat.size, modified: stat.mtimeMs }
}

function readStored(path: string, infohash: string): StoredTorrent[] {
  const torrent = readTorrent(path)
  if (torrent === undefined) return []
  const resume = readResume(path)
  const unchanged = resume?.files.every((file) => file === null || sameStamp(file, stampOf(path, file.path))) === true
  return [
    { infohash, torrent, own: resume?.own === true, bitfield: unchanged && resume ? Buffer.from(resume.bitfield, 'base64') : undefined },
  ]
}

const sameStamp = (a: NonNullable<Resume['files'][number]>, b: Resume['files'][number]): boolean =>
  b !== null && a.size === b.size && a.modified === b.modified

function readTorrent(path: string): Uint8Array | undefined {
  try {
    return readFileSync(join(path, 'meta.torrent'))
  } catch {
    return undefined
  }
}

/** A resume file that cannot be read only costs hashing the pieces again. */
function readResume(path: string): Resume | undefined {
  try {
    const resume = JSON.parse(readFileSync(join(path, 'resume.json'), 'utf8')) as Resume
    return Array.isArray(resume.files) && typeof resume.bitfield === 'string' ? resume : undefined
  } catch {
    return undefined
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** So that a rename survives a power cut. Windows cannot open folders, and needs no such thing. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
