/**
 * The transaction that anchors an app's first offer is read in the mempool, and a copy of its outputs is mined before it. The copy is the app's anchor then
 * (PROTOCOL 4.5), and its seal pays the Supervisor's key: the Supervisor goes on from there. Lost: what the copy cost.
 */
import { describe, expect, it } from 'vitest'
import { must } from '../../roles/protocol/result.ts'
import { anchorsIn, parseTransaction } from '../../roles/protocol/tx/index.ts'
import { client, createWorld, NOBODY, ready, server, supervisor } from '../simulation/network/world.ts'
import { firstCoin, script, spend } from './stranger.ts'

const FEE = 2_000n

describe("The first offer's anchor, copied out of the mempool", () => {
  it('is as good as the own one: ticks are sealed from it on, servers and clients join', async () => {
    const world = createWorld('a copied offer')
    await world.add(supervisor(3))
    for (const number of [1, 2, 3]) await world.add(server(number))
    await world.add(client('alice'))
    world.chain.mine(1, script)
    world.chain.mine(100 - 1, NOBODY)
    await world.run(3_000)
    const waiting = must(await world.chain.port().mempool()).find(({ raw }) => anchorsIn(raw).some(({ type }) => type === 'offer'))!
    const own = must(parseTransaction(waiting.raw))
    const coin = firstCoin(world)
    const outputs = own.outs.slice(0, -1).map((output) => ({ script: Uint8Array.from(output.script), value: output.value }))
    const paid = outputs.reduce((sum, { value }) => sum + value, 0n)
    world.chain.forget()
    const copy = spend(world, coin, [...outputs, { script, value: coin.value - paid - FEE }])
    world.chain.mine(1, NOBODY)
    expect(world.chain.transactionsAt(world.chain.height())).toContain(copy)
    await world.run(3_000)
    await ready(world, 'alice')
    const sealed = world.chain.transactions().map((raw) => must(parseTransaction(raw)))
    const first = sealed.find((transaction) => anchorsIn(transaction.toBuffer()).some(({ type }) => type === 'tick'))!
    expect(Buffer.from(first.ins[0]!.hash).reverse().toString('hex')).toBe(copy)
    await world.close()
  })
})
