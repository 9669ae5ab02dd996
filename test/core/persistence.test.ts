/** Waiting for what may succeed later: with growing pauses, and each cause told once. */
import { expect, it } from 'vitest'
import { createPersistence } from '../../main/core/services.ts'
import { failForNow, ok } from '../../roles/protocol/result.ts'

it('what a node refuses is asked again after growing pauses, told once for each cause, and goes on by itself', async () => {
  const [pauses, said]: [number[], string[]] = [[], []]
  const { persist } = createPersistence({
    clock: {
      now: () => 0,
      after(ms, run) {
        pauses.push(ms)
        queueMicrotask(run)
        return () => undefined
      },
    },
    log: { log: (level, message) => void (level === 'warn' && said.push(message)) },
    stopped: () => false,
  })
  let asked = 0
  const refusals = ['chain.policy', 'chain.fee-low']
  const done = await persist('publish the offer', () => {
    const code = refusals[Math.floor(asked++ / 20)]
    return Promise.resolve(code === undefined ? ok('published') : failForNow(code, `refused: ${code}, attempt ${asked}`))
  })
  expect([done, asked]).toEqual(['published', 41])
  expect(said).toEqual([expect.stringContaining('refused: chain.policy'), expect.stringContaining('refused: chain.fee-low')])
  expect(pauses.every((pause, at) => at === 0 || pause >= pauses[at - 1]!)).toBe(true)
  expect([pauses[0], pauses.at(-1)]).toEqual([250, 15_000])
})
