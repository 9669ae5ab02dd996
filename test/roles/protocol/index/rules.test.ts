/** Rules across clients in the database: counters of groups against rows counted anew, whatever happens in between. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Index, Program } from '../../../../roles/program/index.ts'
import type { Json } from '../../../../roles/protocol/canonical.ts'
import {
  applyUpdate,
  brokenRule,
  cloneDatabase,
  createDatabase,
  exportDatabase,
  importDatabase,
  reserveKey,
  rowsReserved,
  rowsWritten,
  setRow,
  type Database,
  type Row,
  type Write,
} from '../../../../roles/protocol/index/index.ts'
import { must } from '../../../../roles/protocol/result.ts'

type Collections = Program['collections']
const fields = { group: { kind: 'text', max: 2 }, amount: { kind: 'int', min: '-9', max: '9' } } as const
const indices: Record<string, Index> = {
  few: { kind: 'order', on: ['group'], atMost: 2 },
  plain: { kind: 'count', on: ['amount'] },
  sum: { kind: 'sum', on: ['group'], field: 'amount', atLeast: '-4', atMost: '7' },
  yours: { kind: 'count', on: ['group', '$owner'], atMost: 1 },
}
const program = (collections: Collections): Program => ({ golem: 1, name: 'ruled', doc: '', endpoints: {}, collections })
const RULED = program({
  begun: { doc: '', fields, initial: { group: 'x', amount: '0' }, indices: { mine: { kind: 'order', on: ['$owner'], atMost: 2 } } },
  rows: { doc: '', fields, initial: null, indices },
})
const FREE = program(Object.fromEntries(Object.entries(RULED.collections).map(([name, one]) => [name, { ...one, indices: {} }])))
const OWNERS = ['aa', 'bb', 'cc'].map((two) => two.repeat(32))
const ZERO = '00'.repeat(32)

// ───────────────────────────── the rules, counted anew from all rows ─────────────────────────────

interface Counted {
  name: string
  groups: Map<string, number>
  excess: (value: number | undefined) => number
}

/** Every rule with its groups, in the order in which they are told. */
function countAnew(db: Database): Counted[] {
  const found: Counted[] = []
  for (const collection of Object.keys(db.program.collections).sort())
    for (const [index, declared] of Object.entries(db.program.collections[collection]!.indices).sort()) {
      const groups = new Map<string, number>()
      for (const row of db.collections.get(collection)!.values()) {
        if (row.fields === null) continue
        const group = declared.on.map((name) => (name === '$owner' ? row.owner : String(row.fields![name]))).join('/')
        groups.set(group, (groups.get(group) ?? 0) + (declared.kind === 'sum' ? Number(row.fields[declared.field]) : 1))
      }
      const rule = (bound: string, limit: unknown, over: (value: number, limit: number) => number): void => {
        if (limit === undefined) return
        const excess = (value: number | undefined): number => (value === undefined ? 0 : Math.max(0, over(value, Number(limit))))
        found.push({ name: `${bound} of ${collection}.${index}`, groups, excess })
      }
      rule('atLeast', declared.kind === 'sum' ? declared.atLeast : undefined, (value, limit) => limit - value)
      rule('atMost', declared.atMost, (value, limit) => value - limit)
    }
  return found
}

/** The first rule that is broken further than before; `touched`: only collections that the change is in are named. */
function worse(before: Counted[], after: Counted[]): string | null {
  for (const [i, { name, groups, excess }] of after.entries())
    for (const [group, value] of groups) if (excess(value) > excess(before[i]!.groups.get(group))) return name
  return null
}

const named = (rule: ReturnType<typeof brokenRule>): string | null => rule && `${rule.bound} of ${rule.collection}.${rule.index}`

// ───────────────────────────── a life of a database ─────────────────────────────

type Step =
  | { do: 'reserve'; owner: number; collections: string[] }
  | { do: 'write'; writes: Array<{ key: number; group: string; amount: number; part: 0 | 1 | 2 }> }
  | { do: 'undo'; steps: number }
  | { do: 'restart' }
  /** A superseding program, with the rules or without. */
  | { do: 'supersede' }
  | { do: 'clone' }

