/**
 * The local network: a chain, a tracker, one Supervisor, servers and clients, each participant a process with its own data folder, torrent client
 * and port. For «try it on this computer», for the demo and for scenario tests.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { createRpcChain, type RpcChain } from '../../../adapters/chain/index.ts'
import { lockFolder } from '../../../adapters/storage/lock.ts'
import { startTracker, type Tracker } from '../../../adapters/torrent/tracker.ts'
import type { ParticipantConfig } from '../../../core/index.ts'
import type { LogPort } from '../../../core/ports.ts'
import type { BlockClock } from './block-clock.ts'
import { serveEmbeddedChain, startEmbeddedChain, type ChainProcess } from './chain.ts'
import { portOf, readNote, writeNote, type NetworkNote } from './note.ts'
import { configOf, partsOf, type NetworkPlan } from './plan.ts'
import { createPace } from './pace.ts'
import { createFunds } from './funds.ts'
import type { Memory } from '../../worker/lean.ts'
import { createParticipants, type Absent } from './participants.ts'
import { startParticipant, type ParticipantProcess, type Starter } from './process.ts'
import { createTime, type Time } from './time.ts'

export interface LocalNetworkOptions extends NetworkPlan {
  /** Kept when it exists: the network goes on where it stopped. */
  folder: string
  /** Milliseconds between blocks; 0: only `mine` makes blocks. Left out: what `time.setPace` was told last, or two seconds. */
  blockMs?: number | undefined
  /** Looks without any movement after which a regular block no longer waits for somebody who is stuck; see block-clock.ts. */
  blockLooks?: number
  /** A bitcoind in regtest instead of the embedded chain. */
  bitcoind?: { url: string; user: string; password: string }
  /** Start a participant again that ended by itself. Off for stories that kill some. */
  keepUp?: boolean
  /** Of the participants' processes: `roomy` to see how each runs on a machine of its own. Default `lean`, because they share one. */
  memory?: Memory
  /** The embedded chain is kept in this process instead of one of its own. */
  chainHere?: boolean
  /** Where participants are started in another way than each in a process of its own. */
  start?: Starter
  logLevel: ParticipantConfig['logLevel']
  /** Log lines of all participants. */
  output(name: string, text: string): void
  log: LogPort
  /** Called as soon as a participant serves, before all of them do. */
  started?(participant: ParticipantProcess): void
  /** Told of each that cannot start; the others go on without it. */
  absent?(one: Absent): void
  /** Ends a start that is under way: what runs by then is ended in order, and the start rejects. A network that stands is ended by `stop`. */
  signal?: AbortSignal
}

export interface LocalNetwork {
  readonly participants: Map<string, ParticipantProcess>
  /** Participants that cannot start, and what to do about each. */
  readonly out: ReadonlyMap<string, string>
  readonly chain: RpcChain
  readonly backend: 'embedded' | 'bitcoind'
  readonly tracker: Tracker
  /** Mines so many blocks now. */
  mine(blocks: number): Promise<void>
  /** To be told when blocks were replaced by another branch: regular blocks no longer wait for what was anchored in them. */
  replaced(): void
  /** The regular blocks. */
  readonly clock: BlockClock
  /** The same two, and how fast blocks come. */
  readonly time: Time
  /** Grows with everything that a participant did: views that changed, log lines that say something new. */
  moved(): number
  /** Starts a participant that was stopped or killed from its data folder. */
  restart(name: string): Promise<ParticipantProcess>
  stop(): Promise<void>
}

/** Who waits for a torrent asks the tracker again by itself; the others only say that they are still there. */
const ANNOUNCE_MS = 120_000

/** @throws in one sentence when a part cannot start; what had started is ended. */
export async function startLocalNetwork(options: LocalNetworkOptions): Promise<LocalNetwork> {
  const closing: Array<() => unknown> = []
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).reverse()) await end()
  }
  try {
    return await build(options, closing, close)
  } catch (error) {
    await close()
    throw error
  }
}

const digestOf = (program: unknown): string => createHash('sha256').update(JSON.stringify(program)).digest('hex')

const anotherVersion = ({ folder, title }: LocalNetworkOptions): string =>
  `The local network in ${folder} goes on with the «${title}» that it has; the program given now is not the one that it began with. For a network of its own, name another folder with --folder; to take over, use the command supersede.`

