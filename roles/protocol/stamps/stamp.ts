/**
 * Prime stamps (essay, «Prime stamps»): a request's number is multiplied by the passage prime of every block and the site prime of
 * every write it executed. The final number proves the path: it is divisible by the path's product, and nobody can strip or add a
 * prime without factoring.
 */
import { concatBytes, fromHex, toHex, uint32 } from '../bytes.ts'
import type { CryptoPort } from '../crypto/index.ts'

/** Unsigned big-endian bytes without leading zeros; zero is the empty string. Negative numbers throw. */
export function encodeNumber(n: bigint): Uint8Array {
  if (n < 0n) throw new RangeError('A stamp is not negative.')
  const hex = n === 0n ? '' : n.toString(16)
  const even = hex.length % 2 === 0 ? hex : `0${hex}`
  return fromHex(even)
}

/** Reads what `encodeNumber` wrote; null for a leading zero, so that each number has one encoding. */
export function decodeNumber(bytes: Uint8Array): bigint | null {
  if (bytes[0] === 0) return null
  return BigInt(`0x0${toHex(bytes)}`)
}

/** What the commitment to a number hashes. @param bytes of `encodeNumber` */
export const commitForm = (salt: Uint8Array, bytes: Uint8Array): Uint8Array => concatBytes(salt, uint32(bytes.length), bytes)

/** Salted commitment to a number, 32 bytes. `salt` has 32 random bytes. */
export function commitNumber(crypto: CryptoPort, salt: Uint8Array, n: bigint): Uint8Array {
  if (salt.length !== 32) throw new RangeError('The salt of a number has 32 bytes.')
  return crypto.taggedHash('golem/number', commitForm(salt, encodeNumber(n)))
}

/** Product by halves: operands of similar size multiply fastest. The empty product is 1. */
export function productOf(primes: readonly bigint[]): bigint {
  if (primes.length <= 2) return primes.reduce((product, prime) => product * prime, 1n)
  const middle = primes.length >>> 1
  return productOf(primes.slice(0, middle)) * productOf(primes.slice(middle))
}

/** Whether the final number went through all of these primes (a prime named twice, twice). Zero never passes, and is no prime. */
export const passes = (final: bigint, primes: readonly bigint[]): boolean =>
  final > 0n && primes.every((prime) => prime > 1n) && final % productOf(primes) === 0n

/** Length of a coefficient; a bad group passes with a probability of 1 in 2^64, given that no prime is smaller than that. */
const COEFFICIENT_BYTES = 8

/**
 * Checks many stamps that claim the same path with one division: a random linear combination of them is divisible by
 * the path's product when all of them are. When it is not, each stamp is checked plainly.
 * @param random fresh random bytes from a CSPRNG, drawn after the stamps were received: 8 for each stamp.
 * @returns for each stamp whether it passes.
 */
export function passesBatch(finals: readonly bigint[], primes: readonly bigint[], random: Uint8Array): boolean[] {
  if (random.length !== finals.length * COEFFICIENT_BYTES) throw new RangeError('passesBatch needs 8 random bytes for each stamp.')
  const product = productOf(primes)
  const plain = (): boolean[] => finals.map((final) => final > 0n && final % product === 0n)
  if (finals.length < 2 || finals.some((final) => final <= 0n) || primes.some((prime) => prime < 2n ** 64n)) return plain()
  const view = new DataView(random.buffer, random.byteOffset)
  const combined = finals.reduce((sum, final, i) => sum + final * view.getBigUint64(i * COEFFICIENT_BYTES), 0n)
  return combined % product === 0n ? finals.map(() => true) : plain()
}
