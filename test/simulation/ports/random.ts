import { createHash } from 'node:crypto'
import type { RandomPort } from '../../../main/core/ports.ts'

export interface SeededRandom extends RandomPort {
  /** A number in [0, 1). */
  fraction(): number
  /** A whole number in [0, below). */
  below(below: number): number
  /** A copy in random order. */
  shuffle<T>(list: readonly T[]): T[]
  /** Another generator, which depends on this seed and the label only: one per participant keeps them independent. */
  fork(label: string): SeededRandom
}

const SMALL_PRIMES = [3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n, 31n, 37n, 41n, 43n, 47n]
const ROUNDS = 16

/** Random values that follow from the seed alone: SHA-256 over seed and counter. */
export function createSeededRandom(seed: string | number): SeededRandom {
  let counter = 0
  let pool = Buffer.alloc(0)
  const bytes = (length: number): Uint8Array => {
    const parts = [pool]
    let have = pool.length
    while (have < length) {
      const block = createHash('sha256').update(`${seed}/${counter++}`).digest()
      parts.push(block)
      have += block.length
    }
    const all = Buffer.concat(parts)
    pool = all.subarray(length)
    return Uint8Array.from(all.subarray(0, length))
  }
  const fraction = () => Number(number(bytes(6))) / 2 ** 48
  const below = (limit: number) => Math.floor(fraction() * limit)
  return {
    bytes,
    fraction,
    below,
    prime: async (bits, from) => (from === undefined ? prime(bits, bytes) : primeAt(bits, from)),
    shuffle: (list) => {
      const mixed = [...list]
      for (let i = mixed.length - 1; i > 0; i -= 1) {
        const j = below(i + 1)
        ;[mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!]
      }
      return mixed
    },
    fork: (label) => createSeededRandom(`${seed}/${label}`),
  }
}

const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`)

/** The top bit is set, so the prime has exactly `bits` bits. */
function prime(bits: number, bytes: (length: number) => Uint8Array): bigint {
  if (!Number.isInteger(bits) || bits < 3) throw new Error('a prime needs a whole number of bits, at least 3')
  const top = 1n << BigInt(bits - 1)
  for (;;) {
    let candidate = (number(bytes(Math.ceil(bits / 8))) % top) | top | 1n
    for (; candidate < top << 1n; candidate += 2n) if (isPrime(candidate)) return candidate
  }
}

/** As `RandomPort.prime` says of one that follows from bytes. */
function primeAt(bits: number, from: Uint8Array): bigint {
  const top = 1n << BigInt(bits - 1)
  for (let candidate = (number(from) % top) | top | 1n; ; candidate = candidate + 2n < top << 1n ? candidate + 2n : top | 1n)
    if (isPrime(candidate)) return candidate
}

/** Miller-Rabin to fixed bases: enough for numbers that nobody chose against it. */
export function isPrime(n: bigint): boolean {
  if (n < 2n) return false
  for (const small of [2n, ...SMALL_PRIMES]) if (n % small === 0n) return n === small
  let odd = n - 1n
  let twos = 0
  while ((odd & 1n) === 0n) {
    odd >>= 1n
    twos += 1
  }
  return [2n, ...SMALL_PRIMES].slice(0, ROUNDS).every((base) => passes(base, odd, twos, n))
}

function passes(base: bigint, odd: bigint, twos: number, n: bigint): boolean {
  let x = power(base, odd, n)
  if (x === 1n || x === n - 1n) return true
  for (let i = 1; i < twos; i += 1) {
    x = (x * x) % n
    if (x === n - 1n) return true
  }
  return false
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  for (let left = exponent, square = base % modulus; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}
