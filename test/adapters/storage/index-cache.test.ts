import { mkdtempSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIndexCache } from '../../../main/adapters/storage/index-cache.ts'
import { indexConformance } from '../../conformance/index.ts'

indexConformance('SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'golem-index-'))
  const indices = join(folder, 'indices')
  let port = createIndexCache(indices)
  return {
    port,
    async reopen() {
      await port.close()
      port = createIndexCache(indices)
      return port
    },
    remove: () => rmSync(indices, { recursive: true }),
    damage: () => truncateSync(join(indices, 'client.sqlite'), 5_000),
    async stop() {
      await port.close()
      rmSync(folder, { recursive: true })
    },
  }
})
