/** Large standard transactions, quickly: written byte by byte, because a library that checks each of 2,200 outputs takes most of a second. */
import { createHash } from 'node:crypto'
import * as secp256k1 from 'tiny-secp256k1'
import { fromHex, toHex } from '../../../../roles/protocol/bytes.ts'
import { must } from '../../../../roles/protocol/result.ts'
import { p2trScript, tweakPrivateKey } from '../../../../roles/protocol/tx/index.ts'

const secret = new Uint8Array(32).fill(77)
export const fillerScript = must(p2trScript(secp256k1.xOnlyPointFromScalar(secret)))
export const largeVsize = 94_713

const sha = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
const little = (value: number, length: 4 | 8) => {
  const bytes = Buffer.alloc(length)
  if (length === 8) bytes.writeBigUInt64LE(BigInt(value))
  else bytes.writeUInt32LE(value)
  return bytes
}
const scriptBytes = (script: Uint8Array) => Uint8Array.of(script.length, ...script)
const elsewhere = scriptBytes(must(p2trScript(secp256k1.xOnlyPointFromScalar(new Uint8Array(32).fill(78)))))
const crumbs = Buffer.concat(Array.from({ length: 2_200 }, () => Buffer.concat([little(330, 8), elsewhere])))

/** Spends a coin at `fillerScript` into crumbs, the rest and `fee` sats. BIP341, key path, the default hash type. @returns raw, hex */
export function largeTransaction(coin: { txid: string; vout: number; value: number }, fee: number): string {
  const outpoint = Buffer.concat([fromHex(coin.txid).toReversed(), little(coin.vout, 4)])
  const sequence = little(0xfffffffd, 4)
  const outputs = Buffer.concat([crumbs, little(coin.value - 2_200 * 330 - fee, 8), scriptBytes(fillerScript)])
  const amounts = little(coin.value, 8)
  const tag = sha(Buffer.from('TapSighash'))
  const body = [sha(outpoint), sha(amounts), sha(scriptBytes(fillerScript)), sha(sequence), sha(outputs)]
  const hash = sha(tag, tag, Uint8Array.of(0, 0), little(2, 4), little(0, 4), ...body, Uint8Array.of(0), little(0, 4))
  const signature = secp256k1.signSchnorr(hash, tweakPrivateKey(secret))
  const head = [little(2, 4), Uint8Array.of(0, 1, 1), outpoint, Uint8Array.of(0), sequence, Uint8Array.of(0xfd, 0x99, 0x08)]
  return toHex(Buffer.concat([...head, outputs, Uint8Array.of(1, 64), signature, little(0, 4)]))
}
