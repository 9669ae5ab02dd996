import { bdecode, type Bdecoded } from './bdecode.ts'

const MAX_PIECE = 64 * 1024 * 1024
const MAX_FILES = 20_000
const PIECE_HASH_BYTES = 20
/** What lies beside the content in a torrent's folder: see folder.ts. */
const OURS = /^(\.|meta\.|resume\.|extent\.)/i

/**
 * Checks the info dictionary of a torrent from elsewhere before WebTorrent sees it, because that takes what it gets: strict
 * bencoding, lengths that fit the pieces, names that stay inside the torrent's folder.
 * @returns why it cannot be used, or undefined
 */
export function refuseInfo(bytes: Uint8Array): string | undefined {
  let info: Bdecoded
  try {
    info = bdecode(bytes)
  } catch (error) {
    return `its metadata is no bencoding: ${(error as Error).message}`
  }
  if (!(info instanceof Map)) return 'its metadata is no dictionary'
  const files = filesOf(info)
  if (typeof files === 'string') return files
  return refuseNames(info, files) ?? refuseLengths(info, files)
}

interface InfoFile {
  length: number
  path: Bdecoded[]
  path8: Bdecoded[]
}

function filesOf(info: Map<string, Bdecoded>): InfoFile[] | string {
  const list = info.get('files')
  const entries = list === undefined ? [info] : list
  if (!Array.isArray(entries) || entries.length === 0 || entries.length > MAX_FILES)
    return 'its list of files is empty, too long or no list'
  const files: InfoFile[] = []
  for (const entry of entries) {
    if (!(entry instanceof Map)) return 'a file in its list is no dictionary'
    const length = entry.get('length')
    if (typeof length !== 'number' || length < 0) return 'a file has no length'
    const path = list === undefined ? [] : entry.get('path')
    const path8 = list === undefined ? [] : (entry.get('path.utf-8') ?? path)
    if (!Array.isArray(path) || !Array.isArray(path8) || (list !== undefined && (path.length === 0 || path8.length === 0)))
      return 'a file has no path'
    files.push({ length, path, path8 })
  }
  return files
}

function refuseNames(info: Map<string, Bdecoded>, files: InfoFile[]): string | undefined {
  const name = info.get('name')
  const parts = [name, info.get('name.utf-8') ?? name, ...files.flatMap((file) => [...file.path, ...file.path8])]
  if (!parts.every(isSafePart)) return 'a name in it is empty or leads outside its folder'
  if ([name, info.get('name.utf-8')].some((each) => each !== undefined && OURS.test(String(each))))
    return 'its name is one that we give to files of our own'
  const paths = new Set(files.map((file) => file.path8.map(String).join('/').toLowerCase()))
  return paths.size === files.length ? undefined : 'two of its files have one name'
}

function isSafePart(part: Bdecoded | undefined): boolean {
  if (!Buffer.isBuffer(part) || part.length === 0 || part.length > 255) return false
  const text = part.toString('utf8')
  return text !== '.' && text !== '..' && !/[/\\:\u0000-\u001f\ufffd]/.test(text)
}

function refuseLengths(info: Map<string, Bdecoded>, files: InfoFile[]): string | undefined {
  const pieceLength = info.get('piece length')
  const pieces = info.get('pieces')
  const total = files.reduce((sum, file) => sum + file.length, 0)
  if (typeof pieceLength !== 'number' || pieceLength < 1024 || pieceLength > MAX_PIECE) return 'its piece length is out of range'
  if (!Number.isSafeInteger(total) || total === 0) return 'it has no content'
  if (!Buffer.isBuffer(pieces) || pieces.length !== Math.ceil(total / pieceLength) * PIECE_HASH_BYTES)
    return 'its pieces do not fit its length'
  return undefined
}
