/** Unconfirmed transactions: acceptance, replacement by fee (BIP125 rules 2 to 5, without its opt-in), eviction of what a block or a conflict kills. */
import { outpointsOf, type Transaction } from '../../../../roles/protocol/tx/index.ts'
import type { Coin, CoinView } from './coins.ts'
import { policy } from './params.ts'
import { contextFreeFault, feeOf, lockTimeFault, sequenceFault, spendFault, standardFault } from './rules.ts'
import type { LockContext } from './rules.ts'
import { scriptFault } from './scripts.ts'

export interface MempoolEntry {
  txid: string
  transaction: Transaction
  fee: bigint
  vsize: number
  outpoints: string[]
  parents: Set<string>
}

/** Why a transaction was refused: bitcoind's reject reason, with an explanation. */
export interface Refusal {
  reason: string
  detail?: string
}

export interface Assessment {
  entry: MempoolEntry
  replaces: Set<string>
}

const refuse = (reason: string, detail?: string): Refusal => (detail === undefined ? { reason } : { reason, detail })

export function createMempool() {
  /** In order of arrival, so parents come before their children. */
  const entries = new Map<string, MempoolEntry>()
  const spenders = new Map<string, string>()

  const coinOf = (outpoint: string, confirmed: CoinView, nextHeight: number): Coin | undefined => {
    const [id = '', vout] = outpoint.split(':')
    const output = entries.get(id)?.transaction.outs[Number(vout)]
    return confirmed(outpoint) ?? (output && { value: output.value, script: output.script, height: nextHeight, coinbase: false })
  }

  const relatives = (start: Iterable<string>, next: (id: string) => Iterable<string>): Set<string> => {
    const found = new Set<string>()
    const queue = [...start]
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      if (found.has(id)) continue
      found.add(id)
      queue.push(...next(id))
    }
    return found
  }
  const parentsOf = (id: string) => entries.get(id)?.parents ?? []
  const childrenOf = (id: string) => (entries.get(id)?.transaction.outs ?? []).flatMap((_, vout) => spenders.get(`${id}:${vout}`) ?? [])
  const ancestors = (ids: Iterable<string>) => relatives(ids, parentsOf)
  const descendants = (ids: Iterable<string>) => relatives(ids, childrenOf)

  const replacementFault = (entry: MempoolEntry, conflicts: Set<string>, replaced: Set<string>): Refusal | undefined => {
    if ([...ancestors(entry.parents)].some((id) => conflicts.has(id))) return refuse('bad-txns-spends-conflicting-tx')
    if (replaced.size > policy.maxReplacements) return refuse('too many potential replacements')
    const direct = [...conflicts].flatMap((id) => entries.get(id) ?? [])
    const inherited = new Set(direct.flatMap((one) => [...one.parents]))
    if ([...entry.parents].some((id) => !inherited.has(id))) return refuse('replacement-adds-unconfirmed')
    if (direct.some((one) => Number(entry.fee) / entry.vsize <= Number(one.fee) / one.vsize))
      return refuse('insufficient fee', 'the new feerate is not higher')
    const oldFees = [...replaced].reduce((sum, id) => sum + (entries.get(id)?.fee ?? 0n), 0n)
    const needed = oldFees + BigInt(entry.vsize * policy.minRelayRate)
    return entry.fee < needed ? refuse('insufficient fee', `replacing needs at least ${needed} sats`) : undefined
  }

  const chainFault = (entry: MempoolEntry, replaced: Set<string>): Refusal | undefined => {
    const above = ancestors(entry.parents)
    const isTooLong =
      above.size + 1 > policy.maxChain ||
      [...above].some((id) => [...descendants([id])].filter((one) => !replaced.has(one)).length + 1 > policy.maxChain)
    return isTooLong ? refuse('too-long-mempool-chain') : undefined
  }

  /** Checks a transaction without adding it. `returned`: comes back from a block that was undone, so relay policy has been met before. */
  const assess = (transaction: Transaction, confirmed: CoinView, context: LockContext, returned = false): Assessment | Refusal => {
    const txid = transaction.getId()
    const shape =
      contextFreeFault(transaction) ?? (returned ? undefined : standardFault(transaction)) ?? lockTimeFault(transaction, context)
    if (shape) return refuse(shape)
    if (entries.has(txid)) return refuse('txn-already-in-mempool')
    const outpoints = outpointsOf(transaction)
    const found = outpoints.map((outpoint) => coinOf(outpoint, confirmed, context.nextHeight))
    const coins = found.filter((coin) => coin !== undefined)
    if (coins.length !== found.length) return refuse('bad-txns-inputs-missingorspent')
    const spend = sequenceFault(transaction, coins, context) ?? spendFault(transaction, coins, context.nextHeight)
    if (spend) return refuse(spend)
    const parents = new Set(outpoints.map((outpoint) => outpoint.split(':')[0] ?? '').filter((id) => entries.has(id)))
    const entry: MempoolEntry = { txid, transaction, fee: feeOf(transaction, coins), vsize: transaction.virtualSize(), outpoints, parents }
    const least = BigInt(entry.vsize * policy.minRelayRate)
    if (!returned && entry.fee < least) return refuse('min relay fee not met', `${entry.fee} < ${least}`)
    const conflicts = new Set(outpoints.flatMap((outpoint) => spenders.get(outpoint) ?? []))
    const replaces = descendants(conflicts)
    const rivalry = (conflicts.size > 0 ? replacementFault(entry, conflicts, replaces) : undefined) ?? chainFault(entry, replaces)
    if (rivalry) return rivalry
    for (const index of coins.keys()) {
      const fault = scriptFault(transaction, index, coins)
      if (fault) return refuse(fault, `input ${index} of ${txid}, spending ${outpoints[index]}`)
    }
    return { entry, replaces }
  }

  const remove = (ids: Iterable<string>) => {
    for (const id of ids) {
      for (const outpoint of entries.get(id)?.outpoints ?? []) spenders.delete(outpoint)
      entries.delete(id)
    }
  }

  const add = ({ entry, replaces }: Assessment) => {
    remove(replaces)
    entries.set(entry.txid, entry)
    for (const outpoint of entry.outpoints) spenders.set(outpoint, entry.txid)
  }

  /** A block has come: its transactions leave, and so does whatever conflicts with them. */
  const confirm = (transactions: Transaction[]) => {
    const ids = new Set(transactions.map((transaction) => transaction.getId()))
    remove(ids)
    for (const entry of entries.values()) for (const id of ids) entry.parents.delete(id)
    const rivals = transactions.flatMap((transaction) => outpointsOf(transaction).flatMap((outpoint) => spenders.get(outpoint) ?? []))
    remove(descendants(rivals))
  }

  /** Empties the pool and returns what it held, parents first. */
  const drain = (): Transaction[] => {
    const held = [...entries.values()].map((entry) => entry.transaction)
    remove([...entries.keys()])
    return held
  }

  return { assess, add, confirm, drain, get: (id: string) => entries.get(id), list: () => [...entries.values()] }
}

export type Mempool = ReturnType<typeof createMempool>
