/** An application as a developer writes one: what the SDK is for, and that it needs no detours. */
import { describe, expect, it } from 'vitest'
import {
  app,
  canonicalProgram,
  collection,
  compile,
  construct,
  count,
  endpoint,
  format,
  int,
  key,
  list,
  noKey,
  order,
  record,
  see,
  text,
  variant,
  when,
  zipLists,
  zipOptions,
} from '../../../roles/program/index.ts'
import { ALICE, BOB, createStory, must } from './guestbook.story.ts'

const state = variant({ open: record({}), paid: record({ reference: text(20) }), cancelled: record({ why: text(60) }) })
const line = record({ name: text(30), price: int({ min: 0, max: 1_000_000 }), amount: int({ min: 0, max: 1000 }) })

export const market = app({
  name: 'market',
  doc: 'Orders with line items; an order is open, then paid or cancelled.',
  collections: {
    orders: collection({
      doc: '',
      fields: { buyer: text(64), lines: list(line, 20), total: int({ min: 0 }), state },
      indices: { byBuyer: order('buyer', 'total'), howMany: count('buyer') },
    }),
  },
  endpoints: (db) => ({
    order: endpoint({
      doc: 'Orders some things.',
      request: { lines: list(line, 20), coupon: text(10) },
      run: (req, { caller }) => {
        const open = db.orders.howMany.count({ buyer: caller })
        const { total, summary } = see('total', req.lines, req.coupon, (lines, coupon) => {
          const full = lines.sum((one) => one.get('price').times(one.get('amount')))
          const total = when(
            coupon.asciiUpper().equals('HALF'),
            () => full.dividedBy(2),
            () => full,
          ).clamp(0, 1_000_000_000)
          const names = lines.filter((one) => one.get('amount').greater(0)).map((one) => format`${one.get('amount')} × ${one.get('name')}`)
          return { total, summary: names.join(', ') }
        })
        return see('place', open, caller, (orders, buyer) =>
          when(
            orders.less(3),
            () => ({ order: db.orders.create({ buyer, lines: req.lines, total, state: construct(state, 'open') }), summary, total }),
            () => ({ order: noKey('orders'), summary: 'You have three orders already.', total: 0 }),
          ),
        )
      },
    }),
    pay: endpoint({
      doc: 'Pays an order of the caller that is open.',
      request: { reference: text(20) },
      run: (req) => {
        const mine = db.orders.owned('order')
        const found = db.orders.get(mine.key, { name: 'order' })
        return see('pay', found.state, found.total, req.reference, (now, total, reference) =>
          zipOptions({ now, total })
            .filter((one) => one.get('now').is('open'))
            .match(
              (one) => {
                db.orders.update(mine, { state: construct(state, 'paid', { reference }) })
                return { paid: one.get('total') }
              },
              () => ({ paid: 0 }),
            ),
        )
      },
    }),
    spent: endpoint({
      doc: 'What the caller spent, order by order.',
      request: {},
      run: (_, { caller }) => {
        const orders = db.orders.byBuyer.rows({ buyer: caller }, { limit: 10 })
        return see('spent', orders.total, orders.state, (totals, states) => {
          const paid = zipLists({ total: totals, now: states }).filter((one) => one.get('now').is('paid'))
          return { sum: paid.sum((one) => one.get('total')), largest: paid.maxBy((one) => one.get('total')).map((one) => one.get('total')) }
        })
      },
    }),
    watch: endpoint({ doc: '', request: { order: key('orders') }, run: (req) => ({ missing: see(req.order, (one) => one.isEmpty()) }) }),
  }),
})

describe('a market', () => {
  const program = must(compile(market))

  it('orders, pays and adds up', () => {
    const story = createStory(program)
    const lines = [
      { name: 'tea', price: 250, amount: 2 },
      { name: 'cup', price: 900, amount: 1 },
      { name: 'jug', price: 5000, amount: 0 },
    ]
    const placed = must(story.run('order', ALICE, { lines, coupon: 'half' }))
    expect(placed.response).toMatchObject({ summary: '2 × tea, 1 × cup', total: 700 })
    expect(placed.writes[0]!.fields).toMatchObject({ buyer: ALICE, total: 700, state: { tag: 'open', value: {} } })
    const row = story.tables['orders']![0]!
    const paid = must(story.run('pay', ALICE, { reference: 'r1' }, { slots: [row['$key'] as string], query: () => [row] }))
    expect(paid.response).toEqual({ paid: 700 })
    expect(paid.writes[0]!.fields).toEqual({ state: { tag: 'paid', value: { reference: 'r1' } } })
    const again = { ...row, ...paid.writes[0]!.fields }
    expect(must(story.run('pay', ALICE, { reference: 'r2' }, { query: () => [again] })).response).toEqual({ paid: 0 })
    story.tables['orders'] = [again, { ...again, $key: 'other', total: 100 }, { ...row, $key: 'open', total: 9000 }]
    expect(must(story.run('spent', ALICE, {})).response).toEqual({ sum: 800, largest: { some: 700 } })
    expect(must(story.run('spent', BOB, {})).response).toEqual({ sum: 0, largest: null })
    expect(must(story.run('order', ALICE, { lines, coupon: '' })).response).toMatchObject({ order: '', total: 0 })
    expect(must(story.run('watch', BOB, { order: '' })).response).toEqual({ missing: true })
  })

  it('is a small document', () => {
    expect(canonicalProgram(program).length).toBeLessThan(11_000)
  })
})
