/** The swarm as a source: documents by the infohash of their torrents, from the peers, trackers or table that the person names. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { documentKinds } from '../../../../roles/protocol/documents/index.ts'
import { ok, type Result } from '../../../../roles/protocol/result.ts'
import type { Source } from './finder.ts'
import { FILE_LIMIT } from './recognise.ts'

export interface SwarmOptions {
  trackers: string[]
  /** As `host:port`. */
  peers: string[]
  dht: boolean
  /** For each document. */
  timeoutMs: number
}

export interface SwarmSource extends Source {
  close(): Promise<void>
}

/** A node of its own, which forgets everything when it ends. It is loaded only where it is used, because the library is large. */
export async function openSwarm({ trackers, peers, dht, timeoutMs }: SwarmOptions): Promise<SwarmSource> {
  const { createWebTorrentSwarm } = await import('../../../adapters/torrent/swarm.ts')
  const folder = mkdtempSync(join(tmpdir(), 'golem-verify-'))
  // Nobody is told of it where only peers are asked, so nobody has to reach it.
  const isAlone = trackers.length === 0 && !dht
  const swarm = await createWebTorrentSwarm({
    folder,
    trackers,
    dht,
    lsd: false,
    port: 0,
    log: { log: () => undefined },
    ...(isAlone ? { host: '127.0.0.1' } : {}),
  })
  async function fetch(infohash: string, name: string, maxBytes: number, large: boolean): Promise<Result<Uint8Array>> {
    const got = await swarm.fetch(infohash, { files: [name], maxBytes, large, timeoutMs, peers })
    return got.ok ? ok(got.value[0]!.bytes) : got
  }
  const orNull = async (got: Promise<Result<Uint8Array>>): Promise<Uint8Array | null> => {
    const result = await got
    return result.ok ? result.value : null
  }
  return {
    any: (infohash) => fetch(infohash, 'document.json', documentKinds.tick.limit, true),
    document: ({ infohash }, type) =>
      infohash === null ? Promise.resolve(null) : orNull(fetch(infohash, 'document.json', documentKinds[type].limit, type === 'tick')),
    file: ({ infohash }, { name, size }) =>
      infohash === null || size > FILE_LIMIT ? Promise.resolve(null) : orNull(fetch(infohash, name, size, true)),
    ticks: () => [],
    async close() {
      await swarm.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
