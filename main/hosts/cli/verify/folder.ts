/** The folder of a participant on this computer as a source: it is read and never written, so its node may run. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fail, ok } from '../../../../roles/protocol/result.ts'
import type { Named, Source } from './finder.ts'
import { FILE_LIMIT } from './recognise.ts'

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

/** Names of torrents begin so, whatever their type (PROTOCOL.md 3.3). */
const TORRENT = /^golem-[a-z]+-([0-9a-f]{16})$/

/** Where the content of each torrent lies, by what its name says of the document's digest. */
function contentsOf(folder: string): Map<string, string> {
  const contents = new Map<string, string>()
  for (const path of list(torrentsOf(folder)).flatMap((torrent) => list(torrent))) {
    const found = TORRENT.exec(basename(path))
    if (found !== null) contents.set(found[1]!, path)
  }
  return contents
}

export function folderSource(folder: string): Source {
  let contents: Map<string, string> | null = null
  const blob = (sha256: string): Uint8Array | null => read(join(blobsOf(folder), sha256.slice(0, 2), sha256))
  const inTorrent = ({ sha256 }: Named, name: string): Uint8Array | null => {
    contents ??= contentsOf(folder)
    const content = contents.get(sha256.slice(0, 16))
    return content === undefined ? null : read(join(content, name))
  }
  return {
    document: (named) => Promise.resolve(blob(named.sha256) ?? inTorrent(named, 'document.json')),
    file: (of, entry) => Promise.resolve(blob(entry.sha256) ?? inTorrent(of, entry.name)),
    any(infohash) {
      const found = list(join(torrentsOf(folder), infohash)).flatMap((content) => read(join(content, 'document.json')) ?? [])
      return Promise.resolve(
        found[0] === undefined ? fail('cli.document', `The folder ${folder} has no torrent ${infohash}.`) : ok(found[0]),
      )
    },
    *ticks() {
      const files = list(blobsOf(folder))
        .flatMap((path) => list(path))
        .map((path) => ({ path, at: statSync(path, { throwIfNoEntry: false }) }))
        .filter(({ at }) => at?.isFile() === true && at.size <= TICK_LIMIT)
        .sort((a, b) => b.at!.mtimeMs - a.at!.mtimeMs)
      for (const { path } of files.slice(0, MOST_LOOKED)) {
        const bytes = read(path)
        if (bytes !== null && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('"type":"tick"')) yield bytes
      }
    },
  }
}
