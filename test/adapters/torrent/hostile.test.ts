import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WebTorrentSwarm } from '../../../main/adapters/torrent/swarm.ts'
import { loopbackSwarm } from '../../tools/swarm.ts'
import { must } from '../../../roles/protocol/result.ts'
import { hostilePeer, infohashOf, infoFile, infoOf, piecesFor, type HostilePeer } from '../../tools/hostile-peer.ts'

const root = mkdtempSync(join(tmpdir(), 'golem-hostile-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const [info, file] = [infoOf, infoFile]
const HASH = piecesFor(1, 16_384)

/** Of a fetch that something ends before: no measure of speed. */
const LONG_MS = 600_000

describe('a hostile peer', () => {
  let swarm: WebTorrentSwarm
  let folder: string
  let peer: HostilePeer | undefined
  beforeEach(async () => {
    folder = mkdtempSync(join(root, 'case-'))
    swarm = await loopbackSwarm(folder)
  })
  afterEach(async () => {
    await swarm.close()
    peer?.server.close()
  })
  const fetchFrom = async (dictionary: Buffer, wanted = 'document.json') => {
    peer = await hostilePeer(dictionary)
    return swarm.fetch(infohashOf(dictionary), { files: [wanted], maxBytes: 1_000, timeoutMs: LONG_MS, peers: [peer.address] })
  }
  const stillWorks = async () => {
    const other = await loopbackSwarm(mkdtempSync(join(root, 'other-')))
    const { infohash } = must(await other.seed('offer', [{ name: 'document.json', bytes: Uint8Array.of(1) }]))
    expect(
      (await swarm.fetch(infohash, { files: ['document.json'], maxBytes: 10, timeoutMs: LONG_MS, peers: [`127.0.0.1:${other.port}`] })).ok,
    ).toBe(true)
    await other.close()
  }

  it('is understood by this test: honest metadata leads to the size check', async () => {
    expect(await fetchFrom(info(file('5000', 'document.json')))).toMatchObject({ ok: false, error: { code: 'swarm.too-large' } })
  })

  const BAD: Array<[string, Buffer]> = [
    ['that is no dictionary', Buffer.from('le')],
    ['that is no bencoding', Buffer.from('nonsense')],
    ['without pieces', Buffer.from(`d5:filesl${file('10', 'document.json')}e4:name5:offere`)],
    ['with a piece length of zero', info(file('10', 'document.json'), 'offer', '0')],
    ['with a negative length', info(file('-10', 'document.json'))],
    ['with fewer pieces than bytes', info(file('900', 'document.json') + file('99999999999999', 'z'))],
    [
      'with keys out of order',
      Buffer.from(`d4:name5:offer5:filesl${file('10', 'document.json')}e12:piece lengthi16384e6:pieces20:${HASH}e`, 'latin1'),
    ],
    ['with the same file twice', info(file('10', 'document.json') + file('10', 'document.json'))],
    ['with a name that leads outside', info(file('10', 'document.json'), '../../..')],
    ['with a path that leads outside', info(file('10', '..', '..', 'document.json'))],
    ['with a file in a folder', info(file('10', 'folder', 'document.json'))],
    ['with files out of order', info(file('10', 'z') + file('10', 'document.json'))],
    ['with a name that is none everywhere', info(file('10', 'document.json'), 'con:')],
    [
      'of the form with a single file',
      Buffer.from(`d6:lengthi10e4:name13:document.json12:piece lengthi16384e6:pieces20:${HASH}e`, 'latin1'),
    ],
    [
      'with a date in it',
      Buffer.from(
        `d13:creation datei1e5:filesl${file('10', 'document.json')}e4:name5:offer12:piece lengthi16384e6:pieces20:${HASH}e`,
        'latin1',
      ),
    ],
  ]
  it('loses its connection for a metadata piece that does not exist, and harms nobody', async () => {
    const dictionary = info(file('5000', 'document.json'))
    peer = await hostilePeer(dictionary, { piece: 99 })
    const result = await swarm.fetch(infohashOf(dictionary), { files: ['x'], maxBytes: 1_000, timeoutMs: 500, peers: [peer.address] })
    expect(result).toMatchObject({ ok: false, error: { code: 'swarm.timeout' } })
    await stillWorks()
  })

  it.each(BAD)('gets one clear refusal for metadata %s, and nothing on disk', async (_what, dictionary) => {
    const result = await fetchFrom(dictionary)
    expect(result).toMatchObject({ ok: false, error: { code: 'swarm.bad-torrent' } })
    expect(readdirSync(folder)).toEqual(['peer.json'])
    expect(existsSync(join(folder, '..', 'document.json'))).toBe(false)
    expect(swarm.status()).toMatchObject({ stored: 0, open: 0 })
    await stillWorks()
  })
})
