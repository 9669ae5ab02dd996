/**
 * Two requests of one tick read the same snapshot, so the program finds no like in either and both are right alone. The rule of the index is held
 * when the tick closes: one counts. (Issue 9, attack 10.)
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { peopleOf } from '../simulation/network/people.ts'
import { startWorld, type World } from '../simulation/network/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld('liked twice', 4, ['ann', 'bob'])
})
afterAll(() => world?.close())

it('[T3] one like counts, and the other is refused by the rule, whoever sends how many at once', async () => {
  const people = peopleOf(world)
  const { posts: post } = await people.done('ann', 'post', { topic: 'news', text: 'first' })
  const likes = [await people.ask('bob', 'like', { post }), await people.ask('bob', 'like', { post })]
  expect(likes.map(({ state, response }) => [state, response])).toEqual([
    ['review', { accepted: true, reason: '' }],
    ['review', { accepted: true, reason: '' }],
  ])
  // Two keys of the same person: neither changes a row that the other changes.
  expect(new Set(likes.flatMap(({ writes }) => writes.map(({ key }) => key))).size).toBe(2)
  const ended = await people.publishTogether('bob', likes)
  expect(ended).toMatchObject([
    { state: 'counted' },
    {
      state: 'rejected',
      error: {
        code: 'update.rule',
        message: expect.stringContaining('at most one row of likes has the same post and author (index likes.byPostAuthor)'),
      },
    },
  ])
  await world.block()
  expect(await people.count('ann', ['likes', 'byPost'], [post!])).toBe(1)
  const audit = await world.call('ann', 'use.audit', {})
  expect([audit.ok, audit.ticks.filter((tick) => !tick.equal)]).toEqual([true, []])
})
