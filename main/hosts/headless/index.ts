/** `npm start` without Electron: the local network, and the app's page on loopback behind a token. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createLog } from '../../adapters/system/log.ts'
import { createFacade } from './network/facade.ts'
import { startLocalNetwork, type LocalNetwork } from './network/local-network.ts'
import { chosenApp } from './network/app.ts'
import { BLOCK_MS, sampleNetwork } from './network/sample.ts'
import { startPageServer } from './page/server.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const { values } = parseArgs({
  options: {
    app: { type: 'string', default: process.env.GOLEM_APP ?? 'guestbook' },
    folder: { type: 'string' },
    port: { type: 'string', default: '0' },
    servers: { type: 'string', default: String(sampleNetwork.servers) },
    'block-ms': { type: 'string', default: String(BLOCK_MS) },
    'tick-blocks': { type: 'string', default: String(sampleNetwork.tickBlocks) },
    verbose: { type: 'boolean', default: false },
  },
})

const say = (text: string): void => void process.stdout.write(`golem: ${text}\n`)
const complain = (error: unknown): void => void process.stderr.write(`golem: ${error instanceof Error ? error.message : String(error)}\n`)

function openBrowser(url: string): void {
  if (process.env.GOLEM_NO_BROWSER === '1' || (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY)) return
  const [program, ...args] =
    process.platform === 'darwin' ? ['open'] : process.platform === 'win32' ? ['cmd', '/c', 'start', ''] : ['xdg-open']
  spawn(program, [...args, url], { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref()
}

/** Ends once, in order: the network first, so that the page shows it to the last. Before the network stands, its parts end with this process. */
function endOnSignal(network: () => LocalNetwork | undefined, closePage: () => Promise<void>): void {
  let ending = false
  const end = (): void => {
    if (ending) return
    ending = true
    say('ending …')
    void Promise.resolve(network()?.stop())
      .then(closePage)
      .then(() => process.exit(0))
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
}

async function main(): Promise<number> {
  const app = chosenApp(values.app)
  if (!app.ok) {
    complain(app.error.message)
    return 2
  }
  const folder = values.folder ?? process.env.GOLEM_FOLDER ?? join(homedir(), '.golem', app.value.folder)
  const facade = createFacade()
  const page = await startPageServer({
    host: '127.0.0.1',
    port: Number(values.port),
    token: randomBytes(24).toString('base64url'),
    assets: join(ROOT, 'dist', 'renderer'),
    core: facade,
  })
  let network: LocalNetwork | undefined
  endOnSignal(() => network, page.close)
  say(`page at ${page.url}`)
  openBrowser(page.url)
  try {
    network = await startLocalNetwork({
      ...app.value.plan,
      folder,
      servers: Number(values.servers),
      blockMs: Number(values['block-ms']),
      tickBlocks: Number(values['tick-blocks']),
      keepUp: true,
      logLevel: values.verbose ? 'debug' : 'warn',
      output: (name, text) => process.stderr.write(text.replace(/^(?=.)/gm, `${name}: `)),
      log: createLog({ stream: process.stderr, format: 'readable', level: 'warn' }),
      started: facade.add,
    })
  } catch (error) {
    complain(error)
    await page.close()
    return 1
  }
  say(`the local network runs ${app.value.plan.title} in ${folder}; Ctrl+C ends it`)
  return 0
}

const code = await main().catch((error: unknown) => {
  complain(error)
  return 1
})
if (code !== 0) process.exit(code)
