/** A person's payments: shown first, paid as they were shown, once; and what is refused, with the numbers. */
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../roles/protocol/bytes.ts'
import { must } from '../../../roles/protocol/result.ts'
import { addressOfScript, p2trScript, parseTransaction } from '../../../roles/protocol/tx/index.ts'
import { createWalletKeeper } from '../../../main/core/wallet/keeper.ts'
import { crypto } from '../../roles/supervisor/actors.ts'
import { makeWallet } from './service.ts'

const BLOCK = 5_000_000_000
const log = { log: () => undefined }
const noTitle = () => null

async function setUp(seed: string) {
  const world = await makeWallet(seed)
  const to = must(addressOfScript(world.other, 'regtest'))
  const ask = { to, amount: 1_000_000, feeRate: null, dry: true } as const
  const shown = must(await world.wallet.send(ask))
  return { ...world, to, ask, shown, paid: { ...ask, feeRate: shown.feeRate, dry: false, plan: shown.plan } }
}

describe('a payment of a person', () => {
  it('is shown with inputs, outputs, fee and what remains, which changes nothing', async () => {
    const { wallet, shown, to, storage } = await setUp('sending: shown')
    expect(shown.inputs).toEqual([
      { outpoint: expect.any(String) as unknown, value: BLOCK, address: expect.stringMatching(/^bcrt1p/) as unknown },
    ])
    // One key-path input, two P2TR outputs: 10.5 + 57.5 + 2 × 43 vbytes, at 2 sat/vB.
    expect({ vsize: shown.vsize, fee: shown.fee, feeRate: shown.feeRate }).toEqual({ vsize: 154, fee: 308, feeRate: 2 })
    expect(shown.outputs).toEqual([
      { address: to, value: 1_000_000, purpose: 'payment' },
      { address: expect.any(String) as unknown, value: BLOCK - 1_000_000 - 308, purpose: 'change' },
    ])
    expect(shown.remains).toBe(BLOCK - 1_000_000 - 308)
    expect(shown.txid).toBeUndefined()
    expect(wallet.holdings()).toMatchObject({ confirmed: BLOCK, spendable: BLOCK, leaving: 0 })
    expect(storage.list('wallet-sent')).toEqual([])
  })

  it('pays exactly that, and once, however often it is repeated and wherever it was stopped', async () => {
    const { wallet, shown, paid, sent, open, storage, mine, other } = await setUp('sending: once')
    const done = must(await wallet.send(paid))
    const made = must(parseTransaction(sent.at(-1)!))
    expect(made.outs.map(({ value }) => Number(value))).toEqual(shown.outputs.map(({ value }) => value))
    expect(done.txid).toBe(made.getId())
    expect(wallet.holdings()).toMatchObject({ confirmed: 0, unconfirmed: shown.remains, leaving: BLOCK, spendable: shown.remains })
    expect(must(await wallet.send(paid))).toEqual({ ...done, repeated: true })
    // Another process, from what is on the disk.
    expect(must(await open().send(paid))).toMatchObject({ txid: done.txid, repeated: true })
    await mine(other)
    expect(must(await wallet.send(paid))).toMatchObject({ txid: done.txid, repeated: true })
    expect(storage.list('wallet-sent')).toHaveLength(1)
    expect(await wallet.send({ ...paid, amount: 2_000 })).toMatchObject({ error: { code: 'wallet.key-used' } })
  })

  it('is paid once where the process dies at any of its writes', async () => {
    for (let dies = 1; dies <= 5; dies++) {
      const { wallet: _wallet, paid, storage, chain, random, identity, node } = await setUp(`sending: dies ${dies}`)
      let left = dies
      const dying = {
        ...storage,
        transact: (...args: Parameters<typeof storage.transact>) => {
          if (--left === 0) throw new Error('SIGKILL')
          storage.transact(...args)
        },
      }
      const before = createWalletKeeper({ crypto, storage: dying, chain, random, log, identity })
      const first = await before.send(paid).catch((error: Error) => error.message)
      const after = createWalletKeeper({ crypto, storage, chain, random, log, identity })
      const again = must(await after.send(paid))
      expect(again.txid, `${dies}: ${JSON.stringify(first)}`).toBeDefined()
      await after.tend()
      expect(
        node.mempool.list().map((one) => one.txid),
        String(dies),
      ).toEqual([again.txid])
    }
  })

  it('is refused where coins changed since it was shown, and takes the numbers that hold now', async () => {
    const { wallet, paid, own, mine, ask, sent, other } = await setUp('sending: changed')
    const others = must(await wallet.send({ ...ask, dry: false, key: 'another', amount: 5_000 }))
    expect(await wallet.send(paid)).toMatchObject({ ok: false, error: { code: 'wallet.plan-changed', retryable: true } })
    expect(sent).toHaveLength(1)
    expect(others.txid).toBeDefined()
    await mine(own)
    await mine(other)
    const shown = must(await wallet.send(ask))
    must(await wallet.send({ ...ask, feeRate: shown.feeRate, dry: false, plan: shown.plan }))
    expect(sent).toHaveLength(2)
  })

  it('needs a name: its plan, or a key of its own', async () => {
    const { wallet, ask, sent } = await setUp('sending: named')
    expect(await wallet.send({ ...ask, dry: false })).toMatchObject({ error: { code: 'wallet.unnamed' } })
    const both = await Promise.all([wallet.send({ ...ask, dry: false, key: 'rent' }), wallet.send({ ...ask, dry: false, key: 'rent' })])
    expect(both.map((one) => must(one).repeated)).toEqual([undefined, true])
    expect(sent.length).toBeLessThanOrEqual(2)
    expect(new Set(sent.map((raw) => must(parseTransaction(raw)).getId())).size).toBe(1)
  })

  it('of everything leaves nothing but what is reserved', async () => {
    const { wallet, ask, mine, other, to, identity, node } = await setUp('sending: all')
    const key = wallet.watchKey({ purpose: 'data', app: 'ab'.repeat(32), index: 0 }, 'key')
    must(await wallet.pay({ outputs: [{ key: fromHex(key.publicKey) }], spendFromKeys: [], record: () => [] }))
    await mine(other)
    const all = { ...ask, amount: 'all' as const }
    const shown = must(await wallet.send(all))
    expect(shown.outputs).toEqual([{ address: to, value: shown.amount, purpose: 'payment' }])
    expect(shown.remains).toBe(0)
    must(await wallet.send({ ...all, feeRate: shown.feeRate, dry: false, plan: shown.plan }))
    await mine(other)
    expect(wallet.holdings()).toMatchObject({
      confirmed: 0,
      unconfirmed: 0,
      spendable: 0,
      reserved: { total: 330, keys: { sats: 330, coins: 1 } },
    })
    expect(identity.key({ purpose: 'data', app: 'ab'.repeat(32), index: 0 }).publicKey).toBe(key.publicKey)
    expect(await wallet.send(all)).toMatchObject({ error: { code: 'wallet.funds-short' } })
    expect(node.mempool.list()).toEqual([])
  })

  it('is refused, with the numbers, for another network, dust, too much, and fees', async () => {
    const { wallet, ask, estimate, other } = await setUp('sending: refused')
    const refusal = async (more: object) => {
      const answer = await wallet.send({ ...ask, ...more })
      return answer.ok ? answer.value : answer.error
    }
    const mainnet = must(addressOfScript(other, 'mainnet'))
    expect(await refusal({ to: mainnet })).toMatchObject({
      code: 'tx.address',
      message: `«${mainnet}» is an address on mainnet, and this node is on regtest. Give an address on regtest, which begins with bcrt1.`,
    })
    const test = must(addressOfScript(other, 'signet'))
    expect(await refusal({ to: test })).toMatchObject({
      code: 'tx.address',
      message: `«${test}» is an address on signet or testnet4, and this node is on regtest. Give an address on regtest, which begins with bcrt1.`,
    })
    expect(await refusal({ to: 'nonsense' })).toMatchObject({
      code: 'tx.address',
      message:
        '«nonsense» is no bitcoin address: a character of it is wrong or missing. Give an address on regtest, which begins with bcrt1.',
    })
    expect(await refusal({ amount: 329 })).toMatchObject({ code: 'wallet.dust', details: { least: 330 } })
    expect(await refusal({ amount: BLOCK })).toMatchObject({ code: 'wallet.funds-short', details: { missing: 222, spendable: BLOCK } })
    expect(await refusal({ feeRate: 0.5 })).toMatchObject({ code: 'chain.fee-low', details: { floor: 1 } })
    expect(await refusal({ feeRate: 1_001 })).toMatchObject({ code: 'wallet.fee-rate' })
    estimate.rate = 500
    expect(await refusal({ amount: 1_000 })).toMatchObject({ code: 'wallet.fee-much', details: { fee: 77_000 } })
    expect(await refusal({ amount: 1_000, feeRate: 500 })).toMatchObject({ fee: 77_000 })
  })
})

