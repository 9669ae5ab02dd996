/**
 * A whole network of cores in one process, on the doubles of every port but the chain's rules: time moves only when the story says so, chance
 * follows from a seed (GOLEM_SEED replays), and a participant can die at any write to its disk.
 */
import process from 'node:process'
import { fastCrypto } from '../../../main/adapters/crypto/fast.ts'
import { createNode, type GolemNode } from '../../../main/core/node.ts'
import type { CommandArgs, CommandName, CommandResult, Overview, RequestView } from '../../../main/contract/index.ts'
import { seen, type Seen } from '../../../main/contract/seen.ts'
import type { IndexPort, NodePorts } from '../../../main/core/ports.ts'
import { toldSettings } from '../../../main/core/settings-table.ts'
import { settingsWith, type NodeSettings } from '../../../main/core/settings.ts'
import { fromHex } from '../../../roles/protocol/bytes.ts'
import type { Tick } from '../../../roles/protocol/documents/index.ts'
import { failForNow, must, ok } from '../../../roles/protocol/result.ts'
import { scriptOfAddress, taprootScript, txid } from '../../../roles/protocol/tx/index.ts'
import { readPath } from '../../../roles/protocol/requests/index.ts'
import { verifyWork } from '../../../roles/protocol/crypto/index.ts'
import { client, sampleApp, server, supervisor, type Cast } from './cast.ts'
import { createVirtualClock } from '../ports/clock.ts'
import { createMemoryIndex, type MemoryIndices } from '../ports/index-cache.ts'
import { createMemoryLog } from '../ports/log.ts'
import { createNetwork } from '../ports/network.ts'
import { createSeededRandom } from '../ports/random.ts'
import { createMemoryDisk, createMemoryStorage, type MemoryDisk } from '../ports/storage.ts'
import { createSwarmNetwork, type SwarmNetwork } from '../ports/swarm.ts'
import { createTransportNetwork } from '../ports/transport.ts'
import { fullDisk, noRoom, type DiskWrite, type Trouble } from './trouble.ts'
import { createSimulatedChain, type SimulatedChain } from './chain.ts'

export const NOBODY = taprootScript(fromHex('50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0'))
/** Virtual time in which everything that follows from a block has settled. */
const AFTER_BLOCK_MS = 3_000
const MOST_BLOCKS = 60

export * from './cast.ts'
export type { DiskWrite, Trouble } from './trouble.ts'

/** What a write to the disk throws once its participant is dead. */
export class Crash extends Error {}

export interface Member {
  readonly core: GolemNode
  readonly alive: boolean
  readonly log: ReturnType<typeof createMemoryLog>
}

export interface World {
  readonly seed: string
  readonly chain: SimulatedChain
  readonly swarms: SwarmNetwork
  readonly clock: ReturnType<typeof createVirtualClock>
  /** @param index its index cache; without it, one in memory that outlives it */
  add(cast: Cast, index?: IndexPort): Promise<void>
  /** The same on a disk that the story prepared, and without coins. */
  revive(cast: Cast, disk: MemoryDisk): Promise<void>
  /** Lets time pass until something that the story does beside its participants is done. */
  during<T>(doing: Promise<T>): Promise<T>
  member(name: string): Member
  /** Ends a participant's life; `restart` begins another. */
  stop(name: string): Promise<void>
  /** Starts a dead (or living) participant again from its disk; with other settings, if any are given. */
  restart(name: string, settings?: NodeSettings): Promise<void>
  /**
   * A stretch of the story in which a participant dies at its `count`-th write to the disk, which is not carried out. Who lives to its end is out
   * of danger: a death that came later, when the story looks for none, would be taken for a fault of the product.
   * @returns whether it died; it lives again then, from its disk
   */
  endanger(name: string, count: number, stretch: (member: Member) => Promise<unknown>): Promise<boolean>
  /** Throws for a participant that is dead, and when the command fails. */
  call<N extends CommandName>(name: string, command: N, args: CommandArgs<N>): Promise<CommandResult<N>>
  /** What a participant shows. */
  view(name: string): Promise<Overview & Seen>
  /** What a participant's node and wires do to it from now on. */
  trouble(name: string, trouble: Trouble): void
  /** One block, and the time in which everything settles. */
  block(): Promise<void>
  run(ms: number): Promise<void>
  /** Mines until something is so. */
  until<T>(what: string, found: () => Promise<T | null | undefined | false>): Promise<T>
  request(name: string, id: string): Promise<RequestView | undefined>
  close(): Promise<void>
}

