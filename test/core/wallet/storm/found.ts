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
  {
    name: 'a coin of a twin that a reorganisation removed, while blocks and mempools forget it (GOLEM_SEED=-672948432, path 54)',
    steps: [
      ask,
      want(945_169),
      want(771_276),
      restart({ dataCarrierSize: 42 }),
      passOver(1),
      ask,
      restart({ minRelayRate: 5 }),
      ask,
      old(33),
      { do: 'rival' },
      { do: 'want much' },
      reorg(4, true),
    ],
    seed: 26,
  },
  {
    name: 'two coins at once, one of them of a twin that a reorganisation removed (GOLEM_SEED=-1201410241, path 216)',
    steps: [
      old(3),
      want(1_702_644),
      want(34_621),
      want(1_013),
      restart({ minRelayRate: 30 }),
      passOver(2),
      old(38),
      ask,
      old(2),
      { do: 'rival' },
      { do: 'rival' },
      { do: 'kill', after: 2 },
      want(1_967_377),
      want(159_792),
      { do: 'forget' },
      reorg(1, true),
      old(1),
      want(1_004),
      want(1_012),
      restart({ dataCarrierSize: 42 }),
      passOver(1),
      ask,
      restart({ minRelayRate: 5 }),
      ask,
      old(0),
      want(1_774_958),
      want(65_863),
      restart({ dataCarrierSize: 42 }),
      passOver(1),
      ask,
      restart({ minRelayRate: 5 }),
      ask,
      old(35),
    ],
    seed: 311353890,
  },
  {
    name: 'a payment that a block killed and that stands on one which the block left (GOLEM_SEED=90210, path 540, shortened)',
    steps: [
      restart({ minRelayRate: 5 }),
      { do: 'stranger', value: 100000, parents: 1, apart: true },
      want(889_950),
      want(1_795_690),
      reorg(2, true),
      restart({ minRelayRate: 5, blocksOnly: true, small: true }),
      passOver(8),
      old(22),
      want(355_150),
      restart({ minRelayRate: 5 }),
      ask,
      reorg(3, true),
      { do: 'rival' },
      reorg(4, true),
      { do: 'take back', pick: 0 },
    ],
    seed: 456849667,
  },
  {
    name: "others' parents that a block mined without their child, a reorganisation brought back, and a block made impossible (GOLEM_SEED=8001, path 12)",
    steps: [
      { do: 'stranger', value: 4_999_900_000, parents: 2, apart: false },
      want(1_000),
      want(1_000),
      reorg(1, true),
      restart({ small: true }),
      passOver(8),
      { do: 'mine', blocks: 1 },
      reorg(1, true),
      { do: 'take back', pick: 0 },
    ],
    seed: 1257441552,
  },
  {
    name: 'an own transaction that others built on and that a reorganisation of both took back, before another version was mined (GOLEM_SEED=7011, path 63)',
    steps: [
      want(1_020),
      want(1_103_254),
      want(1_775_934),
      restart({ minRelayRate: 5 }),
      passOver(2),
      { do: 'mine', blocks: 2 },
      { do: 'rival' },
      reorg(3, true),
      old(2),
    ],
    seed: 349934702,
  },
]
