/**
 * Tells trackers (BEP 3, 15) and the DHT (BEP 5) which torrents are here, without having them open: one announce after the other, in rounds. A round
 * names all that is stored, newest first. Between rounds a heartbeat asks what the tracker knows of the newest few and names them; a tracker that was
 * away, or has forgotten everything, is told all of it again, whoever notices it first.
 */
import TrackerClient from 'bittorrent-tracker'
import type WebTorrent from 'webtorrent'
import type { LogPort } from '../../core/ports.ts'
import { joinTable } from './table.ts'
import type { TrackerList } from './tracker-list.ts'

export interface Announced {
  infohash: string
  /** Bytes of it that are not here. */
  left: number
}

/** What a tracker says of a torrent. */
export interface Answer {
  /** Peers that it names. */
  peers: string[]
  /** Peers that are not complete. */
  incomplete: number
}

export interface Announcing {
  /** Announces a torrent that is new here, ahead of every round. @returns what the trackers that answered in time said */
  announce(announced: Announced): Promise<Answer>
  /** `none`: there is no tracker. */
  tracker(): 'ok' | 'unreachable' | 'none'
  /** A tracker answered or failed elsewhere: to an open torrent. */
  heard(reached: boolean): void
  /** There are other trackers now: all that is stored is announced to them. */
  changed(): void
  /** Tells trackers that a torrent is not here any more. */
  gone(infohash: string): void
  close(): void
}

export interface AnnouncingOptions {
  client: WebTorrent
  trackers: TrackerList
  log: LogPort
  heartbeatMs: number
  /** All that is stored, newest first. */
  stored(): Promise<string[]>
  /** Bytes of a stored torrent that are not here; null when it is not there any more. */
  left(infohash: string): Promise<number | null>
  /** What trackers said of a torrent that was named in a round. */
  answered(infohash: string, answer: Answer): void
}

/** Trackers forget whom they have not heard for 20 to 60 minutes. */
const ROUND_MS = 300_000
const DHT_ROUND_MS = 900_000
const AWAY_MS = 5_000
/** The newest torrents, which are those most wanted. */
const RECENT = 4
/** Between two announces of a round, so that thousands of torrents are no burst: 25 a second at most. */
const PACE_MS = 40
const ANSWER_MS = 2_000
const DHT_ANSWER_MS = 30_000

interface State extends AnnouncingOptions {
  reached: boolean
  recent: Announced[]
  closed: boolean
  /** Begins a round: a tracker is there again, and may know nothing. */
  back(): void
  /** The heart beats soon: no tracker answers. */
  hurry(): void
}

/** Whatever hears of the trackers says so here, so that nobody's good news hides from the others that a tracker was away. */
function hear(state: State, reached: boolean): void {
  const before = state.reached
  state.reached = reached
  if (reached && !before) state.back()
  if (!reached && before) state.hurry()
}

export function createAnnouncing(options: AnnouncingOptions): Announcing {
  const state: State = { ...options, reached: true, recent: [], closed: false, back: () => undefined, hurry: () => undefined }
  const { trackers, client } = options
  const inRound: Tell = async (announced, first) =>
    options.answered(announced.infohash, await tellTrackers(state, announced, first ? 'started' : null))
  let rounds: ReturnType<typeof startRounds> | null = null
  let stopHeart: () => void = () => undefined
  const any = (): boolean => trackers.now().length > 0
  const begin = (): void => {
    rounds = startRounds(state, ROUND_MS, inRound)
    state.back = rounds.again
    stopHeart = startHeart(state)
  }
  if (any()) begin()
  const dhtRounds = client.dht ? startRounds(state, DHT_ROUND_MS, ({ infohash }) => tellDht(client, infohash), isReady(client)) : null
  // What was announced while nobody was known reached nobody.
  const leaveTable = joinTable(client, () => dhtRounds?.again())
  return {
    async announce(announced) {
      state.recent = [announced, ...state.recent.filter(({ infohash }) => infohash !== announced.infohash)].slice(0, RECENT)
      if (client.dht) void tellDht(client, announced.infohash)
      return any() ? tellTrackers(state, announced, 'started') : { peers: [], incomplete: 0 }
    },
    tracker: () => (!any() ? 'none' : state.reached ? 'ok' : 'unreachable'),
    heard: (reached) => hear(state, reached),
    changed() {
      if (state.closed || !any()) return
      if (rounds === null) begin()
      else rounds.again()
    },
    gone(infohash) {
      state.recent = state.recent.filter((announced) => announced.infohash !== infohash)
      if (any()) void tellTrackers(state, { infohash, left: 0 }, 'stopped')
    },
    close() {
      state.closed = true
      stopHeart()
      leaveTable()
      rounds?.stop()
      dhtRounds?.stop()
    },
  }
}

