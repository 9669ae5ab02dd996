/** The memory that a verifier and its thread share: a bell, and slots that hold one verification each. */

export const SLOTS = 64

/** What becomes of a slot. The verifier puts jobs in; whoever changes `waiting` to something else has the job. */
export const FREE = 0
export const WAITING = 1
/** By the thread. */
export const TAKEN = 2
export const VALID = 3
export const INVALID = 4

const STATES_BYTES = 4 * (1 + SLOTS)
const [SIGNATURE, MESSAGE, PUBLIC_KEY] = [64, 32, 32]
const JOB_BYTES = SIGNATURE + MESSAGE + PUBLIC_KEY
export const MEMORY_BYTES = STATES_BYTES + SLOTS * JOB_BYTES

/** The arguments of one verification. */
export interface Job {
  signature: Uint8Array
  message: Uint8Array
  publicKey: Uint8Array
}

export interface Slots {
  /** One word, counted up with every job. */
  bell: Int32Array
  states: Int32Array
  jobs: Job[]
}

export function slotsOf(memory: SharedArrayBuffer): Slots {
  const part = (slot: number, offset: number, length: number): Uint8Array =>
    new Uint8Array(memory, STATES_BYTES + slot * JOB_BYTES + offset, length)
  return {
    bell: new Int32Array(memory, 0, 1),
    states: new Int32Array(memory, 4, SLOTS),
    jobs: Array.from({ length: SLOTS }, (_, slot) => ({
      signature: part(slot, 0, SIGNATURE),
      message: part(slot, SIGNATURE, MESSAGE),
      publicKey: part(slot, SIGNATURE + MESSAGE, PUBLIC_KEY),
    })),
  }
}
