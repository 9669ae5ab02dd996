/** The embedded chain of a local network behind its JSON-RPC, whichever process serves it. */
import { createEmbeddedNode, createRpcServer } from '../../adapters/chain/index.ts'
import { lockFolder } from '../../adapters/storage/lock.ts'
import { must } from '../../core/index.ts'

/** A predecessor whose host was killed may still be closing its files. */
const PREDECESSOR_MS = 10_000

export interface EmbeddedChain {
  url: string
  stop(): Promise<void>
}

/**
 * @param port that it listens on; where that is taken, or 0, the system chooses
 * @throws in one sentence when its folder is in use or damaged
 */
export async function serveEmbedded(folder: string, port: number, access: { user: string; password: string }): Promise<EmbeddedChain> {
  const unlock = must(lockFolder(folder, PREDECESSOR_MS))
  try {
    const node = createEmbeddedNode({ folder })
    const serve = (at: number) => createRpcServer(node, { port: at, ...access })
    const server = await serve(port).catch(() => serve(0))
    return {
      url: server.url,
      async stop() {
        await server.close()
        unlock()
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}
