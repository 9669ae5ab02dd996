import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { mkdir, readFile, readdir, stat } from 'node:fs/promises'
import { refuseTorrent } from './check-info.ts'
import { diskThat, isOfDisk, type Disk } from './durable.ts'
import type { Survival } from '../../core/ports.ts'
import { join } from 'node:path'
import type { Metainfo } from './metainfo.ts'
import { bitfieldOf, freshName, isUnchanged, readResume, writeResume, type Extent, type ResumeContent } from './resume.ts'
import { extentsAt, thinOut } from './thinning.ts'

/**
 * The swarm's folder: one folder per torrent, named by its infohash. It is the only list of stored torrents: memory holds their number.
 *
 *   <infohash>/meta.torrent     the .torrent file
 *   <infohash>/resume.json      what is known to be there: pieces, and size and time of each file when that was written
 *   <infohash>/<name>/<file>    the content
 *   <infohash>/.extents/<at>-<bytes>  what pieces of kept files need of files that were let go, by its place in the content
 *   peer.json                   port and peer id of the last life; see client.ts
 *   .new-<n>/                   a torrent being written; left over after a crash, and swept at the next start
 */
export interface SwarmFolder {
  /** Torrents that are stored. */
  readonly count: number
  pathOf(infohash: string): string
  has(infohash: string): boolean
  /** Writes the torrent and its content under a temporary name; the last step makes it visible. */
  write(name: string, metainfo: Metainfo): Promise<void>
  /** Notes which pieces of a fetched torrent are on disk, so that opening it need not hash them again. */
  note(infohash: string, torrent: Uint8Array, content: Pick<ResumeContent, 'bitfield' | 'files' | 'left'>): Promise<void>
  storedAt(infohash: string): Promise<StoredTorrent | undefined>
  /** Bytes of it that are not here, as of the resume data; null where there are none. */
  leftOf(infohash: string): Promise<number | null>
  /** Lets go of every file but those called so; pieces of the kept ones stay whole. */
  keepOnly(infohash: string, files: readonly string[]): Promise<void>
  /** Infohashes of all of them, the newest first. */
  newestFirst(): Promise<string[]>
  /** What the disk does not let go of is let go of at another time. */
  remove(infohash: string): void
}

export interface StoredTorrent {
  infohash: string
  torrent: Uint8Array
  /** Seeded from our own files. */
  own: boolean
  /** Pieces on disk, or undefined where files changed since: then the pieces are hashed again. */
  bitfield: Uint8Array | undefined
  extents: Extent[]
}

const isInfohash = (name: string): boolean => /^[0-9a-f]{40}$/.test(name)

/** @param survives what is written: by default a power cut, so that the disk is waited for */
export function openSwarmFolder(folder: string, survives: Survival = 'power'): SwarmFolder {
  const disk = diskThat(survives)
  mkdirSync(folder, { recursive: true })
  const pathOf = (infohash: string) => join(folder, infohash)
  const has = (infohash: string) => existsSync(join(pathOf(infohash), 'meta.torrent'))
  let count = sweep(folder, has)
  let writing = 0
  /** The step that makes a torrent visible, counted once. */
  const show = (infohash: string, step: () => void): void => {
    const known = has(infohash)
    step()
    if (!known) count += 1
  }
  return {
    get count() {
      return count
    },
    pathOf,
    has,
    async write(name, metainfo) {
      const temporary = join(folder, `.new-${process.pid}-${++writing}`)
      await writeTorrent(disk, temporary, name, metainfo).catch((error: unknown) => {
        // On a full disk every piece of it counts.
        clear(temporary)
        throw error
      })
      const target = pathOf(metainfo.infohash)
      show(metainfo.infohash, () => {
        rmSync(target, { recursive: true, force: true })
        renameSync(temporary, target)
      })
      await disk.syncFolder(folder)
    },
    async note(infohash, torrent, content) {
      const path = pathOf(infohash)
      if (!has(infohash)) {
        await mkdir(path, { recursive: true })
        const fresh = freshName(path, 'meta')
        await disk.write(fresh, torrent).catch((error: unknown) => {
          clear(fresh)
          throw error
        })
        show(infohash, () => renameSync(fresh, join(path, 'meta.torrent')))
      }
      const before = await readResume(path)
      await writeResume(path, { ...content, own: before?.own === true, extents: before?.extents ?? [] })
    },
    storedAt: (infohash) => readStored(pathOf(infohash), infohash),
    async leftOf(infohash) {
      const resume = has(infohash) ? await readResume(pathOf(infohash)) : undefined
      return resume?.left ?? null
    },
    async keepOnly(infohash, files) {
      if (has(infohash)) await thinOut(disk, pathOf(infohash), files)
    },
    newestFirst: () => newestFirst(folder),
    remove(infohash) {
      const known = has(infohash)
      try {
        rmSync(pathOf(infohash), { recursive: true, force: true, maxRetries: 5, retryDelay: 20 })
      } catch (error) {
        if (!isOfDisk(error)) throw error
      }
      if (known && !has(infohash)) count -= 1
    },
  }
}

/** Clears away what was being written or fetched when the process ended. @returns how many torrents there are */
function sweep(folder: string, has: (infohash: string) => boolean): number {
  let count = 0
  for (const name of readdirSync(folder)) {
    if (isInfohash(name) && has(name)) count += 1
    else if (isInfohash(name) || name.startsWith('.new-')) rmSync(join(folder, name), { recursive: true, force: true })
  }
  return count
}

/** What cannot be cleared away now is at the next start. */
function clear(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch {
    // The failure that led here is told.
  }
}

async function writeTorrent(disk: Disk, path: string, name: string, metainfo: Metainfo): Promise<void> {
  await mkdir(join(path, name), { recursive: true })
  await Promise.all([
    ...metainfo.files.map((file) => disk.write(join(path, name, file.name), file.bytes)),
    disk.write(join(path, 'meta.torrent'), metainfo.torrent),
  ])
  const total = metainfo.files.reduce((sum, file) => sum + file.bytes.length, 0)
  await writeResume(path, {
    own: true,
    bitfield: bitfieldOf(Math.ceil(total / metainfo.pieceLength), () => true),
    files: metainfo.files.map((file) => join(name, file.name)),
    left: 0,
  })
  await Promise.all([disk.syncFolder(path), disk.syncFolder(join(path, name))])
}

async function readStored(path: string, infohash: string): Promise<StoredTorrent | undefined> {
  const torrent = await readTorrent(path)
  if (torrent === undefined || refuseTorrent(torrent) !== undefined) return undefined
  const resume = await readResume(path)
  const unchanged = resume !== undefined && (await isUnchanged(path, resume))
  return {
    infohash,
    torrent,
    own: resume?.own === true,
    bitfield: unchanged ? Buffer.from(resume.bitfield, 'base64') : undefined,
    extents: extentsAt(path, resume?.extents ?? []),
  }
}

async function newestFirst(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter(isInfohash)
  const dated: Array<[string, number]> = []
  for (const name of names) {
    const found = await stat(join(folder, name, 'meta.torrent')).catch(() => undefined)
    if (found !== undefined) dated.push([name, found.mtimeMs])
  }
  return dated.sort((a, b) => b[1] - a[1]).map(([name]) => name)
}

const readTorrent = (path: string): Promise<Uint8Array | undefined> => readFile(join(path, 'meta.torrent')).catch(() => undefined)
