import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createIndexCache } from '../../../main/adapters/storage/index-cache.ts'
import { must } from '../../../roles/protocol/result.ts'
import { createSeededRandom } from '../../simulation/ports/random.ts'
import { COLLECTIONS, sizeOf } from './kill-rebuilder.ts'
import { untilKilled } from './until-killed.ts'

const KILLS = 12
const REBUILDER = join(import.meta.dirname, 'kill-rebuilder.ts')

it(`[D3][D4] a process that is killed while it makes its index anew leaves the old or the new one, never half, ${KILLS} times in a row`, async () => {
  const seed = process.env['GOLEM_SEED'] ?? String(Date.now())
  console.log(`index kill test: GOLEM_SEED=${seed}`)
  const random = createSeededRandom(seed)
  const folder = mkdtempSync(join(tmpdir(), 'golem-index-kill-'))
  let half = 0
  for (let kill = 0, n = 0; kill < KILLS; kill += 1) {
    const told = await untilKilled(REBUILDER, folder, n + 1, random.below(80))
    half += readdirSync(folder).filter((name) => name.endsWith('.new')).length
    const cache = createIndexCache(folder)
    const store = must(cache.open('client', COLLECTIONS))
    const rows = store.range('rows', 'byNumber', { from: new Uint8Array(0), to: null })
    store.close()
    await cache.close()
    n = Number(rows[0]!.value)
    expect(new Set(rows.map(({ value }) => value)).size, `seed ${seed}, kill ${kill}`).toBe(1)
    expect(rows).toHaveLength(sizeOf(n))
    expect([told, told + 1]).toContain(n)
  }
  console.log(`${half} of ${KILLS} kills came while a cache was being written`)
  rmSync(folder, { recursive: true })
})
