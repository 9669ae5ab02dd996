/** Somebody who stole the key that signs ticks anchors one before the Supervisor does. Bitcoin lets one of the two spend the seal: the master key ends it. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { World } from '../simulation/network/world.ts'
import { startStory, type Story, type Thief } from './thief.ts'

let world: World
let thief: Thief
let story: Story
beforeAll(async () => {
  ;({ world, thief, story } = await startStory('stolen'))
})
afterAll(() => world?.close())

/** The thief's tick takes the place of the Supervisor's: it says that nothing was decided. */
async function usurp(): Promise<number> {
  const last = thief.mined().at(-1)!
  world.trouble('supervisor', { held: true })
  world.chain.forget()
  const { blocks } = await thief.documentOf(last)
  await world.until('the next blocks to be there', async () => world.chain.height() >= blocks.to + 3)
  const forged = await thief.forge(last, await thief.nextTo(last))
  thief.anchor(forged, { of: last })
  await world.block()
  world.trouble('supervisor', {})
  await world.block()
  return forged.document.body.number
}

it('[D4] the Supervisor notices and falls silent; the master key ends the stolen ticks, and every write counts as if they had not been', async () => {
  await story.post('ann', 'before')
  const request = await story.ask('ann', 'meanwhile')
  await world.call('ann', 'use.approve', { id: request.id })
  await world.block()
  const stolen = await usurp()
  expect(await story.tick('bob')).toBe(stolen)
  expect(await story.supervisor()).toBe('usurped')
  const anchored = thief.mined().length
  for (let block = 0; block < 4; block++) await world.block()
  expect(thief.mined()).toHaveLength(anchored)

  const { good } = await world.call('supervisor', 'publish.takeBack', { reason: 'the key was stolen' })
  expect(good).toBe(stolen - 1)
  await world.until('ticks by the new key', async () => (await story.tick('bob')) > stolen)
  await world.until('the write to count', async () => (await world.request('ann', request.id))?.state === 'counted')
  expect(await story.texts('bob')).toEqual(['before', 'meanwhile'])
  await story.goesOn('after')
})

it('[D4] what the thief anchors after that, with the stolen seal, is followed by nobody', async () => {
  const before = await story.tick('bob')
  const mine = thief.mined().findLast(({ reference }) => world.swarms.filesOf('thief').has(reference.infohash))!
  const like = thief.mined().at(-1)!
  const forged = await thief.forge(like, { number: mine.number + 1, previous: mine.reference })
  thief.anchor(forged, { of: mine })
  await world.block()
  await world.until('the next tick', async () => (await story.tick('bob')) > before + 1)
  await story.goesOn('and on')
})

it('[D4] a reorg that takes the resumption back gives it back, and everything goes on', async () => {
  thief.steal(1)
  const stolen = await usurp()
  await world.call('supervisor', 'publish.takeBack', { reason: 'stolen again' })
  await world.block()
  await story.reorg(2)
  await world.until('ticks by the newest key', async () => (await story.tick('bob')) > stolen)
  await story.goesOn('after the reorg')
})

it('[D4] a reorg that takes the stolen tick instead lets the Supervisor go on by itself, with the tick that it had made', async () => {
  thief.steal(2)
  const stolen = await usurp()
  expect(await story.supervisor()).toBe('usurped')
  const { txid } = thief.mined().at(-1)!
  let from = world.chain.height()
  while (!world.chain.transactionsAt(from).includes(txid)) from--
  world.chain.abandon(from)
  world.chain.forget()
  for (let block = 0; block < 6; block++) await world.block()
  expect(thief.mined().map((tick) => tick.txid)).not.toContain(txid)
  await world.until('ticks of the Supervisor', async () => (await story.tick('bob')) > stolen)
  expect(await story.supervisor()).not.toBe('usurped')
  await story.goesOn('after the thief')
})
