/** Rules across clients over the whole loop: of rivals that are right alone and wrong together one counts, and the other's author is told why. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { app, collection, compile, count, endpoint, int, order, see, sum, text } from '../../../roles/program/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import type { RequestView } from '../../../main/contract/index.ts'
import { peopleOf, type People } from '../network/people.ts'
import { NOBODY, startWorld, TICK_BLOCKS, type World } from '../network/world.ts'

/** Names that one person has each, shows with so many seats, goods of which there are never less than none, and a purse for everybody. */
const program = must(
  compile(
    app({
      name: 'rivals',
      doc: 'What only one can have.',
      collections: {
        names: collection({ doc: 'Names.', fields: { name: text(20) }, indices: { byName: order('name').unique() } }),
        seats: collection({ doc: 'Seats.', fields: { show: text(20) }, indices: { taken: count('show').atMost(2) } }),
        stock: collection({
          doc: 'What came and went.',
          fields: { good: text(20), change: int({ min: -50, max: 50 }) },
          indices: { left: sum('change', 'good').atLeast(0) },
        }),
        purses: collection({
          doc: 'One for each.',
          fields: { points: int({ min: 0, max: 10 }) },
          indices: { byOwner: order('$owner').unique() },
          initial: { points: 10 },
        }),
      },
      endpoints: (db) => ({
        take: endpoint({
          doc: 'Takes a name.',
          request: { name: text(20) },
          run: ({ name }) => see(name, (name) => (db.names.create({ name }), { taken: name })),
        }),
        sit: endpoint({
          doc: 'Takes two seats.',
          request: { show: text(20) },
          run: ({ show }) => see(show, (show) => (db.seats.create({ show }), db.seats.create({ show }), { sits: show })),
        }),
        move: endpoint({
          doc: 'Puts goods there, or takes some.',
          request: { good: text(20), change: int({ min: -50, max: 50 }) },
          run: ({ good, change }) => see(good, change, (good, change) => (db.stock.create({ good, change }), { moved: change })),
        }),
      }),
    }),
  ),
)

let world: World
let people: People
beforeAll(async () => {
  world = await startWorld('rules', 4, ['ann', 'bob'], { app: 'rivals', program })
  people = peopleOf(world)
})
afterAll(() => world?.close())

const decided = (name: string, { id }: RequestView): Promise<RequestView> =>
  world.until(`the request of ${name} being decided`, async () => {
    const request = await world.request(name, id)
    return request && ['counted', 'rejected'].includes(request.state) ? request : null
  })
/** Both composed on one tick, so that neither sees the other. */
const both = async (endpoint: string, args: Record<string, unknown>): Promise<[RequestView, RequestView]> => {
  await boundary()
  const pair = [await people.ask('ann', endpoint, args), await people.ask('bob', endpoint, args)] as [RequestView, RequestView]
  expect(pair.map(({ state }) => state)).toEqual(['review', 'review'])
  return pair
}
/** Right after a tick has come, so that what follows stays within it. */
async function boundary(): Promise<void> {
  const number = async (): Promise<number> => (await world.view('ann')).tick!.number
  const before = await number()
  await world.until('the next tick', async () => (await number()) > before)
}
const approve = (name: string, { id }: RequestView) => world.call(name, 'use.approve', { id })
const names = async (name: string): Promise<number> => (await people.rows('bob', ['names', 'byName'], [name])).length
const told = (name: string) => ({
  state: 'rejected',
  error: {
    code: 'update.rule',
    message: `Somebody, or another request of yours, was faster: with this one, the rule that at most one row of names has the same name (index names.byName) would be broken. Nothing of it was written; look at what is there now before you send it again.`,
  },
  arguments: { name },
})