/** The newest few at every heartbeat, and every few seconds while no tracker answers. */
function startHeart(state: State): () => void {
  let timer: NodeJS.Timeout
  let beating = false
  const beat = async (): Promise<void> => {
    beating = true
    if (await isForgotten(state)) hear(state, false)
    const event = state.reached ? null : 'started'
    for (const announced of state.recent) if (!state.closed) await tellTrackers(state, announced, event)
    beating = false
    next()
  }
  const next = (): void => {
    clearTimeout(timer)
    if (!state.closed) timer = setTimeout(() => void beat(), state.reached ? state.heartbeatMs : AWAY_MS).unref()
  }
  state.hurry = () => {
    if (!beating) next()
  }
  next()
  return () => clearTimeout(timer)
}

/** Whether the trackers know nobody of a torrent that is whole here: one that began anew answers, and has forgotten us. */
async function isForgotten(state: State): Promise<boolean> {
  const whole = state.recent.find(({ left }) => left === 0)
  if (whole === undefined || !state.reached) return false
  let forgotten = false
  await askTrackers(state, whole.infohash, (tracker, end) => {
    tracker.on('scrape', ({ complete, incomplete }: { complete?: number; incomplete?: number }) => {
      forgotten = complete === 0 && incomplete === 0
      end()
    })
    // One that cannot be asked so is heard of by the announces that follow.
    tracker.on('error', end)
    tracker.on('warning', end)
    tracker.scrape()
  })
  return forgotten
}

type Tell = (announced: Announced, first: boolean) => Promise<unknown>

/** @returns `again` begins a round now, or after the one that is under way */
function startRounds(state: State, everyMs: number, tell: Tell, ready = Promise.resolve()): { again(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  let running = false
  let wanted = false
  const run = async (first: boolean): Promise<void> => {
    running = true
    await ready
    for (const infohash of await state.stored().catch(() => [])) {
      if (state.closed) return
      const left = await state.left(infohash).catch(() => null)
      if (left !== null) await Promise.all([tell({ infohash, left }, first), pause()])
    }
    running = false
    if (state.closed) return
    if (wanted) again()
    else timer = setTimeout(() => void run(false), everyMs).unref()
  }
  const again = (): void => {
    wanted = running
    if (running) return
    clearTimeout(timer)
    void run(true)
  }
  again()
  return { again, stop: () => clearTimeout(timer) }
}

const pause = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, PACE_MS).unref()
  })

const clientOf = ({ client, trackers }: State, infohash: string): TrackerClient =>
  new TrackerClient({
    infoHash: infohash,
    peerId: client.peerId,
    announce: trackers.now(),
    port: client.torrentPort,
    userAgent: client.userAgent,
    wrtc: false,
    proxyOpts: trackers.asking,
  })

/** Asks with a client of its own, which is gone once `ask` calls `end`, and after two seconds in any case. */
function askTrackers(state: State, infohash: string, ask: (tracker: TrackerClient, end: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const tracker = clientOf(state, infohash)
    let ended = false
    const end = (): void => {
      if (ended) return
      ended = true
      clearTimeout(timer)
      tracker.destroy(() => undefined)
      resolve()
    }
    const timer = setTimeout(end, ANSWER_MS)
    ask(tracker, end)
  })
}

/** One announce to every tracker; resolves when all have answered, or after two seconds. */
async function tellTrackers(state: State, { infohash, left }: Announced, event: 'started' | 'stopped' | null): Promise<Answer> {
  const { trackers, log } = state
  const answer: Answer = { peers: [], incomplete: 0 }
  const all = trackers.now().length
  if (all === 0) return answer
  let heard = 0
  let ended = false
  await askTrackers(state, infohash, (tracker, end) => {
    const count = (reached: boolean): void => {
      if (ended) return
      hear(state, reached)
      // The peers of an answer follow in the same turn.
      if (++heard >= all) setImmediate(end)
    }
    tracker.on('update', ({ incomplete = 0 }: { incomplete?: number }) => {
      answer.incomplete += incomplete
      count(true)
    })
    tracker.on('peer', (peer: string) => void answer.peers.push(peer))
    tracker.on('error', () => count(false))
    tracker.on('warning', (error: Error) => {
      log.log('debug', 'A tracker was not told', { infohash, reason: error.message })
      count(false)
    })
    const said = { uploaded: 0, downloaded: 0, left, numwant: 20 }
    if (event === 'started') tracker.start(said)
    else if (event === 'stopped') tracker.stop(said)
    else tracker.update(said)
  })
  ended = true
  if (heard === 0) hear(state, false)
  return answer
}

/** Before it knows a node, an announce in the DHT ends at once. */
const isReady = ({ dht }: WebTorrent): Promise<void> =>
  new Promise((resolve) => {
    if (!dht || dht.ready) resolve()
    else dht.once('ready', resolve)
  })

/** As good as can be: a lookup is a hundred packets, one is made at a time, and nodes forget after half an hour. */
const tellDht = (client: WebTorrent, infohash: string): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, DHT_ANSWER_MS)
    const done = (): void => {
      clearTimeout(timer)
      resolve()
    }
    if (!client.dht || client.destroyed) return done()
    // Else it tells those whom the last lookup found, though that be nobody, for five minutes.
    client.dht._tables.remove(infohash)
    client.dht.announce(infohash, client.torrentPort, done)
  })
