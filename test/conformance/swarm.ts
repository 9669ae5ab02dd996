import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SwarmFetchOptions, SwarmPort } from '../../main/core/ports.ts'
import { must, type Result } from '../../roles/protocol/result.ts'

export interface SwarmWorld {
  /** Opens the swarm of one participant; the same name again, after `close`, opens what it had on disk. */
  peer(name: string): Promise<SwarmPort>
  trackerGone(): Promise<void>
  stop(): Promise<void>
}

const text = (value: string) => new TextEncoder().encode(value)
const filled = (length: number, value: number) => new Uint8Array(length).fill(value)
const DOCUMENT = { name: 'document.json', bytes: text('{"type":"offer"}') }
const wanted = (files: string[], more: Partial<SwarmFetchOptions> = {}): SwarmFetchOptions => ({
  files,
  maxBytes: 10_000_000,
  // No measure of speed; a fetch that is to fail names its own.
  timeoutMs: 600_000,
  ...more,
})
const codeOf = (result: Result<unknown>) => (result.ok ? 'ok' : result.error.code)

/** What every SwarmPort keeps. */
export function swarmConformance(name: string, start: () => Promise<SwarmWorld>): void {
  describe(`${name} as a swarm`, () => {
    let world: SwarmWorld
    let open: SwarmPort[]
    beforeEach(async () => {
      world = await start()
      open = []
    })
    afterEach(async () => {
      await Promise.all(open.map((swarm) => swarm.close()))
      await world.stop()
    })
    const peer = async (who: string) => {
      const swarm = await world.peer(who)
      open.push(swarm)
      return swarm
    }

    it('brings what one seeds to another', async () => {
      const [ann, bob] = [await peer('ann'), await peer('bob')]
      const { infohash } = must(await ann.seed('offer', [DOCUMENT, { name: 'code.bin', bytes: filled(100_000, 3) }]))
      const files = must(await bob.fetch(infohash, wanted(['document.json', 'code.bin'])))
      expect(files).toEqual([DOCUMENT, { name: 'code.bin', bytes: filled(100_000, 3) }])
      expect(bob.status().stored).toBe(1)
    })

    it('gives equal names and files the equal infohash, in any order and at any peer, and other ones another', async () => {
      const [ann, bob] = [await peer('ann'), await peer('bob')]
      const more = { name: 'a.bin', bytes: filled(10, 1) }
      const first = must(await ann.seed('offer', [DOCUMENT, more])).infohash
      expect(must(await ann.seed('offer', [more, DOCUMENT])).infohash).toBe(first)
      expect(must(bob.infohash('offer', [more, DOCUMENT]))).toBe(first)
      expect(bob.status().stored).toBe(0)
      expect(must(await bob.seed('offer', [more, DOCUMENT])).infohash).toBe(first)
      expect(must(await bob.seed('tick', [more, DOCUMENT])).infohash).not.toBe(first)
      expect(must(await bob.seed('offer', [{ ...more, bytes: filled(10, 2) }, DOCUMENT])).infohash).not.toBe(first)
      expect(ann.status().stored).toBe(1)
    })

    it('fetches one file alone, without the bytes of the others', async () => {
      const [ann, bob] = [await peer('ann'), await peer('bob')]
      const { infohash } = must(
        await ann.seed('tick', [{ name: 'a.bin', bytes: filled(1_000_000, 1) }, DOCUMENT, { name: 'z.bin', bytes: filled(1_000_000, 2) }]),
      )
      expect(must(await bob.fetch(infohash, wanted(['document.json'])))).toEqual([DOCUMENT])
      expect(bob.status().downloadedBytes).toBeLessThan(100_000)
      const [z] = must(await bob.fetch(infohash, wanted(['z.bin'])))
      expect(Buffer.compare(z!.bytes, filled(1_000_000, 2))).toBe(0)
    })

    it('carries an empty file', async () => {
      const [ann, bob] = [await peer('ann'), await peer('bob')]
      const { infohash } = must(await ann.seed('log', [DOCUMENT, { name: 'empty', bytes: new Uint8Array(0) }]))
      expect(must(await bob.fetch(infohash, wanted(['empty', 'document.json'])))).toEqual([
        { name: 'empty', bytes: new Uint8Array(0) },
        DOCUMENT,
      ])
    })

    it('refuses files that are too large together before downloading them', async () => {
      const [ann, bob] = [await peer('ann'), await peer('bob')]
      const { infohash } = must(await ann.seed('tick', [DOCUMENT, { name: 'z.bin', bytes: filled(1_000_000, 2) }]))
      const refused = await bob.fetch(infohash, wanted(['document.json', 'z.bin'], { maxBytes: 1_000_000 }))
      expect(refused).toMatchObject({ ok: false, error: { code: 'swarm.too-large', retryable: false } })
      expect(bob.status().downloadedBytes).toBeLessThan(100_000)
      expect(codeOf(await bob.fetch(infohash, wanted(['z.bin'], { maxBytes: 1_000_000 })))).toBe('ok')
    })

    it('says that a torrent has no file of that name', async () => {
      const [ann, bob] = [await peer('ann'), await peer('bob')]
      const { infohash } = must(await ann.seed('offer', [DOCUMENT]))
      expect(codeOf(await bob.fetch(infohash, wanted(['other.json'])))).toBe('swarm.no-file')
      expect(codeOf(await bob.fetch(infohash, wanted(['document.json'])))).toBe('ok')
    })

    it('gives up in time when nobody seeds, which may pass', async () => {
      const bob = await peer('bob')
      expect(await bob.fetch('ab'.repeat(20), wanted(['document.json'], { timeoutMs: 500 }))).toMatchObject({
        ok: false,
        error: { code: 'swarm.timeout', retryable: true },
      })
      expect(bob.status()).toMatchObject({ stored: 0, open: 0 })
    })

    it('refuses what is no infohash, and names that are no file names', async () => {
      const bob = await peer('bob')
      expect(codeOf(await bob.fetch('xyz', wanted(['document.json'])))).toBe('swarm.infohash')
      expect(codeOf(await bob.seed('../up', [DOCUMENT]))).toBe('swarm.name')
      expect(codeOf(await bob.seed('offer', [{ name: 'a/b', bytes: text('x') }]))).toBe('swarm.name')
      expect(codeOf(await bob.seed('offer', [DOCUMENT, DOCUMENT]))).toBe('swarm.name')
      expect(codeOf(await bob.seed('offer', []))).toBe('swarm.empty')
    })

    it('finds a peer that starts to seed while the fetch waits', async () => {
      const [ann, bob, cat] = [await peer('ann'), await peer('bob'), await peer('cat')]
      const { infohash } = must(await cat.seed('offer', [DOCUMENT]))
      must(await cat.drop(infohash))
      const fetching = bob.fetch(infohash, wanted(['document.json']))
      must(await ann.seed('offer', [DOCUMENT]))
      expect(must(await fetching)).toEqual([DOCUMENT])
    })

    it('answers every one of several fetches of the same torrent', async () => {
      const [ann, bob] = [await peer('ann'), await peer('bob')]
      const { infohash } = must(await ann.seed('offer', [DOCUMENT, { name: 'z.bin', bytes: filled(50_000, 2) }]))
      const results = await Promise.all(
        [['document.json'], ['z.bin'], ['nothing'], ['document.json', 'z.bin']].map((files) => bob.fetch(infohash, wanted(files))),
      )
      expect(results.map(codeOf)).toEqual(['ok', 'ok', 'swarm.no-file', 'ok'])
    })

    it('lets those who fetched serve others when the first seeder is gone', async () => {
      const [ann, bob, cat] = [await peer('ann'), await peer('bob'), await peer('cat')]
      const { infohash } = must(await ann.seed('offer', [DOCUMENT]))
      must(await bob.fetch(infohash, wanted(['document.json'])))
      await ann.close()
      expect(must(await cat.fetch(infohash, wanted(['document.json'])))).toEqual([DOCUMENT])
    })

    it('without a tracker still fetches from peers it is connected to, and says so in the status', async () => {
      const [ann, bob] = [await peer('ann'), await peer('bob')]
      const { infohash } = must(await ann.seed('offer', [DOCUMENT, { name: 'z.bin', bytes: filled(500_000, 2) }]))
      must(await bob.fetch(infohash, wanted(['document.json'])))
      await world.trackerGone()
      expect(must(await bob.fetch(infohash, wanted(['z.bin'])))[0]!.bytes).toHaveLength(500_000)
      expect(codeOf(await bob.fetch('cd'.repeat(20), wanted(['document.json'], { timeoutMs: 700 })))).toBe('swarm.timeout')
      expect(bob.status().tracker).toBe('unreachable')
    })

    it('seeds again after a restart what it seeded and what it fetched', async () => {
      const [ann, bob, cat] = [await peer('ann'), await peer('bob'), await peer('cat')]
      const own = must(await ann.seed('offer', [DOCUMENT, { name: 'z.bin', bytes: filled(40_000, 5) }])).infohash
      must(await bob.fetch(own, wanted(['document.json'])))
      await ann.close()
      await bob.close()
      const again = await peer('bob')
      expect(again.status().stored).toBe(1)
      expect(must(await cat.fetch(own, wanted(['document.json'])))).toEqual([DOCUMENT])
      await peer('ann')
      expect(must(await cat.fetch(own, wanted(['z.bin'])))[0]!.bytes).toEqual(filled(40_000, 5))
    })

    it('drops a torrent for good, and again without complaint', async () => {
      const [ann, bob] = [await peer('ann'), await peer('bob')]
      const { infohash } = must(await ann.seed('offer', [DOCUMENT]))
      must(await ann.drop(infohash))
      must(await ann.drop(infohash))
      expect(ann.status()).toMatchObject({ stored: 0, open: 0 })
      expect(codeOf(await bob.fetch(infohash, wanted(['document.json'], { timeoutMs: 600 })))).toBe('swarm.timeout')
      expect(must(await ann.seed('offer', [DOCUMENT])).infohash).toBe(infohash)
      expect(codeOf(await bob.fetch(infohash, wanted(['document.json'])))).toBe('ok')
    })

    it('keeps a torrent only once something of it was accepted, and then whatever others make of it', async () => {
      const [ann, bob] = [await peer('ann'), await peer('bob')]
      const { infohash } = must(await ann.seed('offer', [DOCUMENT]))
      const fetch = (accept: () => boolean) => bob.fetch(infohash, wanted(['document.json'], { accept }))
      expect(must(await fetch(() => false))).toEqual([DOCUMENT])
      expect(bob.status().stored).toBe(0)
      must(await fetch(() => true))
      must(await fetch(() => false))
      expect(bob.status().stored).toBe(1)
    })

    it('lets go of files that are named by nobody, and serves the others whole, also after a restart', async () => {
      const [ann, bob] = [await peer('ann'), await peer('bob')]
      const files = [
        { name: 'a.bin', bytes: filled(50_000, 1) },
        DOCUMENT,
        { name: 'm.bin', bytes: filled(70_001, 2) },
        { name: 'z.bin', bytes: filled(90_000, 3) },
      ]
      const { infohash } = must(await ann.seed('tick', files))
      for (let again = 0; again < 2; again++) must(await ann.keepOnly(infohash, ['document.json', 'm.bin']))
      must(await ann.keepOnly('ab'.repeat(20), ['document.json']))
      expect(ann.status().stored).toBe(1)
      const kept = wanted(['document.json', 'm.bin'])
      expect(must(await bob.fetch(infohash, kept))).toEqual([files[1], files[2]])
      for (const name of ['a.bin', 'z.bin'])
        expect(codeOf(await bob.fetch(infohash, wanted([name], { timeoutMs: 400 })))).toBe('swarm.timeout')
      await ann.close()
      await bob.close()
      await peer('ann')
      expect(must(await (await peer('cat')).fetch(infohash, kept))).toEqual([files[1], files[2]])
    })

    it('takes back a file that it let go, from somebody who has it', async () => {
      const [ann, bob] = [await peer('ann'), await peer('bob')]
      const files = [{ name: 'a.bin', bytes: filled(50_000, 1) }, DOCUMENT, { name: 'z.bin', bytes: filled(90_000, 3) }]
      const { infohash } = must(await ann.seed('tick', files))
      must(await bob.fetch(infohash, wanted(['a.bin', 'document.json', 'z.bin'])))
      must(await ann.keepOnly(infohash, ['document.json']))
      expect(must(await ann.fetch(infohash, wanted(['a.bin', 'document.json', 'z.bin'])))).toEqual(files)
      must(await ann.keepOnly(infohash, ['z.bin']))
      await bob.close()
      expect(must(await (await peer('cat')).fetch(infohash, wanted(['z.bin'])))).toEqual([files[2]])
    })

    it('stops a fetch that is cancelled, before and while it runs, and at the end of the swarm', async () => {
      const bob = await peer('bob')
      const cancel = new AbortController()
      const running = bob.fetch('ef'.repeat(20), wanted(['document.json'], { signal: cancel.signal }))
      cancel.abort()
      expect(codeOf(await running)).toBe('swarm.stopped')
      expect(codeOf(await bob.fetch('ef'.repeat(20), wanted(['document.json'], { signal: cancel.signal })))).toBe('swarm.stopped')
      const left = bob.fetch('ef'.repeat(20), wanted(['document.json']))
      await bob.close()
      expect(codeOf(await left)).toBe('swarm.stopped')
      expect(codeOf(await bob.seed('offer', [DOCUMENT]))).toBe('swarm.stopped')
    })
  })
}
