/** A database of every kind of index, whose ticks are made as a Supervisor makes them, for those who keep an index of their own. */
import { fastCrypto } from '../../../main/adapters/crypto/fast.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import {
  applyUpdate,
  createDatabase,
  registerClient,
  reserveKey,
  openSnapshot,
  snapshotFiles,
  type ProvedValue,
  type SnapshotReader,
  type LocalEntries,
  snapshot,
} from '../../../roles/protocol/index/index.ts'
import type { Tick } from '../../../roles/protocol/documents/index.ts'
import { fail, must, ok, type Result } from '../../../roles/protocol/result.ts'
import type { Program } from '../../../roles/program/index.ts'
import { seeded } from '../../tools/seeded.ts'

const fields = { shop: { kind: 'text', max: 20 }, price: { kind: 'int', min: -1000, max: 1000 } } as const
const indices = {
  byShop: { kind: 'order', on: ['shop', 'price'] },
  byshop: { kind: 'order', on: ['$owner'] },
  perShop: { kind: 'count', on: ['shop'] },
  turnover: { kind: 'sum', on: ['shop'], field: 'price' },
} as const

/** Two names that differ by case only, because those of SQLite's tables and indices do not. */
export const SHOP = {
  golem: 1,
  name: 'shop',
  doc: '',
  endpoints: {},
  collections: { orders: { doc: '', fields, initial: null, indices }, Orders: { doc: '', fields, initial: null, indices: {} } },
} as unknown as Program
const OWNERS = ['a'.repeat(64), 'b'.repeat(64)]

export interface Published {
  tick: Tick
  fetchFile: Parameters<typeof openSnapshot>[0]['fetchFile']
  fetched: string[]
  reader(local?: LocalEntries): SnapshotReader
}

export function createShop() {
  const database = createDatabase(SHOP)
  const random = seeded('shop')
  let number = 0
  for (const owner of OWNERS) registerClient(database, owner, { registered: 7, seats: '5e'.repeat(32), since: 0 })
  return {
    sell(count: number, collection = 'orders'): void {
      for (let i = 0; i < count; i++) {
        const [key, version, owner] = [toHex(random(32)), toHex(random(32)), OWNERS[i % 2]!]
        must(reserveKey(database, { key, collection, owner, version }))
        const written = { shop: `shop ${random(1)[0]! % 5}`, price: String((random(1)[0]! - 128) * 3) }
        must(
          applyUpdate(database, { owner, version: toHex(random(32)), writes: [{ key, collection, replaces: version, fields: written }] }),
        )
      }
    },
    tick(): Published {
      const taken = snapshot(fastCrypto, database)
      for (const collection of [...database.collections.keys(), '$keys', '$clients']) database.dirty.add(collection)
      const { indices: listed, files } = snapshotFiles(fastCrypto, taken)
      const content = new Map(files.map(({ name, bytes }) => [name, bytes]))
      const tick = { number: number++, root: taken.root, indices: listed } as Tick
      const fetched: string[] = []
      const fetchFile: Published['fetchFile'] = (name) => {
        fetched.push(name)
        return Promise.resolve(content.has(name) ? ok(content.get(name)!) : fail('test.file', name))
      }
      return {
        tick,
        fetchFile,
        fetched,
        reader: (local) =>
          must(openSnapshot({ crypto: fastCrypto, program: SHOP, tick, fetchFile, ...(local === undefined ? {} : { local }) })),
      }
    },
  }
}

/** Every kind of read, by every index. */
export async function readAll(reader: SnapshotReader): Promise<{ answers: unknown[]; local: boolean[] }> {
  const [first] = must(await reader.rows('orders', 'key', [], { limit: 1 })).value
  const results: Array<Result<ProvedValue<unknown>>> = [
    await reader.rows('orders', 'key', [], { limit: 200 }),
    await reader.rows('orders', 'byShop', ['shop 3'], { limit: 200 }),
    await reader.rows('orders', 'byShop', ['shop 1'], { limit: 3, descending: true }),
    await reader.rows('orders', 'byshop', [OWNERS[0]!], { limit: 70 }),
    await reader.rows('Orders', 'key', []),
    await reader.count('orders', 'perShop', ['shop 2']),
    await reader.sum('orders', 'turnover', ['shop 2']),
    await reader.count('orders', 'perShop', ['nobody']),
    await reader.get('$clients', OWNERS[1]!),
    await reader.get('$keys', String(first!['$key'])),
    await reader.get('orders', 'ff'.repeat(32)),
  ]
  const proved = results.map((result) => must(result))
  // A proof has to be the same, too: servers get it.
  return {
    answers: proved.map(({ value, proved: { proof, rows } }) => JSON.parse(JSON.stringify([value, proof, rows])) as unknown),
    local: proved.map(({ proved: { local } }) => local),
  }
}
