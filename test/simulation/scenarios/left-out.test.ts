/** A server that does not hear when it is asked whether it is ready, or is said not to: it says so on the chain, with its own coin, and is dealt in. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { client, createWorld, NOBODY, publishedTicks, ready, server, supervisor, type World } from '../network/world.ts'

let world: World
beforeAll(async () => {
  world = createWorld('left out')
  world.trouble('supervisor', { unheard: { host: '10.0.1.1', asked: 'ready' } })
  for (const one of [supervisor(3), ...[1, 2, 3, 4].map((number) => server(number)), client('alice')]) await world.add(one)
  world.chain.mine(100, NOBODY)
  await world.run(3_000)
  await ready(world, 'alice')
})
afterAll(() => world?.close())

/** By number, of the ticks that the Supervisor published: to how many servers the plan is dealt that each adds. */
function dealt(): number[] {
  const ticks = publishedTicks(world)
  expect(new Set(ticks.map(({ servers }) => servers.length))).toEqual(new Set([4]))
  return ticks.map(({ plans }) => plans.at(-1)!.ready.length)
}
const statements = () => world.chain.anchors().filter(({ type }) => type === 'ready')

describe('a server that is left out', () => {
  it('is dealt in by what it anchors, once, and nobody who audits finds fault with that', async () => {
    await world.until('a statement in a block', () => Promise.resolve(statements().length > 0))
    const ticks = dealt().length
    await world.until('the ticks that have to count it', () => Promise.resolve(dealt().length > ticks + 3))
    expect(dealt().join('')).toMatch(/^3{2,}4{3,}$/)
    expect(statements()).toHaveLength(1)
    expect(await world.call('alice', 'use.audit', {})).toMatchObject({ ok: true })
  })
})
