/** The folder of a participant on this computer as a source: it is read and never written, so its node may run. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { FILE_LIMIT } from './recognise.ts'
import type { Source } from './finder.ts'

/** Most files that are looked through for ticks, the newest first. */
const MOST_LOOKED = 4_096
/** Above it, nothing is a tick. */
const TICK_LIMIT = 32 << 20

const blobsOf = (folder: string): string => join(folder, 'state', 'blobs')
const torrentsOf = (folder: string): string => join(folder, 'torrents')

/** The participants' folders in a folder: itself, or those in it, as in that of a local network. */
export function participantsIn(folder: string): string[] {
  const isOne = (path: string): boolean => existsSync(blobsOf(path)) || existsSync(torrentsOf(path))
  if (isOne(folder)) return [folder]
  const inside = existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder) : []
  return inside.map((name) => join(folder, name)).filter(isOne)
}

function read(path: string): Uint8Array | null {
  try {
    const found = statSync(path)
    return found.isFile() && found.size <= FILE_LIMIT ? readFileSync(path) : null
  } catch {
    return null
  }
}

const list = (folder: string): string[] => {
  try {
    return readdirSync(folder).map((name) => join(folder, name))
  } catch {
    return []
  }
}

export function folderSource(folder: string): Source {
  const blob = (sha256: string): Uint8Array | null => read(join(blobsOf(folder), sha256.slice(0, 2), sha256))
  const inTorrent = (infohash: string | null, name: string): Uint8Array | null => {
    if (infohash === null) return null
    for (const content of list(join(torrentsOf(folder), infohash))) {
      const found = read(join(content, name))
      if (found !== null) return found
    }
    return null
  }
  return {
    document: (sha256, infohash) => Promise.resolve(blob(sha256) ?? inTorrent(infohash, 'document.json')),
    file: (infohash, entry) => Promise.resolve(blob(entry.sha256) ?? inTorrent(infohash, entry.name)),
    *ticks() {
      const files = list(blobsOf(folder))
        .flatMap((path) => list(path))
        .map((path) => ({ path, at: statSync(path, { throwIfNoEntry: false }) }))
        .filter(({ at }) => at?.isFile() === true && at.size <= TICK_LIMIT)
        .sort((a, b) => b.at!.mtimeMs - a.at!.mtimeMs)
      for (const { path } of files.slice(0, MOST_LOOKED)) {
        const bytes = read(path)
        if (bytes !== null && Buffer.from(bytes).includes('"type":"tick"')) yield bytes
      }
    },
  }
}
