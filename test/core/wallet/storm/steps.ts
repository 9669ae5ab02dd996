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
/** Also more than any other coin, so that it is spent first. */
const strangersValue = fc.constantFrom(4_999_900_000, 4_999_900_000, 100_000)
const upTo = (most: number) => fc.integer({ min: 1, max: most })

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('want' as const), value: fc.integer({ min: 1_000, max: 2_000_000 }) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'want much' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'rival' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('stranger' as const), value: strangersValue, parents: fc.nat(2), apart: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('take back' as const), pick: fc.nat(5) }) },
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

const pick = fc.nat(50).map((at): Step => ({ do: 'old version', pick: at }))
const wants = (count: number) => fc.tuple(...Array.from({ length: count }, () => fc.integer({ min: 1_000, max: 2_000_000 })))
const wanting = (values: number[]) => values.map((value): Step => ({ do: 'want', value }))

/** A row of payments whose fee is too low all at once, so that it is replaced as a family, and then a miner who takes old ones. */
const family: fc.Arbitrary<Step[]> = fc
  .tuple(wants(3), fc.constantFrom(5, 30), pick, pick)
  .map(([values, minRelayRate, first, second]) => [
    ...wanting(values),
    { do: 'restart', policy: { ...calm, minRelayRate } },
    { do: 'pass over', blocks: 2 },
    first,
    { do: 'ask' },
    second,
  ])
/** A node that takes what it had before no more, while others still have it. */
const turned: fc.Arbitrary<Step[]> = fc
  .tuple(wants(2), fc.constantFrom(42, 0), pick)
  .map(([values, dataCarrierSize, old]) => [
    ...wanting(values),
    { do: 'restart', policy: { ...calm, dataCarrierSize } },
    { do: 'pass over', blocks: 1 },
    { do: 'ask' },
    { do: 'restart', policy: { ...calm, minRelayRate: 5 } },
    { do: 'ask' },
    old,
  ])

/** A coin that others made, a payment with it, and a reorganisation after which nobody has the one before it, or its sender has it back. */
const vanished: fc.Arbitrary<Step[]> = fc
  .record({
    source: fc.oneof(
      fc.constant<Step>({ do: 'rival' }),
      fc.record({ do: fc.constant('stranger' as const), value: strangersValue, parents: fc.nat(2), apart: fc.boolean() }),
    ),
    values: fc.array(fc.integer({ min: 1_000, max: 2_000_000 }), { minLength: 1, maxLength: 2 }),
    much: fc.constantFrom<Step[]>([], [], [{ do: 'want much' }]),
    mined: fc.constantFrom<Step[]>([], [{ do: 'mine', blocks: 1 }], [{ do: 'pass over', blocks: 1 }]),
    depth: upTo(5),
    policy,
    after: fc.constantFrom<Step[]>(
      [],
      [{ do: 'take back', pick: 0 }],
      [{ do: 'pass over', blocks: 8 }],
      [
        { do: 'pass over', blocks: 8 },
        { do: 'take back', pick: 0 },
      ],
    ),
  })
  .map(({ source, values, much, mined, depth, policy, after }) => [
    source,
    ...much,
    ...wanting(values),
    ...mined,
    { do: 'reorg', depth, empty: true },
    { do: 'restart', policy },
    ...after,
    { do: 'ask' },
  ])

/** Single steps, and rows of them that lead to what is rare otherwise. */
export const steps: fc.Arbitrary<Step[]> = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: step.map((one) => [one]) },
      { weight: 1, arbitrary: family },
      { weight: 1, arbitrary: turned },
      { weight: 1, arbitrary: vanished },
    ),
    {
      minLength: 4,
      maxLength: 16,
    },
  )
  .map((rows) => rows.flat())

/** Two payments in a row, a mempool that fills above them, and what comes then. */
const spike: fc.Arbitrary<Step[]> = fc
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

/** For a real bitcoind, which is slower: rows that it answers otherwise than the embedded node may. */
export const rows: fc.Arbitrary<Step[]> = fc.oneof(
  { weight: 2, arbitrary: spike },
  { weight: 1, arbitrary: fc.tuple(vanished, fc.array(step, { maxLength: 6 })).map((parts) => parts.flat()) },
)
