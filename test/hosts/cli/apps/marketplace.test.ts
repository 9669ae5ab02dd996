import { describe, expect, it } from 'vitest'
import { keyOf, tell, type AppStory } from './story.ts'

const GOODS = { tea: 333, cup: 1_250 }
const STOCK = { tea: 10, cup: 3 }
const ADDRESS = Buffer.from('sealed for sam').toString('base64')
const line = (good: string, pieces: number) => ({ good, pieces })

/** Sam sells tea and cups. */
async function market() {
  const story = tell('marketplace')
  const { listings: listing } = await story.done('sam', 'sell', { title: "Sam's", goods: GOODS })
  for (const [good, change] of Object.entries(STOCK)) await story.done('sam', 'restock', { good, change })
  const order = async (who: string, ...lines: object[]) => (await story.done(who, 'offer', { listing, lines, address: ADDRESS })).orders!
  return { story, listing: listing!, order }
}

const move = (to: string | object, order: string): object => ({ order, to })
const shipped = { tag: 'shipped', value: { parcel: 'P-77' } }
const declined = { tag: 'declined', value: { why: 'on holiday' } }
/** How many pieces of each good there are: the sum of what came and went. */
const stocks = (story: AppStory) => {
  const left = new Map<string, number>()
  for (const { fields } of story.rows('stock'))
    left.set(String(fields['good']), (left.get(String(fields['good'])) ?? 0) + Number(fields['change']))
  return [...left].sort()
}

