import { describe, expect, it } from 'vitest'
import { createRpcChain } from '../../../main/adapters/chain/index.ts'
import { addPending, applyBlock, balance, bumpFee, composePayment, createWallet, undoTo, watch } from '../../../main/core/wallet/index.ts'
import type { Composition } from '../../../main/core/wallet/index.ts'
import { fromHex, toHex } from '../../../roles/protocol/bytes.ts'
import { must } from '../../../roles/protocol/result.ts'
import { anchorScript, anchorsIn } from '../../../roles/protocol/tx/index.ts'
import { bitcoindAvailable, startBitcoind } from '../../tools/bitcoind.ts'
import { scripts, signComposition } from './stage.ts'

const real = bitcoindAvailable()
const anchor = { type: 'update' as const, sha256: 'ab'.repeat(32), infohash: 'cd'.repeat(20) }

describe.skipIf(!real.command)(`the wallet on a real bitcoind${real.command ? '' : `: ${real.missing}`}`, () => {
  it('follows the chain, anchors from an identity, chains its change, bumps, and survives a reorganisation', async () => {
    const bitcoind = await startBitcoind()
    const { url, user, password } = bitcoind
    const chain = createRpcChain({ url, user, password, network: 'regtest', pollMs: 10, log: { log: () => undefined } })
    const genesis = must(await chain.tip())
    let wallet = watch(createWallet(genesis), [
      { script: scripts.receive, purpose: 'receive', key: '1' },
      { script: scripts.change, purpose: 'change', key: '2' },
      { script: scripts.identity, purpose: 'identity', key: '3' },
    ])
    const stop = chain.follow([genesis], async (event) => {
      if (event.type === 'block') wallet = must(applyBlock(wallet, event.block))
      if (event.type === 'reorg') wallet = must(undoTo(wallet, event.fork))
    })
    const reach = async (hash: string) => {
      while (wallet.tip?.hash !== hash) await new Promise((resolve) => setTimeout(resolve, 5))
    }
    const mine = async (count: number, script = scripts.other) => {
      const refs = must(await chain.control.mine(count, fromHex(script)))
      await reach(refs.at(-1)!.hash)
      return refs
    }
    const send = async (composition: Composition) => {
      const raw = signComposition(composition)
      wallet = must(addPending(wallet, raw, { own: true, change: composition.change?.vout ?? null }))
      return must(await chain.broadcast(raw)).txid
    }
    const feeRate = must(await chain.fees(2)).rate
    const pay = (outputs: Array<{ script: string; value: number }>, requiredInputs: Array<{ txid: string; vout: number }> = []) =>
      must(composePayment(wallet, { outputs, requiredInputs, feeRate, changeScript: scripts.change }))
    try {
      await mine(1, scripts.receive)
      await mine(100)
      const funding = await send(pay([{ script: scripts.identity, value: 10_000 }]))
      const anchoring = await send(
        pay(
          [
            { script: toHex(must(anchorScript(anchor))), value: 0 },
            { script: scripts.identity, value: 330 },
          ],
          [{ txid: funding, vout: 0 }],
        ),
      )
      const bumped = await send(must(bumpFee(wallet, anchoring, 7.5, scripts.change)))
      expect(
        must(await chain.mempool())
          .map((one) => one.txid)
          .sort(),
      ).toEqual([funding, bumped].sort())
      const [block] = await mine(1)
      const confirmed = balance(wallet)
      expect(must(await chain.blockAt(block!.height)).transactions.flatMap(anchorsIn)).toEqual([{ ...anchor, vout: 0 }])
      expect([wallet.pending, confirmed.reserved, confirmed.unconfirmed]).toEqual([[], 330, 0])
      must(await chain.control.invalidate(block!.hash))
      await mine(2, scripts.identity)
      expect(balance(wallet)).toMatchObject({ confirmed: confirmed.confirmed })
      const scanned = must(await chain.unspent([fromHex(scripts.change)])).coins
      expect(scanned.reduce((sum, coin) => sum + Number(coin.value), 0)).toBe(confirmed.confirmed)
    } finally {
      await stop()
      chain.close()
      await bitcoind.stop()
    }
  })
})
