/** Runs a bitcoind (Bitcoin Core or Knots) in regtest as a child of this process, on loopback, with the default relay policy of Core. */
import { randomBytes } from 'node:crypto'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { findBitcoind } from './find.mjs'

export { findBitcoind } from './find.mjs'
export type { BitcoindCommand } from './find.mjs'

export interface Bitcoind {
  url: string
  user: string
  password: string
  pid: number
  datadir: string
  /** Asks it to end, and waits. */
  stop(): Promise<void>
  /** Ends it at once, as a crash would; the data folder stays. */
  kill(): Promise<void>
}

/** Looks in a row, and milliseconds between them, after which a start or an end that leaves no trace in the log counts as stuck. */
const [STILL_LOOKS, LOOK_MS] = [1_200, 50]

const relayPolicy = [
  '-datacarrier=1',
  '-datacarriersize=83',
  '-minrelaytxfee=0.00001',
  '-incrementalrelayfee=0.00001',
  '-dustrelayfee=0.00003',
  '-fallbackfee=0.00001',
]
const quiet = [
  '-regtest=1',
  '-server=1',
  '-listen=0',
  '-listenonion=0',
  '-dnsseed=0',
  '-connect=0',
  '-natpmp=0',
  '-disablewallet=1',
  '-printtoconsole=0',
  '-dbcache=16',
  '-par=1',
]

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

export interface LaunchOptions {
  /** Program and leading arguments, from `findBitcoind`. */
  command: string[]
  /** Kept after the end. */
  datadir: string
  /** Of the RPC; by default the system picks one. */
  port?: number
  password?: string
  /** Further command line options. */
  args?: string[]
}

/** Starts bitcoind and waits until its RPC answers. Throws with what it said when it ends instead. */
export async function launchBitcoind(options: LaunchOptions): Promise<Bitcoind> {
  const {
    datadir,
    command: [program = '', ...leading],
    args = [],
  } = options
  mkdirSync(datadir, { recursive: true })
  const [user, password, port] = ['golem', options.password ?? randomBytes(16).toString('hex'), options.port ?? (await freePort())]
  const access = [
    `-datadir=${datadir}`,
    '-rpcbind=127.0.0.1',
    '-rpcallowip=127.0.0.1',
    `-rpcport=${port}`,
    `-rpcuser=${user}`,
    `-rpcpassword=${password}`,
  ]
  const child = spawn(program, [...leading, ...quiet, ...relayPolicy, ...access, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${port}`
  await untilReady(child, url, user, password, datadir)
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    child.kill(signal)
    const isStuck = stillness(datadir)
    const late = setInterval(() => isStuck() && child.kill('SIGKILL'), LOOK_MS)
    await ended
    clearInterval(late)
  }
  return { url, user, password, pid: child.pid ?? 0, datadir, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}

/**
 * Finds a bitcoind on this machine and starts it with its data in `folder`. Throws, naming what to install, when there is none.
 * @param options.say is told which one was found
 */
export async function createBitcoind(options: { folder: string; say?: (line: string) => void }): Promise<Bitcoind> {
  const found = findBitcoind()
  if (!found.command) throw new Error(found.missing)
  options.say?.(`bitcoind: ${found.source}`)
  return launchBitcoind({ command: found.command, datadir: options.folder })
}

async function untilReady(child: ChildProcess, url: string, user: string, password: string, datadir: string): Promise<void> {
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-2000)))
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  const body = JSON.stringify({ id: 1, method: 'getblockchaininfo', params: [] })
  for (const isStuck = stillness(datadir); !isStuck();) {
    if (child.exitCode !== null) throw new Error(`bitcoind ended with ${child.exitCode}: ${complaint || logTail(datadir)}`)
    const answer = await fetch(url, { method: 'POST', headers: { authorization }, body }).catch(() => undefined)
    if (answer?.ok) return
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  child.kill('SIGKILL')
  throw new Error(`bitcoind does not answer, and wrote nothing to its log for ${STILL_LOOKS} looks: ${complaint || logTail(datadir)}`)
}

const logOf = (datadir: string): string => join(datadir, 'regtest', 'debug.log')

/** A slow start or end writes to the log as it goes; one that is stuck does not. @returns whether so many looks in a row saw nothing new */
function stillness(datadir: string): () => boolean {
  let [size, looks] = [-1, 0]
  return () => {
    const now = statSync(logOf(datadir), { throwIfNoEntry: false })?.size ?? 0
    looks = now === size ? looks + 1 : 0
    size = now
    return looks > STILL_LOOKS
  }
}

function logTail(datadir: string): string {
  try {
    return readFileSync(logOf(datadir), 'utf8').slice(-1000)
  } catch {
    return 'no log'
  }
}
