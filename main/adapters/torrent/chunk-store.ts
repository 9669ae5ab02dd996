import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'

type Done<T> = (error: Error | null, value?: T) => void
interface StoredFile {
  path: string
  length: number
  offset: number
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
}

/**
 * Where WebTorrent keeps the pieces of one torrent: plain files, opened for each piece and closed again, so that thousands of
 * seeded torrents hold no file descriptors. Follows the abstract-chunk-store interface (get, put, close, destroy).
 * WebTorrent calls it with `new`.
 */
export function DiskChunkStore(chunkLength: number, options: StoreOptions) {
  const files: StoredFile[] = options.files.map(({ path, length, offset }) => ({ path: join(options.path, path), length, offset }))
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
      finish(readSpans(spansOf(files, index * chunkLength + offset, length), length), done)
    },
    put(index: number, bytes: Uint8Array, done?: Done<void>) {
      finish(writeSpans(spansOf(files, index * chunkLength, bytes.length), bytes), done)
    },
    close(done?: Done<void>) {
      finish(Promise.resolve(), done)
    },
    destroy(done?: Done<void>) {
      finish(Promise.resolve(), done)
    },
  }
}

/** The parts of files that a range of the torrent covers. */
function spansOf(files: StoredFile[], start: number, length: number): Span[] {
  const end = start + length
  return files
    .filter((file) => file.length > 0 && file.offset < end && file.offset + file.length > start)
    .map((file) => {
      const first = Math.max(start, file.offset)
      const last = Math.min(end, file.offset + file.length)
      return { path: file.path, position: first - file.offset, from: first - start, length: last - first }
    })
}

async function readSpans(spans: Span[], length: number): Promise<Uint8Array> {
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
