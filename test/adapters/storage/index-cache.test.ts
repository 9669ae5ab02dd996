import { once } from 'node:events'
import { mkdtempSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { createIndexCache } from '../../../main/adapters/storage/index-cache.ts'
import { must } from '../../../roles/protocol/result.ts'
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

it('its thread outlasts a rebuild that pauses, ends when there is none, and comes back for the next', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'golem-index-'))
  const threads: Worker[] = []
  const note = (worker: Worker): void => void threads.push(worker)
  process.on('worker', note)
  const idleMs = 20
  const port = createIndexCache(folder, idleMs)
  const collections = [{ name: 'posts', indices: [] }]
  const row = (key: string) => ({ collection: 'posts', key, value: '{}', sortKeys: [] })
  for (const count of [1, 2]) {
    const rebuild = port.rebuild('client', collections)
    await rebuild.add([row('a')])
    await new Promise((resolve) => setTimeout(resolve, 5 * idleMs))
    await rebuild.add([row('b')])
    expect(must(await rebuild.finish())).toEqual({ rows: 2 })
    expect(threads).toHaveLength(count)
    if (threads.at(-1)!.threadId > 0) await once(threads.at(-1)!, 'exit')
  }
  process.off('worker', note)
  await port.close()
  rmSync(folder, { recursive: true })
})
