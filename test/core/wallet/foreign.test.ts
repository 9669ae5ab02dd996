/** Payments with coins that somebody else's transaction made, when a reorganisation removes that: one story for each way it can end. */
import { describe, expect, it } from 'vitest'
import { createAncestry } from '../../../main/core/wallet/ancestry.ts'
import { createCell } from '../../../main/core/wallet/cell.ts'
import type { ChainPort } from '../../../main/core/ports.ts'
import { bounded, foreignLimits } from '../../../main/core/wallet/foreign.ts'
import {
  availableCoins,
  bumpTarget,
  composePayment,
  paymentState,
  raiseFor,
  type BlockUndo,
  type WalletState,
} from '../../../main/core/wallet/index.ts'
import { failForNow, must } from '../../../roles/protocol/result.ts'
import { createMemoryDisk, createMemoryStorage } from '../../simulation/ports/storage.ts'
import { createStage, scripts } from './stage.ts'
import { calm, embeddedStormNode, type StormNode } from './storm/node.ts'
import { createWorld, type Step } from './storm/world.ts'

type World = Awaited<ReturnType<typeof createWorld>>

async function open(seed: string, coins: number): Promise<{ world: World; node: StormNode }> {
  let now = 1_700_000_000_000
  const node = embeddedStormNode(() => (now += 1_000))
  const world = await createWorld(node, seed)
  await world.start(coins)
  return { world, node }
}
const run = async (world: World, steps: Step[]) => {
  for (const one of steps) await world.step(one)
}
const mempool = (node: StormNode) => node.call('getrawmempool') as Promise<string[]>
const rejected = { ...calm, minRelayRate: 30 }
const gone = (depth: number): Step[] => [{ do: 'reorg', depth, empty: true }, { do: 'forget' }]

/** The newest payment alone spends what a stranger paid, or what a twin left. */
async function standing(seed: string, source: Step): Promise<{ world: World; node: StormNode; paid: string; parent: string }> {
  const { world, node } = await open(seed, 1)
  await run(world, [{ do: 'want', value: 2_000_000 }, { do: 'mine', blocks: 1 }, source, { do: 'want', value: 10_000 }])
  const paid = world.state().pending.at(-1)!
  expect(paid.inputs).toHaveLength(1)
  return { world, node, paid: paid.txid, parent: paid.inputs[0]!.slice(0, 64) }
}
const stranger = (more: Partial<{ parents: number; apart: boolean }> = {}): Step => ({
  ...{ do: 'stranger', value: 4_999_900_000, parents: 0, apart: false },
  ...more,
})

