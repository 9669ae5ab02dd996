/** A marketplace: sellers list goods, buyers offer to buy, and both take an order from state to state. Money is counted in cents. */
import { app, asList, bytes, collection, construct, emptyMap, endpoint, format, int, key, list, literal, map, noKey, order } from 'golem'
import { record, see, sum, text, variant, when } from 'golem'
import type { Bool, Database, Expr, In, Int, MarkOf, Text, TextExpr } from 'golem'

const [TAX_PERCENT, MOST_CENTS, MOST_GOODS] = [19, 1_000_000_00, 3]
const [good, cents, pieces] = [text(40), int({ min: 0 }), int({ min: 1, max: 1_000_000 })]
const [change, price] = [int({ min: -1_000_000, max: 1_000_000 }), int({ min: 1, max: 100_000_00 })]
const [goods, wish, line] = [map(good, price, 20), record({ good, pieces }), record({ good, pieces, price: cents })]
/** What becomes of an order that is offered. Each state has a rank: where moves of one tick contradict each other, the greatest holds. */
const [bare, declined, shipped] = [record({}), record({ why: text(200) }), record({ parcel: text(40) })]
const state = variant({ withdrawn: bare, declined, accepted: bare, shipped, received: bare })
const STATES = ['offered', 'withdrawn', 'declined', 'accepted', 'shipped', 'received']
const [OFFERED, WITHDRAWN, DECLINED, ACCEPTED, SHIPPED, RECEIVED] = [0, 1, 2, 3, 4, 5]
const nameOf = (rank: In<Int>) => asList(text(9), STATES).at(rank).orElse('')
/** The first problem that there is, or no text. Helpers are ordinary TypeScript: they write the program down while it is compiled. */
type Problem = [is: In<Bool>, reason: In<Text>]
const problem = (...all: Problem[]): TextExpr =>
  all.reduceRight<() => TextExpr>((next, [is, reason]) => () => when(is, () => reason, next), () => literal(text(0), ''))()
/** Does something unless there is a problem, and says so. */
const unless = (reason: TextExpr, act: () => unknown) =>
  when(reason.isEmpty(), () => (act(), { accepted: true, reason: '' }), () => ({ accepted: false, reason }))

const collections = {
  listings: collection({ doc: 'Goods of one seller.', fields: { title: text(100), goods }, indices: { bySeller: order('$owner') } }),
  // Orders accepted at once do not see one another, so each could be told that there is enough. The rule is held when the tick closes.
  stock: collection({
    doc: 'Pieces of a good that came to a listing, or left it.',
    fields: { listing: key('listings'), good, change }, indices: { left: sum('change', 'listing', 'good').atLeast(0) },
  }),
  orders: collection({
    doc: "What a buyer wants from a listing, at its prices. The address is encrypted for the seller by the buyer's app.",
    fields: { listing: key('listings'), seller: text(64), lines: list(line, MOST_GOODS), tax: cents, total: cents, address: bytes(999) },
    indices: { bySeller: order('seller'), byBuyer: order('$owner') },
  }),
  moves: collection({
    doc: 'An order comes to another state, by the party that owns the move.',
    fields: { order: key('orders'), rank: int({ min: 1, max: RECEIVED }), state }, indices: { states: order('order', 'rank').unique() },
  }),
}
type Db = Database<typeof collections>

const sell = (db: Db) => endpoint({
  doc: 'Lists goods for sale.',
  request: { title: text(100), goods },
  run: (req) =>
    see('stall', req.title, req.goods, (title, given) => {
      const isNameless = given.isEmpty().or(given.has(''))
      const reason = problem([title.trim().isEmpty(), 'There is no title.'], [isNameless, 'There are no goods, or some have no name.'])
      return unless(reason, () => db.listings.create(req))
    }),
})

const restock = (db: Db) => endpoint({
  doc: 'Puts pieces of a good in the stock of a listing of the caller, or takes some away; no server sees what, or how many.',
  request: { good, change },
  run: (req) => {
    const mine = db.listings.owned('listing')
    return see('stall', mine.key, (listing) => (db.stock.create({ listing, ...req }), { accepted: true }))
  },
})

