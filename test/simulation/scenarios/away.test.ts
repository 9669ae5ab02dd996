/**
 * [D4][R5] A Supervisor that was away makes all ticks that were due before a block has the first of them. Its servers know none of them when it asks who is ready,
 * and say so all the same: the app goes on with the newest tick.
 */
import { expect, it } from 'vitest'
import { NOBODY, publishedTicks, ready, startWorld, TICK_BLOCKS } from '../network/world.ts'

/** Ticks that a server answers for beyond the newest that it knows, and as many again. */
const MISSED = 16

it('an app goes on at once when its Supervisor comes back after many ticks', async () => {
  const world = await startWorld('away', 4, ['alice'])
  const actor = await ready(world, 'alice')
  const before = publishedTicks(world).at(-1)!.number
  await world.stop('supervisor')
  world.chain.mine(MISSED * TICK_BLOCKS, NOBODY)
  await world.run(3_000)
  await world.restart('supervisor')
  // No block comes in between, so nobody else has seen any of them.
  for (let waits = 0; waits < 100 && publishedTicks(world).at(-1)!.number < before + MISSED; waits++) await world.run(1_000)
  const missed = publishedTicks(world).filter(({ number }) => number > before)
  expect(missed.length).toBeGreaterThanOrEqual(MISSED)
  expect(missed.map(({ plans }) => plans.map((plan) => plan.ready.length))).toEqual(missed.map(({ plans }) => plans.map(() => 4)))
  expect(missed.every(({ plans }) => plans.length > 0)).toBe(true)
  await world.block()
  const newest = missed.at(-1)!.number
  await world.until('alice to know the newest tick', async () => ((await world.view('alice')).tick?.number ?? 0) >= newest)
  const { id } = await world.call('alice', 'use.request', {
    app: actor,
    endpoint: 'post',
    arguments: { topic: 'golem', text: 'on it goes' },
  })
  const state = async () => (await world.request('alice', id))!.state
  for (let waits = 0; waits < 40 && (await state()) === 'sending'; waits++) await world.run(500)
  expect(await state()).toBe('review')
  expect(await world.call('alice', 'use.audit', {})).toMatchObject({ ok: true })
  await world.close()
})
