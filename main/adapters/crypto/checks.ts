/** How signatures to be checked travel to another thread: packed one behind the other. */
import type { SignatureCheck } from '../../../roles/protocol/crypto/index.ts'

const [SIGNATURE, MESSAGE, PUBLIC_KEY] = [64, 32, 32]
export const CHECK_BYTES = SIGNATURE + MESSAGE + PUBLIC_KEY

/** What a thread is asked, and what it answers: a byte for each check, 1 where it is right. */
export interface Batch {
  checks: Uint8Array<ArrayBuffer>
}
export interface Verdicts {
  right: Uint8Array<ArrayBuffer>
}

/** Whether its parts have their lengths; of others all that is known is that they are wrong. */
export const isWhole = ({ signature, message, publicKey }: SignatureCheck): boolean =>
  signature.length === SIGNATURE && message.length === MESSAGE && publicKey.length === PUBLIC_KEY

/** @param checks whole ones */
export function pack(checks: readonly SignatureCheck[]): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(checks.length * CHECK_BYTES)
  for (const [i, { signature, message, publicKey }] of checks.entries()) {
    const at = i * CHECK_BYTES
    packed.set(signature, at)
    packed.set(message, at + SIGNATURE)
    packed.set(publicKey, at + SIGNATURE + MESSAGE)
  }
  return packed
}

export function checkAt(packed: Uint8Array, i: number): SignatureCheck {
  const at = i * CHECK_BYTES
  return {
    signature: packed.subarray(at, at + SIGNATURE),
    message: packed.subarray(at + SIGNATURE, at + SIGNATURE + MESSAGE),
    publicKey: packed.subarray(at + SIGNATURE + MESSAGE, at + CHECK_BYTES),
  }
}
