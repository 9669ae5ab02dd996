/** [R7] A reorganisation takes the tick that a write rests on: nobody is at fault, and the client composes it anew for the person to review. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RequestView } from '../../../main/contract/index.ts'
import { peopleOf, type People } from '../network/people.ts'
import { NOBODY, startWorld, type World } from '../network/world.ts'

let world: World
let people: People
beforeAll(async () => {
  world = await startWorld('undone', 3, ['alice'])
  people = peopleOf(world)
})
afterAll(() => world?.close())

const find = async (wanted: (request: RequestView) => boolean): Promise<RequestView | undefined> =>
  (await world.view('alice')).requests.find(wanted)

describe('A write whose tick a reorganisation took', () => {
  it('is refused with nobody blamed, composed anew, and counts once it is approved again', async () => {
    await people.done('alice', 'post', { topic: 'golem', text: 'Before.' })
    const asked = await people.ask('alice', 'post', { topic: 'golem', text: 'Rests on a tick that goes.' })
    const { blocksLeft, blocksPerTick } = (await world.view('alice')).tick!
    // The last block that the tick closes: without it, its document is another one.
    const closes = world.chain.height() + blocksLeft - blocksPerTick
    const { txid } = await world.call('alice', 'use.approve', { id: asked.id })
    await world.block()
    world.chain.reorg(closes - 1, [txid], NOBODY)
    await world.run(3_000)
    const refused = await world.until('the verdict', () => find(({ id, state }) => id === asked.id && state === 'rejected'))
    expect(refused.error).toMatchObject({ code: 'update.base', message: expect.stringContaining('composed anew') as string })
    const anew = await world.until('the request in its place', () => find(({ id, state }) => id === refused.again && state === 'review'))
    expect(anew.writes[0]!.fields).toMatchObject({ text: 'Rests on a tick that goes.' })
    expect(await people.publish('alice', anew)).toMatchObject({ state: 'counted' })
    const texts = (await people.rows('alice', ['posts', 'byTopic'], ['golem'])).map(({ text }) => text)
    expect(texts.toSorted()).toEqual(['Before.', 'Rests on a tick that goes.'])
  })
})