/** One life of a participant: from its start to its death. */
interface Life {
  member: Member
  /** It dies at its `count`-th write from now; Infinity takes that back. */
  doom(count: number): void
  stop(): Promise<void>
}
interface Entry extends Life {
  settings: NodeSettings
  /** It is told no passphrase. */
  bare: boolean
  disk: Disk
  lives: number
}
interface Disk extends MemoryDisk {
  indices: MemoryIndices
  index?: IndexPort
}

/** What dies with its process answers nobody. */
const never = (): Promise<never> => new Promise(() => undefined)

export function createWorld(label: string): World {
  const seed = process.env['GOLEM_SEED'] ?? label
  console.log(`seed ${seed} (GOLEM_SEED=${seed} replays)`)
  const clock = createVirtualClock()
  const random = createSeededRandom(seed)
  const network = createNetwork(clock, random.fork('network'))
  const swarms = createSwarmNetwork(network)
  const transports = createTransportNetwork(network)
  const chain = createSimulatedChain(
    () => clock.now(),
    (run) => void clock.after(500, run),
  )
  const entries = new Map<string, Entry>()
  const troubles = new Map<string, Trouble>()

  /** Real work between virtual moments (scrypt, WebAssembly) gets turns of the event loop too. */
  async function run(ms: number): Promise<void> {
    for (let at = 0; at < 10; at++) await clock.advance(ms / 10)
  }

  async function start(name: string, settings: NodeSettings, disk: Disk, lives: number, bare = false): Promise<Life> {
    const life = { alive: true, left: Infinity }
    const die = (): void => {
      life.alive = false
      void swarm.close()
      for (const close of served) void close()
    }
    const write = (what?: DiskWrite): void => {
      if (life.alive && --life.left === 0) die()
      if (!life.alive) throw new Crash(`${name} is dead`)
      if (what !== undefined && troubles.get(name)?.disk?.(what) === true) throw fullDisk(name)
    }
    const full = (infohash: string): boolean => troubles.get(name)?.disk?.({ torrent: infohash }) === true
    const storage = createMemoryStorage(disk, write)
    const swarm = swarms.peer(name)
    /** A torrent's files are on the same disk. */
    const seed: typeof swarm.seed = async (torrent, files) => {
      write()
      return full(torrent) ? noRoom : swarm.seed(torrent, files)
    }
    const fetch: typeof swarm.fetch = async (infohash, options) => (full(infohash) ? noRoom : swarm.fetch(infohash, options))
    const transport = transports.peer(name)
    const served: Array<() => Promise<void>> = []
    const living =
      <A extends unknown[], R>(act: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        if (!life.alive) return never()
        const result = await act(...args)
        return life.alive ? result : never()
      }
    const node = chain.port()
    const log = createMemoryLog()
    const own = random.fork(`${name}/${lives}`)
    const ports: NodePorts = {
      storage,
      log,
      index: disk.index ?? createMemoryIndex(disk.indices, () => write()),
      crypto: fastCrypto,
      backend: 'embedded',
      random: own,
      chain: {
        ...node,
        broadcast: living(async (raw) => (troubles.get(name)?.held ? ok({ txid: must(txid(raw)) }) : node.broadcast(raw))),
        fees: async (blocks) => (troubles.get(name)?.noFees ? failForNow('chain.rpc', 'The node does not answer.') : node.fees(blocks)),
        follow: (recent, handler) =>
          node.follow(recent, async (event) => {
            const isAhead = (): boolean => event.type === 'block' && event.block.height > (troubles.get(name)?.readsTo ?? Infinity)
            while (life.alive && isAhead()) await new Promise<void>((resolve) => void clock.after(500, resolve))
            if (life.alive) await handler(event).catch(swallow)
          }),
      },
      swarm: { ...swarm, seed: living(seed), fetch: living(fetch), drop: living(swarm.drop) },
      transport: {
        send: living(async (to, path, body, limits) => {
          const { unheard } = troubles.get(name) ?? {}
          if (unheard?.host !== to.host || readPath(path)?.asked !== unheard.asked) return transport.send(to, path, body, limits)
          return failForNow('transport.unreachable', `${to.host} could not be reached: ask another server, or try again later.`)
        }),
        async serve(options, handler) {
          const serving = await transport.serve(options, living(handler))
          if (serving.ok) served.push(serving.value.close)
          if (serving.ok && !life.alive) void serving.value.close()
          return serving
        },
      },
      clock: {
        now: clock.now,
        after: (ms, act) =>
          clock.after(ms, () => {
            if (life.alive) act()
          }),
      },
      work: {
        async grind(challenge, bits) {
          for (let nonce = 0n; ; nonce++) if (verifyWork(challenge, nonce, bits)) return ok(nonce)
        },
      },
    }
    const core = must(
      await createNode(ports, {
        ...(bare ? {} : { passphrase: 'story', makesWallet: true }),
        scryptLog2: 10,
        settings: toldSettings(settings, log),
        fetchTimeoutMs: 2_000,
      }),
    )
    const member: Member = {
      core,
      log,
      get alive() {
        return life.alive
      },
    }
    return {
      member,
      doom: (count) => {
        life.left = count
      },
      async stop() {
        if (!life.alive) return
        die()
        await core.stop().catch(swallow)
      },
    }
  }

  const call: World['call'] = async (name, command, args) => {
    const { core, alive } = entries.get(name)!.member
    if (!alive) throw new Error(`${command}: ${name} is dead and answers nobody; restart it first`)
    const result = await clock.until(core.call(command, args))
    if (!result.ok) throw new Error(`${command}: ${result.error.message} (${result.error.code})`)
    return result.value
  }
  const view: World['view'] = async (name) => {
    const overview = await call(name, 'overview', {})
    return { ...overview, ...seen(overview) }
  }
  const block = async (): Promise<void> => {
    chain.mine(1, NOBODY)
    await run(AFTER_BLOCK_MS)
  }

  const restart: World['restart'] = async (name, changed) => {
    const entry = entries.get(name)!
    await entry.stop()
    const settings = changed ?? entry.settings
    const next = await start(name, settings, entry.disk, entry.lives + 1, entry.bare)
    entries.set(name, { ...entry, settings, lives: entry.lives + 1, ...next })
    await run(AFTER_BLOCK_MS)
  }

  return {
    seed,
    chain,
    swarms,
    clock,
    call,
    trouble: (name, trouble) => void troubles.set(name, trouble),
    block,
    run,
    restart,
    stop: (name) => entries.get(name)!.stop(),
    view,
    async add(cast, index) {
      const disk: Disk = { ...createMemoryDisk(), indices: new Map(), ...(index === undefined ? {} : { index }) }
      const { name } = cast
      const settings = settingsWith(name, cast.settings)
      const bare = cast.bare === true
      const entry = await start(name, settings, disk, 0, bare)
      entries.set(name, { settings, bare, disk, lives: 0, ...entry })
      if (bare) return
      if (cast.publish !== undefined) await call(name, 'publish', cast.publish)
      if (cast.use !== undefined) await call(name, 'use', cast.use)
      const { address } = await call(name, 'wallet.receive', {})
      for (let coins = 0; coins < 4; coins++) chain.mine(1, must(scriptOfAddress(address, 'regtest')))
    },
    during: (doing) => clock.until(doing),
    async revive(cast, prepared) {
      const disk: Disk = { ...prepared, indices: new Map() }
      const settings = settingsWith(cast.name, cast.settings)
      const entry = await start(settings.name, settings, disk, 0)
      entries.set(settings.name, { settings, bare: false, disk, lives: 0, ...entry })
    },
    member: (name) => entries.get(name)!.member,
    async endanger(name, count, stretch) {
      const { member, doom } = entries.get(name)!
      doom(count)
      try {
        await stretch(member)
      } finally {
        doom(Infinity)
      }
      if (!member.alive) await restart(name)
      return !member.alive
    },
    async until(what, found) {
      for (let blocks = 0; blocks < MOST_BLOCKS; blocks++) {
        const value = await found()
        if (value !== null && value !== undefined && value !== false) return value
        await block()
      }
      const lines = [...entries].flatMap(([name, { member }]) => member.log.lines.slice(-6).map(({ message }) => `${name}: ${message}`))
      const dead = [...entries].filter(([, { member }]) => !member.alive).map(([name]) => `${name} is dead`)
      throw new Error(`${MOST_BLOCKS} blocks passed without ${what}; seed ${seed}\n${[...dead, ...lines].join('\n')}`)
    },
    async request(name, id) {
      return (await view(name)).requests.find((one) => one.id === id)
    },
    async close() {
      for (const { stop } of entries.values()) await stop()
    },
  }
}

