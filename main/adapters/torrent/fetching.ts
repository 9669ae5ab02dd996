import type { Torrent, TorrentFile } from 'webtorrent'
import { fail, failForNow, ok, type Failure, type Result } from '../../../roles/protocol/result.ts'
import type { SwarmFetchOptions, SwarmFile } from '../../core/ports.ts'
import { isOfDisk } from './durable.ts'
import { METADATA_LIMIT } from './metainfo.ts'
import type { Entry } from './open-torrents.ts'

type Failed = { ok: false; error: Failure }

const FIRST_ANNOUNCE_AGAIN_MS = 300
const LAST_ANNOUNCE_AGAIN_MS = 3_000
/** The library looks into the DHT once, and again after 15 minutes: at its start it may not have known anybody. */
const FIRST_LOOKUP_AGAIN_MS = 1_500
const LAST_LOOKUP_AGAIN_MS = 60_000
/** Peers that have sent nothing for so long may never send anything. */
const SILENT_MS = 5_000

/** What may lie in the same pieces as a wanted file: two of the smallest pieces, and of the greatest. */
const SMALL_BESIDE = 32 << 10
const LARGE_BESIDE = 8 << 20

/** Ends a fetch from outside: time, the caller, the end of the swarm, or the torrent's own failure. */
export interface Stop {
  failed: Promise<Failed>
  /** The time begins that the fetch may take: waiting for a place is not the fetch's fault. */
  begin(): void
  clear(): void
}

/** @param closing aborted when the swarm closes */
export function createStop(infohash: string, options: SwarmFetchOptions, closing: AbortSignal): Stop {
  const end = new AbortController()
  let late: (failed: Failed) => void = () => undefined
  const failed = new Promise<Failed>((resolve) => {
    late = resolve
    const listen = (signal: AbortSignal, failure: () => Failed) => {
      if (signal.aborted) resolve(failure())
      else signal.addEventListener('abort', () => resolve(failure()), { signal: end.signal })
    }
    listen(closing, () => stopped('The swarm was closed'))
    if (options.signal) listen(options.signal, () => stopped('The fetch was cancelled'))
  })
  return {
    failed,
    begin() {
      const timer = setTimeout(() => late(timedOut(infohash, options.timeoutMs)), options.timeoutMs)
      end.signal.addEventListener('abort', () => clearTimeout(timer))
    },
    clear: () => end.abort(),
  }
}

const timedOut = (infohash: string, ms: number): Failed =>
  failForNow(
    'swarm.timeout',
    `Nobody delivered the torrent ${infohash} within ${ms} ms: check that a seeder is online and the tracker reachable, then try again.`,
  )

export const stopped = (why: string): Failed =>
  fail('swarm.stopped', `${why} before the files had arrived: start the fetch again if they are still wanted.`)

/**
 * Waits for the metadata of a torrent, checks the request against it, then downloads the wanted files and only them.
 * Errors: `swarm.timeout`, `swarm.too-large`, `swarm.no-file`, `swarm.bad-torrent`, `swarm.stopped`.
 */
export async function fetchFrom(entry: Entry, options: SwarmFetchOptions, stop: Stop): Promise<Result<SwarmFile[]>> {
  const { torrent } = entry
  if (options.large === true) entry.maxMetadata = METADATA_LIMIT
  offerPeers(torrent, options.peers ?? [])
  const quiet = keepTrying(entry)
  const ended = new Promise<Failed>((resolve) => torrent.once('close', () => resolve(failedTorrent(entry))))
  try {
    const halt = Promise.race([stop.failed, ended])
    const described = await Promise.race([halt, hasMetadata(torrent)])
    if (described) return described
    if (torrent.destroyed) return failedTorrent(entry)
    const chosen = chooseFiles(torrent, options)
    if (!chosen.ok) return chosen
    for (const file of chosen.value) file.select(1)
    // What is here already needs no peers.
    if (chosen.value.some((file) => !file.done)) entry.discover()
    const missing = await Promise.race([halt, Promise.all(chosen.value.map((file) => isDone(file)))])
    if ('ok' in missing) {
      for (const file of chosen.value) if (!torrent.destroyed && !file.done) file.deselect()
      return missing
    }
    return await Promise.race([halt, readFiles(entry, chosen.value)])
  } finally {
    quiet()
  }
}

/** A disk that takes no pieces says nothing about the torrent. */
const failedTorrent = (entry: Entry): Failed =>
  isOfDisk(entry.failure)
    ? failForNow(
        'swarm.disk',
        `The files could not be written (${entry.failure!.message}): make room on the disk, or check its folder; they are asked for again.`,
      )
    : entry.failure
      ? fail('swarm.bad-torrent', `The torrent cannot be used (${entry.failure.message}): ask its author to publish it again.`)
      : stopped('The torrent was dropped')

