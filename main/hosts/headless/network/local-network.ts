/**
 * The local network: a chain, a tracker, one Supervisor, servers and clients, each participant a process with its own data folder, torrent client
 * and port. For «try it on this computer», for the demo and for scenario tests.
 */
import { join } from 'node:path'
import { createRpcChain, type RpcChain } from '../../../adapters/chain/index.ts'
import { lockFolder } from '../../../adapters/storage/lock.ts'
import { startTracker, type Tracker } from '../../../adapters/torrent/tracker.ts'
import { must, type ParticipantConfig } from '../../../core/index.ts'
import type { LogPort } from '../../../core/ports.ts'
import { createBlockClock, type BlockClock } from './block-clock.ts'
import { startEmbeddedChain, type ChainAccess, type ChainProcess } from './chain.ts'
import { portOf, readNote, writeNote, type NetworkNote } from './note.ts'
import { configOf, settingsOf, type NetworkPlan } from './plan.ts'
import { createPace, type Pace } from './pace.ts'
import { startParticipant, type ParticipantProcess } from './process.ts'

export interface LocalNetworkOptions extends NetworkPlan {
  /** Kept when it exists: the network goes on where it stopped. */
  folder: string
  /** Milliseconds between blocks; 0: only `mine` makes blocks. */
  blockMs: number
  /** Looks without any movement after which a regular block no longer waits for somebody who is stuck; see block-clock.ts. */
  blockLooks?: number
  /** A bitcoind in regtest instead of the embedded chain. */
  bitcoind?: { url: string; user: string; password: string }
  /** Start a participant again that ended by itself. Off for stories that kill some. */
  keepUp?: boolean
  logLevel: ParticipantConfig['logLevel']
  /** Log lines of all participants. */
  output(name: string, text: string): void
  log: LogPort
  /** Called as soon as a participant serves, before all of them do. */
  started?(participant: ParticipantProcess): void
}

export interface LocalNetwork {
  readonly participants: Map<string, ParticipantProcess>
  readonly chain: RpcChain
  readonly backend: 'embedded' | 'bitcoind'
  readonly tracker: Tracker
  /** Mines so many blocks now. */
  mine(blocks: number): Promise<void>
  /** The regular blocks. */
  readonly clock: BlockClock
  /** Grows with everything that a participant did: views that changed, log lines that say something new. */
  moved(): number
  /** Starts a participant that was stopped or killed from its data folder. */
  restart(name: string): Promise<ParticipantProcess>
  stop(): Promise<void>
}

const COINBASE_MATURITY = 100
const COINS_EACH = 2
const RESTART_MS = 1_000
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

async function build(options: LocalNetworkOptions, closing: Array<() => unknown>, stop: () => Promise<void>): Promise<LocalNetwork> {
  const { folder, log } = options
  const lock = lockFolder(folder, 500)
  if (!lock.ok) throw new Error(lock.error.message)
  closing.push(lock.value)
  const earlier = readNote(folder)
  const before = earlier.ok ? earlier.value : null
  if (before?.app !== undefined && before.app !== options.title)
    throw new Error(`The local network in ${folder} runs «${before.app}». Name another folder for «${options.title}» with --folder.`)
  const node = await startChain(options, before)
  closing.push(node.stop)
  const chain = createRpcChain({ ...node.access, network: 'regtest', log })
  closing.push(chain.close)
  const status = await chain.status()
  if (!status.ok) throw new Error(`The local network needs its chain, but ${status.error.message}.`)
  const tracker = await startTrackerAgain(portOf(before?.tracker))
  closing.push(tracker.close)
  const note: NetworkNote = { app: options.title, chain: node.access, tracker: tracker.announceUrl, funded: before?.funded ?? [] }
  writeNote(folder, note)

  const pace = createPace()
  const mine = async (blocks: number): Promise<void> => {
    pace.beforeBlock()
    must(await chain.control.mineTo(blocks, null))
  }
  const behind = async (): Promise<string[]> => {
    const tip = await chain.tip()
    return tip.ok ? pace.behind(tip.value.height) : ['the chain']
  }
  const clock = createBlockClock({
    mine,
    behind,
    moved: pace.moved,
    log,
    ...(options.blockLooks === undefined ? {} : { looks: options.blockLooks }),
  })
  const { participants, restart, startAll, stopAll } = createParticipants(options, node.access, tracker, pace)
  closing.push(stopAll, clock.stop)
  await startAll()
  await fund(folder, note, chain, [...participants.values()], mine)
  await clock.set(options.blockMs)
  return { participants, chain, backend: node.access.backend, tracker, mine, clock, moved: pace.moved, restart, stop }
}

const startChain = (options: LocalNetworkOptions, before: NetworkNote | null): Promise<ChainProcess> =>
  options.bitcoind
    ? Promise.resolve({
        access: { url: options.bitcoind.url, user: options.bitcoind.user, password: options.bitcoind.password, backend: 'bitcoind' },
        stop: () => Promise.resolve(),
      })
    : startEmbeddedChain(join(options.folder, 'chain'), portOf(before?.chain.url))

const startTrackerAgain = (port: number): Promise<Tracker> => {
  const start = (at: number): Promise<Tracker> => startTracker({ host: '127.0.0.1', port: at, intervalMs: ANNOUNCE_MS })
  return port === 0 ? start(0) : start(port).catch(() => start(0))
}

function createParticipants(options: LocalNetworkOptions, chain: ChainAccess, tracker: Tracker, pace: Pace) {
  const meeting = { folder: options.folder, chain, tracker: tracker.announceUrl, logLevel: options.logLevel }
  const configs = new Map(settingsOf(options, tracker.announceUrl).map((settings) => [settings.name, configOf(meeting, settings)]))
  const participants = new Map<string, ParticipantProcess>()
  let stopping = false

  async function launch(name: string): Promise<ParticipantProcess> {
    const started = await startParticipant(configs.get(name)!, (text) => options.output(name, text))
    if (stopping) await started.stop()
    participants.set(name, started)
    pace.watch(started)
    options.started?.(started)
    if (options.keepUp) void started.ended.then(() => again(name))
    return started
  }
  function again(name: string): void {
    if (stopping) return
    options.log.log('error', `${name} ended by itself and is started again`)
    setTimeout(() => {
      if (!stopping)
        launch(name).catch((error: unknown) => {
          options.log.log('error', String(error))
          again(name)
        })
    }, RESTART_MS)
  }
  return {
    participants,
    restart: launch,
    async startAll() {
      // The first that cannot start ends the wait; the others are ended as they come up.
      await Promise.all([...configs.keys()].map(launch))
    },
    async stopAll() {
      stopping = true
      await Promise.all([...participants.values()].map((participant) => participant.stop()))
    },
  }
}

/** Gives coins to every participant that has none yet. At the very first start time is made to pass until they may be spent. */
async function fund(
  folder: string,
  note: NetworkNote,
  chain: RpcChain,
  participants: ParticipantProcess[],
  mine: (blocks: number) => Promise<void>,
): Promise<void> {
  const young = must(await chain.tip()).height < COINBASE_MATURITY
  const poor = participants.filter(({ name }) => !note.funded.includes(name))
  for (const participant of poor) {
    const { address } = must(await participant.call('receive', { participant: participant.name }))
    must(await chain.control.mineTo(COINS_EACH, address))
  }
  // Later on a jump by so many blocks would rush the app through its ticks, so a newcomer's coins ripen with the regular blocks.
  if (young) await mine(COINBASE_MATURITY)
  note.funded.push(...poor.map(({ name }) => name))
  writeNote(folder, note)
}
