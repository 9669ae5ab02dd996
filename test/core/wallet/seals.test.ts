/** Seals: what a tick's transaction spends first, and makes as its output 1, through waiting, fee bumps, restarts, reorganisations and a lost disk. */
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../roles/protocol/bytes.ts'
import { must } from '../../../roles/protocol/result.ts'
import { anchorScript, outpointsOf, p2trScript, parseTransaction, scanBlock } from '../../../roles/protocol/tx/index.ts'
import { bumpFee } from '../../../main/core/wallet/bump.ts'
import { replaceFamily } from '../../../main/core/wallet/family.ts'
import { addPending, applyBlock, composePayment, createWallet, importCoins } from '../../../main/core/wallet/index.ts'
import { payAnew } from '../../../main/core/wallet/anew.ts'
import type { WalletState } from '../../../main/core/wallet/state.ts'
import { createStage, scripts, signComposition } from './stage.ts'
import { makeWallet } from './service.ts'

const reference = (n: number) => ({ sha256: toHex(new Uint8Array(32).fill(n)), infohash: toHex(new Uint8Array(20).fill(n)) })
const anchor = (type: 'offer' | 'tick', number?: number): Uint8Array =>
  must(anchorScript({ type, ...reference((number ?? 100) + 1), ...(number === undefined ? {} : { number }) }))

/** A wallet whose offer is in a block: its output 1 is the first seal. */
async function offered(seed: string) {
  const stage = await makeWallet(seed)
  const key = stage.wallet.watchKey({ purpose: 'secondary', app: 0, index: 0 }, 'identity').publicKey
  const script = toHex(must(p2trScript(fromHex(key))))
  const offer = must(
    await stage.wallet.pay({
      outputs: [{ script: anchor('offer'), value: 0 }, { key: fromHex(key) }],
      spendFromKeys: [],
      record: () => [],
    }),
  )
  await stage.mine(stage.other)
  const tick = async (number: number, from: string, wallet = stage.wallet) =>
    must(
      await wallet.pay({
        outputs: [{ script: anchor('tick', number), value: 0 }, { key: fromHex(key) }],
        spendFromKeys: [],
        seal: () => from,
        record: () => [],
      }),
    )
  const transaction = (txid: string) => stage.node.mempool.get(txid)!.transaction
  const shape = (txid: string) => [outpointsOf(transaction(txid))[0], toHex(transaction(txid).outs[1]!.script)]
  return { stage, key, script, offer, tick, shape, mined: (txid: string) => stage.node.mempool.get(txid) === undefined }
}

describe('a seal', () => {
  it('[N9] is spent by input 0 of a tick, whose output 1 is the next; one that waits is the next one’s, also after a restart', async () => {
    const { offer, tick, shape, script, stage } = await offered('seals')
    const first = await tick(0, `${offer.txid}:1`)
    const second = await tick(1, `${offer.txid}:1`)
    const third = await tick(2, `${offer.txid}:1`, stage.open())
    expect([first, second, third].map(({ txid }) => shape(txid))).toEqual([
      [`${offer.txid}:1`, script],
      [`${first.txid}:1`, script],
      [`${second.txid}:1`, script],
    ])
  })

  it('stays where it is in whatever takes the place of a waiting tick', async () => {
    const { offer, tick, shape, script, stage } = await offered('bumped')
    const first = await tick(0, `${offer.txid}:1`)
    const raised = must(await stage.wallet.bump(first.txid, 20))
    expect(shape(raised.txid)).toEqual([`${offer.txid}:1`, script])
    const second = await tick(1, `${offer.txid}:1`)
    const both = must(await stage.wallet.bump(raised.txid, 60))
    expect(shape(stage.wallet.latest(raised).txid)).toEqual([`${offer.txid}:1`, script])
    expect(shape(stage.wallet.latest(second).txid)).toEqual([`${stage.wallet.latest(raised).txid}:1`, script])
    expect(both.fee).toBeGreaterThan(raised.fee)
    await stage.mine(stage.other)
    const third = await tick(2, `${stage.wallet.latest(second).txid}:1`)
    expect(shape(third.txid)).toEqual([`${stage.wallet.latest(second).txid}:1`, script])
  })

  it('is spent for nothing else, however much is paid', async () => {
    const { offer, stage, tick, shape, script } = await offered('spared')
    for (let n = 0; n < 60; n++) {
      await stage.wallet.pay({ outputs: [{ script: stage.other, value: 40_000_000 }], spendFromKeys: [], record: () => [] })
      if (n % 5 === 4) await stage.mine(stage.own)
    }
    const first = await tick(0, `${offer.txid}:1`)
    expect(shape(first.txid)).toEqual([`${offer.txid}:1`, script])
  })

  it('that somebody else has spent is told as missing, and nothing is paid', async () => {
    const { stage, key } = await offered('gone')
    const before = stage.wallet.balance()
    const paid = await stage.wallet.pay({
      outputs: [{ script: anchor('tick', 0), value: 0 }, { key: fromHex(key) }],
      spendFromKeys: [],
      seal: () => `${'ab'.repeat(32)}:1`,
      record: () => [],
    })
    expect(paid).toMatchObject({ ok: false, error: { code: 'wallet.no-seal', retryable: true } })
    expect(stage.wallet.balance()).toEqual(before)
  })
})

