/** Trackers that an app names, and what a tracker may answer. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSocketServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { bdecode } from '../../../main/adapters/torrent/bdecode.ts'
import type { WebTorrentSwarm } from '../../../main/adapters/torrent/swarm.ts'
import { startTracker } from '../../../main/adapters/torrent/tracker.ts'
import { createTrackerList } from '../../../main/adapters/torrent/tracker-list.ts'
import { understand } from '../../../main/adapters/torrent/tracker-requests.ts'
import { isPublic, publicLookup } from '../../../main/adapters/transport/reach.ts'
import { must } from '../../../roles/protocol/result.ts'
import { loopbackSwarm } from '../../tools/swarm.ts'

const root = mkdtempSync(join(tmpdir(), 'golem-trackers-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})
/** Ends when nothing else does. */
const LONG_MS = 600_000
const DOCUMENT = { name: 'document.json', bytes: new Uint8Array([1, 2, 3]) }
const wanted = { files: ['document.json'], maxBytes: 100, timeoutMs: LONG_MS }
const PUBLIC = { isPublic, lookup: publicLookup() }

async function open(change: Parameters<typeof loopbackSwarm>[1] = {}): Promise<WebTorrentSwarm> {
  const swarm = await loopbackSwarm(mkdtempSync(join(root, 'node-')), change)
  ends.push(swarm.close)
  return swarm
}
async function http(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/announce`
}

describe('the trackers that an app names', () => {
  it('bring together nodes that have none of their own, whatever was stored before', async () => {
    const tracker = await startTracker({ host: '127.0.0.1', port: 0 })
    ends.push(tracker.close)
    const [ann, bob] = [await open(), await open()]
    const { infohash } = must(await ann.seed('offer', [DOCUMENT]))
    expect(ann.status().tracker).toBe('none')
    must(ann.trackersOf('app', [tracker.announceUrl]))
    must(bob.trackersOf('app', [tracker.announceUrl]))
    expect(must(await bob.fetch(infohash, wanted))).toEqual([DOCUMENT])
    expect(ann.status().tracker).toBe('ok')
    ann.trackersOf('app', [])
    expect(ann.status().tracker).toBe('none')
  })

  it('are asked for one torrent where a link names them, and told of no other', async () => {
    const tracker = await startTracker({ host: '127.0.0.1', port: 0 })
    ends.push(tracker.close)
    const named: string[] = []
    const spying = await http((request, response) => {
      named.push(new URL(request.url!, 'http://x').search)
      response.statusCode = 500
      response.end()
    })
    const [ann, bob] = [await open(), await open()]
    const { infohash } = must(await ann.seed('offer', [DOCUMENT]))
    must(ann.trackersOf('app', [tracker.announceUrl]))
    const other = must(await bob.seed('another', [{ name: 'document.json', bytes: new Uint8Array([9]) }]))
    const trackers = [spying, tracker.announceUrl, 'wss://nobody.example']
    expect(must(await bob.fetch(infohash, { ...wanted, trackers }))).toEqual([DOCUMENT])
    /** The bytes of the one torrent that a question names, hex: escaped where they are no letters. */
    const askedFor = (query: string): string =>
      /info_hash=([^&]*)/
        .exec(query)![1]!
        .replace(
          /%([0-9A-F]{2})|([^%])/gi,
          (_, hex: string | undefined, plain: string | undefined) => hex ?? Buffer.from(plain!).toString('hex'),
        )
        .toLowerCase()
    expect(named.length).toBeGreaterThan(0)
    expect([...new Set(named.map(askedFor))]).toEqual([infohash])
    expect(infohash).not.toBe(other.infohash)
    expect(bob.status().tracker).toBe('none')
  })

  it('are a few of each app, beside the own ones, and as it names them now', () => {
    const list = createTrackerList(['http://own/announce'], undefined)
    const many = Array.from({ length: 10 }, (_, n) => `http://t${n}/announce`)
    must(list.of('a', ['http://own/announce', ...many]))
    expect(list.now()).toEqual(['http://own/announce', ...many.slice(0, 3)])
    must(list.of('a', many.slice(7)))
    expect(list.now()).toEqual(['http://own/announce', ...many.slice(7)])
    for (const app of 'bcdefg')
      must(
        list.of(
          app,
          [1, 2, 3].map((n) => `udp://${app}${n}:80`),
        ),
      )
    expect(list.now()).toHaveLength(10)
  })

  it.each([
    ['file:///etc/passwd', 'no announce URL'],
    ['nonsense', 'no announce URL'],
    ['http://user:secret@93.184.216.34/announce', 'no announce URL'],
    ['http://127.0.0.1:8332/', 'not at a public address'],
    ['http://2130706433/', 'not at a public address'],
    ['http://[::1]/', 'not at a public address'],
    ['http://10.0.0.1/announce', 'not at a public address'],
    ['udp://192.168.1.1:53', 'not at a public address'],
    ['udp://router.home:53', 'a name instead of an address'],
  ])('on a public chain are not %s', (url, why) => {
    const list = createTrackerList([], PUBLIC)
    const told = list.of('app', [url, 'http://93.184.216.34/announce'])
    expect(told).toMatchObject({ ok: false, error: { code: 'swarm.tracker', message: expect.stringContaining(why) } })
    expect(list.now()).toEqual(['http://93.184.216.34/announce'])
  })

  it('are not asked where their name leads home, and those of the person are', async () => {
    let asked = 0
    const url = await http((_request, response) => {
      asked++
      response.end('d8:intervali60e5:peers0:e')
    })
    const atHome = url.replace('127.0.0.1', 'localhost')
    const stranger = await open({ reach: PUBLIC })
    must(stranger.trackersOf('app', [atHome]))
    must(await stranger.seed('offer', [DOCUMENT]))
    expect(asked).toBe(0)
    expect(stranger.status().tracker).toBe('unreachable')
    const own = await open({ reach: PUBLIC, trackers: [atHome] })
    must(await own.seed('offer', [DOCUMENT]))
    expect(asked).toBeGreaterThan(0)
    expect(own.status().tracker).toBe('ok')
  })
})

