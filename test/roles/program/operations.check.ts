/** Compiled by `sdk-types.test.ts`, never run: every `@ts-expect-error` below is a mistake that TypeScript has to find. */
import {
  app,
  asList,
  bool,
  bytes,
  collection,
  construct,
  emptyList,
  emptyMap,
  emptyStore,
  endpoint,
  format,
  int,
  key,
  leaf,
  list,
  literal,
  map,
  node,
  none,
  openStore,
  option,
  record,
  see,
  some,
  store,
  text,
  tree,
  variant,
  when,
  zipLists,
  zipOptions,
} from '../../../roles/program/index.ts'
import type {
  BoolExpr,
  IntExpr,
  Int,
  List,
  ListExpr,
  MapExpr,
  OptionExpr,
  PlaceExpr,
  Rec,
  RecExpr,
  Sealed,
  Text,
  TextExpr,
  TreeExpr,
} from '../../../roles/program/index.ts'

const wants = <T>(value: T): T => value
const status = variant({ open: record({}), shipped: record({ parcel: text(9) }) })
const item = record({ name: text(9), price: int(), amount: int() })

export default app({
  name: 'types',
  doc: '',
  collections: {
    posts: collection({ doc: '', fields: { topic: text(9), stars: int() }, indices: {} }),
    likes: collection({ doc: '', fields: { post: key('posts') }, indices: {} }),
  },
  endpoints: (db) => ({
    scalars: endpoint({
      doc: '',
      request: { n: int(), name: text(9), yes: bool(), data: bytes(9), post: key('posts'), like: key('likes') },
      run: (req) =>
        see(req.n, req.name, req.yes, req.data, req.post, req.like, (n, name, yes, data, post, like) => {
          wants<IntExpr>(n.clamp(1, n).absolute().min(3))
          wants<BoolExpr>(n.between(1, 3).and(yes))
          wants<TextExpr>(format`${name} is ${n} or ${3}`)
          wants<OptionExpr<Int>>(name.parseInt())
          wants<TextExpr>(name.split(',').join(';'))
          wants<TextExpr>(data.sha256().hex())
          // @ts-expect-error JavaScript's own comparison
          wants(n > 3)
          // @ts-expect-error JavaScript's own arithmetic
          wants(n * 2)
          // @ts-expect-error comparing unlike types
          n.equals(name)
          // @ts-expect-error comparing unlike types
          name.equals(1)
          // @ts-expect-error comparing keys of different collections
          post.equals(like)
          // @ts-expect-error a boolean in a text
          wants(format`${yes}`)
          // @ts-expect-error an integer where a text is needed
          name.concat(n)
          // prettier-ignore
          // @ts-expect-error an integer is no condition
          when(n, () => 1, () => 2)
          // @ts-expect-error bounds of another type
          n.bounded(text(4))
          // @ts-expect-error a text is no list
          name.map((letter: unknown) => letter)
          return n
        }),
    }),
    lists: endpoint({
      doc: '',
      request: { items: list(item, 9), words: list(text(9), 9), numbers: list(int(), 9), nested: list(list(int(), 2), 2) },
      run: (req) =>
        see(req.items, req.words, req.numbers, req.nested, (items, words, numbers, nested) => {
          wants<IntExpr>(items.sum((one) => one.get('price').times(one.get('amount'))))
          wants<ListExpr<Text>>(items.sortBy((one) => one.get('price'), { descending: true }).map((one) => one.get('name')))
          wants<MapExpr<Text, List<Rec<{ name: Text; price: Int; amount: Int }>>>>(items.groupBy((one) => one.get('name')))
          wants<ListExpr<Int>>(nested.flatten())
          wants<OptionExpr<Int>>(numbers.max())
          wants<ListExpr<Rec<{ position: Int; item: Text }>>>(words.indexed())
          wants<ListExpr<Rec<{ word: Text; n: Int }>>>(zipLists({ word: words, n: numbers }))
          wants<IntExpr>(numbers.fold(0, (total, n) => total.plus(n)))
          // @ts-expect-error JavaScript's loops take no list
          for (const one of numbers) wants(one)
          // @ts-expect-error nor does spreading
          wants([...numbers])
          // @ts-expect-error nor its length
          wants(numbers.length > 3)
          // @ts-expect-error a list has no reduce
          numbers.reduce((a, b) => a + b, 0)
          // @ts-expect-error only integers are summed
          words.sum()
          // @ts-expect-error only texts are joined
          numbers.join(',')
          // @ts-expect-error only lists of lists are flattened
          numbers.flatten()
          // @ts-expect-error records are not sorted without a key
          items.sorted()
          // @ts-expect-error nor by records
          items.sortBy((one) => one)
          // @ts-expect-error a test says yes or no
          numbers.filter((n) => n)
          // @ts-expect-error a step makes what the fold starts with
          numbers.fold(0, (total, n) => n.text())
          // @ts-expect-error an item of another type
          numbers.contains('1')
          // @ts-expect-error a list of another type
          numbers.concat(words)
          // @ts-expect-error a list of other items is no map
          words.toMap()
          // @ts-expect-error items of another type
          asList(int(), ['a'])
          return emptyList(int())
        }),
    }),
    choices: endpoint({
      doc: '',
      request: { maybe: option(int()), other: option(text(9)), state: status, one: item, tally: map(text(9), int(), 9) },
      run: (req) =>
        see(req.maybe, req.other, req.state, req.one, req.tally, (maybe, other, state, one, tally) => {
          wants<IntExpr>(maybe.orElse(0))
          wants<OptionExpr<Text>>(maybe.map((n) => n.text()))
          wants<OptionExpr<Rec<{ maybe: Int; other: Text }>>>(zipOptions({ maybe, other }))
          wants<BoolExpr>(state.is('shipped').or(state.equals(construct(status, 'open'))))
          wants<OptionExpr<Rec<{ parcel: Text }>>>(state.as('shipped'))
          wants<RecExpr<{ name: Text; price: Int; amount: Int }>>(one.with({ price: 3 }))
          wants<IntExpr>(one.fields().price)
          wants<MapExpr<Text, Int>>(tally.update('a', (n) => n.orElse(0).plus(1)))
          wants<MapExpr<Text, Text>>(tally.mapValues((n, at) => at.concat(n.text())))
          // @ts-expect-error a default of another type
          maybe.orElse('none')
          // @ts-expect-error an option is no value
          maybe.plus(1)
          // @ts-expect-error a case that does not exist
          state.is('gone')
          // @ts-expect-error a missing arm
          state.match({ open: () => 1 })
          // @ts-expect-error a content of another type
          construct(status, 'shipped', { parcel: 3 })
          // @ts-expect-error a content that is missing
          construct(status, 'shipped')
          // @ts-expect-error a field that does not exist
          one.get('weight')
          // @ts-expect-error a field is not a property
          wants(one.price)
          // @ts-expect-error a change of a field to another type
          one.with({ price: 'free' })
          // @ts-expect-error a change of a field that does not exist
          one.with({ weight: 1 })
          // @ts-expect-error comparing with a record of other fields
          one.equals({ name: 'x' })
          // @ts-expect-error a key of another type
          tally.get(1)
          // @ts-expect-error a value of another type
          tally.set('a', 'b')
          // @ts-expect-error comparing options of different types
          maybe.equals(other)
          // @ts-expect-error none of another type
          maybe.or(none(text(3)))
          // @ts-expect-error a literal of another type
          literal(int(), 'x')
          return emptyMap(int(), text(3)).set(1, 'one')
        }),
    }),
    trees: endpoint({
      doc: '',
      request: { menu: tree(text(9), 9), prices: store(int(), { key: 9, max: 9 }) },
      run: (req) =>
        see(req.menu, req.prices, (menu, prices) => {
          wants<PlaceExpr<Text>>(menu.zipper().down().right().set('tea'))
          wants<TreeExpr<Text>>(menu.zipper().down().tree().orElse(menu))
          wants<IntExpr>(menu.fold(int(), (_, below) => below.sum().plus(1)))
          wants<TreeExpr<Text>>(node('a', [leaf('b'), menu]))
          wants<OptionExpr<Int>>(openStore(prices).put(['tea', 'cup'], 3).get(['tea']))
          // @ts-expect-error a place that may be missing has no tree yet
          wants<TreeExpr<Text>>(menu.zipper().down().tree())
          // @ts-expect-error a value of another type
          menu.zipper().set(3)
          // @ts-expect-error a tree of another type
          menu.zipper().append(leaf(3))
          // @ts-expect-error places are not compared
          menu.zipper().equals(menu.zipper())
          // @ts-expect-error children of another type
          node('a', [leaf(1)])
          // @ts-expect-error a value of another type in a store
          openStore(prices).put(['tea'], 'three')
          // @ts-expect-error a path is of texts
          openStore(prices).get([1])
          return emptyStore(store(bool(), { key: 3, max: 3 })).put(['a'], true).tree
        }),
    }),
    writes: endpoint({
      doc: '',
      request: { post: key('posts'), topic: text(9), stars: int() },
      run: (req) =>
        see(req.topic, (topic) => {
          const mine = db.posts.owned('mine')
          const fresh = db.posts.fresh('fresh')
          db.posts.update(mine, { stars: req.stars })
          db.posts.create(fresh, { topic, stars: 1 })
          // @ts-expect-error a slot of another collection
          db.likes.update(mine, { post: req.post })
          // @ts-expect-error a key of the request is not the caller's
          db.posts.update(req.post, { stars: 1 })
          // @ts-expect-error nor an object around it
          db.posts.update({ key: req.post }, { stars: 1 })
          // @ts-expect-error a fresh key is created, not updated
          db.posts.update(fresh, { stars: 1 })
          // @ts-expect-error an owned key is updated, not created
          db.posts.create(mine, { topic, stars: 1 })
          // @ts-expect-error a field that does not exist
          db.posts.update(mine, { title: topic })
          // @ts-expect-error a sealed value of another type
          db.posts.update(mine, { stars: req.topic })
          // @ts-expect-error an opened value of another type
          db.posts.update(mine, { stars: topic })
          // @ts-expect-error an option is no value
          db.posts.update(mine, { stars: some(1) })
          // @ts-expect-error a column is no value
          db.posts.update(mine, { topic: db.posts.rows({ limit: 1 }).topic })
          return wants<Sealed<Int>>(req.stars)
        }),
    }),
  }),
})
