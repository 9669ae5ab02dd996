/**
 * Lets go of files of a stored torrent. Pieces run across file borders, so what a kept file's first and last piece hold of its neighbours stays
 * in extents, small files of their own: every piece of every kept file can still be served to any client.
 */
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { bdecode, type Bdecoded } from './bdecode.ts'
import { placesOf, readSpans, spansOf, type Place } from './chunk-store.ts'
import { syncFolder, writeDurably } from './durable.ts'
import { bitfieldOf, freshName, hasPiece, isUnchanged, readResume, writeResume, type Extent } from './resume.ts'

/** Folder of the extents below the torrent's. */
export const EXTENTS = '.extents'

interface ContentFile {
  /** Below the torrent's folder. */
  path: string
  name: string
  offset: number
  length: number
}

interface Content {
  pieceLength: number
  pieces: number
  total: number
  files: ContentFile[]
}

/**
 * Keeps the files called so, whole. Safe to repeat, and after a crash at any point. Where the resume data no longer fit the files, these are
 * let go of all the same, and the next opening hashes what is left.
 * @param path the torrent's folder, which holds its metainfo
 */
export async function thinOut(path: string, keep: readonly string[]): Promise<void> {
  const content = contentOf(await readFile(join(path, 'meta.torrent')))
  const resume = await readResume(path)
  const known = resume !== undefined && (await isUnchanged(path, resume)) ? resume : null
  const isKept = (file: ContentFile): boolean => keep.includes(file.name)
  const bits = known === null ? null : Buffer.from(known.bitfield, 'base64')
  const wanted = piecesOf(content, isKept)
  const held = (piece: number): boolean => wanted.has(piece) && bits !== null && hasPiece(bits, piece)
  const gone = content.files.filter((file) => !isKept(file) && file.length > 0)
  const before = extentsAt(path, known?.extents ?? [])
  // A kept file that was let go once and fetched again lacks what was in extents all the time.
  const within = before.filter((extent) => content.files.some((file) => isKept(file) && contains(file, extent)))
  const extents = [
    ...within,
    ...extentsAt(
      path,
      gone.flatMap((file) => stretchesOf(content, file, held)),
    ),
  ]
  const files = content.files.map((file) => ({ ...file, path: join(path, file.path) }))
  for (const extent of extents) await writeExtent(path, placesOf(files, before), before, extent)
  await writeResume(path, {
    own: resume?.own === true,
    bitfield: bitfieldOf(content.pieces, held),
    files: content.files.filter(isKept).map((file) => file.path),
    extents: extents.map(({ offset, length }) => [offset, length]),
    left: leftOf(content, held),
  })
  const unneeded = before.filter(({ offset }) => !extents.some((extent) => extent.offset === offset)).map((extent) => extent.path)
  for (const file of [...gone.map((each) => join(path, each.path)), ...unneeded]) await rm(file, { force: true })
}

/** @param stretches `[offset, length]` of each */
export const extentsAt = (path: string, stretches: ReadonlyArray<[number, number]>): Extent[] =>
  stretches.map(([offset, length]) => ({ offset, length, path: join(path, EXTENTS, String(offset)) }))

const contains = (file: ContentFile, { offset, length }: Extent): boolean =>
  offset >= file.offset && offset + length <= file.offset + file.length

/** The pieces of which every byte belongs to a kept file or is its neighbour's. */
function piecesOf({ files, pieceLength }: Content, isKept: (file: ContentFile) => boolean): Set<number> {
  const pieces = new Set<number>()
  for (const { offset, length } of files.filter((file) => isKept(file) && file.length > 0))
    for (let piece = Math.floor(offset / pieceLength); piece * pieceLength < offset + length; piece++) pieces.add(piece)
  return pieces
}

function leftOf({ pieces, pieceLength, total }: Content, held: (piece: number) => boolean): number {
  let left = 0
  for (let piece = 0; piece < pieces; piece++) if (!held(piece)) left += Math.min(pieceLength, total - piece * pieceLength)
  return left
}

/** The stretches of a file that lie in pieces that are held, as `[offset in the torrent, length]`. */
function stretchesOf({ pieceLength }: Content, file: ContentFile, held: (piece: number) => boolean): Array<[number, number]> {
  const end = file.offset + file.length
  const stretches: Array<[number, number]> = []
  for (let piece = Math.floor(file.offset / pieceLength); piece * pieceLength < end; piece++) {
    if (!held(piece)) continue
    const from = Math.max(file.offset, piece * pieceLength)
    const to = Math.min(end, (piece + 1) * pieceLength)
    const last = stretches.at(-1)
    if (last !== undefined && last[0] + last[1] === from) last[1] += to - from
    else stretches.push([from, to - from])
  }
  return stretches
}

async function writeExtent(path: string, places: Place[], before: Extent[], { offset, length, path: target }: Extent): Promise<void> {
  if (before.some((extent) => extent.offset === offset && extent.length === length)) return
  const bytes = await readSpans(spansOf(places, offset, length), length)
  await mkdir(join(path, EXTENTS), { recursive: true })
  const fresh = freshName(path, 'extent')
  await writeDurably(fresh, bytes)
  await rename(fresh, target)
  await syncFolder(join(path, EXTENTS))
}

/** @throws where it is no torrent */
function contentOf(torrent: Uint8Array): Content {
  const info = field(bdecode(torrent), 'info')
  const name = String(field(info, 'name.utf-8') ?? field(info, 'name'))
  const pieceLength = field(info, 'piece length') as number
  const list = field(info, 'files') as Bdecoded[] | undefined
  let total = 0
  const files = (list ?? [info]).map((entry): ContentFile => {
    const length = field(entry, 'length') as number
    const parts = list === undefined ? [] : ((field(entry, 'path.utf-8') ?? field(entry, 'path')) as Bdecoded[]).map(String)
    const file = { path: join(name, ...parts), name: parts.at(-1) ?? name, offset: total, length }
    total += length
    return file
  })
  return { pieceLength, pieces: Math.ceil(total / pieceLength), total, files }
}

const field = (value: Bdecoded | undefined, name: string): Bdecoded | undefined => (value instanceof Map ? value.get(name) : undefined)
