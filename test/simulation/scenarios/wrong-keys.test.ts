/** A key that can be of no row is refused before anything is sent or read: it would be answered with a proved nothing, or by servers at a price. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { peopleOf } from '../network/people.ts'
import { client, createWorld, NOBODY, server, supervisor, type World } from '../network/world.ts'

const MATURITY = 100
let world: World
let post: string

beforeAll(async () => {
  world = createWorld('wrong keys')
  await world.add(supervisor(3))
  for (const number of [1, 2, 3]) await world.add(server(number))
  await world.add(client('alice'))
  world.chain.mine(MATURITY, NOBODY)
  await world.run(3_000)
  post = (await peopleOf(world).done('alice', 'post', { topic: 'golem', text: 'hi' }))['posts']!
})
afterAll(() => world?.close())

const asked = async (): Promise<number> => (await world.view('alice')).requests.length
const like = (key: string) => world.call('alice', 'use.request', { app: 'Guestbook', endpoint: 'like', arguments: { post: key } })
const likes = (equals: string[]) =>
  world.call('alice', 'use.read', { collection: 'likes', index: 'byPost', equals, limit: 10, descending: false })

describe('A key that can be of no row', () => {
  it('is refused in a request, which then is none, and in what is read', async () => {
    const before = await asked()
    for (const wrong of ['hello', post.slice(0, 8), `${post}0`])
      await expect(like(wrong)).rejects.toThrow(/post must be a key of a row of posts in 64 hex digits .* \(client\.argument\)/)
    expect(await asked()).toBe(before)
    await expect(likes([post.slice(0, 8)])).rejects.toThrow(/post must be a key of a row of posts in 64 hex digits .* \(read\.equals\)/)
    expect(await likes([post])).toMatchObject({ proved: true, rows: [] })
    await like(post)
    expect(await asked()).toBe(before + 1)
  })
})
