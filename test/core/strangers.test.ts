/** What anybody may announce on the chain: offers that nobody has, beside one that comes late. */
import { describe, expect, it } from 'vitest'
import { createEffects } from '../../main/core/server/effects.ts'
import { createPersistence } from '../../main/core/services.ts'
import type { ServerSession } from '../../main/core/server/session.ts'
import type { OpenedDocument } from '../../roles/protocol/documents/index.ts'
import { failForNow, ok, type Result } from '../../roles/protocol/result.ts'
import { createVirtualClock } from '../simulation/ports/clock.ts'
import { createMemoryLog } from '../simulation/ports/log.ts'
import { createMemoryDisk, createMemoryStorage } from '../simulation/ports/storage.ts'

const FETCH_MS = 20_000
const [log, reference] = [createMemoryLog(), { sha256: 'aa'.repeat(32), infohash: 'bb'.repeat(20) }]
const timeout = failForNow('swarm.timeout', 'nobody has it')

/** Fetches that take their time, and how many of them ran at one time. */
function swarm(clock: ReturnType<typeof createVirtualClock>) {
  let running = 0
  const seen = { most: 0, fetches: 0 }
  return {
    seen,
    fetch: async <T>(answer: () => Result<T>): Promise<Result<T>> => {
      seen.fetches++
      seen.most = Math.max(seen.most, ++running)
      await new Promise<void>((resolve) => {
        clock.after(FETCH_MS, resolve)
      })
      running--
      return answer()
    },
  }
}

describe('Offers that never come', () => {
  it('[J1] are asked for a few at a time and ever more seldom, however many a stranger anchors; the one that comes late is found', async () => {
    const clock = createVirtualClock()
    const { seldom } = createPersistence({ clock, log, stopped: () => false })
    const { fetch, seen } = swarm(clock)
    for (let offer = 0; offer < 100; offer++) void seldom('fetch an offer', () => fetch(() => timeout))
    const at = clock.now() + 60_000
    const late = seldom('fetch an offer', () => fetch(() => (clock.now() > at ? ok('here') : timeout)))
    expect(await clock.until(late)).toEqual(ok('here'))
    expect(seen.most).toBeLessThanOrEqual(4)
    const before = seen.fetches
    await clock.advance(24 * 3_600_000)
    expect(seen.fetches - before).toBeLessThan(100 * 24 * 6)
  })

  it('[J1] do not make a server forget an offer: its torrent may come when the tracker is back', async () => {
    const clock = createVirtualClock()
    const offer = { body: { type: 'offer', app: null, supersedes: null } } as OpenedDocument
    let tries = 0
    const documents = { fetch: async () => (++tries < 5 ? timeout : ok(offer)) }
    const storage = createMemoryStorage(createMemoryDisk())
    const services = { documents, log, storage, ...createPersistence({ clock, log, stopped: () => false }) }
    const perform = createEffects({ services } as unknown as ServerSession, undefined as never, undefined as never)
    expect(await clock.until(perform({ type: 'fetch', reference, documentType: 'offer' }))).toEqual([
      { type: 'document', reference, document: offer },
    ])
  })
})
