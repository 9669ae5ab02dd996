/** The marketplace over the whole loop: an order from its offer to its receipt, in the hands of two parties, read by a third. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { peopleOf, type People } from '../network/people.ts'
import { startWorld, type World } from '../network/world.ts'

/** Exact form, as the contract takes it. */
const GOODS = [
  { key: 'cup', value: '1250' },
  { key: 'tea', value: '333' },
]
const ADDRESS = Buffer.from('sealed for sam').toString('base64')

let world: World
let people: People
let listing: string
beforeAll(async () => {
  world = await startWorld('marketplace', 4, ['sam', 'bea', 'eve'], { app: 'marketplace', freshKeys: 6 })
  people = peopleOf(world)
  ;({ listings: listing } = (await people.done('sam', 'sell', { title: "Sam's", goods: GOODS })) as { listings: string })
  await people.done('sam', 'restock', { good: 'cup', change: '3' })
  await people.done('sam', 'restock', { good: 'tea', change: '10' })
})
afterAll(() => world?.close())

const offer = async (...lines: Array<[good: string, pieces: number]>): Promise<string> => {
  const request = { listing, lines: lines.map(([good, pieces]) => ({ good, pieces: String(pieces) })), address: ADDRESS }
  return (await people.done('bea', 'offer', request))['orders']!
}
const move = (order: string, tag: string, value: object = {}) => ({ order, to: { tag, value } })
const refusal = (reason: string) => ({ state: 'nothing to write', response: { accepted: false, reason } })
const states = async (order: string) =>
  (await people.rows('eve', ['moves', 'states'], [order])).map(({ state }) => (state as { tag: string }).tag)

/** The sum that the index stock.left has for a good. */
const left = async (good: string) =>
  (await people.rows('eve', ['stock', 'key'], []))
    .filter((row) => row['good'] === good)
    .reduce((sum, { change }) => sum + Number(change), 0)

describe('An order', () => {
  it('[R3][T3] is priced by the servers, accepted, shipped and received, and a stranger reads the newest state first', async () => {
    const order = await offer(['tea', 1], ['cup', 2], ['tea', 2])
    const [row] = await people.rows('eve', ['orders', 'key'], [order])
    expect(row).toMatchObject({
      seller: (await world.view('sam')).actors[0]!.key,
      address: ADDRESS,
      tax: '665',
      total: '4164',
    })
    expect(row!['lines']).toEqual([
      { good: 'cup', pieces: '2', price: '1250' },
      { good: 'tea', pieces: '3', price: '333' },
    ])
    expect(await people.ask('sam', 'move', move(order, 'shipped', { parcel: 'P-1' }))).toMatchObject(
      refusal('An order that is offered cannot become shipped here.'),
    )
    await people.done('sam', 'accept', { order })
    expect(await people.ask('eve', 'move', move(order, 'received'))).toMatchObject(refusal('That is no order of yours.'))
    await people.done('sam', 'move', move(order, 'shipped', { parcel: 'P-1' }))
    await people.done('bea', 'move', move(order, 'received'))
    expect(await states(order)).toEqual(['received', 'shipped', 'accepted'])
    expect([await left('cup'), await left('tea')]).toEqual([1, 7])
  })

  it('[T3] that its parties move at once to states that contradict each other is in the one of the greater rank, for everybody', async () => {
    const order = await offer(['tea', 5])
    const [withdrawal, acceptance] = [
      await people.ask('bea', 'move', move(order, 'withdrawn')),
      await people.ask('sam', 'accept', { order }),
    ]
    expect([withdrawal.state, acceptance.state]).toEqual(['review', 'review'])
    await world.call('bea', 'use.approve', { id: withdrawal.id })
    expect(await people.publish('sam', acceptance)).toMatchObject({ state: 'counted' })
    await world.until('the withdrawal being counted', async () => (await world.request('bea', withdrawal.id))?.state === 'counted')
    await world.block()
    expect(await states(order)).toEqual(['accepted', 'withdrawn'])
    expect(await people.ask('bea', 'move', move(order, 'withdrawn'))).toMatchObject(
      refusal('An order that is accepted cannot become withdrawn here.'),
    )
  })

  it('[T3] takes no goods that another one has: of two accepted at once both count while there is enough, and then one', async () => {
    const [one, other] = [await offer(['tea', 1]), await offer(['cup', 1])]
    const both = [await people.ask('sam', 'accept', { order: one }), await people.ask('sam', 'accept', { order: other })]
    expect((await people.publishTogether('sam', both)).map(({ state }) => state)).toEqual(['counted', 'counted'])
    await world.block()
    expect([await left('cup'), await left('tea')]).toEqual([0, 1])
    const [third, fourth] = [await offer(['tea', 1]), await offer(['tea', 1])]
    const rivals = [await people.ask('sam', 'accept', { order: third }), await people.ask('sam', 'accept', { order: fourth })]
    expect(rivals.map(({ state }) => state)).toEqual(['review', 'review'])
    const ended = await people.publishTogether('sam', rivals)
    expect(ended.map(({ state }) => state)).toEqual(['counted', 'rejected'])
    expect(ended[1]!.error).toMatchObject({
      code: 'update.rule',
      message: expect.stringContaining(
        'the sum of change over the rows of stock with the same listing and good is at least 0 (index stock.left)',
      ),
    })
    await world.block()
    expect(await left('tea')).toBe(0)
    expect(await states(fourth)).toEqual([])
    expect(await people.ask('sam', 'accept', { order: fourth })).toMatchObject(refusal('There is not enough of tea.'))
  })

  it('[T3] that is accepted twice at once is accepted once', async () => {
    await people.done('sam', 'restock', { good: 'cup', change: '4' })
    const order = await offer(['cup', 1])
    const twice = [await people.ask('sam', 'accept', { order }), await people.ask('sam', 'accept', { order })]
    const ended = await people.publishTogether('sam', twice)
    expect(ended.map(({ state }) => state)).toEqual(['counted', 'rejected'])
    expect(ended[1]!.error!.message).toContain('at most one row of moves has the same order and rank (index moves.states)')
    await world.block()
    expect(await left('cup')).toBe(3)
    const audit = await world.call('eve', 'use.audit', {})
    expect([audit.ok, audit.ticks.filter((tick) => !tick.equal)]).toEqual([true, []])
  })
})
