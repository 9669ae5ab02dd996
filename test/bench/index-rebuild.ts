/**
 * Index rebuild against plain better-sqlite3 upserts with the index in place (one transaction, no journal, no sync), both from
 * updates that are parsed already; then reads. Run: node test/bench/index-rebuild.ts [--quick]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { openIndex, rebuildIndex } from '../../main/adapters/storage/index-store.ts'
import type { IndexRow } from '../../main/core/ports.ts'
import { must } from '../../roles/protocol/result.ts'
import { encodeTuple } from '../../roles/protocol/index/index.ts'

const COLLECTIONS = [{ name: 'orders', indices: ['byPrice'] }]
const BUDGET_MS = 110_000
/** Least ratio of the rates. */
const GOAL = 1.2
const folder = mkdtempSync(join(tmpdir(), 'golem-bench-'))
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!
const timed = (run: () => void) => {
  const began = performance.now()
  run()
  return performance.now() - began
}

/** Updates with keys in no order, one in ten of which replaces an earlier one; the same for every run. */
function updates(count: number): IndexRow[] {
  let state = 12_345
  const next = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0)
  const keys: string[] = []
  return Array.from({ length: count }, (_, n) => {
    const key =
      n % 10 === 9
        ? keys[next() % keys.length]!
        : [next(), next(), next(), next()].map((each) => each.toString(16).padStart(8, '0')).join('')
    keys.push(key)
    const price = next() % 1_000_000
    return {
      collection: 'orders',
      key,
      value: JSON.stringify({ price: String(price), owner: key.slice(0, 16), text: 'a record of common size' }),
      sortKeys: [encodeTuple(['int'], [price])],
    }
  })
}

function plainUpserts(path: string, rows: IndexRow[]): void {
  rmSync(path, { force: true })
  const db = new Database(path)
  db.pragma('journal_mode = OFF')
  db.pragma('synchronous = OFF')
  db.exec(
    'CREATE TABLE orders (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL, s0 BLOB) WITHOUT ROWID; CREATE INDEX byPrice ON orders (s0, key)',
  )
  const upsert = db.prepare('INSERT INTO orders VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, s0 = excluded.s0')
  db.transaction(() => {
    for (const row of rows) upsert.run(row.key, row.value, row.sortKeys[0])
  })()
  db.close()
}

function compare(count: number, rounds: number): IndexRow[] {
  const rows = updates(count)
  const [plainPath, path] = [join(folder, 'plain.sqlite'), join(folder, 'index.sqlite')]
  const times: Array<{ plain: number; ours: number }> = []
  const began = performance.now()
  // Further rounds only while the next one ends within the budget.
  while (times.length === 0 || (times.length < rounds && ((performance.now() - began) * (times.length + 1)) / times.length < BUDGET_MS)) {
    times.push({ plain: timed(() => plainUpserts(plainPath, rows)), ours: timed(() => rebuildIndex(path, COLLECTIONS, rows)) })
  }
  const [plain, ours] = [median(times.map((each) => each.plain)), median(times.map((each) => each.ours))]
  const rate = (ms: number) => `${Math.round(count / ms)} k/s`
  const ratio = plain / ours
  console.log(
    `${count} updates, medians of ${times.length}: upserts ${plain.toFixed(0)} ms (${rate(plain)}), ` +
      `rebuild ${ours.toFixed(0)} ms (${rate(ours)}), ratio ${ratio.toFixed(2)}   (goal at least ${GOAL})`,
  )
  if (ratio < GOAL) process.exitCode = 1
  return rows
}

function reads(rows: IndexRow[]): void {
  const index = must(openIndex(join(folder, 'index.sqlite'), COLLECTIONS))
  const [gets, ranges] = [100_000, 5_000]
  const get = timed(() => {
    for (let i = 0; i < gets; i += 1) index.get('orders', rows[(i * 7_919) % rows.length]!.key)
  })
  const range = timed(() => {
    for (let i = 0; i < ranges; i += 1)
      index.range('orders', 'byPrice', { from: rows[(i * 7_919) % rows.length]!.sortKeys[0]!, to: null }, { limit: 50 })
  })
  console.log(
    `reads of ${rows.length} updates: get ${((get * 1e3) / gets).toFixed(2)} µs, range of 50 ${((range * 1e3) / ranges).toFixed(1)} µs`,
  )
  index.close()
}

const small = compare(100_000, 3)
reads(small)
if (!process.argv.includes('--quick')) reads(compare(1_000_000, 3))
rmSync(folder, { recursive: true })
