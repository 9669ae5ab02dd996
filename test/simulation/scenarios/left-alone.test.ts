/** What a person left is left alone by the node's own rules, until the person begins with it again. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { client, createWorld, NOBODY, server, supervisor, type World } from '../network/world.ts'

const MATURITY = 100
let world: World

const has = async (name: string, role: string): Promise<boolean> =>
  (await world.view(name)).engagements.some((engagement) => engagement.role === role)

/** Blocks, and a new start: the rules are asked with each of them. */
async function goOn(name: string): Promise<void> {
  for (let blocks = 0; blocks < 4; blocks++) await world.block()
  await world.restart(name)
  for (let blocks = 0; blocks < 2; blocks++) await world.block()
}

beforeEach(async () => {
  world = createWorld('left alone')
  await world.add(supervisor(3))
  for (const number of [1, 2, 3, 4]) await world.add(server(number))
  await world.add(client('alice'))
  world.chain.mine(MATURITY, NOBODY)
  await world.run(3_000)
})
afterEach(() => world.close())

describe('What a person left', () => {
  it('is an app: use.auto does not take it up again, also after a new start; the person may', async () => {
    await world.until('alice using it by the rule', () => has('alice', 'client'))
    await world.call('alice', 'use.leave', { app: 'Guestbook' })
    await goOn('alice')
    expect(await has('alice', 'client')).toBe(false)
    await world.call('alice', 'use', { app: 'Guestbook' })
    await goOn('alice')
    expect(await has('alice', 'client')).toBe(true)
  })

  it('is a job: host.auto does not take it up again, whether it was left at once or once its plans were over', async () => {
    for (const name of ['server-1', 'server-2']) await world.until(`${name} hosting by the rule`, () => has(name, 'server'))
    await world.call('server-2', 'host.leave', { app: 'Guestbook', now: true })
    await goOn('server-2')
    expect(await has('server-2', 'server')).toBe(false)
    await world.call('server-2', 'host.join', { offer: 'Guestbook' })
    await goOn('server-2')
    expect(await has('server-2', 'server')).toBe(true)
    await world.call('server-1', 'host.leave', { app: 'Guestbook' })
    await world.until('server-1 to have left', async () => !(await has('server-1', 'server')))
    await goOn('server-1')
    expect(await has('server-1', 'server')).toBe(false)
  })
})
