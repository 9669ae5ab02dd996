/** Wallets whose bitcoind runs with other options than most: what is said, what is paid, and that all of it goes on once the options are the usual ones. */
import { afterEach, describe, expect, it } from 'vitest'
import { bitcoindAvailable } from '../../tools/bitcoind.ts'
import { bitcoindStormNode } from './storm/bitcoind.ts'
import type { StormNode } from './storm/node.ts'
import { createWorld } from './storm/world.ts'

const real = bitcoindAvailable()
type World = Awaited<ReturnType<typeof createWorld>>

describe.skipIf(!real.command)(`a bitcoind with odd options${real.command ? '' : `: ${real.missing}`}`, () => {
  let node: StormNode | undefined
  afterEach(async () => {
    await node?.stop()
    node = undefined
  })
  const open = async (coins: number, ...odd: string[]): Promise<World> => {
    node = await bitcoindStormNode(odd)
    const world = await createWorld(node, odd.join(' '))
    await world.start(coins)
    return world
  }
  const phases = (world: World) => world.state().pending.map((one) => one.phase)

  it.each([
    ['-limitancestorsize=0', /-limitancestorcount, -limitancestorsize/, 'chain.long-chain'],
    ['-minrelaymaturity=200', /-minrelaymaturity, -minrelaycoinblocks/, 'chain.too-early'],
    ['-minrelaycoinblocks=1000000000000', /-minrelaymaturity, -minrelaycoinblocks/, 'chain.too-early'],
    ['-maxscriptsize=10', /-maxscriptsize/, 'chain.policy'],
    ['-dustrelayfee=0.001', /-dustrelayfee/, 'chain.dust'],
    ['-minrelaytxfee=0.5', /-minrelaytxfee/, 'chain.fee-low'],
    ['-datacarriersize=56', /-datacarriersize=83 \(at least 57\)/, 'chain.policy'],
  ])('%s is named, no coin is held, and the payment is made when it is gone', async (odd, named, code) => {
    const world = await open(1, odd)
    await world.step({ do: 'want', value: 10_000 })
    await world.step({ do: 'want', value: 10_000 })
    expect(world.wanted.at(-1)!.refused).toBe(code)
    expect(world.keeper().hindrance()).toMatch(named)
    expect(phases(world).every((phase) => phase === 'mempool')).toBe(true)
    await world.calmDown()
    expect(world.keeper().hindrance()).toBeNull()
  })

  it('-datacarriercost=50: a replacement pays what the node counts', async () => {
    const world = await open(1, '-datacarriercost=50')
    await world.step({ do: 'want', value: 10_000 })
    const { txid, fee } = world.state().pending[0]!
    const raised = await world.keeper().bump(txid, null)
    expect(raised).toMatchObject({ ok: true })
    // 55 bytes of data at 50 vbytes each, at 1 sat/vB more than before.
    expect((raised as { value: { fee: number } }).value.fee).toBeGreaterThanOrEqual(fee! + 55 * 50)
    await world.calmDown()
  })

  it('-incrementalrelayfee=0.01: a replacement for 1,000 sat/vB is not paid without asking for it', async () => {
    const world = await open(1, '-incrementalrelayfee=0.01')
    await world.step({ do: 'want', value: 10_000 })
    const { txid, vsize } = world.state().pending[0]!
    for (const rate of [null, 20])
      expect(await world.keeper().bump(txid, rate)).toMatchObject({
        ok: false,
        error: { code: 'chain.fee-low', retryable: true, message: expect.stringMatching(/100[12] sat\/vB \(-incrementalrelayfee/) },
      })
    expect(world.state().pending.map((one) => one.txid)).toEqual([txid])
    const asked = await world.keeper().bump(txid, 1_100)
    expect(asked).toMatchObject({ ok: true, value: { fee: expect.any(Number) } })
    expect((asked as { value: { fee: number } }).value.fee).toBeLessThan(1_110 * vsize)
    await world.calmDown()
  })

  it.each(['-blockmintxfee=0.001', '-blockmaxweight=4000'])('%s: what blocks pass over is told once, with what helps', async (odd) => {
    const world = await open(1, odd)
    await world.step({ do: 'want', value: 10_000 })
    await world.step({ do: 'mine', blocks: 10 })
    expect(phases(world)).toEqual(['mempool'])
    expect(world.said.filter((line) => /6 blocks and more passed it over.*-blockmintxfee/.test(line))).toHaveLength(1)
    await world.calmDown()
  })

  it('-mempoolreplacement=0: a fee that cannot be raised may be raised after a block', async () => {
    const world = await open(1, '-mempoolreplacement=0')
    await world.step({ do: 'want', value: 10_000 })
    expect(await world.keeper().bump(world.state().pending[0]!.txid, 20)).toMatchObject({
      error: { code: 'chain.replacement', retryable: true, message: expect.stringContaining('-mempoolreplacement=0') },
    })
    await world.calmDown()
  })
})
