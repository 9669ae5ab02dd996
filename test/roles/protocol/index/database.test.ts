import { describe, expect, it } from 'vitest'
import { fastCrypto } from '../../../../main/adapters/crypto/fast.ts'
import type { Program } from '../../../../roles/program/document.ts'
import type { Json } from '../../../../roles/protocol/canonical.ts'
import {
  applyUpdate,
  applyWrite,
  cloneDatabase,
  createDatabase,
  exportDatabase,
  importDatabase,
  registerClient,
  removeClient,
  reserveKey,
  type Database,
  provePageRange,
  verifyRange,
  proveIndex,
  rangeOf,
  snapshot,
  summariesOf,
  verifyIndex,
  type Snapshot,
} from '../../../../roles/protocol/index/index.ts'
import { must, type Result } from '../../../../roles/protocol/result.ts'

const SEATS = '5e'.repeat(32)
const crypto = fastCrypto
const program: Program = {
  golem: 1,
  name: 'board',
  doc: '',
  endpoints: {},
  collections: {
    posts: {
      doc: '',
      initial: null,
      fields: { author: { kind: 'text', max: 20 }, likes: { kind: 'int' } },
      indices: {
        byLikes: { kind: 'order', on: ['likes'] },
        byAuthor: { kind: 'order', on: ['author', 'likes'] },
        perAuthor: { kind: 'count', on: ['author'] },
        likes: { kind: 'sum', on: [], field: 'likes' },
      },
    },
    accounts: { doc: '', initial: { balance: '0' }, fields: { balance: { kind: 'int', min: '0' } }, indices: {} },
  },
}
const [ann, bob] = ['aa'.repeat(32), 'bb'.repeat(32)]
const version = (n: number): string => n.toString(16).padStart(64, '0')
const code = (result: Result<unknown>): string => (result.ok ? 'ok' : result.error.code)

function board(): Database {
  const db = createDatabase(program)
  registerClient(db, ann, { registered: 7, seats: SEATS, since: 3 })
  for (const [key, owner] of [
    ['p1', ann],
    ['p2', ann],
    ['p3', bob],
    ['p4', bob],
  ] as const)
    must(reserveKey(db, { key, collection: 'posts', owner, version: version(1) }))
  must(reserveKey(db, { key: 'a1', collection: 'accounts', owner: ann, version: version(2) }))
  return db
}

const write = (db: Database, key: string, owner: string, fields: Record<string, Json>, replaces = 1, by = 10): Result<null> =>
  applyWrite(db, { owner, version: version(by) }, { key, collection: 'posts', fields, replaces: version(replaces) })

function filled(): Database {
  const db = board()
  must(write(db, 'p1', ann, { author: 'ann', likes: '5' }))
  must(write(db, 'p2', ann, { author: 'ann', likes: '-3' }))
  must(write(db, 'p3', bob, { author: 'bob', likes: '20' }))
  return db
}

function rows(taken: Snapshot, name: string, equals: Json[] = []): Array<Record<string, Json>> {
  const index = taken.indices.get(name)!
  const [collection, how] = name.split('.') as [string, string]
  const range = must(rangeOf(program, collection, how, equals))
  return must(verifyRange(crypto, index.root, range, provePageRange(index, range))).map((entry) => Object.fromEntries(entry.fields))
}

