/** Someone with a key and coins, who makes good and bad transactions for the chain suite. */
import { crypto, script as bitcoinScript } from 'bitcoinjs-lib'
import * as secp256k1 from 'tiny-secp256k1'
import { must } from '../../roles/protocol/result.ts'
import {
  buildTransaction,
  p2trScript,
  signTransaction,
  Transaction,
  tweakPrivateKey,
  type TransactionOutput,
} from '../../roles/protocol/tx/index.ts'

export interface ActorCoin {
  txid: string
  vout: number
  value: bigint
}

export interface SpendOptions {
  sequence?: number
  lockTime?: number
  badSignature?: boolean
}

/** @param seed 1 to 255: makes the key */
export function createActor(seed: number) {
  const secret = new Uint8Array(32).fill(seed)
  const internalKey = secp256k1.xOnlyPointFromScalar(secret)
  const script = must(p2trScript(internalKey))
  const tweaked = tweakPrivateKey(secret)

  /** A signed raw transaction that spends `coins` entirely into `outputs` and fees. */
  const spend = (coins: ActorCoin[], outputs: TransactionOutput[], options: SpendOptions = {}) => {
    const { sequence, lockTime } = options
    const inputs = coins.map(({ txid, vout, value }) => ({
      txid,
      vout,
      value,
      internalKey,
      ...(sequence === undefined ? {} : { sequence }),
    }))
    const unsigned = must(buildTransaction({ inputs, outputs, ...(lockTime === undefined ? {} : { lockTime }) }))
    const keys = new Map(coins.map((_, index) => [index, options.badSignature ? secret : tweaked]))
    const signed = signTransaction(unsigned, keys, secp256k1.signSchnorr)
    return { raw: new Uint8Array(signed.toBuffer()), txid: signed.getId(), vsize: signed.virtualSize() }
  }

  /** Spends coins at `script` with a signature of another hash type; 0 makes 65 bytes that BIP341 forbids. */
  const spendTyped = (coins: ActorCoin[], outputs: TransactionOutput[], type: number) => {
    const { transaction, spent } = must(
      buildTransaction({ inputs: coins.map(({ txid, vout, value }) => ({ txid, vout, value, internalKey })), outputs }),
    )
    for (const index of coins.keys()) {
      const hash = transaction.hashForWitnessV1(
        index,
        spent.map((coin) => coin.script),
        spent.map((coin) => coin.value),
        type,
      )
      transaction.setWitness(index, [Uint8Array.of(...secp256k1.signSchnorr(hash, tweaked), type)])
    }
    return new Uint8Array(transaction.toBuffer())
  }

  const publicKey = secp256k1.pointFromScalar(secret, true)!
  const wpkhScript = Uint8Array.of(0x00, 0x14, ...crypto.hash160(publicKey))
  const wpkhCode = Uint8Array.of(0x76, 0xa9, 0x14, ...crypto.hash160(publicKey), 0x88, 0xac)

  /** Spends a coin at `wpkhScript`; `flaw` makes it invalid. */
  const spendWpkh = (coin: ActorCoin, outputs: TransactionOutput[], flaw?: 'signature' | 'key' | 'high-s') => {
    const { transaction } = must(buildTransaction({ inputs: [{ ...coin, script: wpkhScript }], outputs }))
    const hash = transaction.hashForWitnessV0(0, wpkhCode, flaw === 'signature' ? coin.value + 1n : coin.value, Transaction.SIGHASH_ALL)
    const compact = secp256k1.sign(hash, secret)
    const signature =
      flaw === 'high-s' ? Uint8Array.of(...compact.subarray(0, 32), ...secp256k1.privateNegate(compact.subarray(32))) : compact
    const key = flaw === 'key' ? secp256k1.pointFromScalar(new Uint8Array(32).fill(seed + 1), true)! : publicKey
    transaction.setWitness(0, [bitcoinScript.signature.encode(signature, Transaction.SIGHASH_ALL), key])
    return new Uint8Array(transaction.toBuffer())
  }
  return { internalKey, script, wpkhScript, spend, spendTyped, spendWpkh }
}
