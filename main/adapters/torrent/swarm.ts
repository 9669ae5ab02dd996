import type WebTorrent from 'webtorrent'
import { fail, failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import type { FetchLane, LogPort, SwarmFetchOptions, SwarmFile, SwarmPort, SwarmStatus, Survival } from '../../core/ports.ts'
import { createAnnouncing, type Announcing } from './announcing.ts'
import { refuseStrange, startClient, trackersOf, type ClientOptions } from './client.ts'
import { openDoor } from './door.ts'
import { createStop, fetchFrom, stopped } from './fetching.ts'
import { openSwarmFolder, type SwarmFolder } from './folder.ts'
import { createGate, createLocks } from './gate.ts'
import { askHinted } from './hinted.ts'
import { createMetainfo, infohashOf } from './metainfo.ts'
import { openLocalPeers, type LocalPeers } from './local-peers.ts'
import { createOpenTorrents, type Entry } from './open-torrents.ts'
import type { TableOptions } from './table.ts'
import { createTrackerList, type TrackerList } from './tracker-list.ts'
import type { Reach } from './tracker-requests.ts'
import { createWaking, type Waking } from './waking.ts'

export interface WebTorrentSwarmOptions extends ClientOptions {
  /** What torrents that were written survive. Default: a power cut. */
  survives?: Survival
  /** Where torrents are kept; every torrent found there is served. */
  folder: string
  /** Announce URLs of the person's own; those of apps come by `trackersOf`. */
  trackers: string[]
  /** Where given, trackers that apps name and peers that anybody names have to be at public addresses; neighbours are those that were heard (`lsd`). */
  reach?: Reach | undefined
  /** Find peers in the distributed hash table (BEP 5): the public one, or the one that begins at these addresses, `host:port`. */
  dht: TableOptions
  /** Find peers on the local network by multicast (BEP 14). */
  lsd: boolean
  maxUploadBytesPerSecond?: number
  /** Port for incoming peers, and the same for its node in the distributed hash table; 0: the one of its last life, else the system picks. */
  port: number
  /** Address to listen on; without it, all. */
  host?: string
  log: LogPort
  /** Fetches at one time; more of them wait in line. Half of them may be for documents of known identities, a quarter for those of new ones. Default 32. */
  maxFetches?: number
  /** Torrents open at one time; above it the longest unused one rests. More than `maxFetches`. Default 64. */
  maxOpen?: number
  /** After so long without use a torrent rests. Default 20 s. */
  idleMs?: number
  /** How often trackers are asked whether they still know us. Default 30 s. */
  heartbeatMs?: number
}

/** The swarm port, and what only the real one has. */
export interface WebTorrentSwarm extends SwarmPort {
  /** TCP port that takes incoming peers. */
  readonly port: number
  /** UDP port of its node in the distributed hash table; null without one. */
  dhtPort(): number | null
}

interface Swarm {
  client: WebTorrent
  trackers: TrackerList
  folder: SwarmFolder
  waking: Waking
  announcing: Announcing
  /** Null where the local network is not asked. */
  near: LocalPeers | null
  log: LogPort
  gate: ReturnType<typeof createGate<FetchLane>>
  locks: ReturnType<typeof createLocks>
  closing: AbortController
  bytes: { down: number; up: number }
  /** Clearing away that nobody waits for but `close`. */
  cleaning: Set<Promise<void>>
}

/**
 * The swarm over WebTorrent: TCP peers only, so that every BitTorrent v1 client can take part. Resolves when it listens; what is stored rests,
 * announced, until somebody wants it.
 * @throws when the folder or the port cannot be had
 */
export async function createWebTorrentSwarm(options: WebTorrentSwarmOptions): Promise<WebTorrentSwarm> {
  const folder = openSwarmFolder(options.folder, options.survives)
  const trackers = createTrackerList(options.trackers, options.reach)
  const client = await startClient(options, options.folder, trackers)
  const swarm = compose(options, folder, client, trackers)
  client.on('download', (bytes: number) => {
    swarm.bytes.down += bytes
  })
  client.on('upload', (bytes: number) => {
    swarm.bytes.up += bytes
  })
  client.on('error', (error: Error) => {
    options.log.log('error', 'The swarm stopped', { reason: error.message })
    swarm.closing.abort()
  })
  const closeDoor = openDoor(client, swarm.waking.fromOutside)
  return {
    port: client.torrentPort,
    dhtPort: () => (client.dht ? client.dhtPort : null),
    seed: (name, files) => seed(swarm, name, files),
    infohash: infohashOf,
    fetch: (infohash, wanted) => fetch(swarm, infohash, wanted),
    keepOnly: (infohash, files) => keepOnly(swarm, infohash, files),
    drop: (infohash) => drop(swarm, infohash),
    trackersOf(app, urls) {
      const before = trackers.now().join(' ')
      const told = trackers.of(app, urls)
      client.tracker = trackersOf(trackers)
      if (trackers.now().join(' ') !== before) swarm.announcing.changed()
      return told
    },
    status: () => statusOf(swarm),
    close: () => {
      const closed = close(swarm)
      closeDoor()
      return closed
    },
  }
}

function compose(options: WebTorrentSwarmOptions, folder: SwarmFolder, client: WebTorrent, trackers: TrackerList): Swarm {
  const { log } = options
  const locks = createLocks()
  const closing = new AbortController()
  const announcing = createAnnouncing({
    client,
    trackers,
    log,
    heartbeatMs: options.heartbeatMs ?? 30_000,
    stored: folder.newestFirst,
    left: folder.leftOf,
    answered: (infohash, answer) => waking.dialIfHidden(infohash, answer),
  })
  const neighbours = refuseStrange(client, options.reach)
  const near = options.lsd
    ? openNear(client, log, (infohash, peer) => {
        neighbours.add(peer)
        waking.dialNear(infohash, peer)
      })
    : null
  const torrents = createOpenTorrents({ client, folder, log, heard: announcing.heard, askNear: (infohash) => near?.say(infohash) })
  const waking = createWaking({
    torrents,
    folder,
    locks,
    closing: closing.signal,
    maxOpen: options.maxOpen ?? 64,
    idleMs: options.idleMs ?? 20_000,
  })
  const maxFetches = options.maxFetches ?? 32
  const part = (of: number): number => Math.max(1, Math.floor(maxFetches / of))
  const gate = createGate<FetchLane>(
    maxFetches,
    new Map([
      ['known', part(2)],
      ['new', part(4)],
    ]),
  )
  return { client, trackers, folder, waking, announcing, near, log, gate, locks, closing, bytes: { down: 0, up: 0 }, cleaning: new Set() }
}

const openNear = (client: WebTorrent, log: LogPort, heard: (infohash: string, peer: string) => void): LocalPeers =>
  openLocalPeers({ peerId: client.peerId, torrentPort: client.torrentPort, heard, log })

const isInfohash = (infohash: string): boolean => /^[0-9a-f]{40}$/.test(infohash)
const badInfohash = fail('swarm.infohash', 'An infohash is 40 lower-case hex digits: check the anchor that named it.')

/** It is written and announced, and rests until somebody comes for it. */
async function seed(swarm: Swarm, name: string, files: SwarmFile[]): Promise<Result<{ infohash: string }>> {
  const { folder, waking, announcing, locks, closing } = swarm
  const metainfo = createMetainfo(name, files)
  if (!metainfo.ok) return metainfo
  const { infohash } = metainfo.value
  const written = await locks.run(infohash, async (): Promise<Result<null>> => {
    if (closing.signal.aborted) return stopped('The swarm was closed')
    const stored = await folder.storedAt(infohash)
    if (stored?.own === true && stored.bitfield !== undefined) return ok(null)
    await waking.remove(infohash)
    try {
      await folder.write(name, metainfo.value)
      return ok(null)
    } catch (error) {
      const { message } = error as Error
      return failForNow('swarm.disk', `The torrent could not be written (${message}): make room on the disk, then try again.`)
    }
  })
  if (!written.ok) return written
  swarm.near?.say(infohash)
  const answer = await announcing.announce({ infohash, left: 0 })
  if (answer.incomplete > 0) waking.dial(infohash, answer.peers)
  return ok({ infohash })
}

async function fetch(swarm: Swarm, infohash: string, options: SwarmFetchOptions): Promise<Result<SwarmFile[]>> {
  if (!isInfohash(infohash)) return badInfohash
  const stop = createStop(infohash, options, swarm.closing.signal)
  const place = swarm.gate.enter(options.lane ?? 'own')
  try {
    const late = await Promise.race([stop.failed, place.entered])
    if (late) return late
    stop.begin()
    const entry = await swarm.waking.forFetch(infohash)
    if (entry === null) return stopped('The swarm was closed')
    const endHints = askHinted(swarm, entry.torrent, infohash, options.trackers ?? [])
    const result = await fetchFrom(entry, options, stop).finally(endHints)
    await afterFetch(swarm, infohash, entry, result.ok && (options.accept?.(result.value) ?? true))
    return result
  } finally {
    place.leave()
    stop.clear()
  }
}

/** Keeps what arrived, and clears away a torrent that nobody waits for and of which nothing was kept. */
async function afterFetch(swarm: Swarm, infohash: string, entry: Entry, wanted: boolean): Promise<void> {
  const { waking, folder, locks, cleaning } = swarm
  entry.users -= 1
  entry.lastUsed = Date.now()
  if (waking.entry(infohash) !== entry) {
    if (entry.failure && !entry.kept) folder.remove(infohash)
    return
  }
  if (wanted) await keep(swarm, infohash, entry)
  if (entry.kept || entry.users > 0) return
  // Nobody waits for it: leaving the swarm takes a second where the tracker is away.
  const clean = locks.run(infohash, async () => {
    if (waking.entry(infohash) !== entry || entry.kept || entry.users > 0) return
    await waking.remove(infohash)
    folder.remove(infohash)
  })
  cleaning.add(clean)
  void clean.finally(() => cleaning.delete(clean))
}

/** The files are with the caller already, so a note that cannot be written costs only hashing them again. */
async function keep({ folder, log }: Swarm, infohash: string, entry: Entry): Promise<void> {
  const { torrent } = entry
  if (entry.kept && torrent.received === entry.noted) return
  entry.kept = true
  entry.noted = torrent.received
  const { torrentFile, bitfield, files, length, downloaded } = torrent
  try {
    await folder.note(infohash, torrentFile, {
      bitfield: bitfield.buffer,
      files: files.map((file) => file.path),
      left: Math.max(0, length - downloaded),
    })
  } catch (error) {
    log.log('warn', 'A fetched torrent could not be noted', { infohash, reason: (error as Error).message })
  }
}

async function keepOnly({ folder, waking, locks }: Swarm, infohash: string, files: readonly string[]): Promise<Result<void>> {
  if (!isInfohash(infohash)) return badInfohash
  return locks.run(infohash, async () => {
    if (!waking.rest(infohash))
      return failForNow('swarm.in-use', `Files of the torrent ${infohash} are being fetched: let go of the others later.`)
    try {
      await folder.keepOnly(infohash, files)
      return ok(undefined)
    } catch (error) {
      return failForNow(
        'swarm.disk',
        `Files of the torrent ${infohash} could not be let go (${(error as Error).message}): try again later.`,
      )
    }
  })
}

async function drop({ folder, waking, locks, announcing }: Swarm, infohash: string): Promise<Result<void>> {
  if (!isInfohash(infohash)) return badInfohash
  return locks.run(infohash, async () => {
    await waking.remove(infohash)
    if (folder.has(infohash)) announcing.gone(infohash)
    folder.remove(infohash)
    return ok(undefined)
  })
}

function statusOf({ folder, waking, announcing, bytes }: Swarm): SwarmStatus {
  const { open, peers } = waking.counts()
  return { stored: folder.count, open, peers, downloadedBytes: bytes.down, uploadedBytes: bytes.up, tracker: announcing.tracker() }
}

async function close({ client, closing, announcing, near, waking, cleaning }: Swarm): Promise<void> {
  closing.abort()
  near?.close()
  announcing.close()
  waking.close()
  const left = client.destroyed ? undefined : new Promise<void>((done) => client.destroy(() => done()))
  await Promise.all([left, ...cleaning, waking.settled()])
}
