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
/** A thread without a job is ended after so long; the next job starts another, and is checked here meanwhile. */
const IDLE_MS = 30_000

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

/**
 * The thread, while it is of use: started by the first job, and ended when none came for a while.
 * @param jobs how many there were so far
 */
function createThread(memory: SharedArrayBuffer, idleMs: number, jobs: () => number) {
  let worker: Worker | null = null
  let seen = 0

  const start = (): void => {
    const started = new Worker(new URL('./verifier-worker.ts', import.meta.url), { workerData: memory })
    // It has nothing to say; if it dies, all is checked here until it is idle and the next job starts another.
    started.on('error', () => undefined)
    started.unref()
    worker = started
  }
  /** A timer for each job would cost more than the look at their number. */
  const look = (): void => {
    if (jobs() === seen) return void end()
    seen = jobs()
    setTimeout(look, idleMs).unref()
  }
  async function end(): Promise<void> {
    const ending = worker
    worker = null
    await ending?.terminate()
  }
  return {
    end,
    wake(): void {
      if (worker !== null) return
      start()
      seen = jobs()
      setTimeout(look, idleMs).unref()
    },
  }
}

/** @param provider checks what the thread does not; @param idleMs after which a thread without a job is ended */
export function createVerifier(provider: CryptoPort = fastCrypto, idleMs: number = IDLE_MS): Verifier {
  const memory = new SharedArrayBuffer(MEMORY_BYTES)
  const slots = slotsOf(memory)
  /** Which job a slot holds: a slot is given away again when its verdict was not asked for in time. */
  const holders = Array.from({ length: SLOTS }, () => 0)
  let count = 0
  let closed = false
  const thread = createThread(memory, idleMs, () => count)

  function verifyAhead(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): () => boolean {
    const here = (): boolean => provider.schnorr.verify(signature, message, publicKey)
    if (signature.length !== 64 || message.length !== 32 || publicKey.length !== 32) return () => false
    if (!closed) thread.wake()
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
    async close() {
      closed = true
      await thread.end()
    },
  }
}
