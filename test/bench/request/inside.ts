/** The servers of a stage, started again from their data folders inside this process, on ports that can be watched. */
import { toldSettings } from '../../../main/core/settings-table.ts'
import { settingsWith } from '../../../main/core/settings.ts'
import { join } from 'node:path'
import { openSqliteStorage } from '../../../main/adapters/storage/sqlite.ts'
import { createSystemClock } from '../../../main/adapters/system/clock.ts'
import { createMemoryIndex } from '../../simulation/ports/index-cache.ts'
import { createSystemRandom } from '../../../main/adapters/system/random.ts'
import { createWebTorrentSwarm } from '../../../main/adapters/torrent/swarm.ts'
import { createHttpTransport } from '../../../main/adapters/transport/http.ts'
import { createWorkers } from '../../../main/adapters/work/workers.ts'
import { createNode } from '../../../main/core/node.ts'
import type { TransportPort } from '../../../main/core/ports.ts'
import type { CryptoPort } from '../../../roles/protocol/crypto/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import type { Exchange } from './hops.ts'
import { quiet, type Stage } from './stage.ts'

/** Tells the sizes of every hop sent. */
function watched(transport: TransportPort, seen: (exchange: Exchange) => void): TransportPort {
  return {
    serve: transport.serve,
    async send(to, path, body, options) {
      const reply = await transport.send(to, path, body, options)
      if (reply.ok) seen({ sent: body.length, received: reply.value.length })
      return reply
    },
  }
}

export async function moveInside(stage: Stage, crypto: CryptoPort, seen: (exchange: Exchange) => void): Promise<() => Promise<void>> {
  const { network, folder, passphrase } = stage
  await Promise.all(stage.servers.map((name) => network.participants.get(name)!.stop()))
  const stops = await Promise.all(
    stage.servers.map(async (name) => {
      const storage = must(openSqliteStorage(join(folder, name, 'state')))
      const swarm = await createWebTorrentSwarm({
        folder: join(folder, name, 'torrents'),
        trackers: [network.tracker.announceUrl],
        dht: false,
        lsd: false,
        port: 0,
        log: quiet,
      })
      const work = createWorkers({ threads: 1 })
      const transport = createHttpTransport({ privateHosts: true })
      const core = must(
        await createNode(
          {
            chain: network.chain,
            swarm,
            transport: watched(transport, seen),
            work,
            storage,
            index: createMemoryIndex(),
            crypto,
            clock: createSystemClock(),
            random: createSystemRandom(),
            log: quiet,
            backend: network.backend,
          },
          {
            passphrase,
            scryptLog2: 12,
            makesWallet: true,
            settings: toldSettings(settingsWith(name, { host: { auto: true } }), quiet),
          },
        ),
      )
      return async () => {
        await core.stop()
        await swarm.close()
        await work.close()
        transport.close()
        storage.close()
      }
    }),
  )
  return async () => void (await Promise.all(stops.map((stop) => stop())))
}