describe('the database', () => {
  it('[K1] reserves a key once', () => {
    const db = board()
    expect(code(reserveKey(db, { key: 'p1', collection: 'posts', owner: bob, version: version(9) }))).toBe('database.taken')
    expect(code(reserveKey(db, { key: 'p9', collection: 'toString', owner: bob, version: version(9) }))).toBe('database.collection')
  })

  it('refuses a write and leaves no trace of it', () => {
    const db = filled()
    const before = snapshot(crypto, db).root
    const full = { author: 'x', likes: '1' }
    expect([
      code(write(db, 'p9', ann, full)),
      code(write(db, 'p4', ann, full)),
      code(write(db, 'p4', bob, full, 5)),
      code(write(db, 'p4', bob, { author: 'x' })),
      code(write(db, 'p4', bob, { ...full, karma: '1' })),
      code(write(db, 'p4', bob, { ...full, likes: 1 })),
      code(write(db, 'a1', ann, full, 2)),
    ]).toEqual([
      'database.key',
      'database.owner',
      'database.version',
      'database.missing',
      'database.field',
      'database.value',
      'database.collection',
    ])
    expect(db.dirty.size).toBe(0)
    expect(snapshot(crypto, db).root).toBe(before)
  })

  it('lets the first of two rivals win and tells the other to retry', () => {
    const db = filled()
    must(write(db, 'p1', ann, { likes: '6' }, 10, 11))
    expect(write(db, 'p1', ann, { likes: '7' }, 10, 12)).toMatchObject({
      error: { code: 'database.version', retryable: true, details: { current: version(11) } },
    })
    expect(rows(snapshot(crypto, db), 'posts.key', ['p1'])).toEqual([{ $key: 'p1', $owner: ann, author: 'ann', likes: '6' }])
  })

  it('applies all writes of an update or none', () => {
    const db = filled()
    const credit = { key: 'p1', collection: 'posts', fields: { likes: '100' }, replaces: version(10) }
    const before = snapshot(crypto, db).root
    expect(code(applyUpdate(db, { owner: ann, version: version(20), writes: [credit, { ...credit, key: 'p3' }] }))).toBe('database.owner')
    expect(snapshot(crypto, db).root).toBe(before)
    must(applyUpdate(db, { owner: ann, version: version(20), writes: [credit, { ...credit, fields: { author: 'Ann' } }] }))
    expect(rows(snapshot(crypto, db), 'posts.key', ['p1'])).toEqual([{ $key: 'p1', $owner: ann, author: 'Ann', likes: '100' }])
  })

  it('shows written rows, and unwritten ones only with an initial value', () => {
    const taken = snapshot(crypto, filled())
    expect(rows(taken, 'posts.key').map((row) => row['$key'])).toEqual(['p1', 'p2', 'p3'])
    expect(rows(taken, 'accounts.key')).toEqual([{ $key: 'a1', $owner: ann, balance: '0' }])
  })

  it('orders, counts and sums', () => {
    const taken = snapshot(crypto, filled())
    expect(rows(taken, 'posts.byLikes').map((row) => row['likes'])).toEqual(['-3', '5', '20'])
    expect(rows(taken, 'posts.byAuthor', ['ann']).map((row) => row['$key'])).toEqual(['p2', 'p1'])
    expect(rows(taken, 'posts.perAuthor')).toEqual([
      { $count: '2', author: 'ann' },
      { $count: '1', author: 'bob' },
    ])
    expect(rows(taken, 'posts.likes')).toEqual([{ $sum: '22' }])
    expect(code(rangeOf(program, 'posts', 'byDate', []))).toBe('index.unknown')
  })

  it('lists keys and clients', () => {
    const db = filled()
    registerClient(db, ann, { registered: 99, seats: '00'.repeat(32), since: 9 })
    expect(rows(snapshot(crypto, db), '$clients.key')).toEqual([{ $key: ann, registered: '7', seats: SEATS, since: '3' }])
    expect(rows(snapshot(crypto, db), '$keys.key', ['p4'])).toEqual([
      { $key: 'p4', collection: 'posts', owner: bob, version: version(1), written: false },
    ])
    removeClient(db, ann)
    expect(rows(snapshot(crypto, db), '$clients.key')).toEqual([])
  })

  it('[T3] has one root for one content, whatever the way to it', () => {
    const db = filled()
    const first = snapshot(crypto, db)
    must(write(db, 'p4', bob, { author: 'bob', likes: '0' }))
    const incremental = snapshot(crypto, db, first)
    expect(incremental.root).not.toBe(first.root)
    expect(incremental.indices.get('accounts.key')).toBe(first.indices.get('accounts.key'))
    expect(snapshot(crypto, importDatabase(program, JSON.parse(JSON.stringify(exportDatabase(db))) as Json)).root).toBe(incremental.root)
    const copy = cloneDatabase(db)
    must(write(copy, 'p4', bob, { likes: '1' }, 10, 30))
    expect(snapshot(crypto, db).root).toBe(incremental.root)
    expect(snapshot(crypto, copy, incremental).root).not.toBe(incremental.root)
  })

  it('proves each of its indices, and no other', () => {
    const taken = snapshot(crypto, filled())
    const summaries = summariesOf(taken)
    for (const { name } of summaries) expect(code(verifyIndex(crypto, taken.root, must(proveIndex(crypto, summaries, name))))).toBe('ok')
    const proof = must(proveIndex(crypto, summaries, 'posts.key'))
    const lies = [
      { count: 2 },
      { name: 'posts.byLikes' },
      { root: version(3) },
      { position: 0 },
      { total: 3 },
      { merkle: [] },
      { root: 'x' },
    ]
    expect(lies.map((lie) => code(verifyIndex(crypto, taken.root, { ...proof, ...lie })))).toEqual(lies.map(() => 'index.database'))
    expect(code(proveIndex(crypto, summaries, 'posts.none'))).toBe('index.unknown')
  })
})
