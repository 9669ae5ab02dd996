/** A swarm whose disk is full, or whose folder is gone: what could not be written is said to be the disk's matter, and not the torrent's, and comes when there is room. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WebTorrentSwarm } from '../../../main/adapters/torrent/swarm.ts'
import { must } from '../../../roles/protocol/result.ts'
import { openSmallDisk, smallDiskAvailable, type SmallDisk } from '../../tools/small-disk.ts'
import { loopbackSwarm } from '../../tools/swarm.ts'

const root = mkdtempSync(join(tmpdir(), 'golem-full-swarm-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
/** Of a fetch that is to succeed: no measure of speed. */
const LONG_MS = 600_000
const FILES = [
  { name: 'document.json', bytes: new TextEncoder().encode('{}') },
  { name: 'code', bytes: new Uint8Array(200_000).fill(7) },
]
const wanted = { files: FILES.map(({ name }) => name), maxBytes: 1_000_000, timeoutMs: LONG_MS, large: true }

// Skipped where no disk can be mounted, which takes root on Linux.
describe.skipIf(!smallDiskAvailable())('a swarm whose disk', () => {
  let disk: SmallDisk
  let ann: WebTorrentSwarm
  let bob: WebTorrentSwarm
  let worlds = 0
  const folder = () => join(disk.folder, 'torrents')
  beforeEach(async () => {
    disk = openSmallDisk(4)
    ann = await loopbackSwarm(join(root, String(worlds++)))
    bob = await loopbackSwarm(folder())
  })
  afterEach(async () => {
    await Promise.all([ann.close(), bob.close()])
    disk.close()
  })
  const fetch = (infohash: string) => bob.fetch(infohash, { ...wanted, peers: [`127.0.0.1:${ann.port}`] })

  it('is full fetches nothing, calls no torrent broken, and fetches it when there is room', async () => {
    const { infohash } = must(await ann.seed('offer', FILES))
    disk.fill()
    expect(await fetch(infohash)).toMatchObject({
      ok: false,
      error: { code: 'swarm.disk', retryable: true, message: expect.stringContaining('make room on the disk') },
    })
    disk.empty()
    expect(must(await fetch(infohash))).toEqual(FILES)
  })

  it('is full seeds nothing, leaves nothing of it, and seeds it when there is room', async () => {
    disk.fill()
    expect(await bob.seed('offer', FILES)).toMatchObject({ ok: false, error: { code: 'swarm.disk', retryable: true } })
    expect(readdirSync(folder()).filter((name) => name.startsWith('.new-'))).toEqual([])
    disk.empty()
    const { infohash } = must(await bob.seed('offer', FILES))
    expect(must(await ann.fetch(infohash, { ...wanted, peers: [`127.0.0.1:${bob.port}`] }))).toEqual(FILES)
  })

  it('is full at its start starts, without noting its port', async () => {
    await bob.close()
    rmSync(join(folder(), 'peer.json'))
    disk.fill()
    bob = await loopbackSwarm(folder())
    expect(bob.port).toBeGreaterThan(0)
    disk.empty()
  })

  it('has lost its folder while it runs seeds and fetches on', async () => {
    const before = must(await bob.seed('before', [{ name: 'document.json', bytes: new TextEncoder().encode('{"a":1}') }]))
    rmSync(folder(), { recursive: true })
    const { infohash } = must(await ann.seed('offer', FILES))
    expect(must(await fetch(infohash))).toEqual(FILES)
    const own = must(await bob.seed('own', FILES))
    expect(must(await ann.fetch(own.infohash, { ...wanted, peers: [`127.0.0.1:${bob.port}`] }))).toEqual(FILES)
    // What was lost is seeded again by whoever has it: that is safe to repeat.
    expect(must(await bob.seed('before', [{ name: 'document.json', bytes: new TextEncoder().encode('{"a":1}') }]))).toEqual(before)
  })
})
