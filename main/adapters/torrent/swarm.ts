import WebTorrent from 'webtorrent'
import { fail, failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import type { LogPort, SwarmFetchOptions, SwarmFile, SwarmPort, SwarmStatus } from '../../core/ports.ts'
import { createStop, fetchFrom, stopped } from './fetching.ts'
import { openSwarmFolder, type StoredTorrent, type SwarmFolder } from './folder.ts'
import { createGate, createLocks } from './gate.ts'
import { createMetainfo } from './metainfo.ts'
import { createTorrents, type Entry, type Torrents } from './torrents.ts'

export interface WebTorrentSwarmOptions {
  /** Where torrents are kept; every torrent found there is seeded again. */
  folder: string
  /** Announce URLs. */
  trackers: string[]
  /** Find peers in the public distributed hash table (BEP 5). */
  dht: boolean
  /** Find peers on the local network by multicast (BEP 14). */
  lsd: boolean
  maxUploadBytesPerSecond?: number
  /** Port for incoming peers; 0: the system picks one. */
  port: number
  /** Address to listen on; without it, all. */
  host?: string
  log: LogPort
  /** Fetches at one time; more of them wait in line. Default 32. */
  maxFetches?: number
  /** Torrents that take part at one time; above it the longest unused fetched one rests on disk. Default 2,000. */
  maxTorrents?: number
}

/** The swarm port, and what only the real one has. */
export interface WebTorrentSwarm extends SwarmPort {
  /** TCP port that takes incoming peers. */
  readonly port: number
}

interface Swarm {
  client: WebTorrent
  folder: SwarmFolder
  torrents: Torrents
  trackers: string[]
  log: LogPort
  maxTorrents: number
  gate: ReturnType<typeof createGate>
  locks: ReturnType<typeof createLocks>
  closing: AbortController
  bytes: { down: number; up: number }
  /** Clearing away that nobody waits for but `close`. */
  cleaning: Set<Promise<void>>
}

const ANNOUNCE_WAIT_MS = 2_000
const RETRY_TRACKER_MS = 5_000
const RETRIES_A_ROUND = 100
const STARTS_AT_ONCE = 16

/**
 * The swarm over WebTorrent: TCP peers only, so that every BitTorrent v1 client can take part.
 * Resolves when it listens and everything in its folder is seeded again.
 * @throws when the folder or the port cannot be had
 */
export async function createWebTorrentSwarm(options: WebTorrentSwarmOptions): Promise<WebTorrentSwarm> {
  const folder = openSwarmFolder(options.folder)
  const client = await startClient(options)
  const swarm: Swarm = {
    client,
    folder,
    torrents: createTorrents({ client, folder, log: options.log }),
    trackers: options.trackers,
    log: options.log,
    maxTorrents: options.maxTorrents ?? 2_000,
    gate: createGate(options.maxFetches ?? 32),
    locks: createLocks(),
    closing: new AbortController(),
    bytes: { down: 0, up: 0 },
    cleaning: new Set(),
  }
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
  await seedStored(swarm)
  const retry = setInterval(() => announceMissing(swarm), RETRY_TRACKER_MS)
  retry.unref()
  return {
    port: client.torrentPort,
    seed: (name, files) => seed(swarm, name, files),
    fetch: (infohash, wanted) => fetch(swarm, infohash, wanted),
    drop: (infohash) => drop(swarm, infohash),
    status: () => statusOf(swarm),
    close: () => {
      clearInterval(retry)
      return close(swarm)
    },
  }
}

function startClient(options: WebTorrentSwarmOptions): Promise<WebTorrent> {
  const client = new WebTorrent({
    utp: false,
    // Its connection pool hands this to net.Server.listen, which also takes an object.
    torrentPort: options.host === undefined ? options.port : { port: options.port, host: options.host },
    dht: options.dht ? {} : false,
    lsd: options.lsd,
    // Port mapping belongs to hosting, which asks the person first.
    natUpnp: false,
    natPmp: false,
    webSeeds: false,
    secure: 0,
    tracker: options.trackers.length > 0 ? { announce: options.trackers, wrtc: false } : false,
    uploadLimit: options.maxUploadBytesPerSecond ?? -1,
  })
  return new Promise((resolve, reject) => {
    client.once('error', reject)
    client._connPool?.tcpServer.prependListener('connection', (socket) => socket.setNoDelay(true))
    client.once('listening', () => {
      client.removeListener('error', reject)
      resolve(client)
    })
  })
}

/** Own torrents first; those that do not fit rest on disk. A torrent that fails is logged and does not keep others from starting. */
async function seedStored(swarm: Swarm): Promise<void> {
  const stored = swarm.folder
    .stored()
    .sort((a, b) => Number(b.own) - Number(a.own))
    .slice(0, swarm.maxTorrents)
  const next = async (): Promise<void> => {
    for (let torrent = stored.shift(); torrent; torrent = stored.shift()) await start(swarm, torrent)
  }
  await Promise.all(Array.from({ length: STARTS_AT_ONCE }, next))
}

async function start(swarm: Swarm, stored: StoredTorrent): Promise<Entry> {
  const entry = swarm.torrents.add(stored.infohash, stored)
  await settled(entry, 'ready')
  return entry
}

/** Resolves at the event, or when the torrent has ended. */
const settled = (entry: Entry, event: 'ready' | 'trackerAnnounce', afterMs?: number): Promise<void> =>
  new Promise((resolve) => {
    if (entry.torrent.destroyed || (event === 'ready' ? entry.torrent.ready : entry.announced)) return resolve()
    entry.torrent.once(event, () => resolve())
    entry.torrent.once('close', () => resolve())
    if (afterMs !== undefined) setTimeout(resolve, afterMs).unref()
  })

async function seed(swarm: Swarm, name: string, files: SwarmFile[]): Promise<Result<{ infohash: string }>> {
  const metainfo = createMetainfo(name, files)
  if (!metainfo.ok) return metainfo
  const { infohash } = metainfo.value
  return swarm.locks.run(infohash, async () => {
    if (swarm.closing.signal.aborted) return stopped('The swarm was closed')
    if (swarm.torrents.entries.get(infohash)?.own === true) return ok({ infohash })
    await swarm.torrents.remove(infohash)
    const room = await makeRoom(swarm)
    if (!room.ok) return room
    try {
      await swarm.folder.write(name, metainfo.value)
    } catch (error) {
      return failForNow(
        'swarm.disk',
        `The torrent could not be written (${(error as Error).message}): make room on the disk, then try again.`,
      )
    }
    const entry = await start(swarm, swarm.folder.storedAt(infohash)!)
    if (entry.failure) return fail('swarm.bad-torrent', `The torrent could not be seeded (${entry.failure.message}).`)
    if (swarm.trackers.length > 0) await settled(entry, 'trackerAnnounce', ANNOUNCE_WAIT_MS)
    return ok({ infohash })
  })
}

/** Lets the longest unused fetched torrent rest when the swarm is full. */
async function makeRoom(swarm: Swarm): Promise<Result<void>> {
  const { entries } = swarm.torrents
  if (entries.size < swarm.maxTorrents) return ok(undefined)
  const idle = [...entries].filter(([, entry]) => !entry.own && entry.users === 0).sort(([, a], [, b]) => a.lastUsed - b.lastUsed)[0]
  if (!idle)
    return failForNow('swarm.full', `The swarm already takes part in ${entries.size} torrents: drop some that are no longer needed.`)
  await swarm.torrents.remove(idle[0])
  return ok(undefined)
}

async function fetch(swarm: Swarm, infohash: string, options: SwarmFetchOptions): Promise<Result<SwarmFile[]>> {
  if (!/^[0-9a-f]{40}$/.test(infohash))
    return fail('swarm.infohash', 'An infohash is 40 lower-case hex digits: check the anchor that named it.')
  const stop = createStop(infohash, options, swarm.closing.signal)
  const place = swarm.gate.enter()
  try {
    const late = await Promise.race([stop.failed, place.entered])
    if (late) return late
    const entry = await swarm.locks.run(infohash, () => entryFor(swarm, infohash))
    if (!entry.ok) return entry
    const result = await fetchFrom(entry.value, options, stop)
    await afterFetch(swarm, infohash, entry.value, result.ok)
    return result
  } finally {
    place.leave()
    stop.clear()
  }
}

async function entryFor(swarm: Swarm, infohash: string): Promise<Result<Entry>> {
  if (swarm.closing.signal.aborted) return stopped('The swarm was closed')
  let entry = swarm.torrents.entries.get(infohash)
  if (!entry) {
    const room = await makeRoom(swarm)
    if (!room.ok) return room
    entry = swarm.torrents.add(infohash, swarm.folder.storedAt(infohash))
  }
  entry.users += 1
  entry.lastUsed = Date.now()
  return ok(entry)
}

/** Keeps what arrived, and clears away a torrent that nobody waits for and of which nothing was kept. */
async function afterFetch(swarm: Swarm, infohash: string, entry: Entry, arrived: boolean): Promise<void> {
  entry.users -= 1
  if (swarm.torrents.entries.get(infohash) !== entry) {
    if (entry.failure && !entry.kept) swarm.folder.remove(infohash)
    return
  }
  if (arrived && !entry.own) await keep(swarm, infohash, entry)
  if (entry.kept || entry.users > 0) return
  // Nobody waits for it: leaving the swarm takes a second where the tracker is away.
  const cleaning = swarm.locks.run(infohash, async () => {
    if (swarm.torrents.entries.get(infohash) !== entry || entry.kept || entry.users > 0) return
    await swarm.torrents.remove(infohash)
    swarm.folder.remove(infohash)
  })
  swarm.cleaning.add(cleaning)
  void cleaning.finally(() => swarm.cleaning.delete(cleaning))
}

/** The files are with the caller already, so a note that cannot be written costs only the next start. */
async function keep(swarm: Swarm, infohash: string, entry: Entry): Promise<void> {
  entry.kept = true
  const { torrent } = entry
  try {
    await swarm.folder.note(
      infohash,
      torrent.torrentFile,
      torrent.bitfield.buffer,
      torrent.files.map((file) => file.path),
    )
  } catch (error) {
    swarm.log.log('warn', 'A fetched torrent could not be noted', { infohash, reason: (error as Error).message })
  }
}

const drop = (swarm: Swarm, infohash: string): Promise<Result<void>> =>
  swarm.locks.run(infohash, async () => {
    if (!/^[0-9a-f]{40}$/.test(infohash)) return fail('swarm.infohash', 'An infohash is 40 lower-case hex digits.')
    await swarm.torrents.remove(infohash)
    swarm.folder.remove(infohash)
    return ok(undefined)
  })

/** Announces again what a tracker that was away has not heard. */
function announceMissing(swarm: Swarm): void {
  const missing = [...swarm.torrents.entries.values()].filter((entry) => !entry.announced)
  for (const entry of missing.slice(0, RETRIES_A_ROUND)) entry.torrent.discovery?.tracker?.update()
}

function statusOf(swarm: Swarm): SwarmStatus {
  const all = [...swarm.torrents.entries]
  return {
    torrents: all.length,
    peers: all.reduce((sum, [, entry]) => sum + entry.torrent.wires.length, 0),
    seeding: all.filter(([, entry]) => entry.own || entry.kept).map(([infohash]) => infohash),
    downloadedBytes: swarm.bytes.down,
    uploadedBytes: swarm.bytes.up,
    tracker: swarm.trackers.length === 0 ? 'none' : swarm.torrents.trackerReached() ? 'ok' : 'unreachable',
  }
}

async function close(swarm: Swarm): Promise<void> {
  swarm.closing.abort()
  const left = swarm.client.destroyed ? undefined : new Promise<void>((done) => swarm.client.destroy(() => done()))
  await Promise.all([left, ...swarm.cleaning])
}