async function build(options: LocalNetworkOptions, closing: Array<() => unknown>, stop: () => Promise<void>): Promise<LocalNetwork> {
  const { folder, log, signal } = options
  const lock = lockFolder(folder, 500)
  if (!lock.ok) throw new Error(lock.error.message)
  closing.push(lock.value)
  const before = earlierNote(options)
  const { access, chain } = await openChain(options, before, closing)
  const tracker = await startTrackerAgain(portOf(before?.tracker))
  closing.push(tracker.close)
  signal?.throwIfAborted()
  const note: NetworkNote = {
    app: options.title,
    program: before?.program ?? digestOf(options.program),
    chain: access,
    tracker: tracker.announceUrl,
    funded: before?.funded ?? [],
    size: { servers: options.servers, tickBlocks: options.tickBlocks },
    ...(before?.blockMs === undefined ? {} : { blockMs: before.blockMs }),
  }
  writeNote(folder, note)

  const pace = createPace()
  const time = createTime({ folder, note, chain, pace, log, blockMs: options.blockMs, looks: options.blockLooks })
  const funds = createFunds({ folder, note, chain, log, mine: time.mine })
  const meeting = { folder, chain: access, tracker: tracker.announceUrl, logLevel: options.logLevel, network: options.network }
  const configs = new Map(partsOf(options, tracker.announceUrl).map((part) => [part.settings.name, configOf(meeting, part)]))
  let begun = false
  const people = createParticipants({
    configs,
    pace,
    keepUp: options.keepUp === true,
    log,
    start: options.start ?? eachInOwnProcess(options),
    starting: (name) => funds.look([name]),
    started(participant) {
      options.started?.(participant)
      // A failure is told to the log, and the next start gives them again.
      if (begun) funds.give([participant]).catch(() => undefined)
    },
    absent: (one) => options.absent?.(one),
  })
  closing.push(people.stopAll, time.clock.stop)
  signal?.addEventListener('abort', () => void people.stopAll(), { once: true })
  await people.startAll()
  signal?.throwIfAborted()
  begun = true
  await funds.give([...people.running.values()])
  await time.clock.set(time.blockMs)
  signal?.throwIfAborted()
  const { running: participants, out, restart } = people
  const { moved, replaced } = pace
  const { backend } = access
  return { participants, out, chain, backend, tracker, time, mine: time.mine, clock: time.clock, moved, replaced, restart, stop }
}

/** Of the network that goes on here; null where one begins. @throws where it is another app's */
function earlierNote(options: LocalNetworkOptions): NetworkNote | null {
  const { folder, title, program, log } = options
  const earlier = readNote(folder)
  if (!earlier.ok) return null
  const { app, program: begun } = earlier.value
  if (app !== undefined && app !== title)
    throw new Error(`The local network in ${folder} runs «${app}». Name another folder for «${title}» with --folder.`)
  if (begun !== undefined && begun !== digestOf(program)) log.log('warn', anotherVersion(options))
  return earlier.value
}

const eachInOwnProcess =
  ({ output, memory = 'lean' }: LocalNetworkOptions): Starter =>
  (config) =>
    startParticipant(config, (text) => output(config.settings.name, text), memory)

async function openChain(options: LocalNetworkOptions, before: NetworkNote | null, closing: Array<() => unknown>) {
  const { access, stop } = await startChain(options, before)
  closing.push(stop)
  const chain = createRpcChain({ ...access, network: 'regtest', log: options.log })
  closing.push(chain.close)
  const status = await chain.status()
  if (!status.ok) throw new Error(`The local network needs its chain, but ${status.error.message}.`)
  return { access, chain }
}

const startChain = (options: LocalNetworkOptions, before: NetworkNote | null): Promise<ChainProcess> =>
  options.bitcoind
    ? Promise.resolve({
        access: { url: options.bitcoind.url, user: options.bitcoind.user, password: options.bitcoind.password, backend: 'bitcoind' },
        stop: () => Promise.resolve(),
      })
    : (options.chainHere === true ? serveEmbeddedChain : startEmbeddedChain)(join(options.folder, 'chain'), portOf(before?.chain.url))

const startTrackerAgain = (port: number): Promise<Tracker> => {
  const start = (at: number): Promise<Tracker> => startTracker({ host: '127.0.0.1', port: at, intervalMs: ANNOUNCE_MS })
  return port === 0 ? start(0) : start(port).catch(() => start(0))
}
