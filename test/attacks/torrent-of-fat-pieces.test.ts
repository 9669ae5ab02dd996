/** Attack 14: an anchor names a torrent that brings more than its document. Real WebTorrent on both sides. */
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import WebTorrent from 'webtorrent'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMetainfo, METADATA_LIMIT, pieceLengthFor } from '../../main/adapters/torrent/metainfo.ts'
import type { WebTorrentSwarm } from '../../main/adapters/torrent/swarm.ts'
import { loopbackSwarm } from '../tools/swarm.ts'
import { must } from '../../roles/protocol/result.ts'
import { hostilePeer, infohashOf, infoFile, infoOf, piecesFor, type HostilePeer } from '../tools/hostile-peer.ts'

const MIB = 1 << 20
const root = mkdtempSync(join(tmpdir(), 'golem-fat-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Ends when nothing else does: no measure of speed. */
const LONG_MS = 600_000
const DOCUMENT = Buffer.from('{"type":"update"}')

/** A stranger who seeds a document beside `beside` bytes of zeros, in pieces of that length. */
async function stranger(beside: number, pieceLength: number): Promise<{ infohash: string; address: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(root, 'stranger-'))
  const content = Buffer.concat([DOCUMENT, Buffer.alloc(beside)])
  const hashes: Buffer[] = []
  for (let at = 0; at < content.length; at += pieceLength)
    hashes.push(
      createHash('sha1')
        .update(content.subarray(at, at + pieceLength))
        .digest(),
    )
  const files = infoFile(DOCUMENT.length, 'document.json') + infoFile(beside, 'z.bin')
  const info = infoOf(files, 'golem-update-0', pieceLength, Buffer.concat(hashes).toString('latin1'))
  mkdirSync(join(folder, 'golem-update-0'))
  writeFileSync(join(folder, 'golem-update-0', 'document.json'), DOCUMENT)
  writeFileSync(join(folder, 'golem-update-0', 'z.bin'), Buffer.alloc(beside))
  const client = new WebTorrent({ utp: false, dht: false, lsd: false, tracker: false, torrentPort: { port: 0, host: '127.0.0.1' } })
  const torrent = client.add(Buffer.concat([Buffer.from('d4:info'), info, Buffer.from('e')]), { path: folder })
  await new Promise<void>((resolve) => torrent.once('done', () => resolve()))
  return {
    infohash: infohashOf(info),
    address: `127.0.0.1:${client.torrentPort}`,
    stop: () => new Promise((resolve) => client.destroy(() => resolve())),
  }
}

/** Bytes of all files below a folder. */
const bytesIn = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'peer.json')
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)

