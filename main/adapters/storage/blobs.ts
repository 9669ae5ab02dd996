import { createHash, randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Survival } from '../../core/ports.ts'

export interface Blobs {
  put(sha256: string, bytes: Uint8Array): void
  get(sha256: string): Uint8Array | undefined
  /** After a power cut it may be there again, which harms nobody. */
  drop(sha256: string): void
}

/**
 * Immutable content as one file per blob, named by its SHA-256 below a folder per first byte. A blob is on disk, synchronised, when
 * `put` returns, and is never seen in part: it is written under another name and renamed. What is read is hashed again, so a
 * damaged blob is a missing one, which its owner fetches once more.
 * @param survives `crash`: the disk is not waited for; after a power cut a blob may be missing
 */
export function openBlobs(folder: string, survives: Survival = 'power'): Blobs {
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(folder)) if (name.startsWith('.new-')) rmSync(join(folder, name), { force: true })
  return {
    put: (sha256, bytes) => put(folder, sha256, bytes, survives === 'power'),
    get: (sha256) => get(folder, sha256),
    drop: (sha256) => drop(folder, sha256),
  }
}

const isDigest = (sha256: string): boolean => /^[0-9a-f]{64}$/.test(sha256)
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** @throws where the caller's hash is not that of the bytes, which would be a bug of ours */
function put(folder: string, sha256: string, bytes: Uint8Array, waits: boolean): void {
  if (digest(bytes) !== sha256) throw new Error(`the blob's bytes do not hash to ${sha256}`)
  const parent = join(folder, sha256.slice(0, 2))
  const target = join(parent, sha256)
  if (existsSync(target) && get(folder, sha256) !== undefined) return
  const isNew = mkdirSync(parent, { recursive: true }) !== undefined
  const temporary = join(folder, `.new-${randomBytes(8).toString('hex')}`)
  try {
    write(temporary, bytes, waits)
    renameSync(temporary, target)
  } catch (error) {
    // On a full disk every piece of it counts.
    rmSync(temporary, { force: true })
    throw error
  }
  if (!waits) return
  syncFolder(parent)
  if (isNew) syncFolder(folder)
}

function get(folder: string, sha256: string): Uint8Array | undefined {
  if (!isDigest(sha256)) return undefined
  try {
    const bytes = readFileSync(join(folder, sha256.slice(0, 2), sha256))
    return digest(bytes) === sha256 ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function drop(folder: string, sha256: string): void {
  if (isDigest(sha256)) rmSync(join(folder, sha256.slice(0, 2), sha256), { force: true })
}

function write(path: string, bytes: Uint8Array, waits: boolean): void {
  const file = openSync(path, 'wx')
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
    if (waits) fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Makes a rename durable. Windows cannot open folders, and needs no such thing. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  fsyncSync(folder)
  closeSync(folder)
}
