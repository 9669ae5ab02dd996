/** Whoever copies a participant's disk learns nothing from it without the passphrase. */
import { describe, expect, it } from 'vitest'
import { fastCrypto as crypto } from '../../main/adapters/crypto/fast.ts'
import { openIdentity, type Identity } from '../../main/core/identity.ts'
import type { Json } from '../../main/core/ports.ts'
import { sealedStorage } from '../../main/core/sealed-storage.ts'
import { must } from '../../roles/protocol/result.ts'
import { createMemoryDisk, createMemoryStorage } from '../simulation/ports/storage.ts'
import { createSeededRandom } from '../simulation/ports/random.ts'

const random = createSeededRandom('sealed')
const identityOf = async (): Promise<Identity> =>
  must(await openIdentity({ crypto, storage: createMemoryStorage(), random }, 'test', 'pass', 10))
const state: Json = { plans: [{ secret: { passage: 'c0ffee' } }], note: '«…»' }

async function stage() {
  const disk = createMemoryDisk()
  const raw = createMemoryStorage(disk)
  const identity = await identityOf()
  return { disk, raw, storage: sealedStorage(raw, { crypto, random, identity }) }
}

describe('the rows of roles', () => {
  it('come back as they were, and stand on the disk in no readable form', async () => {
    const { disk, raw, storage } = await stage()
    storage.transact([
      { table: 'role-state', key: 'supervisor', value: state },
      { table: 'effect', key: '1', value: state },
      { table: 'supervisor', key: 'offer:a', value: 7 },
    ])
    expect([
      storage.get('role-state', 'supervisor'),
      storage.list('effect'),
      storage.get('supervisor', 'offer:a'),
      storage.get('effect', '2'),
    ]).toEqual([state, [{ key: '1', value: state }], 7, undefined])
    expect(JSON.stringify([...disk.rows].map(([table, rows]) => [table, [...rows]]))).not.toMatch(/c0ffee|passage|plans/)
    expect(Object.keys(raw.get('role-state', 'supervisor') as object)).toEqual(['box'])
    storage.transact([{ table: 'effect', key: '1', delete: true }])
    expect(storage.list('effect')).toEqual([])
  })

  it('are told from those that an earlier version left in the clear, and leave other tables alone', async () => {
    const { raw, storage } = await stage()
    raw.transact([{ table: 'role-state', key: 'client', value: state }])
    storage.transact([{ table: 'chain', key: 'recent', value: state }])
    expect([storage.get('role-state', 'client'), raw.get('chain', 'recent')]).toEqual([state, state])
  })

  it('open for no other wallet, not in the place of another row, and not when a bit was changed', async () => {
    const { raw, storage } = await stage()
    storage.transact([{ table: 'role-state', key: 'client', value: state }])
    const sealed = raw.get('role-state', 'client') as { box: string }
    const other = sealedStorage(raw, { crypto, random, identity: await identityOf() })
    expect(() => other.get('role-state', 'client')).toThrow('belongs to another wallet')
    raw.transact([
      { table: 'role-state', key: 'server', value: sealed },
      { table: 'effect', key: 'x', value: { box: `AAAA${sealed.box.slice(4)}` } },
      { table: 'effect', key: 'y', value: { box: '?' } },
    ])
    for (const [table, key] of [
      ['role-state', 'server'],
      ['effect', 'x'],
      ['effect', 'y'],
    ] as const)
      expect(() => storage.get(table, key)).toThrow('does not open')
  })
})