describe('a torrent of fat pieces', () => {
  let swarm: WebTorrentSwarm
  let folder: string
  const ends: Array<() => unknown> = []
  beforeEach(async () => {
    folder = mkdtempSync(join(root, 'case-'))
    swarm = await loopbackSwarm(folder)
  })
  afterEach(async () => {
    await swarm.close()
    for (const end of ends.splice(0)) await end()
  })
  const fetch = (infohash: string, peer: string, more: object = {}) =>
    swarm.fetch(infohash, { files: ['document.json'], maxBytes: 4096, timeoutMs: LONG_MS, peers: [peer], ...more })
  const tell = async (info: Buffer, options = {}): Promise<HostilePeer> => {
    const peer = await hostilePeer(info, options)
    ends.push(() => peer.server.close())
    return peer
  }
  /** What it counts as downloaded holds metadata: of 10,000 files 400 KB. */
  const expectNothing = () => {
    expect(swarm.status().downloadedBytes).toBeLessThan(MIB)
    expect(bytesIn(folder)).toBe(0)
  }

  it('of 64 MiB each is refused for a document of 17 bytes, before anything is downloaded', async () => {
    const fat = await stranger(67 * MIB, 64 * MIB)
    ends.push(fat.stop)
    expect(await fetch(fat.infohash, fat.address)).toMatchObject({ ok: false, error: { code: 'swarm.bad-torrent' } })
    expectNothing()
  })

  it('of twice the right length is refused, for the small and for the large', async () => {
    const fat = await stranger(100_000, 32_768)
    ends.push(fat.stop)
    expect(await fetch(fat.infohash, fat.address, { large: true })).toMatchObject({ ok: false, error: { code: 'swarm.bad-torrent' } })
    expectNothing()
  })

  it('of the right length is fetched from that stranger, and no more than two pieces of it', async () => {
    const right = await stranger(15 * MIB, 16_384)
    ends.push(right.stop)
    expect(must(await fetch(right.infohash, right.address))[0]!.bytes).toHaveLength(DOCUMENT.length)
    expect(swarm.status().downloadedBytes).toBeLessThanOrEqual(2 * 16_384 + 30_000)
    expect(bytesIn(folder)).toBeLessThan(4 * 16_384)
    expect(swarm.status().stored).toBe(1)
  })

  it('that fit a huge file are refused for the small document beside it, and taken where a tick is wanted', async () => {
    const total = 16 * 1024 * MIB
    const pieceLength = pieceLengthFor(total + DOCUMENT.length)
    expect(pieceLength).toBe(4 * MIB)
    const files = infoFile(DOCUMENT.length, 'document.json') + infoFile(total, 'z.bin')
    const info = infoOf(files, 'golem-update-0', pieceLength, piecesFor(total + DOCUMENT.length, pieceLength))
    const peer = await tell(info)
    expect(await fetch(infohashOf(info), peer.address, { timeoutMs: 1_000 })).toMatchObject({ ok: false, error: { code: 'swarm.timeout' } })
    const small = infoOf(
      infoFile(DOCUMENT.length, 'document.json') + infoFile(600 * MIB, 'z.bin'),
      'golem-update-0',
      MIB,
      piecesFor(600 * MIB + DOCUMENT.length, MIB),
    )
    const other = await tell(small)
    expect(await fetch(infohashOf(small), other.address)).toMatchObject({ ok: false, error: { code: 'swarm.too-large' } })
    // Its pieces never come from this peer, but they are asked for.
    expect(await fetch(infohashOf(small), other.address, { large: true, timeoutMs: 1_000 })).toMatchObject({
      error: { code: 'swarm.timeout' },
    })
    expectNothing()
  })

  const NAMES = Array.from({ length: 10_001 }, (_, i) => `f${String(i).padStart(5, '0')}`)
  const SIBLINGS: Array<[string, Buffer]> = [
    ['10,001 files', infoOf(NAMES.map((name) => infoFile(0, name)).join('') + infoFile(1, 'z'))],
    ['padding between files', infoOf(`d4:attr1:p6:lengthi16367e4:pathl4:.pad5:16367ee${infoFile(17, 'document.json')}`)],
    ['more pieces than bytes', infoOf(infoFile(17, 'document.json'), 'offer', 16_384, piecesFor(1_000, 1))],
    ['a piece for a byte', infoOf(infoFile(17, 'document.json'), 'offer', 1, piecesFor(17, 1))],
    [
      'a source of its own',
      Buffer.from(infoOf(infoFile(17, 'document.json')).toString('latin1').replace(/e$/, '6:source3:abce'), 'latin1'),
    ],
  ]
  it.each(SIBLINGS)('and one with %s is refused', async (_what, info) => {
    const peer = await tell(info)
    const result = await fetch(infohashOf(info), peer.address, { large: true })
    expect(result).toMatchObject({ ok: false, error: { code: 'swarm.bad-torrent' } })
    expectNothing()
  })

  it('is not published either: a list that nobody reads is refused by whoever makes it', () => {
    const files = Array.from({ length: 10_000 }, (_, i) => ({ name: `${'n'.repeat(190)}${i}`, bytes: new Uint8Array(1) }))
    expect(must(createMetainfo('tick', files)).torrent.length).toBeLessThan(METADATA_LIMIT)
    expect(createMetainfo('tick', [...files, { name: 'z', bytes: new Uint8Array(1) }])).toMatchObject({ ok: false })
  })

  /** Begins a message of so many bytes, and goes on sending as fast as it is read. */
  const pour = (length: number) => (socket: Socket) => {
    const head = Buffer.alloc(4)
    head.writeUInt32BE(length)
    socket.write(head)
    const more = (): void => {
      while (socket.writable && socket.write(Buffer.alloc(65_536)));
    }
    socket.on('drain', more)
    more()
  }

  it.each([
    ['that says its metadata have 9 MB', { metadataSize: 9_000_000 }],
    ['that pours a message of 1 GiB', { then: pour(1 << 30) }],
    ['that pours a message of more than 256 KiB', { then: pour((256 << 10) + 1) }],
  ])('and a peer %s loses its connection, and next to nothing is read from it', async (_what, options) => {
    const info = infoOf(infoFile(5_000, 'document.json'))
    const peer = await tell(info, options)
    const cancel = new AbortController()
    const fetching = fetch(infohashOf(info), peer.address, { signal: cancel.signal })
    await peer.ended
    // What lies in the buffers of two sockets is sent, too.
    expect(peer.sent()).toBeLessThan(16 * MIB)
    cancel.abort()
    expect(await fetching).toMatchObject({ ok: false, error: { code: 'swarm.stopped' } })
  })
})
