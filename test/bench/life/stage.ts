/** An app that runs, with a tick a block: its Supervisor and a client in this process on all real adapters, chain and tracker in others. */
import { toldSettings } from '../../../main/core/settings-table.ts'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fastCrypto } from '../../../main/adapters/crypto/fast.ts'
import { createIndexCache } from '../../../main/adapters/storage/index-cache.ts'
import { openSqliteStorage } from '../../../main/adapters/storage/sqlite.ts'
import { createSystemClock } from '../../../main/adapters/system/clock.ts'
import { createSystemRandom } from '../../../main/adapters/system/random.ts'
import { createWebTorrentSwarm, type WebTorrentSwarm } from '../../../main/adapters/torrent/swarm.ts'
import { createHttpTransport } from '../../../main/adapters/transport/http.ts'
import { createWorkers } from '../../../main/adapters/work/workers.ts'
import { seen } from '../../../main/contract/seen.ts'
import type { Overview, Pulse } from '../../../main/contract/index.ts'
import { createNode, type GolemNode } from '../../../main/core/node.ts'
import type { LogPort, RandomPort } from '../../../main/core/ports.ts'
import { partsOf } from '../../../main/hosts/headless/network/plan.ts'
import { startLocalNetwork } from '../../../main/hosts/headless/network/local-network.ts'
import { must } from '../../../roles/protocol/result.ts'
import { sampleApp } from '../../simulation/network/world.ts'
import { until } from '../request/stage.ts'

export interface Inside {
  name: string
  folder: string
  core: GolemNode
  swarm: WebTorrentSwarm
  /** The newest tick that it published, or follows. */
  tick(): number
}

export interface Life {
  inside: Inside[]
  mine(): Promise<void>
  close(): Promise<void>
}

const SERVERS = 3
const TICKS_BEFORE = 4
const PRIMES = 400

/** Primes used over and over: making them is a third of a tick's time, and nobody attacks here. */
function cheapPrimes(random: RandomPort): RandomPort {
  const pool: bigint[] = []
  let next = 0
  return {
    bytes: (length) => random.bytes(length),
    async prime(bits) {
      if (pool.length < PRIMES) pool.push(await random.prime(bits))
      return pool[next++ % pool.length]!
    },
  }
}

/** @param parent where the data folders are; a file system in memory makes it faster, and is no less true of what grows */
export async function beginLife(parent: string, client: boolean): Promise<Life> {
  const folder = mkdtempSync(join(parent, 'golem-life-'))
  const child = fork(join(import.meta.dirname, 'tracker.ts'))
  const [tracker] = (await once(child, 'message')) as [string]
  const log: LogPort = { log: (level, message) => void (level === 'error' && process.stderr.write(`${message}\n`)) }
  const plan = { program: sampleApp('guestbook'), title: 'Guestbook', servers: SERVERS, clients: client ? ['alice'] : [], tickBlocks: 1 }
  const network = await startLocalNetwork({ ...plan, folder, blockMs: 400, logLevel: 'error', log, output: () => undefined })
  const ticked = (view: Overview): boolean => (seen(view).tick?.number ?? -1) >= TICKS_BEFORE
  await until(network, 'supervisor', ticked)
  if (client) await until(network, 'alice', (view) => ticked(view) && seen(view).actors[0]?.state === 'ready')
  await network.clock.set(0)
  await Promise.all([...network.participants.values()].map((participant) => participant.stop()))
  const stops: Array<() => Promise<void>> = []
  const inside: Inside[] = []
  for (const { settings } of partsOf(plan, tracker).filter(({ settings: { host } }) => !host.auto)) {
    const home = join(folder, settings.name)
    const storage = must(openSqliteStorage(join(home, 'state')))
    const swarm = await createWebTorrentSwarm({
      folder: join(home, 'torrents'),
      trackers: [tracker],
      dht: false,
      lsd: false,
      port: 0,
      host: '127.0.0.1',
      log,
    })
    const work = createWorkers({ threads: 1 })
    const transport = createHttpTransport({ privateHosts: true })
    const index = createIndexCache(join(home, 'index'))
    const ports = {
      chain: network.chain,
      swarm,
      transport,
      work,
      storage,
      index,
      crypto: fastCrypto,
      clock: createSystemClock(),
      random: cheapPrimes(createSystemRandom()),
      log,
    }
    const passphrase = readFileSync(join(folder, 'passphrase'), 'utf8')
    const core = must(
      await createNode(
        { ...ports, backend: network.backend },
        { passphrase, scryptLog2: 12, makesWallet: true, settings: toldSettings(settings, log) },
      ),
    )
    inside.push({ name: settings.name, folder: home, core, swarm, tick: follow(core) })
    stops.push(async () => {
      await core.stop()
      await swarm.close()
      await work.close()
      await index.close()
      transport.close()
      storage.close()
    })
  }
  return {
    inside,
    mine: () => mined(() => network.mine(1)),
    async close() {
      for (const stop of stops) await stop()
      await network.stop()
      child.disconnect()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/**
 * Counting what is held stops this process for seconds, and then its kept connections to the chain are gone, one after the other. A block too many is
 * a tick too many, and no more.
 */
async function mined(mine: () => Promise<void>, attempts = 10): Promise<void> {
  for (let left = attempts; ; left--) {
    try {
      return await mine()
    } catch (error) {
      if (left === 0) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

/** From the Supervisor's log, and from a client's view. */
function follow(core: GolemNode): () => number {
  let newest = -1
  core.subscribe(['log', 'pulse'], (event, payload) => {
    const published = event === 'log' ? /^Tick (\d+) is published/.exec((payload as { message: string }).message)?.[1] : undefined
    const clients = event === 'pulse' ? (payload as Pulse).engagements.filter(({ role }) => role === 'client') : []
    newest = Math.max(newest, Number(published ?? -1), ...clients.map(({ tick }) => tick?.number ?? -1))
  })
  return () => newest
}
