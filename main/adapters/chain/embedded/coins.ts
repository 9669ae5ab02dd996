/** The set of unspent outputs, moved forward and back block by block. */
import { outpointsOf, type Transaction } from '../../../../roles/protocol/tx/index.ts'

export interface Coin {
  value: bigint
  script: Uint8Array
  height: number
  coinbase: boolean
}

/** What a block spent, so that it can be taken back. */
export type Undo = Array<[outpoint: string, coin: Coin]>

export type CoinView = (outpoint: string) => Coin | undefined

const isSpendable = (script: Uint8Array) => script[0] !== 0x6a && script.length <= 10_000

export function createCoins() {
  const coins = new Map<string, Coin>()

  const create = (transaction: Transaction, height: number) => {
    const [id, coinbase] = [transaction.getId(), transaction.isCoinbase()]
    for (const [vout, { script, value }] of transaction.outs.entries()) {
      if (isSpendable(script)) coins.set(`${id}:${vout}`, { value, script, height, coinbase })
    }
  }

  /** Applies a checked block. */
  const connect = (transactions: Transaction[], height: number): Undo => {
    const undo: Undo = []
    for (const transaction of transactions) {
      for (const outpoint of transaction.isCoinbase() ? [] : outpointsOf(transaction)) {
        const coin = coins.get(outpoint)
        if (!coin) throw new Error(`block ${height} spends ${outpoint}, which does not exist`)
        undo.push([outpoint, coin])
        coins.delete(outpoint)
      }
      create(transaction, height)
    }
    return undo
  }

  const disconnect = (transactions: Transaction[], undo: Undo) => {
    for (const [outpoint, coin] of undo) coins.set(outpoint, coin)
    for (const transaction of transactions) {
      for (const vout of transaction.outs.keys()) coins.delete(`${transaction.getId()}:${vout}`)
    }
  }

  return { get: (outpoint: string) => coins.get(outpoint), entries: () => coins.entries(), size: () => coins.size, connect, disconnect }
}

export type Coins = ReturnType<typeof createCoins>
