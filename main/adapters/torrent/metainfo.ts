import { createHash } from 'node:crypto'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import type { SwarmFile } from '../../core/ports.ts'

/** A BitTorrent v1 torrent (BEP 3), made from bytes in memory. */
export interface Metainfo {
  /** Lower-case hex of SHA-1 over the bencoded info dictionary. */
  infohash: string
  /** The whole .torrent file. It names no tracker and no date, so it depends on name and files only. */
  torrent: Uint8Array
  pieceLength: number
  /** The files in torrent order, which is by name. */
  files: SwarmFile[]
}

const SMALLEST_PIECE = 16 * 1024
const LARGEST_PIECE = 4 * 1024 * 1024
const WANTED_PIECES = 1024
export const MAX_FILES = 10_000
/** Greatest info dictionary, in bytes: more than 10,000 files and 300 GiB need. */
export const METADATA_LIMIT = 4 << 20

/** Bytes of a piece for a torrent of `total` bytes: small, so that a single file of many brings little of its neighbours. */
export function pieceLengthFor(total: number): number {
  let length = SMALLEST_PIECE
  while (length < LARGEST_PIECE && total / length > WANTED_PIECES) length *= 2
  return length
}

/** Whether a name can be one path segment on every platform and in every client. */
export const isPlainName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(name) && !name.endsWith('.')

/**
 * Makes the torrent of these files: always the multi-file form, files sorted by name, no creation date, no tracker.
 * @param name name of the torrent, which is the folder a client saves to
 * @param files at least one; names are single path segments and differ
 * Errors: `swarm.name`, `swarm.empty`, `swarm.too-large`. Source: BEP 3, PROTOCOL.md 3.3.
 */
export function createMetainfo(name: string, files: SwarmFile[]): Result<Metainfo> {
  const refused = refuseInput(name, files)
  if (refused) return refused
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1))
  const total = sorted.reduce((sum, file) => sum + file.bytes.length, 0)
  const pieceLength = pieceLengthFor(total)
  const info = bencode({
    files: sorted.map((file) => ({ length: file.bytes.length, path: [file.name] })),
    name,
    'piece length': pieceLength,
    pieces: pieceHashes(sorted, pieceLength),
  })
  if (info.length > METADATA_LIMIT)
    return fail(
      'swarm.too-large',
      `The list of files and pieces has ${info.length} bytes, and nobody reads more than ${METADATA_LIMIT}: publish less.`,
    )
  const torrent = Buffer.concat([Buffer.from('d4:info'), info, Buffer.from('e')])
  return ok({ infohash: createHash('sha1').update(info).digest('hex'), torrent, pieceLength, files: sorted })
}

/** The infohash of that torrent. */
export function infohashOf(name: string, files: SwarmFile[]): Result<string> {
  const metainfo = createMetainfo(name, files)
  return metainfo.ok ? ok(metainfo.value.infohash) : metainfo
}

function refuseInput(name: string, files: SwarmFile[]) {
  const bad = [name, ...files.map((file) => file.name)].find((each) => !isPlainName(each))
  if (bad !== undefined)
    return fail(
      'swarm.name',
      `The name ${JSON.stringify(bad.slice(0, 80))} cannot be a file name everywhere: use letters, digits, dot, dash and underscore.`,
    )
  if (new Set(files.map((file) => file.name)).size !== files.length)
    return fail('swarm.name', 'Two files of the torrent have the same name: rename one.')
  if (files.length > MAX_FILES) return fail('swarm.name', `A torrent holds at most ${MAX_FILES} files: put several into one file.`)
  if (!files.some((file) => file.bytes.length > 0)) return fail('swarm.empty', 'A torrent needs at least one file with content.')
  return undefined
}

/** SHA-1 of every piece, one after the other; pieces run across file borders. */
function pieceHashes(files: SwarmFile[], pieceLength: number): Buffer {
  const hashes: Buffer[] = []
  let hash = createHash('sha1')
  let filled = 0
  for (const { bytes } of files) {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + pieceLength - filled)
      hash.update(part)
      at += part.length
      filled += part.length
      if (filled < pieceLength) continue
      hashes.push(hash.digest())
      hash = createHash('sha1')
      filled = 0
    }
  }
  if (filled > 0) hashes.push(hash.digest())
  return Buffer.concat(hashes)
}

type Bencodable = number | string | Buffer | Bencodable[] | { [key: string]: Bencodable }

/** BEP 3 encoding; keys are ASCII here, so sorting them as strings is sorting them as bytes. */
function bencode(value: Bencodable): Buffer {
  if (typeof value === 'number') return Buffer.from(`i${value}e`)
  if (typeof value === 'string') return bencode(Buffer.from(value, 'utf8'))
  if (Buffer.isBuffer(value)) return Buffer.concat([Buffer.from(`${value.length}:`), value])
  if (Array.isArray(value)) return Buffer.concat([Buffer.from('l'), ...value.map(bencode), Buffer.from('e')])
  const entries = Object.keys(value)
    .sort()
    .flatMap((key) => [bencode(key), bencode(value[key]!)])
  return Buffer.concat([Buffer.from('d'), ...entries, Buffer.from('e')])
}
