/** Cases that the storm found, with the seed of the run: kept as they were drawn. */
import { calm, type StormPolicy } from './node.ts'
import type { Step } from './world.ts'

export interface Found {
  /** What was wrong. */
  name: string
  steps: Step[]
  /** Of the world, the second value that was drawn. */
  seed: number
}

const want = (value: number): Step => ({ do: 'want', value })
const restart = (policy: Partial<StormPolicy>): Step => ({ do: 'restart', policy: { ...calm, ...policy } })
const passOver = (blocks: number): Step => ({ do: 'pass over', blocks })
const old = (pick: number): Step => ({ do: 'old version', pick })
const reorg = (depth: number, empty: boolean): Step => ({ do: 'reorg', depth, empty })
const ask: Step = { do: 'ask' }
const refusesOne = [restart({ dataCarrierSize: 42 }), passOver(1), ask, restart({ minRelayRate: 5 }), ask]

export const found: Found[] = [
  {
    name: 'a parent and its spender in one block, which other versions of the spender stand on (GOLEM_SEED=979674418, path 22)',
    steps: [
      ...[want(178_286), want(1_911_981), ...refusesOne, old(47)],
      ...[want(1_928_873), want(247_402), ...refusesOne, old(33)],
      ...[{ do: 'forget' } as const, reorg(3, true), restart({ dataCarrierSize: 42, small: true }), want(1_722_232), want(243_952), ask],
      ...[reorg(5, true), reorg(5, false), want(1_152_535), restart({}), { do: 'mine', blocks: 1 } as const],
      ...[want(946_679), want(21_309), want(260_496), restart({ minRelayRate: 30 }), passOver(2), old(29), ask, old(1)],
    ],
    seed: 1180270314,
  },
]
