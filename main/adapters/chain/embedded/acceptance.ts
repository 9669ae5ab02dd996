/** Whether the mempool takes a transaction: rules, coins, fees, replacement by fee (BIP125 rules 2 to 5, without its opt-in), scripts. */
import { outpointsOf, type Transaction } from '../../../../roles/protocol/tx/index.ts'
import type { Coin, CoinView } from './coins.ts'
import type { Entries, MempoolEntry } from './entries.ts'
import type { Policy } from './params.ts'
import { contextFreeFault, feeOf, lockTimeFault, sequenceFault, spendFault, standardFault } from './rules.ts'
import type { LockContext } from './rules.ts'
import { scriptFault } from './scripts.ts'

/** Why a transaction was refused: bitcoind's reject reason, with an explanation. */
export interface Refusal {
  reason: string
  detail?: string
}

export interface Assessment {
  entry: MempoolEntry
  replaces: Set<string>
}

export interface AcceptanceContext {
  entries: Entries
  policy: Policy
  confirmed: CoinView
  locks: LockContext
  /** Sat per vbyte that a full mempool asks; 0 while it is not. */
  floor: number
  /** `block`: comes back from a block that was undone, so relay policy has been met before. `package`: others pay what a full mempool asks of it. */
  from?: 'block' | 'package'
}

const refuse = (reason: string, detail?: string): Refusal => (detail === undefined ? { reason } : { reason, detail })

/** Checks a transaction without adding it. */
export function assess(context: AcceptanceContext, transaction: Transaction): Assessment | Refusal {
  const { entries, locks, from } = context
  const txid = transaction.getId()
  const shape =
    contextFreeFault(transaction) ??
    (from === 'block' ? undefined : standardFault(transaction, context.policy)) ??
    lockTimeFault(transaction, locks)
  if (shape) return refuse(shape)
  if (entries.get(txid)) return refuse('txn-already-in-mempool')
  const found = outpointsOf(transaction).map((outpoint) => entries.coinOf(outpoint, context.confirmed, locks.nextHeight))
  const coins = found.filter((coin) => coin !== undefined)
  if (coins.length !== found.length) return refuse('bad-txns-inputs-missingorspent')
  const spend = sequenceFault(transaction, coins, locks) ?? spendFault(transaction, coins, locks.nextHeight)
  if (spend) return refuse(spend)
  const entry = entryOf(entries, transaction, coins)
  const conflicts = entries.spendersOf(entry.outpoints)
  const replaces = entries.descendants(conflicts)
  const fault =
    (from === 'block' ? undefined : feeFault(from === 'package' ? { ...context, floor: 0 } : context, entry)) ??
    (conflicts.size > 0 ? replacementFault(context, entry, conflicts, replaces) : undefined) ??
    chainFault(context, entry, replaces) ??
    signatureFault(entry, coins)
  return fault ?? { entry, replaces }
}

function entryOf(entries: Entries, transaction: Transaction, coins: Coin[]): MempoolEntry {
  const outpoints = outpointsOf(transaction)
  const parents = new Set(outpoints.map((outpoint) => outpoint.slice(0, 64)).filter((id) => entries.get(id)))
  return {
    txid: transaction.getId(),
    transaction,
    fee: feeOf(transaction, coins),
    vsize: transaction.virtualSize(),
    outpoints,
    parents,
  }
}

/** Of a transaction, or of a package with its fees and sizes added up. */
export function feeFault(
  { policy, floor }: Pick<AcceptanceContext, 'policy' | 'floor'>,
  paid: { fee: bigint; vsize: number },
): Refusal | undefined {
  const asked = (rate: number) => BigInt(Math.ceil(paid.vsize * rate))
  if (paid.fee < asked(floor)) return refuse('mempool min fee not met', `${paid.fee} < ${asked(floor)}`)
  return paid.fee < asked(policy.minRelayRate) ? refuse('min relay fee not met', `${paid.fee} < ${asked(policy.minRelayRate)}`) : undefined
}

function replacementFault(
  { entries, policy }: AcceptanceContext,
  entry: MempoolEntry,
  conflicts: Set<string>,
  replaced: Set<string>,
): Refusal | undefined {
  if ([...entries.ancestors(entry.parents)].some((id) => conflicts.has(id))) return refuse('bad-txns-spends-conflicting-tx')
  if (replaced.size > policy.maxReplacements) return refuse('too many potential replacements')
  const direct = [...conflicts].flatMap((id) => entries.get(id) ?? [])
  const inherited = new Set(direct.flatMap((one) => [...one.parents]))
  if ([...entry.parents].some((id) => !inherited.has(id))) return refuse('replacement-adds-unconfirmed')
  if (direct.some((one) => Number(entry.fee) / entry.vsize <= Number(one.fee) / one.vsize))
    return refuse('insufficient fee', 'the new feerate is not higher')
  const oldFees = [...replaced].reduce((sum, id) => sum + (entries.get(id)?.fee ?? 0n), 0n)
  const needed = oldFees + BigInt(Math.ceil(entry.vsize * policy.incrementalRate))
  return entry.fee < needed ? refuse('insufficient fee', `replacing needs at least ${needed} sats`) : undefined
}

function chainFault({ entries, policy }: AcceptanceContext, entry: MempoolEntry, replaced: Set<string>): Refusal | undefined {
  const above = entries.ancestors(entry.parents)
  const isTooLong =
    above.size + 1 > policy.maxChain ||
    [...above].some((id) => [...entries.descendants([id])].filter((one) => !replaced.has(one)).length + 1 > policy.maxChain)
  return isTooLong ? refuse('too-long-mempool-chain') : undefined
}

function signatureFault({ txid, transaction, outpoints }: MempoolEntry, coins: Coin[]): Refusal | undefined {
  for (const index of coins.keys()) {
    const fault = scriptFault(transaction, index, coins)
    if (fault) return refuse(fault, `input ${index} of ${txid}, spending ${outpoints[index]}`)
  }
  return undefined
}
