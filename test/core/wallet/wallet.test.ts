import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import {
  addPending,
  applyBlock,
  availableCoins,
  balance,
  bumpFee,
  composePayment,
  createWallet,
  endPayment,
  importCoins,
  rebroadcastList,
  retainIncoming,
  undoTo,
  watch,
} from '../../../main/core/wallet/index.ts'
import type { Composition, PaymentPlan, WalletState } from '../../../main/core/wallet/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import type { Result } from '../../../roles/protocol/result.ts'
import { createStage, scripts, signComposition } from './stage.ts'

const coinValue = 5_000_000_000
const to = (value: number, script = scripts.other) => [{ script, value }]
const plan = (value: number, more: Partial<PaymentPlan> = {}): PaymentPlan => ({
  outputs: to(value),
  feeRate: 2,
  changeScript: scripts.change,
  ...more,
})
const errorOf = <T>(result: Result<T>) => (result.ok ? undefined : result.error)

/** A stage whose wallet has `count` coins of 50 BTC to spend. */
function funded(count = 3) {
  const stage = createStage()
  stage.mine(count, scripts.receive)
  stage.mine(100)
  return stage
}

const pay = (stage: ReturnType<typeof createStage>, value: number, more?: Partial<PaymentPlan>) =>
  must(composePayment(stage.state(), plan(value, more)))

describe('balance', () => {
  it('counts a mined coin as immature for a hundred blocks and as confirmed afterwards', () => {
    const stage = createStage()
    stage.mine(1, scripts.receive)
    stage.mine(98)
    expect(balance(stage.state())).toEqual({ confirmed: 0, unconfirmed: 0, immature: coinValue, reserved: 0 })
    stage.mine(1)
    expect(balance(stage.state())).toEqual({ confirmed: coinValue, unconfirmed: 0, immature: 0, reserved: 0 })
  })

  it('moves change to unconfirmed on sending and back to confirmed with the block', () => {
    const stage = funded(1)
    const payment = pay(stage, 1_000_000)
    const left = coinValue - 1_000_000 - payment.fee
    stage.send(payment)
    expect(balance(stage.state())).toEqual({ confirmed: 0, unconfirmed: left, immature: 0, reserved: 0 })
    stage.mine()
    expect(balance(stage.state())).toEqual({ confirmed: left, unconfirmed: 0, immature: 0, reserved: 0 })
    expect(stage.state().pending).toEqual([])
  })

  it('shows a payment from others in the mempool, but does not spend it', () => {
    const [sender, receiver] = [funded(1), createStage()]
    const raw = signComposition(pay(sender, 70_000, { outputs: to(70_000, scripts.receive) }))
    const strangers = createWallet({ height: 0, hash: '00'.repeat(32) })
    expect(errorOf(addPending(strangers, raw, { own: false }))?.code).toBe('wallet.foreign')
    receiver.update(must(addPending(receiver.state(), raw, { own: false })))
    expect(balance(receiver.state()).unconfirmed).toBeGreaterThanOrEqual(70_000)
    expect(availableCoins(receiver.state())).toEqual([])
    expect(rebroadcastList(receiver.state())).toEqual([])
    const [incoming] = receiver.state().pending
    expect(retainIncoming(receiver.state(), new Set([incoming!.txid])).pending).toEqual([incoming])
    expect(balance(retainIncoming(receiver.state(), new Set())).unconfirmed).toBe(0)
  })
})

