/** A CryptoPort that remembers what was asked of it, so that the same primitive operations can be run again alone and timed. */
import { randomBytes } from 'node:crypto'
import { fastCrypto, portableCrypto } from '../../../main/adapters/crypto/fast.ts'
import type { CryptoPort } from '../../../roles/protocol/crypto/index.ts'

export interface Operation {
  name: string
  run(): unknown
  /** The same with signatures as WebAssembly. */
  portable(): unknown
}

export interface Recorder {
  crypto: CryptoPort
  /** The operations since the last call. */
  take(): Operation[]
  /** From now on nothing is remembered. */
  pause(): void
}

const copied = <T>(value: T): T => (value instanceof Uint8Array ? (Uint8Array.from(value) as T) : value)

/** Operations on the fast provider; the arguments are copied, because their buffers may be used again. */
export function createRecorder(): Recorder {
  let operations: Operation[] = []
  let paused = false
  const recorded =
    <A extends unknown[], R>(name: string, run: (...args: A) => R, portable = run) =>
    (...args: A): R => {
      if (paused) return run(...args)
      const kept = args.map(copied) as A
      operations.push({ name, run: () => run(...kept), portable: () => portable(...kept) })
      return run(...args)
    }
  const { schnorr, x25519, aead } = fastCrypto
  return {
    crypto: {
      sha256: recorded('sha256', fastCrypto.sha256),
      taggedHash: recorded('tagged hash', fastCrypto.taggedHash),
      schnorr: {
        publicKey: schnorr.publicKey,
        sign: recorded('schnorr sign', schnorr.sign, portableCrypto.schnorr.sign),
        verify: recorded('schnorr verify', schnorr.verify, portableCrypto.schnorr.verify),
      },
      x25519: { publicKey: recorded('x25519 public key', x25519.publicKey), shared: recorded('x25519 shared', x25519.shared) },
      aead: { seal: recorded('aead seal', aead.seal), open: recorded('aead open', aead.open) },
      hkdf: recorded('hkdf', fastCrypto.hkdf),
      scrypt: fastCrypto.scrypt,
    },
    take() {
      const taken = operations
      operations = []
      return taken
    },
    pause() {
      paused = true
    },
  }
}

/** Imported keys that the fast provider remembers. */
const KEYS_KEPT = 1024

/**
 * A request brings ephemeral keys that no server has seen before, and their import is part of its cryptography: what was remembered of them
 * while they were recorded is pushed out, or few rounds would be measured without it.
 */
export function forgetKeys(): void {
  for (let i = 0; i < KEYS_KEPT; i++) fastCrypto.x25519.shared(randomBytes(32), fastCrypto.x25519.publicKey(randomBytes(32)))
}

/** Milliseconds that all these operations take one after the other. @param how `portable`: with signatures as WebAssembly */
export function replay(operations: readonly Operation[], how: 'run' | 'portable' = 'run'): number {
  const began = performance.now()
  for (const operation of operations) operation[how]()
  return performance.now() - began
}

/** How often each primitive was used, and the milliseconds it took, for a table. */
export function tally(operations: readonly Operation[]): Map<string, { count: number; ms: number }> {
  const table = new Map<string, { count: number; ms: number }>()
  for (const operation of operations) {
    const entry = table.get(operation.name) ?? { count: 0, ms: 0 }
    entry.count += 1
    entry.ms += replay([operation])
    table.set(operation.name, entry)
  }
  return table
}
