/** The wallet's state and its place on the disk: nothing is known to the wallet that is not written first. */
import type { Json, StoragePort, StorageWrite, Survival } from '../ports.ts'
import { afterRestart } from './pending.ts'
import { createWallet, type WalletState } from './state.ts'

/** A transaction and its fee in sats. */
export interface Sent {
  txid: string
  fee: number
}

export interface WalletCell {
  state(): WalletState
  /** Writes the state, and further rows in the same transaction. */
  commit(next: WalletState, writes?: StorageWrite[], survives?: Survival): void
  /** Takes a state whose write is handed to somebody who commits it at once with what depends on it. */
  adopt(next: WalletState): StorageWrite[]
  /** What a transaction has become by replacement. */
  latest(sent: Sent): Sent
}

/** A replaced transaction → what replaced it. */
const REPLACED = 'wallet-replaced'
export const replacedBy = (old: string, sent: Sent): StorageWrite => ({
  table: REPLACED,
  key: old,
  value: { txid: sent.txid, fee: sent.fee },
})

export function createCell(storage: StoragePort): WalletCell {
  const stored = storage.get('wallet', 'state') as unknown as WalletState | undefined
  let state = afterRestart({ ...createWallet(), ...stored })
  const write = (next: WalletState): StorageWrite => ({ table: 'wallet', key: 'state', value: next as unknown as Json })
  const latest = (sent: Sent): Sent => {
    const next = storage.get(REPLACED, sent.txid) as unknown as Sent | undefined
    // A version that was replaced and took its place again is the latest.
    return next === undefined || state.pending.some((one) => one.txid === sent.txid) ? sent : latest(next)
  }
  return {
    state: () => state,
    commit(next, writes = [], survives = 'power') {
      if (next === state && writes.length === 0) return
      storage.transact([write(next), ...writes], survives)
      state = next
    },
    adopt(next) {
      state = next
      return [write(next)]
    },
    latest,
  }
}
