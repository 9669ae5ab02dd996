/** The embedded node as the chain port of many engagements in one process: no sockets, no polling; whoever follows hears of a block at once. */
import { createEmbeddedNode } from '../../../main/adapters/chain/index.ts'
import { diskFailure } from '../../../main/core/disk.ts'
import type { BlockRef, ChainBlock, ChainEvent, ChainPort } from '../../../main/core/ports.ts'
import { fail, must, ok } from '../../../roles/protocol/result.ts'
import { anchorsIn, parseTransaction, scanBlock, txid } from '../../../roles/protocol/tx/index.ts'

export interface SimulatedChain {
  port(): ChainPort
  /** @param told whether those who follow the chain hear of it at once; else they do with the next block */
  mine(count: number, script: Uint8Array, told?: boolean): void
  /**
   * Another branch takes the place of all blocks above `fork`, one block longer. What was in them is in its first block, but for the
   * transactions of `later`, which the second has.
   */
  reorg(fork: number, later: readonly string[], script: Uint8Array): void
  height(): number
  hashAt(height: number): string
  /** All blocks from a height on are invalid for now; @returns what makes them valid again, so that the longer branch wins. */
  abandon(from: number): () => void
  /** Gives a transaction to the node that all share. Throws when it is refused. */
  submit(raw: Uint8Array): string
  /** Forgets what waits for a block: as if no node had heard of it. */
  forget(): void
  /** Ids of the transactions in a block. */
  transactionsAt(height: number): string[]
  /** Raw transactions of the best chain, in order. */
  transactions(): Uint8Array[]
  /** Anchors of the best chain in order. */
  anchors(): Array<{ type: string; sha256: string; txid: string }>
}

/** @param now virtual time in milliseconds, with which blocks are stamped; @param later after which what was refused is delivered again */
export function createSimulatedChain(now: () => number, later: (run: () => void) => void = () => undefined): SimulatedChain {
  const node = createEmbeddedNode({ now })
  const followers = new Set<() => void>()
  const refAt = (height: number): BlockRef => ({ height, hash: node.at(height)!.hash })
  const blockAt = (height: number): ChainBlock => ({ ...must(scanBlock(node.at(height)!.raw)), height })
  const isMined = (id: string): boolean =>
    Array.from({ length: node.tip().height }, (_, at) => node.at(at + 1)!).some((block) => block.txids.includes(id))

  function follow(recent: BlockRef[], handler: (event: ChainEvent) => Promise<void>): () => Promise<void> {
    const known = recent.length > 0 ? [...recent] : [refAt(0)]
    let running: Promise<void> | null = null
    let over = false
    /** False where it was refused: it is delivered again. */
    const taken = async (event: ChainEvent): Promise<boolean> => {
      try {
        await handler(event)
        return true
      } catch (error) {
        if (diskFailure(error) === null) throw error
        later(() => wake())
        return false
      }
    }
    const run = async (): Promise<void> => {
      while (!over && known.at(-1)!.hash !== node.tip().hash) {
        const kept = known.findLastIndex(({ height, hash }) => node.at(height)?.hash === hash)
        const gone = known.slice(kept + 1).toReversed()
        if (gone.length > 0 && !(await taken({ type: 'reorg', fork: known[kept]!, gone }))) return
        known.length = kept + 1
        const next = known.at(-1)!.height + 1
        if (over || next > node.tip().height) continue
        if (!(await taken({ type: 'block', block: blockAt(next) }))) return
        known.push(refAt(next))
      }
    }
    const wake = (): void => {
      running ??= run().finally(() => {
        running = null
      })
    }
    followers.add(wake)
    queueMicrotask(wake)
    return async () => {
      over = true
      followers.delete(wake)
      await running
    }
  }

  const refused = ({ reason, detail = '' }: { reason: string; detail?: string }) =>
    fail('chain.rejected', `the transaction was refused (${reason} ${detail})`)

  const port = (): ChainPort => ({
    network: 'regtest',
    follow,
    tip: async () => ok(refAt(node.tip().height)),
    blockAt: async (height) => ok(blockAt(height)),
    async broadcast(raw) {
      const id = must(txid(raw))
      if (node.mempool.get(id) !== undefined || isMined(id)) return ok({ txid: id })
      const verdict = node.assess(raw)
      if (!('entry' in verdict)) return refused(verdict)
      node.accept(verdict)
      return ok({ txid: id })
    },
    mempool: async () => ok(node.mempool.list().map((entry) => ({ txid: entry.txid, raw: entry.transaction.toBuffer() }))),
    mempoolTransaction: async (id) =>
      ok(node.mempool.get(id) === undefined ? null : { txid: id, raw: node.mempool.get(id)!.transaction.toBuffer() }),
    async test(raw) {
      const verdict = node.assess(raw)
      return 'entry' in verdict ? ok({ vsize: verdict.entry.vsize }) : refused(verdict)
    },
    broadcastPackage: async () => fail('chain.no-packages', 'no packages in the simulation'),
    fees: async () => ok({ rate: 1, floor: 1, increment: 1 }),
    unspent: async () => ok({ tip: refAt(node.tip().height), coins: [] }),
  })

  return {
    port,
    height: () => node.tip().height,
    mine(count, script, told = true) {
      node.mine(count, script)
      if (told) for (const wake of followers) wake()
    },
    reorg(fork, later, script) {
      const blocks = node.tip().height - fork
      node.invalidate(refAt(fork + 1).hash)
      const kept = later.map((id) => node.mempool.get(id)!.transaction.toBuffer())
      for (const id of later) node.mempool.forget(id)
      node.mine(1, script)
      for (const raw of kept) {
        const verdict = node.assess(raw)
        if (!('entry' in verdict)) throw new Error(`a transaction does not come back: ${verdict.reason}`)
        node.accept(verdict)
      }
      node.mine(blocks, script)
      for (const wake of followers) wake()
    },
    hashAt: (height) => refAt(height).hash,
    abandon(from) {
      const { hash } = refAt(from)
      node.invalidate(hash)
      return () => {
        node.reconsider(hash)
        for (const wake of followers) wake()
      }
    },
    submit(raw) {
      const verdict = node.assess(raw)
      if (!('entry' in verdict)) throw new Error(`refused: ${verdict.reason} ${verdict.detail ?? ''}`)
      node.accept(verdict)
      return must(txid(raw))
    },
    forget() {
      for (const { txid: id } of node.mempool.list()) node.mempool.forget(id)
    },
    transactionsAt: (height) => node.at(height)!.txids,
    transactions: () => Array.from({ length: node.tip().height }, (_, at) => blockAt(at + 1)).flatMap(({ transactions }) => transactions),
    anchors: () =>
      Array.from({ length: node.tip().height }, (_, at) => blockAt(at + 1)).flatMap(({ transactions }) =>
        transactions.flatMap((raw) =>
          anchorsIn(raw).map(({ type, sha256 }) => ({ type, sha256, txid: must(parseTransaction(raw)).getId() })),
        ),
      ),
  }
}