function offerPeers(torrent: Torrent, peers: string[]): void {
  const offer = () => peers.forEach((peer) => torrent.addPeer(peer))
  if (torrent.ready || (torrent.infoHash && torrent.discovery)) offer()
  else
    torrent.once('infoHash', () =>
      setImmediate(() => {
        if (!torrent.destroyed) offer()
      }),
    )
}

/**
 * A tracker names no peer that announced after us, and the regular interval is minutes: so while a fetch waits, it
 * asks again, at growing intervals. Connections over which nothing comes are made anew: the library waits for 30 seconds.
 */
function keepTrying(entry: Entry): () => void {
  const { torrent } = entry
  let nextLookup = Date.now() + FIRST_LOOKUP_AGAIN_MS
  let lookupWait = FIRST_LOOKUP_AGAIN_MS
  let wait = FIRST_ANNOUNCE_AGAIN_MS
  let timer: NodeJS.Timeout
  let [received, since] = [torrent.received, Date.now()]
  const again = () => {
    if (torrent.destroyed) return
    if (torrent.received > received) [received, since] = [torrent.received, Date.now()]
    if (Date.now() - since > SILENT_MS) {
      since = Date.now()
      for (const wire of [...torrent.wires]) (wire as { destroy(): void }).destroy()
    }
    entry.askTrackers()
    if (Date.now() >= nextLookup) {
      entry.askFurther()
      lookupWait = Math.min(lookupWait * 2, LAST_LOOKUP_AGAIN_MS)
      nextLookup = Date.now() + lookupWait
    }
    wait = Math.min(wait * 2, LAST_ANNOUNCE_AGAIN_MS)
    timer = setTimeout(again, wait)
  }
  timer = setTimeout(again, wait)
  return () => clearTimeout(timer)
}

const hasMetadata = (torrent: Torrent): Promise<undefined> =>
  new Promise((resolve) => {
    if (torrent.metadata) resolve(undefined)
    else torrent.once('metadata', () => resolve(undefined))
  })

const isDone = (file: TorrentFile): Promise<void> =>
  new Promise((resolve) => {
    if (file.done) resolve()
    else (file as TorrentFile & { once(event: string, run: () => void): void }).once('done', resolve)
  })

function chooseFiles(torrent: Torrent, options: SwarmFetchOptions): Result<TorrentFile[]> {
  const chosen: TorrentFile[] = []
  for (const name of new Set(options.files)) {
    const file = torrent.files.find((each) => each.name === name)
    if (!file) return fail('swarm.no-file', `The torrent has no file ${JSON.stringify(name)}: it may be of another type than expected.`)
    chosen.push(file)
  }
  const total = chosen.reduce((sum, file) => sum + file.length, 0)
  if (total > options.maxBytes) {
    return fail(
      'swarm.too-large',
      `The wanted files have ${total} bytes, above the limit of ${options.maxBytes}: they were not downloaded.`,
      { total },
    )
  }
  const beside = piecesOf(torrent, chosen) - total
  const allowed = chosen.length * (options.large === true ? LARGE_BESIDE : SMALL_BESIDE)
  return beside <= allowed
    ? ok(chosen)
    : fail(
        'swarm.too-large',
        `The pieces of the wanted files hold ${beside} bytes of others, above the limit of ${allowed}: they were not downloaded.`,
        { total: total + beside },
      )
}

/** Bytes of the pieces that hold these files. */
function piecesOf({ pieceLength, length }: Torrent, files: TorrentFile[]): number {
  const pieces = new Set<number>()
  for (const file of files.filter((each) => each.length > 0))
    for (let piece = Math.floor(file.offset / pieceLength); piece * pieceLength < file.offset + file.length; piece++) pieces.add(piece)
  return [...pieces].reduce((sum, piece) => sum + Math.min(pieceLength, length - piece * pieceLength), 0)
}

async function readFiles(entry: Entry, files: TorrentFile[]): Promise<Result<SwarmFile[]>> {
  try {
    return ok(await Promise.all(files.map(async (file) => ({ name: file.name, bytes: await bytesOf(file) }))))
  } catch (error) {
    return failForNow(
      'swarm.read',
      `The files arrived but could not be read (${(error as Error).message}): check the disk, then try again.`,
      { infohash: entry.torrent.infoHash },
    )
  }
}

const bytesOf = async (file: TorrentFile): Promise<Uint8Array> =>
  file.length === 0 ? new Uint8Array(0) : new Uint8Array(await file.arrayBuffer())
