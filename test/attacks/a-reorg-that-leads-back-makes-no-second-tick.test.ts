/**
 * A reorganisation takes the block that a tick closes, and another one brings it back. A Supervisor that then composed the tick anew, with other random
 * values, would have signed two documents of one number over one block: everybody would stop, and nobody had lied.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { NOBODY, type World } from '../simulation/network/world.ts'
import { startStory, type Story, type Thief } from './thief.ts'

let world: World
let thief: Thief
let story: Story
beforeAll(async () => {
  ;({ world, thief, story } = await startStory('leads back'))
  await story.post('ann', 'before')
})
afterAll(() => world?.close())

it('[D4] there and back again, the tick of a block is one document', async () => {
  const request = await story.ask('ann', 'meanwhile')
  await world.call('ann', 'use.approve', { id: request.id })
  const before = await story.tick('bob')
  await world.until('the next tick', async () => (await story.tick('bob')) > before)
  await world.block()
  const last = thief.mined().at(-1)!
  const { blocks } = await thief.documentOf(last)
  // The other branch has a tick of its own for that height; the first branch is longer, and comes back.
  const back = world.chain.abandon(blocks.to)
  for (let block = blocks.to; block <= blocks.to + 1; block++) {
    world.chain.mine(1, NOBODY)
    await world.run(3_000)
  }
  expect(world.chain.hashAt(blocks.to)).not.toBe(blocks.hash)
  back()
  await world.run(3_000)
  expect(world.chain.hashAt(blocks.to)).toBe(blocks.hash)
  await story.goesOn('after that')
  expect(await story.texts('bob')).toEqual(expect.arrayContaining(['before', 'meanwhile']))
  const signed = new Map<string, Set<string>>()
  for (const tick of thief.mined()) {
    const { number, blocks: closed } = await thief.documentOf(tick)
    const name = `${number}/${closed.hash}`
    signed.set(name, (signed.get(name) ?? new Set()).add(tick.reference.sha256))
  }
  expect([...signed].filter(([, documents]) => documents.size > 1)).toEqual([])
  // Both branches had one.
  expect([...signed.keys()].filter((name) => name.startsWith(`${last.number}/`))).toHaveLength(2)
})
