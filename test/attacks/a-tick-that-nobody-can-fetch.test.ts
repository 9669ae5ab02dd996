/** A tick is anchored and withheld, and released when it suits its maker. Nobody goes on past it; what the master key has ended stays ended. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { World } from '../simulation/network/world.ts'
import { startStory, type Forged, type Mined, type Story, type Thief } from './thief.ts'

let world: World
let thief: Thief
let story: Story
let last: Mined
let withheld: Forged
beforeAll(async () => {
  ;({ world, thief, story } = await startStory('withheld'))
  await story.post('ann', 'before')
})
afterAll(() => world?.close())

it('[D4] nobody goes on past a tick that cannot be fetched, and nobody follows what is anchored after it; requests of the tick before are answered', async () => {
  last = thief.mined().at(-1)!
  world.trouble('supervisor', { held: true })
  world.chain.forget()
  const { blocks } = await thief.documentOf(last)
  await world.until('the next blocks to be there', async () => world.chain.height() >= blocks.to + 6)
  withheld = await thief.forge(last, await thief.nextTo(last), true)
  const first = thief.anchor(withheld, { of: last })
  await world.block()
  // Its successor can be had, and counts for nobody: nobody bridges the gap.
  const next = await thief.forge(last, { ...(await thief.nextTo(last)), number: last.number + 2, previous: withheld.reference })
  thief.anchor(next, { of: first })
  await world.block()
  await world.block()
  world.trouble('supervisor', {})
  await world.block()
  expect([await story.tick('ann'), await story.tick('bob')]).toEqual([last.number, last.number])
  expect(await story.supervisor()).toBe('usurped')
  await expect(world.call('bob', 'use.audit', {})).rejects.toThrow('swarm.timeout')
  expect(await story.texts('bob')).toEqual(['before'])
})

it('[D4] the master key ends it, and the app goes on', async () => {
  await world.call('supervisor', 'publish.takeBack', { reason: 'nobody can read it' })
  await story.goesOn('after')
})

it('[D4] released later, it changes nothing', async () => {
  const before = await story.texts('bob')
  await withheld.release()
  await world.block()
  await story.goesOn('and on')
  expect(await story.texts('bob')).toEqual(expect.arrayContaining(before))
})

it('[D4] nor does it when a reorg takes the newest blocks and the anchors come again', async () => {
  await story.reorg(5)
  await story.goesOn('after the reorg')
  expect(await story.texts('bob')).toContain('before')
})
