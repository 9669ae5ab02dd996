/** Nodes that nobody told of each other: without a tracker, on computers of their own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { understand } from '../../../main/adapters/torrent/local-peers.ts'
import { must } from '../../../roles/protocol/result.ts'
import { createNamespaces, namespacesAvailable, type Namespaces } from '../../tools/namespaces.ts'
import { startPeer, type Peer } from '../../tools/namespaces/peer.ts'

const LONG_MS = 600_000
const here = namespacesAvailable()

// Skipped without root, Linux or iproute2: `namespacesAvailable` says which.
describe.skipIf(!here)('strangers', () => {
  let world: Namespaces
  let folder: string
  afterEach(async () => {
    await world.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const computers = (count: number): Peer[] => {
    folder = mkdtempSync(join(tmpdir(), 'golem-strangers-'))
    world = createNamespaces(count)
    return world.nodes.map((node) => startPeer(node))
  }
  const at = (n: number): string => join(folder, String(n))

  it('find torrents of each other in a hash table that begins with one of them', async () => {
    const [ann, bob, cid] = computers(3) as [Peer, Peer, Peer]
    const begun = must(await ann.swarm({ folder: at(0), port: 7_001, dht: { bootstrap: [] } }))
    expect(begun).toEqual({ port: 7_001, dhtPort: 7_001 })
    const dht = { bootstrap: [`${world.nodes[0]!.address}:7001`] }
    await Promise.all([bob.swarm({ folder: at(1), dht }), cid.swarm({ folder: at(2), dht })])
    const seeded = await Promise.all([ann.seed('ann'), bob.seed('bob')])
    const [fromAnn, fromBob] = seeded.map((each) => must(each).infohash)
    expect(must(await cid.fetch(fromBob!, LONG_MS))).toBe('bob')
    expect(must(await cid.fetch(fromAnn!, LONG_MS))).toBe('ann')
    expect(must(await ann.fetch(fromBob!, LONG_MS))).toBe('bob')
  })

  it('find what was announced while nobody of the hash table could be reached', async () => {
    const [ann, bob, cid] = computers(3) as [Peer, Peer, Peer]
    const dht = { bootstrap: [`${world.nodes[0]!.address}:7001`] }
    await bob.swarm({ folder: at(1), dht })
    const { infohash } = must(await bob.seed('bob'))
    // Long enough that the library has given up on its start, and waits for a quarter of an hour; the rest does not depend on it.
    await new Promise((resolve) => setTimeout(resolve, 4_000))
    await ann.swarm({ folder: at(0), port: 7_001, dht: { bootstrap: [] } })
    await cid.swarm({ folder: at(2), dht })
    expect(must(await cid.fetch(infohash, LONG_MS))).toBe('bob')
  })

  it('find torrents of each other in a local network that tells nobody else', async () => {
    const [ann, bob] = computers(2) as [Peer, Peer]
    await Promise.all([ann.swarm({ folder: at(0), lsd: true }), bob.swarm({ folder: at(1), lsd: true })])
    const { infohash } = must(await ann.seed('ann'))
    expect(must(await bob.fetch(infohash, LONG_MS))).toBe('ann')
    // The other way round: it is looked for before it is there.
    const later = must(await bob.infohash('bob'))
    const fetching = ann.fetch(later, LONG_MS)
    await bob.seed('bob')
    expect(must(await fetching)).toBe('bob')
  })
})

describe('a packet of the local network', () => {
  const infohash = 'ab'.repeat(20)
  const packet = (...lines: string[]): Buffer => Buffer.from(lines.join('\r\n'))
  const head = 'BT-SEARCH * HTTP/1.1'

  it('names torrents and the port of whoever looks for them', () => {
    const said = packet(head, 'Host: 239.192.152.143:6771', 'Port: 6881', `Infohash: ${infohash.toUpperCase()}`, 'cookie: me', '', '')
    expect(understand(said)).toEqual({ port: 6881, infohashes: [infohash], cookie: 'me' })
  })

  it.each([
    ['nothing', packet('')],
    ['no more than its first line', packet(head)],
    ['no port', packet(head, `Infohash: ${infohash}`)],
    ['a port that is none', packet(head, 'Port: 65536', `Infohash: ${infohash}`)],
    ['no torrent', packet(head, 'Port: 1')],
    ['a torrent that is none', packet(head, 'Port: 1', 'Infohash: xyz')],
    ['another protocol', packet('GET / HTTP/1.1', 'Port: 1', `Infohash: ${infohash}`)],
    ['bytes', Buffer.alloc(1_400, 255)],
  ])('that says %s is passed over', (_what, said) => expect(understand(said)).toBeNull())

  it('with many torrents names a few', () => {
    const said = packet(head, 'Port: 1', ...Array.from({ length: 60 }, () => `Infohash: ${infohash}`))
    expect(understand(said)?.infohashes).toHaveLength(16)
  })
})