/** A pending tick on a confirmed seal, by the pure functions. */
function pendingTick() {
  const stage = createStage()
  stage.mine(1, scripts.receive)
  stage.mine(101)
  const sealed = {
    outputs: [
      { script: toHex(anchor('offer')), value: 0 },
      { script: scripts.identity, value: 330 },
    ],
    feeRate: 2,
    changeScript: scripts.change,
  }
  const offer = stage.send(must(composePayment(stage.state(), sealed)))
  stage.mine()
  const plan = {
    outputs: [
      { script: toHex(anchor('tick', 0)), value: 0 },
      { script: scripts.identity, value: 330 },
    ],
    requiredInputs: [{ txid: offer, vout: 1 }],
    feeRate: 2,
    changeScript: scripts.change,
  }
  const composed = must(composePayment(stage.state(), plan))
  const raw = signComposition(composed)
  stage.update(must(addPending(stage.state(), raw, { own: true, change: composed.change!.vout, seal: true })))
  stage.offer(raw)
  return { stage, offer, txid: stage.state().pending.at(-1)!.txid }
}
const firstOf = (state: WalletState, txid: string) => {
  const made = state.pending.find((one) => one.txid === txid)!
  const { outs } = must(parseTransaction(fromHex(made.raw)))
  return [made.inputs[0], toHex(outs[1]!.script), made.seal]
}

describe('every way to make a tick’s transaction anew', () => {
  it('keeps input 0 and output 1: a bump, a whole family, and a payment that is made anew', () => {
    const { stage, offer, txid } = pendingTick()
    const sign = signComposition
    const right = [`${offer}:1`, scripts.identity, true]
    const bumped = must(bumpFee(stage.state(), txid, 9, scripts.change))
    const afterBump = must(addPending(stage.state(), sign(bumped), { own: true, change: bumped.change!.vout, payment: txid }))
    expect(firstOf(afterBump, afterBump.pending.at(-1)!.txid)).toEqual(right)
    const family = must(replaceFamily(stage.state(), { txid, rate: 9, increment: 1, changeScript: scripts.change, sign }))
    expect(firstOf(family.state, family.sent[0]!.txid)).toEqual(right)
    const anew = must(payAnew(stage.state(), txid, { rate: 9, increment: 1, changeScript: scripts.change, sign }))
    expect(firstOf(anew.state, anew.txid)).toEqual(right)
  })

  it('makes nothing anew where the seal is not there', () => {
    const { stage, offer, txid } = pendingTick()
    const without = {
      ...stage.state(),
      coins: Object.fromEntries(Object.entries(stage.state().coins).filter(([name]) => name !== `${offer}:1`)),
    }
    expect(payAnew(without, txid, { rate: 9, increment: 1, changeScript: scripts.change, sign: signComposition })).toMatchObject({
      ok: false,
    })
  })

  it('finds its seal again in a wallet restored from the phrase alone', () => {
    const { stage, txid } = pendingTick()
    const [block] = stage.mine()
    const { scripts: watched } = stage.state()
    const coins = Object.values(stage.state().coins).map((coin) => ({ ...coin, value: BigInt(coin.value) }))
    const fresh = importCoins({ ...createWallet(), scripts: watched }, { height: block!.height, hash: block!.hash }, coins)
    expect(fresh.coins[`${txid}:1`]).toMatchObject({ value: 330, purpose: 'identity' })
    const spends = must(
      composePayment(fresh, {
        outputs: [
          { script: toHex(anchor('tick', 1)), value: 0 },
          { script: scripts.identity, value: 330 },
        ],
        requiredInputs: [{ txid, vout: 1 }],
        feeRate: 2,
        changeScript: scripts.change,
      }),
    )
    expect(spends.inputs[0]).toMatchObject({ txid, vout: 1 })
    // And no ordinary payment takes it, even one that needs all there is.
    const all = Object.values(fresh.coins)
      .filter(({ purpose }) => purpose !== 'identity')
      .reduce((sum, { value }) => sum + value, 0)
    const paid = composePayment(fresh, { outputs: [{ script: scripts.other, value: all }], feeRate: 1, changeScript: scripts.change })
    expect(paid).toMatchObject({ ok: false, error: { code: 'wallet.funds-short' } })
  })

  it('comes back with its reorganisation, and is spent again', () => {
    const { stage, offer, txid } = pendingTick()
    const [block] = stage.mine()
    stage.node.invalidate(block!.hash)
    stage.sync()
    expect(firstOf(stage.state(), txid)[0]).toBe(`${offer}:1`)
    const raw = stage.node.at(stage.node.tip().height)!.raw
    expect(must(scanBlock(raw)).transactions.length).toBeGreaterThan(0)
    stage.rebroadcast()
    stage.mine()
    expect(stage.state().coins[`${txid}:1`]).toMatchObject({ value: 330 })
    expect(
      must(
        applyBlock(stage.state(), {
          height: stage.state().tip!.height + 1,
          hash: 'ff',
          previous: stage.state().tip!.hash,
          time: 0,
          transactions: [],
        }),
      ).pending,
    ).toEqual([])
  })
})
