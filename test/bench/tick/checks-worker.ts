/** A thread of `signatureThreads`: answers every batch with the number of wrong ones. */
import { parentPort, workerData } from 'node:worker_threads'
import { fastCrypto, portableCrypto } from '../../../main/adapters/crypto/fast.ts'
import { CHECK_BYTES, checkAt, type Verifier } from './checks.ts'

const { verify } = ((workerData as Verifier) === 'own' ? fastCrypto : portableCrypto).schnorr

parentPort!.on('message', (packed: Uint8Array) => {
  let wrong = 0
  for (let i = 0; i < packed.length / CHECK_BYTES; i++) {
    const { signature, message, publicKey } = checkAt(packed, i)
    if (!verify(signature, message, publicKey)) wrong++
  }
  parentPort!.postMessage(wrong)
})
