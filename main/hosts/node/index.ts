/** `golem node`: one node in the foreground, its page and the command contract on loopback. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { createLog } from '../../adapters/system/log.ts'
import { CONTRACT } from '../../contract/index.ts'
import { createNode, createSettings, ok, type GolemNode, type Result } from '../../core/index.ts'
import type { LogPort } from '../../core/ports.ts'
import { startPageServer, type PageServer } from '../headless/page/server.ts'
import { removeAccess, writeAccess } from '../terminal/access-file.ts'
import { askLine } from '../terminal/ask.ts'
import { begin, USAGE_EXIT, type Started } from '../terminal/hosts.ts'
import { plain } from '../terminal/columns.ts'
import { CHAINS, namedFolder, usualFolder } from '../terminal/nodes.ts'
import { keepToOwner } from '../terminal/place.ts'
import { readPassphrase } from '../terminal/secret.ts'
import { openPorts } from '../worker/ports.ts'
import { thrown } from '../worker/thrown.ts'
import { chainOf, type Network } from './chain.ts'
import { acceptMainnet, claimFolder } from './folder.ts'
import { settingsFile } from './settings-file.ts'
import { swarmOf } from './swarm.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
/** Cost of the keystore: a passphrase that is guessed costs 128 MiB and half a second each time. */
const SCRYPT_LOG2 = 17
/** How often it looks whether the door that started it is still there. */
const LOOK_MS = 1_000

type Words = Extract<Started<'node'>, { values: unknown }>['values']

const say = (text: string): void => void process.stdout.write(`golem: ${text}\n`)
const complain = (text: string): void => void process.stderr.write(`golem: ${text}\n`)
const io = {
  cwd: process.cwd(),
  env: process.env,
  err: (text: string) => void process.stderr.write(text),
  /** A node asks nobody for its passphrase: it starts locked. */
  ask: () => Promise.resolve(null),
}

interface Running {
  node: GolemNode
  stop(): Promise<void>
}

/** Undefined where none was given. */
async function passphraseOf(file: string | undefined): Promise<Result<string | undefined>> {
  if (file === undefined && (process.env['GOLEM_PASSPHRASE'] ?? '') === '') return ok(undefined)
  return readPassphrase(io, { file, variable: 'GOLEM_PASSPHRASE' })
}

/** The node with all that it needs from this computer. Errors: those of its parts, in words for a person. */
async function start(folder: string, network: string, words: Words, log: LogPort): Promise<Result<Running>> {
  const passphrase = await passphraseOf(words['passphrase-file'])
  if (!passphrase.ok) return passphrase
  const settings = createSettings(settingsFile(folder), log)
  const chain = chainOf(network as Network, settings, { ...io, chain: words.chain, cookie: words['chain-cookie'] })
  if (!chain.ok) return chain
  const claimed = claimFolder(folder, network)
  if (!claimed.ok) return claimed
  const ports = await openPorts({ folder, chain: chain.value, swarm: swarmOf(settings, network as Network) }, log)
  if (!ports.ok) return ports
  const node = await createNode(ports.value, {
    settings,
    scryptLog2: SCRYPT_LOG2,
    ...(passphrase.value === undefined ? {} : { passphrase: passphrase.value }),
  })
  if (!node.ok) {
    await ports.value.close()
    return node
  }
  return ok({
    node: node.value,
    async stop() {
      await node.value.stop()
      await ports.value.close()
    },
  })
}

/** Null where the port cannot be had; that has been said. */
async function openPage(port: number, token: string, node: GolemNode, name: string): Promise<PageServer | null> {
  try {
    return await startPageServer({
      host: '127.0.0.1',
      port,
      token,
      assets: join(ROOT, 'dist', 'renderer'),
      nodes: () => [{ id: 'mine', name, core: node }],
    })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    complain(code === 'EADDRINUSE' ? `Port ${port} is taken by another program: name another with --port, or leave it out.` : message)
    return null
  }
}

/** Ends once, in order, so that nothing that was begun is cut off. */
function endOnSignal(end: () => Promise<void>): void {
  let ending = false
  const once = (): void => {
    if (ending) return
    ending = true
    say('ending …')
    void end().then(() => process.exit(0))
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, once)
  // A door that was killed has forwarded nothing.
  const door = process.ppid
  if (process.env['GOLEM_DOOR'] === String(door)) setInterval(() => process.ppid !== door && once(), LOOK_MS).unref()
}

async function main(words: Words): Promise<number> {
  const network = words.network ?? ((process.env['GOLEM_NETWORK'] ?? '') || 'signet')
  if (network === 'sandbox') {
    complain(
      'The sandbox has a chain and other people of its own: npm start runs it. For a network with strangers: golem node --network signet',
    )
    return USAGE_EXIT
  }
  if (!(CHAINS as readonly string[]).includes(network)) {
    complain(`GOLEM_NETWORK must be ${CHAINS.slice(0, -1).join(', ')} or ${CHAINS.at(-1)!}, not «${plain(network)}».`)
    return USAGE_EXIT
  }
  const folder = namedFolder(io, { folder: words.folder }) ?? usualFolder(io, network)
  if (network === 'mainnet') {
    const asked = (question: string) => askLine(process.stdin, process.stderr, question, false)
    const accepted = await acceptMainnet(folder, words['accept-mainnet'], { ask: asked, err: io.err })
    if (!accepted.ok) return failed(accepted.error)
  }
  const log = createLog({ stream: process.stderr, format: 'readable', level: words.verbose ? 'debug' : 'info' })
  const running = await start(folder, network, words, log).catch((error: unknown) => thrown(error, folder))
  if (!running.ok) return failed(running.error)
  const { node, stop } = running.value
  const token = randomBytes(24).toString('base64url')
  const page = await openPage(words.port, token, node, network)
  if (page === null) {
    await stop()
    return 1
  }
  const { pid } = process
  const written = writeAccess(folder, { url: `http://127.0.0.1:${page.port}`, token, pid, network, contract: CONTRACT })
  endOnSignal(async () => {
    removeAccess(folder, pid)
    await page.close()
    await stop()
  })
  if (!written.ok) complain(`${written.error.message} The command line cannot find this node.`)
  say(`${network} node in ${folder}, page at ${page.url}`)
  return 0
}

function failed({ message, code }: { message: string; code: string }): number {
  complain(`${message} [${code}]`)
  return 1
}

keepToOwner()
const begun = begin('node', process.argv.slice(2))
const code =
  'exit' in begun
    ? begun.exit
    : await main(begun.values).catch((error: unknown) => {
        complain(error instanceof Error ? (error.stack ?? error.message) : String(error))
        return 70
      })
if (code !== 0) process.exit(code)
