import { generatePrime, randomBytes, randomFillSync } from 'node:crypto'
import { promisify } from 'node:util'
import type { RandomPort } from '../../core/ports.ts'
import { primeFrom } from './primes.ts'

const generate = promisify(generatePrime) as unknown as (bits: number, options: { bigint: true }) => Promise<bigint>

const POOL_BYTES = 4096
/** A key or a nonce. */
const SMALL_BYTES = 64

/** Small draws from one large one, because a call into OpenSSL costs as much as hundreds of bytes. What was handed out is wiped. */
function createPool(): (length: number) => Uint8Array {
  const pool = new Uint8Array(POOL_BYTES)
  let used = POOL_BYTES
  return (length) => {
    if (used + length > POOL_BYTES) {
      randomFillSync(pool)
      used = 0
    }
    const bytes = pool.slice(used, used + length)
    pool.fill(0, used, used + length)
    used += length
    return bytes
  }
}

/** Randomness from OpenSSL. Primes are searched on libuv's threads, so the caller's thread stays free. */
export function createSystemRandom(): RandomPort {
  const small = createPool()
  return {
    bytes: (length) => {
      if (length <= SMALL_BYTES) return small(length)
      const bytes = randomBytes(length)
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    },
    prime: async (bits, from) => {
      if (from !== undefined) return primeFrom(bits, from)
      if (!Number.isInteger(bits) || bits < 3) throw new Error('a prime needs a whole number of bits, at least 3')
      return generate(bits, { bigint: true })
    },
  }
}
