/**
 * Which 32 bytes are an X25519 public key to us (PROTOCOL.md 2.3). RFC 7748 takes any; two kinds would let one key do harm: points of small
 * order, to which nothing can be sealed, and a second encoding of a key, by which one key would count for two.
 */
import { toHex } from '../bytes.ts'

/** All points of small order on the curve and its twist, in their canonical encoding: u = 0, 1, p − 1 and the two of order 8. */
const SMALL_ORDER = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
])

/** Whether little-endian bytes are below p = 2^255 − 19, so the only encoding of their number. */
function isCanonical(bytes: Uint8Array): boolean {
  if (bytes[31]! !== 0x7f) return bytes[31]! < 0x7f
  return bytes[0]! < 0xed || bytes.subarray(1, 31).some((byte) => byte !== 0xff)
}

/** An X25519 private key with the bits set and cleared that X25519 sets and clears (RFC 7748, 5): of keys that do the same, the one that is written down. */
export function clamped(privateKey: Uint8Array): Uint8Array {
  const bytes = privateKey.slice()
  bytes[0]! &= 0xf8
  bytes[31] = (bytes[31]! & 0x7f) | 0x40
  return bytes
}

/** Whether something can be sealed to these bytes: 32 of them, below p, not of small order. */
export const isX25519Key = (bytes: Uint8Array): boolean => bytes.length === 32 && isCanonical(bytes) && !SMALL_ORDER.has(toHex(bytes))
