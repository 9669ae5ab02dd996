/**
 * Which stored torrents are open, and for how long. A fetch or a peer that comes for it opens a torrent; unused for a while, it rests again. At most
 * `maxOpen` are open at one time, own or fetched: then the longest unused one makes room.
 */
import type { Answer } from './announcing.ts'
import { isOfDisk } from './durable.ts'
import type { SwarmFolder } from './folder.ts'
import type { createLocks } from './gate.ts'
import type { Entry, OpenTorrents } from './open-torrents.ts'

export interface Waking {
  entry(infohash: string): Entry | undefined
  counts(): { open: number; peers: number }
  /** For a peer whose handshake names it. False: it is not stored, or everything that is open is in use. */
  fromOutside(infohash: string): Promise<boolean>
  /** For a fetch, which then is one of its users; null when the swarm closes. A fetch always gets room: fewer run at one time than may be open. */
  forFetch(infohash: string): Promise<Entry | null>
  /** Opens it and connects to peers that want it. */
  dial(infohash: string, peers: string[]): void
  /** The same for a node that nobody ever reached: those who want something from it cannot come. */
  dialIfHidden(infohash: string, answer: Answer): void
  /** Connects to a neighbour who looks for it or has it, where it is open or stored. */
  dialNear(infohash: string, peer: string): void
  /** Lets it rest at once. False: a fetch uses it. */
  rest(infohash: string): boolean
  /** Closes it, and trackers are told that it is gone. */
  remove(infohash: string): Promise<void>
  settled(): Promise<void>
  close(): void
}

export interface WakingOptions {
  torrents: OpenTorrents
  folder: SwarmFolder
  locks: ReturnType<typeof createLocks>
  closing: AbortSignal
  maxOpen: number
  idleMs: number
}

/**
 * What was used so lately does not make room for strangers, and they open at most fifty torrents a second: so many of them cannot keep everything
 * opening and closing. They wait in line for a while.
 */
const BUSY_MS = 1_000
/** One without a connection does after this time, in which the peer that came for it is let in. */
const LET_IN_MS = 100
const TURN_MS = 20
const PATIENCE_MS = 5_000
const MOST_DIALLED = 10

interface State extends WakingOptions {
  /** Whether a peer ever came in. */
  reached: boolean
  /** When the next stranger may open something. */
  nextTurn: number
  timer: NodeJS.Timeout | undefined
}

export function createWaking(options: WakingOptions): Waking {
  const state: State = { ...options, reached: false, nextTurn: 0, timer: undefined }
  const { torrents, closing } = options
  const { entries } = torrents
  const dial = async (infohash: string, peers: string[]): Promise<void> => {
    const entry = (await open(state, infohash)) ? entries.get(infohash) : undefined
    for (const peer of peers.slice(0, MOST_DIALLED)) addPeer(entry, peer)
  }
  return {
    entry: (infohash) => entries.get(infohash),
    counts: () => ({ open: entries.size, peers: [...entries.values()].reduce((sum, { torrent }) => sum + torrent.wires.length, 0) }),
    fromOutside(infohash) {
      state.reached = true
      return openForStranger(state, infohash).catch(() => false)
    },
    forFetch: (infohash) => openForFetch(state, infohash),
    dial: (infohash, peers) => void dial(infohash, peers).catch(() => undefined),
    dialIfHidden(infohash, { incomplete, peers }) {
      if (!state.reached && incomplete > 0 && !closing.aborted) void dial(infohash, peers).catch(() => undefined)
    },
    dialNear(infohash, peer) {
      if (!entries.has(infohash) && !state.folder.has(infohash)) return
      void openForStranger(state, infohash)
        .then((isOpen) => isOpen && addPeer(entries.get(infohash), peer))
        .catch(() => undefined)
    },
    rest(infohash) {
      if ((entries.get(infohash)?.users ?? 0) > 0) return false
      torrents.rest(infohash)
      return true
    },
    remove: torrents.remove,
    settled: torrents.settled,
    close: () => clearTimeout(state.timer),
  }
}

/** The library throws for a torrent that does not know yet which one it is. */
function addPeer(entry: Entry | undefined, peer: string): void {
  if (entry !== undefined && !entry.torrent.destroyed && entry.torrent.infoHash) entry.torrent.addPeer(peer)
}