describe('[L1][L10] the marketplace, by golem run', () => {
  it('prices an order: lines of one good become one, the dearest comes first, the tax is rounded to the cent', async () => {
    const { story, listing, order } = await market()
    const key = await order('bea', line('tea', 1), line('cup', 1), line('tea', 2))
    expect(story.rows('orders')).toEqual([
      {
        key,
        owner: keyOf('bea'),
        fields: {
          listing,
          seller: keyOf('sam'),
          address: ADDRESS,
          lines: [
            { good: 'cup', pieces: '1', price: '1250' },
            { good: 'tea', pieces: '3', price: '333' },
          ],
          // 22.49 by 19 % is 4.2731
          tax: '427',
          total: String(1_250 + 3 * 333 + 427),
        },
      },
    ])
  })

  it.each([
    [50, 10],
    [1, 0],
    [3, 1],
    [2, 0],
    [100_00, 1_900],
  ])('a net of %i cents is taxed with %i', async (price, tax) => {
    const story = tell('marketplace')
    const { listings: listing } = await story.done('sam', 'sell', { title: 'One', goods: { it: price } })
    await story.done('bea', 'offer', { listing, lines: [line('it', 1)], address: '' })
    expect(story.rows('orders')[0]!.fields).toMatchObject({ tax: String(tax), total: String(price + tax) })
  })

  it('goes from offered over accepted and shipped to received, each step by its party, and the goods leave the stock', async () => {
    const { story, order } = await market()
    const key = await order('bea', line('cup', 2), line('tea', 4))
    await story.done('sam', 'accept', { order: key })
    expect(stocks(story)).toEqual([
      ['cup', 1],
      ['tea', 6],
    ])
    await story.done('sam', 'move', move(shipped, key))
    await story.done('bea', 'move', move('received', key))
    expect(story.rows('moves').map(({ owner, fields }) => [owner, fields['order'], fields['rank'], fields['state']])).toEqual([
      [keyOf('sam'), key, '3', { tag: 'accepted', value: {} }],
      [keyOf('sam'), key, '4', shipped],
      [keyOf('bea'), key, '5', { tag: 'received', value: {} }],
    ])
  })

  it('refuses every transition that is not one, and says from where to where', async () => {
    const { story, order } = await market()
    const key = await order('bea', line('cup', 1))
    const no = (who: string, to: string | object) => story.refused(who, 'move', move(to, key))
    expect(await no('sam', shipped)).toBe('An order that is offered cannot become shipped here.')
    expect(await no('bea', 'received')).toBe('An order that is offered cannot become received here.')
    expect(await no('sam', 'accepted')).toBe('An order that is offered cannot become accepted here.')
    await story.done('sam', 'accept', { order: key })
    expect(await no('bea', 'withdrawn')).toBe('An order that is accepted cannot become withdrawn here.')
    expect(await no('sam', declined)).toBe('An order that is accepted cannot become declined here.')
    expect(await story.refused('sam', 'accept', { order: key })).toBe('An order that is accepted cannot become accepted.')
    await story.done('sam', 'move', move(shipped, key))
    expect(await no('sam', shipped)).toBe('An order that is shipped cannot become shipped here.')
    await story.done('bea', 'move', move('received', key))
    for (const [who, to] of [
      ['bea', 'received'],
      ['sam', shipped],
      ['bea', 'withdrawn'],
    ] as const)
      expect(await no(who, to)).toMatch(/^An order that is received cannot/)
    expect(stocks(story)).toEqual([
      ['cup', 2],
      ['tea', 10],
    ])
  })

  it.each([
    ['bea', 'withdrawn', 'withdrawn'],
    ['sam', declined, 'declined'],
  ])('ends when %s says that it is over, and nothing follows', async (who, to, state) => {
    const { story, order } = await market()
    const key = await order('bea', line('cup', 1))
    await story.done(who, 'move', move(to, key))
    expect(await story.refused('sam', 'accept', { order: key })).toBe(`An order that is ${state} cannot become accepted.`)
    expect(await story.refused('sam', 'move', move(shipped, key))).toBe(`An order that is ${state} cannot become shipped here.`)
    expect(stocks(story)).toEqual([
      ['cup', 3],
      ['tea', 10],
    ])
  })

  it('takes a step from nobody but the right party, least of all from a stranger', async () => {
    const { story, listing, order } = await market()
    const key = await order('bea', line('cup', 1))
    await story.done('eve', 'sell', { title: "Eve's", goods: GOODS })
    expect(await story.refused('eve', 'move', move('withdrawn', key))).toBe('That is no order of yours.')
    expect(await story.refused('eve', 'move', move('withdrawn', 'nowhere'))).toBe('That is no order of yours.')
    expect(await story.refused('eve', 'accept', { order: key })).toBe('There is no such order for you to accept.')
    expect(await story.refused('sam', 'move', move('withdrawn', key))).toBe('It is for the other party to say that an order is withdrawn.')
    expect(await story.refused('bea', 'move', move(declined, key))).toBe('It is for the other party to say that an order is declined.')
    expect(await story.refused('bea', 'accept', { order: key })).toBe('There is no such order for you to accept.')
    // Stock comes to a listing by its owner's hand alone.
    expect((await story.call('bea', 'restock', { good: 'cup', change: 1 })).error).toMatchObject({ code: 'call.key' })
    expect((await story.call('eve', 'restock', { listing, good: 'cup', change: -1 })).error).toMatchObject({ code: 'call.key' })
    await story.done('sam', 'accept', { order: key })
  })

  it('says why an order is none', async () => {
    const { story, listing } = await market()
    const offer = (lines: object[], at = listing) => story.refused('bea', 'offer', { listing: at, lines, address: '' })
    expect(await offer([line('cup', 1)], 'nowhere')).toBe('There is no such listing.')
    expect(await offer([])).toBe('An order needs a line.')
    expect(await offer([line('tea', 6), line('gold', 1), line('silver', 1)])).toBe('There is no gold, silver here.')
    const { error } = await story.call('bea', 'offer', { listing, lines: [line('cup', 0)], address: '' })
    expect(error).toMatchObject({
      code: 'call.request',
      message: expect.stringContaining('lines[0].pieces must be an integer from 1 to 1000000, not 0.'),
    })
  })

  it('accepts no more than there is: of two offers for the last pieces, one', async () => {
    const { story, order } = await market()
    const [first, second] = [await order('bea', line('cup', 2)), await order('bob', line('cup', 2))]
    await story.done('sam', 'accept', { order: first })
    expect(await story.refused('sam', 'accept', { order: second })).toBe('There is not enough of cup.')
    await story.done('sam', 'restock', { good: 'cup', change: 1 })
    await story.done('sam', 'accept', { order: second })
    expect(stocks(story)).toEqual([
      ['cup', 0],
      ['tea', 10],
    ])
  })

  it('keeps the stock from below zero by a rule, whoever takes pieces away', async () => {
    const { story } = await market()
    const { error } = await story.call('sam', 'restock', { good: 'cup', change: -4 })
    expect(error).toMatchObject({
      code: 'update.rule',
      message: expect.stringContaining(
        'the sum of change over the rows of stock with the same listing and good is at least 0 (index stock.left)',
      ),
    })
    await story.done('sam', 'restock', { good: 'cup', change: -3 })
    expect(stocks(story)).toEqual([
      ['cup', 0],
      ['tea', 10],
    ])
  })

  it('[L12] answers an order whose total is beyond all bounds, without overflow', async () => {
    const story = tell('marketplace')
    const goods = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`gold ${i}`, 100_000_00]))
    const { listings: listing } = await story.done('sam', 'sell', { title: 'Gold', goods })
    const lines = Object.keys(goods).map((good) => line(good, 1_000_000))
    expect(await story.refused('bea', 'offer', { listing, lines, address: '' })).toBe('An order has at most 3 different goods.')
    expect(await story.refused('bea', 'offer', { listing, lines: lines.slice(0, 3), address: '' })).toBe(
      'The total is 35700000000000 cents; at most 100000000 are allowed.',
    )
    expect(await story.refused('bea', 'offer', { listing, lines: [line('gold 1', 9)], address: '' })).toBe(
      'The total is 107100000 cents; at most 100000000 are allowed.',
    )
    await story.done('bea', 'offer', { listing, lines: [line('gold 1', 8)], address: '' })
  })

  it('[L12] fits the budget with the longest order of the largest listing, and writes nothing without it', async () => {
    const story = tell('marketplace')
    const goods = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`${i}`.padEnd(40, 'ö'), 100]))
    const { listings: listing } = await story.done('sam', 'sell', { title: 'Everything', goods })
    const request = {
      listing,
      lines: Array.from({ length: 10 }, (_, i) => line(Object.keys(goods)[i % 3]!, 7)),
      address: ADDRESS,
    }
    expect((await story.call('bea', 'offer', request, '--budget-steps', '100')).error).toMatchObject({ code: 'program.budget' })
    expect((await story.call('bea', 'offer', request, '--budget-bytes', '100')).error).toMatchObject({ code: 'program.budget' })
    expect(story.rows('orders')).toEqual([])
    const { value } = await story.call('bea', 'offer', request, '--budget-steps', '5000', '--budget-bytes', '100000')
    for (const good of Object.keys(goods).slice(0, 3)) await story.done('sam', 'restock', { good, change: 1_000 })
    await story.done('sam', 'accept', { order: value.writes[0].key })
  })

  it('says why goods are not listed', async () => {
    const { story } = await market()
    expect(await story.refused('sam', 'sell', { title: ' ', goods: GOODS })).toBe('There is no title.')
    for (const goods of [{}, { '': 1 }]) expect(await story.refused('sam', 'sell', { title: 'x', goods })).toMatch(/^There are no goods/)
    expect((await story.call('sam', 'sell', { title: 'x', goods: { tea: 0 } })).error).toMatchObject({
      code: 'call.request',
    })
  })

  it('is told by the command itself too', async () => {
    const { story, order } = await market()
    const key = await order('bea', line('tea', 1))
    expect(await story.process('sam', 'accept', { order: key })).toMatchObject({
      ok: true,
      value: { response: { accepted: true }, committed: true },
    })
    expect(stocks(story)).toEqual([
      ['cup', 3],
      ['tea', 9],
    ])
  })
})
