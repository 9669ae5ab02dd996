import { parentPort } from 'node:worker_threads'
import { BATCH, createKernel } from './kernel.ts'

/** One share of a job, as the pool sends it. */
export interface Share {
  job: number
  challenge: Uint8Array
  bits: number
  /** High half of this worker's first nonce, and the step to its next range of 2^32. */
  high: number
  step: number
  /** [0]: set to stop. [1 + index]: batches this worker has tried. */
  shared: Int32Array
  index: number
}

export interface Found {
  job: number
  nonce: bigint | null
}

function grind(share: Share): bigint | null {
  const kernel = createKernel(share.challenge)
  for (let high = share.high; high < 2 ** 32; high += share.step) {
    for (let low = 0; low < 2 ** 32; low += BATCH) {
      if (Atomics.load(share.shared, 0) !== 0) return null
      const found = kernel.search(high, low, BATCH, share.bits)
      Atomics.add(share.shared, 1 + share.index, 1)
      if (found >= 0) return (BigInt(high) << 32n) | BigInt(found)
    }
  }
  return null
}

parentPort?.on('message', (share: Share) => {
  parentPort!.postMessage({ job: share.job, nonce: grind(share) } satisfies Found)
})
