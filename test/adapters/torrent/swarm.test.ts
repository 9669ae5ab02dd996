import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { WebTorrentSwarmOptions } from '../../../main/adapters/torrent/swarm.ts'
import { startTracker } from '../../../main/adapters/torrent/tracker.ts'
import { must } from '../../../roles/protocol/result.ts'
import { swarmConformance } from '../../conformance/swarm.ts'
import { loopbackSwarm } from '../../tools/swarm.ts'
import { holdsOnce } from '../../tools/timing.ts'

const root = mkdtempSync(join(tmpdir(), 'golem-swarm-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let worlds = 0
/** Of a fetch that is to succeed: no measure of speed. */
const LONG_MS = 600_000

const open = (folder: string, trackers: string[], more: Partial<WebTorrentSwarmOptions> = {}) =>
  loopbackSwarm(folder, { trackers, ...more })

swarmConformance('WebTorrent', async () => {
  const folder = join(root, String(worlds++))
  const tracker = await startTracker({ host: '127.0.0.1', port: 0 })
  let gone = false
  const trackerGone = async () => {
    if (!gone) await tracker.close()
    gone = true
  }
  return { peer: (name) => open(join(folder, name), [tracker.announceUrl]), trackerGone, stop: trackerGone }
})

describe('the WebTorrent swarm', () => {
  const DOCUMENT = { name: 'document.json', bytes: new TextEncoder().encode('{}') }
  const wanted = { files: ['document.json'], maxBytes: 1_000_000, timeoutMs: LONG_MS }

  it('fetches from a peer that is named, without any tracker', async () => {
    const [ann, bob] = [await open(join(root, 'hint-a'), []), await open(join(root, 'hint-b'), [])]
    const { infohash } = must(await ann.seed('offer', [DOCUMENT]))
    expect(must(await bob.fetch(infohash, { ...wanted, peers: [`127.0.0.1:${ann.port}`] }))).toEqual([DOCUMENT])
    expect(bob.status().tracker).toBe('none')
    await Promise.all([ann.close(), bob.close()])
  })

  it('gives up a connection over which nothing comes, and fetches over the next one', async () => {
    const [ann, bob] = [await open(join(root, 'silent-a'), []), await open(join(root, 'silent-b'), [])]
    const { infohash } = must(await ann.seed('offer', [DOCUMENT, { name: 'code', bytes: new Uint8Array(40_000).fill(7) }]))
    let connections = 0
    // The first connection carries the first file, and then nothing any more.
    let silent = false
    const proxy = createServer((socket) => {
      const first = ++connections === 1
      const onward = connect({ host: '127.0.0.1', port: ann.port })
      socket.on('data', (bytes) => void ((first && silent) || onward.write(bytes)))
      onward.on('data', (bytes) => void socket.write(bytes))
      for (const [one, other] of [
        [socket, onward],
        [onward, socket],
      ] as const)
        one.on('close', () => other.destroy()).on('error', () => other.destroy())
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const peers = [`127.0.0.1:${(proxy.address() as AddressInfo).port}`]
    must(await bob.fetch(infohash, { ...wanted, peers }))
    silent = true
    const [code] = must(await bob.fetch(infohash, { ...wanted, files: ['code'] }))
    expect(code!.bytes).toHaveLength(40_000)
    expect(connections).toBeGreaterThan(1)
    await Promise.all([ann.close(), bob.close()])
    proxy.close()
  })

  it('fetches a small torrent without waiting for any timer', async () => {
    const tracker = await startTracker({ host: '127.0.0.1', port: 0 })
    const [ann, bob] = [await open(join(root, 'fast-a'), [tracker.announceUrl]), await open(join(root, 'fast-b'), [tracker.announceUrl])]
    let made = 0
    const isQuick = async () => {
      const { infohash } = must(await ann.seed('offer', [{ name: 'document.json', bytes: Buffer.from(String(made++).padStart(500)) }]))
      const began = performance.now()
      must(await bob.fetch(infohash, wanted))
      return performance.now() - began < 300
    }
    await holdsOnce('a fetch takes less time than any of our timers', isQuick)
    await Promise.all([ann.close(), bob.close()])
    await tracker.close()
  })

  it('leaves no trace on disk of a fetch that failed, and none in memory', async () => {
    const folder = join(root, 'trace')
    const bob = await open(folder, [])
    await bob.fetch('ab'.repeat(20), { ...wanted, timeoutMs: 50 })
    expect(readdirSync(folder)).toEqual(['peer.json'])
    expect(bob.status()).toMatchObject({ stored: 0, open: 0 })
    await bob.close()
  })

  it('starts with three hundred torrents, of which one is damaged and one is no torrent', async () => {
    const folder = join(root, 'many')
    const ann = await open(folder, [])
    const hashes: string[] = []
    for (let i = 0; i < 300; i += 1)
      hashes.push(must(await ann.seed('offer', [{ name: 'document.json', bytes: new TextEncoder().encode(`{"n":${i}}`) }])).infohash)
    await ann.close()
    writeFileSync(join(folder, hashes[0]!, 'meta.torrent'), 'no torrent')
    writeFileSync(join(folder, hashes[1]!, 'offer', 'document.json'), '{"x":1}')
    const [again, bob] = [await open(folder, []), await open(join(root, 'many-b'), [])]
    expect(again.status()).toMatchObject({ stored: 300, open: 0 })
    const fetch = (infohash: string, timeoutMs: number) => bob.fetch(infohash, { ...wanted, timeoutMs, peers: [`127.0.0.1:${again.port}`] })
    expect(must(await fetch(hashes[299]!, LONG_MS))[0]!.bytes).toEqual(new TextEncoder().encode('{"n":299}'))
    // Its content no longer fits its pieces, so it is not served.
    expect(await fetch(hashes[1]!, 400)).toMatchObject({ ok: false, error: { code: 'swarm.timeout' } })
    await Promise.all([again.close(), bob.close()])
  })

  it('downloads only the pieces of the file that is wanted', async () => {
    const [ann, bob] = [await open(join(root, 'one-a'), []), await open(join(root, 'one-b'), [])]
    const big = (value: number) => new Uint8Array(400_000).fill(value)
    const { infohash } = must(
      await ann.seed('tick', [
        { name: 'a.bin', bytes: big(1) },
        { name: 'm.bin', bytes: new Uint8Array(20_000).fill(2) },
        { name: 'z.bin', bytes: big(3) },
      ]),
    )
    must(await bob.fetch(infohash, { ...wanted, files: ['m.bin'], peers: [`127.0.0.1:${ann.port}`] }))
    await bob.close()
    // What is not there was never written: at most the two border pieces of 16 KiB belong to the neighbours.
    const blocks = (name: string) => statSync(join(root, 'one-b', infohash, 'tick', name), { throwIfNoEntry: false })?.blocks ?? 0
    expect(blocks('a.bin') * 512 + blocks('z.bin') * 512).toBeLessThan(60_000)
    expect(bob.status().downloadedBytes).toBeLessThan(80_000)
    await ann.close()
  })
})
