/**
 * Signatures checked by a thread beside this one, so that a request is opened and read while its signatures are checked. What the thread has
 * not begun when the verdict is asked for is checked here and now: nobody waits for a thread that is busy, slow or gone.
 */
import { Worker } from 'node:worker_threads'
import type { CryptoPort } from '../../../roles/protocol/crypto/index.ts'
import { fastCrypto } from './fast.ts'
import { FREE, MEMORY_BYTES, SLOTS, slotsOf, TAKEN, VALID, WAITING, type Slots } from './verifier-slots.ts'

export interface Verifier {
  /** The provider with `schnorr.verifyAhead`. */
  crypto: CryptoPort
  /** Ends the thread; verdicts can still be asked for. */
  close(): Promise<void>
}

/** Several times what one verification takes. */
const PATIENCE_MS = 2

/** Makes room for a job, also where a verdict was never asked for; false while the thread is at work on what the slot holds. */
function claim({ states }: Slots, slot: number): boolean {
  if (Atomics.compareExchange(states, slot, WAITING, FREE) === WAITING) return true
  return Atomics.load(states, slot) !== TAKEN
}

/** The thread's verdict on a slot; undefined when it has not begun, or does not come to an end. */
function verdict({ states }: Slots, slot: number): boolean | undefined {
  if (Atomics.compareExchange(states, slot, WAITING, FREE) === WAITING) return undefined
  if (Atomics.wait(states, slot, TAKEN, PATIENCE_MS) === 'timed-out') return undefined
  return Atomics.load(states, slot) === VALID
}

/** @param provider checks what the thread does not */
export function createVerifier(provider: CryptoPort = fastCrypto): Verifier {
  const memory = new SharedArrayBuffer(MEMORY_BYTES)
  const slots = slotsOf(memory)
  const worker = new Worker(new URL('./verifier-worker.ts', import.meta.url), { workerData: memory })
  // It has nothing to say; if it dies, all is checked here.
  worker.on('error', () => undefined)
  worker.unref()
  /** Which job a slot holds: a slot is given away again when its verdict was not asked for in time. */
  const holders = Array.from({ length: SLOTS }, () => 0)
  let count = 0

  function verifyAhead(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): () => boolean {
    const here = (): boolean => provider.schnorr.verify(signature, message, publicKey)
    if (signature.length !== 64 || message.length !== 32 || publicKey.length !== 32) return () => false
    const job = ++count
    const slot = job % SLOTS
    if (!claim(slots, slot)) return here
    holders[slot] = job
    const { jobs, states, bell } = slots
    jobs[slot]!.signature.set(signature)
    jobs[slot]!.message.set(message)
    jobs[slot]!.publicKey.set(publicKey)
    Atomics.store(states, slot, WAITING)
    Atomics.add(bell, 0, 1)
    Atomics.notify(bell, 0)
    let known: boolean | undefined
    return () => (known ??= (holders[slot] === job ? verdict(slots, slot) : undefined) ?? here())
  }

  return {
    crypto: { ...provider, schnorr: { ...provider.schnorr, verifyAhead } },
    close: async () => void (await worker.terminate()),
  }
}
