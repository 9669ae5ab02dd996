/** All blocks ever seen, and which of them form the best valid branch. On regtest every block is as hard as another: the longest wins. */
import { Block, toDisplay, type Transaction } from '../../../../roles/protocol/tx/index.ts'
import { genesisBlock } from './params.ts'

export interface KnownBlock {
  hash: string
  previous: string
  height: number
  /** Seconds since the epoch. */
  time: number
  raw: Uint8Array
  txids: string[]
  /** Declared invalid by `invalidateblock`; descendants are invalid with it. */
  invalid: boolean
}

export const transactionsOf = (block: KnownBlock): Transaction[] => Block.fromBuffer(block.raw).transactions ?? []

export function createBlocks() {
  const known = new Map<string, KnownBlock>()
  const genesis = describe(genesisBlock().raw, 0)
  known.set(genesis.hash, genesis)

  /** Adds a block whose parent is known. Returns undefined for an orphan. */
  const add = (raw: Uint8Array): KnownBlock | undefined => {
    const header = Block.fromBuffer(raw.subarray(0, 80))
    const parent = known.get(toDisplay(header.prevHash ?? new Uint8Array(32)))
    if (!parent) return undefined
    const block = describe(raw, parent.height + 1)
    const existing = known.get(block.hash)
    if (existing) return existing
    known.set(block.hash, block)
    return block
  }

  const isValid = (block: KnownBlock): boolean => {
    for (let at: KnownBlock | undefined = block; at; at = known.get(at.previous)) if (at.invalid) return false
    return true
  }

  /** The highest valid block; among equals the one seen first, and `current` before all. */
  const best = (current: KnownBlock): KnownBlock => {
    const leader = isValid(current) ? current : genesis
    const higher = [...known.values()].filter((block) => block.height > leader.height).sort((a, b) => b.height - a.height)
    return higher.find(isValid) ?? leader
  }

  /** Ancestors of `block` from `height` up, in chain order, the block itself included. */
  const branch = (block: KnownBlock, height: number): KnownBlock[] => {
    const blocks: KnownBlock[] = []
    for (let at: KnownBlock | undefined = block; at && at.height >= height; at = known.get(at.previous)) blocks.push(at)
    return blocks.reverse()
  }

  /** Median of the last eleven block times up to `block` (BIP113). */
  const medianTime = (block: KnownBlock): number => {
    const times = branch(block, block.height - 10)
      .map((one) => one.time)
      .sort((a, b) => a - b)
    return times[Math.floor(times.length / 2)] ?? block.time
  }

  return { genesis, get: (hash: string) => known.get(hash), add, isValid, best, branch, medianTime, count: () => known.size }
}

export type Blocks = ReturnType<typeof createBlocks>

function describe(raw: Uint8Array, height: number): KnownBlock {
  const block = Block.fromBuffer(raw)
  const txids = (block.transactions ?? []).map((transaction) => transaction.getId())
  return {
    hash: block.getId(),
    previous: toDisplay(block.prevHash ?? new Uint8Array(32)),
    height,
    time: block.timestamp,
    raw,
    txids,
    invalid: false,
  }
}
