/**
 * The child process that storage-kill.test.ts kills: writes transactions as fast as it can and says on stdout which ones have returned.
 * Each sets a counter, and two rows and a blob that have to agree with it; two of three do not wait for the disk, which a kill must not show.
 */
import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { openSqliteStorage } from '../../../main/adapters/storage/sqlite.ts'
import type { Survival } from '../../../main/core/ports.ts'
import { must } from '../../../roles/protocol/result.ts'

const [folder, first, most] = [process.argv[2]!, Number(process.argv[3]), process.argv[4] as Survival]
const storage = must(openSqliteStorage(folder, most))

for (let n = first; ; n += 1) {
  const blob = new TextEncoder().encode(`blob ${n}`)
  const sha256 = createHash('sha256').update(blob).digest('hex')
  storage.putBlob(sha256, blob)
  storage.transact(
    [
      { table: 'left', key: String(n).padStart(9, '0'), value: { n, sha256 } },
      { table: 'counter', key: 'n', value: n },
      { table: 'right', key: String(n).padStart(9, '0'), value: { n, padding: 'x'.repeat(n % 3_000) } },
      ...(n % 2 === 0 && n > 2 ? [{ table: 'right', key: String(n - 2).padStart(9, '0'), delete: true as const }] : []),
    ],
    n % 3 === 0 ? 'power' : 'crash',
  )
  writeSync(1, `${n}\n`)
}
