/** Randomness of tests: all of it follows from a seed, so that what failed can be tried again. */
import { fastCrypto as crypto } from '../../main/adapters/crypto/fast.ts'
import { toHex, utf8 } from '../../roles/protocol/bytes.ts'
import type { KeyPair } from '../../roles/protocol/keys/index.ts'

/** So many random bytes. */
export type Random = (length: number) => Uint8Array

/** SHA-256 in counter mode; each call begins a new block, so the bytes depend on how often it was called before. */
export function seeded(seed: string): Random {
  let counter = 0
  return (length) => {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at += 32) bytes.set(crypto.sha256(utf8(`${seed}/${counter++}`)).subarray(0, length - at), at)
    return bytes
  }
}

const power = (base: bigint, exponent: bigint, modulus: bigint): bigint => {
  let result = 1n
  for (let square = base % modulus; exponent > 0n; exponent >>= 1n, square = (square * square) % modulus)
    if (exponent & 1n) result = (result * square) % modulus
  return result
}

/** Primes of so many bits, a multiple of 8, by Fermat's test to four bases: good enough for numbers that nobody chose. */
export const primesFrom =
  (random: Random) =>
  (bits: number): Promise<bigint> => {
    for (;;) {
      const candidate = BigInt(`0x${toHex(random(bits / 8))}`) | 1n | (1n << BigInt(bits - 1))
      if ([2n, 3n, 5n, 7n].every((base) => power(base, candidate - 1n, candidate) === 1n)) return Promise.resolve(candidate)
    }
  }

/** A secp256k1 pair as identities and keys of rows have it. */
export const keyPair = (random: Random): KeyPair => {
  const privateKey = random(32)
  return { privateKey, publicKey: toHex(crypto.schnorr.publicKey(privateKey)) }
}
