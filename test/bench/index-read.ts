/**
 * Reads of a tick that was just opened, from the node's own index against the tick's chunk files that are on its disk already; both with their
 * proofs. Run: node test/bench/index-read.ts [rows]
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fastCrypto } from '../../main/adapters/crypto/fast.ts'
import { createIndexCache } from '../../main/adapters/storage/index-cache.ts'
import { createLocalIndex } from '../../main/core/local-index/index.ts'
import { must, ok } from '../../roles/protocol/result.ts'
import { openSnapshot, type SnapshotReader } from '../../roles/protocol/index/index.ts'
import { createShop, SHOP } from '../core/local-index/shop.ts'

const ROWS = Number(process.argv[2] ?? 20_000)
const ROUNDS = 15
/** Least ratio of the times of all reads together. */
const GOAL = 1.2

/** One that holds the process, as a node's sockets do. */
const clock = {
  now: Date.now,
  after: (ms: number, run: () => void) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}
const folder = mkdtempSync(join(tmpdir(), 'golem-bench-'))
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!
const shop = createShop()
shop.sell(ROWS)
const published = shop.tick()
for (const { directory, chunks } of published.tick.indices) {
  for (const { name } of [directory, ...chunks]) writeFileSync(join(folder, name), must(await published.fetchFile(name)))
}
const fetchFile = (name: string) => Promise.resolve(ok<Uint8Array>(readFileSync(join(folder, name))))
const cache = createIndexCache(join(folder, 'index'))
const local = createLocalIndex({
  index: cache,
  name: 'client',
  maxBytes: Infinity,
  crypto: fastCrypto,
  clock,
  log: { log: () => undefined },
})
const began = performance.now()
await local.catchUp({ program: SHOP, tick: published.tick, fetchFile })
console.log(`${ROWS} rows: own index filled and in place after ${(performance.now() - began).toFixed(0)} ms`)

const keys = must(await published.reader().rows('orders', 'key', [], { limit: 500 })).value.map((row) => String(row['$key']))
const reads: Record<string, (reader: SnapshotReader, round: number) => Promise<unknown>> = {
  'a row by key': (reader, round) => reader.get('orders', keys[(round * 31) % keys.length]!).then(must),
  '50 rows by shop': (reader, round) => reader.rows('orders', 'byShop', [`shop ${round % 5}`], { limit: 50 }).then(must),
  'a sum': (reader, round) => reader.sum('orders', 'turnover', [`shop ${round % 5}`]).then(must),
}
const total = { files: 0, own: 0 }
for (const [what, read] of Object.entries(reads)) {
  const times = { files: [] as number[], own: [] as number[], again: [] as number[] }
  for (let round = 0; round < ROUNDS; round++) {
    for (const which of ['files', 'own'] as const) {
      const reader = must(
        openSnapshot({
          crypto: fastCrypto,
          program: SHOP,
          tick: published.tick,
          fetchFile,
          ...(which === 'own' ? { local: local.for(SHOP) } : {}),
        }),
      )
      const start = performance.now()
      await read(reader, round)
      times[which].push(performance.now() - start)
      if (which === 'files') continue
      const second = performance.now()
      await read(reader, round)
      times.again.push(performance.now() - second)
    }
  }
  const [files, own, again] = [median(times.files), median(times.own), median(times.again)]
  total.files += files
  total.own += own
  console.log(
    `${what}, first of a tick: from files ${files.toFixed(2)} ms, from the own index ${own.toFixed(2)} ms, ratio ${(files / own).toFixed(2)}; again ${again.toFixed(2)} ms`,
  )
}
const ratio = total.files / total.own
console.log(`all three: ratio ${ratio.toFixed(2)}   (goal at least ${GOAL})`)
if (ratio < GOAL) process.exitCode = 1
local.close()
await cache.close()
rmSync(folder, { recursive: true })
