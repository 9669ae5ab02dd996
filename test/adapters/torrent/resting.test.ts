import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { createWebTorrentSwarm, type WebTorrentSwarm, type WebTorrentSwarmOptions } from '../../../main/adapters/torrent/swarm.ts'
import { startTracker } from '../../../main/adapters/torrent/tracker.ts'
import { must } from '../../../roles/protocol/result.ts'
import { createMemoryLog } from '../../simulation/ports/log.ts'
import { holdsOnce } from '../../tools/timing.ts'

const root = mkdtempSync(join(tmpdir(), 'golem-resting-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const ended: Array<() => unknown> = []
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end()
})

let folders = 0
async function open(trackers: string[], more: Partial<WebTorrentSwarmOptions> = {}): Promise<WebTorrentSwarm> {
  const folder = join(root, String(folders++))
  const options = { folder, trackers, dht: false, lsd: false, port: 0, host: '127.0.0.1', log: createMemoryLog(), ...more }
  const swarm = await createWebTorrentSwarm(options)
  ended.push(() => swarm.close())
  return swarm
}
const contentOf = (n: number) => [{ name: 'document.json', bytes: new TextEncoder().encode(`{"n":${n}}`) }]
const wanted = { files: ['document.json'], maxBytes: 1_000_000, timeoutMs: 20_000 }
async function seedMany(swarm: WebTorrentSwarm, count: number): Promise<string[]> {
  const hashes: string[] = []
  for (let n = 0; n < count; n++) hashes.push(must(await swarm.seed('tick', contentOf(n))).infohash)
  return hashes
}
/** Waits for progress of the swarm, which the test's own limit bounds. */
async function until(so: () => boolean): Promise<void> {
  while (!so()) await new Promise((resolve) => setTimeout(resolve, 5))
}
const handshake = (infohash: string): Buffer =>
  Buffer.concat([
    Buffer.from('\x13BitTorrent protocol', 'latin1'),
    Buffer.alloc(8),
    Buffer.from(infohash, 'hex'),
    Buffer.from('-XX0001-hostilehosti'),
  ])
async function connected(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.on('error', () => undefined)
  ended.push(() => socket.destroy())
  await new Promise((resolve) => socket.once('connect', resolve))
  return socket
}

describe('stored torrents', () => {
  it('rest until somebody wants them: a hundred own ones where four may be open, each served on demand', async () => {
    const tracker = await startTracker({ host: '127.0.0.1', port: 0 })
    ended.push(() => tracker.close())
    const ann = await open([tracker.announceUrl], { maxOpen: 4, maxFetches: 2 })
    const bob = await open([tracker.announceUrl], { maxOpen: 4, maxFetches: 2 })
    const hashes = await seedMany(ann, 100)
    expect(ann.status()).toMatchObject({ stored: 100, open: 0, peers: 0 })
    expect(tracker.stats().torrents).toBe(100)
    let [most, theirs] = [0, 0]
    for (const [n, infohash] of hashes.entries()) {
      expect(must(await bob.fetch(infohash, wanted))).toEqual(contentOf(n))
      most = Math.max(most, ann.status().open)
      theirs = Math.max(theirs, bob.status().open)
    }
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(4)
    expect(theirs).toBeLessThanOrEqual(4)
    expect(bob.status().stored).toBe(100)
  })

  it('go to rest again when nobody uses them, with all connections, and open again for the next one', async () => {
    const ann = await open([], { idleMs: 40 })
    const bob = await open([], { idleMs: 40 })
    const [infohash] = await seedMany(ann, 1)
    const peers = [`127.0.0.1:${ann.port}`]
    expect(must(await bob.fetch(infohash!, { ...wanted, peers }))).toEqual(contentOf(0))
    await until(() => ann.status().open === 0 && bob.status().open === 0)
    expect([ann.status().peers, bob.status().peers]).toEqual([0, 0])
    const cat = await open([])
    // It comes from one who fetched it, and who was at rest, too.
    expect(must(await cat.fetch(infohash!, { ...wanted, peers: [`127.0.0.1:${bob.port}`] }))).toEqual(contentOf(0))
  })

  it('stay known to the tracker while they rest, and are told again to one that has forgotten everything', async () => {
    const first = await startTracker({ host: '127.0.0.1', port: 0 })
    const folder = join(root, 'told')
    const ann = await open([first.announceUrl], { folder, idleMs: 40 })
    const bob = await open([first.announceUrl], { idleMs: 40 })
    const hashes = await seedMany(ann, 20)
    must(await bob.fetch(hashes[0]!, wanted))
    await until(() => ann.status().open === 0 && bob.status().open === 0)
    expect(first.stats()).toEqual({ torrents: 20, peers: 21 })
    await first.close()
    await ann.close()
    const again = await startTracker({ host: '127.0.0.1', port: 0 })
    ended.push(() => again.close())
    await open([again.announceUrl], { folder })
    await until(() => again.stats().peers === 20)
  })

  it('are told again to a tracker that was away, though what is published next reaches it before anybody looks', async () => {
    const first = await startTracker({ host: '127.0.0.1', port: 0 })
    const { port } = new URL(first.announceUrl)
    const ann = await open([first.announceUrl])
    await seedMany(ann, 20)
    await first.close()
    must(await ann.seed('tick', contentOf(100)))
    expect(ann.status().tracker).toBe('unreachable')
    const again = await startTracker({ host: '127.0.0.1', port: Number(port) })
    ended.push(() => again.close())
    must(await ann.seed('tick', contentOf(101)))
    await until(() => again.stats().torrents === 22)
  })

  it('are told again to a tracker that forgot everything while nobody asked it', async () => {
    const first = await startTracker({ host: '127.0.0.1', port: 0 })
    const { port } = new URL(first.announceUrl)
    const ann = await open([first.announceUrl], { heartbeatMs: 50 })
    await seedMany(ann, 20)
    await first.close()
    const again = await startTracker({ host: '127.0.0.1', port: Number(port) })
    ended.push(() => again.close())
    await until(() => again.stats().torrents === 20)
  })

  it('are found in the distributed hash table, without any tracker', async () => {
    const first = await open([], { dht: { bootstrap: [] } })
    await until(() => first.dhtPort() !== 0)
    const dht = { bootstrap: [`127.0.0.1:${first.dhtPort()}`] }
    const folder = join(root, 'table')
    const ann = await open([], { dht, folder })
    const [infohash] = await seedMany(ann, 1)
    await ann.close()
    const again = await open([], { dht, folder })
    expect(again.status()).toMatchObject({ stored: 1, open: 0 })
    expect(must(await (await open([], { dht })).fetch(infohash!, wanted))).toEqual(contentOf(0))
  })

  it('are where the tracker says after a restart: same port, same peer', async () => {
    const folder = join(root, 'same')
    const ann = await open([], { folder })
    const [infohash] = await seedMany(ann, 1)
    const { port } = ann
    await ann.close()
    const again = await open([], { folder })
    expect(again.port).toBe(port)
    const bob = await open([])
    expect(must(await bob.fetch(infohash!, { ...wanted, peers: [`127.0.0.1:${port}`] }))).toEqual(contentOf(0))
    await bob.close()
    // The port may be taken by now: then there is another one.
    await again.close()
    const other = await open([], { port })
    expect((await open([], { folder })).port).not.toBe(other.port)
  })

  it('open for a handshake that comes in pieces, and for one with more bytes behind it', async () => {
    const ann = await open([])
    const [infohash] = await seedMany(ann, 1)
    for (const cuts of [[1, 20, 47], [68]]) {
      const socket = await connected(ann.port)
      const bytes = Buffer.concat([handshake(infohash!), Buffer.from([0, 0, 0, 1, 2])])
      const answered = new Promise<Buffer>((resolve) => socket.once('data', resolve))
      for (const [at, from] of [0, ...cuts].entries()) {
        socket.write(bytes.subarray(from, cuts[at] ?? bytes.length))
        await new Promise((resolve) => setImmediate(resolve))
      }
      expect((await answered).subarray(28, 48).toString('hex')).toBe(infohash)
    }
  })
})

