/** The transactions of the mempool and how they hang together. */
import { outpointsOf, type Transaction } from '../../../../roles/protocol/tx/index.ts'
import type { Coin, CoinView } from './coins.ts'

export interface MempoolEntry {
  txid: string
  transaction: Transaction
  fee: bigint
  vsize: number
  outpoints: string[]
  parents: Set<string>
}

function relatives(start: Iterable<string>, next: (id: string) => Iterable<string>): Set<string> {
  const found = new Set<string>()
  const queue = [...start]
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (found.has(id)) continue
    found.add(id)
    queue.push(...next(id))
  }
  return found
}

export function createEntries() {
  /** In order of arrival, so parents come before their children. */
  const entries = new Map<string, MempoolEntry>()
  const spenders = new Map<string, string>()
  let vbytes = 0
  const parentsOf = (id: string) => entries.get(id)?.parents ?? []
  const childrenOf = (id: string) => (entries.get(id)?.transaction.outs ?? []).flatMap((_, vout) => spenders.get(`${id}:${vout}`) ?? [])

  const add = (entry: MempoolEntry) => {
    entries.set(entry.txid, entry)
    vbytes += entry.vsize
    for (const outpoint of entry.outpoints) spenders.set(outpoint, entry.txid)
  }
  const remove = (ids: Iterable<string>) => {
    for (const id of ids) {
      const entry = entries.get(id)
      if (entry === undefined) continue
      for (const outpoint of entry.outpoints) spenders.delete(outpoint)
      entries.delete(id)
      vbytes -= entry.vsize
    }
  }
  /** The coin behind an outpoint, in a block or in the pool; one of the pool would be in block `nextHeight`. */
  const coinOf = (outpoint: string, confirmed: CoinView, nextHeight: number): Coin | undefined => {
    const [id = '', vout] = outpoint.split(':')
    const output = entries.get(id)?.transaction.outs[Number(vout)]
    return confirmed(outpoint) ?? (output && { value: output.value, script: output.script, height: nextHeight, coinbase: false })
  }
  return {
    add,
    remove,
    coinOf,
    get: (id: string) => entries.get(id),
    list: () => [...entries.values()],
    /** Of all together, in vbytes. */
    size: () => vbytes,
    ancestors: (ids: Iterable<string>) => relatives(ids, parentsOf),
    descendants: (ids: Iterable<string>) => relatives(ids, childrenOf),
    /** Ids of what in the pool spends any of these. */
    spendersOf: (outpoints: string[]) => new Set(outpoints.flatMap((outpoint) => spenders.get(outpoint) ?? [])),
  }
}

export type Entries = ReturnType<typeof createEntries>

/** A block has come: its transactions leave, and so does whatever conflicts with them. */
export function confirmIn(entries: Entries, transactions: Transaction[]): void {
  const ids = transactions.map((transaction) => transaction.getId())
  entries.remove(ids)
  for (const entry of entries.list()) for (const id of ids) entry.parents.delete(id)
  entries.remove(entries.descendants(entries.spendersOf(transactions.flatMap(outpointsOf))))
}
