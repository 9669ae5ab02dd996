/** Building, signing and reading Bitcoin transactions (BIP141, BIP143, BIP144, BIP341). */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { Transaction } from 'bitcoinjs-lib'
import { fail, ok } from '../result.ts'
import type { Result } from '../result.ts'
import { replaceable } from './policy.ts'
import { p2trScript } from './taproot.ts'

export { Block, Transaction } from 'bitcoinjs-lib'

export interface TransactionInput {
  /** Display (big-endian) hex of the transaction that made the coin. */
  txid: string
  vout: number
  /** Sats. */
  value: bigint
  /** Script of the coin; or give `internalKey`. */
  script?: Uint8Array
  /** X-only key, 32 bytes: the coin is at its BIP86 output. */
  internalKey?: Uint8Array
  /** Default: replaceable (BIP125). */
  sequence?: number
}

export interface TransactionOutput {
  script: Uint8Array
  value: bigint
}

/** An unsigned transaction together with the coins it spends, which taproot signatures commit to. */
export interface UnsignedTransaction {
  transaction: Transaction
  spent: TransactionOutput[]
}

/** BIP340 signer: message hash (32 bytes), tweaked private key (32 bytes) → signature (64 bytes). */
export type SchnorrSign = (hash: Uint8Array, secret: Uint8Array) => Uint8Array

/** Display hex of a hash in wire order, and back. Copies: `slice` of a Buffer would be a view, and be reversed in place. */
export const toDisplay = (hash: Uint8Array): string => bytesToHex(Uint8Array.from(hash).reverse())
export const fromDisplay = (hex: string): Uint8Array => hexToBytes(hex).reverse()

/**
 * Builds an unsigned version-2 transaction.
 * @param plan values in sats; `lockTime` a height or time as in nLockTime
 * Fails with `tx.key` (an internal key is no point), `tx.input` (no inputs, a malformed outpoint, a repeated one), `tx.output`, `tx.amount`
 */
export function buildTransaction(plan: {
  inputs: TransactionInput[]
  outputs: TransactionOutput[]
  lockTime?: number
}): Result<UnsignedTransaction> {
  if (plan.inputs.length === 0) return fail('tx.input', 'inputs: a transaction spends at least one coin')
  if (plan.outputs.length === 0) return fail('tx.output', 'outputs: a transaction has at least one output')
  const transaction = new Transaction()
  transaction.version = 2
  transaction.locktime = plan.lockTime ?? 0
  const spent: TransactionOutput[] = []
  for (const [index, input] of plan.inputs.entries()) {
    const script = scriptOfInput(input)
    if (!script.ok) return script
    if (!/^[0-9a-f]{64}$/.test(input.txid) || !isIndex(input.vout))
      return fail('tx.input', `inputs[${index}]: give txid as 64 hex digits and vout as an index`)
    transaction.addInput(fromDisplay(input.txid), input.vout, input.sequence ?? replaceable)
    spent.push({ script: script.value, value: input.value })
  }
  const outpoints = new Set(plan.inputs.map((input) => `${input.txid}:${input.vout}`))
  if (outpoints.size !== plan.inputs.length) return fail('tx.input', 'inputs: the same coin is named twice')
  for (const output of plan.outputs) transaction.addOutput(output.script, output.value)
  const missing = sum(plan.outputs) - sum(spent)
  if (missing > 0n) return fail('tx.amount', `outputs: they exceed the inputs by ${missing} sats: add a coin`, { missing: Number(missing) })
  return ok({ transaction, spent })
}

const isIndex = (value: number) => Number.isInteger(value) && value >= 0 && value <= 0xffffffff
const sum = (outputs: TransactionOutput[]) => outputs.reduce((total, output) => total + output.value, 0n)

function scriptOfInput(input: TransactionInput): Result<Uint8Array> {
  if (input.script) return ok(input.script)
  return input.internalKey ? p2trScript(input.internalKey) : fail('tx.input', 'inputs: give each coin its script or its internalKey')
}

/** What input `index` signs on the taproot key path with SIGHASH_DEFAULT (BIP341). */
export function keyPathHash(unsigned: UnsignedTransaction, index: number): Uint8Array {
  const { transaction, spent } = unsigned
  return transaction.hashForWitnessV1(
    index,
    spent.map((coin) => coin.script),
    spent.map((coin) => coin.value),
    Transaction.SIGHASH_DEFAULT,
  )
}

/**
 * Signs taproot key-path inputs.
 * @param keys input index → private key tweaked by `tweakPrivateKey`, 32 bytes
 * @returns a signed copy; inputs without a key stay unsigned
 */
export function signTransaction(unsigned: UnsignedTransaction, keys: ReadonlyMap<number, Uint8Array>, sign: SchnorrSign): Transaction {
  const signed = unsigned.transaction.clone()
  for (const [index, secret] of keys) signed.setWitness(index, [sign(keyPathHash(unsigned, index), secret)])
  return signed
}

/** Reads a raw transaction. Fails with `tx.parse`. */
export function parseTransaction(raw: Uint8Array): Result<Transaction> {
  try {
    return ok(Transaction.fromBuffer(raw))
  } catch (error) {
    return fail('tx.parse', `not a Bitcoin transaction: ${(error as Error).message}`)
  }
}

/** The coins that a transaction spends, as `txid:vout`. */
export const outpointsOf = (transaction: Transaction): string[] => transaction.ins.map((input) => `${toDisplay(input.hash)}:${input.index}`)
