/** The prime that follows from given bytes: the same one on every computer, whatever tests it. */
import { checkPrime } from 'node:crypto'
import { promisify } from 'node:util'

const check = promisify(checkPrime) as unknown as (candidate: bigint) => Promise<boolean>

/** Candidates that are sieved at once: a prime of 512 bits is some 355 numbers away on average. */
const WINDOW = 2_048

/** Odd primes below 4,096: they leave one candidate of seven to be tested. */
const SMALL = Array.from({ length: 4_096 }, (_, at) => at).filter((n) => n > 2 && n % 2 === 1 && isSmallPrime(n))

function isSmallPrime(n: number): boolean {
  for (let by = 3; by * by <= n; by += 2) if (n % by === 0) return false
  return true
}

/** A number of exactly so many bits, and odd, from bytes that are as likely as any: where the search begins. */
export function firstCandidate(bits: number, from: Uint8Array): bigint {
  if (!Number.isInteger(bits) || bits < 3) throw new Error('a prime needs a whole number of bits, at least 3')
  if (from.length * 8 < bits)
    throw new Error(`a prime of ${bits} bits needs ${Math.ceil(bits / 8)} bytes to follow from, not ${from.length}`)
  const top = 1n << BigInt(bits - 1)
  const number = from.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  return (number % top) | top | 1n
}

/** Whether each of the odd numbers from `first` on has a small factor, unless it is that factor. */
function sieve(first: bigint): Uint8Array {
  const composite = new Uint8Array(WINDOW)
  for (const prime of SMALL) {
    const rest = Number(first % BigInt(prime))
    // first + 2k is divisible where 2k ≡ −rest.
    let at = rest === 0 ? 0 : (rest % 2 === 0 ? 2 * prime - rest : prime - rest) / 2
    if (first + 2n * BigInt(at) === BigInt(prime)) at += prime
    for (; at < WINDOW; at += prime) composite[at] = 1
  }
  return composite
}

/**
 * The least prime from a number on that follows from the bytes; what has no prime of that size above it goes round to the least of that size.
 * @param from at least as many bits as the prime is to have
 */
export async function primeFrom(bits: number, from: Uint8Array): Promise<bigint> {
  const end = 1n << BigInt(bits)
  for (let first = firstCandidate(bits, from); ; first += 2n * BigInt(WINDOW)) {
    if (first >= end) first = (end >> 1n) | 1n
    const composite = sieve(first)
    for (let at = 0; at < WINDOW; at++) {
      const candidate = first + 2n * BigInt(at)
      if (candidate >= end) break
      if (composite[at] === 0 && (await check(candidate))) return candidate
    }
  }
}
