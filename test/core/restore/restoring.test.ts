/** Looking for what a wallet took part in: begun twice, it is one look; programs that come meanwhile are not lost. */
import { describe, expect, it } from 'vitest'
import { createRestoring } from '../../../main/core/restore/index.ts'
import type { Engagements } from '../../../main/core/engagements/index.ts'
import type { Services } from '../../../main/core/services.ts'
import { createMemoryStorage } from '../../simulation/ports/storage.ts'

/** A node whose chain has nothing for this wallet; each look waits until it is let on. */
function world() {
  const waiting: Array<() => void> = []
  let looks = 0
  const services = {
    storage: createMemoryStorage(),
    identity: { key: () => ({ publicKey: '00'.repeat(32) }) },
    changed: () => undefined,
    persist: () => {
      looks++
      return new Promise<void>((resolve) => waiting.push(resolve))
    },
  } as unknown as Services
  const restoring = createRestoring(services, { list: () => [] } as unknown as Engagements)
  return { restoring, looks: () => looks, next: () => waiting.shift()!() }
}

/** Lets all that waits for nothing from outside go on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a search', () => {
  it('that is begun again while it goes on is one search, and programs given meanwhile are looked at once it has ended', async () => {
    const { restoring, looks, next } = world()
    expect(restoring.view().state).toBe('none')
    expect(restoring.start().state).toBe('running')
    expect(restoring.start().state).toBe('running')
    expect(looks()).toBe(1)
    restoring.start([{ name: 'poll' }])
    next()
    await settle()
    expect(looks()).toBe(2)
    expect(restoring.view().state).toBe('running')
    next()
    await restoring.idle()
    expect(looks()).toBe(2)
    expect(restoring.view()).toMatchObject({ state: 'done', found: [] })
  })
})