describe('the history of a wallet', () => {
  it('says what each transaction was, newest first, page by page', async () => {
    const { wallet, paid, mine, own, other } = await setUp('history: pages')
    must(await wallet.send(paid))
    const pending = wallet.history({ limit: 1, before: null }, noTitle)
    expect(pending.entries).toMatchObject([
      { height: null, confirmations: 0, amount: -1_000_308, fee: 308, kind: 'sent', purpose: 'payment sent', state: 'mempool' },
    ])
    await mine(other)
    for (let at = 0; at < 12; at++) await mine(own)
    const all = wallet.history({ limit: 100, before: null }, noTitle)
    expect(all.next).toBeNull()
    expect(all.entries.map(({ purpose }) => purpose)).toEqual([
      ...Array.from({ length: 12 }, () => 'payment received'),
      'payment sent',
      'payment received',
    ])
    expect(all.entries[12]).toMatchObject({ confirmations: 13, amount: -1_000_308, fee: 308, state: 'confirmed' })
    expect(all.entries.reduce((sum, { amount }) => sum + amount, 0)).toBe(wallet.holdings().confirmed + wallet.holdings().immature)
    const read: string[] = []
    for (let before: string | null = null, pages = 0; pages < 10; pages++) {
      const page = wallet.history({ limit: 3, before }, noTitle)
      read.push(...page.entries.map(({ txid }) => txid))
      before = page.next
      if (before === null) break
    }
    expect(read).toEqual(all.entries.map(({ txid }) => txid))
  })

  it('takes back what a reorganisation takes, and has it once where a block is delivered twice', async () => {
    const { wallet, paid, mine, other, storage, blocks, node } = await setUp('history: reorg')
    must(await wallet.send(paid))
    await mine(other)
    const { height } = node.tip()
    const before = wallet.history({ limit: 10, before: null }, noTitle)
    storage.transact(wallet.onBlock(blocks.get(height)!))
    expect(wallet.history({ limit: 10, before: null }, noTitle)).toEqual(before)
    storage.transact(wallet.onReorg({ height: height - 1, hash: blocks.get(height - 1)!.hash }))
    expect(wallet.history({ limit: 10, before: null }, noTitle).entries.map(({ height: at, purpose }) => [at, purpose])).toEqual([
      [null, 'payment sent'],
      [1, 'payment received'],
    ])
    storage.transact(wallet.onBlock(blocks.get(height)!))
    expect(wallet.history({ limit: 10, before: null }, noTitle)).toEqual(before)
  })
})