const offer = (db: Db) => endpoint({
  doc: 'Offers to buy up to three goods from a listing, taxes included. Lines of one good become one; the dearest comes first.',
  request: { listing: key('listings'), lines: list(wish, 10), address: bytes(999) },
  run: (req) => {
    const shop = db.listings.get(req.listing, { name: 'shop' })
    return see('till', shop.goods, shop.$owner, req.lines, (found, seller, wishes) => {
      const there = found.orElse(emptyMap(good, price))
      const wanted = wishes.groupBy((one) => one.get('good')).mapValues((same) => same.sum((one) => one.get('pieces')))
      const unknown = wanted.keys().filter((name) => there.has(name).not())
      const costs = (one: Expr<MarkOf<typeof line>>) => one.get('price').times(one.get('pieces'))
      const items = wanted.mapValues((many, name) => ({ good: name, pieces: many, price: there.get(name).orElse(0) })).values()
      const lines = items.sortBy(costs, { descending: true })
      const tax = lines.sum(costs).times(TAX_PERCENT).plus(50).dividedBy(100) // rounded to the nearest cent, half a cent up
      const total = lines.sum(costs).plus(tax)
      const reason = problem(
        [found.isNone(), 'There is no such listing.'], [wishes.isEmpty(), 'An order needs a line.'],
        [unknown.isEmpty().not(), format`There is no ${unknown.join(', ')} here.`],
        [lines.length().greater(MOST_GOODS), format`An order has at most ${MOST_GOODS} different goods.`],
        [total.greater(MOST_CENTS), format`The total is ${total} cents; at most ${MOST_CENTS} are allowed.`],
      )
      return unless(reason, () => db.orders.create({ ...req, seller: seller.orElse(''), lines: lines.take(MOST_GOODS), tax, total }))
    })
  },
})

const accept = (db: Db) => endpoint({
  doc: 'The seller accepts an offer, and the goods leave the stock. Of orders accepted at once, those count for which there is enough.',
  request: { order: key('orders') },
  run: (req, { caller }) => {
    const order = db.orders.get(req.order, { name: 'order' })
    const last = db.moves.states.rows({ order: req.order }, { limit: 1, descending: true, name: 'last' })
    const desk = see('desk', order.seller, order.listing, order.lines, last.rank, caller, (seller, from, lines, ranks, me) => ({
      why: problem(
        [seller.orElse('').equals(me).not(), 'There is no such order for you to accept.'],
        [ranks.isEmpty().not(), format`An order that is ${nameOf(ranks.first().orElse(OFFERED))} cannot become accepted.`],
      ),
      listing: from.orElse(noKey('listings')),
      goods: Array.from({ length: MOST_GOODS }, (_, i) => lines.andThen((all) => all.at(i)).map((one) => one.get('good')).orElse('')),
    }))
    // How much there is can be asked once a server has read what the order is for, so the endpoint is split here.
    const left = desk.goods.map((one, i) => db.stock.left.sum({ listing: desk.listing, good: one }, { name: `left${i + 1}` }))
    return see('shelf', desk.why, desk.listing, order.lines, ...left, (why, listing, found, ...stocks) => {
      const at = (i: number) => found.andThen((all) => all.at(i))
      const lacking = stocks.map((some, i): Problem => [
        at(i).map((one) => one.get('pieces').greater(some)).orElse(false),
        format`There is not enough of ${at(i).map((one) => one.get('good')).orElse('')}.`,
      ])
      return unless(problem([why.isEmpty().not(), why], ...lacking), () => {
        for (let i = 0; i < MOST_GOODS; i++)
          at(i).match((one) => (db.stock.create({ listing, good: one.get('good'), change: one.get('pieces').times(-1) }), 0), () => 0)
        db.moves.create({ order: req.order, rank: ACCEPTED, state: construct(state, 'accepted') })
      })
    })
  },
})

const move = (db: Db) => endpoint({
  doc: 'The buyer withdraws an offer or has received the goods; the seller declines an offer or has shipped the goods.',
  request: { order: key('orders'), to: state },
  run: (req, { caller }) => {
    const order = db.orders.get(req.order, { name: 'order' })
    const last = db.moves.states.rows({ order: req.order }, { limit: 1, descending: true, name: 'last' })
    return see('clerk', order.seller, order.$owner, last.rank, req.to, caller, (seller, buyer, ranks, to, me) => {
      const [sells, buys, from] = [seller.orElse('').equals(me), buyer.orElse('').equals(me), ranks.first().orElse(OFFERED)]
      const { rank, may, follows } = to.match({
        withdrawn: () => ({ rank: WITHDRAWN, may: buys, follows: from.equals(OFFERED) }),
        declined: () => ({ rank: DECLINED, may: sells, follows: from.equals(OFFERED) }),
        accepted: () => ({ rank: ACCEPTED, may: sells, follows: from.less(OFFERED) }), // the endpoint accept does that
        shipped: () => ({ rank: SHIPPED, may: sells, follows: from.equals(ACCEPTED) }),
        received: () => ({ rank: RECEIVED, may: buys, follows: from.equals(SHIPPED) }),
      })
      const reason = problem(
        [sells.or(buys).not(), 'That is no order of yours.'],
        [may.not(), format`It is for the other party to say that an order is ${nameOf(rank)}.`],
        [follows.not(), format`An order that is ${nameOf(from)} cannot become ${nameOf(rank)} here.`],
      )
      return unless(reason, () => db.moves.create({ order: req.order, rank, state: req.to }))
    })
  },
})

export default app({
  name: 'marketplace',
  doc: 'Listings and orders. The state of an order is its move of the greatest rank: the first of the index states, descending.',
  collections,
  endpoints: (db) => ({ sell: sell(db), restock: restock(db), offer: offer(db), accept: accept(db), move: move(db) }),
})
