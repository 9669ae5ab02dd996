/** Blocks read again from a height on: what was missed is found, in one piece, whatever happens in between. */
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../roles/protocol/bytes.ts'
import { failForNow, must } from '../../../roles/protocol/result.ts'
import { addressOfScript, p2trScript } from '../../../roles/protocol/tx/index.ts'
import { createWalletKeeper } from '../../../main/core/wallet/keeper.ts'
import { createMemoryStorage, createMemoryDisk } from '../../simulation/ports/storage.ts'
import { crypto } from '../../roles/supervisor/actors.ts'
import { makeWallet } from './service.ts'

const log = { log: () => undefined }
const noTitle = () => null
const page = { limit: 100, before: null }

/** A wallet that received, paid and reserved a key; and another process that knows the phrase, and the chain from its tip on alone. */
async function setUp(seed: string) {
  const world = await makeWallet(seed)
  const { wallet, mine, own, other, chain, random, identity, node } = world
  const to = must(addressOfScript(other, 'regtest'))
  for (const index of [1, 45])
    await mine(must(p2trScript(fromHex(identity.key({ purpose: 'coins', account: 0, change: 0, index }).publicKey))))
  const data = { purpose: 'data', app: 'ab'.repeat(32), index: 0 } as const
  const key = wallet.watchKey(data, 'key')
  must(await wallet.pay({ outputs: [{ key: fromHex(key.publicKey) }], spendFromKeys: [], record: () => [] }))
  must(await wallet.send({ to, amount: 70_000, feeRate: null, dry: false, key: 'rent' }))
  await mine(other)
  const disk = createMemoryDisk()
  const storage = createMemoryStorage(disk)
  const open = () => createWalletKeeper({ crypto, storage: createMemoryStorage(disk), chain, random, log, identity })
  const fresh = open()
  fresh.watchKey(data, 'key')
  const last = must(await chain.blockAt(node.tip().height))
  // What the wallet before saw is not in its reach: its first block is the newest.
  storage.transact(fresh.onBlock(last))
  return { ...world, fresh, storage, disk, openAgain: open, own, to }
}

describe('reading blocks again', () => {
  it('finds coins, reserved keys, history and addresses beyond those that were watched', async () => {
    const { wallet, fresh, chain, own, mine } = await setUp('reading: all')
    expect([fresh.holdings().immature, wallet.holdings().immature]).toEqual([0, 5_000_000_000])
    must(fresh.reading.start(0))
    await fresh.reading.tend()
    expect(fresh.reading.view()).toMatchObject({ state: 'running', message: expect.stringContaining('Block 0') as unknown })
    must(fresh.reading.start(1))
    await fresh.reading.tend()
    expect(fresh.reading.view()).toMatchObject({ state: 'done', percent: 100, from: 1, found: 5 })
    // The wallet before did not look as far ahead as address 45, this one does.
    const beyond = 5_000_000_000
    expect(fresh.holdings()).toEqual({ ...wallet.holdings(), immature: wallet.holdings().immature + beyond })
    const history = fresh.history(page, noTitle).entries
    expect(history.map(({ purpose, amount }) => [purpose, amount])).toContainEqual(['payment sent', -70_308])
    expect(history).toHaveLength(5)
    expect(history.reduce((sum, { amount }) => sum + amount, 0)).toBe(
      fresh.holdings().confirmed + fresh.holdings().immature + fresh.holdings().reserved.total,
    )
    await mine(own)
    expect(must(fresh.receiveAddress())).not.toBe(must(wallet.receiveAddress()))
    expect(chain.network).toBe('regtest')
  })

  it('goes on after a crash where it was, and says how far it is', async () => {
    const { fresh, openAgain, blocks, chain } = await setUp('reading: crash')
    const real = chain.blockAt.bind(chain)
    const read: number[] = []
    Object.assign(chain, {
      blockAt: (height: number) => {
        read.push(height)
        return height === 103 ? Promise.resolve(failForNow('chain.unreachable', 'the node is away')) : real(height)
      },
    })
    must(fresh.reading.start(1))
    await fresh.reading.tend()
    expect(fresh.reading.view()).toMatchObject({ state: 'running', at: 103, message: 'Block 103: the node is away' })
    expect(fresh.reading.view()!.percent).toBeGreaterThan(90)
    Object.assign(chain, { blockAt: (height: number) => (read.push(height), real(height)) })
    const after = openAgain()
    read.length = 0
    await after.reading.tend()
    expect(read[0]).toBe(103)
    expect(after.reading.view()).toMatchObject({ state: 'done', found: 5 })
    expect(after.holdings().reserved.keys).toEqual({ sats: 330, coins: 1 })
    expect(blocks.size).toBeGreaterThan(100)
  })

  it('reads another branch again, and what it found is taken back by a reorganisation as everything else', async () => {
    const { fresh, storage, chain, blocks, node } = await setUp('reading: reorg')
    const real = chain.blockAt.bind(chain)
    let lied = false
    Object.assign(chain, {
      blockAt: async (height: number) => {
        const block = await real(height)
        if (height !== 104 || lied || !block.ok) return block
        lied = true
        return { ok: true, value: { ...block.value, hash: 'ff'.repeat(32), transactions: blocks.get(1)!.transactions } }
      },
    })
    must(fresh.reading.start(1))
    await fresh.reading.tend()
    expect(lied).toBe(true)
    expect(fresh.reading.view()).toMatchObject({ state: 'done' })
    const { height } = node.tip()
    const before = fresh.holdings()
    storage.transact(fresh.onReorg({ height: height - 1, hash: blocks.get(height - 1)!.hash }))
    // The block of the payments is gone, and with it the reserved key.
    expect(fresh.holdings().reserved.total).toBe(0)
    storage.transact(fresh.onBlock(blocks.get(height)!))
    expect(fresh.holdings()).toEqual(before)
  })

  it('ends when it is told to, and refuses a height that is not there', async () => {
    const { fresh, node } = await setUp('reading: ends')
    expect(fresh.reading.start(node.tip().height + 1)).toMatchObject({ error: { code: 'wallet.height' } })
    expect(fresh.reading.stop()).toBeNull()
    must(fresh.reading.start(1))
    expect(fresh.reading.stop()).toMatchObject({ state: 'cancelled' })
    await fresh.reading.tend()
    expect(fresh.reading.view()).toMatchObject({ state: 'cancelled' })
  })
})
