import { createHash } from 'node:crypto'
import { compress, INITIAL } from './sha256.ts'
import { createSimdSearch, type SimdSearch } from './simd.ts'

/** Nonces that a worker tries between two looks at the stop flag: some tens of milliseconds. */
export const BATCH = 1 << 16

/** Tries a range of nonces of one challenge. */
export interface Kernel {
  /**
   * Tries the nonces `high` * 2^32 + `low` … + `count` - 1 (which may not cross 2^32).
   * @returns the low half of the first nonce that reaches `bits` zero bits, or -1
   */
  search(high: number, low: number, count: number, bits: number): number
}

/**
 * Double SHA-256 of the messages of roles/protocol/crypto/work.ts, from the state after the first block on, which is the same for all nonces.
 * Four nonces at a time where the engine has SIMD; plain JavaScript where it has not, and to check what that found.
 */
export function createKernel(challenge: Uint8Array, simd: SimdSearch | null = sharedSimd()): Kernel {
  const midstate = firstBlock(challenge)
  const exact = plainKernel(midstate)
  if (!simd) return exact
  return {
    search: (high, low, count, bits) => {
      simd.prepare(midstate, high, bits >= 32 ? -1 : bits === 0 ? 0 : -1 << (32 - bits))
      for (let at = low, left = count; left > 0;) {
        const leftAtHit = simd.search(at, left)
        if (leftAtHit <= 0) return -1
        at += left - leftAtHit
        const found = exact.search(high, at, Math.min(4, leftAtHit), bits)
        if (found >= 0) return found
        at += 4
        left = leftAtHit - 4
      }
      return -1
    },
  }
}

let shared: SimdSearch | null | undefined

/** Compiled once a thread: a search runs to its end before another can begin, and sets everything it needs. */
const sharedSimd = (): SimdSearch | null => (shared ??= createSimdSearch() ?? null)

function plainKernel(midstate: Int32Array): Kernel {
  const second = new Int32Array(64)
  const outer = new Int32Array(64)
  const inner = new Int32Array(8)
  const digest = new Int32Array(8)
  return {
    search: (high, low, count, bits) => {
      prepare(second, outer, high)
      for (let i = 0; i < count; i += 1) {
        second[3] = low + i
        compress(midstate, second, inner)
        outer.set(inner)
        compress(INITIAL, outer, digest)
        if (reaches(digest, bits)) return low + i
      }
      return -1
    },
  }
}

/** Words that stay: padding and lengths (80 bytes; 32 bytes for the outer hash). */
function prepare(second: Int32Array, outer: Int32Array, high: number): void {
  second.fill(0)
  second[2] = high
  second[4] = 0x80000000
  second[15] = 80 * 8
  outer.fill(0)
  outer[8] = 0x80000000
  outer[15] = 32 * 8
}

function firstBlock(challenge: Uint8Array): Int32Array {
  const digest = createHash('sha256').update(challenge).digest()
  const words = new Int32Array(64)
  for (let i = 0; i < 8; i += 1) words[i] = digest.readInt32BE(i * 4)
  const state = new Int32Array(8)
  compress(INITIAL, words, state)
  return state
}

function reaches(digest: Int32Array, bits: number): boolean {
  for (let word = 0, left = bits; left > 0; word += 1, left -= 32) {
    const zeros = Math.clz32(digest[word]!)
    if (zeros < Math.min(left, 32)) return false
  }
  return true
}
