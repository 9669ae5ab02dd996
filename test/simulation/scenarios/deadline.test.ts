/** [R7] Reading takes time: what is approved too late is refused before it costs anything, and composed anew with one command. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RequestView } from '../../../main/contract/index.ts'
import { peopleOf, type People } from '../network/people.ts'
import { client, createWorld, NOBODY, ready, server, supervisor, type World } from '../network/world.ts'

let world: World
let people: People
/** Keeps one key for posts in reserve, and none for likes. */
const bob = client('bob', 1, { freshKeysOf: { likes: 0 } })
beforeAll(async () => {
  world = createWorld('deadline')
  people = peopleOf(world)
  for (const one of [supervisor(3), ...[1, 2, 3, 4].map((number) => server(number)), client('alice'), bob]) await world.add(one)
  world.chain.mine(100, NOBODY)
  await world.run(3_000)
  await ready(world, 'alice')
})
afterAll(() => world?.close())

const updates = (): number => world.chain.anchors().filter(({ type }) => type === 'update').length
const balance = async (): Promise<number> => (await world.view('alice')).actors[0]!.balance
const seen = async ({ id }: { id: string }): Promise<RequestView> => (await world.request('alice', id))!
const post = (text: string): Promise<RequestView> => people.ask('alice', 'post', { topic: 'golem', text })
const answered = async (id: string): Promise<RequestView> => {
  for (let waits = 0; waits < 40 && (await seen({ id })).state === 'sending'; waits++) await world.run(500)
  return seen({ id })
}
/** Blocks until an approval would come too late, with the chain one block short of it. */
async function read(request: RequestView): Promise<void> {
  const { approveBefore } = request.deadline!
  while (world.chain.height() < approveBefore - 1) await world.block()
}

describe('[R7] an approval', () => {
  it('shows until when it counts, is taken in the last block that is in time, and is counted then', async () => {
    const request = await post('in time')
    const { until, approveBefore, margin, blocksLeft, estimatedMs } = request.deadline!
    expect({ until: until - approveBefore, margin, blocksLeft }).toEqual({
      until: margin,
      margin: 1,
      blocksLeft: approveBefore - world.chain.height(),
    })
    expect(estimatedMs).toBeGreaterThan(0)
    await read(request)
    expect((await seen(request)).deadline).toMatchObject({ blocksLeft: 1 })
    expect(await people.publish('alice', request)).toMatchObject({ state: 'counted' })
  })

  it('that comes too late costs nothing, and the request is composed anew with the same arguments, once', async () => {
    const request = await post('too late')
    await read(request)
    await world.block()
    const [before, paid] = [updates(), await balance()]
    await expect(world.call('alice', 'use.approve', { id: request.id })).rejects.toThrow(/Nothing was published or paid.*\(client\.late\)/)
    const late = await seen(request)
    expect(late).toMatchObject({ state: 'late', error: { code: 'client.late' } })
    // What the app answered is true of no row: nobody is to take it for done.
    expect([request.response, late.response]).toEqual([{ accepted: true, reason: '' }, undefined])
    await world.block()
    expect([updates(), await balance()]).toEqual([before, paid])

    const { id } = await world.call('alice', 'use.again', { id: request.id })
    expect(await world.call('alice', 'use.again', { id: request.id })).toEqual({ id })
    expect((await seen(request)).again).toBe(id)
    const fresh = await answered(id)
    expect(fresh).toMatchObject({ state: 'review', writes: [{ fields: { topic: 'golem', text: 'too late' } }] })
    expect(await people.publish('alice', fresh)).toMatchObject({ state: 'counted' })
    expect(updates()).toBe(before + 1)
  })

  it('is refused when the computer slept, though the client has not followed the chain yet, and a late one may be refused', async () => {
    const request = await post('asleep')
    await world.call('alice', 'use.refuse', { id: (await post('not this one')).id })
    const before = updates()
    const left = request.deadline!.blocksLeft
    // Blocks that come in one moment: the client is told of them while it is asked.
    world.chain.mine(left, NOBODY, false)
    await expect(world.call('alice', 'use.approve', { id: request.id })).rejects.toThrow('client.late')
    await world.run(3_000)
    await world.restart('alice')
    expect(await seen(request)).toMatchObject({ state: 'late' })
    await world.call('alice', 'use.refuse', { id: request.id })
    expect([(await seen(request)).state, updates()]).toEqual(['refused', before])
  })

  it('that waits for the mempool until it is too late is not paid, nor is more paid for one that no block took in time', async () => {
    for (let blocks = 0; blocks < 3; blocks++) await world.block()
    const waiting = await post('no node to send it')
    const before = [updates(), await balance()] as const
    world.trouble('alice', { noFees: true })
    const approved = world.call('alice', 'use.approve', { id: waiting.id })
    await approved.catch((error: unknown) => expect(String(error)).toContain('client.publishing'))
    await read(waiting)
    await world.block()
    world.trouble('alice', {})
    await world.run(60_000)
    expect(await seen(waiting)).toMatchObject({ state: 'late', error: { code: 'client.late' } })
    expect([updates(), await balance()]).toEqual(before)

    const slow = await post('no block takes it')
    world.trouble('alice', { held: true })
    await world.call('alice', 'use.approve', { id: slow.id })
    while (world.chain.height() < slow.deadline!.until) await world.block()
    await expect(world.call('alice', 'use.bump', { id: slow.id, feeRate: 5 })).rejects.toThrow('client.late')
    expect((await seen(slow)).waiting).toContain('cannot count any more')
    expect((await seen(slow)).response).toBeUndefined()
    const { id } = await world.call('alice', 'use.again', { id: slow.id })
    expect(await answered(id)).toMatchObject({ state: 'review' })
    world.trouble('alice', {})
    await world.until('the late one being decided', async () => (await seen(slow)).state === 'rejected')
    expect((await seen(slow)).error!.code).toBe('update.late')
  })
})

