/** What stands on what: transactions that spend outputs of others that are in no block. */
import type { PendingTransaction } from './state.ts'

/** Ids of what it spends from. */
export const parentsOf = (one: PendingTransaction) => one.inputs.map((outpoint) => outpoint.slice(0, 64))

/** Parents before children, otherwise as they were. */
export function parentsFirst(pending: PendingTransaction[]): PendingTransaction[] {
  const all = new Map(pending.map((one) => [one.txid, one]))
  const sorted = new Set<PendingTransaction>()
  const visit = (one: PendingTransaction): void => {
    if (sorted.has(one)) return
    for (const id of parentsOf(one)) if (all.has(id)) visit(all.get(id)!)
    sorted.add(one)
  }
  pending.forEach(visit)
  return [...sorted]
}

/** The ids themselves and all pending transactions below them. */
export function descendantsOf(pending: PendingTransaction[], txids: string[]): Set<string> {
  const found = new Set(txids)
  for (const one of pending) if (parentsOf(one).some((id) => found.has(id))) found.add(one.txid)
  return found
}

/**
 * These and all that they stand on, as far as it is among `all`, in any order.
 * @param followed which parents count; what these stand on counts with them
 */
export function lineOf(
  all: Iterable<PendingTransaction>,
  ones: Iterable<PendingTransaction>,
  followed: (parent: PendingTransaction) => boolean = () => true,
): Set<PendingTransaction> {
  const known = new Map(Array.from(all, (one) => [one.txid, one]))
  const line = new Set(ones)
  for (const one of line) {
    for (const id of parentsOf(one)) {
      const parent = known.get(id)
      if (parent !== undefined && followed(parent)) line.add(parent)
    }
  }
  return line
}

/** Ids of the pending ones that a spender of outputs of `txids` would wait for: those and what is above them. */
export function ancestorsOf(pending: PendingTransaction[], txids: readonly string[]): Set<string> {
  const ones = pending.filter((one) => txids.includes(one.txid))
  return new Set(Array.from(lineOf(pending, ones), (one) => one.txid))
}
