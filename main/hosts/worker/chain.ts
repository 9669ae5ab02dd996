/**
 * The embedded chain in a process of its own, for a local network. Says where its JSON-RPC listens, or why it cannot,
 * in one message to its parent.
 */
import process from 'node:process'
import { serveEmbedded } from './embedded.ts'

const [folder, user, password, port = '0'] = process.argv.slice(2)
if (folder === undefined || user === undefined || password === undefined)
  throw new Error('usage: chain.ts <folder> <user> <password> [port]')
// Ctrl+C on a terminal reaches every process: the host ends this one, after those that use it.
process.on('SIGINT', () => undefined)
process.on('disconnect', () => process.exit(0))

try {
  const { url } = await serveEmbedded(folder, Number(port), { user, password })
  process.send?.({ url })
} catch (error) {
  process.exitCode = 1
  process.send?.({ failed: error instanceof Error ? error.message : String(error) }, () => process.disconnect())
}