describe('a payment', () => {
  it('pays the rate asked for, to the sat of its signed size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 330, max: coinValue - 10_000_000 }),
        fc.integer({ min: 10, max: 30_000 }),
        (coins, value, rate) => {
          const stage = funded(3)
          const payment = pay(stage, value + (coins - 1) * coinValue, { feeRate: rate / 10 })
          expect(payment.inputs).toHaveLength(coins)
          expect(payment.fee).toBe(Math.ceil((payment.vsize * rate) / 10))
          stage.send(payment)
          expect(stage.node.mempool.list().map((entry) => [entry.vsize, Number(entry.fee)])).toEqual([[payment.vsize, payment.fee]])
        },
      ),
      { seed: 5, numRuns: 8 },
    )
  })

  it('gives dust change to the fee', () => {
    const stage = funded(1)
    const all = coinValue - 222 - 300
    const payment = pay(stage, all)
    expect([payment.change, payment.fee]).toEqual([null, 522])
    stage.send(payment)
  })

  it('that cannot be funded says how many sats are missing, and with exactly those it works', () => {
    const stage = funded(1)
    const error = errorOf(composePayment(stage.state(), plan(coinValue)))
    expect(error).toMatchObject({ code: 'wallet.funds-short', retryable: false, details: { missing: 222, spendable: coinValue } })
    expect(error?.message).toContain('222 sats')
    stage.send(pay(stage, coinValue - 222))
  })

  it('refuses dust, absurd rates and unknown inputs by field', () => {
    const { state } = funded(1)
    expect(errorOf(composePayment(state(), plan(329)))).toMatchObject({
      code: 'wallet.dust',
      message: expect.stringContaining('outputs[0]'),
    })
    for (const feeRate of [0, -1, Number.NaN, 10_001])
      expect(errorOf(composePayment(state(), plan(1_000, { feeRate })))?.code).toBe('wallet.fee-rate')
    expect(errorOf(composePayment(state(), plan(1_000, { requiredInputs: [{ txid: '00'.repeat(32), vout: 0 }] })))?.code).toBe(
      'wallet.no-coin',
    )
  })

  it('never spends key or identity coins unless they are named', () => {
    const stage = funded(1)
    stage.send(pay(stage, 0, { outputs: [...to(20_000, scripts.identity), ...to(30_000, scripts.key)] }))
    stage.mine()
    const rest = balance(stage.state())
    expect(rest.reserved).toBe(50_000)
    expect(errorOf(composePayment(stage.state(), plan(rest.confirmed)))?.code).toBe('wallet.funds-short')
    const identity = Object.values(stage.state().coins).find((coin) => coin.purpose === 'identity')!
    const payment = pay(stage, 1_000, { requiredInputs: [{ txid: identity.txid, vout: identity.vout }] })
    expect(payment.inputs[0]).toMatchObject({ purpose: 'identity', key: '3', value: 20_000 })
    stage.send(payment)
    stage.mine()
    expect(balance(stage.state()).reserved).toBe(30_000)
  })

  it('adds coins for the fee when the named input is too small', () => {
    const stage = funded(2)
    stage.send(pay(stage, 0, { outputs: to(330, scripts.key) }))
    stage.mine()
    const key = Object.values(stage.state().coins).find((coin) => coin.purpose === 'key')!
    const payment = pay(stage, 330, { outputs: to(330, scripts.key), requiredInputs: [{ txid: key.txid, vout: key.vout }] })
    expect(payment.inputs.map((input) => input.purpose)).toEqual(['key', 'receive'])
    stage.send(payment)
  })

  it('continues on its own change up to twenty unconfirmed ancestors, and says so then', () => {
    const stage = funded(1)
    for (let depth = 0; depth <= 20; depth++) stage.send(pay(stage, 10_000))
    expect(errorOf(composePayment(stage.state(), plan(10_000)))).toMatchObject({
      code: 'wallet.funds-short',
      message: expect.stringContaining('wait for the pending'),
    })
    stage.mine()
    stage.send(pay(stage, 10_000))
  })
})

describe('a fee bump', () => {
  it('replaces the pending transaction, at the expense of its change', () => {
    const stage = funded(1)
    const first = stage.send(pay(stage, 1_000_000), 'a label')
    const bumped = must(bumpFee(stage.state(), first, 10, scripts.change))
    expect([bumped.fee, bumped.change?.value]).toEqual([bumped.vsize * 10, coinValue - 1_000_000 - bumped.vsize * 10])
    const second = stage.send(bumped)
    expect(stage.state().pending.map((one) => one.txid)).toEqual([second])
    expect(stage.node.mempool.list().map((entry) => entry.txid)).toEqual([second])
  })

  it('to hardly more is raised to what nodes ask of a replacement', () => {
    const stage = funded(1)
    const payment = pay(stage, 1_000_000)
    const first = stage.send(payment)
    const bumped = must(bumpFee(stage.state(), first, 2.01, scripts.change))
    expect(bumped.fee).toBe(payment.fee + payment.vsize)
    stage.send(bumped)
  })

  it('adds a confirmed coin when there is no change', () => {
    const stage = funded(2)
    const first = stage.send(pay(stage, coinValue - 222))
    const bumped = must(bumpFee(stage.state(), first, 5, scripts.change))
    expect(bumped.inputs).toHaveLength(2)
    stage.send(bumped)
  })

  it('pays for the descendants that it evicts', () => {
    const stage = funded(2)
    const first = stage.send(pay(stage, 1_000_000))
    stage.update(watch(stage.state(), []))
    const change = availableCoins(stage.state()).find((coin) => coin.height === null)!
    const child = stage.send(pay(stage, 2_000_000, { feeRate: 100, requiredInputs: [{ txid: change.txid, vout: change.vout }] }))
    const second = stage.send(must(bumpFee(stage.state(), first, 3, scripts.change)))
    expect(stage.state().pending.map((one) => one.txid)).toEqual([second])
    expect(stage.node.mempool.get(child)).toBeUndefined()
  })

  it('of what is in a block is refused', () => {
    const stage = funded(1)
    const first = stage.send(pay(stage, 1_000_000))
    stage.mine()
    expect(errorOf(bumpFee(stage.state(), first, 10, scripts.change))?.code).toBe('wallet.no-pending')
  })

  it('loses the race against the transaction it replaced, and the wallet follows the block', () => {
    const stage = funded(1)
    const first = pay(stage, 1_000_000)
    const firstId = stage.send(first)
    const bumped = signComposition(must(bumpFee(stage.state(), firstId, 10, scripts.change)))
    stage.update(must(addPending(stage.state(), bumped, { own: true, change: 1 })))
    stage.mine()
    expect([stage.state().pending, balance(stage.state()).confirmed]).toEqual([[], coinValue - 1_000_000 - first.fee])
  })
})

