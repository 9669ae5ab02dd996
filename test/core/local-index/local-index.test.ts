/** What a node keeps of an index of its own is used when it is right, and only then. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fastCrypto } from '../../../main/adapters/crypto/fast.ts'
import { createIndexCache, type IndexCache } from '../../../main/adapters/storage/index-cache.ts'
import { createSystemClock } from '../../../main/adapters/system/clock.ts'
import { createLocalIndex, type LocalIndex } from '../../../main/core/local-index/index.ts'
import { fail } from '../../../roles/protocol/result.ts'
import { createMemoryLog } from '../../simulation/ports/log.ts'
import { createShop, readAll, SHOP, type Published } from './shop.ts'

let folder: string
let cache: IndexCache
let log: ReturnType<typeof createMemoryLog>
const file = () => join(folder, 'client.sqlite')
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'golem-local-'))
  cache = createIndexCache(folder)
  log = createMemoryLog()
})
afterEach(async () => {
  await cache.close()
  rmSync(folder, { recursive: true, force: true })
})

const open = (maxBytes = 64 << 20): LocalIndex =>
  createLocalIndex({ index: cache, name: 'client', maxBytes, crypto: fastCrypto, clock: createSystemClock(), log })
const catchUp = (local: LocalIndex, { tick, fetchFile }: Published) => local.catchUp({ program: SHOP, tick, fetchFile })
const warnings = () => log.lines.filter(({ level }) => level === 'warn' || level === 'error').map(({ message }) => message)

/** All reads of a tick with the index are those without it. @returns whether none of them fetched a page */
async function sameReads(local: LocalIndex, published: Published): Promise<boolean> {
  const plain = await readAll(published.reader())
  const own = await readAll(published.reader(local.for(SHOP)))
  expect(own.answers).toEqual(plain.answers)
  expect(plain.local).not.toContain(true)
  return own.local.every((one) => one)
}

describe('[D3] the index that a node keeps', () => {
  it('[D3][T3] answers every kind of read, with the same proofs, and fetches no page', async () => {
    const shop = createShop()
    shop.sell(900)
    shop.sell(30, 'Orders')
    const published = shop.tick()
    const local = open()
    expect(await sameReads(local, published)).toBe(false)
    await catchUp(local, published)
    expect(await sameReads(local, published)).toBe(true)
    expect(published.fetched.filter((name) => name.startsWith('orders.byShop.')).some((name) => !name.endsWith('directory'))).toBe(true)
    const before = published.fetched.length
    await readAll(published.reader(local.for(SHOP)))
    expect(published.fetched.slice(before).every((name) => name.endsWith('.directory'))).toBe(true)
    expect(warnings()).toEqual([])
  })

  it('follows ticks, serves what did not change before it is there, and fetches only chunks with a new page', async () => {
    const shop = createShop()
    shop.sell(3_000)
    const first = shop.tick()
    shop.sell(1)
    const second = shop.tick()
    const local = open()
    await catchUp(local, first)
    const behind = await readAll(second.reader(local.for(SHOP)))
    expect(behind.answers).toEqual((await readAll(second.reader())).answers)
    expect([behind.local.includes(true), behind.local.includes(false)]).toEqual([true, true])
    second.fetched.length = 0
    await catchUp(local, second)
    const chunks = (published: Published) => published.fetched.filter((name) => /^orders\.key\.\d+$/.test(name)).length
    expect(first.tick.indices.find(({ name }) => name === 'orders.key')!.chunks.length).toBeGreaterThan(3)
    expect(chunks(second)).toBeLessThanOrEqual(2)
    expect(await sameReads(local, second)).toBe(true)
    expect(warnings()).toEqual([])
  })

  it('[D4] shows nothing of a tick that a reorg took back, and goes back to the one before', async () => {
    const shop = createShop()
    shop.sell(200)
    const kept = shop.tick()
    shop.sell(50)
    const gone = shop.tick()
    const local = open()
    await catchUp(local, gone)
    await sameReads(local, kept)
    await catchUp(local, kept)
    expect(await sameReads(local, kept)).toBe(true)
  })

  it('is there again after a restart, and in another life without its file everything is read as before', async () => {
    const shop = createShop()
    shop.sell(300)
    const published = shop.tick()
    const first = open()
    await catchUp(first, published)
    first.close()
    expect(await sameReads(open(), published)).toBe(true)
    await cache.close()
    rmSync(folder, { recursive: true })
    cache = createIndexCache(folder)
    const third = open()
    expect(await sameReads(third, published)).toBe(false)
    await catchUp(third, published)
    expect(await sameReads(third, published)).toBe(true)
  })

  it('[D3] is not trusted: what differs from the root is fetched instead, told once, and made anew', async () => {
    const shop = createShop()
    shop.sell(300)
    const published = shop.tick()
    const local = open()
    await catchUp(local, published)
    local.close()
    const db = new Database(file())
    db.exec(`UPDATE "0 orders.key" SET value = replace(value, 'shop 3', 'shop 4')`)
    db.close()
    const cheated = open()
    expect(await sameReads(cheated, published)).toBe(false)
    expect(warnings()).toHaveLength(1)
    await catchUp(cheated, published)
    expect(await sameReads(cheated, published)).toBe(true)
    expect(warnings()).toHaveLength(1)
  })

  it('is made anew where another app left its own, or something that is no database', async () => {
    const shop = createShop()
    shop.sell(20)
    const published = shop.tick()
    const other = cache.rebuild('client', [
      { name: 'else', indices: [] },
      { name: 'about', indices: [] },
    ])
    await other.finish()
    const local = open()
    expect(await sameReads(local, published)).toBe(false)
    await catchUp(local, published)
    expect(await sameReads(local, published)).toBe(true)
  })

  it('keeps nothing of an app that is too large for its settings, and tries again when files could not be had', async () => {
    const shop = createShop()
    shop.sell(200)
    const published = shop.tick()
    const small = open(1_000)
    await catchUp(small, published)
    expect(await sameReads(small, published)).toBe(false)
    const local = open()
    await catchUp(local, { ...published, fetchFile: () => Promise.resolve(fail('swarm.timeout', 'not now')) })
    expect(await sameReads(local, published)).toBe(false)
    await catchUp(local, published)
    expect(await sameReads(local, published)).toBe(true)
  })
})
