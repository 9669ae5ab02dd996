import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import WebTorrent from 'webtorrent'
import type { LogPort } from '../../core/ports.ts'
import type { TrackerList } from './tracker-list.ts'
import { boundTrackers, type Reach } from './tracker-requests.ts'
import { tableOptions, type TableOptions } from './table.ts'

export interface ClientOptions {
  dht: TableOptions
  maxUploadBytesPerSecond?: number
  port: number
  host?: string
  log: LogPort
}

/** Who this node was in its last life. With the same address and id, what it announced then stays true. */
interface Identity {
  port: number
  /** 20 bytes, hex. */
  peerId?: string
}

/**
 * WebTorrent over TCP, listening. Where the port may be any, it is the one of the last life if that can be had.
 * @param folder where the identity is kept
 * @throws when the port cannot be had
 */
export async function startClient(options: ClientOptions, folder: string, trackers: TrackerList): Promise<WebTorrent> {
  const path = join(folder, 'peer.json')
  const known = readIdentity(path)
  const wanted = options.port === 0 ? known.port : options.port
  const client = await listen(options, trackers, { ...known, port: wanted }).catch((error: unknown) => {
    if (options.port === wanted) throw error
    return listen(options, trackers, { ...known, port: 0 })
  })
  const { torrentPort: port, peerId } = client
  // Without it the next life has another address, and nothing is lost.
  const noted = (error: unknown): void => options.log.log('warn', `The port of the swarm was not noted: ${(error as Error).message}`)
  if (port !== known.port || peerId !== known.peerId)
    await writeFile(path, JSON.stringify({ port, peerId } satisfies Identity)).catch(noted)
  return client
}

function readIdentity(path: string): Identity {
  try {
    const { port, peerId } = JSON.parse(readFileSync(path, 'utf8')) as Identity
    const sound = Number.isInteger(port) && port > 0 && port < 65_536 && typeof peerId === 'string' && /^[0-9a-f]{40}$/.test(peerId)
    return sound ? { port, peerId } : { port: 0 }
  } catch {
    return { port: 0 }
  }
}

/** What the library gives the torrents that it opens from then on; false: they ask no tracker. */
export const trackersOf = ({ now, asking }: TrackerList): WebTorrent['tracker'] =>
  now().length > 0 ? { announce: now(), wrtc: false, proxyOpts: asking } : false

/** Addresses heard in the local network: enough for any house. */
const MOST_NEIGHBOURS = 256

/**
 * Trackers, the hash table and peers name peers, and any address may be among them: this computer's own and those of its home, which a stranger could have knocked at.
 * @returns to be told of neighbours, `address:port`, who may be connected to all the same
 */
export function refuseStrange(client: WebTorrent, reach: Reach | undefined): { add(peer: string): void } {
  const neighbours = new Set<string>()
  if (reach !== undefined) client.blocked = { contains: (host) => !reach.isPublic(host) && !neighbours.has(host) }
  return {
    add(peer) {
      if (neighbours.size < MOST_NEIGHBOURS) neighbours.add(peer.slice(0, peer.lastIndexOf(':')))
    },
  }
}

function listen(options: ClientOptions, trackers: TrackerList, { port, peerId }: Identity): Promise<WebTorrent> {
  boundTrackers()
  const client = new WebTorrent({
    ...(peerId === undefined ? {} : { peerId }),
    utp: false,
    // Its connection pool hands this to net.Server.listen, which also takes an object.
    torrentPort: options.host === undefined ? port : { port, host: options.host },
    dht: tableOptions(options.dht, options.host, options.log),
    // The same number as for peers, so that whoever knows one knows both; at a first start with any port, the system picks two.
    dhtPort: port,
    // See local-peers.ts.
    lsd: false,
    // Port mapping belongs to hosting, which asks the person first.
    natUpnp: false,
    natPmp: false,
    webSeeds: false,
    secure: 0,
    tracker: trackersOf(trackers),
    uploadLimit: options.maxUploadBytesPerSecond ?? -1,
  })
  return new Promise((resolve, reject) => {
    client.on('error', reject)
    client.once('listening', () => {
      client.removeListener('error', reject)
      resolve(client)
    })
  })
}
