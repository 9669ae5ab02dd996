/** A real swarm that meets nobody but on loopback, through the trackers or peers that a test gives. */
import { createWebTorrentSwarm, type WebTorrentSwarm, type WebTorrentSwarmOptions } from '../../main/adapters/torrent/swarm.ts'
import { createMemoryLog } from '../simulation/ports/log.ts'

/** @param folder where it keeps torrents; @param change of what it is given otherwise */
export const loopbackSwarm = (folder: string, change: Partial<WebTorrentSwarmOptions> = {}): Promise<WebTorrentSwarm> =>
  createWebTorrentSwarm({ folder, trackers: [], dht: false, lsd: false, port: 0, host: '127.0.0.1', log: createMemoryLog(), ...change })
