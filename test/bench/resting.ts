/**
 * What stored torrents cost while they rest: a node with 10,000 of them starts, waits, and is asked for one by a stranger; and a large one opens without
 * being hashed again. Run: npm run bench -- resting [--torrents 10000] [--folder /dev/shm]
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { openSwarmFolder } from '../../main/adapters/torrent/folder.ts'
import { createMetainfo } from '../../main/adapters/torrent/metainfo.ts'
import { createWebTorrentSwarm } from '../../main/adapters/torrent/swarm.ts'
import { startTracker } from '../../main/adapters/torrent/tracker.ts'
import type { LogPort } from '../../main/core/ports.ts'
import { must } from '../../roles/protocol/result.ts'
import { ms, quantile, sayLoad, timed } from './request/numbers.ts'

const { values } = parseArgs({
  options: {
    torrents: { type: 'string', default: '10000' },
    folder: { type: 'string', default: existsSync('/dev/shm') ? '/dev/shm' : tmpdir() },
  },
})
const COUNT = Number(values.torrents)
const LARGE_BYTES = 200 << 20
const ASKED = 50
const START_GOAL_MS = 1_000
const MIB = 1 << 20
const log: LogPort = { log: () => undefined }
const say = (text: string): void => void process.stdout.write(`${text}\n`)

async function fill(folder: string): Promise<{ small: string[]; large: string }> {
  const stored = openSwarmFolder(folder)
  const write = async (name: string, bytes: Uint8Array): Promise<string> => {
    const made = must(createMetainfo(name, [{ name: 'document.json', bytes }]))
    await stored.write(name, made)
    return made.infohash
  }
  const small: string[] = []
  for (let n = 0; n < COUNT; n++)
    small.push(await write('golem-tick', new TextEncoder().encode(JSON.stringify({ n, filler: 'x'.repeat(2_000) }))))
  return { small, large: await write('golem-large', new Uint8Array(LARGE_BYTES).fill(7)) }
}

/** From the connection to the answered handshake. */
function handshake(port: number, infohash: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('error', reject).once('close', () => reject(new Error('refused')))
    socket.write(
      Buffer.concat([
        Buffer.from('\x13BitTorrent protocol', 'latin1'),
        Buffer.alloc(8),
        Buffer.from(infohash, 'hex'),
        Buffer.alloc(20, 65),
      ]),
    )
    socket.once('data', () => {
      resolve()
      socket.destroy()
    })
  })
}

const state = (): string => {
  ;(globalThis.gc as () => void)()
  const { heapUsed, rss } = process.memoryUsage()
  return `${readdirSync('/proc/self/fd').length} descriptors, heap ${(heapUsed / MIB).toFixed(1)} MiB, resident ${(rss / MIB).toFixed(0)} MiB`
}

async function main(): Promise<void> {
  sayLoad()
  const folder = mkdtempSync(join(values.folder, 'golem-resting-'))
  const tracker = await startTracker({ host: '127.0.0.1', port: 0 })
  const options = { trackers: [tracker.announceUrl], dht: false, lsd: false, port: 0, host: '127.0.0.1', log }
  try {
    const empty = await createWebTorrentSwarm({ ...options, folder: join(folder, 'empty') })
    say(`with no torrent: ${state()}`)
    await empty.close()
    const { small, large } = await fill(join(folder, 'full'))
    const started = await timed(() => createWebTorrentSwarm({ ...options, folder: join(folder, 'full') }))
    const swarm = started.value
    say(`start with ${swarm.status().stored} torrents: ${ms(started.ms)}   (goal at most ${START_GOAL_MS} ms); ${state()}`)
    const times: number[] = []
    for (let n = 0; n < ASKED; n++) times.push((await timed(() => handshake(swarm.port, small[(n * 97) % COUNT]!))).ms)
    say(
      `a stranger's handshake for one that rests is answered after ${ms(quantile(times, 0.5))}, nine of ten within ${ms(quantile(times, 0.9))}`,
    )
    const opened = await timed(() => handshake(swarm.port, large))
    say(`one of ${LARGE_BYTES / MIB} MiB: after ${ms(opened.ms)}`)
    const begun = performance.now()
    while (tracker.stats().torrents < COUNT) await new Promise((resolve) => setTimeout(resolve, 100))
    const cpu = process.cpuUsage()
    say(
      `all of them are known to the tracker ${((performance.now() - begun) / 1000).toFixed(0)} s later; ${state()}; processor time in all ${((cpu.user + cpu.system) / 1e6).toFixed(1)} s`,
    )
    await swarm.close()
    if (started.ms > START_GOAL_MS) process.exitCode = 1
  } finally {
    await tracker.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) await main()
