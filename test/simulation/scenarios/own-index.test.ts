/** The index that a client keeps of its own, in real SQLite, in the life of a whole network: there, deleted while the client is dead, and back. */
import { existsSync, readdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIndexCache } from '../../../main/adapters/storage/index-cache.ts'
import { ready, startWorld, type World } from '../network/world.ts'

const folder = mkdtempSync(join(tmpdir(), 'golem-own-index-'))
const cache = createIndexCache(join(folder, 'index'))
/** Whether an index of a client is on the disk. */
const isThere = (): boolean =>
  existsSync(join(folder, 'index')) && readdirSync(join(folder, 'index')).some((name) => name.startsWith('client'))
let world: World
beforeAll(async () => {
  world = await startWorld('own index', 3, ['alice', 'bob'], { indices: { bob: cache } })
})
afterAll(async () => {
  await world?.close()
  await cache.close()
  rmSync(folder, { recursive: true })
})

const read = (name: string) =>
  world.call(name, 'use.read', { collection: 'posts', index: 'byTopic', equals: ['own'], limit: 10, descending: false })
/** The thread that writes the file works in real time. */
const readLocally = async (name: string) => {
  for (;;) {
    const found = await read(name)
    if (found.local) return found
    await new Promise((resolve) => {
      setTimeout(resolve, 20)
    })
    await world.run(100)
  }
}
async function post(text: string): Promise<void> {
  const actor = await ready(world, 'alice')
  const { id } = await world.call('alice', 'use.request', { app: actor, endpoint: 'post', arguments: { topic: 'own', text } })
  await world.until('an answer', async () => (await world.request('alice', id))?.state === 'review')
  await world.call('alice', 'use.approve', { id })
  await world.until('the tick', async () => (await world.request('alice', id))?.state === 'counted')
  const { tick } = (await world.request('alice', id))!
  await world.until('bob to see it', async () => ((await world.view('bob')).tick?.number ?? 0) >= tick!)
}

describe('[D3] a client with an index of its own', () => {
  it('[D3][T3][R2] reads every tick from it, proved, and lives on without it when it was deleted', async () => {
    await post('first')
    const first = await readLocally('bob')
    expect(first).toMatchObject({ proved: true, rows: [{ text: 'first' }] })
    expect(isThere()).toBe(true)
    await post('second')
    const second = await readLocally('bob')
    expect(second.rows.map(({ text }) => text).sort()).toEqual(['first', 'second'])
    expect(second.root).not.toBe(first.root)

    const { local, ...before } = second
    rmSync(join(folder, 'index'), { recursive: true })
    await world.restart('bob')
    expect(await read('bob')).toMatchObject(before)
    expect(local).toBe(true)
    await post('third')
    expect((await readLocally('bob')).rows).toHaveLength(3)
    expect(isThere()).toBe(true)
    expect((await read('alice')).rows).toEqual((await read('bob')).rows)
    expect((await readLocally('alice')).rows).toHaveLength(3)
  })

  it('[T3][D3] and so does a Supervisor with the ticks that it published, also after a restart', async () => {
    const rows = (await read('bob')).rows
    const own = await readLocally('supervisor')
    expect(own).toMatchObject({ proved: true, rows })
    await world.restart('supervisor')
    expect(await read('supervisor')).toEqual(own)
  })
})
