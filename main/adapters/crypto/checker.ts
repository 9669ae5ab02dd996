/**
 * Documents checked beforehand by all cores, for who reads thousands of them: the ticks of an audit, file by file. What was right is remembered by SHA-256, also of
 * what arrives one by one, so the same document is not checked again when it is opened a second time or its tick closes. Where there are no threads, where they
 * cannot be started, or where they end, everybody does the work where it is needed: the answers are the same.
 */
import { availableParallelism } from 'node:os'
import type { Ahead, CryptoPort } from '../../../roles/protocol/crypto/index.ts'
import { fastCrypto } from './fast.ts'
import { createPool, type PoolOptions } from './pool.ts'

/** Default: as many threads as there are cores, and 8 at most, of checker-worker.ts beside this file, ended after 10,000 ms without work. */
export interface CheckerOptions extends Partial<PoolOptions> {
  /** Smaller files are left to who asks. Default 100,000 bytes. */
  leastBytes?: number
}

export interface Checker {
  /** The provider with `ahead`. */
  crypto: CryptoPort
  /** Threads that run now. */
  threads(): number
  /** Ends the threads; what is under way is finished by who asked. */
  close(): Promise<void>
}

const MOST_THREADS = 8
const IDLE_MS = 10_000
/** Of a smaller file some ten documents are checked in the time in which a thread is started. */
const LEAST_BYTES = 100_000
/** Claims that are remembered, about 200 bytes each: two of each update of two ticks of 10,000; the oldest is forgotten. */
const REMEMBERED = 50_000

/** @param provider makes the checks that no thread makes */
export function createChecker(provider: CryptoPort = fastCrypto, { leastBytes = LEAST_BYTES, ...options }: CheckerOptions = {}): Checker {
  const pool = createPool({
    threads: Math.min(MOST_THREADS, availableParallelism()),
    worker: new URL('./checker-worker.ts', import.meta.url),
    idleMs: IDLE_MS,
    ...options,
  })
  const claims = new Set<string>()
  const ahead: Ahead = {
    knows: (claim) => claims.has(claim),
    note(claim) {
      claims.add(claim)
      if (claims.size > REMEMBERED) claims.delete(claims.values().next().value!)
    },
    check: (file, revealed) => (file.length < leastBytes ? Promise.resolve(null) : pool.run(file, revealed)),
  }
  return { crypto: { ...provider, ahead }, threads: pool.count, close: pool.end }
}
