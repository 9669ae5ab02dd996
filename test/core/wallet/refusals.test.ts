/** What a wallet does when its node refuses, evicts, or has another chain: one story for each, on the embedded node’s policy. */
import { describe, expect, it } from 'vitest'
import { phases, phaseAfter, type LifeEvent, type Phase } from '../../../main/core/wallet/index.ts'
import { calm, embeddedStormNode, type StormNode } from './storm/node.ts'
import { createWorld } from './storm/world.ts'

type World = Awaited<ReturnType<typeof createWorld>>
const nobody = `5120${'ab'.repeat(32)}`

async function open(seed: string, coins = 3): Promise<{ world: World; node: StormNode }> {
  let now = 1_700_000_000_000
  const node = embeddedStormNode(() => (now += 1_000))
  const world = await createWorld(node, seed)
  await world.start(coins)
  return { world, node }
}
const phasesOf = (world: World) => world.state().pending.map((one) => one.phase)
const total = (world: World) => Object.values(world.state().coins).reduce((sum, { value }) => sum + value, 0)
const mempool = (node: StormNode) => node.call('getrawmempool') as Promise<string[]>

describe('the table of phases', () => {
  it('has a next action for each, and no event leads out of what has ended', () => {
    for (const [phase, { known, next, holds, on }] of Object.entries(phases)) {
      expect(
        [known, next].every((text) => text.length > 5),
        phase,
      ).toBe(true)
      if (!holds) for (const event of Object.keys(on)) expect(event, phase).toBe('reorg')
    }
  })

  it('never frees the coins of what a node may have passed on', () => {
    const living = (Object.keys(phases) as Phase[]).filter((phase) => phases[phase].holds)
    for (const phase of living)
      for (const event of ['offer', 'accept', 'silence', 'defer', 'deny'] as LifeEvent[]) {
        const after = phaseAfter({ phase, known: true }, event)
        expect(phases[after].holds, `${phase} after ${event} is ${after}`).toBe(true)
      }
  })
})

describe('a node that refuses', () => {
  it('data outputs: nothing is recorded, no coin is held, the option is named, and it goes on by itself once the node takes them', async () => {
    for (const dataCarrierSize of [42, 0]) {
      const { world } = await open(`data ${dataCarrierSize}`)
      await world.step({ do: 'restart', policy: { ...calm, dataCarrierSize } })
      for (let asked = 0; asked < 4; asked++) await world.step({ do: 'want', value: 10_000 })
      expect(world.wanted.map((one) => one.refused)).toEqual(Array(4).fill('chain.policy'))
      expect([world.state().pending, world.keeper().balance().confirmed]).toEqual([[], total(world)])
      expect(world.keeper().hindrance()).toMatch(/57 bytes.*-datacarrier=1.*-datacarriersize=83/)
      await world.calmDown()
      expect(world.keeper().hindrance()).toBeNull()
    }
  })

  it('fee estimates: the floor is paid', async () => {
    const { world, node } = await open('blocksonly')
    await world.step({ do: 'restart', policy: { ...calm, blocksOnly: true } })
    await world.step({ do: 'want', value: 10_000 })
    expect([world.wanted[0]!.refused, (await mempool(node)).length, phasesOf(world)]).toEqual([null, 1, ['mempool']])
  })

  it('everything below 150 sat/vB: what is new pays that, what waits is not raised beyond 100 without asking, and a person may', async () => {
    const { world } = await open('floor')
    await world.step({ do: 'want', value: 10_000 })
    await world.step({ do: 'restart', policy: { ...calm, minRelayRate: 150 } })
    await world.step({ do: 'pass over', blocks: 3 })
    expect(phasesOf(world)).toEqual(['evicted'])
    const first = world.state().pending[0]!
    expect(first.refusal).toMatchObject({ code: 'chain.fee-low' })
    expect(world.said.filter((line) => line.includes('more than 100 are not paid without asking'))).toHaveLength(1)
    const bumped = await world.keeper().bump(first.txid, 200)
    expect(bumped).toMatchObject({ ok: true, value: { fee: expect.any(Number) } })
    expect(phasesOf(world)).toEqual(['mempool'])
    expect(world.keeper().stateOf(first.txid)).toMatchObject({ phase: 'mempool', next: expect.stringContaining('pay more') })
    await world.step({ do: 'want', value: 5_000 })
    expect(phasesOf(world)).toEqual(['mempool', 'mempool'])
    expect(world.state().pending[1]!.fee! / world.state().pending[1]!.vsize).toBeGreaterThanOrEqual(150)
    await world.calmDown()
  })

  it('a chain of its own for the fee: the family is replaced, each pays the floor, and the node holds all of it', async () => {
    const { world, node } = await open('family', 1)
    for (const value of [10_000, 20_000, 30_000]) await world.step({ do: 'want', value })
    const before = world.state().pending
    await world.step({ do: 'restart', policy: { ...calm, minRelayRate: 30 } })
    expect(await mempool(node)).toEqual([])
    await world.step({ do: 'pass over', blocks: 1 })
    const after = world.state().pending
    expect((await mempool(node)).sort()).toEqual(after.map((one) => one.txid).sort())
    expect(after.map((one) => one.payment)).toEqual(before.map((one) => one.payment))
    for (const { fee, vsize } of after) expect([fee! >= 30 * vsize, fee! <= 33 * vsize]).toEqual([true, true])
    for (const one of world.wanted) expect(world.keeper().stateOf(world.txidOf(one)!)).toMatchObject({ phase: 'mempool' })
    await world.calmDown()
  })

  it('is said once for each reason, however often it is asked', async () => {
    const { world } = await open('said')
    await world.step({ do: 'want', value: 10_000 })
    await world.step({ do: 'restart', policy: { ...calm, dataCarrierSize: 0 } })
    await world.step({ do: 'pass over', blocks: 8 })
    await world.step({ do: 'pass over', blocks: 8 })
    expect(phasesOf(world)).toEqual(['evicted'])
    expect(world.said.filter((line) => line.includes('-datacarrier'))).toHaveLength(1)
    // Others may have it: its coins stay held, and nobody is told to pay again.
    expect(await world.keeper().rebroadcast(world.txidOf(world.wanted[0]!)!)).toMatchObject({
      ok: false,
      error: { code: 'chain.policy', retryable: true },
    })
    await world.calmDown()
  })
})

