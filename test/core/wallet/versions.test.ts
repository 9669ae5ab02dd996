/** When a payment is alive, when it is over, and what a reorganisation makes of that. */
import { describe, expect, it } from 'vitest'
import {
  addPending,
  balance,
  bumpFee,
  composePayment,
  endPayment,
  paymentState,
  replaceFamily,
  takeAnswer,
} from '../../../main/core/wallet/index.ts'
import type { WalletState } from '../../../main/core/wallet/index.ts'
import { afterRestart, markOffered } from '../../../main/core/wallet/pending.ts'
import { fail, must } from '../../../roles/protocol/result.ts'
import { createStage, scripts, signComposition } from './stage.ts'

type Stage = ReturnType<typeof createStage>
const coinValue = 5_000_000_000
const denied = fail('chain.policy', 'data outputs are not taken').error

function funded(coins: number): Stage {
  const stage = createStage()
  stage.mine(coins, scripts.receive)
  stage.mine(100)
  return stage
}
const pay = (state: WalletState, value: number, feeRate = 2) =>
  must(composePayment(state, { outputs: [{ script: scripts.other, value }], feeRate, changeScript: scripts.change }))
const last = (stage: Stage) => stage.state().pending.at(-1)!

/** Another version of the newest pending one, which pays more; the node does not hear of it. */
function replaceLast(stage: Stage, rate: number): void {
  const { txid, payment } = last(stage)
  const composed = must(bumpFee(stage.state(), txid, rate, scripts.change))
  const change = composed.change?.vout ?? null
  stage.update(must(addPending(stage.state(), signComposition(composed), { own: true, change, payment, phase: 'built' })))
}
const noCoinTwice = ({ pending }: WalletState) => {
  const inputs = pending.flatMap((one) => one.inputs)
  expect(new Set(inputs).size).toBe(inputs.length)
}

describe('a payment whose new version the node denies', () => {
  it('is not given up while a node has an older one', () => {
    const stage = funded(2)
    const first = stage.send(pay(stage.state(), 1_000))
    stage.update(takeAnswer(stage.state(), first, null))
    replaceLast(stage, 10)
    const state = takeAnswer(stage.state(), last(stage).txid, denied)
    expect([state.pending.map((one) => one.phase), state.versions.map((one) => one.txid), state.ended]).toEqual([['evicted'], [first], []])
  })

  it('is given up where no node has any, with all that stands on one of its versions', () => {
    const stage = funded(1)
    const first = stage.send(pay(stage.state(), 1_000))
    const child = stage.send(pay(stage.state(), 2_000))
    // Replacing the parent sets its child aside.
    const composed = must(bumpFee(stage.state(), first, 10, scripts.change))
    const details = { own: true, change: composed.change?.vout ?? null, payment: first, phase: 'built' } as const
    stage.update(must(addPending(stage.state(), signComposition(composed), details)))
    expect(stage.state().versions.map((one) => one.txid)).toEqual([first, child])
    const state = takeAnswer(stage.state(), last(stage).txid, denied)
    expect([state.pending, state.versions, state.ended.map((one) => one.payment).sort()]).toEqual([[], [], [first, child].sort()])
    expect(paymentState(state, child)?.phase).toBe('refused')
    expect(balance(state).confirmed).toBe(coinValue)
    expect(endPayment(state, [first], 'refused', 'again').ended).toHaveLength(2)
  })
})

describe('a payment that the node refused for a while', () => {
  it('is not given up when the process ended while it was offered again: the node may have taken it', () => {
    const stage = funded(1)
    const txid = stage.send(pay(stage.state(), 1_000))
    const later = fail('chain.fee-low', 'too little').error
    const refused = takeAnswer(stage.state(), txid, later)
    expect(refused.pending[0]).toMatchObject({ phase: 'refused for now', known: false })
    // What is on the disk before the node is asked again.
    const offered = afterRestart(markOffered(refused, [txid]))
    const denies = takeAnswer(offered, txid, denied)
    expect([denies.pending.map((one) => one.phase), denies.ended]).toEqual([['evicted'], []])
    // Where it was not asked again, nobody has it.
    expect(takeAnswer(afterRestart(refused), txid, denied).ended.map((one) => one.phase)).toEqual(['refused'])
    expect(takeAnswer(markOffered(refused, [txid]), txid, later).pending[0]).toMatchObject({
      phase: 'refused for now',
      known: false,
      refusal: { tries: 2 },
    })
  })
})

