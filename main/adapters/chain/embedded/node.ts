/** A regtest node in this process: blocks, coins, mempool, reorganisation. It has no peers; what it is told over RPC is all it knows. */
import { parseTransaction } from '../../../../roles/protocol/tx/index.ts'
import type { Assessment, Refusal } from './acceptance.ts'
import { transactionsOf } from './blocks.ts'
import type { KnownBlock } from './blocks.ts'
import { createBranch, type Branch } from './branch.ts'
import { openJournal } from './journal.ts'
import type { Journal } from './journal.ts'
import { mineBlock } from './miner.ts'
import { defaultPolicy, type Policy } from './params.ts'

export interface EmbeddedNodeOptions {
  /** Where blocks are kept; without it they live in memory. The mempool is never kept. */
  folder?: string
  /** Milliseconds since the epoch; blocks are stamped with it. */
  now?: () => number
  /** What differs from Bitcoin Core's defaults. */
  policy?: Partial<Policy>
  /** Raw blocks after genesis to start with, where there is no folder. */
  blocks?: Uint8Array[]
}

/** Creates the node and replays its folder. */
export function createEmbeddedNode(options: EmbeddedNodeOptions = {}) {
  const now = options.now ?? Date.now
  const policy: Policy = { ...defaultPolicy, ...options.policy }
  const branch = createBranch(policy, now)
  const { blocks, coins, mempool, at, tip, isActive } = branch
  for (const raw of options.blocks ?? []) blocks.add(raw)
  branch.activate()
  const journal = options.folder === undefined ? undefined : replay(branch, options.folder)

  const judge = (hash: string, kind: 'invalidate' | 'reconsider'): boolean => {
    const known = branch.judge(hash, kind === 'invalidate')
    if (known) journal?.append([{ kind, hash }])
    return known
  }
  const assess = (raw: Uint8Array): Assessment | Refusal => {
    const transaction = parseTransaction(raw)
    return transaction.ok ? mempool.assess(transaction.value) : { reason: 'TX decode failed' }
  }
  return {
    policy,
    at,
    tip,
    isActive,
    /** Mines `count` blocks with what the mempool holds and pays at least `leastRate` sat per vbyte, paying to `script`. On disk when it returns. */
    mine(count: number, script: Uint8Array, leastRate = 0): KnownBlock[] {
      const made = Array.from({ length: count }, () => mineNext(branch, now, script, leastRate))
      journal?.append(made.map((block) => ({ kind: 'block', raw: block.raw })))
      return made
    },
    assess,
    block: (hash: string) => blocks.get(hash),
    medianTime: blocks.medianTime,
    /** Bytes of a transaction in a block. */
    transactionIn: (block: KnownBlock, txid: string) => transactionsOf(block)[block.txids.indexOf(txid)]?.toBuffer(),
    accept: mempool.accept,
    acceptPackage: mempool.acceptPackage,
    mempool: { get: mempool.get, list: mempool.list, floor: mempool.floor, forget: mempool.forget },
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

function replay({ blocks, judge, activate }: Branch, folder: string): Journal {
  const journal = openJournal(folder, (record) => {
    if (record.kind === 'block') blocks.add(record.raw)
    else judge(record.hash, record.kind === 'invalidate')
  })
  activate()
  return journal
}

function mineNext({ blocks, mempool, tip, connect }: Branch, now: () => number, script: Uint8Array, leastRate: number): KnownBlock {
  const parent = tip()
  const plan = {
    previous: parent.hash,
    height: parent.height + 1,
    time: Math.max(Math.floor(now() / 1000), blocks.medianTime(parent) + 1),
    script,
    entries: mempool.list().filter(({ fee, vsize }) => Number(fee) >= leastRate * vsize),
    salt: blocks.count(),
  }
  const block = blocks.add(mineBlock(plan))
  if (!block) throw new Error('a mined block has no parent')
  connect(block)
  return block
}

export type EmbeddedNode = ReturnType<typeof createEmbeddedNode>
