/** Versions of payments: which of them has its coins, and takes the place of one that a block or a reorganisation made impossible. */
import { neededIn, withoutIdle } from './foreign.ts'
import { parentsFirst, parentsOf } from './lines.ts'
import { setAside } from './pending.ts'
import type { PendingTransaction, WalletState } from './state.ts'
import { own } from '../../../roles/program/index.ts'

const isThere = (state: WalletState, outpoint: string): boolean => {
  const [txid, vout] = outpoint.split(':')
  return own(state.coins, outpoint) !== undefined || state.pending.some((one) => one.txid === txid && Number(vout) < one.outputs.length)
}

/** Sets aside transactions one of whose own coins is gone, with all that spends from them. */
export function withoutOrphans(state: WalletState): WalletState {
  const orphans = state.pending.filter((one) => one.spends.some((outpoint) => !isThere(state, outpoint)))
  return orphans.length === 0
    ? state
    : withoutOrphans(
        setAside(
          state,
          orphans.map((one) => one.txid),
        ),
      )
}

/**
 * Brings back payments that have no pending version, the newest one whose coins are all there and unspent: it may have been passed on, so it is
 * that one, and not another for the same purpose, that has to be mined. What others made comes back where one of these stands on it.
 */
export function revived(before: WalletState): WalletState {
  const state = withoutIdle(before)
  if (state.versions.length === 0) return state
  const needed = neededIn(state)
  const mined = new Set(state.undo.flatMap((block) => block.mined))
  const settled = new Set([
    ...state.pending.map((one) => one.payment),
    ...state.undo.flatMap(({ paid }) => paid),
    ...state.ended.map((one) => one.payment),
  ])
  let next = state
  const taken = new Set(state.pending.flatMap((one) => one.inputs))
  const isOpen = (txid: string) => !mined.has(txid) && next.versions.some((one) => one.txid === txid)
  const fits = (one: PendingTransaction) =>
    (one.own || (needed.has(one.txid) && !parentsOf(one).some(isOpen))) &&
    !settled.has(one.payment) &&
    one.phase !== 'conflicted' &&
    one.spends.every((outpoint) => isThere(next, outpoint)) &&
    !one.inputs.some((outpoint) => taken.has(outpoint))
  for (let found = state.versions.findLast(fits); found !== undefined; found = next.versions.findLast(fits)) {
    const { txid, payment } = found
    settled.add(payment)
    for (const outpoint of found.inputs) taken.add(outpoint)
    next = {
      ...next,
      versions: next.versions.filter((one) => one.txid !== txid),
      pending: [...next.pending, { ...found, phase: 'built', refusal: null }],
    }
  }
  // What was pending may stand on what came back.
  return next === state ? state : { ...next, pending: parentsFirst(next.pending) }
}
