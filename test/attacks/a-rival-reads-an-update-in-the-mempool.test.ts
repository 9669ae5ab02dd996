/** Whoever reads an update before a block has it could anchor the same words with a higher fee; so there is nothing to be read until then. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { peopleOf } from '../simulation/network/people.ts'
import { startWorld, type World } from '../simulation/network/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld('mempool', 4, ['ann'])
})
afterAll(() => world?.close())

it('[R7] an update is served only from the block that has its anchor on, and counts', async () => {
  const people = peopleOf(world)
  const request = await people.ask('ann', 'post', { topic: 'news', text: 'first' })
  const served = (): number => world.swarms.filesOf('ann').size
  const before = served()
  await world.call('ann', 'use.approve', { id: request.id })
  await world.run(1_000)
  expect((await world.request('ann', request.id))!.transaction).toMatchObject({ state: 'mempool' })
  expect(served()).toBe(before)
  await world.block()
  expect(served()).toBe(before + 1)
  const ended = await world.until('the post being decided', async () => {
    const { state } = (await world.request('ann', request.id))!
    return state === 'anchored' ? null : state
  })
  expect(ended).toBe('counted')
})