describe('Of two who want the same name', () => {
  it('[T3] the first in a block counts, and the other is told which rule of which index', async () => {
    const [ann, bob] = await both('take', { name: 'block' })
    await approve('ann', ann)
    await approve('bob', bob)
    const ended = [await decided('ann', ann), await decided('bob', bob)]
    // Which of the two stands first in the block is the miner's matter.
    const [won, lost] = ended[0]!.state === 'counted' ? ended : ended.toReversed()
    expect(won).toMatchObject({ state: 'counted' })
    expect(lost).toMatchObject(told('block'))
    await world.block()
    expect(await names('block')).toBe(1)
  })

  it('[T3] the first of two blocks of one tick counts', async () => {
    const [ann, bob] = await both('take', { name: 'tick' })
    await approve('bob', bob)
    await world.block()
    await approve('ann', ann)
    expect(await decided('bob', bob)).toMatchObject({ state: 'counted' })
    expect(await decided('ann', ann)).toMatchObject(told('tick'))
  })

  it('[T3] the first of two ticks counts, while the other cannot see it yet', async () => {
    const first = await people.ask('ann', 'take', { name: 'ticks' })
    await approve('ann', first)
    await boundary()
    const second = await people.ask('bob', 'take', { name: 'ticks' })
    await approve('bob', second)
    expect(await decided('ann', first)).toMatchObject({ state: 'counted' })
    expect(await decided('bob', second)).toMatchObject(told('ticks'))
  })

  it('[T3] a reorganisation that puts the loser first makes it the winner', async () => {
    const [ann, bob] = await both('take', { name: 'reorg' })
    const fork = world.chain.height()
    await approve('ann', ann)
    await world.block()
    await approve('bob', bob)
    expect(await decided('ann', ann)).toMatchObject({ state: 'counted' })
    expect(await decided('bob', bob)).toMatchObject(told('reorg'))
    await world.block()
    expect((await people.rows('bob', ['names', 'byName'], ['reorg']))[0]).toMatchObject({ $owner: await keyOf('ann') })
    const { txid } = (await world.request('ann', ann.id))!
    world.chain.reorg(fork, [txid!], NOBODY)
    await world.run(3_000)
    const swapped = await world.until('the verdicts being the other way round', async () => {
      const [one, other] = [await world.request('ann', ann.id), await world.request('bob', bob.id)]
      return one?.state === 'rejected' && other?.state === 'counted' ? one : null
    })
    expect(swapped).toMatchObject(told('reorg'))
    await world.block()
    expect((await people.rows('ann', ['names', 'byName'], ['reorg']))[0]).toMatchObject({ $owner: await keyOf('bob') })
    expect(await names('reorg')).toBe(1)
  })
})

const keyOf = async (name: string): Promise<string> => (await world.view(name)).actors[0]!.key

describe('Rules of a group and of a sum', () => {
  it('count all writes of a request: two seats fit once, and the next two do not', async () => {
    const [ann, bob] = await both('sit', { show: 'opera' })
    const ended = await Promise.all([(await approve('ann', ann), decided('ann', ann)), (await approve('bob', bob), decided('bob', bob))])
    expect(ended.map(({ state }) => state).sort()).toEqual(['counted', 'rejected'])
    expect(ended.find(({ state }) => state === 'rejected')!.error).toMatchObject({
      code: 'update.rule',
      message: expect.stringContaining('at most 2 rows of seats have the same show (index seats.taken)'),
    })
    await world.block()
    expect(await people.count('ann', ['seats', 'taken'], ['opera'])).toBe(2)
  })

  it('keep a sum from below zero: who takes the last pieces second is refused', async () => {
    await people.done('ann', 'move', { good: 'tea', change: 5 })
    const [ann, bob] = await both('move', { good: 'tea', change: -4 })
    await approve('ann', ann)
    await world.block()
    await approve('bob', bob)
    expect(await decided('ann', ann)).toMatchObject({ state: 'counted' })
    expect(await decided('bob', bob)).toMatchObject({
      state: 'rejected',
      error: {
        code: 'update.rule',
        message: expect.stringContaining('the sum of change over the rows of stock with the same good is at least 0'),
      },
    })
    await people.done('bob', 'move', { good: 'tea', change: -1 })
  })

  it('let nobody have two purses that begin with ten points: a client reserves one, and says why there are no more before it pays', async () => {
    const actor = await keyOf('ann')
    expect((await people.rows('ann', ['purses', 'byOwner'], [actor])).map(({ points }) => points)).toEqual(['10'])
    await expect(world.call('ann', 'use.reserve', { app: actor, collection: 'purses', count: 2 })).rejects.toThrow(
      'Keys of purses begin with an initial value, and at most one row of purses has the same owner. This client may reserve 0 more, not 1. (client.rule)',
    )
    for (let blocks = 0; blocks < 3 * TICK_BLOCKS; blocks++) await world.block()
    expect(await people.rows('ann', ['purses', 'byOwner'], [actor])).toHaveLength(1)
  })
})

it('[T2][D4] An audit comes to the same verdicts, and to every root', async () => {
  for (let blocks = 0; blocks < TICK_BLOCKS; blocks++) await world.block()
  const audit = await world.call('bob', 'use.audit', {})
  expect([audit.ok, audit.ticks.filter((tick) => !tick.equal)]).toEqual([true, []])
})