describe('[K1] keys', () => {
  it('are reserved by command, once however often it is called, and by themselves as many as requests use', async () => {
    const keys = async () => {
      const { actors, engagements } = await world.view('bob')
      return { actor: actors[0], detail: engagements[0]?.detail }
    }
    const { actor } = await world.until('bob being ready', async () => {
      const now = await keys()
      return now.actor?.state === 'ready' && now
    })
    expect([actor!.freeKeys, actor!.comingKeys]).toEqual([
      { posts: 1, likes: 0 },
      { posts: 0, likes: 0 },
    ])
    const reserve = (collection: string, count: number) => world.call('bob', 'use.reserve', { app: actor!.id, collection, count })
    expect(await reserve('likes', 2)).toEqual({ reserved: 2, free: 0, coming: 2 })
    expect(await reserve('likes', 2)).toEqual({ reserved: 0, free: 0, coming: 2 })
    await expect(reserve('nothing', 1)).rejects.toThrow('client.collection')
    await world.until('both being free', async () => (await keys()).actor!.freeKeys['likes'] === 2)
    expect((await keys()).detail).toBe('free keys: 2 for likes, 1 for posts; 0 requests')

    const send = async (text: string): Promise<RequestView> => {
      const { id } = await world.call('bob', 'use.request', { app: actor!.id, endpoint: 'post', arguments: { topic: 'golem', text } })
      for (let waits = 0; waits < 40 && (await world.request('bob', id))?.state === 'sending'; waits++) await world.run(500)
      return (await world.request('bob', id))!
    }
    const first = await send('one')
    expect(first.state).toBe('review')
    await world.call('bob', 'use.approve', { id: first.id })
    const second = await send('two')
    expect(second).toMatchObject({ state: 'failed', error: { code: 'client.busy-key' } })
    expect(second.error!.message).toContain(first.id.slice(0, 8))
    expect((await keys()).detail).toMatch(/^free keys: 2 for likes, 0 for posts; .*1 in use/)
    // Composed anew while the key is still in use it fails as well, and is composed anew again when asked again.
    const busy = await world.call('bob', 'use.again', { id: second.id })
    expect(await world.request('bob', busy.id)).toMatchObject({ state: 'failed', error: { code: 'client.busy-key' } })
    await world.until('a key for the next', async () => (await keys()).actor!.freeKeys['posts'] === 1)
    const { id } = await world.call('bob', 'use.again', { id: second.id })
    expect(id).not.toBe(busy.id)
    expect((await world.request('bob', busy.id))!.again).toBe(id)
    expect(await world.call('bob', 'use.again', { id: second.id })).toEqual({ id })
    for (let waits = 0; waits < 40 && (await world.request('bob', id))?.state === 'sending'; waits++) await world.run(500)
    expect(await world.request('bob', id)).toMatchObject({ state: 'review' })
  })
})
