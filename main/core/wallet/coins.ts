/** Views of a wallet: what it holds, what of that can be spent now. */
import { ancestorsOf } from './lines.ts'
import { isOrdinary, type PendingTransaction, type WalletCoin, type WalletState } from './state.ts'
import type { BalanceView, CoinsView } from '../../contract/wallet.ts'
import { own } from '../../../roles/program/index.ts'

const coinbaseMaturity = 100

/** A coin with what selection needs to know of it. */
export interface AvailableCoin extends Omit<WalletCoin, 'height'> {
  /** Null while unconfirmed. */
  height: number | null
  /** Unconfirmed transactions a spender would wait for. */
  ancestors: string[]
}

/** Whether a coin could be spent in the next block. */
function isMature(state: WalletState, coin: { height: number | null; coinbase: boolean }): boolean {
  return !coin.coinbase || coin.height === null || (state.tip?.height ?? 0) + 1 - coin.height >= coinbaseMaturity
}

/** Whether the node takes what spends from it: a spender of what it refuses is refused as well. */
const isOffered = ({ own, phase }: PendingTransaction): boolean =>
  phase === 'mempool' || (own && (phase === 'built' || phase === 'offered'))

/**
 * Coins that neither a block nor a pending transaction has spent: of every purpose, mature, unconfirmed ones only from own transactions that the
 * node did not refuse.
 */
export function availableCoins(state: WalletState): AvailableCoin[] {
  const refused = new Set(state.pending.filter((one) => !isOffered(one)).map((one) => one.txid))
  const taken = new Set(state.pending.flatMap((one) => one.inputs))
  const confirmed = Object.values(state.coins)
    .filter((coin) => isMature(state, coin))
    .map((coin) => ({ ...coin, ancestors: [] }))
  const unconfirmed = unconfirmedCoins(state, true).filter((coin) => !coin.ancestors.some((id) => refused.has(id)))
  return [...confirmed, ...unconfirmed].filter((coin) => !taken.has(`${coin.txid}:${coin.vout}`))
}

function unconfirmedCoins(state: WalletState, ours: boolean): AvailableCoin[] {
  return state.pending
    .filter((one) => one.own === ours)
    .flatMap((one) =>
      one.outputs.flatMap((output, vout) => {
        const owner = own(state.scripts, output.script)
        if (!owner) return []
        return [
          {
            ...owner,
            txid: one.txid,
            vout,
            value: output.value,
            height: null,
            coinbase: false,
            ancestors: [...ancestorsOf(state.pending, [one.txid])],
          },
        ]
      }),
    )
}

export interface Balance {
  /** Ordinary coins in blocks that no pending transaction spends. */
  confirmed: number
  /** Ordinary coins on their way: own change, and payments seen in the mempool. */
  unconfirmed: number
  /** Mined, but not spendable before 100 blocks have passed. */
  immature: number
  /** At identity, key and channel addresses: not spent as ordinary money. */
  reserved: number
}

/** Sats by state; every coin is counted once. */
export function balance(state: WalletState): Balance {
  const taken = new Set(state.pending.flatMap((one) => one.inputs))
  const held = Object.values(state.coins).filter((coin) => !taken.has(`${coin.txid}:${coin.vout}`))
  const coming = [...unconfirmedCoins(state, true), ...unconfirmedCoins(state, false)].filter(
    (coin) => !taken.has(`${coin.txid}:${coin.vout}`),
  )
  const total = (coins: Array<{ value: number }>) => coins.reduce((sum, coin) => sum + coin.value, 0)
  const ordinary = held.filter((coin) => isOrdinary(coin.purpose))
  return {
    confirmed: total(ordinary.filter((coin) => isMature(state, coin))),
    unconfirmed: total(coming.filter((coin) => isOrdinary(coin.purpose))),
    immature: total(ordinary.filter((coin) => !isMature(state, coin))),
    reserved: total([...held, ...coming].filter((coin) => !isOrdinary(coin.purpose))),
  }
}

/** The balance as a person sees it: what is reserved, and for what; what is leaving; what a payment could spend. */
export function holdings(state: WalletState): BalanceView {
  const taken = new Set(state.pending.flatMap((one) => one.inputs))
  const coming = [...unconfirmedCoins(state, true), ...unconfirmedCoins(state, false)]
  const held = [...Object.values(state.coins), ...coming].filter((coin) => !taken.has(`${coin.txid}:${coin.vout}`))
  const sumOf = (coins: Array<{ value: number }>): number => coins.reduce((sum, coin) => sum + coin.value, 0)
  const at = (purpose: WalletCoin['purpose']): CoinsView => {
    const coins = held.filter((coin) => coin.purpose === purpose)
    return { sats: sumOf(coins), coins: coins.length }
  }
  const leaving = Object.entries(state.coins).filter(([outpoint, coin]) => taken.has(outpoint) && isOrdinary(coin.purpose))
  const { confirmed, unconfirmed, immature, reserved } = balance(state)
  return {
    confirmed,
    unconfirmed,
    immature,
    reserved: { total: reserved, keys: at('key'), identities: at('identity'), channels: at('channel') },
    leaving: sumOf(leaving.map(([, coin]) => coin)),
    spendable: sumOf(availableCoins(state).filter((coin) => isOrdinary(coin.purpose))),
  }
}
