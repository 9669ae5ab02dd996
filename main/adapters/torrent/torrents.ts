import type { default as WebTorrent, Torrent } from 'webtorrent'
import type { LogPort } from '../../core/ports.ts'
import { DiskChunkStore } from './chunk-store.ts'
import type { StoredTorrent, SwarmFolder } from './folder.ts'
import { guardWire } from './wire-guard.ts'

/** One torrent that takes part in the swarm. */
export interface Entry {
  torrent: Torrent
  /** Seeded from our own files: complete, and never let go for space. */
  own: boolean
  /** Whether its folder held anything before the fetch that is under way. */
  kept: boolean
  /** Fetches that are waiting for it. */
  users: number
  lastUsed: number
  /** Whether the tracker has taken our last announce. */
  announced: boolean
  /** Why it failed for good (metadata that is no torrent, a disk that cannot be written). */
  failure: Error | undefined
}

/** The torrents of one WebTorrent client, by infohash. */
export interface Torrents {
  entries: Map<string, Entry>
  add(infohash: string, stored: StoredTorrent | undefined): Entry
  remove(infohash: string): Promise<void>
  trackerReached(): boolean
}

interface TorrentsOptions {
  client: WebTorrent
  folder: SwarmFolder
  log: LogPort
}

export function createTorrents({ client, folder, log }: TorrentsOptions): Torrents {
  const entries = new Map<string, Entry>()
  let reached = true
  const add = (infohash: string, stored: StoredTorrent | undefined): Entry => {
    const torrent = client.add(stored?.torrent ?? infohash, torrentOptions(folder.pathOf(infohash), stored))
    // Every fetch under way listens for the end of its torrent; their number is bounded by the gate.
    torrent.setMaxListeners(0)
    const entry: Entry = {
      torrent,
      own: stored?.own === true,
      kept: stored !== undefined,
      users: 0,
      lastUsed: Date.now(),
      announced: false,
      failure: undefined,
    }
    entries.set(infohash, entry)
    torrent.on('trackerAnnounce', () => {
      reached = entry.announced = true
    })
    torrent.on('warning', (error: Error) => {
      entry.announced = false
      if (isTrackerTrouble(error)) reached = false
      log.log('debug', 'Torrent warning', { infohash, reason: error.message })
    })
    // Without this listener WebTorrent would raise the error on the client, and Node would end the process.
    torrent.on('error', (error: Error) => {
      entry.failure = error
      entries.delete(infohash)
      log.log('warn', 'A torrent failed', { infohash, reason: error.message })
      torrent.emit('close')
    })
    torrent.on('wire', (wire: unknown) =>
      guardWire(torrent, wire, (why) => {
        torrent.emit('error', new Error(why))
        torrent.destroy({ destroyStore: false })
      }),
    )
    return entry
  }
  const remove = async (infohash: string): Promise<void> => {
    const entry = entries.get(infohash)
    entries.delete(infohash)
    if (entry && !entry.torrent.destroyed) await new Promise<void>((done) => entry.torrent.destroy({ destroyStore: false }, () => done()))
  }
  return { entries, add, remove, trackerReached: () => reached }
}

function torrentOptions(path: string, stored: StoredTorrent | undefined): Record<string, unknown> {
  return {
    path,
    deselect: true,
    alwaysChokeSeeders: false,
    store: DiskChunkStore,
    storeCacheSlots: 4,
    ...(stored?.bitfield === undefined ? {} : stored.own ? { skipVerify: true } : { bitfield: stored.bitfield }),
  }
}

const isTrackerTrouble = (error: Error): boolean => /tracker|fetch|connect|ECONN|socket|timed? ?out/i.test(error.message)
