/** [K2] Terms that changed since the first offer hold for whoever comes later, and for whoever was on the way. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { client, createWorld, GUESTBOOK, NOBODY, ready, server, supervisor, type World } from '../network/world.ts'

/** Blocks before a coinbase may be spent. */
const MATURITY = 100
let world: World
const late = client('late')
const hiring = supervisor(3)
beforeAll(async () => {
  world = createWorld('terms')
  for (const one of [hiring, ...[1, 2, 3].map((number) => server(number)), client('alice')]) await world.add(one)
  world.chain.mine(MATURITY, NOBODY)
  await world.run(3_000)
  await ready(world, 'alice')
})
afterAll(() => world?.close())

const registrations = (): number => world.chain.anchors().filter(({ type }) => type === 'registration').length

describe('[K2] after an offer that asks for more work than the first one', () => {
  it('a new client registers under the offer in force, once', async () => {
    await world.call('supervisor', 'publish.update', {
      program: { ...(GUESTBOOK as object), doc: 'Now with more work.' },
      terms: { work: { client: 12, server: 4 } },
    })
    await world.until('the offer being in force', async () => (await world.view('alice')).app?.doc === 'Now with more work.')
    await world.add(late)
    for (let blocks = 0; blocks < MATURITY; blocks++) await world.block()
    const [before] = [registrations()]
    await ready(world, 'late')
    expect([before, registrations()]).toEqual([2, 2])
  })
})
