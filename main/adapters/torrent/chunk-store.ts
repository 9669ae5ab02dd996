import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Extent } from './resume.ts'

type Done<T> = (error: Error | null, value?: T) => void

/** A stretch of a torrent's content and where it is on disk. */
export interface Place {
  path: string
  /** Where in the torrent, in bytes. */
  offset: number
  length: number
  /** Where in the file, in bytes. */
  position: number
}
interface Span {
  path: string
  /** Where in the file. */ position: number
  /** Where in the chunk. */ from: number
  length: number
}
interface StoreOptions {
  path: string
  files: Array<{ path: string; length: number; offset: number }>
  length: number
  /** What is kept of files that were let go; see thinning.ts. */
  extents?: Extent[]
}

/**
 * Where WebTorrent keeps the pieces of one torrent: plain files, opened for each piece and closed again, so that open torrents
 * hold no file descriptors. Follows the abstract-chunk-store interface (get, put, close, destroy).
 * WebTorrent calls it with `new`.
 */
export function DiskChunkStore(chunkLength: number, options: StoreOptions) {
  const files = options.files.map(({ path, length, offset }) => ({ path: join(options.path, path), length, offset }))
  const written = placesOf(files, [])
  const read = placesOf(files, options.extents ?? [])
  const lengthOf = (index: number) => Math.min(chunkLength, options.length - index * chunkLength)
  const finish = <T>(work: Promise<T>, done: Done<T> | undefined) => {
    work.then(
      (value) => done?.(null, value),
      (error: Error) => done?.(error),
    )
  }
  return {
    chunkLength,
    get(index: number, range: { offset?: number; length?: number } | Done<Uint8Array> | null, done?: Done<Uint8Array>): void {
      if (typeof range === 'function') return this.get(index, null, range)
      const offset = range?.offset ?? 0
      const length = range?.length ?? lengthOf(index) - offset
      finish(readSpans(spansOf(read, index * chunkLength + offset, length), length), done)
    },
    put(index: number, bytes: Uint8Array, done?: Done<void>) {
      finish(writeSpans(spansOf(written, index * chunkLength, bytes.length), bytes), done)
    },
    close(done?: Done<void>) {
      finish(Promise.resolve(), done)
    },
    destroy(done?: Done<void>) {
      finish(Promise.resolve(), done)
    },
  }
}

/** The content in order: the extents where there are some, because content never changes and they stay when files go, else the files. */
export function placesOf(files: Array<Omit<Place, 'position'>>, extents: readonly Extent[]): Place[] {
  const sorted = [...extents].sort((a, b) => a.offset - b.offset)
  return files.flatMap(({ path, offset, length }) => {
    const places: Place[] = []
    let at = offset
    const upTo = (end: number) => {
      if (end > at) places.push({ path, offset: at, length: end - at, position: at - offset })
    }
    for (const extent of sorted.filter((each) => each.offset < offset + length && each.offset + each.length > offset)) {
      const from = Math.max(extent.offset, offset)
      const to = Math.min(extent.offset + extent.length, offset + length)
      upTo(from)
      places.push({ path: extent.path, offset: from, length: to - from, position: from - extent.offset })
      at = to
    }
    upTo(offset + length)
    return places
  })
}

/** The parts of files that a range of the torrent covers. */
export function spansOf(places: Place[], start: number, length: number): Span[] {
  const end = start + length
  return places
    .filter((place) => place.offset < end && place.offset + place.length > start)
    .map((place) => {
      const first = Math.max(start, place.offset)
      const last = Math.min(end, place.offset + place.length)
      return { path: place.path, position: place.position + first - place.offset, from: first - start, length: last - first }
    })
}

export async function readSpans(spans: Span[], length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  for (const span of spans) await withFile(span.path, 'r', (file) => readSpan(file, bytes, span))
  return bytes
}

async function readSpan(file: FileHandle, bytes: Uint8Array, span: Span): Promise<void> {
  const { bytesRead } = await file.read(bytes, span.from, span.length, span.position)
  if (bytesRead !== span.length) throw new Error(`${span.path} is shorter than its torrent says`)
}

async function writeSpans(spans: Span[], bytes: Uint8Array): Promise<void> {
  for (const span of spans) {
    await mkdir(dirname(span.path), { recursive: true })
    await withFile(span.path, 'a', async () => undefined)
    await withFile(span.path, 'r+', (file) => file.write(bytes, span.from, span.length, span.position))
  }
}

async function withFile(path: string, flags: string, run: (file: FileHandle) => Promise<unknown>): Promise<void> {
  const file = await open(path, flags)
  try {
    await run(file)
  } finally {
    await file.close()
  }
}