const steps = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('reserve' as const),
        owner: fc.nat(2),
        collections: fc.array(fc.constantFrom('rows', 'rows', 'begun'), { minLength: 1, maxLength: 3 }),
      }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('write' as const),
        writes: fc.array(
          fc.record({
            key: fc.nat(40),
            group: fc.constantFrom('', 'x', 'y'),
            amount: fc.integer({ min: -9, max: 9 }),
            part: fc.constantFrom(0 as const, 1 as const, 2 as const),
          }),
          { minLength: 1, maxLength: 5 },
        ),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('undo' as const), steps: fc.integer({ min: 1, max: 4 }) }) },
    { weight: 1, arbitrary: fc.constantFrom({ do: 'restart' as const }, { do: 'clone' as const }, { do: 'supersede' as const }) },
  ),
  { minLength: 10, maxLength: 80, size: 'max' },
)

interface Life {
  db: Database
  /** What each step changed, to take it back. */
  undo: Array<Array<[collection: string, key: string, row: Row | undefined]>>
  keys: string[]
  outcomes: Record<string, number>
}

function decide(life: Life, changes: Parameters<typeof brokenRule>[1], apply: (db: Database) => void): void {
  const { db } = life
  const before = countAnew(db)
  const tried = cloneDatabase(db)
  apply(tried)
  const expected = worse(before, countAnew(tried))
  expect(named(brokenRule(db, changes))).toBe(expected)
  const outcome = expected ?? 'accepted'
  life.outcomes[outcome] = (life.outcomes[outcome] ?? 0) + 1
  if (expected !== null) return
  life.undo.push(changes.map(({ collection, key }) => [collection, key, db.collections.get(collection)!.get(key)]))
  apply(db)
}

function take(life: Life, step: Step): void {
  const { db } = life
  if (step.do === 'restart') life.db = importDatabase(db.program, JSON.parse(JSON.stringify(exportDatabase(db))) as Json)
  else if (step.do === 'clone') life.db = cloneDatabase(db)
  else if (step.do === 'supersede') life.db = importDatabase(db.program === RULED ? FREE : RULED, exportDatabase(db))
  else if (step.do === 'undo') {
    for (const changes of life.undo.splice(-step.steps).reverse())
      for (const [collection, key, row] of changes.toReversed()) {
        setRow(db, collection, key, row)
        if (row !== undefined) continue
        db.keys.delete(key)
        life.keys = life.keys.filter((one) => one !== key)
      }
  } else if (step.do === 'reserve') {
    const owner = OWNERS[step.owner]!
    const keys = step.collections.map((collection, i) => ({
      collection,
      key: `k${life.undo.length}n${Object.keys(life.outcomes).length}n${db.keys.size + i}`,
    }))
    const count = db.keys.size
    decide(life, rowsReserved(db, owner, keys), (to) => {
      for (const one of keys) must(reserveKey(to, { ...one, owner, version: ZERO }))
    })
    if (db.keys.size > count) life.keys.push(...keys.map(({ key }) => key))
  } else write(life, step.writes)
}

function write(life: Life, wanted: Extract<Step, { do: 'write' }>['writes']): void {
  if (life.keys.length === 0) return
  const { db } = life
  const writes = wanted.map(({ key, group, amount, part }): Write => {
    const address = life.keys[key % life.keys.length]!
    const { collection } = db.keys.get(address)!
    const whole = { group, amount: String(amount) }
    const isNew = db.collections.get(collection)!.get(address)!.fields === null
    const fields: Write['fields'] = isNew || part === 0 ? whole : part === 1 ? { group } : { amount: String(amount) }
    return { key: address, collection, fields, replaces: ZERO }
  })
  decide(life, rowsWritten(db, writes), (to) => {
    for (const one of writes) must(applyUpdate(to, { owner: to.keys.get(one.key)!.owner, version: ZERO, writes: [one] }))
  })
}

