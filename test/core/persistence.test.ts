/** Waiting for what may succeed later: with growing pauses, and each cause told once. */
import { expect, it } from 'vitest'
import { createPersistence } from '../../main/core/services.ts'
import { failForNow, ok } from '../../roles/protocol/result.ts'

/** How long it was waited until the first warning, in milliseconds; null where there was none. */
async function saidAfter(code: string, attempts: number): Promise<{ ms: number | null; lines: string[] }> {
  let [waited, asked] = [0, 0]
  const said: Array<{ ms: number; level: string; message: string }> = []
  const { persist } = createPersistence({
    clock: {
      now: () => waited,
      after(ms, run) {
        waited += ms
        queueMicrotask(run)
        return () => undefined
      },
    },
    log: { log: (level, message) => void said.push({ ms: waited, level, message }) },
    stopped: () => false,
  })
  await persist('publish the grant', () => Promise.resolve(++asked > attempts ? ok('published') : failForNow(code, '453 sats are missing')))
  const warnings = said.filter(({ level }) => level === 'warn')
  return { ms: warnings[0]?.ms ?? null, lines: warnings.map(({ message }) => message) }
}

it('missing coins are no warning while a network starts, and one where they stay away, as every other cause is at once', async () => {
  // Ten attempts are half a minute.
  expect((await saidAfter('wallet.funds-short', 10)).ms).toBeNull()
  const { ms, lines } = await saidAfter('wallet.funds-short', 40)
  expect(lines).toEqual(['waiting to publish the grant: 453 sats are missing'])
  expect(ms! >= 120_000 && ms! < 150_000).toBe(true)
  expect((await saidAfter('chain.unreachable', 40)).ms! < 5_000).toBe(true)
})

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
