/** Packages: what does not pass alone is taken together, with its fees and sizes added up; all of it, or none. */
import type { Transaction } from '../../../../roles/protocol/tx/index.ts'
import { assess, feeFault, type AcceptanceContext, type Assessment, type Refusal } from './acceptance.ts'
import type { Entries } from './entries.ts'

export interface PackageHandlers {
  context(from?: AcceptanceContext['from']): AcceptanceContext
  add(assessment: Assessment): void
  /** Adds one that pays for itself. */
  accept(assessment: Assessment): Refusal | undefined
  trim(): void
}

/** @returns refusals by id; empty: all are in the pool */
export function acceptPackage(entries: Entries, pool: PackageHandlers, transactions: Transaction[]): Map<string, Refusal> {
  const left = transactions.filter((transaction) => !takesAlone(entries, pool, transaction))
  return left.length === 0 ? new Map() : acceptTogether(entries, pool, left)
}

function takesAlone(entries: Entries, pool: PackageHandlers, transaction: Transaction): boolean {
  if (entries.get(transaction.getId())) return true
  const verdict = assess(pool.context(), transaction)
  return 'entry' in verdict && pool.accept(verdict) === undefined
}

function acceptTogether(entries: Entries, pool: PackageHandlers, transactions: Transaction[]): Map<string, Refusal> {
  const refusals = new Map<string, Refusal>()
  const before = entries.list()
  const paid = { fee: 0n, vsize: 0 }
  for (const transaction of transactions) {
    const verdict = assess(pool.context('package'), transaction)
    if ('entry' in verdict) {
      pool.add(verdict)
      paid.fee += verdict.entry.fee
      paid.vsize += verdict.entry.vsize
    } else refusals.set(transaction.getId(), verdict)
  }
  const fault = feeFault(pool.context(), paid)
  if (refusals.size === 0 && fault !== undefined) for (const one of transactions) refusals.set(one.getId(), fault)
  if (refusals.size === 0) pool.trim()
  else {
    entries.remove(entries.list().map(({ txid }) => txid))
    for (const entry of before) entries.add(entry)
  }
  return refusals
}
