import { generatePrime, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { RandomPort } from '../../core/ports.ts'

const generate = promisify(generatePrime) as unknown as (bits: number, options: { bigint: true }) => Promise<bigint>

/** Randomness from OpenSSL. Primes are searched on libuv's threads, so the caller's thread stays free. */
export function createSystemRandom(): RandomPort {
  return {
    bytes: (length) => {
      const bytes = randomBytes(length)
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    },
    prime: async (bits) => {
      if (!Number.isInteger(bits) || bits < 3) throw new Error('a prime needs a whole number of bits, at least 3')
      return generate(bits, { bigint: true })
    },
  }
}
