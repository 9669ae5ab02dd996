import { createMetainfo, infohashOf } from '../../../main/adapters/torrent/metainfo.ts'
import type { SwarmFetchOptions, SwarmFile, SwarmPort } from '../../../main/core/ports.ts'
import { fail, failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import { alarm, whenAborted, type Network } from './network.ts'

interface Torrent {
  name: string
  /** Own, or fetched and accepted. */
  kept: boolean
  files: Map<string, { size: number; bytes: Uint8Array | undefined }>
}
interface Peer {
  name: string
  online: boolean
  torrents: Map<string, Torrent>
  /** Trackers that apps named, by app. */
  trackers: Map<string, readonly string[]>
  downloaded: number
  uploaded: number
  closing: AbortController
}

export interface SwarmNetwork {
  /** The swarm of one participant. The same name again, after `close`, finds what it had on disk. */
  peer(name: string): SwarmPort
  /** Names of the files that a participant has, by infohash. */
  filesOf(name: string): Map<string, string[]>
  /** The torrents of which a participant has every file. */
  torrentsOf(name: string): Array<{ infohash: string; name: string; files: SwarmFile[] }>
  /** Trackers that a participant was told of, by app. */
  trackersOf(name: string): ReadonlyMap<string, readonly string[]>
  /** A participant's disk is gone, with everything that it served. */
  forget(name: string): void
  /** Without a tracker, only peers that already know each other find each other. */
  setTracker(state: 'ok' | 'unreachable'): void
}

const ASK_AGAIN_MS = 300

/** Swarms of one simulated network: the same infohashes as the real one, and whole files instead of pieces. */
export function createSwarmNetwork(network: Network): SwarmNetwork {
  const peers = new Map<string, Peer>()
  const known = new Set<string>()
  const state: SwarmState = { network, peers, known, tracker: 'ok' }
  return {
    setTracker: (tracker) => {
      state.tracker = tracker
    },
    trackersOf: (name) => peers.get(name)?.trackers ?? new Map<string, string[]>(),
    filesOf: (name) =>
      new Map(
        [...(peers.get(name)?.torrents ?? [])].map(([infohash, { files }]) => [
          infohash,
          [...files].flatMap(([file, { bytes }]) => (bytes === undefined ? [] : [file])),
        ]),
      ),
    torrentsOf: (name) =>
      [...(peers.get(name)?.torrents ?? [])].flatMap(([infohash, torrent]) => {
        const files = [...torrent.files].flatMap(([file, { bytes }]) => (bytes === undefined ? [] : [{ name: file, bytes }]))
        return files.length === torrent.files.size ? [{ infohash, name: torrent.name, files }] : []
      }),
    forget: (name) => void peers.delete(name),
    peer: (name) => {
      const before = peers.get(name)
      const peer: Peer = {
        name,
        online: true,
        torrents: before?.torrents ?? new Map(),
        trackers: new Map(),
        downloaded: 0,
        uploaded: 0,
        closing: new AbortController(),
      }
      peers.set(name, peer)
      return portOf(state, peer)
    },
  }
}

interface SwarmState {
  network: Network
  peers: Map<string, Peer>
  known: Set<string>
  tracker: 'ok' | 'unreachable'
}

function portOf(state: SwarmState, peer: Peer): SwarmPort {
  return {
    seed: async (name, files) => seed(peer, name, files),
    infohash: (name, files) => infohashOf(name, files),
    fetch: (infohash, options) => fetchAndKeep(state, peer, infohash, options),
    keepOnly: async (infohash, files) => {
      for (const [name, file] of peer.torrents.get(infohash)?.files ?? []) if (!files.includes(name)) file.bytes = undefined
      return ok(undefined)
    },
    drop: async (infohash) => {
      peer.torrents.delete(infohash)
      return ok(undefined)
    },
    trackersOf(app, urls) {
      peer.trackers.set(app, urls)
      return ok(undefined)
    },
    status: () => ({
      stored: [...peer.torrents.values()].filter(({ kept }) => kept).length,
      open: [...peer.torrents.values()].filter(({ kept }) => !kept).length,
      downloadedBytes: peer.downloaded,
      uploadedBytes: peer.uploaded,
      tracker: state.tracker,
      peers: [...state.peers.values()].filter((other) => other.online && state.known.has(pair(peer.name, other.name))).length,
    }),
    close: async () => {
      peer.online = false
      peer.closing.abort()
    },
  }
}

const pair = (a: string, b: string) => [a, b].sort().join('|')
const stopped = fail('swarm.stopped', 'The fetch was stopped before the files had arrived: start it again if they are still wanted.')

function seed(peer: Peer, name: string, files: SwarmFile[]): Result<{ infohash: string }> {
  if (!peer.online) return stopped
  const metainfo = createMetainfo(name, files)
  if (!metainfo.ok) return metainfo
  const kept = metainfo.value.files.map((file) => [file.name, { size: file.bytes.length, bytes: Uint8Array.from(file.bytes) }] as const)
  peer.torrents.set(metainfo.value.infohash, { name, kept: true, files: new Map(kept) })
  return ok({ infohash: metainfo.value.infohash })
}

async function fetchAndKeep(state: SwarmState, peer: Peer, infohash: string, options: SwarmFetchOptions): Promise<Result<SwarmFile[]>> {
  const result = await fetch(state, peer, infohash, options)
  const torrent = peer.torrents.get(infohash)
  if (result.ok && (options.accept?.(result.value) ?? true) && torrent) torrent.kept = true
  if (torrent?.kept === false) peer.torrents.delete(infohash)
  return result
}

async function fetch(state: SwarmState, peer: Peer, infohash: string, options: SwarmFetchOptions): Promise<Result<SwarmFile[]>> {
  if (!/^[0-9a-f]{40}$/.test(infohash))
    return fail('swarm.infohash', 'An infohash is 40 lower-case hex digits: check the anchor that named it.')
  if (!peer.online) return stopped
  const end = { reached: false }
  const timeout = alarm(
    state.network.clock,
    options.timeoutMs,
    failForNow('swarm.timeout', `Nobody delivered the torrent ${infohash} within ${options.timeoutMs} ms.`),
  )
  const result = await Promise.race([
    whenAborted(options.signal, stopped),
    whenAborted(peer.closing.signal, stopped),
    timeout.rings,
    download(state, peer, infohash, options, end),
  ])
  end.reached = true
  timeout.clear()
  return result
}

async function download(
  state: SwarmState,
  peer: Peer,
  infohash: string,
  options: SwarmFetchOptions,
  end: { reached: boolean },
): Promise<Result<SwarmFile[]>> {
  while (!end.reached) {
    for (const other of state.network.random.shuffle(sourcesOf(state, peer, infohash))) {
      if (other !== peer && !(await state.network.carry(peer.name, other.name))) continue
      const torrent = other.torrents.get(infohash)
      if (end.reached || !torrent || !other.online) continue
      state.known.add(pair(peer.name, other.name))
      const refused = refuse(torrent, options)
      if (refused) return refused
      if (other !== peer && !(await state.network.carry(other.name, peer.name))) continue
      if (end.reached) return stopped
      take(peer, other, infohash, torrent, options.files)
    }
    const mine = peer.torrents.get(infohash)
    const files = options.files.map((name) => ({ name, bytes: mine?.files.get(name)?.bytes }))
    if (mine && files.every((file) => file.bytes)) return ok(files.map(({ name, bytes }) => ({ name, bytes: Uint8Array.from(bytes!) })))
    await state.network.wait(ASK_AGAIN_MS)
  }
  return stopped
}

/** Who can be asked: oneself, and those the tracker, an earlier meeting or the caller names. */
const sourcesOf = (state: SwarmState, peer: Peer, infohash: string): Peer[] =>
  [...state.peers.values()].filter(
    (other) =>
      other.online &&
      other.torrents.has(infohash) &&
      (other === peer || state.tracker === 'ok' || state.known.has(pair(peer.name, other.name))),
  )

function refuse(torrent: Torrent, options: SwarmFetchOptions) {
  const missing = options.files.find((name) => !torrent.files.has(name))
  if (missing !== undefined)
    return fail('swarm.no-file', `The torrent has no file ${JSON.stringify(missing)}: it may be of another type than expected.`)
  const total = options.files.reduce((sum, name) => sum + torrent.files.get(name)!.size, 0)
  return total > options.maxBytes
    ? fail('swarm.too-large', `The wanted files have ${total} bytes, above the limit of ${options.maxBytes}: they were not downloaded.`, {
        total,
      })
    : undefined
}

function take(peer: Peer, other: Peer, infohash: string, torrent: Torrent, names: string[]): void {
  const empty = [...torrent.files].map(([name, { size }]) => [name, { size, bytes: undefined as Uint8Array | undefined }] as const)
  const mine =
    peer.torrents.get(infohash) ?? peer.torrents.set(infohash, { name: torrent.name, kept: false, files: new Map(empty) }).get(infohash)!
  for (const name of names) {
    const bytes = torrent.files.get(name)?.bytes
    if (!bytes || mine.files.get(name)!.bytes) continue
    mine.files.set(name, { size: bytes.length, bytes })
    peer.downloaded += bytes.length
    other.uploaded += bytes.length
  }
}
