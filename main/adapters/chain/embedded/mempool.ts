/** Unconfirmed transactions, alone and in packages, up to a size. */
import type { Transaction } from '../../../../roles/protocol/tx/index.ts'
import { assess, type AcceptanceContext, type Assessment, type Refusal } from './acceptance.ts'
import type { CoinView } from './coins.ts'
import { confirmIn, createEntries } from './entries.ts'
import { createFloor } from './eviction.ts'
import { acceptPackage } from './packages.ts'
import type { Policy } from './params.ts'
import type { LockContext } from './rules.ts'

/** The chain that the pool stands on. */
export interface Standing {
  confirmed: CoinView
  locks(): LockContext
  /** Milliseconds since the epoch. */
  now(): number
}

export function createMempool(policy: Policy, { confirmed, locks, now }: Standing) {
  const entries = createEntries()
  const floor = createFloor(entries, policy, now)
  const context = (from?: AcceptanceContext['from']): AcceptanceContext => ({
    entries,
    policy,
    confirmed,
    locks: locks(),
    floor: floor.read(),
    ...(from === undefined ? {} : { from }),
  })
  const add = ({ entry, replaces }: Assessment) => {
    entries.remove(replaces)
    entries.add(entry)
  }
  /** Adds it, and evicts what pays least. Refusal: it was that itself. */
  const accept = (assessment: Assessment): Refusal | undefined => {
    add(assessment)
    floor.trim()
    return entries.get(assessment.entry.txid) === undefined ? { reason: 'mempool full' } : undefined
  }
  return {
    accept,
    acceptPackage: (transactions: Transaction[]) => acceptPackage(entries, { context, add, accept, trim: floor.trim }, transactions),
    assess: (transaction: Transaction) => assess(context(), transaction),
    confirm: (transactions: Transaction[]) => {
      confirmIn(entries, transactions)
      floor.onBlock()
    },
    /** Takes transactions of an undone block back where they still hold. */
    takeBack(transaction: Transaction) {
      const verdict = assess(context('block'), transaction)
      if ('entry' in verdict) add(verdict)
    },
    /** Empties the pool and returns what it held, parents first. */
    drain: (): Transaction[] => {
      const held = entries.list()
      entries.remove(held.map(({ txid }) => txid))
      return held.map(({ transaction }) => transaction)
    },
    /** Forgets one with all that spends from it, as an expiry does. */
    forget: (id: string) => entries.remove(entries.descendants([id])),
    floor: floor.read,
    get: entries.get,
    list: entries.list,
  }
}

export type Mempool = ReturnType<typeof createMempool>
