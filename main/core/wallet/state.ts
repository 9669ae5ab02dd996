/**
 * What a wallet knows, as plain JSON: the scripts that are its own, its coins in blocks, and its transactions that are not in a block
 * yet. Everything else (balance, what can be spent) is computed from these. All amounts are whole sats as numbers.
 */
import type { BlockRef } from '../ports.ts'

/** Only `receive` and `change` are ordinary money; coins elsewhere are spent when a transaction asks for them by name. */
export type Purpose = 'receive' | 'change' | 'identity' | 'key' | 'channel'

export interface WatchedScript {
  /** scriptPubKey, hex. */
  script: string
  purpose: Purpose
  /** Opaque to the wallet; tells the signer which key (a derivation path, for one). */
  key: string
}

export interface WalletCoin extends WatchedScript {
  txid: string
  vout: number
  value: number
  /** Height of its block. */
  height: number
  coinbase: boolean
}

export interface PendingTransaction {
  txid: string
  /** Raw transaction, hex. */
  raw: string
  /** Made by this wallet: it is broadcast again until it confirms, and its change may be spent. */
  own: boolean
  vsize: number
  /** Null when an input is not the wallet's, so that its value is unknown. */
  fee: number | null
  /** Index of the change output of an own transaction. */
  change: number | null
  inputs: string[]
  outputs: Array<{ script: string; value: number }>
  /** What it is for, to show and to join with documents. */
  label: string
  /** Height of the wallet's tip when it was recorded. */
  since?: number
}

/** What a block changed, so that a reorganisation can take it back. */
export interface BlockUndo extends BlockRef {
  spent: WalletCoin[]
  created: string[]
  /** Pending transactions that the block confirmed, or killed by confirming a rival. */
  settled: PendingTransaction[]
}

export interface WalletState {
  v: 1
  tip: BlockRef | null
  /** By script hex. */
  scripts: Record<string, WatchedScript>
  /** By `txid:vout`: outputs in blocks that no block has spent. */
  coins: Record<string, WalletCoin>
  /** Parents before children. */
  pending: PendingTransaction[]
  /** Newest last. */
  undo: BlockUndo[]
}

/** An empty wallet that has seen the chain up to `tip` (null: nothing). */
export const createWallet = (tip: BlockRef | null = null): WalletState => ({ v: 1, tip, scripts: {}, coins: {}, pending: [], undo: [] })

/** Adds scripts to watch. Coins paid to them in earlier blocks are not found by this: see `importCoins`. */
export const watch = (state: WalletState, scripts: WatchedScript[]): WalletState => ({
  ...state,
  scripts: { ...state.scripts, ...Object.fromEntries(scripts.map((one) => [one.script, one])) },
})

/**
 * Adds coins that a scan of the node's unspent outputs found (`ChainPort.unspent`), for a wallet that starts without history.
 * @param coins of scripts that are watched; others are ignored
 */
export function importCoins(
  state: WalletState,
  script: string,
  coins: Array<{ txid: string; vout: number; value: bigint; height: number; coinbase?: boolean }>,
): WalletState {
  const owner = state.scripts[script]
  if (!owner) return state
  const found = coins.map(({ txid, vout, value, height, coinbase = false }) => [
    `${txid}:${vout}`,
    { ...owner, txid, vout, value: Number(value), height, coinbase },
  ])
  return { ...state, coins: { ...state.coins, ...(Object.fromEntries(found) as Record<string, WalletCoin>) } }
}
