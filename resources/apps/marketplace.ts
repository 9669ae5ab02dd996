/** A marketplace: sellers list goods, buyers offer to buy, and both take an order from state to state. Money is counted in cents. */
import { app, asList, bytes, collection, construct, emptyMap, endpoint, format, int, key, list, literal, map, order } from 'golem'
import { record, see, text, variant, when } from 'golem'
import type { Bool, Database, Expr, In, Int, List, MarkOf, Rec, Text, TextExpr } from 'golem'

const [TAX_PERCENT, MOST_CENTS] = [19, 1_000_000_00]
const [good, cents, pieces] = [text(40), int({ min: 0 }), int({ min: 1, max: 1_000_000 })]
const ware = record({ price: int({ min: 1, max: 100_000_00 }), stock: int({ min: 0, max: 1_000_000 }) })
const [goods, wish, line] = [map(good, ware, 20), record({ good, pieces }), record({ good, pieces, price: cents })]

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

/** How many pieces of each good the lines ask for, and the problem that there are not so many. */
const piecesOf = <F extends MarkOf<typeof wish>['fields']>(lines: Expr<List<Rec<F>>>) =>
  lines.groupBy((one) => one.get('good')).mapValues((same) => same.sum((one) => one.get('pieces')))
const lacking = (there: Expr<MarkOf<typeof goods>>, pieces: ReturnType<typeof piecesOf>): Problem => {
  const names = pieces.filter((many, name) => there.get(name).match((one) => one.get('stock').less(many), () => true)).keys()
  return [names.isEmpty().not(), format`There is not enough of ${names.join(', ')}.`]
}

const collections = {
  listings: collection({ doc: 'Goods of one seller.', fields: { title: text(100), goods }, indices: { bySeller: order('$owner') } }),
  orders: collection({
    doc: "What a buyer wants from a listing, at its prices. The address is encrypted for the seller by the buyer's app.",
    fields: { listing: key('listings'), seller: text(64), lines: list(line, 10), tax: cents, total: cents, address: bytes(999) },
    indices: { bySeller: order('seller'), byBuyer: order('$owner') },
  }),
  moves: collection({
    doc: 'An order comes to another state, by the party that owns the move.',
    fields: { order: key('orders'), rank: int({ min: WITHDRAWN, max: RECEIVED }), state }, indices: { states: order('order', 'rank') },
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
  doc: 'Puts other goods, prices and stocks in a listing of the caller; no server sees them.',
  request: { goods },
  run: (req) => {
    const mine = db.listings.owned('listing')
    return see('stall', mine.key, () => (db.listings.update(mine, req), { accepted: true }))
  },
})

const offer = (db: Db) => endpoint({
  doc: 'Offers to buy from a listing, taxes included. Lines of one good become one; the dearest comes first.',
  request: { listing: key('listings'), lines: list(wish, 10), address: bytes(999) },
  run: (req) => {
    const shop = db.listings.get(req.listing, { name: 'shop' })
    return see('till', shop.goods, shop.$owner, req.lines, (found, seller, wishes) => {
      const [there, pieces] = [found.orElse(emptyMap(good, ware)), piecesOf(wishes)]
      const price = (name: Expr<Text>) => there.get(name).match((one) => one.get('price'), () => 0)
      const costs = (one: Expr<MarkOf<typeof line>>) => one.get('price').times(one.get('pieces'))
      const items = pieces.mapValues((many, name) => ({ good: name, pieces: many, price: price(name) })).values()
      const lines = items.sortBy(costs, { descending: true })
      const tax = lines.sum(costs).times(TAX_PERCENT).plus(50).dividedBy(100) // rounded to the nearest cent, half a cent up
      const total = lines.sum(costs).plus(tax)
      const reason = problem(
        [found.isNone(), 'There is no such listing.'],
        [wishes.isEmpty(), 'An order needs a line.'],
        lacking(there, pieces),
        [total.greater(MOST_CENTS), format`The total is ${total} cents; at most ${MOST_CENTS} are allowed.`],
      )
      return unless(reason, () => db.orders.create({ ...req, seller: seller.orElse(''), lines, tax, total }))
    })
  },
})

const accept = (db: Db) => endpoint({
  doc: 'The seller accepts an offer, and the goods leave the stock. Of two orders accepted at once from one listing, one counts.',
  request: { order: key('orders') },
  run: (req, { caller }) => {
    const order = db.orders.get(req.order, { name: 'order' })
    const last = db.moves.states.rows({ order: req.order }, { limit: 1, descending: true, name: 'last' })
    const listing = db.listings.owned('listing')
    const shop = db.listings.get(listing.key, { name: 'shop' })
    const desk = see('desk', order.seller, order.listing, last.rank, listing.key, caller, (seller, from, ranks, mine, me) =>
      problem(
        [seller.orElse('').equals(me).not(), 'There is no such order for you to accept.'],
        [from.match((one) => one.equals(mine), () => false).not(), 'The order is from another listing of yours.'],
        [ranks.isEmpty().not(), format`An order that is ${nameOf(ranks.first().orElse(OFFERED))} cannot become accepted.`],
      ),
    )
    return see('shelf', desk, shop.goods, order.lines, (why, found, lines) => {
      const [there, pieces] = [found.orElse(emptyMap(good, ware)), piecesOf(lines.orElse([]))]
      const left = there.mapValues((one, name) => one.with({ stock: one.get('stock').minus(pieces.get(name).orElse(0)) }))
      const reason = problem([why.isEmpty().not(), why], lacking(there, pieces))
      return unless(reason, () => {
        db.listings.update(listing, { goods: left })
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
