import type { default as WebTorrent, Torrent } from 'webtorrent'
import type { LogPort } from '../../core/ports.ts'
import { DiskChunkStore } from './chunk-store.ts'
import type { StoredTorrent, SwarmFolder } from './folder.ts'
import { guardWire } from './wire-guard.ts'

/** One torrent that is open: in memory, with peers. Everything else that is stored rests. */
export interface Entry {
  torrent: Torrent
  /** Whether its folder held anything before the fetch that is under way. */
  kept: boolean
  /** Fetches that are waiting for it. */
  users: number
  /** Bytes of metadata that are taken from peers: what the most generous of them allows. */
  maxMetadata: number
  /** When a fetch, a peer that came or a piece last made use of it. */
  lastUsed: number
  /** Why it failed for good (metadata that is no torrent, a disk that cannot be written). */
  failure: Error | undefined
  /** What it had received from peers when its pieces were last noted on disk. */
  noted: number
  /** Looks for peers (trackers, DHT, local network): what is opened to be served needs none. Again is harmless. */
  discover(): void
  /** Asks trackers for peers again. */
  askTrackers(): void
  /** The same in the DHT, which is a hundred packets, and in the local network. */
  askFurther(): void
}

/** Bytes of metadata of a torrent that has a document and a file or two: 4 MiB in 256 pieces take 5 KiB. */
export const SMALL_METADATA = 64 << 10

/** The open torrents of one WebTorrent client, by infohash. */
export interface OpenTorrents {
  entries: Map<string, Entry>
  open(infohash: string, stored: StoredTorrent | undefined): Entry
  /** Closes it; what is stored stays announced. */
  rest(infohash: string): void
  /** Closes it and tells trackers that it is not here any more. */
  remove(infohash: string): Promise<void>
  /** Resolves when nothing is being closed. */
  settled(): Promise<void>
}

interface OpenTorrentsOptions {
  client: WebTorrent
  folder: SwarmFolder
  log: LogPort
  /** Whether a tracker answered an open torrent. */
  heard(reached: boolean): void
  /** Asks the local network for peers of a torrent. */
  askNear(infohash: string): void
}

export function createOpenTorrents({ client, folder, log, heard, askNear }: OpenTorrentsOptions): OpenTorrents {
  const entries = new Map<string, Entry>()
  const closing = new Set<Promise<void>>()
  const open = (infohash: string, stored: StoredTorrent | undefined): Entry => {
    const torrent = client.add(stored?.torrent ?? infohash, torrentOptions(folder.pathOf(infohash), stored))
    const entry = entryOf(client, torrent, stored, () => askNear(infohash))
    entries.set(infohash, entry)
    // Every fetch under way listens for the end of its torrent; their number is bounded by the gate.
    torrent.setMaxListeners(0)
    torrent.on('trackerAnnounce', () => heard(true))
    torrent.on('warning', (error: Error) => {
      if (isTrackerTrouble(error)) heard(false)
      log.log('debug', 'Torrent warning', { infohash, reason: error.message })
    })
    // Without this listener WebTorrent would raise the error on the client, and Node would end the process.
    torrent.on('error', (error: Error) => {
      entry.failure = error
      entries.delete(infohash)
      log.log('warn', 'A torrent failed', { infohash, reason: error.message })
      torrent.emit('close')
    })
    torrent.on('wire', (wire: unknown) => {
      noteUse(entry, wire)
      guardWire(torrent, wire, {
        maxMetadata: () => entry.maxMetadata,
        fail(why) {
          torrent.emit('error', new Error(why))
          torrent.destroy({ destroyStore: false })
        },
      })
    })
    return entry
  }
  const close = (infohash: string): Promise<void> => {
    const entry = entries.get(infohash)
    entries.delete(infohash)
    if (!entry || entry.torrent.destroyed) return Promise.resolve()
    const gone = new Promise<void>((done) => entry.torrent.destroy({ destroyStore: false }, () => done()))
    closing.add(gone)
    void gone.finally(() => closing.delete(gone))
    return gone
  }
  return {
    entries,
    open,
    rest(infohash) {
      const tracker = entries.get(infohash)?.torrent.discovery?.tracker
      // Else it would tell the trackers that we left.
      if (tracker) tracker.stop = () => undefined
      void close(infohash)
    },
    remove: close,
    settled: async () => void (await Promise.all(closing)),
  }
}

function entryOf(client: WebTorrent, torrent: Torrent, stored: StoredTorrent | undefined, askNear: () => void): Entry {
  const quiet = quietDiscovery()
  // Set before the library makes its own, which it does not where there is one.
  if (stored !== undefined) torrent.discovery = quiet
  else askNear()
  // The files are as they were when their pieces were noted, so the pieces are, too.
  const verify = torrent._verifyPieces.bind(torrent)
  if (stored?.bitfield !== undefined) torrent._verifyPieces = (done) => (torrent._hasStartupBitfield ? done(null) : verify(done))
  return {
    torrent,
    kept: stored !== undefined,
    users: 0,
    maxMetadata: SMALL_METADATA,
    lastUsed: Date.now(),
    failure: undefined,
    noted: 0,
    discover: () => {
      if (torrent.destroyed || torrent.discovery !== quiet) return
      torrent.discovery = null
      torrent._startDiscovery()
      askNear()
    },
    askTrackers: () => torrent.discovery?.tracker?.update(),
    askFurther: () => {
      if (torrent.discovery === quiet) return
      askNear()
      if (client.dht && torrent.infoHash) client.dht.lookup(torrent.infoHash)
    },
  }
}

/** Takes the place of the library's discovery: it looks for nobody and announces nothing. */
const quietDiscovery = (): NonNullable<Torrent['discovery']> => ({ tracker: null, complete: () => undefined, destroy: (done) => done() })

/** What counts as use is a peer that comes and pieces that move; a peer that only stays does not. */
function noteUse(entry: Entry, wire: unknown): void {
  const used = (): void => {
    entry.lastUsed = Date.now()
  }
  used()
  const moving = wire as { on(event: 'upload' | 'download', run: () => void): void }
  moving.on('upload', used)
  moving.on('download', used)
}

function torrentOptions(path: string, stored: StoredTorrent | undefined): Record<string, unknown> {
  return {
    path,
    deselect: true,
    alwaysChokeSeeders: false,
    store: DiskChunkStore,
    storeOpts: { extents: stored?.extents ?? [] },
    storeCacheSlots: 4,
    ...(stored?.bitfield === undefined ? {} : { bitfield: stored.bitfield }),
  }
}

const isTrackerTrouble = (error: Error): boolean => /tracker|fetch|connect|ECONN|socket|timed? ?out/i.test(error.message)
