/**
 * The life of an app: 10,000 ticks, a tick a block, driven by the chain. Its Supervisor (and with `--client` a client that follows) runs in this process on
 * real SQLite, files, torrents and sockets. Open files, sockets, timers, open torrents, connections, heap and resident memory, and the rows of every
 * table but the chain's, must not grow from the first thousands to the last; what lies on the disk is told by the tick. Exit code 1 where they do.
 * Run: npm run bench -- long-life [--ticks 10000] [--client] [--folder /dev/shm]
 */
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { held, kept, type Held, type Kept } from './life/measure.ts'
import { beginLife, type Inside, type Life } from './life/stage.ts'
import { quantile, sayLoad } from './request/numbers.ts'

const { values } = parseArgs({
  options: {
    ticks: { type: 'string', default: '10000' },
    client: { type: 'boolean', default: false },
    folder: { type: 'string', default: existsSync('/dev/shm') ? '/dev/shm' : tmpdir() },
  },
})
const TICKS = Number(values.ticks)
/** A stretch of life; after the first, of 1,000 ticks, all windows are full: 300 blocks of the chain and the wallet. */
const STRETCH = Math.floor(TICKS / 10)
/** Shorter stretches than the wallet's window show what is held, and nothing about tables and blobs. */
const WINDOW = 320
const SAMPLES = 8
/** A client may be so many ticks behind before the chain waits for it. */
const BEHIND = 3
/** How much more the last stretch may hold than the second; the rest is noise of the collector and of what happens to be open. */
const MOST: Record<keyof Held, (before: number) => number> = {
  files: (n) => n + 6,
  sockets: (n) => n + 10,
  // Every announce has one for its answer, so they follow the pace of ticks and rounds.
  timers: (n) => Math.max(2 * n, 1_500),
  open: (n) => n + 10,
  connections: (n) => n + 10,
  heap: (n) => n * 1.1 + (4 << 20),
  rss: (n) => n * 1.15 + (16 << 20),
}
/** Tables that are the node's index of the chain: they grow with the chain's blocks and anchors. */
const OF_CHAIN = new Set(['block-hash', 'anchored'])

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
const MIB = 1 << 20

/** Mines a block and waits for its tick; it fails when nothing moves any more. */
async function tick({ inside, mine }: Life): Promise<void> {
  const [supervisor, ...others] = inside
  const before = supervisor!.tick()
  await mine()
  for (let waits = 0; supervisor!.tick() === before || others.some((other) => other.tick() < supervisor!.tick() - BEHIND); waits++) {
    if (waits > 60_000) throw new Error(`no tick after ${before}`)
    await pause(2)
  }
}

async function stretch(life: Life, from: number): Promise<Held> {
  const samples: Held[] = []
  for (let at = 1; at <= STRETCH; at++) {
    await tick(life)
    if (at % Math.ceil(STRETCH / SAMPLES) === 0) samples.push(held(life.inside, at + Math.ceil(STRETCH / SAMPLES) > STRETCH))
  }
  const middle = (of: keyof Held): number =>
    quantile(
      samples.map((sample) => sample[of]),
      0.5,
    )
  const median = Object.fromEntries((Object.keys(MOST) as Array<keyof Held>).map((of) => [of, middle(of)])) as unknown as Held
  median.timers = samples.at(-1)!.timers
  const { files, sockets, timers, open, connections, heap, rss } = median
  say(
    `ticks ${String(from).padStart(6)} to ${String(from + STRETCH).padStart(6)}: ${files} files, ${sockets} sockets, ${timers} timers, ${open} open torrents, ` +
      `${connections} connections, heap ${(heap / MIB).toFixed(1)} MiB, resident ${(rss / MIB).toFixed(0)} MiB`,
  )
  return median
}

/** What each keeps while nothing is under way: an effect that is being performed has a row. */
async function onDisk({ inside }: Life): Promise<Kept[]> {
  await Promise.all(inside.map(({ core }) => core.idle()))
  return inside.map(kept)
}

/** Tells what grew on the disk. @returns tables that must not have grown, and did */
function compareDisk({ name }: Inside, before: Kept, after: Kept, ticks: number): string[] {
  say(`${name}, on the disk, by the tick:`)
  for (const part of ['torrents', 'blobs', 'store', 'index'] as const) {
    const grown = { files: after[part].files - before[part].files, bytes: after[part].bytes - before[part].bytes }
    say(
      `  ${part}: ${(grown.bytes / ticks).toFixed(0)} bytes, ${(grown.files / ticks).toFixed(2)} files; in all ${(after[part].bytes / MIB).toFixed(1)} MiB in ${after[part].files}`,
    )
  }
  const faults: string[] = []
  for (const [table, { rows, bytes }] of after.tables) {
    const first = before.tables.get(table) ?? { rows: 0, bytes: 0 }
    const grown = rows - first.rows
    say(
      `  table ${table}: ${rows} rows, ${bytes} bytes${grown > 0 ? `; ${(grown / ticks).toFixed(2)} rows, ${((bytes - first.bytes) / ticks).toFixed(0)} bytes a tick` : ''}`,
    )
    if (!OF_CHAIN.has(table) && (grown > 20 || bytes > first.bytes * 1.2 + 4_000))
      faults.push(`the table ${table} of ${name} grows with the age of the app`)
  }
  if (after.blobs.files > before.blobs.files + 40) faults.push(`the blobs of ${name} grow with the age of the app`)
  return faults
}

async function main(): Promise<void> {
  sayLoad()
  const life = await beginLife(values.folder, values.client)
  const began = performance.now()
  try {
    const medians: Held[] = [await stretch(life, 0)]
    const before = await onDisk(life)
    while (medians.length < 10) medians.push(await stretch(life, medians.length * STRETCH))
    const seconds = (performance.now() - began) / 1000
    say(`${TICKS} ticks in ${seconds.toFixed(0)} s, ${((1000 * seconds) / TICKS).toFixed(1)} ms each`)
    const after = await onDisk(life)
    const disk = life.inside.flatMap((node, at) => compareDisk(node, before[at]!, after[at]!, TICKS - STRETCH))
    const faults = STRETCH < WINDOW ? [] : disk
    if (STRETCH < WINDOW)
      say(`tables and blobs are not judged: their windows fill within ${WINDOW} ticks, and a tenth of this run is ${STRETCH}`)
    const [second, last] = [medians[1]!, medians.at(-1)!]
    for (const of of Object.keys(MOST) as Array<keyof Held>)
      if (last[of] > MOST[of](second[of])) faults.push(`${of}: ${second[of]} early, ${last[of]} late`)
    for (const fault of faults) say(`GROWS: ${fault}`)
    say(faults.length === 0 ? 'nothing grows that may not' : `${faults.length} faults`)
    process.exitCode = faults.length === 0 ? 0 : 1
  } finally {
    await life.close()
  }
}

if (import.meta.main) await main()
