/** The marketplace over the whole loop: an order from its offer to its receipt, in the hands of two parties, read by a third. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { peopleOf, type People } from '../network/people.ts'
import { startWorld, type World } from '../network/world.ts'

/** Exact form, as the contract takes it. */
const GOODS = [
  { key: 'cup', value: { price: '1250', stock: '3' } },
  { key: 'tea', value: { price: '333', stock: '10' } },
]
const ADDRESS = Buffer.from('sealed for sam').toString('base64')

let world: World
let people: People
let listing: string
beforeAll(async () => {
  world = await startWorld('marketplace', 4, ['sam', 'bea', 'eve'], { app: 'marketplace' })
  people = peopleOf(world)
  ;({ listings: listing } = (await people.done('sam', 'sell', { title: "Sam's", goods: GOODS })) as { listings: string })
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

describe('An order', () => {
  it('[R3][T3] is priced by the servers, accepted, shipped and received, and a stranger reads the newest state first', async () => {
    const order = await offer(['tea', 1], ['cup', 2], ['tea', 2])
    const [row] = await people.rows('eve', ['orders', 'key'], [order])
    expect(row).toMatchObject({
      seller: (await world.call('sam', 'overview', {})).actors[0]!.key,
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
    const [stock] = await people.rows('eve', ['listings', 'key'], [listing])
    expect(stock!['goods']).toEqual([
      { key: 'cup', value: { price: '1250', stock: '1' } },
      { key: 'tea', value: { price: '333', stock: '7' } },
    ])
  })

  it('[T3] that its parties move at once to states that contradict each other is in the one of the greater rank, for everybody', async () => {
    const order = await offer(['tea', 5])
    const [withdrawal, acceptance] = [
      await people.ask('bea', 'move', move(order, 'withdrawn')),
      await people.ask('sam', 'accept', { order }),
    ]
    expect([withdrawal.state, acceptance.state]).toEqual(['review', 'review'])
    await world.call('bea', 'approve', { id: withdrawal.id })
    expect(await people.publish('sam', acceptance)).toMatchObject({ state: 'counted' })
    await world.until('the withdrawal being counted', async () => (await world.request('bea', withdrawal.id))?.state === 'counted')
    await world.block()
    expect(await states(order)).toEqual(['accepted', 'withdrawn'])
    expect(await people.ask('bea', 'move', move(order, 'withdrawn'))).toMatchObject(
      refusal('An order that is accepted cannot become withdrawn here.'),
    )
  })

  it('[T3] takes no goods that another one has', async () => {
    const [one, other] = [await offer(['tea', 2]), await offer(['tea', 1])]
    const first = await people.ask('sam', 'accept', { order: one })
    expect(await people.ask('sam', 'accept', { order: other })).toMatchObject({ state: 'failed', error: { code: 'client.busy-key' } })
    expect(await people.publish('sam', first)).toMatchObject({ state: 'counted' })
    await world.block()
    expect(await people.ask('sam', 'accept', { order: other })).toMatchObject(refusal('There is not enough of tea.'))
    const audit = await world.call('eve', 'audit', {})
    expect([audit.ok, audit.ticks.filter((tick) => !tick.equal)]).toEqual([true, []])
  })
})
