import { describe, expect, it } from 'vitest'
import { blockAgain, hashAtOf, isKnownOutput, watchChain } from '../../main/core/chain-watch.ts'
import { createEngine, type AnyEffect } from '../../main/core/engine.ts'
import type { BlockRef, ChainEvent, ChainPort, LogPort, StoragePort } from '../../main/core/ports.ts'
import { reorgDepth } from '../../main/core/reorg-depth.ts'
import type { WorldEvent } from '../../roles/protocol/events.ts'
import { must } from '../../roles/protocol/result.ts'
import { anchorScript, Transaction } from '../../roles/protocol/tx/index.ts'
import { createMemoryDisk, createMemoryStorage } from '../simulation/ports/storage.ts'

const log: LogPort = { log: () => undefined }
const hash = (name: string, height: number): string => `${name}${height}`

/** A raw transaction with the anchor of a document. */
function anchorOf(byte: string): Uint8Array {
  const transaction = new Transaction()
  transaction.addInput(new Uint8Array(32).fill(1), 0)
  transaction.addOutput(must(anchorScript({ type: 'offer', sha256: byte.repeat(32), infohash: byte.repeat(20) })), 0n)
  return transaction.toBuffer()
}

/** The same, spending an output and paying one to a taproot script. */
function spending(txid: string, vout: number): Transaction {
  const transaction = new Transaction()
  transaction.addInput(Uint8Array.from(Buffer.from(txid, 'hex')).reverse(), vout)
  transaction.addOutput(must(anchorScript({ type: 'tick', number: 1, sha256: '11'.repeat(32), infohash: '11'.repeat(20) })), 0n)
  transaction.addOutput(Uint8Array.from([0x51, 0x20, ...new Uint8Array(32).fill(2)]), 330n)
  return transaction
}

/** A role that notes what it hears, on a chain that the test tells. */
function follow(storage: StoragePort, said: string[] = []) {
  let from: BlockRef[] = []
  let handler: (event: ChainEvent) => Promise<void> = () => Promise.resolve()
  const chain = {
    follow: (recent: BlockRef[], take: typeof handler) => {
      from = recent
      handler = take
      return () => Promise.resolve()
    },
  } as unknown as ChainPort
  const engine = createEngine({ storage, log, after: () => () => undefined })
  const role = engine.add<string[], WorldEvent, AnyEffect>({
    name: 'ear',
    initial: [],
    perform: () => Promise.resolve([]),
    step: (state, event) => ({
      state:
        event.type === 'block'
          ? [...state, `${event.hash} ${event.anchored.length}`]
          : event.type === 'reorg'
            ? [...state, `back to ${event.height}`]
            : state,
      effects: [],
    }),
  })
  const watch = watchChain({
    chain,
    storage,
    log: { log: (_, message) => void said.push(message) },
    now: () => 0,
    changed: () => undefined,
    onBlock: () => [],
    onReorg: () => [],
    deliver: (event, writes) => engine.broadcast(event, writes),
  })
  const block = (branch: string, height: number, transactions: Uint8Array[] = []): Promise<void> =>
    handler({ type: 'block', block: { height, hash: hash(branch, height), previous: '', time: 0, transactions } })
  const reorg = (branch: string, height: number, gone: number[]): Promise<void> =>
    handler({
      type: 'reorg',
      fork: { height, hash: hash(branch, height) },
      gone: gone.map((at) => ({ height: at, hash: hash(branch, at) })),
    })
  const availability = (reason?: string): Promise<void> =>
    handler({ type: 'availability', available: reason === undefined, ...(reason === undefined ? {} : { reason }) })
  return { role, block, reorg, availability, at: hashAtOf(storage), tip: () => watch.tip(), recent: () => from }
}

