/** The real adapters, put together for one participant. */
import { join } from 'node:path'
import { createRpcChain, type RpcChain } from '../../adapters/chain/index.ts'
import { createChecker, type Checker } from '../../adapters/crypto/checker.ts'
import { createIndexCache } from '../../adapters/storage/index-cache.ts'
import { lockFolder } from '../../adapters/storage/lock.ts'
import { openSqliteStorage } from '../../adapters/storage/sqlite.ts'
import { createSystemClock } from '../../adapters/system/clock.ts'
import { createSystemRandom } from '../../adapters/system/random.ts'
import { createWebTorrentSwarm } from '../../adapters/torrent/swarm.ts'
import { createHttpTransport } from '../../adapters/transport/http.ts'
import { isPublic, publicLookup } from '../../adapters/transport/reach.ts'
import { createWorkers, type Workers } from '../../adapters/work/workers.ts'
import type { LogPort, Survival } from '../../core/ports.ts'
import { ok, type NodePorts, type ParticipantConfig, type Result } from '../../core/index.ts'

/** A predecessor whose host was killed may still be closing its files. */
const PREDECESSOR_MS = 10_000

/** Threads, and the way to the chain, that several nodes of one process share. */
export interface Helpers {
  work: Workers
  checker: Checker
  /** One for each node of bitcoin that is named. */
  chain(access: PortsConfig['chain'], log: LogPort): RpcChain
  close(): Promise<void>
}

/** Its threads begin with the first work. */
export function createHelpers(): Helpers {
  const work = createWorkers({ threads: 1 })
  const checker = createChecker()
  const chains = new Map<string, RpcChain>()
  return {
    work,
    checker,
    chain(access, log) {
      const key = JSON.stringify(access)
      const chain = chains.get(key) ?? openChain(access, log)
      chains.set(key, chain)
      return chain
    },
    async close() {
      for (const chain of chains.values()) chain.close()
      await work.close()
      await checker.close()
    },
  }
}

export type OpenPorts = NodePorts & { close(): Promise<void> }

function openChain({ backend, pollMs, ...rpc }: PortsConfig['chain'], log: LogPort): RpcChain {
  return createRpcChain({ ...rpc, ...(pollMs === undefined ? {} : { pollMs }), waits: backend === 'embedded', log })
}

/** Where a node lives, and what it connects to. */
export interface PortsConfig extends Pick<ParticipantConfig, 'folder' | 'swarm'> {
  chain: ParticipantConfig['chain'] & { cookie?: string }
  /** What its writes survive at most; see `openSqliteStorage` and `openSwarmFolder`. */
  survives?: Survival
  /** How long a folder that is in use is waited for; nothing else goes on in this process meanwhile. */
  lockMs?: number
}

/**
 * Opens everything a core needs below the participant's data folder. Errors are those of the storage.
 * @param shared with other nodes of this process, which their owner closes; without it the node has its own.
 */
export async function openPorts(config: PortsConfig, log: LogPort, shared?: Helpers): Promise<Result<OpenPorts>> {
  const lock = lockFolder(config.folder, config.lockMs ?? PREDECESSOR_MS)
  if (!lock.ok) return lock
  // A process goes on with its other nodes, and tries this one again.
  const opened = await openLocked(config, log, shared, lock.value).catch((error: unknown) => {
    lock.value()
    throw error
  })
  if (!opened.ok) lock.value()
  return opened
}

async function openLocked(config: PortsConfig, log: LogPort, shared: Helpers | undefined, unlock: () => void): Promise<Result<OpenPorts>> {
  const storage = openSqliteStorage(join(config.folder, 'state'), config.survives)
  if (!storage.ok) return storage
  const helpers = shared ?? createHelpers()
  const chain = helpers.chain(config.chain, log)
  // A chain of one's own, or of one house, has its servers and trackers at home; on a public one a stranger names the host.
  const atHome = config.chain.network === 'regtest'
  const swarm = await createWebTorrentSwarm({
    ...config.swarm,
    ...(config.survives === undefined ? {} : { survives: config.survives }),
    folder: join(config.folder, 'torrents'),
    port: config.swarm.port ?? 0,
    ...(atHome ? {} : { reach: { isPublic, lookup: publicLookup() } }),
    log,
  }).catch((error: unknown) => {
    storage.value.close()
    throw error
  })
  const transport = createHttpTransport({ privateHosts: atHome })
  const index = createIndexCache(join(config.folder, 'index'))
  return ok({
    chain,
    swarm,
    transport,
    work: helpers.work,
    index,
    log,
    storage: storage.value,
    crypto: helpers.checker.crypto,
    clock: createSystemClock(),
    random: createSystemRandom(),
    backend: config.chain.backend,
    close: async () => {
      await swarm.close()
      await index.close()
      if (shared === undefined) await helpers.close()
      storage.value.close()
      unlock()
    },
  })
}
