/** What a node with other options than the defaults does, by bitcoind's names; each test has a fresh node. */
import { afterEach, describe, expect, it } from 'vitest'
import { must } from '../../roles/protocol/result.ts'
import { opReturn } from '../../roles/protocol/tx/index.ts'
import type { ChainUnderTest } from './chain.ts'
import { createActor, type ActorCoin } from './chain-actor.ts'

/** As in the embedded node's policy, with `maxMempool` in units that both reckon about alike. */
export interface PolicyUnderTest {
  blocksOnly?: true
  dataCarrierSize?: number
  /** Sat per vbyte. */
  minRelayRate?: number
  /** Sat per 1,000 vbytes. */
  dustRate?: number
  /** Megabytes, 5 or more. */
  maxMempool?: number
}

const alice = createActor(13)
const bob = createActor(14)

export function chainPolicyConformance(name: string, start: (policy: PolicyUnderTest) => Promise<ChainUnderTest>): void {
  describe(`chain policy: ${name}`, () => {
    let node: ChainUnderTest | undefined
    afterEach(async () => {
      await node?.stop()
      node = undefined
    })
    const open = async (policy: PolicyUnderTest, coins = 1) => {
      node = await start(policy)
      const { chain } = node
      must(await chain.control.mine(coins, alice.script))
      must(await chain.control.mine(100, bob.script))
      return { chain, coins: must(await chain.unspent([alice.script])).coins as ActorCoin[] }
    }
    /** A payment with a data output of so many bytes, as Golem makes them. */
    const anchored = ({ value, ...coin }: ActorCoin, bytes: number, fee = 1_000n, dust = 330n) =>
      alice.spend(
        [{ value, ...coin }],
        [
          { script: must(opReturn(new Uint8Array(bytes))), value: 0n },
          { script: bob.script, value: dust },
          { script: alice.script, value: value - fee - dust },
        ],
      )

    it('-blocksonly=1 estimates nothing and still says what it asks at least', async () => {
      const { chain, coins } = await open({ blocksOnly: true })
      expect(must(await chain.fees(3))).toEqual({
        rate: 1,
        floor: 1,
        increment: 1,
        without: expect.stringContaining('Fee estimation disabled'),
      })
      must(await chain.broadcast(anchored(coins[0]!, 55).raw))
    })

    for (const size of [42, 0]) {
      it(`${size === 0 ? '-datacarrier=0' : `-datacarriersize=${size}`} is named where a data output is larger, before and while it is sent`, async () => {
        const { chain, coins } = await open({ dataCarrierSize: size })
        const refused = {
          ok: false,
          error: { code: 'chain.policy', retryable: true, message: expect.stringMatching(/57 bytes.*-datacarrier=1.*-datacarriersize=83/) },
        }
        expect(await chain.test(anchored(coins[0]!, 55).raw)).toMatchObject(refused)
        expect(await chain.broadcast(anchored(coins[0]!, 55).raw)).toMatchObject(refused)
        if (size > 0) must(await chain.broadcast(anchored(coins[0]!, size - 2).raw))
      })
    }

    it('-minrelaytxfee=0.0005 is the floor of what fees it names, and less is refused with the sats that it needs', async () => {
      const { chain, coins } = await open({ minRelayRate: 50 })
      expect(must(await chain.fees(3))).toMatchObject({ rate: 50, floor: 50, increment: 1 })
      const poor = anchored(coins[0]!, 55, 2_000n)
      const error = { code: 'chain.fee-low', details: { needed: poor.vsize * 50 }, message: expect.stringContaining('-minrelaytxfee') }
      expect(await chain.test(poor.raw)).toMatchObject({ ok: false, error })
      expect(await chain.broadcast(poor.raw)).toMatchObject({ ok: false, error })
      must(await chain.broadcast(anchored(coins[0]!, 55, BigInt(poor.vsize * 50)).raw))
    })

    it('-dustrelayfee=0.0003 refuses 330 sats to a key and takes 3300', async () => {
      const { chain, coins } = await open({ dustRate: 30_000 })
      const error = { code: 'chain.dust', retryable: true, message: expect.stringContaining('-dustrelayfee') }
      expect(await chain.test(anchored(coins[0]!, 55).raw)).toMatchObject({ ok: false, error })
      must(await chain.broadcast(anchored(coins[0]!, 55, 1_000n, 3_300n).raw))
    })

    it('-maxmempool=5 that is full evicts what pays least with its child, asks for more from then on, and takes them back when the child pays', async () => {
      const { chain, coins } = await open({ maxMempool: 5 }, 62)
      const coin = coins.shift()!
      const [parent, value] = [alice.spend([coin], [{ script: alice.script, value: coin.value - 300n }]), coin.value - 300n]
      const child = (fee: bigint) => anchored({ txid: parent.txid, vout: 0, value }, 55, fee)
      must(await chain.broadcast(parent.raw))
      must(await chain.broadcast(child(300n).raw))
      for (let full = false; !full;) {
        const next = coins.shift()!
        const outputs = Array.from({ length: 2_200 }, () => ({ script: bob.script, value: 1_000n }))
        const filling = alice.spend([next], [...outputs, { script: alice.script, value: next.value - 2_200_000n - 20n * 94_713n }])
        full = !(await chain.broadcast(filling.raw)).ok
      }
      expect(must(await chain.mempoolTransaction(parent.txid))).toBeNull()
      const { floor } = must(await chain.fees(3))
      expect(floor).toBeGreaterThan(20)
      expect(await chain.broadcast(parent.raw)).toMatchObject({
        ok: false,
        error: { code: 'chain.fee-low', retryable: true, message: expect.stringContaining('-maxmempool') },
      })
      expect(await chain.broadcast(child(300n).raw)).toMatchObject({ ok: false, error: { code: 'chain.inputs-missing', retryable: true } })
      expect(await chain.broadcastPackage([parent.raw, child(300n).raw])).toMatchObject({ ok: false, error: { code: 'chain.fee-low' } })
      must(await chain.broadcastPackage([parent.raw, child(BigInt(Math.ceil(2 * floor * 350))).raw]))
      expect(must(await chain.mempoolTransaction(parent.txid))).not.toBeNull()
    })
  })
}
