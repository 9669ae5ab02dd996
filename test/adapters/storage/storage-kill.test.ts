import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openSqliteStorage } from '../../../main/adapters/storage/sqlite.ts'
import type { StoragePort } from '../../../main/core/ports.ts'
import { must } from '../../../roles/protocol/result.ts'
import { createSeededRandom } from '../../simulation/ports/random.ts'
import { untilKilled } from './until-killed.ts'

const KILLS = 12
const WRITER = join(import.meta.dirname, 'kill-writer.ts')

/** Every transaction up to the counter is there whole, and nothing of any later one. */
function checkWhole(storage: StoragePort): number {
  const counter = storage.get('counter', 'n') as number
  const left = storage.list('left').map((row) => row.value as { n: number; sha256: string })
  const right = storage.list('right').map((row) => (row.value as { n: number }).n)
  const all = Array.from({ length: counter }, (_, i) => i + 1)
  expect(left.map((row) => row.n)).toEqual(all)
  expect(right).toEqual(all.filter((n) => n % 2 === 1 || n === counter - (counter % 2)))
  for (const row of left.slice(-20)) {
    expect(createHash('sha256').update(storage.getBlob(row.sha256)!).digest('hex')).toBe(row.sha256)
  }
  return counter
}

describe('a process that is killed while it writes', () => {
  it.each(['power', 'crash'])(
    `has every acknowledged transaction and no half one, ${KILLS} times in a row; writes survive a %s`,
    async (most) => {
      const seed = process.env['GOLEM_SEED'] ?? String(Date.now())
      console.log(`storage kill test: GOLEM_SEED=${seed}`)
      const random = createSeededRandom(seed)
      const folder = mkdtempSync(join(tmpdir(), 'golem-kill-'))
      let counter = 0
      for (let kill = 0; kill < KILLS; kill += 1) {
        const acknowledged = await untilKilled(WRITER, folder, counter + 1, random.below(120), most)
        const storage = must(openSqliteStorage(folder))
        counter = checkWhole(storage)
        storage.close()
        expect(counter, `seed ${seed}, kill ${kill}`).toBeGreaterThanOrEqual(acknowledged)
        expect(counter).toBeLessThanOrEqual(acknowledged + 1)
      }
      rmSync(folder, { recursive: true })
    },
  )
})