describe('a block that decides between versions', () => {
  it('ends what stands on a version that another one replaced, until the block is taken back', () => {
    const stage = funded(1)
    const parent = stage.send(pay(stage.state(), 1_000))
    const old = stage.send(pay(stage.state(), 2_000))
    replaceLast(stage, 10)
    const replaced = last(stage).txid
    // A payment on the new version; the miner takes the parent and the old version.
    const composed = pay(stage.state(), 3_000)
    const third = must(addPending(stage.state(), signComposition(composed), { own: true, change: composed.change!.vout }))
    stage.update(third)
    const { txid } = last(stage)
    stage.mine()
    const { ended, versions, pending, undo } = stage.state()
    expect(undo.at(-1)!.mined).toEqual([parent, old])
    expect([pending, ended.map((one) => one.payment)]).toEqual([[], [txid]])
    expect(versions.filter((one) => one.phase === 'conflicted').map((one) => one.txid)).toEqual([replaced, txid])
    // The block is taken back: nothing is decided any more.
    const { height } = stage.node.tip()
    stage.node.invalidate(stage.node.at(height)!.hash)
    stage.node.mine(2, Buffer.from(scripts.other, 'hex'), 1e9)
    stage.sync()
    expect([stage.state().ended, stage.state().versions.filter((one) => one.phase === 'conflicted')]).toEqual([[], []])
    noCoinTwice(stage.state())
  })
})

describe('a family whose first member spends its change on a higher fee', () => {
  it('leaves out who spent that alone: a miner who takes both old versions makes each payment once', () => {
    const stage = funded(2)
    const parent = stage.send(pay(stage.state(), coinValue - 12_000))
    const change = stage.state().pending[0]!.change!
    const plan = {
      outputs: [{ script: scripts.identity, value: 1_000 }],
      requiredInputs: [{ txid: parent, vout: change }],
      feeRate: 2,
      changeScript: scripts.change,
    }
    const child = stage.send(must(composePayment(stage.state(), plan)))
    const old = stage.state().pending.map((one) => one.raw)
    const replaced = must(
      replaceFamily(stage.state(), { txid: parent, rate: 77, increment: 1, changeScript: scripts.change, sign: signComposition }),
    )
    expect(replaced.sent.map((one) => one.old)).toEqual([parent])
    expect(replaced.state.versions.map((one) => one.txid)).toEqual([parent, child])
    expect(last(stage).raw).toBe(old[1])
    stage.update(replaced.state)
    // The node still has the old ones, and mines them.
    stage.mine()
    const { pending, versions, undo } = stage.state()
    expect([pending, undo.at(-1)!.paid]).toEqual([[], [parent, child]])
    expect(versions.filter((one) => one.phase !== 'conflicted').map((one) => one.payment)).toEqual([parent, child])
  })
})

describe('a rival’s block that is taken back', () => {
  it('leaves the payment that took a freed coin, and the one that it killed waits', () => {
    const stage = funded(2)
    const before = stage.state()
    const both = pay(before, coinValue + 1_000)
    stage.update(must(addPending(before, signComposition(both), { own: true, change: both.change!.vout })))
    const killed = last(stage).txid
    // The same keys elsewhere spend one of the two coins.
    stage.offer(signComposition(pay(before, 1_000)))
    stage.mine()
    expect(stage.state().ended.map((one) => one.payment)).toEqual([killed])
    const other = before.coins[both.inputs.map(({ txid, vout }) => `${txid}:${vout}`).find((id) => stage.state().coins[id])!]!
    const freed = must(
      composePayment(stage.state(), {
        outputs: [{ script: scripts.other, value: 5_000 }],
        requiredInputs: [other],
        feeRate: 2,
        changeScript: scripts.change,
      }),
    )
    const taker = stage.send(freed)
    const { height } = stage.node.tip()
    stage.node.invalidate(stage.node.at(height)!.hash)
    stage.node.mine(2, Buffer.from(scripts.other, 'hex'), 1e9)
    stage.sync()
    noCoinTwice(stage.state())
    expect([
      stage
        .state()
        .pending.filter((one) => one.own)
        .map((one) => one.txid),
      stage.state().versions.map((one) => one.txid),
    ]).toEqual([[taker], [killed]])
    expect(paymentState(stage.state(), killed)?.phase).toBe('refused for now')
  })
})