describe('watching the chain', () => {
  it('knows the hashes of the best chain from the first anchor on, after reorgs and restarts too', async () => {
    const disk = createMemoryDisk()
    const first = follow(createMemoryStorage(disk))
    await first.block('a', 1)
    await first.block('a', 2, [anchorOf('11')])
    for (const height of [3, 4, 5]) await first.block('a', height)
    expect([1, 2, 5, 6].map(first.at)).toEqual([null, 'a2', 'a5', null])
    await first.reorg('a', 3, [5, 4])
    expect([3, 4, 5].map(first.at)).toEqual(['a3', null, null])
    const second = follow(createMemoryStorage(disk))
    await second.block('b', 4)
    expect([2, 3, 4, 5].map(second.at)).toEqual(['a2', 'a3', 'b4', null])
  })

  it('says once why the chain is not there, and when it is again', async () => {
    const said: string[] = []
    const { availability } = follow(createMemoryStorage(createMemoryDisk()), said)
    for (const reason of ['no node answers', 'no node answers', 'wrong password', undefined, undefined]) await availability(reason)
    expect(said).toEqual([
      'The chain is not available: no node answers.',
      'The chain is not available: wrong password.',
      'The chain is available again.',
    ])
  })

  it('keeps no hash of a chain that is gone whole, says so once, and goes on from the fork after a restart', async () => {
    const disk = createMemoryDisk()
    const said: string[] = []
    const first = follow(createMemoryStorage(disk), said)
    for (let height = 1; height <= 503; height++) await first.block('a', height, height === 2 ? [anchorOf('11')] : [])
    await first.reorg('a', 0, [503, 502, 501])
    expect([2, 3, 300, 503].map(first.at)).toEqual([null, null, null, null])
    expect(said).toEqual([expect.stringMatching(/another chain.*up to 503.*Keys and documents stay/)])
    expect(first.tip()).toEqual({ height: 0, hash: 'a0' })
    const second = follow(createMemoryStorage(disk), said)
    expect(second.recent()).toEqual([{ height: 0, hash: 'a0' }])
  })

  it('tells a role that joins late what a block is when its turn comes, not what it was before a reorg', async () => {
    const storage = createMemoryStorage()
    const { role, block, reorg } = follow(storage)
    await block('a', 1, [anchorOf('11')])
    await block('a', 2, [anchorOf('22')])
    const going = reorg('a', 1, [2])
    const replayed = role.dispatch(() => blockAgain(storage, 2))
    await Promise.all([going, replayed])
    expect(role.state()).toEqual(['a1 1', 'a2 1', 'back to 1', ' 0'])
  })

  it('forgets outputs that were spent 300 blocks ago, as deep as the wallet goes back, so that what it knows does not grow with the age of an app', async () => {
    const storage = createMemoryStorage()
    const { block, reorg } = follow(storage)
    const outputs = () => storage.list('anchor-output').map(({ key }) => key)
    let last = spending('aa'.repeat(32), 0)
    await block('a', 1, [last.toBuffer()])
    const first = `${last.getId()}:1`
    const made: string[] = []
    for (let height = 2; height <= 400; height++) {
      last = spending(last.getId(), 1)
      await block('a', height, [last.toBuffer()])
      made[height] = `${last.getId()}:1`
      expect(outputs().length).toBeLessThanOrEqual(reorgDepth + 1)
    }
    expect(outputs()).not.toContain(first)
    expect(outputs()).toContain(`${last.getId()}:1`)
    // The deepest block that can be taken back is 400 - 300 + 1; what it spent has to be known then.
    expect(isKnownOutput(storage, made[100]!)).toBe(true)
    expect(isKnownOutput(storage, made[99]!)).toBe(false)
    expect((storage.get('chain', 'recent') as unknown as BlockRef[])[0]!.height).toBe(100)
    expect(storage.list('spent-output').length).toBeLessThanOrEqual(reorgDepth)
    // What a block spent that is gone is unspent again, however long that lasts.
    const before = storage.list('spent-output').length
    await reorg('a', 396, [400, 399, 398, 397])
    expect(storage.list('spent-output').length).toBe(before - 4)
  })
})
