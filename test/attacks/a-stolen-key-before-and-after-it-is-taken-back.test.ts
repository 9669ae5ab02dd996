/**
 * Somebody has a copy of the secondary key. Before the master key takes it back, what is signed with it counts like the Supervisor's own (`a-stolen-key-anchors-first` tells how that ends).
 * From the block of the revocation on, ticks, second documents of old numbers and offers by it count for nobody.
 *
 * Detected by the Supervisor and by everybody who follows the line of seals, with the block of the anchor. The punishment: the key is worthless. Lost: what the thief anchored before
 * stands until a resumption; and as seals that the key may spend are not taken back with it, a thief who spends the last one stops the app until the master key resumes (5.3, 5.10).
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { World } from '../simulation/network/world.ts'
import { startStory, type Story, type Thief } from './thief.ts'

let world: World
let thief: Thief
let story: Story
beforeAll(async () => {
  ;({ world, thief, story } = await startStory('taken back'))
})
afterAll(() => world?.close())

const keyInForce = async (): Promise<string> => (await world.view('supervisor')).engagements[0]!.key!

it('once the key is replaced, nothing that is signed with the copy changes anything: new ticks without a seal, and second documents of old numbers', async () => {
  await story.post('ann', 'before')
  const old = await keyInForce()
  const last = thief.mined().at(-1)!
  const honest = await thief.documentOf(last)
  await world.call('supervisor', 'publish.replaceKey', { reason: 'the machine was seized' })
  await world.until('ticks by the new key', async () => (await keyInForce()) !== old && (await story.tick('bob')) > honest.number + 2)
  const newest = thief.mined().at(-2)!
  for (const forged of [await thief.forge(newest, await thief.nextTo(newest)), await thief.forge(last, { root: 'ab'.repeat(32) })]) {
    expect(forged.document.body.by).toBe(old)
    thief.anchor(forged, 'no seal')
    await world.block()
  }
  expect(await story.supervisor()).not.toBe('usurped')
  await story.goesOn('nobody minds')
  expect(await story.texts('bob')).toContain('before')
})

it('in the moment before the first tick of the new key, a thief that spends the last seal writes nothing, and stops the app until the master key resumes', async () => {
  thief.steal(1)
  const [stolen, before] = [await keyInForce(), await story.tick('bob')]
  await world.call('supervisor', 'publish.replaceKey', { reason: 'seized again' })
  const last = thief.mined().at(-1)!
  const { blocks } = await thief.documentOf(last)
  await world.until('the revocation', async () => world.chain.anchors().filter(({ type }) => type === 'revocation').length === 2)
  world.trouble('supervisor', { held: true })
  world.chain.forget()
  await world.until('the next blocks', async () => world.chain.height() >= blocks.to + 3)
  const forged = await thief.forge(last, await thief.nextTo(last))
  expect(forged.document.body.by).toBe(stolen)
  thief.anchor(forged, { of: last })
  await world.block()
  world.trouble('supervisor', {})
  for (let block = 0; block < 4; block++) await world.block()
  expect(await story.tick('bob')).toBeLessThanOrEqual(before + 1)
  expect(await story.tick('bob')).toBe((await thief.documentOf(last)).number)
  await world.call('supervisor', 'publish.takeBack', { reason: 'the seal was spent' })
  await story.goesOn('after the resumption')
})
