/** [R7] A change of a row that no block took in time, composed anew: the row that it held is its successor's. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RequestView } from '../../../main/contract/index.ts'
import { peopleOf, type People } from '../network/people.ts'
import { startWorld, type World } from '../network/world.ts'

let world: World
let people: People
beforeAll(async () => {
  world = await startWorld('again', 4, ['alice'], { app: 'poll' })
  people = peopleOf(world)
})
afterAll(() => world?.close())

const seen = async ({ id }: { id: string }): Promise<RequestView> => (await world.request('alice', id))!

describe('[R7] a change that was published and came too late', () => {
  it('is composed anew on the same row, which counts, while the late one is refused by the tick', async () => {
    const { polls } = await people.done('alice', 'create', { question: 'Where?', options: ['Here', 'There'] })
    const slow = await people.ask('alice', 'close', { poll: polls! })
    expect(slow.state).toBe('review')
    world.trouble('alice', { held: true })
    await world.call('alice', 'use.approve', { id: slow.id })
    while (world.chain.height() < slow.deadline!.until) await world.block()
    expect((await seen(slow)).waiting).toContain('cannot count any more')
    const { id } = await world.call('alice', 'use.again', { id: slow.id })
    for (let waits = 0; waits < 40 && (await seen({ id })).state === 'sending'; waits++) await world.run(500)
    const anew = await seen({ id })
    expect(anew).toMatchObject({ state: 'review', writes: [{ collection: 'polls', key: polls }] })
    // The node has the late one at last, and a block takes it.
    world.trouble('alice', {})
    await world.block()
    expect(await people.publish('alice', anew)).toMatchObject({ state: 'counted' })
    expect(await seen(slow)).toMatchObject({ state: 'rejected', error: { code: 'update.late' } })
    expect(await world.call('alice', 'use.again', { id: slow.id })).toEqual({ id })
  })
})