describe('addresses', () => {
  it('are new ones after each receipt, twenty ahead, and found by the phrase alone', async () => {
    const { wallet, mine, other, chain, random, identity, storage, node } = await setUp('addresses')
    const seen: string[] = []
    for (let at = 0; at < 25; at++) {
      const address = must(wallet.receiveAddress())
      const key = identity.key({ purpose: 'coins', account: 0, change: 0, index: at + 1 })
      const script = must(p2trScript(fromHex(key.publicKey)))
      expect(address).toBe(must(addressOfScript(script, 'regtest')))
      seen.push(address)
      await mine(script)
    }
    expect(new Set(seen).size).toBe(25)
    await mine(other)
    const rows = new Map<string, never>()
    const fresh = {
      ...storage,
      get: (table: string, row: string) => rows.get(`${table}/${row}`),
      list: () => [],
      transact: (writes: Array<{ table: string; key: string; value?: unknown }>) => {
        for (const { table, key, value } of writes) rows.set(`${table}/${key}`, value as never)
      },
    } as unknown as typeof storage
    const restored = createWalletKeeper({ crypto, storage: fresh, chain, random, log, identity })
    for (let height = 1; height <= node.tip().height; height++) fresh.transact(restored.onBlock(must(await chain.blockAt(height))))
    expect(restored.holdings()).toEqual(wallet.holdings())
    expect(must(restored.receiveAddress())).toBe(must(wallet.receiveAddress()))
  })
})
