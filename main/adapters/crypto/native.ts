/**
 * BIP340 by libsecp256k1 in native code, for the platforms for which the package secp256k1 brings it. The package has no BIP340 of its own, but operations
 * that it is made of. To verify takes one of them: recovering the key of an ECDSA signature gives r⁻¹·(s·R − z·G) in one multiplication of two points,
 * which with other names is s·G − e·P. It is of variable time, and only public values go in; a private key meets operations of constant time only. What
 * cannot be computed (R at infinity, a key that is no point) is refused with an exception, and BIP340 refuses all of these.
 */
import { hash } from 'node:crypto'
import { createRequire } from 'node:module'
import { attempt } from '../../../roles/protocol/crypto/index.ts'

/** The part of the package that is used; public keys and points are compressed, 33 bytes. */
interface Secp256k1 {
  /** The point that signed `message`, where the one that the nonce made has the x of `signature`'s first half, and an even y with `recovery` 0. */
  ecdsaRecover(signature: Uint8Array, recovery: 0, message: Uint8Array, compressed: true, output: Uint8Array): Uint8Array
  publicKeyCreate(privateKey: Uint8Array, compressed: true): Uint8Array
  /** These three change the key, and return it. */
  privateKeyNegate(privateKey: Uint8Array): Uint8Array
  privateKeyTweakAdd(privateKey: Uint8Array, tweak: Uint8Array): Uint8Array
  privateKeyTweakMul(privateKey: Uint8Array, tweak: Uint8Array): Uint8Array
}

/** Order of the curve. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const EVEN = 2

/** What the tagged hashes of BIP340 begin with: the hash of their name, twice. */
function prefixOf(name: string): Buffer {
  const tag = hash('sha256', name, 'buffer')
  return Buffer.concat([tag, tag])
}
const CHALLENGE = prefixOf('BIP0340/challenge')

const hashedAfter =
  (prefix: Buffer) =>
  (...parts: Uint8Array[]): Buffer =>
    hash('sha256', Buffer.concat([prefix, ...parts]), 'buffer')
const challenge = hashedAfter(CHALLENGE)
const auxiliaryHash = hashedAfter(prefixOf('BIP0340/aux'))
const nonceHash = hashedAfter(prefixOf('BIP0340/nonce'))

/** Not the package's main file: that one would take an implementation in JavaScript where there is no native code. */
const load = (): Secp256k1 | null => attempt(() => createRequire(import.meta.url)('secp256k1/bindings.js') as Secp256k1, null)

/** The number in the 32 bytes from there. */
const numberAt = (bytes: Buffer, at: number): bigint => BigInt(`0x${bytes.toString('hex', at, at + 32)}`)
const writeNumber = (scalar: bigint, bytes: Buffer, at: number): void =>
  void bytes.write(scalar.toString(16).padStart(64, '0'), at, 32, 'hex')

export type Verify = (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array) => boolean
export type Sign = (message: Uint8Array, privateKey: Uint8Array, auxiliary: Uint8Array) => Uint8Array

export interface NativeSchnorr {
  /** For signatures of 64, messages and x-only keys of 32 bytes. */
  verify: Verify
  /** Throws where the key is none, and where one of the hashes is not below the order of the curve, which nobody can bring about. */
  sign: Sign
}

/** One array each for all calls: allocating them, and having them collected, would cost more than all else beside the multiplication. */
function createVerify(secp: Secp256k1): Verify {
  const [signed, hashed] = [Buffer.alloc(64), Buffer.concat([CHALLENGE, Buffer.alloc(96)])]
  const [request, message, R] = [Buffer.alloc(64), Buffer.alloc(32), Buffer.alloc(33)]
  const recover = (): boolean => secp.ecdsaRecover(request, 0, message, true, R) === R
  return (signature, digest, publicKey) => {
    signed.set(signature)
    request.set(publicKey)
    const [s, x] = [numberAt(signed, 32), numberAt(request, 0)]
    // An x between the order and the size of the field exists, but nobody finds one that belongs to a key.
    if (s >= ORDER || x >= ORDER) return false
    signed.copy(hashed, 64, 0, 32)
    request.copy(hashed, 96, 0, 32)
    hashed.set(digest, 128)
    const e = BigInt(`0x${hash('sha256', hashed, 'hex')}`) % ORDER
    writeNumber(((ORDER - e) * x) % ORDER, request, 32)
    writeNumber(((ORDER - s) * x) % ORDER, message, 0)
    return attempt(recover, false) && R[0] === EVEN && R.compare(signed, 0, 32, 1, 33) === 0
  }
}

/** The key or its negative, whichever has a point with an even y, and the x of that. The result is a copy. */
function evened(secp: Secp256k1, privateKey: Uint8Array): { key: Uint8Array; x: Uint8Array } {
  const point = secp.publicKeyCreate(privateKey, true)
  const key = Uint8Array.from(privateKey)
  return { key: point[0] === EVEN ? key : secp.privateKeyNegate(key), x: point.subarray(1) }
}

function createSign(secp: Secp256k1): Sign {
  return (message, privateKey, auxiliary) => {
    const { key: d, x } = evened(secp, privateKey)
    const mask = auxiliaryHash(auxiliary)
    const drawn = nonceHash(
      mask.map((byte, i) => byte ^ d[i]!),
      x,
      message,
    )
    const { key: k, x: r } = evened(secp, drawn)
    const signature = new Uint8Array(64)
    signature.set(r)
    signature.set(secp.privateKeyTweakAdd(secp.privateKeyTweakMul(d, challenge(r, x, message)), k), 32)
    for (const secret of [d, k, drawn]) secret.fill(0)
    return signature
  }
}

/** Null where there is no native code. */
export function nativeSchnorr(): NativeSchnorr | null {
  const secp = load()
  return secp === null ? null : { verify: createVerify(secp), sign: createSign(secp) }
}