describe('a coin of somebody else’s transaction that a reorganisation removes', () => {
  it.each([0, 2])('has it given to the node again, with the %i before it and the payment behind it', async (parents) => {
    const { world, node, paid, parent } = await standing(`again ${parents}`, stranger({ parents, apart: parents > 0 }))
    await run(world, [...gone(parents + 1), { do: 'pass over', blocks: 1 }])
    const held = await mempool(node)
    expect([held.length, held.includes(parent), held.includes(paid)]).toEqual([parents + 2, true, true])
    expect(world.state().pending.map((one) => [one.own, one.phase])).toEqual([
      ...Array(parents + 1).fill([false, 'mempool']),
      [true, 'mempool'],
    ])
    // What is left of it may be spent on, and its fee raised.
    expect(availableCoins(world.state()).map((coin) => coin.txid)).toContain(paid)
    expect(bumpTarget(world.state(), parent)?.txid).toBe(paid)
    const theirs = { ...world.state().pending[0]!, txid: 'fe'.repeat(32), inputs: [`${paid}:0`] }
    expect(bumpTarget({ ...world.state(), pending: [...world.state().pending, theirs] }, paid)?.txid).toBe(paid)
    await run(world, [{ do: 'mine', blocks: 1 }])
    expect([world.state().pending, world.keeper().stateOf(paid)?.phase]).toEqual([[], 'confirmed'])
    await world.calmDown()
  })

  it.each([
    { parents: 0, apart: false },
    { parents: 2, apart: false },
    { parents: 2, apart: true },
  ])('ends the payment when a block has the first coin of its line otherwise, and it is paid anew six blocks later: %o', async (line) => {
    const { world, paid } = await standing(`otherwise ${JSON.stringify(line)}`, stranger(line))
    await run(world, [...gone(line.apart ? 3 : 1), { do: 'take back', pick: 0 }])
    expect([world.state().pending, world.keeper().stateOf(paid)?.phase]).toEqual([[], 'conflicted'])
    expect(await world.keeper().rebroadcast(paid)).toMatchObject({ ok: false, error: { code: 'wallet.waits' } })
    await run(world, [{ do: 'pass over', blocks: 6 }])
    expect(await world.keeper().rebroadcast(paid)).toMatchObject({ ok: false, error: { code: 'wallet.dropped' } })
    await world.calmDown()
  })

  it('has the payment made anew where the node does not take it and the payment spends another coin: never both', async () => {
    const { world, node } = await open('another coin', 3)
    await run(world, [{ do: 'want', value: 2_000_000 }, { do: 'mine', blocks: 1 }, stranger(), { do: 'want', value: 12_000_000_000 }])
    const old = world.state().pending.at(-1)!
    await run(world, [...gone(1), { do: 'restart', policy: rejected }, { do: 'pass over', blocks: 3 }])
    const missing = world.state().pending.find((one) => !one.own)!
    expect(old.inputs.map((outpoint) => outpoint.startsWith(missing.txid)).toSorted()).toEqual([false, false, true])
    expect(world.keeper().stateOf(old.txid)?.reason).toMatch(`it waits for transaction ${missing.txid} of somebody else`)
    expect(world.state().pending.map((one) => one.txid)).toContain(old.txid)
    await run(world, [{ do: 'pass over', blocks: 4 }])
    const [anew] = world.state().pending
    expect([world.state().pending.length, anew!.payment, anew!.phase]).toEqual([1, old.payment, 'mempool'])
    expect(anew!.inputs.filter((outpoint) => old.inputs.includes(outpoint))).toHaveLength(2)
    expect(world.keeper().latest({ txid: old.txid, fee: 0 }).txid).toBe(anew!.txid)
    // The missing one comes back beside it; for the old payment that is too late.
    await node.restart(calm)
    for (const { raw } of [missing, anew!]) await node.call('sendrawtransaction', raw)
    await run(world, [{ do: 'mine', blocks: 1 }])
    await expect((async () => node.call('sendrawtransaction', old.raw))()).rejects.toThrow('missingorspent')
    expect(world.state().pending).toEqual([])
    await world.calmDown()
  })

  it('has the payment made anew though the transaction was too long ago, or too large, to be remembered', async () => {
    const { digits } = foreignLimits
    foreignLimits.digits = 0
    try {
      const { world, node } = await open('forgotten', 3)
      await run(world, [{ do: 'want', value: 2_000_000 }, { do: 'mine', blocks: 1 }, stranger(), { do: 'want', value: 12_000_000_000 }])
      const old = world.state().pending.at(-1)!
      await run(world, [...gone(1), { do: 'pass over', blocks: 3 }])
      expect([world.state().pending, world.keeper().stateOf(old.txid)?.reason]).toEqual([
        [],
        expect.stringContaining('blocks that are gone'),
      ])
      await run(world, [{ do: 'pass over', blocks: 3 }])
      expect(world.state().pending.map((one) => [one.payment, one.phase])).toEqual([[old.payment, 'mempool']])
      await node.restart(calm)
      await world.calmDown()
    } finally {
      foreignLimits.digits = digits
    }
  })

  it('has the payment made anew with the coin of this wallet that the missing one spends', async () => {
    const { world, paid, parent } = await standing('twin', { do: 'rival' })
    await run(world, [
      { do: 'reorg', depth: 1, empty: true },
      { do: 'restart', policy: rejected },
      { do: 'pass over', blocks: 1 },
    ])
    const missing = world.state().pending.find((one) => one.txid === parent)!
    expect([missing.own, missing.phase, missing.spends.length]).toEqual([false, 'evicted', 1])
    await run(world, [{ do: 'pass over', blocks: 7 }])
    const [anew] = world.state().pending
    expect([world.state().pending.length, anew!.phase, anew!.inputs]).toEqual([1, 'mempool', missing.spends])
    expect(world.keeper().latest({ txid: paid, fee: 0 }).txid).toBe(anew!.txid)
    await world.calmDown()
  })

  it('is waited for where nothing that this wallet can sign excludes the payment: named, offered, and nothing is paid twice', async () => {
    const { world, node, paid, parent } = await standing('alone', stranger())
    await run(world, [
      { do: 'reorg', depth: 1, empty: true },
      { do: 'restart', policy: rejected },
      { do: 'pass over', blocks: 20 },
    ])
    expect(world.keeper().stateOf(paid)?.reason).toContain(parent)
    expect(await world.keeper().rebroadcast(paid)).toMatchObject({ ok: false, error: { code: 'chain.inputs-missing', retryable: true } })
    // Other coins are free meanwhile.
    await run(world, [{ do: 'want', value: 30_000 }])
    expect(world.wanted.at(-1)!.refused).toBeNull()
    await node.restart(calm)
    await world.calmDown()
    expect(world.txidOf(world.wanted[1]!)).toBe(paid)
  })
})

