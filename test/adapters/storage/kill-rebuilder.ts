/**
 * The child process that index-kill.test.ts kills: writes an index cache anew without end, and says on stdout which ones are in place. All rows
 * of one cache say its number, and how many there are follows from it.
 */
import { writeSync } from 'node:fs'
import { createIndexCache } from '../../../main/adapters/storage/index-cache.ts'
import { must } from '../../../roles/protocol/result.ts'

export const COLLECTIONS = [{ name: 'rows', indices: ['byNumber'] }]
export const sizeOf = (n: number): number => 2_000 + (n % 7) * 300

if (import.meta.main) {
  const [folder, first] = [process.argv[2]!, Number(process.argv[3])]
  const cache = createIndexCache(folder)
  for (let n = first; ; n += 1) {
    const made = cache.rebuild('client', COLLECTIONS)
    const rows = Array.from({ length: sizeOf(n) }, (_, i) => ({
      collection: 'rows',
      key: `key ${(i * 7_919) % 100_003}`,
      value: String(n),
      sortKeys: [Uint8Array.of(i >> 8, i & 255)],
    }))
    await made.add(rows.slice(0, 1_000))
    await made.add(rows.slice(1_000))
    must(await made.finish())
    writeSync(1, `${n}\n`)
  }
}
