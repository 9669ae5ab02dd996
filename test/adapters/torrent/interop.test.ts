import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMetainfo } from '../../../main/adapters/torrent/metainfo.ts'
import type { WebTorrentSwarm } from '../../../main/adapters/torrent/swarm.ts'
import { startTracker, type Tracker } from '../../../main/adapters/torrent/tracker.ts'
import { loopbackSwarm } from '../../tools/swarm.ts'
import { must } from '../../../roles/protocol/result.ts'
import { runTorrentClient, torrentClientOrSkip, type RunningClient } from '../../tools/torrent-clients.ts'

const client = torrentClientOrSkip()
const root = mkdtempSync(join(tmpdir(), 'golem-interop-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const FILES = [
  { name: 'big.bin', bytes: Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) & 0xff) },
  { name: 'document.json', bytes: new TextEncoder().encode('{"type":"offer"}') },
]

/** aria2c takes no port 0. */
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

describe.skipIf(!client)(`a standard BitTorrent client (${client?.version ?? 'none'})`, () => {
  let tracker: Tracker
  let ours: WebTorrentSwarm
  let theirs: RunningClient | undefined
  let folder: string
  const open = () => loopbackSwarm(join(folder, 'ours'), { trackers: [tracker.announceUrl] })
  beforeEach(async () => {
    folder = mkdtempSync(join(root, 'case-'))
    mkdirSync(join(folder, 'theirs'))
    tracker = await startTracker({ host: '127.0.0.1', port: 0 })
    ours = await open()
  })
  afterEach(async () => {
    await theirs?.stop()
    await ours.close()
    await tracker.close()
  })

  const expectFetched = () => {
    for (const file of FILES) expect(Buffer.compare(readFileSync(join(folder, 'theirs', 'offer', file.name)), file.bytes)).toBe(0)
  }

  it('fetches what we seed, by the .torrent file', async () => {
    const { infohash } = must(await ours.seed('offer', FILES))
    const torrent = join(folder, 'ours', infohash, 'meta.torrent')
    theirs = runTorrentClient(client!.path, join(folder, 'theirs'), torrent, [
      `--listen-port=${await freePort()}`,
      `--bt-tracker=${tracker.announceUrl}`,
      '--seed-time=0',
    ])
    expect(await theirs.exited, theirs.output()).toBe(0)
    expectFetched()
  })

  it('fetches what we seed, by the infohash alone', async () => {
    const { infohash } = must(await ours.seed('offer', FILES))
    const magnet = `magnet:?xt=urn:btih:${infohash}&tr=${encodeURIComponent(tracker.announceUrl)}`
    theirs = runTorrentClient(client!.path, join(folder, 'theirs'), magnet, [`--listen-port=${await freePort()}`, '--seed-time=0'])
    expect(await theirs.exited, theirs.output()).toBe(0)
    expectFetched()
  })

  it('fetches what rests here: stored in an earlier life, opened by its handshake alone', async () => {
    const { infohash } = must(await ours.seed('offer', FILES))
    await ours.close()
    ours = await open()
    expect(ours.status()).toMatchObject({ stored: 1, open: 0 })
    const magnet = `magnet:?xt=urn:btih:${infohash}&tr=${encodeURIComponent(tracker.announceUrl)}`
    theirs = runTorrentClient(client!.path, join(folder, 'theirs'), magnet, [`--listen-port=${await freePort()}`, '--seed-time=0'])
    expect(await theirs.exited, theirs.output()).toBe(0)
    expectFetched()
  })

  it('fetches the files that are left of a torrent whose others were let go', async () => {
    const files = [FILES[0]!, FILES[1]!, { name: 'more.bin', bytes: new Uint8Array(100_000).fill(9) }]
    const { infohash } = must(await ours.seed('offer', files))
    must(await ours.keepOnly(infohash, ['document.json', 'more.bin']))
    theirs = runTorrentClient(client!.path, join(folder, 'theirs'), join(folder, 'ours', infohash, 'meta.torrent'), [
      `--listen-port=${await freePort()}`,
      `--bt-tracker=${tracker.announceUrl}`,
      '--select-file=2,3',
      '--bt-remove-unselected-file=true',
      '--seed-time=0',
    ])
    expect(await theirs.exited, theirs.output()).toBe(0)
    for (const file of files.slice(1)) expect(Buffer.compare(readFileSync(join(folder, 'theirs', 'offer', file.name)), file.bytes)).toBe(0)
  })

  it('seeds what we fetch, also one file alone', async () => {
    const metainfo = must(createMetainfo('offer', FILES))
    mkdirSync(join(folder, 'theirs', 'offer'))
    for (const file of FILES) writeFileSync(join(folder, 'theirs', 'offer', file.name), file.bytes)
    writeFileSync(join(folder, 'offer.torrent'), metainfo.torrent)
    theirs = runTorrentClient(client!.path, join(folder, 'theirs'), join(folder, 'offer.torrent'), [
      `--listen-port=${await freePort()}`,
      `--bt-tracker=${tracker.announceUrl}`,
      '--check-integrity=true',
      '--seed-ratio=0.0',
    ])
    const fetch = (files: string[]) => ours.fetch(metainfo.infohash, { files, maxBytes: 1_000_000, timeoutMs: 600_000 })
    expect(must(await fetch(['document.json']))).toEqual([FILES[1]])
    expect(Buffer.compare(must(await fetch(['big.bin']))[0]!.bytes, FILES[0]!.bytes)).toBe(0)
  })
})