describe('a block’s reward that a reorganisation removes', () => {
  it('ends the payment that spends it, until its block is back', () => {
    const stage = createStage()
    stage.mine(1, scripts.receive)
    const { hash } = stage.node.tip()
    stage.mine(100)
    const plan = { outputs: [{ script: scripts.other, value: 1_000 }], feeRate: 2, changeScript: scripts.change }
    const txid = stage.send(must(composePayment(stage.state(), plan)))
    stage.node.invalidate(hash)
    stage.mine(102)
    expect([stage.state().pending, paymentState(stage.state(), txid)?.phase]).toEqual([[], 'conflicted'])
    const other = stage.node.at(1)!.hash
    stage.node.reconsider(hash)
    stage.node.invalidate(other)
    expect(stage.node.at(1)!.hash).toBe(hash)
    stage.sync()
    expect([stage.state().ended, stage.state().pending.map((one) => one.txid)]).toEqual([[], [txid]])
  })
})

describe('what others made and the node refuses for its fee', () => {
  it('goes in a package with a payment on it that pays enough for both, its own fee counted as nothing where it is unknown', async () => {
    const { world, parent, paid } = await standing('package', stranger())
    await run(world, [...gone(1), { do: 'pass over', blocks: 1 }])
    const state = world.state()
    const missing = state.pending[0]!
    expect([missing.txid, missing.fee]).toEqual([parent, null])
    const enough = state.pending[1]!.fee! / (missing.vsize + state.pending[1]!.vsize)
    const fees = (floor: number) => ({ rate: floor, floor, increment: 1 })
    expect(raiseFor(state, missing, fees(enough * 0.99))).toEqual({ type: 'package', txids: [parent, paid] })
    expect(raiseFor(state, missing, fees(enough * 1.01)).type).toBe('replace')
    await world.calmDown()
  })
})

describe('what is remembered of others', () => {
  it('includes what it stands on in the blocks below, which are read once, also where the node was away at first', async () => {
    const { world, node } = await standing('ancestry', stranger({ parents: 2, apart: true }))
    const remembered = (state: WalletState) => state.undo.slice(1).flatMap((block) => block.foreign.map((one) => [block.height, one.txid]))
    const all = remembered(world.state())
    expect(all.map(([height]) => height)).toEqual([104, 105, 106])
    // As it is before the blocks below were read.
    const undo = world.state().undo.map(({ traced: _, ...block }) => ([1, 106].includes(block.height) ? block : { ...block, foreign: [] }))
    const cell = createCell(createMemoryStorage(createMemoryDisk()))
    cell.commit({ ...world.state(), undo })
    const asked: number[] = []
    let away = true
    const chain = {
      blockAt: (height: number) => {
        asked.push(height)
        return away ? Promise.resolve(failForNow('chain.unreachable', 'away')) : node.chain().blockAt(height)
      },
    } as ChainPort
    const ancestry = createAncestry({ chain, cell, log: { log: () => undefined } })
    await ancestry.tend()
    expect([asked, remembered(cell.state())]).toEqual([[105], all.slice(2)])
    away = false
    await ancestry.tend()
    expect(remembered(cell.state())).toEqual(all)
    expect([Math.max(...asked), Math.min(...asked)]).toEqual([105, 98])
    const before = asked.length
    await ancestry.tend()
    expect(asked).toHaveLength(before)
  })

  it('is bounded: the oldest go first', () => {
    const block = (height: number, digits: number): BlockUndo => ({
      ...{ height, hash: `${height}`, spent: [], created: [], consumed: [], mined: [], settled: [], paid: [] },
      foreign: [{ raw: '0'.repeat(digits) } as BlockUndo['foreign'][number]],
    })
    const half = foreignLimits.digits / 2
    const kept = (blocks: BlockUndo[]) => bounded(blocks).map((one) => one.foreign.length)
    expect(kept([block(1, half), block(2, half)])).toEqual([1, 1])
    expect(kept([block(1, 2), block(2, half + 1), block(3, half)])).toEqual([0, 0, 1])
    expect(kept([block(1, 2 * half + 1)])).toEqual([0])
  })
})
