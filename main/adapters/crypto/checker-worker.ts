/** A thread of a checker: answers every batch with a verdict for each of its checks. It ends when its host ends it. */
import { parentPort } from 'node:worker_threads'
import { CHECK_BYTES, checkAt, type Batch, type Verdicts } from './checks.ts'
import { fastCrypto } from './fast.ts'

parentPort!.on('message', ({ checks }: Batch) => {
  const right = new Uint8Array(checks.length / CHECK_BYTES)
  for (let i = 0; i < right.length; i++) {
    const { signature, message, publicKey } = checkAt(checks, i)
    right[i] = fastCrypto.schnorr.verify(signature, message, publicKey) ? 1 : 0
  }
  const verdicts: Verdicts = { right }
  parentPort!.postMessage(verdicts, [right.buffer])
})