async function openForStranger(state: State, infohash: string): Promise<boolean> {
  const { torrents, folder, closing } = state
  const begun = Date.now()
  state.nextTurn = Math.max(begun, state.nextTurn + TURN_MS)
  for (let wait = state.nextTurn - begun; !torrents.entries.has(infohash) && folder.has(infohash); wait = LET_IN_MS) {
    if (wait > 0) await sleep(wait)
    if (closing.aborted || Date.now() - begun > PATIENCE_MS) return false
    if (await open(state, infohash)) return true
  }
  return torrents.entries.has(infohash)
}

const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })

async function open(state: State, infohash: string): Promise<boolean> {
  const { torrents, folder, locks, closing } = state
  if (torrents.entries.has(infohash)) return true
  if (!folder.has(infohash)) return false
  return locks.run(infohash, async () => {
    const stored = await folder.storedAt(infohash)
    if (closing.aborted) return false
    if (torrents.entries.has(infohash)) return true
    if (stored === undefined || !makeRoom(state, isIdle)) return false
    const entry = torrents.open(infohash, stored)
    watchUse(state)
    await isReady(entry)
    if (stored.bitfield === undefined) await noteHashed(state, infohash, entry)
    return entry.failure === undefined
  })
}

async function openForFetch(state: State, infohash: string): Promise<Entry | null> {
  const { torrents, folder, locks, closing } = state
  return locks.run(infohash, async () => {
    const stored = await folder.storedAt(infohash)
    if (closing.aborted) return null
    const known = torrents.entries.get(infohash)
    if (known === undefined) makeRoom(state, () => true)
    const entry = known ?? torrents.open(infohash, stored)
    entry.users += 1
    entry.lastUsed = Date.now()
    watchUse(state)
    if (known === undefined && stored !== undefined) await isReady(entry)
    return entry
  })
}

/** Whether another one may be opened; the longest unused one rests for it, those without connections first. */
function makeRoom({ torrents, maxOpen }: State, mayRest: (entry: Entry) => boolean): boolean {
  if (torrents.entries.size < maxOpen) return true
  const unused = [...torrents.entries].filter(([, entry]) => entry.kept && entry.users === 0 && mayRest(entry))
  const longest = unused.sort(([, a], [, b]) => connected(a) - connected(b) || a.lastUsed - b.lastUsed)[0]
  if (longest === undefined) return false
  torrents.rest(longest[0])
  return true
}

const connected = ({ torrent }: Entry): number => (torrent.wires.length > 0 ? 1 : 0)
const isIdle = (entry: Entry): boolean => Date.now() - entry.lastUsed > (connected(entry) ? BUSY_MS : LET_IN_MS)

/** While something is open, it is looked at now and then whether somebody still uses it. */
function watchUse(state: State): void {
  const { torrents, idleMs, closing } = state
  state.timer ??= setTimeout(() => {
    state.timer = undefined
    const since = Date.now() - idleMs
    for (const [infohash, { users, kept, lastUsed }] of torrents.entries)
      if (kept && users === 0 && lastUsed <= since) torrents.rest(infohash)
    if (torrents.entries.size > 0 && !closing.aborted) watchUse(state)
  }, idleMs / 4).unref()
}

/** Its pieces were hashed, because its files had changed; the next opening need not, where the disk takes the note. */
async function noteHashed({ folder }: State, infohash: string, { torrent, failure }: Entry): Promise<void> {
  if (failure !== undefined || torrent.destroyed) return
  const { torrentFile, bitfield, files, length, downloaded } = torrent
  const content = { bitfield: bitfield.buffer, files: files.map(({ path }) => path), left: length - downloaded }
  await folder.note(infohash, torrentFile, content).catch((error: unknown) => {
    if (!isOfDisk(error)) throw error
  })
}

/** Resolves when it can be served, or has failed. */
const isReady = ({ torrent }: Entry): Promise<void> =>
  new Promise((resolve) => {
    if (torrent.ready || torrent.destroyed) return resolve()
    torrent.once('ready', () => resolve())
    torrent.once('close', () => resolve())
  })