describe('peers that a tracker names', () => {
  it.each([
    [undefined, true],
    [PUBLIC, false],
  ])("are knocked at where they are at home only on a chain of one's own: %#", async (reach, knocked) => {
    let knocks = 0
    const home = createSocketServer((socket) => {
      knocks++
      socket.on('error', () => undefined).destroy()
    })
    await new Promise<void>((resolve) => home.listen(0, '127.0.0.1', resolve))
    ends.push(() => home.close())
    const peer = Buffer.from([127, 0, 0, 1, 0, 0])
    peer.writeUInt16BE((home.address() as AddressInfo).port, 4)
    let asked = 0
    const url = await http((_request, response) => {
      asked++
      response.end(Buffer.concat([Buffer.from('d8:intervali60e5:peers6:'), peer, Buffer.from('e')]))
    })
    const node = await open({ trackers: [url], ...(reach && { reach }) })
    const fetching = node.fetch('ab'.repeat(20), wanted)
    while (asked < 3 || (knocked && knocks === 0)) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(knocks > 0).toBe(knocked)
    await node.close()
    expect((await fetching).ok).toBe(false)
  })
})

describe('a tracker', () => {
  it.each<[string, RequestListener]>([
    [
      'breaks off its answer',
      (_request, response) => void response.writeHead(200, { 'content-length': 100 }).write('d', () => response.destroy()),
    ],
    ['answers with numbers instead of words', (_request, response) => void response.end('d14:failure reasoni5ee')],
    ['answers with nothing', (_request, response) => void response.end()],
    ['answers with bytes', (_request, response) => void response.end(Buffer.alloc(1_000, 255))],
    ['sends somebody elsewhere', (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
    ['answers without an end', (_request, response) => void endless(response)],
    ['names peers that are none', (_request, response) => void response.end('d5:peersli1ed2:ip3:abc4:porti1eeee')],
  ])('that %s ends no node, and the next one counts', async (_what, listener) => {
    const rejected: unknown[] = []
    const note = (reason: unknown): void => void rejected.push(reason)
    process.on('unhandledRejection', note)
    ends.push(() => process.off('unhandledRejection', note))
    const tracker = await startTracker({ host: '127.0.0.1', port: 0 })
    ends.push(tracker.close)
    const trackers = [await http(listener), tracker.announceUrl]
    const [ann, bob] = [await open({ trackers }), await open({ trackers })]
    const { infohash } = must(await ann.seed('offer', [DOCUMENT]))
    expect(must(await bob.fetch(infohash, wanted))).toEqual([DOCUMENT])
    expect(rejected).toEqual([])
  })

  it('may name few peers, and decides about our pace within bounds', () => {
    const understood = understand(
      bdecode(Buffer.concat([Buffer.from('d8:intervali4294967295e5:peers6000:'), Buffer.alloc(6_000, 7), Buffer.from('e')])),
    )
    expect(understood).toMatchObject({ interval: 86_400, complete: 0, incomplete: 0 })
    expect(understood['peers']).toHaveLength(1_200)
    expect(() => understand(bdecode(Buffer.from('i5e')))).toThrow('no dictionary')
  })
})

function endless(response: Parameters<RequestListener>[1]): void {
  const more = (): void => void (response.destroyed || response.write(Buffer.alloc(65_536), more))
  more()
}
