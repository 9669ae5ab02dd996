/**
 * The embedded chain in a process of its own, for a local network. Says where its JSON-RPC listens, or why it cannot,
 * in one message to its parent.
 */
import process from 'node:process'
import { createEmbeddedNode, createRpcServer } from '../../adapters/chain/index.ts'
import { lockFolder } from '../../adapters/storage/lock.ts'
import { must } from '../../core/index.ts'

/** A predecessor whose host was killed may still be closing its files. */
const PREDECESSOR_MS = 10_000

const [folder, user, password, port = '0'] = process.argv.slice(2)
if (folder === undefined || user === undefined || password === undefined)
  throw new Error('usage: chain.ts <folder> <user> <password> [port]')
// Ctrl+C on a terminal reaches every process: the host ends this one, after those that use it.
process.on('SIGINT', () => undefined)
process.on('disconnect', () => process.exit(0))

async function serve(at: string, access: { user: string; password: string }): Promise<string> {
  must(lockFolder(at, PREDECESSOR_MS))
  const node = createEmbeddedNode({ folder: at })
  const server = await createRpcServer(node, { port: Number(port), ...access }).catch(() => createRpcServer(node, { port: 0, ...access }))
  return server.url
}

try {
  process.send?.({ url: await serve(folder, { user, password }) })
} catch (error) {
  process.exitCode = 1
  process.send?.({ failed: error instanceof Error ? error.message : String(error) }, () => process.disconnect())
}
