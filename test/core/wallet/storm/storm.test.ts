/** Random refusals, evictions, fee spikes, reorganisations and crashes: no coin is spent twice or lost, and each payment is made exactly once. */
import { describe, it } from 'vitest'
import fc from 'fast-check'
import { calm, embeddedStormNode } from './node.ts'
import { createWorld, type Step } from './world.ts'

const policy = fc.record({
  minRelayRate: fc.constantFrom(1, 1, 5, 30, 150),
  dataCarrierSize: fc.constantFrom(83, 83, 42, 0),
  blocksOnly: fc.boolean(),
  small: fc.boolean(),
})
const small = (most: number) => fc.integer({ min: 1, max: most })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('want' as const), value: fc.integer({ min: 1_000, max: 2_000_000 }) }) },
  { weight: 2, arbitrary: fc.constant({ do: 'ask' as const }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('mine' as const), blocks: small(3) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass over' as const), blocks: small(8) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('reorg' as const), depth: small(5), empty: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('old version' as const), pick: fc.nat(50) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('restart' as const), policy }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const, policy: calm }) },
  { weight: 2, arbitrary: fc.constant({ do: 'forget' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('away' as const), blocks: small(3) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('kill' as const), after: fc.nat(6) }) },
)

describe('a wallet in a storm', () => {
  it('on the embedded chain', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), fc.nat(), async (steps, seed) => {
        let now = 1_700_000_000_000
        const world = await createWorld(
          embeddedStormNode(() => (now += 1_000)),
          String(seed),
        )
        await world.start(3)
        for (const one of steps) await world.step(one)
        await world.calmDown()
      }),
      { numRuns: Number(process.env['GOLEM_RUNS'] ?? 1) * 25, endOnFailure: false },
    )
  }, 600_000)
})
