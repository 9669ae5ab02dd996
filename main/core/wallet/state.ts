/**
 * What a wallet knows, as plain JSON: the scripts that are its own, its coins in blocks, and its transactions that are not in a block
 * yet. Everything else (balance, what can be spent) is computed from these. All amounts are whole sats as numbers.
 */
import type { BlockRef } from '../ports.ts'
import type { Phase, Refusal } from './lifecycle.ts'
import { own } from '../../../roles/program/index.ts'

/** Only `receive` and `change` are ordinary money; coins elsewhere are spent when a transaction asks for them by name. */
export type Purpose = 'receive' | 'change' | 'identity' | 'key' | 'channel'

export const isOrdinary = (purpose: Purpose): boolean => purpose === 'receive' || purpose === 'change'

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
  /** Made by this wallet: its change may be spent. Those of others are here because own ones stand on them, and nobody bumps them. */
  own: boolean
  /** What it is a version of: the id of the first one. Of all versions of a payment at most one gets into the chain. */
  payment: string
  phase: Phase
  /** A node may have passed it on, so that its coins are free only once a block spends them otherwise. */
  known: boolean
  /** Why the node refused it last, and when it is asked again. */
  refusal: Refusal | null
  vsize: number
  /** Null when an input is not the wallet's, so that its value is unknown. */
  fee: number | null
  /** Index of the change output of an own transaction. */
  change: number | null
  inputs: string[]
  /** Those of the inputs that are coins of this wallet. */
  spends: string[]
  /** Scripts at which it spends coins that are no ordinary money: without them it would say something else. */
  signs?: string[]
  /** Its input 0 spends a seal, and its output 1 is the next one: both stay where they are in every version. */
  seal?: true
  outputs: Array<{ script: string; value: number }>
  /** What it is for, to show and to join with documents. */
  label: string
  /** Height of the wallet's tip when it was recorded or set aside; never above the fork of a reorganisation since. */
  since?: number
}

/** What a block changed, so that a reorganisation can take it back. */
export interface BlockUndo extends BlockRef {
  spent: WalletCoin[]
  created: string[]
  /** Outpoints that it spends and that are the wallet's or that one of its transactions spends; also those that the block itself created. */
  consumed: string[]
  /** Ids of its transactions that touch the wallet. */
  mined: string[]
  /** Pending transactions that the block confirmed, or killed by confirming a rival. */
  settled: PendingTransaction[]
  /** Payments of which it has a version. */
  paid: string[]
  /** Its transactions that others made and that pay this wallet, with those of others in it that they stand on; parents first (`foreign.ts`). */
  foreign: PendingTransaction[]
  /** Whether the blocks below were searched for what these stand on (`ancestry.ts`). */
  traced?: true
}

/** A payment that nothing will come of: its coins are free. */
export interface EndedPayment {
  payment: string
  /** Of its last version. */
  txid: string
  phase: 'refused' | 'conflicted'
  /** In one sentence. */
  reason: string
  /** Of the wallet's tip then. */
  height: number
}

export interface WalletState {
  v: 2
  tip: BlockRef | null
  /** By script hex. */
  scripts: Record<string, WatchedScript>
  /** By `txid:vout`: outputs in blocks that no block has spent. */
  coins: Record<string, WalletCoin>
  /** Parents before children. Each own one spends coins that are there: in blocks or of another pending transaction. */
  pending: PendingTransaction[]
  /**
   * Other versions of payments, oldest first: any of them may be mined. Those of payments without a pending one wait until their coins are back.
   * Also transactions of others that a reorganisation removed, as long as an own one stands on them.
   */
  versions: PendingTransaction[]
  /** Newest last. */
  ended: EndedPayment[]
  /** Newest last. */
  undo: BlockUndo[]
  /** The coins are not all known, and have to be looked up among the node's unspent outputs. */
  scan: boolean
}

/** An empty wallet that has seen the chain up to `tip` (null: nothing). */
export const createWallet = (tip: BlockRef | null = null): WalletState => ({
  v: 2,
  tip,
  scripts: {},
  coins: {},
  pending: [],
  versions: [],
  ended: [],
  undo: [],
  scan: false,
})

/** Adds scripts to watch. Coins paid to them in earlier blocks are not found by this: see `importCoins`. */
export const watch = (state: WalletState, scripts: WatchedScript[]): WalletState => ({
  ...state,
  scripts: { ...state.scripts, ...Object.fromEntries(scripts.map((one) => [one.script, one])) },
})

/**
 * Takes the place of all coins in blocks: what a scan of the node's unspent outputs found (`ChainPort.unspent`).
 * @param coins those of scripts that are not watched are ignored
 * @param tip the block up to which the scan goes; blocks after it are applied as usual
 */
export function importCoins(
  state: WalletState,
  tip: BlockRef,
  coins: Array<{ txid: string; vout: number; value: bigint; script: string; height: number; coinbase: boolean }>,
): WalletState {
  const found = coins.flatMap(({ script, value, ...coin }): Array<[string, WalletCoin]> => {
    const owner = own(state.scripts, script)
    return owner === undefined ? [] : [[`${coin.txid}:${coin.vout}`, { ...owner, ...coin, value: Number(value) }]]
  })
  return { ...state, tip, coins: Object.fromEntries(found), undo: [], scan: false }
}