describe('Rules of a database', () => {
  it('[T2] are told from counters as from all rows, over writes, reservations, what is taken back, and restarts', () => {
    const outcomes: Record<string, number> = {}
    const seed = Number(process.env['GOLEM_SEED'] ?? 20_261_127)
    console.log(`seed ${seed} (GOLEM_SEED=${seed} replays)`)
    fc.assert(
      fc.property(steps, (all) => {
        const life: Life = { db: createDatabase(RULED), undo: [], keys: [], outcomes: {} }
        for (const step of all) take(life, step)
        for (const [name, times] of Object.entries(life.outcomes)) outcomes[name] = (outcomes[name] ?? 0) + times
        // What is left of counters is what the rows make, and nothing of groups that are gone.
        expect(life.db.tallies).toEqual(importDatabase(life.db.program, exportDatabase(life.db)).tallies)
      }),
      { seed, numRuns: 400 },
    )
    // Every rule was broken, and not only ever broken.
    expect(Object.keys(outcomes).sort()).toEqual([
      'accepted',
      'atLeast of rows.sum',
      'atMost of begun.mine',
      'atMost of rows.few',
      'atMost of rows.sum',
      'atMost of rows.yours',
    ])
    expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(50)
  })

  const filled = (rows: Array<[key: string, owner: number, group: string, amount: number]>): Database => {
    const db = createDatabase(FREE)
    for (const [key, owner, group, amount] of rows) {
      must(reserveKey(db, { key, collection: 'rows', owner: OWNERS[owner]!, version: ZERO }))
      must(
        applyUpdate(db, {
          owner: OWNERS[owner]!,
          version: ZERO,
          writes: [{ key, collection: 'rows', replaces: ZERO, fields: { group, amount: String(amount) } }],
        }),
      )
    }
    // The same rows under a program that has rules now.
    return importDatabase(RULED, exportDatabase(db))
  }
  const change = (key: string, fields: Record<string, string>): Write => ({ key, collection: 'rows', replaces: ZERO, fields })
  const verdict = (db: Database, ...writes: Write[]): string | null => named(brokenRule(db, rowsWritten(db, writes)))

  it('refuse what makes a breach from before worse, and let it be mended or left', () => {
    const db = filled([
      ['a', 0, 'x', -9],
      ['b', 1, 'x', -9],
      ['c', 2, 'x', 0],
      ['d', 0, 'x', 0],
      ['e', 2, 'y', 0],
    ])
    expect(verdict(db, change('e', { group: 'x', amount: '9' }))).toBe('atMost of rows.few')
    expect(verdict(db, change('c', { amount: '-1' }))).toBe('atLeast of rows.sum')
    expect(verdict(db, change('c', { amount: '1' }))).toBe(null)
    expect(verdict(db, change('c', { group: 'y', amount: '9' }), change('e', { group: 'x', amount: '1' }))).toBe('atMost of rows.sum')
    expect(verdict(db, change('c', { group: 'y', amount: '1' }), change('e', { group: 'x', amount: '0' }))).toBe(null)
    expect(verdict(db, change('b', { group: 'y' }), change('c', { amount: '9' }))).toBe('atLeast of rows.sum')
  })

  it('look at what an update leaves, not at what it passes through', () => {
    const db = filled([
      ['a', 0, 'x', 7],
      ['b', 1, 'x', 0],
    ])
    expect(verdict(db, change('b', { amount: '5' }))).toBe('atMost of rows.sum')
    expect(verdict(db, change('b', { amount: '5' }), change('a', { amount: '2' }))).toBe(null)
    expect(verdict(db, change('b', { amount: '9' }), change('b', { amount: '0' }))).toBe(null)
  })

  it('are broken by the writes of one update among themselves', () => {
    const db = filled([
      ['a', 0, 'x', 0],
      ['b', 0, 'y', 0],
    ])
    expect(verdict(db, change('a', { group: '' }), change('b', { group: '' }))).toBe('atMost of rows.yours')
    expect(verdict(db, change('a', { group: 'y' }), change('b', { group: 'x' }))).toBe(null)
  })
})
