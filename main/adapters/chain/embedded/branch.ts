/** The best branch with its coins and its mempool: moves forward and back with them. */
import { createBlocks, transactionsOf, type Blocks, type KnownBlock } from './blocks.ts'
import { createCoins, type Undo } from './coins.ts'
import { createMempool } from './mempool.ts'
import type { Policy } from './params.ts'
import type { LockContext } from './rules.ts'

export function createBranch(policy: Policy, now: () => number) {
  const blocks: Blocks = createBlocks()
  const coins = createCoins()
  const active: Array<{ block: KnownBlock; undo: Undo }> = [{ block: blocks.genesis, undo: [] }]
  const at = (height: number) => active[height]?.block
  const tip = () => active.at(-1)?.block ?? blocks.genesis
  const isActive = (block: KnownBlock) => at(block.height) === block
  const locks = (): LockContext => ({
    nextHeight: tip().height + 1,
    medianTime: blocks.medianTime(tip()),
    medianTimeBefore: (height) => blocks.medianTime(at(Math.max(0, height - 1)) ?? tip()),
  })
  const mempool = createMempool(policy, { confirmed: coins.get, locks, now })

  const connect = (block: KnownBlock) => {
    const transactions = transactionsOf(block)
    active.push({ block, undo: coins.connect(transactions, block.height) })
    mempool.confirm(transactions)
  }

  /** Moves to the best valid branch. Transactions of blocks that go return to the mempool if they still hold. */
  const activate = () => {
    const best = blocks.best(tip())
    if (best === tip()) return
    const path = blocks.branch(best, 0)
    const fork = path.findLastIndex((block) => isActive(block))
    const gone = active.splice(fork + 1)
    if (gone.length === 0) return path.slice(fork + 1).forEach(connect)
    const waiting = [...gone.flatMap(({ block }) => transactionsOf(block).slice(1)), ...mempool.drain()]
    for (const { block, undo } of gone.reverse()) coins.disconnect(transactionsOf(block), undo)
    path.slice(fork + 1).forEach(connect)
    waiting.forEach(mempool.takeBack)
  }

  /** Declares a block invalid with its descendants, or takes that back for it and those it stands on. False: unknown, or genesis. */
  const judge = (hash: string, invalid: boolean): boolean => {
    const block = blocks.get(hash)
    if (!block || block.height === 0) return false
    for (const one of invalid ? [block] : blocks.branch(block, 1)) one.invalid = invalid
    activate()
    return true
  }
  return { blocks, coins, mempool, at, tip, isActive, connect, activate, judge }
}

export type Branch = ReturnType<typeof createBranch>