describe('strangers who open connections', () => {
  it('keep no more torrents open than may be, however many resting ones they name, and harm nobody', async () => {
    const ann = await open([], { maxOpen: 8, maxFetches: 4 })
    const hashes = await seedMany(ann, 90)
    const sockets = await Promise.all(hashes.map(() => connected(ann.port)))
    let most = 0
    const watch = setInterval(() => (most = Math.max(most, ann.status().open)), 1)
    ended.push(() => clearInterval(watch))
    for (const [n, socket] of sockets.entries()) socket.write(handshake(hashes[n]!))
    await until(() => ann.status().open === 8)
    const bob = await open([])
    const peers = [`127.0.0.1:${ann.port}`]
    expect(must(await bob.fetch(hashes[89]!, { ...wanted, peers }))[0]!.name).toBe('document.json')
    expect(most).toBe(8)
    expect(ann.status().peers).toBeLessThanOrEqual(9)
  })

  it('cannot keep anybody out by saying nothing', async () => {
    const ann = await open([])
    const [infohash] = await seedMany(ann, 1)
    const silent = await Promise.all(Array.from({ length: 150 }, () => connected(ann.port)))
    await until(() => silent.filter(({ destroyed }) => destroyed).length === 50)
    for (const socket of silent) socket.destroy()
    const bob = await open([])
    expect(must(await bob.fetch(infohash!, { ...wanted, peers: [`127.0.0.1:${ann.port}`] }))).toEqual(contentOf(0))
  })

  it('do not hold up the end of the swarm', async () => {
    // A silent connection is cut after ten seconds where nobody does it before.
    const isQuick = async () => {
      const ann = await open([])
      const silent = await connected(ann.port)
      const gone = new Promise((resolve) => silent.once('close', resolve))
      const began = Date.now()
      await Promise.all([ann.close(), gone])
      return Date.now() - began < 8_000
    }
    await holdsOnce('a swarm with a silent connection ends before that is cut', isQuick, 20)
  })

  it('are let go at once when they name what is not here or speak something else', async () => {
    const ann = await open([])
    for (const bytes of [handshake('ab'.repeat(20)), Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\nAccept: everything\r\n\r\n')]) {
      const socket = await connected(ann.port)
      socket.write(bytes)
      await new Promise((resolve) => socket.once('close', resolve))
    }
    expect(ann.status()).toMatchObject({ open: 0, peers: 0 })
  })
})
