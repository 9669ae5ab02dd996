import { bdecode, type Bdecoded } from './bdecode.ts'
import { isPlainName, MAX_FILES, METADATA_LIMIT, pieceLengthFor } from './metainfo.ts'

const PIECE_HASH_BYTES = 20
const INFO_KEYS = ['files', 'name', 'piece length', 'pieces']
const FILE_KEYS = ['length', 'path']
/** What lies beside the content in a torrent's folder: see folder.ts. */
const OURS = /^(meta|resume|extent)\./i

/**
 * Checks the info dictionary of a torrent from elsewhere before WebTorrent sees it, because that takes what it gets. It has to be what `createMetainfo`
 * makes of some files (PROTOCOL.md 3.3): the infohash of a document follows from its content, so nothing else can be meant by an anchor. Above all the
 * piece length follows from the size: one of 64 MiB would bring, and keep, 64 MiB for a document of a few bytes.
 * @returns why it cannot be used, or undefined
 */
export function refuseInfo(bytes: Uint8Array): string | undefined {
  if (bytes.length > METADATA_LIMIT) return `its metadata has ${bytes.length} bytes, and at most ${METADATA_LIMIT} are read`
  try {
    return refuseValue(bdecode(bytes))
  } catch (error) {
    return `its metadata is no bencoding: ${(error as Error).message}`
  }
}

/** The same for a .torrent file: one that lies in our own folder. */
export function refuseTorrent(bytes: Uint8Array): string | undefined {
  try {
    const torrent = bdecode(bytes)
    return refuseValue(torrent instanceof Map ? torrent.get('info') : undefined)
  } catch (error) {
    return `it is no bencoding: ${(error as Error).message}`
  }
}

function refuseValue(info: Bdecoded | undefined): string | undefined {
  if (!(info instanceof Map)) return 'its metadata is no dictionary'
  if (!hasKeys(info, INFO_KEYS)) return `its metadata holds something else than ${INFO_KEYS.join(', ')}`
  const files = filesOf(info)
  if (typeof files === 'string') return files
  return refuseNames(info, files) ?? refuseLengths(info, files)
}

/** Whether it has these keys and no other; both in the order of their bytes. */
const hasKeys = (dictionary: Map<string, Bdecoded>, keys: string[]): boolean => [...dictionary.keys()].join('\n') === keys.join('\n')

interface InfoFile {
  length: number
  name: string
}

function filesOf(info: Map<string, Bdecoded>): InfoFile[] | string {
  const list = info.get('files')
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_FILES) return 'its list of files is empty, too long or no list'
  const files: InfoFile[] = []
  for (const entry of list) {
    if (!(entry instanceof Map) || !hasKeys(entry, FILE_KEYS)) return 'a file in its list holds something else than length and path'
    const [length, path] = [entry.get('length'), entry.get('path')]
    if (typeof length !== 'number' || length < 0) return 'a file has no length'
    if (!Array.isArray(path) || path.length !== 1 || !Buffer.isBuffer(path[0])) return 'a path is not one name'
    files.push({ length, name: path[0].toString('latin1') })
  }
  return files
}

function refuseNames(info: Map<string, Bdecoded>, files: InfoFile[]): string | undefined {
  const bytes = info.get('name')
  const name = Buffer.isBuffer(bytes) ? bytes.toString('latin1') : ''
  if (![name, ...files.map((file) => file.name)].every(isPlainName)) return 'a name in it is no plain file name'
  if (OURS.test(name)) return 'its name is one that we give to files of our own'
  if (files.some((file, i) => i > 0 && files[i - 1]!.name >= file.name)) return 'its files are not in the order of their names'
  return new Set(files.map((file) => file.name.toLowerCase())).size === files.length ? undefined : 'two of its files have one name'
}

function refuseLengths(info: Map<string, Bdecoded>, files: InfoFile[]): string | undefined {
  const pieceLength = info.get('piece length')
  const pieces = info.get('pieces')
  const total = files.reduce((sum, file) => sum + file.length, 0)
  if (!Number.isSafeInteger(total) || total === 0) return 'it has no content, or too much'
  const right = pieceLengthFor(total)
  if (pieceLength !== right) return `its piece length is not ${right}, as ${total} bytes ask for`
  if (!Buffer.isBuffer(pieces) || pieces.length !== Math.ceil(total / right) * PIECE_HASH_BYTES) return 'its pieces do not fit its length'
  return undefined
}
