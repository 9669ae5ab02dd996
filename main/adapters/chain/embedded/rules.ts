/** What a transaction has to fulfil by itself and against the coins that it spends. Reasons are bitcoind's reject reasons. */
import { dustThreshold, maxStandardWeight, outpointsOf, scriptKind, type Transaction } from '../../../../roles/protocol/tx/index.ts'
import type { Coin } from './coins.ts'
import { regtest, strippedSize, type Policy } from './params.ts'

/** Tip facts that time locks are measured against: the transaction would enter the block after the tip. */
export interface LockContext {
  nextHeight: number
  /** Median time past of the tip, seconds. */
  medianTime: number
  /** Median time past of the block before the one at `height`, which BIP68 counts from. */
  medianTimeBefore(height: number): number
}

/** Consensus rules that need no context (Bitcoin Core CheckTransaction). */
export function contextFreeFault(transaction: Transaction): string | undefined {
  if (transaction.ins.length === 0) return 'bad-txns-vin-empty'
  if (transaction.outs.length === 0) return 'bad-txns-vout-empty'
  if (strippedSize(transaction) * 4 > regtest.maxBlockWeight) return 'bad-txns-oversize'
  let total = 0n
  for (const { value } of transaction.outs) {
    if (value > regtest.maxMoney) return value >> 63n ? 'bad-txns-vout-negative' : 'bad-txns-vout-toolarge'
    total += value
    if (total > regtest.maxMoney) return 'bad-txns-txouttotal-toolarge'
  }
  const outpoints = outpointsOf(transaction)
  if (new Set(outpoints).size !== outpoints.length) return 'bad-txns-inputs-duplicate'
  return transaction.isCoinbase() ? 'coinbase' : undefined
}

/** Relay policy that needs no coins (Bitcoin Core IsStandardTx). */
export function standardFault(transaction: Transaction, policy: Policy): string | undefined {
  if (transaction.version < 1 || transaction.version > 3) return 'version'
  if (transaction.weight() > maxStandardWeight) return 'tx-size'
  if (transaction.ins.some((input) => input.script.length > 1650)) return 'scriptsig-size'
  const kinds = transaction.outs.map((output) => scriptKind(output.script))
  if (transaction.outs.some((output, index) => !isStandardOutput(kinds[index], output.script, policy))) return 'scriptpubkey'
  if (transaction.outs.some((output) => output.value < dustThreshold(output.script, policy.dustRate))) return 'dust'
  if (kinds.filter((kind) => kind === 'data').length > 1) return 'multi-op-return'
  return strippedSize(transaction) < 65 ? 'tx-size-small' : undefined
}

const isStandardOutput = (kind: ReturnType<typeof scriptKind> | undefined, script: Uint8Array, policy: Policy) =>
  kind === 'data' ? script.length <= policy.dataCarrierSize : kind !== 'nonstandard' && kind !== undefined

/** nLockTime (BIP113). */
export function lockTimeFault(transaction: Transaction, context: LockContext): string | undefined {
  if (transaction.locktime === 0 || transaction.ins.every((input) => input.sequence === 0xffffffff)) return undefined
  const limit = transaction.locktime < 500_000_000 ? context.nextHeight : context.medianTime
  return transaction.locktime < limit ? undefined : 'non-final'
}

const sequence = { disabled: 0x80000000, byTime: 0x400000, mask: 0xffff, seconds: 512 }

/** Relative time locks (BIP68). */
export function sequenceFault(transaction: Transaction, coins: Coin[], context: LockContext): string | undefined {
  if (transaction.version < 2) return undefined
  const isLocked = transaction.ins.some((input, index) => {
    const coin = coins[index]
    if (!coin || input.sequence & sequence.disabled) return false
    const distance = input.sequence & sequence.mask
    if (!(input.sequence & sequence.byTime)) return coin.height + distance > context.nextHeight
    return context.medianTimeBefore(coin.height) + distance * sequence.seconds > context.medianTime
  })
  return isLocked ? 'non-BIP68-final' : undefined
}

/** Amounts and coinbase maturity (Bitcoin Core CheckTxInputs). */
export function spendFault(transaction: Transaction, coins: Coin[], nextHeight: number): string | undefined {
  if (coins.some((coin) => coin.coinbase && nextHeight - coin.height < regtest.coinbaseMaturity))
    return 'bad-txns-premature-spend-of-coinbase'
  return feeOf(transaction, coins) < 0n ? 'bad-txns-in-belowout' : undefined
}

/** Fee in sats; negative when the outputs exceed the inputs. */
export const feeOf = (transaction: Transaction, coins: Coin[]): bigint =>
  coins.reduce((sum, coin) => sum + coin.value, 0n) - transaction.outs.reduce((sum, output) => sum + output.value, 0n)