const swallow = (error: unknown): void => {
  if (!(error instanceof Crash)) throw error
}

/** A dead participant's promises fail in silence; everything else that nobody handles fails the test. */
export function expectCrashes(): () => void {
  const kinds = ['unhandledRejection', 'uncaughtException'] as const
  const before = kinds.map((kind) => process.listeners(kind as 'uncaughtException'))
  for (const [at, kind] of kinds.entries()) {
    process.removeAllListeners(kind)
    process.on(kind as 'uncaughtException', (error: unknown, origin) => {
      if (error instanceof Crash) return
      for (const listener of before[at]!) listener(error as Error, origin)
    })
  }
  return () => {
    for (const [at, kind] of kinds.entries()) {
      process.removeAllListeners(kind)
      for (const listener of before[at]!) process.on(kind as 'uncaughtException', listener)
    }
  }
}

/** What a story may choose: a sample app (the guestbook, if none is named), keys in reserve (2), and index caches of clients that have others than in memory. */
export interface WorldOptions {
  app?: string
  /** A document of the story's own, in the place of a sample app. */
  program?: unknown
  freshKeys?: number
  /** Scripts that get a coin each, to be spent from the beginning of the story on. */
  coins?: Uint8Array[]
  indices?: Record<string, IndexPort>
  /** Witnesses and spare servers, of stories that tell of them; then the app begins with all of its servers. */
  lanes?: { witnesses: number; spare: number }
  /** That the app's offer names. */
  trackers?: string[]
}

