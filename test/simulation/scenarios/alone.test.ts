/** [R1][R2] Both kinds of endpoint over the whole loop: what servers write, and what a caller answers alone from the proved index. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { PreparedBlock } from '../../../roles/server/types.ts'
import { canonicalBytes } from '../../../roles/protocol/canonical.ts'
import { compiledShelf } from '../../roles/program/shelf.story.ts'
import { peopleOf, type People } from '../network/people.ts'
import { client, createWorld, ready, server, supervisor, TICK_BLOCKS, type World } from '../network/world.ts'

const cheating = vi.hoisted(() => ({ now: false }))

/** Servers that multiply the number by one, once the story says so: the tombstone leaves too few, and the app sleeps. */
vi.mock('../../../roles/server/execute.ts', async (original) => {
  const honest = await original<typeof import('../../../roles/server/execute.ts')>()
  const ones = ([version, block]: [string, PreparedBlock]): [string, PreparedBlock] => [
    version,
    { ...block, passage: 1n, sites: block.sites.map(() => 1n) },
  ]
  const executeHop: typeof honest.executeHop = (ctx, env, bytes) => {
    const code: typeof env.code = (tick) => {
      const held = env.code(tick)
      return cheating.now && held !== null ? { ...held, blocks: new Map([...held.blocks].map(ones)) } : held
    }
    return honest.executeHop(ctx, { ...env, code }, bytes)
  }
  return { ...honest, executeHop }
})

const PROGRAM = JSON.parse(new TextDecoder().decode(canonicalBytes(compiledShelf()))) as unknown
const NO_KEY = ''

let world: World
let people: People
beforeAll(async () => {
  world = createWorld('alone')
  await world.add(supervisor(2, PROGRAM, 'Shelf'))
  for (let number = 1; number <= 2; number++) await world.add(server(number))
  for (const name of ['ann', 'bob']) await world.add(client(name))
  for (let blocks = 0; blocks < 100; blocks++) await world.block()
  for (const name of ['ann', 'bob']) await ready(world, name)
  people = peopleOf(world)
})
afterAll(() => world?.close())

const look = (name: string, title: string, book = NO_KEY) => people.ask(name, 'look', { title, book })

describe('An endpoint without observation points', () => {
  it('[R1][R2] answers with what endpoints with observation points wrote, and no server takes part', async () => {
    const { books } = await people.done('ann', 'add', { title: 'Dune', stars: 4 })
    await people.done('ann', 'mark', {})
    const found = await look('bob', 'Dune', books)
    expect(found).toMatchObject({ state: 'nothing to write', servers: [], writes: [] })
    expect(found.response).toMatchObject({
      titles: ['Dune'],
      stars: ['4'],
      howMany: '1',
      allStars: '4',
      one: { some: 'Dune' },
      greeting: 'Hello',
    })
    expect(await people.count('bob', ['books', 'howMany'], ['Marked'])).toBe(1)
  })

  it('keeps no key, and says in the overview that it needs no server', async () => {
    const before = (await world.view('bob')).actors[0]!.freeKeys
    expect((await people.ask('bob', 'spare', {})).state).toBe('nothing to write')
    const { actors, app } = await world.view('bob')
    expect(actors[0]!.freeKeys).toEqual(before)
    const servers = Object.fromEntries(app!.endpoints.map(({ name, servers }) => [name, servers]))
    expect(servers).toMatchObject({ about: 0, look: 0, add: 2, mark: 2 })
  })

  it('refuses an argument or a value to read by that does not fit, in words that name it, and goes on', async () => {
    const actor = await ready(world, 'ann')
    const request = (args: object) => world.call('ann', 'use.request', { app: actor, endpoint: 'add', arguments: args as never })
    await expect(request({ title: 'Dune', stars: 1.5 })).rejects.toThrow('stars must be an integer from 1 to 5, not 1.5. (client.argument)')
    await expect(request({ stars: 1 })).rejects.toThrow('title is missing; it must be text of at most 40 characters. (client.argument)')
    const read = (index: string, equals: unknown[], range: { from?: never; to?: never } = {}) =>
      world.call('ann', 'use.read', { collection: 'books', index, equals: equals as never, limit: 9, descending: false, ...range })
    await expect(read('byTitle', ['Dune', 'many'])).rejects.toThrow('stars must be an integer from 1 to 5, not "many". (read.equals)')
    await expect(read('byTitle', [7])).rejects.toThrow('title must be text of at most 40 characters, not 7. (read.equals)')
    await expect(read('allStars', ['Dune', 'Dune', 'Dune'])).rejects.toThrow('(read.equals)')
    await expect(read('byStars', [])).rejects.toThrow(/has no index byStars\. It has key \(of its rows by their keys\), .*byTitle/)
    expect((await read('byTitle', ['Dune', 4])).rows).toHaveLength(1)
    const stars = async (range: object): Promise<number> => (await read('byTitle', ['Dune'], range)).rows.length
    expect([await stars({ from: 4 }), await stars({ to: 4 }), await stars({ from: 4, to: 9 }), await stars({ from: 5 })]).toEqual([
      1, 0, 1, 0,
    ])
    expect(await read('allStars', ['Dune'])).toMatchObject({ sum: '4' })
  })

  it('answers while the app sleeps, when a request that needs servers cannot be sent', async () => {
    cheating.now = true
    const poisoned = await people.ask('ann', 'add', { title: 'Emma', stars: '5' })
    expect(await people.publish('ann', poisoned)).toMatchObject({ state: 'rejected', error: { code: 'update.stamp' } })
    await world.until('sleep', async () => (await world.view('bob')).tick!.state === 'sleeping')
    // The plans that were made before are used up.
    for (let blocks = 0; blocks < 3 * TICK_BLOCKS; blocks++) await world.block()
    await ready(world, 'ann')
    expect(await people.ask('ann', 'add', { title: 'Emma', stars: '5' })).toMatchObject({
      state: 'failed',
      error: { code: 'client.sleeping' },
    })
    expect((await look('ann', 'Dune')).response).toMatchObject({ titles: ['Dune'] })
    expect((await people.ask('ann', 'about', {})).response).toEqual({ version: '3', tags: ['a', 'b'] })
  })
})
