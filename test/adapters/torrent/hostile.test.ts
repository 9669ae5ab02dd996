import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createWebTorrentSwarm, type WebTorrentSwarm } from '../../../main/adapters/torrent/swarm.ts'
import { must } from '../../../roles/protocol/result.ts'
import { createMemoryLog } from '../../simulation/ports/log.ts'

const root = mkdtempSync(join(tmpdir(), 'golem-hostile-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const byte = (length: number) => Buffer.from([length >> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255])
const framed = (...parts: Buffer[]) => Buffer.concat([byte(Buffer.concat(parts).length), ...parts])

/** A peer that has whatever metadata it is given (BEP 9 and 10 spoken by hand), and no pieces. `piece`: the number it gives to every metadata piece. */
function hostilePeer(info: Buffer, piece?: number): Promise<Server> {
  const infohash = createHash('sha1').update(info).digest()
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    const reserved = Buffer.from([0, 0, 0, 0, 0, 0x10, 0, 0])
    socket.write(
      Buffer.concat([Buffer.from([19]), Buffer.from('BitTorrent protocol'), reserved, infohash, Buffer.from('-XX0001-hostilehosti')]),
    )
    socket.write(framed(Buffer.from([20, 0]), Buffer.from(`d1:md11:ut_metadatai1ee13:metadata_sizei${info.length}ee`)))
    let seen = Buffer.alloc(0)
    const answered = new Set<string>()
    socket.on('data', (data: Buffer) => {
      seen = Buffer.concat([seen, data])
      const theirId = /11:ut_metadatai(\d+)e/.exec(seen.toString('latin1'))?.[1]
      for (const [, asked] of seen.toString('latin1').matchAll(/8:msg_typei0e5:piecei(\d+)e/g)) {
        if (!theirId || answered.has(asked!)) continue
        answered.add(asked!)
        const part = info.subarray(Number(asked) * 16_384, (Number(asked) + 1) * 16_384)
        socket.write(
          framed(
            Buffer.from([20, Number(theirId)]),
            Buffer.from(`d8:msg_typei1e5:piecei${piece ?? asked}e10:total_sizei${info.length}ee`),
            part,
          ),
        )
      }
    })
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

const HASH = Buffer.alloc(20, 7).toString('latin1')
const info = (files: string, name = 'offer', pieceLength = '16384', pieces = HASH) =>
  Buffer.from(`d5:filesl${files}e4:name${name.length}:${name}12:piece lengthi${pieceLength}e6:pieces${pieces.length}:${pieces}e`, 'latin1')
const file = (length: string, ...path: string[]) => `d6:lengthi${length}e4:pathl${path.map((each) => `${each.length}:${each}`).join('')}ee`

/** Of a fetch that something ends before: no measure of speed. */
const LONG_MS = 600_000

describe('a hostile peer', () => {
  let swarm: WebTorrentSwarm
  let folder: string
  let server: Server | undefined
  beforeEach(async () => {
    folder = mkdtempSync(join(root, 'case-'))
    swarm = await createWebTorrentSwarm({
      folder,
      trackers: [],
      dht: false,
      lsd: false,
      port: 0,
      host: '127.0.0.1',
      log: createMemoryLog(),
    })
  })
  afterEach(async () => {
    await swarm.close()
    server?.close()
  })
  const fetchFrom = async (dictionary: Buffer, wanted = 'document.json') => {
    server = await hostilePeer(dictionary)
    const peers = [`127.0.0.1:${(server.address() as AddressInfo).port}`]
    return swarm.fetch(createHash('sha1').update(dictionary).digest('hex'), { files: [wanted], maxBytes: 1_000, timeoutMs: LONG_MS, peers })
  }
  const stillWorks = async () => {
    const other = await createWebTorrentSwarm({
      folder: mkdtempSync(join(root, 'other-')),
      trackers: [],
      dht: false,
      lsd: false,
      port: 0,
      host: '127.0.0.1',
      log: createMemoryLog(),
    })
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
  ]
  it('loses its connection for a metadata piece that does not exist, and harms nobody', async () => {
    const dictionary = info(file('5000', 'document.json'))
    server = await hostilePeer(dictionary, 99)
    const peers = [`127.0.0.1:${(server.address() as AddressInfo).port}`]
    const result = await swarm.fetch(createHash('sha1').update(dictionary).digest('hex'), {
      files: ['x'],
      maxBytes: 1_000,
      timeoutMs: 500,
      peers,
    })
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