/** A running app: its Supervisor, so many servers, and clients with keys in reserve. */
export async function startWorld(
  label: string,
  servers: number,
  clients: string[],
  { app = 'guestbook', program, freshKeys = 2, coins = [], indices = {}, lanes, trackers = [] }: WorldOptions = {},
): Promise<World> {
  const world = createWorld(label)
  await world.add(supervisor(lanes === undefined ? 3 : servers, program ?? sampleApp(app), app, { ...lanes, trackers }))
  for (let number = 1; number <= servers; number++) await world.add(server(number))
  for (const name of clients) await world.add(client(name, freshKeys), indices[name])
  for (const script of coins) world.chain.mine(1, script)
  world.chain.mine(100, NOBODY)
  await world.run(AFTER_BLOCK_MS)
  for (const name of clients) await ready(world, name)
  return world
}

/** The client with a key in reserve for every collection. */
export const ready = (world: World, name: string): Promise<string> =>
  world.until(`${name} being ready`, async () => {
    const { actors, app } = await world.view(name)
    const [actor] = actors
    return actor?.state === 'ready' && app?.collections.every((each) => (actor.freeKeys[each.name] ?? 0) > 0) ? actor.id : null
  })

/** The ticks that the Supervisor published, by number. */
export function publishedTicks({ swarms }: World, name = 'supervisor'): Tick[] {
  const torrents = swarms.torrentsOf(name).filter(({ name }) => name.startsWith('golem-tick-'))
  const documents = torrents.map(({ files }) => files.find(({ name }) => name === 'document.json')!.bytes)
  return documents.map((bytes) => JSON.parse(new TextDecoder().decode(bytes)) as Tick).sort((a, b) => a.number - b.number)
}
