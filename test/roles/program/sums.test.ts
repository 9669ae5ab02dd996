/** Sums of a database are exact, and nobody's row makes one overflow for everybody. */
import { describe, expect, it } from 'vitest'
import {
  app,
  check,
  collection,
  compile,
  endpoint,
  int,
  runEndpoint,
  sum,
  text,
  type Program,
  type Result,
} from '../../../roles/program/index.ts'
import { createDatabase, registerClient, reserveKey, applyUpdate, snapshot } from '../../../roles/protocol/index/index.ts'
import { fastCrypto } from '../../../main/adapters/crypto/fast.ts'
import { must } from './guestbook.story.ts'

const MOST = 9_007_199_254
const CALLER = 'aa'.repeat(32)
const code = (result: Result<unknown>): string => (result.ok ? 'ok' : result.error.code)

const ledger = (amount: { min?: number; max?: number }): Result<Program> =>
  compile(
    app({
      name: 'ledger',
      doc: 'Amounts.',
      collections: {
        rows: collection({ doc: 'One amount.', fields: { who: text(9), amount: int(amount) }, indices: { all: sum('amount', 'who') } }),
      },
      endpoints: (db) => ({
        total: endpoint({
          doc: 'All of it.',
          request: { who: text(9) },
          run: (request) => ({ total: db.rows.all.sum({ who: request.who }) }),
        }),
      }),
    }),
  )

describe('a field that is summed', () => {
  it.each<[string, { min?: number; max?: number }, string]>([
    ['no bounds', {}, 'program.type'],
    ['no upper bound', { min: 0 }, 'program.type'],
    ['no lower bound', { max: 0 }, 'program.type'],
    ['an upper bound with which a million rows overflow', { min: 0, max: MOST + 1 }, 'program.type'],
    ['a lower bound with which a million rows overflow', { min: -MOST - 1, max: 0 }, 'program.type'],
    ['the greatest bounds', { min: -MOST, max: MOST }, 'ok'],
    ['bounds of its own', { min: 1, max: 5 }, 'ok'],
  ])('with %s', (_, bounds, expected) => {
    expect(code(ledger(bounds))).toBe(expected)
  })

  it('is refused in words that say what to declare, at the line of the collection', () => {
    const refused = ledger({})
    expect(refused.ok || refused.error.message).toMatch(/^sums\.test\.ts:\d+: .*declare amount as int\(\{ min, max \}\)\.$/)
  })

  it('is held to it in documents from elsewhere', () => {
    const document = JSON.parse(JSON.stringify(must(ledger({ min: 0, max: 9 })))) as Program
    document.collections['rows']!.fields['amount'] = { kind: 'int' }
    expect(code(check(document))).toBe('program.type')
  })
})

describe('a sum', () => {
  it('is exact at the bounds, negative numbers included', () => {
    const db = createDatabase(must(ledger({ min: -MOST, max: MOST })))
    registerClient(db, CALLER, { registered: 1, seats: '5e'.repeat(32), since: 0 })
    for (const [i, amount] of [MOST, MOST, -MOST, -MOST, -MOST, -3].entries()) {
      const key = `k${i}`
      must(reserveKey(db, { key, collection: 'rows', owner: CALLER, version: '00' }))
      must(
        applyUpdate(db, {
          owner: CALLER,
          version: '11',
          writes: [{ key, collection: 'rows', replaces: '00', fields: { who: 'x', amount: String(amount) } }],
        }),
      )
    }
    const [entry] = snapshot(fastCrypto, db)
      .indices.get('rows.all')!
      .pages.flatMap((page) => page.entries)
    expect(Object.fromEntries(entry!.fields)).toEqual({ who: 'x', $sum: String(-MOST - 3) })
  })

  it.each([
    [Number.MAX_SAFE_INTEGER, 'ok'],
    [-Number.MAX_SAFE_INTEGER, 'ok'],
    [2 ** 53, 'program.overflow'],
    [-(2 ** 53), 'program.overflow'],
    [0.5, 'program.query'],
  ])('of %d stops the call where it is no integer of the language', (total, expected) => {
    const program = must(ledger({ min: 0, max: 9 }))
    const call = { caller: CALLER, request: { who: 'x' }, slots: [], query: () => total }
    expect(code(runEndpoint(program, 'total', call, { steps: 0, bytes: 0 }))).toBe(expected)
  })
})
