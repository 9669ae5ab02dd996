/**
 * Lets go of files of a stored torrent. Pieces run across file borders, so what a kept file's first and last piece hold of its neighbours stays
 * in extents, small files of their own: every piece of every kept file can still be served to any client.
 */
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { bdecode, type Bdecoded } from './bdecode.ts'
import { placesOf, readSpans, spansOf, type Place } from './chunk-store.ts'
import { writeWhole, type Disk } from './durable.ts'
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
export async function thinOut(disk: Disk, path: string, keep: readonly string[]): Promise<void> {
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
  const filled = content.files.filter(({ length }) => length > 0)
  const needed = filled.flatMap((file) => (isKept(file) ? overlaps(file, before) : stretchesOf(content, file, held)))
  const extents = extentsAt(path, joined(needed))
  const files = content.files.map((file) => ({ ...file, path: join(path, file.path) }))
  for (const extent of extents) await writeExtent(disk, path, placesOf(files, before), before, extent)
  await writeResume(path, {
    own: resume?.own === true,
    bitfield: bitfieldOf(content.pieces, held),
    files: content.files.filter(isKept).map((file) => file.path),
    extents: extents.map(({ offset, length }) => [offset, length]),
    left: leftOf(content, held),
  })
  const unneeded = before.map((extent) => extent.path).filter((each) => !extents.some((extent) => extent.path === each))
  for (const file of [...gone.map((each) => join(path, each.path)), ...unneeded]) await rm(file, { force: true })
}

/** `[offset in the torrent, length]` */
type Stretch = [offset: number, length: number]

/** An extent's name says what it holds, so that another one never takes its place before the resume data say so. */
export const extentsAt = (path: string, stretches: readonly Stretch[]): Extent[] =>
  stretches.map(([offset, length]) => ({ offset, length, path: join(path, EXTENTS, `${offset}-${length}`) }))

function overlaps(file: ContentFile, extents: readonly Extent[]): Stretch[] {
  return extents.flatMap(({ offset, length }): Stretch[] => {
    const from = Math.max(offset, file.offset)
    const to = Math.min(offset + length, file.offset + file.length)
    return from < to ? [[from, to - from]] : []
  })
}

/** Stretches that touch one another are one, across files: small files would else take a block of the disk each. */
function joined(stretches: readonly Stretch[]): Stretch[] {
  const all: Stretch[] = []
  for (const [offset, length] of stretches.toSorted((one, other) => one[0] - other[0])) {
    const last = all.at(-1)
    if (last !== undefined && last[0] + last[1] === offset) last[1] += length
    else all.push([offset, length])
  }
  return all
}

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

/** The parts of a file that lie in pieces that are held. */
function stretchesOf({ pieceLength }: Content, file: ContentFile, held: (piece: number) => boolean): Stretch[] {
  const end = file.offset + file.length
  const stretches: Stretch[] = []
  for (let piece = Math.floor(file.offset / pieceLength); piece * pieceLength < end; piece++) {
    const from = Math.max(file.offset, piece * pieceLength)
    if (held(piece)) stretches.push([from, Math.min(end, (piece + 1) * pieceLength) - from])
  }
  return stretches
}

async function writeExtent(
  disk: Disk,
  path: string,
  places: Place[],
  before: Extent[],
  { offset, length, path: target }: Extent,
): Promise<void> {
  if (before.some((extent) => extent.path === target)) return
  const bytes = await readSpans(spansOf(places, offset, length), length)
  await mkdir(join(path, EXTENTS), { recursive: true })
  const fresh = freshName(path, 'extent')
  await writeWhole(target, fresh, () => disk.write(fresh, bytes))
  await disk.syncFolder(join(path, EXTENTS))
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
