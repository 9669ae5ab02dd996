/** Looking for what a wallet took part in: begun twice, it is one look; programs that come meanwhile are not lost; a node that ends goes on with it. */
import { describe, expect, it } from 'vitest'
import { fastCrypto } from '../../../main/adapters/crypto/fast.ts'
import { createRestoring } from '../../../main/core/restore/index.ts'
import type { Engagements } from '../../../main/core/engagements/index.ts'
import { searchWanted } from '../../../main/core/identity.ts'
import type { Services } from '../../../main/core/services.ts'
import { DEFAULT_SETTINGS } from '../../../main/core/settings.ts'
import { must } from '../../../roles/protocol/result.ts'
import { createMemoryLog } from '../../simulation/ports/log.ts'
import { createMemoryDisk, createMemoryStorage, type MemoryDisk } from '../../simulation/ports/storage.ts'

/** A node whose chain has nothing for this wallet; each look waits until it is let on. */
function node(disk: MemoryDisk = createMemoryDisk()) {
  const waiting: Array<() => void> = []
  let looks = 0
  let over = false
  const services = {
    storage: createMemoryStorage(disk),
    crypto: fastCrypto,
    log: createMemoryLog(),
    identity: { key: () => ({ publicKey: '00'.repeat(32) }) },
    changed: () => undefined,
    stopped: () => over,
    persist: () => {
      looks++
      return new Promise<void>((resolve) => waiting.push(resolve))
    },
  } as unknown as Services
  const engagements = { list: () => [] } as unknown as Engagements
  const restoring = createRestoring({ services, engagements, settings: () => DEFAULT_SETTINGS })
  return { restoring, disk, services, looks: () => looks, next: () => waiting.shift()!(), end: () => void (over = true) }
}

/** Lets all that waits for nothing from outside go on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a search', () => {
  it('that is begun again while it goes on is one search, and programs given meanwhile are looked at once it has ended', async () => {
    const { restoring, looks, next } = node()
    expect(restoring.view().state).toBe('none')
    expect(must(restoring.start()).state).toBe('running')
    expect(must(restoring.start()).state).toBe('running')
    expect(looks()).toBe(1)
    must(restoring.start([{ name: 'poll' }]))
    next()
    await settle()
    expect(looks()).toBe(2)
    expect(restoring.view().state).toBe('running')
    next()
    await restoring.idle()
    expect(looks()).toBe(2)
    expect(restoring.view()).toMatchObject({ state: 'done', found: [] })
  })

  it('goes on where the node ended, tells the same after a restart, and keeps programs until it is over', async () => {
    const first = node()
    must(first.restoring.start([{ name: 'poll' }]))
    first.end()
    const second = node(first.disk)
    expect([second.restoring.view().state, second.looks()]).toEqual(['running', 0])
    second.restoring.goOn()
    expect([second.looks(), second.services.storage.list('restore', 'program:')]).toMatchObject([1, [{ value: { name: 'poll' } }]])
    second.next()
    await second.restoring.idle()
    const third = node(first.disk)
    third.restoring.goOn()
    expect([third.restoring.view().state, third.looks(), third.services.storage.list('restore', 'program:')]).toEqual(['done', 0, []])
  })

  it('begins by itself for a phrase that was restored, once', async () => {
    const { restoring, services, looks, next, disk } = node()
    services.storage.transact([searchWanted])
    restoring.goOn()
    expect(looks()).toBe(1)
    next()
    await restoring.idle()
    const again = node(disk)
    again.restoring.goOn()
    expect([again.looks(), again.restoring.view().state]).toEqual([0, 'done'])
  })

  it('takes no more programs than it can keep, and says so', () => {
    const { restoring } = node()
    const programs = Array.from({ length: 65 }, (_, number) => ({ number }))
    expect(restoring.start(programs)).toMatchObject({ ok: false, error: { code: 'restore.programs' } })
    must(restoring.start(programs.slice(1)))
    must(restoring.start(programs.slice(1, 3)))
    expect(restoring.start(programs.slice(0, 1))).toMatchObject({ ok: false, error: { code: 'restore.programs' } })
  })

  it('that fails says why, and is begun anew by command or by a restart', async () => {
    const { restoring, services, disk } = node()
    services.persist = () => Promise.reject(new Error('no chain'))
    must(restoring.start())
    await restoring.idle()
    expect(restoring.view()).toMatchObject({ state: 'failed', message: 'no chain' })
    const again = node(disk)
    again.restoring.goOn()
    again.next()
    await again.restoring.idle()
    expect(again.restoring.view().state).toBe('done')
  })
})
