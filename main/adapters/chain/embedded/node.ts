/** A regtest node in this process: blocks, coins, mempool, reorganisation. It has no peers; what it is told over RPC is all it knows. */
import { parseTransaction } from '../../../../roles/protocol/tx/index.ts'
import { createBlocks, transactionsOf } from './blocks.ts'
import type { KnownBlock } from './blocks.ts'
import { createCoins } from './coins.ts'
import type { Undo } from './coins.ts'
import { openJournal } from './journal.ts'
import type { Journal } from './journal.ts'
import { createMempool } from './mempool.ts'
import type { Assessment, Refusal } from './mempool.ts'
import { mineBlock } from './miner.ts'
import type { LockContext } from './rules.ts'

export interface EmbeddedNodeOptions {
  /** Where blocks are kept; without it they live in memory. The mempool is never kept. */
  folder?: string
  /** Milliseconds since the epoch; blocks are stamped with it. */
  now?: () => number
}

/** Creates the node and replays its folder. */
export function createEmbeddedNode(options: EmbeddedNodeOptions = {}) {
  const blocks = createBlocks()
  const coins = createCoins()
  const mempool = createMempool()
  const active: Array<{ block: KnownBlock; undo: Undo }> = [{ block: blocks.genesis, undo: [] }]
  const now = options.now ?? Date.now
  let journal: Journal | undefined

  const at = (height: number) => active[height]?.block
  const tip = () => active.at(-1)?.block ?? blocks.genesis
  const isActive = (block: KnownBlock) => at(block.height) === block

  const lockContext = (): LockContext => ({
    nextHeight: tip().height + 1,
    medianTime: blocks.medianTime(tip()),
    medianTimeBefore: (height) => blocks.medianTime(at(Math.max(0, height - 1)) ?? tip()),
  })

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
    for (const transaction of waiting) {
      const verdict = mempool.assess(transaction, coins.get, lockContext(), true)
      if ('entry' in verdict) mempool.add(verdict)
    }
  }

  const setInvalid = (hash: string, invalid: boolean): boolean => {
    const block = blocks.get(hash)
    if (!block || block.height === 0) return false
    const affected = invalid ? [block] : blocks.branch(block, 1)
    for (const one of affected) one.invalid = invalid
    activate()
    return true
  }

  if (options.folder !== undefined) {
    journal = openJournal(options.folder, (record) => {
      if (record.kind === 'block') blocks.add(record.raw)
      else setInvalid(record.hash, record.kind === 'invalidate')
    })
    activate()
  }

  /** Mines `count` blocks with what the mempool holds and pays at least `leastRate` sat per vbyte, paying to `script`. On disk when it returns. */
  const mine = (count: number, script: Uint8Array, leastRate = 0): KnownBlock[] => {
    const made = Array.from({ length: count }, () => {
      const parent = tip()
      const time = Math.max(Math.floor(now() / 1000), blocks.medianTime(parent) + 1)
      const plan = {
        previous: parent.hash,
        height: parent.height + 1,
        time,
        script,
        entries: mempool.list().filter(({ fee, vsize }) => Number(fee) >= leastRate * vsize),
        salt: blocks.count(),
      }
      const block = blocks.add(mineBlock(plan))
      if (!block) throw new Error('a mined block has no parent')
      connect(block)
      return block
    })
    journal?.append(made.map((block) => ({ kind: 'block', raw: block.raw })))
    return made
  }

  const judge = (hash: string, kind: 'invalidate' | 'reconsider'): boolean => {
    const known = setInvalid(hash, kind === 'invalidate')
    if (known) journal?.append([{ kind, hash }])
    return known
  }

  const assess = (raw: Uint8Array): Assessment | Refusal => {
    const transaction = parseTransaction(raw)
    return transaction.ok ? mempool.assess(transaction.value, coins.get, lockContext()) : { reason: 'TX decode failed' }
  }

  return {
    at,
    tip,
    isActive,
    mine,
    assess,
    block: (hash: string) => blocks.get(hash),
    medianTime: blocks.medianTime,
    /** Bytes of a transaction in a block. */
    transactionIn: (block: KnownBlock, txid: string) => transactionsOf(block)[block.txids.indexOf(txid)]?.toBuffer(),
    accept: mempool.add,
    mempool: { get: mempool.get, list: mempool.list },
    coin: coins.get,
    coins: coins.entries,
    coinCount: coins.size,
    /** Declares a block and its descendants invalid. False when it is unknown or genesis. */
    invalidate: (hash: string) => judge(hash, 'invalidate'),
    /** Takes an earlier verdict back, for the block and those it stands on. */
    reconsider: (hash: string) => judge(hash, 'reconsider'),
    close: () => journal?.close(),
  }
}

export type EmbeddedNode = ReturnType<typeof createEmbeddedNode>
