/** Steps of a storm, for fast-check. */
import fc from 'fast-check'
import { calm } from './node.ts'
import type { Step } from './world.ts'

const policy = fc.record({
  minRelayRate: fc.constantFrom(1, 1, 5, 30, 150),
  dataCarrierSize: fc.constantFrom(83, 83, 42, 0),
  blocksOnly: fc.boolean(),
  small: fc.boolean(),
})
const upTo = (most: number) => fc.integer({ min: 1, max: most })

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('want' as const), value: fc.integer({ min: 1_000, max: 2_000_000 }) }) },
  { weight: 2, arbitrary: fc.constant({ do: 'ask' as const }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('mine' as const), blocks: upTo(3) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass over' as const), blocks: upTo(8) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('reorg' as const), depth: upTo(5), empty: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('old version' as const), pick: fc.nat(50) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('restart' as const), policy }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const, policy: calm }) },
  { weight: 2, arbitrary: fc.constant({ do: 'forget' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('away' as const), blocks: upTo(3) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('kill' as const), after: fc.nat(6) }) },
)

/** Two payments in a row, a mempool that fills above them, and what comes then. */
export const spike: fc.Arbitrary<Step[]> = fc
  .tuple(fc.array(step, { maxLength: 5 }), fc.array(step, { minLength: 1, maxLength: 6 }))
  .map(([before, after]) => [
    ...before,
    { do: 'restart', policy: { ...calm, small: true } },
    { do: 'want', value: 10_000 },
    { do: 'want', value: 20_000 },
    { do: 'fill' },
    { do: 'pass over', blocks: 2 },
    ...after,
  ])
