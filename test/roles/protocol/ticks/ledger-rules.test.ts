/** What a ledger does with rules when its program changes, when ticks are taken back, and when it is stored. */
import { describe, expect, it } from 'vitest'
import type { Index, Program } from '../../../../roles/program/index.ts'
import type { Json } from '../../../../roles/protocol/canonical.ts'
import { applyUpdate, brokenRule, reserveKey, rowsWritten, type Database } from '../../../../roles/protocol/index/index.ts'
import { must } from '../../../../roles/protocol/result.ts'
import { checkSuccession, closeTick, createLedger, exportLedger, importLedger, rollbackTo } from '../../../../roles/protocol/ticks/index.ts'
import { crypto, makeCast, makeOffer } from '../../supervisor/actors.ts'

const [OWNER, ZERO] = ['aa'.repeat(32), '00'.repeat(32)]
const offer = makeOffer(makeCast('ledger rules')).body
const program = (byName: Index): Program => ({
  golem: 1,
  name: 'names',
  doc: '',
  endpoints: {},
  collections: { names: { doc: '', initial: null, fields: { name: { kind: 'text', max: 9 } }, indices: { byName } } },
})
const order: Index & { kind: 'order' } = { kind: 'order', on: ['name'] }
const [FREE, ONE, TWO] = [program(order), program({ ...order, atMost: 1 }), program({ ...order, atMost: 2 })] as const

const close = (ledger: ReturnType<typeof createLedger>, number: number, outline: Program): void =>
  void closeTick({ crypto }, ledger, {
    offer,
    offerDigest: ZERO,
    outline,
    number,
    registrations: [],
    reservations: [],
    updates: [],
    reveal: null,
  })

function put(db: Database, key: string, name: string): void {
  must(reserveKey(db, { key, collection: 'names', owner: OWNER, version: ZERO }))
  must(applyUpdate(db, { owner: OWNER, version: ZERO, writes: [{ key, collection: 'names', replaces: ZERO, fields: { name } }] }))
}

/** Whether one more row of a name would be refused. */
function isRefused(db: Database, name: string): boolean {
  const tried = brokenRule(db, rowsWritten(db, [{ key: 'spare', collection: 'names', replaces: ZERO, fields: { name } }]))
  return tried !== null
}

function taken(): ReturnType<typeof createLedger> {
  const ledger = createLedger('ab'.repeat(32), FREE)
  close(ledger, 0, FREE)
  for (const [key, name] of [
    ['k1', 'ann'],
    ['k2', 'ann'],
    ['k3', 'bob'],
  ] as const)
    put(ledger.database, key, name)
  must(reserveKey(ledger.database, { key: 'spare', collection: 'names', owner: OWNER, version: ZERO }))
  return ledger
}

describe('A rule that a superseding program adds', () => {
  it('[T2] counts what is there, lets it stay, and refuses what makes it worse', () => {
    const ledger = taken()
    expect(['ann', 'bob', 'cleo'].map((name) => isRefused(ledger.database, name))).toEqual([false, false, false])
    close(ledger, 1, ONE)
    expect(['ann', 'bob', 'cleo'].map((name) => isRefused(ledger.database, name))).toEqual([true, true, false])
    // Of the two rows that share a name, either may be renamed.
    const renamed = rowsWritten(ledger.database, [{ key: 'k1', collection: 'names', replaces: ZERO, fields: { name: 'dan' } }])
    expect(brokenRule(ledger.database, renamed)).toBe(null)
  })

  it('[T2] goes with its tick when that is taken back, and comes again', () => {
    const ledger = taken()
    close(ledger, 1, ONE)
    close(ledger, 2, TWO)
    expect(isRefused(ledger.database, 'bob')).toBe(false)
    rollbackTo(ledger, 1)
    expect(isRefused(ledger.database, 'bob')).toBe(true)
    rollbackTo(ledger, 0)
    expect(isRefused(ledger.database, 'bob')).toBe(false)
    close(ledger, 1, TWO)
    expect(['ann', 'bob'].map((name) => isRefused(ledger.database, name))).toEqual([true, false])
  })

  it('stands in the stored ledger, whose counters are those of its rows', () => {
    const ledger = taken()
    close(ledger, 1, ONE)
    const stored = importLedger(JSON.parse(JSON.stringify(exportLedger(ledger))) as Json)
    expect(stored.database.tallies).toEqual(ledger.database.tallies)
    expect(isRefused(stored.database, 'bob')).toBe(true)
  })

  it('may come, go and change; the index itself stays', () => {
    for (const [before, after] of [
      [FREE, ONE],
      [ONE, TWO],
      [TWO, FREE],
    ] as const)
      expect(checkSuccession(before, after).ok).toBe(true)
    const other = checkSuccession(ONE, program({ kind: 'count', on: ['name'], atMost: 1 }))
    expect(other.ok || other.error.message).toContain('the index byName is another')
  })
})
