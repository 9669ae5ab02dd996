import { Server } from 'bittorrent-tracker'
import type { AddressInfo } from 'node:net'

export interface TrackerOptions {
  host: string
  /** 0: the system picks one. */
  port: number
  /** Also answer UDP announces (BEP 15), on a port of its own where `port` is 0; needs IPv6 loopback. Off unless asked for. */
  udp?: boolean
  /** How often clients are told to announce again, in milliseconds. */
  intervalMs?: number
}

export interface Tracker {
  announceUrl: string
  /** With `udp` only. */
  udpAnnounceUrl?: string
  /** Torrents the tracker knows, and the peers of all of them together. */
  stats(): { torrents: number; peers: number }
  close(): Promise<void>
}

/**
 * Starts a BitTorrent tracker (BEP 3, 23; with `udp` also BEP 15) for the local network and for tests.
 * @throws when the port cannot be had.
 */
export async function startTracker(options: TrackerOptions): Promise<Tracker> {
  const server = new Server({ http: true, udp: options.udp === true, ws: false, stats: false, interval: options.intervalMs ?? 30_000 })
  // Malformed announces are warnings of the tracker: they concern the one who sent them.
  server.on('warning', () => undefined)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.udp === true ? { http: options.host, udp: options.host, udp6: '::1' } : options.host, resolve)
  })
  server.removeAllListeners('error')
  server.on('error', () => undefined)
  const { port } = server.http.address() as AddressInfo
  return {
    announceUrl: `http://${options.host}:${port}/announce`,
    ...(server.udp4 ? { udpAnnounceUrl: `udp://${options.host}:${server.udp4.address().port}` } : {}),
    stats: () => countTorrents(server),
    close: () => closeServer(server),
  }
}

function countTorrents(server: Server) {
  const swarms = Object.values(server.torrents)
  return { torrents: swarms.length, peers: swarms.reduce((sum, swarm) => sum + swarm.complete + swarm.incomplete, 0) }
}

/** Keep-alive connections of clients would hold the server open, so they are cut. */
const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.http.closeAllConnections()
  })
