/** Signatures alone, checked by threads that do nothing else: what verifying a tick is held against. */
import { Worker } from 'node:worker_threads'
import type { SignatureCheck } from './signatures.ts'

const [SIGNATURE, MESSAGE, PUBLIC_KEY] = [64, 32, 32]
export const CHECK_BYTES = SIGNATURE + MESSAGE + PUBLIC_KEY
/** Of one message: some ten milliseconds of work. */
const BATCH = 256

/** The product's own code, or the peer's: libsecp256k1 as WebAssembly. */
export type Verifier = 'own' | 'wasm'

/** @param checks whole ones */
function pack(checks: readonly SignatureCheck[]): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(checks.length * CHECK_BYTES)
  for (const [i, { signature, message, publicKey }] of checks.entries()) {
    const at = i * CHECK_BYTES
    packed.set(signature, at)
    packed.set(message, at + SIGNATURE)
    packed.set(publicKey, at + SIGNATURE + MESSAGE)
  }
  return packed
}

export function checkAt(packed: Uint8Array, i: number): SignatureCheck {
  const at = i * CHECK_BYTES
  return {
    signature: packed.subarray(at, at + SIGNATURE),
    message: packed.subarray(at + SIGNATURE, at + SIGNATURE + MESSAGE),
    publicKey: packed.subarray(at + SIGNATURE + MESSAGE, at + CHECK_BYTES),
  }
}

/** Threads that check batches; throws when one is wrong. */
export function signatureThreads(count: number, verifier: Verifier) {
  const workers = Array.from({ length: count }, () => new Worker(new URL('./checks-worker.ts', import.meta.url), { workerData: verifier }))
  const check = (worker: Worker, batch: readonly SignatureCheck[]): Promise<void> =>
    new Promise((resolve, reject) => {
      const packed = pack(batch)
      worker.once('message', (wrong) => (wrong === 0 ? resolve() : reject(new Error(`${wrong} signatures were wrong`))))
      worker.postMessage(packed, [packed.buffer])
    })
  return {
    async check(checks: readonly SignatureCheck[]): Promise<void> {
      let at = 0
      const work = async (worker: Worker): Promise<void> => {
        while (at < checks.length) await check(worker, checks.slice(at, (at += BATCH)))
      }
      await Promise.all(workers.map(work))
    },
    close: () => Promise.all(workers.map((worker) => worker.terminate())),
  }
}
