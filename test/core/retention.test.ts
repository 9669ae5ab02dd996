import { describe, expect, it } from 'vitest'
import { createRetention, WHOLE_BLOCKS } from '../../main/core/retention.ts'
import type { LogPort } from '../../main/core/ports.ts'
import { toHex } from '../../roles/protocol/bytes.ts'
import { must, failForNow } from '../../roles/protocol/result.ts'
import { crypto } from '../roles/supervisor/actors.ts'
import { openTown, type Published } from '../roles/supervisor/town.ts'
import { createVirtualClock } from '../simulation/ports/clock.ts'
import { createNetwork } from '../simulation/ports/network.ts'
import { createSeededRandom } from '../simulation/ports/random.ts'
import { createMemoryStorage } from '../simulation/ports/storage.ts'
import { createSwarmNetwork } from '../simulation/ports/swarm.ts'

const log: LogPort = { log: () => undefined }
const infohashes = new Map<string, string>()

const filesOf = ({ files }: Published) => [...files].map(([name, bytes]) => ({ name, bytes }))
const digest = (bytes: Uint8Array) => toHex(crypto.sha256(bytes))

/** A node with every tick of a small app, each file of it in the swarm and as a blob. */
async function node() {
  const town = await openTown('retention')
  await town.mineTo(5)
  const storage = createMemoryStorage()
  const swarm = createSwarmNetwork(createNetwork(createVirtualClock(), createSeededRandom('retention'))).peer('ann')
  const retention = createRetention({ crypto, storage, swarm, log })
  const at = (height: number) => storage.transact([{ table: 'chain', key: 'recent', value: [{ height, hash: '' }] }])
  const take = async (tick: Published) => {
    const { document } = tick
    const all = [{ name: 'document.json', bytes: document.bytes }, ...filesOf(tick)]
    for (const { bytes } of all) storage.putBlob(digest(bytes), bytes)
    const { infohash } = must(await swarm.seed('tick', all))
    infohashes.set(document.sha256, infohash)
    storage.transact([{ table: 'publication', key: document.sha256, value: { infohash, txid: '', fee: 0 } }])
    retention.note({ sha256: document.sha256, infohash }, true)
  }
  /** Names of the files of a tick that are in the swarm, without asking anybody else. */
  const inSwarm = async ({ document, files }: Published) => {
    const names: string[] = []
    for (const name of ['document.json', ...files.keys()]) {
      const cancel = new AbortController()
      const fetching = swarm.fetch(infohashes.get(document.sha256)!, { files: [name], maxBytes: 1e9, timeoutMs: 1, signal: cancel.signal })
      await new Promise((resolve) => setImmediate(resolve))
      cancel.abort()
      if ((await fetching).ok) names.push(name)
    }
    return names.sort()
  }
  const blobs = ({ document, files }: Published) =>
    [document.bytes, ...files.values()].filter((bytes) => storage.getBlob(digest(bytes)) !== undefined).length
  return { town, storage, swarm, retention, at, take, inSwarm, blobs }
}

describe('an old tick', () => {
  it('loses index and code once 144 blocks have passed and no role needs it, and keeps what an audit reads', async () => {
    const { town, storage, retention, at, take, inSwarm, blobs } = await node()
    const [first, second] = [town.ticks[4]!, town.ticks[5]!]
    at(1_000)
    await take(first)
    at(1_001)
    await take(second)
    const needed = [second.document.sha256]
    const whole = await inSwarm(first)
    expect(whole.some((name) => name.startsWith('code.'))).toBe(true)
    at(1_000 + WHOLE_BLOCKS - 1)
    await retention.sweep(needed)
    expect(await inSwarm(first)).toEqual(whole)
    at(1_000 + WHOLE_BLOCKS)
    await retention.sweep([first.document.sha256, ...needed])
    expect(await inSwarm(first)).toEqual(whole)
    await retention.sweep(needed)
    const log = [
      'document.json',
      ...[...first.files.keys()].filter((name) => name.startsWith('documents.')),
      'schema',
      ...[...first.files.keys()].filter((name) => /^(reveal|ready)\./.test(name)),
    ]
    expect(log).toHaveLength(4)
    expect(await inSwarm(first)).toEqual(log.sort())
    // Only what the newer tick names too is left of its copies: the schema, and indices that did not change.
    const shared = new Set([...second.files.values()].map(digest))
    expect(blobs(first)).toBe([...first.files.values()].filter((bytes) => shared.has(digest(bytes))).length)
    expect(blobs(second)).toBe(second.files.size + 1)
    expect(storage.list('whole-tick').map(({ key }) => key)).toEqual(needed)
    expect(storage.list('publication').map(({ key }) => key)).toEqual(needed)
  })

  it('stays whole while it is being published, however long that takes, and while its torrent is in use', async () => {
    const { town, storage, swarm, retention, at, take, inSwarm } = await node()
    const tick = town.ticks[3]!
    at(1_000)
    await take(tick)
    const reference = { sha256: tick.document.sha256, infohash: infohashes.get(tick.document.sha256)! }
    const whole = await inSwarm(tick)
    for (let height = 1_100; height < 2_000; height += 100) {
      at(height)
      retention.note(reference, true)
      // A reader that finds it again does not make it younger.
      retention.note(reference, false)
      await retention.sweep([])
    }
    expect(await inSwarm(tick)).toEqual(whole)
    at(5_000)
    const busy = createRetention({
      crypto,
      storage,
      log,
      swarm: { ...swarm, keepOnly: () => Promise.resolve(failForNow('swarm.in-use', 'a fetch is under way')) },
    })
    await busy.sweep([])
    expect(storage.list('whole-tick')).toHaveLength(1)
    expect(storage.getBlob(tick.document.sha256)).toBeDefined()
    await retention.sweep([])
    expect(storage.list('whole-tick')).toHaveLength(0)
  })

  it('is let go in the end when the node dies at any write in between', async () => {
    const { town, at, take, storage, swarm } = await node()
    at(1_000)
    await take(town.ticks[3]!)
    expect(storage.list('whole-tick')).toHaveLength(1)
    for (let deaths = 0; ; deaths++) {
      let left = deaths
      const dying = {
        ...storage,
        dropBlob: (sha256: string) => {
          if (left-- === 0) throw new Error('dead')
          storage.dropBlob(sha256)
        },
        transact: (writes: Parameters<typeof storage.transact>[0]) => {
          if (left-- === 0) throw new Error('dead')
          storage.transact(writes)
        },
      }
      at(5_000)
      await createRetention({ crypto, storage: dying, swarm, log }).sweep([])
      if (storage.list('whole-tick').length === 0) break
      expect(deaths).toBeLessThan(100)
    }
    expect(storage.getBlob(town.ticks[3]!.document.sha256)).toBeUndefined()
  })
})
