/** The real adapters, put together for one participant. */
import { join } from 'node:path'
import { createRpcChain } from '../../adapters/chain/index.ts'
import { createChecker } from '../../adapters/crypto/checker.ts'
import { createIndexCache } from '../../adapters/storage/index-cache.ts'
import { lockFolder } from '../../adapters/storage/lock.ts'
import { openSqliteStorage } from '../../adapters/storage/sqlite.ts'
import { createSystemClock } from '../../adapters/system/clock.ts'
import { createSystemRandom } from '../../adapters/system/random.ts'
import { createWebTorrentSwarm } from '../../adapters/torrent/swarm.ts'
import { createHttpTransport } from '../../adapters/transport/http.ts'
import { isPublic, publicLookup } from '../../adapters/transport/reach.ts'
import { createWorkers } from '../../adapters/work/workers.ts'
import type { LogPort } from '../../core/ports.ts'
import { ok, type NodePorts, type ParticipantConfig, type Result } from '../../core/index.ts'

/** A predecessor whose host was killed may still be closing its files. */
const PREDECESSOR_MS = 10_000

/** Where a node lives, and what it connects to. */
export interface PortsConfig extends Pick<ParticipantConfig, 'folder' | 'swarm'> {
  chain: ParticipantConfig['chain'] & { cookie?: string }
}

/** Opens everything a core needs below the participant's data folder. Errors are those of the storage. */
export async function openPorts(config: PortsConfig, log: LogPort): Promise<Result<NodePorts & { close(): Promise<void> }>> {
  const lock = lockFolder(config.folder, PREDECESSOR_MS)
  if (!lock.ok) return lock
  const storage = openSqliteStorage(join(config.folder, 'state'))
  if (!storage.ok) return storage
  const { backend, pollMs, ...rpc } = config.chain
  const chain = createRpcChain({ ...rpc, ...(pollMs === undefined ? {} : { pollMs }), waits: backend === 'embedded', log })
  // A chain of one's own, or of one house, has its servers and trackers at home; on a public one a stranger names the host.
  const atHome = config.chain.network === 'regtest'
  const swarm = await createWebTorrentSwarm({
    ...config.swarm,
    folder: join(config.folder, 'torrents'),
    port: config.swarm.port ?? 0,
    ...(atHome ? {} : { reach: { isPublic, lookup: publicLookup() } }),
    log,
  })
  const transport = createHttpTransport({ privateHosts: atHome })
  const work = createWorkers({ threads: 1 })
  const checker = createChecker()
  const index = createIndexCache(join(config.folder, 'index'))
  return ok({
    chain,
    swarm,
    transport,
    work,
    index,
    log,
    storage: storage.value,
    crypto: checker.crypto,
    clock: createSystemClock(),
    random: createSystemRandom(),
    backend,
    close: async () => {
      await swarm.close()
      await work.close()
      await checker.close()
      await index.close()
      chain.close()
      storage.value.close()
      lock.value()
    },
  })
}
