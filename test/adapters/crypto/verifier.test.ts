import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, it } from 'vitest'
import { fastCrypto } from '../../../main/adapters/crypto/fast.ts'
import { createVerifier } from '../../../main/adapters/crypto/verifier.ts'
import { waitFor } from '../../../main/hosts/headless/network/patience.ts'

const SLOTS = 64
const key = new Uint8Array(32).fill(7)
const publicKey = fastCrypto.schnorr.publicKey(key)

/** A message by number with its signature, and what to expect of it: every third signature is a forged one. */
function signed(number: number): { signature: Uint8Array; message: Uint8Array; valid: boolean } {
  const message = fastCrypto.sha256(Uint8Array.of(number >>> 8, number & 255))
  const signature = fastCrypto.schnorr.sign(message, key, new Uint8Array(32).fill(number & 255))
  const valid = number % 3 !== 0
  if (!valid) signature[number % 64]! ^= 1
  return { signature, message, valid }
}

describe('a verifier', () => {
  const verifier = createVerifier()
  afterAll(() => verifier.close())
  const ahead = verifier.crypto.schnorr.verifyAhead!
  const begin = (number: number): { verdict: () => boolean; valid: boolean } => {
    const { signature, message, valid } = signed(number)
    return { verdict: ahead(signature, message, publicKey), valid }
  }
  const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

  it('gives each its own verdict, asked for at once, in any order and again', () => {
    const begun = Array.from({ length: 30 }, (_, number) => begin(number))
    for (const { verdict, valid } of begun.toReversed()) expect(verdict()).toBe(valid)
    for (const { verdict, valid } of begun) expect(verdict()).toBe(valid)
  })

  it('has the verdicts ready when its thread had time', async () => {
    let here = 0
    const verify: typeof fastCrypto.schnorr.verify = (...args) => {
      here++
      return fastCrypto.schnorr.verify(...args)
    }
    const counted = createVerifier({ ...fastCrypto, schnorr: { ...fastCrypto.schnorr, verify } })
    // A thread starts, and gets a core, when the machine has time for it.
    let attempt = 0
    const didIt = async (): Promise<boolean> => {
      const begun = Array.from({ length: 20 }, (_, number) => signed(number)).map(({ signature, message, valid }) => ({
        verdict: counted.crypto.schnorr.verifyAhead!(signature, message, publicKey),
        valid,
      }))
      await pause(10 * ++attempt)
      const before = here
      for (const { verdict, valid } of begun) expect(verdict()).toBe(valid)
      return here === before
    }
    await waitFor('twenty verdicts that are all ready', didIt, { looks: 200 })
    await counted.close()
  })

  it('keeps giving the right one to those that were forgotten for more jobs than there are slots', async () => {
    const forgotten = Array.from({ length: 5 * SLOTS }, (_, number) => begin(number))
    await pause(50)
    const newer = Array.from({ length: 2 * SLOTS }, (_, number) => begin(1000 + number))
    for (const { verdict, valid } of [...forgotten, ...newer]) expect(verdict()).toBe(valid)
  })

  it('has no thread before the first job, ends it when no job comes any more, and starts another for the next', async () => {
    const threads: Worker[] = []
    const note = (worker: Worker): void => void threads.push(worker)
    process.on('worker', note)
    const rested = createVerifier(fastCrypto, 5)
    for (const count of [0, 1]) {
      expect(threads).toHaveLength(count)
      const { signature, message, valid } = signed(count)
      expect(rested.crypto.schnorr.verifyAhead!(signature, message, publicKey)()).toBe(valid)
      // Told of in the next turn.
      await pause(0)
      expect(threads).toHaveLength(count + 1)
      if (threads.at(-1)!.threadId > 0) await once(threads.at(-1)!, 'exit')
    }
    process.off('worker', note)
    await rested.close()
  })

  it('refuses what has another length without asking anybody', () => {
    const { signature, message } = signed(1)
    expect(ahead(signature.subarray(1), message, publicKey)()).toBe(false)
    expect(ahead(signature, message.subarray(1), publicKey)()).toBe(false)
    expect(ahead(signature, message, new Uint8Array(33))()).toBe(false)
  })

  it('checks here what its thread never began, and what it died over', async () => {
    const other = createVerifier()
    const { signature, message } = signed(1)
    const early = other.crypto.schnorr.verifyAhead!(signature, message, publicKey)
    await other.close()
    expect(early()).toBe(true)
    const late = other.crypto.schnorr.verifyAhead!
    for (let number = 0; number < 3 * SLOTS; number++) {
      const one = signed(number)
      expect(late(one.signature, one.message, publicKey)()).toBe(one.valid)
    }
  })
})