describe('another version in a block', () => {
  it('of a parent brings the old version of its child back, and each payment is made once', async () => {
    const { world, node } = await open('versions', 1)
    for (const value of [10_000, 20_000]) await world.step({ do: 'want', value })
    const [parent, child] = world.state().pending
    await world.step({ do: 'restart', policy: { ...calm, minRelayRate: 30 } })
    await world.step({ do: 'pass over', blocks: 1 })
    expect(world.state().pending.map((one) => one.txid)).not.toContain(parent!.txid)
    await node.restart(calm)
    await node.call('sendrawtransaction', parent!.raw)
    await node.call('generatetodescriptor', 1, `raw(${nobody})`)
    await world.sync()
    await world.check()
    expect(world.state().pending.map((one) => one.txid)).toEqual([child!.txid])
    await world.calmDown()
  })
})

describe('a block that spends a coin otherwise', () => {
  it('ends the payment, says so, frees its other coins, and whoever asks again is paid for anew', async () => {
    const { world, node } = await open('twins')
    // The same keys on another computer: it knows nothing of what the first one does.
    const twin = await createWorld(node, 'twins', 10)
    await twin.sync()
    await world.step({ do: 'want', value: 10_000 })
    const lost = world.txidOf(world.wanted[0]!)!
    await node.restart(calm)
    await twin.step({ do: 'want', value: 20_000 })
    await node.call('generatetodescriptor', 1, `raw(${nobody})`)
    await world.sync()
    await world.check()
    expect([world.state().pending, world.keeper().stateOf(lost)?.phase]).toEqual([[], 'conflicted'])
    expect(world.keeper().balance().confirmed).toBe(total(world))
    expect(world.said.filter((line) => line.includes(`${lost} came to nothing`))).toHaveLength(1)
    expect(await world.keeper().rebroadcast(lost)).toMatchObject({ ok: false, error: { code: 'wallet.waits', retryable: true } })
    await world.step({ do: 'mine', blocks: 6 })
    expect(await world.keeper().rebroadcast(lost)).toMatchObject({ ok: false, error: { code: 'wallet.dropped', retryable: true } })
    await world.calmDown()
    expect(world.txidOf(world.wanted[0]!)).not.toBe(lost)
  })
})

describe('the chain', () => {
  it('that begins anew is said once, the coins are read from it, and what waited is neither paid again nor lost', async () => {
    const { world, node } = await open('anew')
    await world.step({ do: 'want', value: 10_000 })
    await world.step({ do: 'mine', blocks: 399 })
    await world.step({ do: 'want', value: 20_000 })
    expect(world.state().tip!.height).toBe(503)
    const first = await node.call('getblockhash', 1)
    await node.call('invalidateblock', first)
    for (let made = 0; made < 7; made++) await node.mineEmpty(nobody)
    await world.sync()
    await world.check()
    expect([world.state().tip!.height, world.keeper().balance(), world.state().pending]).toEqual([
      7,
      { confirmed: 0, unconfirmed: 0, immature: 0, reserved: 0 },
      [],
    ])
    const news = world.said.filter((line) => line.includes('no block in common'))
    expect(news).toEqual([expect.stringMatching(/up to 503.*1 payments wait.*nothing is paid twice/)])
    expect(await world.keeper().rebroadcast(world.txidOf(world.wanted[1]!)!)).toMatchObject({
      ok: false,
      error: { code: 'wallet.waits', retryable: true },
    })
    // The old chain comes back: its coins, and the payment that waited.
    await node.call('reconsiderblock', first)
    await world.sync()
    await world.check()
    expect([world.state().tip!.height, phasesOf(world)]).toEqual([503, ['mempool']])
    await world.calmDown()
  })

  it('whose reorganisation is deeper than is remembered has its coins looked up, as far as the new branch goes', async () => {
    const { world, node } = await open('deep')
    await world.step({ do: 'want', value: 10_000 })
    await world.step({ do: 'mine', blocks: 4 })
    await world.step({ do: 'want', value: 20_000 })
    await world.step({ do: 'mine', blocks: 395 })
    const held = total(world)
    await node.call('invalidateblock', await node.call('getblockhash', 150))
    for (let made = 150; made <= 505; made++) await node.mineEmpty(nobody)
    await world.sync()
    await world.keeper().tend()
    await world.check()
    expect([world.state().scan, world.state().tip!.height, total(world)]).toEqual([false, 505, held])
    expect(world.said.filter((line) => line.includes('deeper than the wallet remembers'))).toHaveLength(1)
    await world.step({ do: 'want', value: 30_000 })
    await world.calmDown()
  })
})
