/**
 * What payments of others stand on, where that is in the few blocks below: a reorganisation that takes these back as well may make a payment impossible by
 * a transaction that never touched the wallet. Looked for once, when such a payment is in a block, and remembered with the block that has it.
 */
import type { ChainBlock, ChainPort, LogPort } from '../ports.ts'
import type { WalletCell } from './cell.ts'
import { BURIED } from './ends.ts'
import { foreignIn, ownIds } from './foreign.ts'
import { parentsOf } from './lines.ts'
import type { BlockUndo, PendingTransaction, WalletState } from './state.ts'

export interface Ancestry {
  /** Searches below the newest blocks that want it, one after the other. Resolves when that is done. */
  tend(): Promise<void>
}

/** The newest block among the last six that has payments of others and was not searched below. */
export const untraced = ({ undo }: WalletState): BlockUndo | undefined =>
  undo.slice(-BURIED).findLast((one) => one.traced === undefined && one.foreign.some(({ raw }) => raw !== ''))

/** @param found by hash of the block that has them */
export function traced(state: WalletState, hash: string, found: ReadonlyMap<string, PendingTransaction[]>): WalletState {
  const undo = state.undo.map((block): BlockUndo => {
    const known = new Set(block.foreign.map((one) => one.txid))
    const more = (found.get(block.hash) ?? []).filter((one) => !known.has(one.txid))
    if (more.length === 0 && block.hash !== hash) return block
    return { ...block, foreign: [...more, ...block.foreign], ...(block.hash === hash ? { traced: true as const } : {}) }
  })
  return { ...state, undo }
}

/** What a block and those before it stand on, from a block below. @param wanted ids; those that are found give way to what they stand on */
function searchIn(state: WalletState, block: ChainBlock, wanted: Set<string>): PendingTransaction[] {
  const own = ownIds(state)
  return foreignIn(block, [], (txid) => own.has(txid), wanted)
}

export function createAncestry({ chain, log, cell }: { chain: ChainPort; log: LogPort; cell: WalletCell }): Ancestry {
  let running: Promise<void> | null = null

  /** @returns whether there may be more to do */
  async function trace(top: BlockUndo): Promise<boolean> {
    const wanted = new Set(top.foreign.flatMap((one) => (one.raw === '' ? [] : parentsOf(one))))
    const below = cell.state().undo.filter(({ height }) => height < top.height && height >= top.height - BURIED)
    const found = new Map<string, PendingTransaction[]>()
    for (const { height, hash } of below.toReversed()) {
      if (wanted.size === 0) break
      const block = await chain.blockAt(height)
      // The chain moves, or the node is away: the next block brings it up again.
      if (!block.ok || block.value.hash !== hash) return false
      found.set(hash, searchIn(cell.state(), block.value, wanted))
    }
    cell.commit(traced(cell.state(), top.hash, found))
    return true
  }

  async function traceAll(): Promise<void> {
    for (let top = untraced(cell.state()); top !== undefined; top = untraced(cell.state()))
      if (!(await trace(top))) return log.log('debug', `What payments in block ${top.height} stand on is looked for with the next block.`)
  }
  return {
    tend() {
      running ??= traceAll().finally(() => {
        running = null
      })
      return running
    },
  }
}
