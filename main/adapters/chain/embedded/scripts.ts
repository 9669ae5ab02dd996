/**
 * Whether an input may spend its coin: taproot key path (BIP341) and P2WPKH (BIP143). Coins of any other kind are
 * refused by name instead of being believed; use a real bitcoind for those.
 */
import { createHash } from 'node:crypto'
import * as secp256k1 from 'tiny-secp256k1'
import { scriptKind, Transaction, type TransactionOutput } from '../../../../roles/protocol/tx/index.ts'

/** @returns the reason of a refusal in bitcoind's words, or undefined when the input is good. */
export function scriptFault(transaction: Transaction, index: number, spent: TransactionOutput[]): string | undefined {
  const input = transaction.ins[index]
  const coin = spent[index]
  if (!input || !coin) throw new Error(`no input ${index}`)
  const kind = scriptKind(coin.script)
  if (kind !== 'p2tr' && kind !== 'p2wpkh') return `embedded-node-cannot-check-${kind}`
  if (input.script.length > 0) return failed('Witness requires empty scriptSig')
  return kind === 'p2tr' ? taprootFault(transaction, index, spent) : wpkhFault(transaction, index, coin)
}

const failed = (reason: string) => `mandatory-script-verify-flag-failed (${reason})`

function taprootFault(transaction: Transaction, index: number, spent: TransactionOutput[]): string | undefined {
  const witness = transaction.ins[index]?.witness ?? []
  const signature = witness[0]
  if (!signature) return failed('Witness program was passed an empty witness')
  if (witness.length > 1) return 'embedded-node-cannot-check-tapscript'
  const type = signature.length === 65 ? (signature[64] ?? 0) : Transaction.SIGHASH_DEFAULT
  if (signature.length !== 64 && signature.length !== 65) return failed('Invalid Schnorr signature size')
  if (!isTaprootHashType(type, signature.length) || (isSingle(type) && index >= transaction.outs.length))
    return failed('Invalid Schnorr signature hash type')
  const hash = transaction.hashForWitnessV1(
    index,
    spent.map((coin) => coin.script),
    spent.map((coin) => coin.value),
    type,
  )
  const key = spent[index]?.script.subarray(2) ?? new Uint8Array()
  const good = secp256k1.isXOnlyPoint(key) && secp256k1.verifySchnorr(hash, key, signature.subarray(0, 64))
  return good ? undefined : failed('Invalid Schnorr signature')
}

const isSingle = (type: number) => (type & 3) === Transaction.SIGHASH_SINGLE
const isTaprootHashType = (type: number, length: number) => (type === 0 ? length === 64 : [1, 2, 3, 0x81, 0x82, 0x83].includes(type))

function wpkhFault(transaction: Transaction, index: number, coin: TransactionOutput): string | undefined {
  const [signature, key, ...rest] = transaction.ins[index]?.witness ?? []
  if (!signature || !key || rest.length > 0) return failed('Witness program hash mismatch')
  const program = coin.script.subarray(2)
  const keyHash = createHash('ripemd160').update(createHash('sha256').update(key).digest()).digest()
  if (!keyHash.equals(program)) return failed('Script failed an OP_EQUALVERIFY operation')
  if (key.length !== 33) return failed('Using non-compressed keys in segwit')
  const compact = compactSignature(signature)
  if (!compact) return failed('Non-canonical DER signature')
  const type = signature.at(-1) ?? 0
  if (![1, 2, 3, 0x81, 0x82, 0x83].includes(type)) return failed('Signature hash type missing or not understood')
  const code = Uint8Array.of(0x76, 0xa9, 0x14, ...program, 0x88, 0xac)
  const hash = transaction.hashForWitnessV0(index, code, coin.value, type)
  const good = secp256k1.isPoint(key) && secp256k1.verify(hash, key, compact, true)
  return good ? undefined : failed('Signature must be zero for failed CHECK(MULTI)SIG operation')
}

/** Strict DER with a hash type byte (BIP66) to 64 bytes. */
function compactSignature(signature: Uint8Array): Uint8Array | undefined {
  const lengthR = signature[3] ?? 0
  const lengthS = signature[5 + lengthR] ?? 0
  const framed = signature[0] === 0x30 && signature[1] === signature.length - 3 && signature[2] === 2 && signature[4 + lengthR] === 2
  if (!framed || 7 + lengthR + lengthS !== signature.length) return undefined
  const [r, s] = [scalar(signature.subarray(4, 4 + lengthR)), scalar(signature.subarray(6 + lengthR, -1))]
  return r && s ? Uint8Array.of(...r, ...s) : undefined
}

/** A positive DER integer without needless padding, as 32 bytes. */
function scalar(der: Uint8Array): Uint8Array | undefined {
  const [first = 0x80, second = 0x80] = der
  if (first & 0x80 || (der.length > 1 && first === 0 && !(second & 0x80))) return undefined
  const digits = first === 0 ? der.subarray(1) : der
  if (digits.length === 0 || digits.length > 32) return undefined
  const padded = new Uint8Array(32)
  padded.set(digits, 32 - digits.length)
  return padded
}
