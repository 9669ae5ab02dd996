/** What somebody else pays with a coin of theirs. */
import * as secp256k1 from 'tiny-secp256k1'
import { fromHex, toHex } from '../../../../roles/protocol/bytes.ts'
import { must } from '../../../../roles/protocol/result.ts'
import { buildTransaction, p2trScript, signTransaction, tweakPrivateKey } from '../../../../roles/protocol/tx/index.ts'

export interface StrangersCoin {
  txid: string
  vout: number
  /** Sats. */
  value: number
}

/** Spends a coin at the key's P2TR address. @returns raw, hex */
export function strangersPayment(
  privateKey: Uint8Array,
  coin: StrangersCoin,
  outputs: Array<{ script: string; value: number }>,
): { txid: string; raw: string } {
  const script = must(p2trScript(secp256k1.xOnlyPointFromScalar(privateKey)))
  const unsigned = must(
    buildTransaction({
      inputs: [{ ...coin, script, value: BigInt(coin.value) }],
      outputs: outputs.map((one) => ({ script: fromHex(one.script), value: BigInt(one.value) })),
    }),
  )
  const signed = signTransaction(unsigned, new Map([[0, tweakPrivateKey(privateKey)]]), secp256k1.signSchnorr)
  return { txid: signed.getId(), raw: toHex(signed.toBuffer()) }
}
