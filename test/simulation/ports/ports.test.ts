import { describe, expect, it } from 'vitest'
import { must, ok } from '../../../roles/protocol/result.ts'
import { indexConformance } from '../../conformance/index.ts'
import { storageConformance } from '../../conformance/storage.ts'
import { swarmConformance } from '../../conformance/swarm.ts'
import { transportConformance } from '../../conformance/transport.ts'
import { createVirtualClock } from './clock.ts'
import { createMemoryIndex, type MemoryIndices } from './index-cache.ts'
import { createNetwork } from './network.ts'
import { createSeededRandom, isPrime } from './random.ts'
import { createMemoryDisk, createMemoryStorage } from './storage.ts'
import { createSwarmNetwork } from './swarm.ts'
import { createTransportNetwork } from './transport.ts'

const network = (seed: string) => createNetwork(createVirtualClock({ auto: true }), createSeededRandom(seed))

storageConformance('Memory', () => {
  const disk = createMemoryDisk()
  return { port: createMemoryStorage(disk), reopen: () => createMemoryStorage(disk), stop: () => undefined }
})

indexConformance('Memory', () => {
  const disk: MemoryIndices = new Map()
  return {
    port: createMemoryIndex(disk),
    reopen: () => Promise.resolve(createMemoryIndex(disk)),
    remove: () => disk.clear(),
    damage: () => disk.clear(),
    stop: () => Promise.resolve(),
  }
})

transportConformance('The simulation', () => ({ port: createTransportNetwork(network('transport')).peer('ann'), stop: () => undefined }))

swarmConformance('The simulation', async () => {
  const swarms = createSwarmNetwork(network('swarm'))
  return { peer: async (name) => swarms.peer(name), trackerGone: async () => swarms.setTracker('unreachable'), stop: async () => undefined }
})

describe('the simulated network', () => {
  const story = async (seed: string) => {
    const clock = createVirtualClock()
    const wires = createNetwork(clock, createSeededRandom(seed))
    wires.set({ delayMs: [10, 50], loss: 0.3 })
    const transports = createTransportNetwork(wires)
    const server = must(
      await transports
        .peer('bob')
        .serve(
          { host: 'bob', port: 0, maxBytes: 10, timeoutMs: 100, perMinutePerPeer: { requests: 1_000, bytes: 1e12 } },
          async (_path, body) => ok(body),
        ),
    )
    const outcomes: string[] = []
    for (let i = 0; i < 30; i += 1) {
      const sent = transports.peer('ann').send({ host: 'bob', port: server.port }, '/', Uint8Array.of(i), { timeoutMs: 200, maxBytes: 10 })
      const result = await clock.until(sent)
      outcomes.push(`${clock.now()} ${result.ok ? 'ok' : result.error.code}`)
    }
    return outcomes
  }

  it('tells the same story for the same seed, and another for another', async () => {
    const first = await story('one')
    expect(await story('one')).toEqual(first)
    expect(await story('two')).not.toEqual(first)
    expect(first.filter((line) => line.endsWith('timeout')).length).toBeGreaterThan(2)
  })

  it('passes nothing between two that are cut apart until it heals', async () => {
    const clock = createVirtualClock()
    const wires = createNetwork(clock, createSeededRandom('cut'))
    const swarms = createSwarmNetwork(wires)
    const [ann, bob] = [swarms.peer('ann'), swarms.peer('bob')]
    const { infohash } = must(await ann.seed('offer', [{ name: 'document.json', bytes: Uint8Array.of(1) }]))
    wires.cut('ann', 'bob')
    const options = { files: ['document.json'], maxBytes: 10, timeoutMs: 5_000 }
    expect(await clock.until(bob.fetch(infohash, options))).toMatchObject({ ok: false, error: { code: 'swarm.timeout' } })
    const fetching = bob.fetch(infohash, options)
    await clock.advance(1_000)
    wires.heal()
    expect((await clock.until(fetching)).ok).toBe(true)
  })
})

describe('the virtual clock', () => {
  it('runs waits in the order of their time, and those of one time in the order of their making', async () => {
    const clock = createVirtualClock({ start: 0 })
    const ran: string[] = []
    clock.after(20, () => ran.push(`late ${clock.now()}`))
    clock.after(10, () => {
      ran.push(`first ${clock.now()}`)
      clock.after(5, () => ran.push(`nested ${clock.now()}`))
    })
    clock.after(10, () => ran.push(`second ${clock.now()}`))
    const cancel = clock.after(1, () => ran.push('cancelled'))
    cancel()
    await clock.advance(19)
    expect(ran).toEqual(['first 10', 'second 10', 'nested 15'])
    await clock.advance(1)
    expect(ran.at(-1)).toBe('late 20')
  })

  it('refuses to wait for what nothing can bring', async () => {
    await expect(createVirtualClock().until(new Promise(() => undefined))).rejects.toThrow('no wait is left')
  })
})

describe('the seeded random', () => {
  it('repeats itself for a seed and makes primes of the exact size', async () => {
    const [a, b] = [createSeededRandom(7), createSeededRandom(7)]
    expect(a.bytes(100)).toEqual(b.bytes(100))
    expect(a.fork('x').bytes(8)).not.toEqual(a.fork('y').bytes(8))
    for (const bits of [3, 16, 128, 512]) {
      const prime = await a.prime(bits)
      expect(prime).toBe(await b.prime(bits))
      expect(prime.toString(2)).toHaveLength(bits)
      expect(isPrime(prime)).toBe(true)
    }
    expect([561n, 41041n, 3215031751n].map(isPrime)).toEqual([false, false, false])
  })
})
