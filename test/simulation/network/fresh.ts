/** A node in a fresh folder that has nothing but a phrase, and no role yet: it follows the chain, and restores. */
import { createDocuments } from '../../../main/core/documents/index.ts'
import { watchChain } from '../../../main/core/chain-watch.ts'
import { createEngine } from '../../../main/core/engine.ts'
import { openIdentity, storePhrase } from '../../../main/core/identity.ts'
import { sealedStorage } from '../../../main/core/sealed-storage.ts'
import { createPersistence, type Services } from '../../../main/core/services.ts'
import { checkStored } from '../../../main/core/stored.ts'
import { createWalletKeeper } from '../../../main/core/wallet/keeper.ts'
import { must } from '../../../roles/protocol/result.ts'
import { createMemoryIndex } from '../ports/index-cache.ts'
import { createMemoryLog } from '../ports/log.ts'
import { createSeededRandom } from '../ports/random.ts'
import { createMemoryDisk, createMemoryStorage, type MemoryDisk } from '../ports/storage.ts'
import { crypto } from '../../roles/supervisor/actors.ts'
import type { World } from './world.ts'

export interface Fresh {
  disk: MemoryDisk
  services: Services
  /** Ends it: a participant may begin on its disk. */
  stop(): Promise<void>
}

/** @param name of its peer in the swarm: nobody's before, or it would have what that one had */
export async function freshNode(world: World, name: string, phrase: string): Promise<Fresh> {
  const disk = createMemoryDisk()
  const random = createSeededRandom(`${world.seed}/${name}`)
  const log = createMemoryLog()
  const opened = { crypto, random, storage: createMemoryStorage(disk) }
  must(await storePhrase(opened, 'story', 10, phrase))
  const identity = must(await openIdentity(opened, 'test', 'story', 10))
  const storage = sealedStorage(opened.storage, { crypto, random, identity })
  must(checkStored(storage))
  const chain = world.chain.port()
  const swarm = world.swarms.peer(name)
  const { clock } = world
  const wallet = createWalletKeeper({ crypto, storage, chain, random, log, identity })
  const documents = createDocuments({ crypto, storage, swarm, wallet, fetchTimeoutMs: 2_000 })
  const engine = createEngine({ storage, log, after: (ms, run) => clock.after(ms, run) })
  const watch = watchChain({
    chain,
    storage,
    log,
    now: () => clock.now(),
    changed: () => undefined,
    onBlock: (block) => wallet.onBlock(block),
    onReorg: (fork) => wallet.onReorg(fork),
    deliver: (event, writes) => engine.broadcast(event, writes),
  })
  await world.run(3_000)
  const nothing = (): never => {
    throw new Error('a node without a role needs no such port')
  }
  const services = {
    ...{ name, crypto, storage, chain, swarm, clock, random, log, identity, wallet, documents },
    index: createMemoryIndex(new Map()),
    transport: { send: nothing, serve: nothing },
    work: { grind: nothing },
    changed: () => undefined,
    ...createPersistence({ clock, log, stopped: () => false }),
  } as unknown as Services
  return {
    disk,
    services,
    async stop() {
      await watch.stop()
      await engine.stop()
      await swarm.close()
    },
  }
}
