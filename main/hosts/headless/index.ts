/** `npm start` without Electron: the sandbox, and the app's page on loopback behind a token. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { lockFolder } from '../../adapters/storage/lock.ts'
import { CONTRACT } from '../../contract/index.ts'
import { createSandbox, OWN } from '../sandbox/sandbox.ts'
import { sandboxTold } from '../sandbox/told.ts'
import { readAccess, removeAccess, writeAccess } from '../terminal/access-file.ts'
import { begin, USAGE_EXIT, type Started } from '../terminal/hosts.ts'
import { keepToOwner, networkFolder } from '../terminal/place.ts'
import { startPageServer, type PageServer, type PageServerOptions } from './page/server.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
/** How often the host looks whether its launcher is still there. */
const LOOK_MS = 1_000
/** One that is just ending is waited for. */
const LOCK_MS = 500

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

let ending = false

/** Ends once, in order: the network first, so that the page shows it to the last. */
function endOnSignal(stopNetwork: () => Promise<void>, closePage: () => Promise<void>): void {
  const end = (): void => {
    if (ending) return
    ending = true
    say('ending …')
    void stopNetwork()
      .then(closePage)
      .then(() => process.exit(0))
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
  // A launcher that was killed has forwarded nothing; it names itself by this variable.
  const launcher = process.ppid
  const look = (): void => {
    if (process.ppid !== launcher) end()
  }
  if (process.env.GOLEM_NODE !== undefined) setInterval(look, LOOK_MS).unref()
}

/** Null when the port that was asked for cannot be had; that has been said. */
async function openPage(options: PageServerOptions): Promise<PageServer | null> {
  try {
    return await startPageServer(options)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error
    const why = code === 'EADDRINUSE' ? 'is taken by another program' : 'is for the system alone'
    complain(`Port ${options.port} ${why}: name another with --port, or leave it out and the system chooses one.`)
    return null
  }
}

/** A sandbox that cannot start shows no page that nobody serves; one that runs already has its own. */
function isFree(folder: string): boolean {
  const lock = lockFolder(folder, LOCK_MS)
  if (lock.ok) {
    lock.value()
    return true
  }
  const running = readAccess(folder)
  const page = running.ok && running.value !== null ? ` Its page: ${running.value.url}/?token=${running.value.token}` : ''
  complain(`${lock.error.message}${page}`)
  return false
}

/** The command line finds every node of the sandbox by its folder, and the own one by that of the sandbox. */
function createAccessFiles(folder: string, { url, token }: { url: string; token: string }) {
  const { pid } = process
  const folders = new Set<string>()
  const put = (at: string, node: string): void => {
    folders.add(at)
    const written = writeAccess(at, { url, token, pid, network: 'sandbox', contract: CONTRACT, node })
    if (!written.ok) complain(`${written.error.message} The command line cannot find ${node}.`)
  }
  return {
    write(name: string): void {
      put(join(folder, name), name)
      if (name === OWN) put(folder, name)
    },
    remove(): void {
      for (const at of folders) removeAccess(at, pid)
    },
  }
}

async function main(values: Extract<Started<'headless'>, { values: unknown }>['values']): Promise<number> {
  const told = sandboxTold(values, (name) => networkFolder(values.folder, name))
  if (!told.ok) {
    complain(told.error.message)
    return USAGE_EXIT
  }
  const { folder, title } = told.value
  if (!isFree(folder)) return 1
  const sandbox = createSandbox(told.value)
  const token = randomBytes(24).toString('base64url')
  const page = await openPage({
    host: '127.0.0.1',
    port: values.port,
    token,
    assets: join(ROOT, 'dist', 'renderer'),
    nodes: sandbox.nodes,
    sandbox: sandbox.call,
  })
  if (page === null) return USAGE_EXIT
  const access = createAccessFiles(folder, { url: `http://127.0.0.1:${page.port}`, token })
  endOnSignal(async () => {
    access.remove()
    await sandbox.stop()
  }, page.close)
  say(`page at ${page.url}`)
  openBrowser(page.url)
  try {
    await sandbox.start(access.write)
  } catch (error) {
    // Whoever ended it is exiting.
    if (ending) return 0
    complain(error)
    await page.close()
    return 1
  }
  say(`the sandbox runs ${title} in ${folder}; Ctrl+C ends it`)
  return 0
}

keepToOwner()
const begun = begin('headless', process.argv.slice(2))
const code =
  'exit' in begun
    ? begun.exit
    : await main(begun.values).catch((error: unknown) => {
        complain(error)
        return 1
      })
if (code !== 0) process.exit(code)
