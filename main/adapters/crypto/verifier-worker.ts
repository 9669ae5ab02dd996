/** The thread of a verifier: does the jobs that wait, and sleeps until the bell rings again. It ends when its host ends it. */
import { workerData } from 'node:worker_threads'
import { fastCrypto } from './fast.ts'
import { INVALID, SLOTS, slotsOf, TAKEN, VALID, WAITING } from './verifier-slots.ts'

const { bell, states, jobs } = slotsOf(workerData as SharedArrayBuffer)
/** Jobs come in the order of the slots, so the next one is usually here. */
let next = 0

/** @returns whether a job was done */
function doOne(): boolean {
  for (let i = 0; i < SLOTS; i++) {
    const slot = (next + i) % SLOTS
    if (Atomics.compareExchange(states, slot, WAITING, TAKEN) !== WAITING) continue
    const { signature, message, publicKey } = jobs[slot]!
    Atomics.store(states, slot, fastCrypto.schnorr.verify(signature, message, publicKey) ? VALID : INVALID)
    Atomics.notify(states, slot)
    next = (slot + 1) % SLOTS
    return true
  }
  return false
}

for (;;) {
  const rung = Atomics.load(bell, 0)
  if (!doOne()) Atomics.wait(bell, 0, rung)
}
