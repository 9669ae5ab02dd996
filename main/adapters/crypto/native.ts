/**
 * BIP340 verification by libsecp256k1 in native code, for the platforms for which the package secp256k1 brings it. It has no BIP340 of its own, but the two
 * operations that R = s·G − e·P is made of, both of variable time: only public values go in. What cannot be computed (R at infinity, a key that is no
 * point, s ≥ n) it refuses with an exception, and BIP340 refuses all of these.
 */
import { hash } from 'node:crypto'
import { createRequire } from 'node:module'
import { attempt } from '../../../roles/protocol/crypto/index.ts'

/** The part of the package that is used; a public key is compressed, 33 bytes. */
interface Secp256k1 {
  publicKeyTweakMul(publicKey: Uint8Array, tweak: Uint8Array, compressed: true): Uint8Array
  publicKeyTweakAdd(publicKey: Uint8Array, tweak: Uint8Array, compressed: true): Uint8Array
}

/** Order of the curve. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const EVEN = 2
const tag = hash('sha256', 'BIP0340/challenge', 'buffer')
const PREFIX = Buffer.concat([tag, tag])

/** Not the package's main file: that one would take an implementation in JavaScript where there is no native code. */
const load = (): Secp256k1 | null => attempt(() => createRequire(import.meta.url)('secp256k1/bindings.js') as Secp256k1, null)

/** −e modulo n, 32 bytes big-endian; null when e is zero, which nobody can bring about. */
function negated(e: Buffer): Buffer | null {
  const value = BigInt(`0x${e.toString('hex')}`) % ORDER
  return value === 0n ? null : Buffer.from((ORDER - value).toString(16).padStart(64, '0'), 'hex')
}

export type Verify = (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array) => boolean

/** @returns the verification for signatures of 64, messages and x-only keys of 32 bytes; null where there is no native code */
export function nativeVerify(): Verify | null {
  const secp = load()
  if (secp === null) return null
  return (signature, message, publicKey) => {
    const r = signature.subarray(0, 32)
    const minusE = negated(hash('sha256', Buffer.concat([PREFIX, r, publicKey, message]), 'buffer'))
    if (minusE === null) return false
    const point = new Uint8Array(33)
    point[0] = EVEN
    point.set(publicKey, 1)
    const R = attempt(() => secp.publicKeyTweakAdd(secp.publicKeyTweakMul(point, minusE, true), signature.subarray(32), true), null)
    return R !== null && R[0] === EVEN && Buffer.compare(R.subarray(1), r) === 0
  }
}
