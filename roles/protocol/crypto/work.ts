import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, fromHex, uint32, utf8 } from '../bytes.ts'
import type { CryptoPort } from './crypto.ts'

/** Bytes of the message whose double SHA-256 is ground. */
export const WORK_MESSAGE_BYTES = 80
/** A nonce is an unsigned 64-bit number. */
export const MAX_NONCE = 2n ** 64n - 1n

const NONCE_AT = 72

/** What an identity is ground for. Work done for one role is worth nothing in another. */
export type WorkRole = 'server' | 'client'

/**
 * What a server or client grinds its identity over, 32 bytes (PROTOCOL.md 2.5).
 * @param by its x-only public key, hex
 * @param scope digest of the offer that a server accepts, id of the app in which a client registers; hex
 */
export function workChallenge(crypto: CryptoPort, role: WorkRole, by: string, scope: string): Uint8Array {
  const name = utf8(role)
  return crypto.taggedHash('golem/work', concatBytes(uint32(name.length), name, fromHex(by), fromHex(scope)))
}

/**
 * The message that a proof of work hashes: SHA-256(challenge) (32 bytes), 40 zero bytes, the nonce (8 bytes, big-endian). As long as a
 * Bitcoin header, so the same hardware and kernels fit; and the nonce lies in the second SHA-256 block, so the state after
 * the first one is computed once for a challenge.
 * @param challenge what the work is bound to, any length (for an identity: public key and job offer)
 */
export function workMessage(challenge: Uint8Array, nonce: bigint): Uint8Array {
  if (nonce < 0n || nonce > MAX_NONCE) throw new Error('a nonce is an unsigned 64-bit number')
  const message = new Uint8Array(WORK_MESSAGE_BYTES)
  message.set(sha256(challenge))
  new DataView(message.buffer).setBigUint64(NONCE_AT, nonce)
  return message
}

/** Zero bits at the head of a hash, read from its first byte on, the highest bit first. */
export function leadingZeroBits(hash: Uint8Array): number {
  const first = hash.findIndex((byte) => byte !== 0)
  return first < 0 ? hash.length * 8 : first * 8 + Math.clz32(hash[first]!) - 24
}

/** Zero bits with which the double SHA-256 of `workMessage(challenge, nonce)` begins; none for what is no nonce. */
export const bitsOfWork = (challenge: Uint8Array, nonce: bigint): number =>
  nonce < 0n || nonce > MAX_NONCE ? 0 : leadingZeroBits(sha256(sha256(workMessage(challenge, nonce))))

/**
 * Whether the double SHA-256 of `workMessage(challenge, nonce)` begins with at least `bits` zero bits.
 * @param bits difficulty, a whole number from 0 to 256
 * @example verifyWork(new TextEncoder().encode('golem'), 0n, 0) // true: no bits are asked for
 */
export function verifyWork(challenge: Uint8Array, nonce: bigint, bits: number): boolean {
  if (!Number.isInteger(bits) || bits < 0 || bits > 256 || nonce < 0n || nonce > MAX_NONCE) return false
  return leadingZeroBits(sha256(sha256(workMessage(challenge, nonce)))) >= bits
}

/** Nonces that have to be tried on average. */
export const expectedTries = (bits: number): number => 2 ** bits
