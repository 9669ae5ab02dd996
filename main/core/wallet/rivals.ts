/**
 * What the best chain makes impossible. It is told from the blocks each time, and kept nowhere beside them: a block that is taken back takes
 * along what it decided, and nothing else.
 */
import { phaseAfter } from './lifecycle.ts'
import { lineOf } from './lines.ts'
import type { BlockUndo, PendingTransaction, WalletState } from './state.ts'

/** The reward of a block, which no other block can have. */
const isCoinbase = ({ inputs }: PendingTransaction): boolean => inputs[0]?.startsWith('0'.repeat(64)) === true

/**
 * Versions that no block on top of these can have: one of their coins is spent otherwise, or comes from a transaction that is impossible itself, or from
 * the reward of a block that is gone. A coin that is only missing, because its block is gone, makes nothing impossible.
 * @returns transaction ids
 */
export function impossible(versions: PendingTransaction[], blocks: BlockUndo[]): Set<string> {
  const mined = new Set(blocks.flatMap((block) => block.mined))
  const consumed = new Set(blocks.flatMap((block) => block.consumed))
  const lost = new Set(blocks.flatMap((block) => block.settled.map((one) => one.txid)).filter((txid) => !mined.has(txid)))
  const isLost = (one: PendingTransaction) =>
    !mined.has(one.txid) && (isCoinbase(one) || one.inputs.some((outpoint) => consumed.has(outpoint) || lost.has(outpoint.slice(0, 64))))
  // Versions are in no order of descent: until nothing is added.
  for (let before = -1; before < lost.size;) {
    before = lost.size
    for (const one of versions) if (isLost(one)) lost.add(one.txid)
  }
  return lost
}

/** Every version that is not pending, in the phase that the best chain puts it in. */
export function judged(state: WalletState): WalletState {
  if (state.versions.length === 0) return state
  const lost = impossible(state.versions, state.undo)
  const versions = state.versions.map((one) => {
    const phase = lost.has(one.txid) ? phaseAfter(one, 'rival') : one.phase === 'conflicted' ? phaseAfter(one, 'reorg') : one.phase
    return phase === one.phase ? one : { ...one, phase }
  })
  return { ...state, versions }
}

/** Whether no chain can have both: they, or transactions that they stand on, spend the same coin. @param all pending ones and versions */
export function exclude(all: PendingTransaction[], one: PendingTransaction, other: PendingTransaction): boolean {
  const spender = new Map([...lineOf(all, [one])].flatMap(({ txid, inputs }) => inputs.map((outpoint) => [outpoint, txid] as const)))
  return [...lineOf(all, [other])].some(({ txid, inputs }) => inputs.some((outpoint) => (spender.get(outpoint) ?? txid) !== txid))
}
