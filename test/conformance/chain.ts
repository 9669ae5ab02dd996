/** What every chain adapter does, whichever node is behind it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ChainControl, ChainEvent, ChainPort } from '../../main/core/ports.ts'
import { toHex } from '../../roles/protocol/bytes.ts'
import { must } from '../../roles/protocol/result.ts'
import type { Failure } from '../../roles/protocol/result.ts'
import { opReturn, txid, type TransactionOutput } from '../../roles/protocol/tx/index.ts'
import { createActor } from './chain-actor.ts'
import type { ActorCoin, SpendOptions } from './chain-actor.ts'
import { waitFor } from '../../main/hosts/headless/network/patience.ts'

export interface ChainUnderTest {
  chain: ChainPort & { control: ChainControl }
  stop(): Promise<void>
  /** Makes the node unreachable and reachable again, where the start knows how. */
  outage?: () => Promise<() => Promise<void>>
}

/** The node's own error number and reason, so that nodes can be held against each other. */
const fault = (error: Failure) => ({
  code: error.code,
  rpc: error.details?.rpcCode,
  reason: /^[\w -]+/.exec(String(error.details?.rpcMessage))?.[0].trim(),
})

const alice = createActor(11)
const bob = createActor(12)
const fee = 1_000n

/** Runs the suite; `start` gives a fresh regtest chain with nothing but genesis. */
export function chainConformance(name: string, start: () => Promise<ChainUnderTest>): void {
  describe(`chain conformance: ${name}`, () => {
    let node: ChainUnderTest
    let coins: ActorCoin[]
    const coinsOf = async (script: Uint8Array) => must(await node.chain.unspent([script])).coins

    beforeAll(async () => {
      node = await start()
      must(await node.chain.control.mine(30, alice.script))
      must(await node.chain.control.mine(100, bob.script))
      coins = (await coinsOf(alice.script)).sort((a, b) => a.height - b.height)
    })
    afterAll(() => node.stop())

    const takeCoin = (): ActorCoin => {
      const coin = coins.shift()
      if (!coin) throw new Error('the suite ran out of coins')
      return coin
    }
    const send = (raw: Uint8Array) => node.chain.broadcast(raw)
    const mine = async (count = 1, script = bob.script) => must(await node.chain.control.mine(count, script))
    const refusal = async (raw: Uint8Array) => {
      const result = await send(raw)
      if (result.ok) throw new Error('the node accepted what it should refuse')
      return fault(result.error)
    }
    const pay = (coin: ActorCoin, outputs: TransactionOutput[], options?: SpendOptions) => alice.spend([coin], outputs, options)
    const payAll = (coin: ActorCoin, options?: SpendOptions & { fee?: bigint }) =>
      pay(coin, [{ script: bob.script, value: coin.value - (options?.fee ?? fee) }], options)

    it('finds coins by script', async () => {
      const [first] = await coinsOf(alice.script)
      const [txid, script] = [expect.stringMatching(/^[0-9a-f]{64}$/), toHex(alice.script)]
      expect(first).toEqual({ txid, vout: 0, value: 5_000_000_000n, script, height: expect.any(Number), coinbase: true })
      expect(await coinsOf(createActor(99).script)).toEqual([])
      const both = must(await node.chain.unspent([alice.script, createActor(99).script, bob.script]))
      expect([both.tip, both.coins.length]).toEqual([must(await node.chain.tip()), 130])
    })

    it('takes a valid transaction into the mempool and then into a block', async () => {
      const sent = payAll(takeCoin())
      expect(must(await send(sent.raw))).toEqual({ txid: sent.txid })
      expect(must(await node.chain.mempool()).map((one) => one.txid)).toContain(sent.txid)
      expect(must(await node.chain.mempoolTransaction(sent.txid))?.raw).toEqual(sent.raw)
      const [ref] = await mine()
      const block = must(await node.chain.blockAt(ref!.height))
      expect(block.hash).toBe(ref!.hash)
      expect(block.transactions.map((raw) => must(txid(raw)))).toContain(sent.txid)
      expect(must(await node.chain.mempoolTransaction(sent.txid))).toBeNull()
    })

    it('calls it a success to send again what is in the mempool or in a block; once that is spent, only the blocks know of it', async () => {
      const coin = takeCoin()
      const first = pay(coin, [{ script: alice.script, value: coin.value - fee }])
      for (const round of ['fresh', 'in the mempool']) expect(must(await send(first.raw)), round).toEqual({ txid: first.txid })
      await mine()
      expect(must(await send(first.raw)), 'in a block').toEqual({ txid: first.txid })
      must(await send(payAll({ txid: first.txid, vout: 0, value: coin.value - fee }).raw))
      await mine()
      expect(await refusal(first.raw), 'in a block and spent').toMatchObject({ code: 'chain.inputs-missing' })
    })

    it('refuses a coin that does not exist and one that was spent in a block', async () => {
      const missing = { code: 'chain.inputs-missing', rpc: -25, reason: 'bad-txns-inputs-missingorspent' }
      expect(await refusal(payAll({ txid: 'ab'.repeat(32), vout: 0, value: 100_000n }).raw)).toEqual(missing)
      const coin = takeCoin()
      must(await send(payAll(coin).raw))
      await mine()
      expect(await refusal(payAll(coin, { fee: 5_000n }).raw)).toEqual(missing)
    })

    it('refuses a signature by the wrong key', async () => {
      expect(await refusal(payAll(takeCoin(), { badSignature: true }).raw)).toMatchObject({ code: 'chain.script', rpc: -26 })
    })

    it('takes every defined hash type of a taproot signature and refuses the others', async () => {
      for (const type of [1, 2, 3, 0x81, 0x82, 0x83]) {
        const coin = takeCoin()
        must(await send(alice.spendTyped([coin], [{ script: alice.script, value: coin.value - fee }], type)))
      }
      await mine()
      const coin = takeCoin()
      for (const type of [0, 4, 0x80]) {
        expect(
          await refusal(alice.spendTyped([coin], [{ script: alice.script, value: coin.value - fee }], type)),
          `type ${type}`,
        ).toMatchObject({ code: 'chain.script', rpc: -26 })
      }
      coins.push(coin)
    })

    it('checks P2WPKH coins: amount, key and canonical signature', async () => {
      const coin = takeCoin()
      const funding = pay(coin, [{ script: alice.wpkhScript, value: coin.value - fee }])
      must(await send(funding.raw))
      const wpkh = { txid: funding.txid, vout: 0, value: coin.value - fee }
      const outputs = [{ script: bob.script, value: wpkh.value - fee }]
      for (const flaw of ['signature', 'key', 'high-s'] as const)
        expect(await refusal(alice.spendWpkh(wpkh, outputs, flaw)), flaw).toMatchObject({ code: 'chain.script', rpc: -26 })
      must(await send(alice.spendWpkh(wpkh, outputs)))
      await mine()
    })

    it('refuses outputs that exceed the inputs', async () => {
      const coin = takeCoin()
      const claim = { ...coin, value: coin.value * 2n }
      expect(await refusal(pay(claim, [{ script: bob.script, value: coin.value + 1n }]).raw)).toMatchObject({
        code: 'chain.rejected',
        rpc: -26,
        reason: 'bad-txns-in-belowout',
      })
    })

    it('refuses an output one sat below the dust limit and takes one at it', async () => {
      const coin = takeCoin()
      const withDust = (value: bigint) =>
        pay(coin, [
          { script: bob.script, value },
          { script: alice.script, value: coin.value - value - fee },
        ]).raw
      expect(await refusal(withDust(329n))).toEqual({ code: 'chain.dust', rpc: -26, reason: expect.stringMatching(/^dust/) })
      must(await send(withDust(330n)))
    })

    it('relays 80 bytes of data, but neither 81 nor two data outputs', async () => {
      const coin = takeCoin()
      const withScripts = (...scripts: Uint8Array[]) =>
        pay(coin, [...scripts.map((script) => ({ script, value: 0n })), { script: alice.script, value: coin.value - fee }]).raw
      const long = Uint8Array.of(0x6a, 0x4c, 81, ...new Uint8Array(81))
      expect(await refusal(withScripts(long))).toMatchObject({ code: 'chain.policy', rpc: -26 })
      const small = must(opReturn(new Uint8Array(8)))
      expect(await refusal(withScripts(small, small))).toMatchObject({ code: 'chain.policy', rpc: -26, reason: 'multi-op-return' })
      must(await send(withScripts(must(opReturn(new Uint8Array(80))))))
    })

    it('refuses less than one sat per vbyte', async () => {
      const coin = takeCoin()
      const { vsize } = payAll(coin)
      expect(await refusal(payAll(coin, { fee: BigInt(vsize - 1) }).raw)).toEqual({
        code: 'chain.fee-low',
        rpc: -26,
        reason: 'min relay fee not met',
      })
      must(await send(payAll(coin, { fee: BigInt(vsize) }).raw))
    })

    it('refuses an implausible fee', async () => {
      expect(await refusal(payAll(takeCoin(), { fee: 50_000_000n }).raw)).toMatchObject({ code: 'chain.fee-high', rpc: -25 })
    })

    it('refuses a coinbase before a hundred blocks have passed', async () => {
      const [ref] = await mine(1, alice.script)
      const coin = (await coinsOf(alice.script)).find((one) => one.height === ref!.height)
      expect(await refusal(payAll(coin!).raw)).toEqual({
        code: 'chain.too-early',
        rpc: -26,
        reason: 'bad-txns-premature-spend-of-coinbase',
      })
    })

    it('holds back a lock time and a relative lock until their block', async () => {
      const [byHeight, byAge] = [takeCoin(), takeCoin()]
      const { height } = must(await node.chain.tip())
      const locked = payAll(byHeight, { lockTime: height + 1 }).raw
      expect(await refusal(locked)).toEqual({ code: 'chain.too-early', rpc: -26, reason: 'non-final' })
      const parent = pay(byAge, [{ script: alice.script, value: byAge.value - fee }])
      must(await send(parent.raw))
      const child = payAll({ txid: parent.txid, vout: 0, value: byAge.value - fee }, { sequence: 2 }).raw
      expect(await refusal(child)).toEqual({ code: 'chain.too-early', rpc: -26, reason: 'non-BIP68-final' })
      await mine()
      must(await send(locked))
      expect(await refusal(child)).toMatchObject({ reason: 'non-BIP68-final' })
      await mine()
      must(await send(child))
    })

    it('replaces an unconfirmed transaction only by one that pays enough more', async () => {
      const coin = takeCoin()
      const first = payAll(coin, { fee: 1_000n })
      must(await send(first.raw))
      const tooLittle = { code: 'chain.replacement', rpc: -26, reason: 'insufficient fee' }
      expect(await refusal(payAll(coin, { fee: 999n }).raw)).toEqual(tooLittle)
      expect(await refusal(payAll(coin, { fee: 1_000n + BigInt(first.vsize) - 1n }).raw)).toEqual(tooLittle)
      const second = payAll(coin, { fee: 1_000n + BigInt(first.vsize) })
      must(await send(second.raw))
      const held = must(await node.chain.mempool()).map((one) => one.txid)
      expect([held.includes(first.txid), held.includes(second.txid)]).toEqual([false, true])
    })

    it('keeps at most 25 unconfirmed transactions in a row', async () => {
      await mine()
      let coin = takeCoin()
      for (let depth = 0; depth < 25; depth++) {
        const next = pay(coin, [{ script: alice.script, value: coin.value - fee }])
        must(await send(next.raw))
        coin = { txid: next.txid, vout: 0, value: coin.value - fee }
      }
      expect(await refusal(payAll(coin).raw)).toMatchObject({ code: 'chain.long-chain', rpc: -26 })
      await mine()
    })

    it('estimates a fee between the relay minimum and reason', async () => {
      const { rate, floor, increment } = must(await node.chain.fees(2))
      expect([floor, increment, rate >= floor, rate < 1_000]).toEqual([1, 1, true, true])
    })

    it('says beforehand what it would answer, and nobody hears of what it was asked', async () => {
      const coin = takeCoin()
      const good = payAll(coin)
      expect(must(await node.chain.test(good.raw))).toEqual({ vsize: good.vsize })
      expect(must(await node.chain.mempoolTransaction(good.txid))).toBeNull()
      const bad: Array<[string, Uint8Array]> = [
        ['chain.fee-low', payAll(coin, { fee: BigInt(good.vsize - 1) }).raw],
        ['chain.fee-high', payAll(coin, { fee: 50_000_000n }).raw],
        ['chain.script', payAll(coin, { badSignature: true }).raw],
        ['chain.inputs-missing', payAll({ txid: 'ab'.repeat(32), vout: 0, value: 100_000n }).raw],
        ['chain.too-early', payAll(coin, { lockTime: 1_000_000 }).raw],
        [
          'chain.dust',
          pay(coin, [
            { script: bob.script, value: 100n },
            { script: bob.script, value: coin.value - 1_100n },
          ]).raw,
        ],
      ]
      for (const [code, raw] of bad) expect(await node.chain.test(raw)).toMatchObject({ ok: false, error: { code } })
      must(await send(good.raw))
    })

    it('takes a package of a parent and its child, safe to repeat, but no parent below the relay fee, and no other order', async () => {
      const coin = takeCoin()
      const free = pay(coin, [{ script: alice.script, value: coin.value }])
      const childOf = (txid: string, value: bigint, paid: bigint) => payAll({ txid, vout: 0, value }, { fee: paid }).raw
      const poor = { ok: false, error: { code: 'chain.fee-low', retryable: true } }
      expect(await node.chain.broadcastPackage([free.raw, childOf(free.txid, coin.value, 2_000n)])).toMatchObject(poor)
      const parent = pay(coin, [{ script: alice.script, value: coin.value - 200n }])
      const child = childOf(parent.txid, coin.value - 200n, 2_000n)
      for (const round of ['fresh', 'again'])
        expect(await node.chain.broadcastPackage([parent.raw, child]), round).toEqual({ ok: true, value: null })
      const held = must(await node.chain.mempool()).map((one) => one.txid)
      expect([held.includes(parent.txid), held.includes(must(txid(child)))]).toEqual([true, true])
      expect(await node.chain.broadcastPackage([child, parent.raw])).toMatchObject({ ok: false })
      await mine()
    })

    it('says that a height above the tip may come later', async () => {
      const { height } = must(await node.chain.tip())
      expect(await node.chain.blockAt(height + 5)).toMatchObject({ ok: false, error: { code: 'chain.height', retryable: true } })
    })

    it('refuses bytes that are no transaction', async () => {
      expect(await send(Uint8Array.of(1, 2, 3))).toMatchObject({ ok: false, error: { code: 'tx.parse' } })
    })

    it('follows blocks in order, and a reorganisation of three blocks with its fork point', async () => {
      const fork = must(await node.chain.tip())
      const coin = takeCoin()
      const events: ChainEvent[] = []
      let running = 0
      const stop = node.chain.follow([fork], async (event) => {
        expect(++running, 'handlers run one at a time').toBe(1)
        await new Promise((resolve) => setTimeout(resolve, 5))
        events.push(event)
        running--
      })
      const sent = payAll(coin)
      must(await send(sent.raw))
      const old = await mine(3)
      await heard(events, 3)
      must(await node.chain.control.invalidate(old[0]!.hash))
      await heard(events, 4)
      expect(
        must(await node.chain.mempool()).map((one) => one.txid),
        'the transaction of a block undone waits again',
      ).toContain(sent.txid)
      const rival = await mine(4, alice.script)
      await heard(events, 8)
      await stop()
      expect(summary(events)).toEqual([...old.map(blockEvent), { type: 'reorg', fork, gone: old.toReversed() }, ...rival.map(blockEvent)])
      expect(must(await node.chain.tip())).toEqual(rival[3])
    })

    it('starts with a reorg event when the last block known is gone', async () => {
      const fork = must(await node.chain.tip())
      const old = await mine(2)
      must(await node.chain.control.invalidate(old[0]!.hash))
      const rival = await mine(3, alice.script)
      const events: ChainEvent[] = []
      const stop = node.chain.follow([old[1]!], async (event) => void events.push(event))
      await heard(events, 4)
      await stop()
      expect(summary(events)).toEqual([{ type: 'reorg', fork, gone: old.toReversed() }, ...rival.map(blockEvent)])
    })

    it('delivers an event again when its handler failed', async () => {
      const from = must(await node.chain.tip())
      const heights: number[] = []
      const stop = node.chain.follow([from], async (event) => {
        if (event.type === 'block') heights.push(event.block.height)
        if (heights.length === 1) throw new Error('the disk is full')
      })
      await mine(2)
      await heard(heights, 3)
      await stop()
      expect(heights).toEqual([from.height + 1, from.height + 1, from.height + 2])
    })

    it('says when the node is away and when it is back, and misses no block', async ({ skip }) => {
      if (!node.outage) return skip('this start cannot take its node away')
      const from = must(await node.chain.tip())
      const events: ChainEvent[] = []
      const stop = node.chain.follow([from], async (event) => void events.push(event))
      const told = (available: boolean) => events.some((event) => event.type === 'availability' && event.available === available)
      const moved = () => events.length
      const restore = await node.outage()
      await waitFor('its absence', () => told(false), { moved })
      await restore()
      await waitFor('its return', () => told(true), { moved })
      const made = await mine(1)
      await waitFor('its block', () => events.some(({ type }) => type === 'block'), { moved })
      await stop()
      // It may say in several words why it is away: a node that starts answers before it is of use.
      const before = events.findIndex((event) => event.type === 'availability' && event.available)
      expect(before).toBeGreaterThan(0)
      expect(events.slice(0, before).every((event) => event.type === 'availability' && !event.available)).toBe(true)
      expect(summary(events.slice(before - 1))).toEqual([
        { type: 'availability', available: false, reason: expect.stringContaining('node') },
        { type: 'availability', available: true },
        ...made.map(blockEvent),
      ])
    })
  })
}

/** As long as more comes: `all` is what came so far. */
const heard = (all: unknown[], count: number) => waitFor(`${count} events`, () => all.length >= count, { moved: () => all.length })

const blockEvent = ({ height, hash }: { height: number; hash: string }) => ({ type: 'block', height, hash })

const summary = (events: ChainEvent[]) => events.map((event) => (event.type === 'block' ? blockEvent(event.block) : event))
