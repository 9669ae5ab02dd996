import { execFileSync, spawn, type ChildProcess } from 'node:child_process'

/** Whether a standard BitTorrent client is on this machine; if not, what to install. */
export type TorrentClient = { found: true; path: string; version: string } | { found: false; reason: string }

/** Finds aria2c, from $GOLEM_ARIA2 or the search path. */
export function findTorrentClient(): TorrentClient {
  const path = process.env['GOLEM_ARIA2'] ?? 'aria2c'
  try {
    const text = execFileSync(path, ['--version'], { encoding: 'utf8' })
    if (!text.includes('BitTorrent'))
      return { found: false, reason: `${path} was built without BitTorrent: install another aria2 (Debian: apt-get install aria2).` }
    return { found: true, path, version: text.split('\n')[0]! }
  } catch (error) {
    return {
      found: false,
      reason: `${path} cannot be run (${(error as NodeJS.ErrnoException).code}): install it (Debian: apt-get install aria2; macOS: brew install aria2), or name it in GOLEM_ARIA2.`,
    }
  }
}

/**
 * The client for a test file, or undefined after saying loudly why the tests are skipped.
 * @throws where GOLEM_REQUIRE_TORRENT_CLIENT=1 asks for one and there is none
 */
export function torrentClientOrSkip(): Extract<TorrentClient, { found: true }> | undefined {
  const client = findTorrentClient()
  if (client.found) return client
  if (process.env['GOLEM_REQUIRE_TORRENT_CLIENT'] === '1') throw new Error(client.reason)
  console.warn(`\n!!! SKIPPED: interoperation with a standard BitTorrent client. ${client.reason}\n`)
  return undefined
}

/** A running aria2c, told to use loopback, plain TCP and nothing that the local network or the internet would notice. */
export interface RunningClient {
  process: ChildProcess
  output(): string
  exited: Promise<number | null>
  stop(): Promise<void>
}

/** @param folder where it saves to and seeds from */
export function runTorrentClient(path: string, folder: string, torrent: string, more: string[]): RunningClient {
  const child = spawn(
    path,
    [
      '--no-conf',
      `--dir=${folder}`,
      '--enable-dht=false',
      '--enable-dht6=false',
      '--bt-enable-lpd=false',
      '--enable-peer-exchange=false',
      '--disable-ipv6=true',
      '--interface=127.0.0.1',
      '--console-log-level=notice',
      '--summary-interval=0',
      '--file-allocation=none',
      ...more,
      torrent,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let output = ''
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString()
  })
  child.stderr.on('data', (data: Buffer) => {
    output += data.toString()
  })
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve))
  return {
    process: child,
    output: () => output,
    exited,
    stop: async () => {
      if (child.exitCode === null) child.kill('SIGKILL')
      await exited
    },
  }
}