describe('a reorganisation', () => {
  it('makes own transactions wait again, and the wallet is what it was', () => {
    const stage = funded(2)
    const before = structuredClone(stage.state())
    const payment = pay(stage, 1_000_000)
    stage.send(payment)
    const waiting = structuredClone(stage.state())
    const [block] = stage.mine(3)
    const fork = { height: block!.height - 1, hash: block!.previous }
    // A block had it, so others know it.
    const known = { ...waiting, pending: waiting.pending.map((one) => ({ ...one, known: true })) }
    expect(must(undoTo(stage.state(), fork))).toEqual(known)
    expect(before.coins).toEqual(waiting.coins)
    stage.node.invalidate(block!.hash)
    stage.sync()
    expect(rebroadcastList(stage.state())).toHaveLength(1)
    stage.mine(4, scripts.receive)
    expect(stage.state().pending).toEqual([])
    expect(balance(stage.state())).toMatchObject({ confirmed: 2 * coinValue - 1_000_000 - payment.fee, immature: expect.any(Number) })
  })

  it('deeper than the wallet remembers asks for a scan', () => {
    const stage = createStage()
    stage.mine(305)
    expect(errorOf(undoTo(stage.state(), { height: 2, hash: stage.node.at(2)!.hash }))?.code).toBe('wallet.reorg-depth')
  })

  it('leaves coins and balance as a wallet has them that saw only the winning branch, for random histories', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('pay' as const), value: fc.integer({ min: 1_000, max: 100_000_000 }) }),
      fc.record({ do: fc.constant('mine' as const), value: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ do: fc.constant('fork' as const), value: fc.integer({ min: 1, max: 4 }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 14 }), (steps) => {
        const stage = funded(2)
        for (const { do: act, value } of steps) {
          if (act === 'mine') stage.mine(value)
          if (act === 'pay') tryToSend(stage, composePayment(stage.state(), plan(value)))
          if (act === 'fork') fork(stage, value)
        }
        stage.mine(1)
        expect(stage.state().pending).toEqual([])
        expect(stage.state().coins).toEqual(replay(stage).coins)
      }),
      { seed: 77, numRuns: 12 },
    )
  })
})

function tryToSend(stage: ReturnType<typeof createStage>, composition: Result<Composition>) {
  if (composition.ok) stage.send(composition.value)
  else expect(composition.error.code).toBe('wallet.funds-short')
}

function fork(stage: ReturnType<typeof createStage>, depth: number) {
  const at = stage.node.tip().height - depth + 1
  stage.node.invalidate(stage.node.at(at)!.hash)
  stage.mine(depth + 1, scripts.other)
  stage.rebroadcast()
}

/** The wallet of somebody who starts now and reads all blocks. */
function replay(stage: ReturnType<typeof createStage>): WalletState {
  const fresh = createStage()
  fresh.node.close()
  let state: WalletState = { ...fresh.state() }
  for (let height = 1; height <= stage.node.tip().height; height++) {
    const block = stage.node.at(height)!
    state = must(
      applyBlock(state, {
        height,
        hash: block.hash,
        previous: block.previous,
        time: block.time,
        transactions: stage.rawTransactions(height),
      }),
    )
  }
  return state
}

describe('the record', () => {
  it('refuses a block that does not follow', () => {
    const stage = createStage()
    stage.mine(2)
    expect(
      errorOf(applyBlock(stage.state(), { height: 2, hash: '11'.repeat(32), previous: '22'.repeat(32), time: 0, transactions: [] }))?.code,
    ).toBe('wallet.gap')
  })

  it('of a dropped transaction frees its coins and forgets its descendants', () => {
    const stage = funded(1)
    const first = stage.send(pay(stage, 1_000))
    stage.send(pay(stage, 1_000))
    const state = endPayment(stage.state(), [first], 'refused', 'for a test')
    expect([state.pending, balance(state).confirmed]).toEqual([[], coinValue])
  })

  it('takes a pending transaction twice as once', () => {
    const stage = funded(1)
    stage.send(pay(stage, 1_000))
    const again = must(addPending(stage.state(), rebroadcastList(stage.state())[0]!, { own: true }))
    expect(again).toEqual(stage.state())
  })

  it('can start from a scan of unspent outputs', () => {
    const coin = { txid: 'aa'.repeat(32), vout: 1, value: 7_000n, height: 0, coinbase: false }
    const tip = { height: 0, hash: '11'.repeat(32) }
    const state = importCoins(createStage().state(), tip, [
      { ...coin, script: scripts.receive },
      { ...coin, vout: 2, script: scripts.other },
    ])
    expect([balance(state).confirmed, state.tip]).toEqual([7_000, tip])
  })
})
