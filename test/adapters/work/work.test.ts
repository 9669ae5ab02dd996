import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { createKernel } from '../../../main/adapters/work/kernel.ts'
import { createSimdSearch } from '../../../main/adapters/work/simd.ts'
import { createWorkers } from '../../../main/adapters/work/workers.ts'
import { must } from '../../../roles/protocol/result.ts'
import { leadingZeroBits, verifyWork, workMessage } from '../../../roles/protocol/crypto/index.ts'
import { waitFor } from '../../../main/hosts/headless/network/patience.ts'

const challenge = (text: string) => new TextEncoder().encode(text)
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
const workers = createWorkers({ threads: 2 })
afterAll(() => workers.close())

describe('the kernel', () => {
  it('has its fast form on this machine', () => {
    expect(createSimdSearch()).toBeDefined()
  })

  it.each([
    ['four nonces at a time', createSimdSearch()],
    ['plain', null],
  ])('finds exactly the nonces that OpenSSL agrees with (%s)', (_form, simd) => {
    const seed = 20_261_123
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.nat(0xffffffff),
        fc.nat(0xfffff000),
        fc.integer({ min: 0, max: 9 }),
        (bytes, high, low, bits) => {
          const nonceAt = (i: number) => (BigInt(high) << 32n) | BigInt(low + i)
          const hits = Array.from({ length: 300 }, (_, i) => i).filter(
            (i) => leadingZeroBits(sha256(sha256(workMessage(bytes, nonceAt(i))))) >= bits,
          )
          expect(createKernel(bytes, simd ?? null).search(high, low, 300, bits)).toBe(hits.length > 0 ? low + hits[0]! : -1)
        },
      ),
      { seed, numRuns: 25 },
    )
  })
})

describe('grinding on worker threads', () => {
  it('finds nonces that verify, at every difficulty', async () => {
    for (const bits of [0, 1, 8, 13, 17]) {
      const nonce = must(await workers.grind(challenge(`identity ${bits}`), bits, {}))
      expect(verifyWork(challenge(`identity ${bits}`), nonce, bits)).toBe(true)
    }
  })

  it('answers several jobs at one time, each with its own nonce', async () => {
    const nonces = await Promise.all([1, 2, 3].map((n) => workers.grind(challenge(`job ${n}`), 14, {})))
    nonces.forEach((nonce, i) => expect(verifyWork(challenge(`job ${i + 1}`), must(nonce), 14)).toBe(true))
  })

  it('ends when it is cancelled, tells how far it got, and works again afterwards', async () => {
    const cancel = new AbortController()
    const seen: Array<{ tried: number; expected: number; perSecond: number }> = []
    const grinding = workers.grind(challenge('hopeless'), 60, { signal: cancel.signal, progress: (each) => seen.push(each) })
    const waiting = workers.grind(challenge('behind it'), 10, {})
    await waitFor('word of how far it got', () => seen.at(-1)?.tried)
    cancel.abort()
    // Neither would ever end by itself.
    expect(await grinding).toMatchObject({ ok: false, error: { code: 'work.stopped' } })
    expect(verifyWork(challenge('behind it'), must(await waiting), 10)).toBe(true)
    expect(seen.at(-1)).toMatchObject({ expected: 2 ** 60 })
    expect(seen.at(-1)!.perSecond).toBeGreaterThan(0)
  })

  it('refuses a difficulty that is no number of bits', async () => {
    for (const bits of [-1, 1.5, 65, NaN])
      expect(await workers.grind(challenge('x'), bits, {})).toMatchObject({ ok: false, error: { code: 'work.bits' } })
  })

  it('ends its threads when they have been idle, and starts others for the next job', async () => {
    const begun: Worker[] = []
    const note = (worker: Worker): void => void begun.push(worker)
    process.on('worker', note)
    const own = createWorkers({ threads: 1, idleMs: 1 })
    for (const count of [1, 2]) {
      must(await own.grind(challenge(`rested ${count}`), 4, {}))
      expect(begun).toHaveLength(count)
      if (begun.at(-1)!.threadId > 0) await once(begun.at(-1)!, 'exit')
    }
    process.off('worker', note)
    await own.close()
  })

  it('stops what is under way when it is closed', async () => {
    const own = createWorkers({ threads: 1 })
    const grinding = own.grind(challenge('hopeless'), 60, {})
    await new Promise((resolve) => setTimeout(resolve, 50))
    await own.close()
    expect(await grinding).toMatchObject({ ok: false, error: { code: 'work.stopped' } })
    expect(await own.grind(challenge('late'), 1, {})).toMatchObject({ ok: false, error: { code: 'work.stopped' } })
  })
})
