/** A tick's document that nobody delivers when its block comes, because the tracker is away or connections are slow. */
import { expect, it } from 'vitest'
import { createPersistence, fetchBetweenBlocks } from '../../main/core/services.ts'
import type { OpenedDocument } from '../../roles/protocol/documents/index.ts'
import { fail, failForNow, ok, type Result } from '../../roles/protocol/result.ts'
import { createVirtualClock } from '../simulation/ports/clock.ts'
import { createMemoryLog } from '../simulation/ports/log.ts'

const [log, reference] = [createMemoryLog(), { sha256: 'aa'.repeat(32), infohash: 'bb'.repeat(20) }]
const timeout = failForNow('swarm.timeout', 'nobody has it')
const tick = { body: { type: 'tick' } } as OpenedDocument

function world(answer: (at: number) => Result<OpenedDocument>) {
  const clock = createVirtualClock()
  const began = clock.now()
  const made = { tries: 0, tip: 'one' }
  const documents = {
    async fetch() {
      made.tries++
      await new Promise<void>((resolve) => {
        clock.after(20_000, resolve)
      })
      return answer(clock.now() - began)
    },
  }
  const chain = { tip: async () => ok({ height: 1, hash: made.tip }) }
  const services = { documents, chain, ...createPersistence({ clock, log, stopped: () => false }) } as never
  return { clock, began, made, fetching: fetchBetweenBlocks(services, { reference, documentType: 'tick' }) }
}

it('is asked for again though no block comes, and taken as soon as somebody has it', async () => {
  const { clock, began, fetching } = world((at) => (at > 90_000 ? ok(tick) : timeout))
  expect(await clock.until(fetching)).toEqual([{ type: 'document', reference, document: tick }])
  expect(clock.now() - began).toBeLessThan(130_000)
})

it('is left to the role once a further block has come', async () => {
  const { clock, made, fetching } = world(() => timeout)
  await clock.advance(60_000)
  made.tip = 'two'
  expect(await clock.until(fetching)).toEqual([{ type: 'document.missing', reference, documentType: 'tick', failure: timeout.error }])
  expect(made.tries).toBeGreaterThan(2)
})

it('is not asked for again when it is wrong', async () => {
  const wrong = fail('document.digest', 'another file')
  const { clock, made, fetching } = world(() => wrong)
  expect(await clock.until(fetching)).toEqual([{ type: 'document.missing', reference, documentType: 'tick', failure: wrong.error }])
  expect(made.tries).toBe(1)
})
