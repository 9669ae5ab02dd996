/** Compiled by `sdk-types.test.ts`, never run: every `@ts-expect-error` below is a mistake that TypeScript has to find. */
import {
  app,
  bool,
  bytes,
  collection,
  count,
  endpoint,
  int,
  key,
  list,
  map,
  option,
  order,
  record,
  see,
  sum,
  text,
  tree,
  variant,
  when,
} from '../../../roles/program/index.ts'
import type { Bool, Int, List, Option, Sealed, Text } from '../../../roles/program/index.ts'

const wants = <T>(value: T): T => value

const fields = {
  ...{ n: int({ min: 0, max: 9 }), t: text(9), b: bool(), h: bytes(9), k: key('posts') },
  ...{ maybe: option(int()), many: list(int(), 2), by: map(int(), int(), 2), both: record({ n: int() }), menu: tree(int(), 2) },
  either: variant({ a: int() }),
}
collection({ doc: '', fields, indices: { a: order('n', 't', 'b', 'h', 'k', '$owner'), c: count('t'), s: sum('n', 'k') } })
// @ts-expect-error an option is in no index
collection({ doc: '', fields, indices: { by: order('maybe') } })
// @ts-expect-error nor is a list, in no place
collection({ doc: '', fields, indices: { by: count('n', 'many') } })
// @ts-expect-error nor is a map
collection({ doc: '', fields, indices: { by: order('by') } })
// @ts-expect-error nor is a record
collection({ doc: '', fields, indices: { by: sum('n', 'both') } })
// @ts-expect-error nor is a tree
collection({ doc: '', fields, indices: { by: count('menu') } })
// @ts-expect-error nor is a variant
collection({ doc: '', fields, indices: { by: order('either') } })
// @ts-expect-error texts are not added up
collection({ doc: '', fields, indices: { by: sum('t', 'n') } })
// @ts-expect-error nor are options of integers
collection({ doc: '', fields, indices: { by: sum('maybe', 'n') } })
// @ts-expect-error nor what is no field
collection({ doc: '', fields, indices: { by: sum('x', 'n') } })
collection({
  doc: '',
  fields,
  indices: { u: order('t').unique(), a: count('t', '$owner').atMost(3), b: sum('n', 'k').atLeast(0).atMost(9) },
})
collection({ doc: '', fields, indices: { b: sum('n', 'k').atMost(9).atLeast(0) } })
// @ts-expect-error a rule of an index whose fields are those of the collection
collection({ doc: '', fields, indices: { by: order('x').unique() } })
// @ts-expect-error an option is in no index, with a rule or without
collection({ doc: '', fields, indices: { by: count('maybe').atMost(3) } })
// @ts-expect-error texts are not added up, with a bound or without
collection({ doc: '', fields, indices: { by: sum('t', 'n').atLeast(0) } })
// @ts-expect-error rows are bounded from above only
count('t').atLeast(1)
// @ts-expect-error a sum is not unique
sum('n', 'k').unique()
// @ts-expect-error rows have one rule
order('t').unique().atMost(3)
// @ts-expect-error and each bound is given once
sum('n', 'k').atLeast(0).atLeast(1)
// @ts-expect-error the other way round too
sum('n', 'k').atLeast(0).atMost(5).atLeast(1)
// @ts-expect-error a bound is a number
count('t').atMost('3')
// @ts-expect-error and has to be given
sum('n', 'k').atMost()
// @ts-expect-error a collection says which indices it has
collection({ doc: '', fields })
// @ts-expect-error an option is no key of a map
map(option(int()), int(), 2)

export default app({
  name: 'types',
  doc: '',
  collections: {
    posts: collection({
      doc: '',
      fields: { topic: text(9), stars: int() },
      indices: { byTopic: order('topic', 'stars'), howMany: count('topic') },
    }),
    // @ts-expect-error an index names fields of its collection
    wrong: collection({ doc: '', fields: { topic: text(9) }, indices: { byStars: order('stars') } }),
  },
  endpoints: (db) => ({
    go: endpoint({
      doc: '',
      request: { topic: text(9), stars: int(), post: key('posts'), state: variant({ open: int(), shut: text(3) }) },
      run: (req, { caller }) => {
        // @ts-expect-error a sealed value has no operations
        req.stars.plus(1)
        // @ts-expect-error nor does JavaScript's own arithmetic take one
        wants(req.stars + 1)
        // @ts-expect-error a field that the request does not have
        wants(req.title)
        const one = (): number => 1
        // @ts-expect-error a sealed value is no condition of the language
        when(req.stars, one, one)
        const rows = db.posts.byTopic.rows({ topic: req.topic }, { limit: 3 })
        wants<Sealed<List<Int>>>(rows.stars)
        // @ts-expect-error a column is sealed too
        rows.stars.length()
        // @ts-expect-error a count index has no rows
        db.posts.howMany.rows({ topic: req.topic }, { limit: 3 })
        // @ts-expect-error a value of another type for an index field
        db.posts.byTopic.rows({ topic: req.stars }, { limit: 3 })
        // @ts-expect-error a query needs its limit
        db.posts.byTopic.rows({ topic: req.topic }, {})
        // @ts-expect-error a field that is not the first of the index, alone
        db.posts.byTopic.rows({ stars: 3 }, { limit: 3 })
        db.posts.byTopic.rows({ topic: 'tea', stars: 3 }, { limit: 3 })
        // @ts-expect-error a count with a field more
        db.posts.howMany.count({ topic: 'tea', stars: 3 })
        // @ts-expect-error a field that is not in the index
        db.posts.byTopic.rows({ post: req.post }, { limit: 3 })
        wants<Sealed<List<Text>>>(db.posts.byTopic.rows({}, { from: req.topic, to: caller, limit: 3 }).topic)
        db.posts.byTopic.rows({ topic: req.topic }, { from: req.stars, limit: 3, descending: true, name: 'some' })
        // @ts-expect-error a bound has the type of the field after the given ones
        db.posts.byTopic.rows({ topic: req.topic }, { from: req.topic, limit: 3 })
        // @ts-expect-error and so has the other one
        db.posts.byTopic.rows({ topic: req.topic }, { from: req.stars, to: req.topic, limit: 3 })
        // @ts-expect-error without a given field that is the first
        db.posts.byTopic.rows({}, { to: req.stars, limit: 3 })
        // @ts-expect-error after the last field there is none
        db.posts.byTopic.rows({ topic: req.topic, stars: req.stars }, { from: req.stars, limit: 3 })
        db.posts.byTopic.rows({ topic: 'tea' }, { from: 3, to: req.stars, limit: 3 })
        wants<Sealed<Int>>(db.posts.howMany.count({ topic: 'tea' }))
        // @ts-expect-error a literal of another type
        db.posts.byTopic.rows({ topic: req.topic }, { from: '3', limit: 3 })
        // @ts-expect-error a literal of another type, not what is computed in JavaScript of sealed values
        db.posts.howMany.count({ topic: 3 })
        // @ts-expect-error a key is no text
        db.posts.get('1Abc')
        // @ts-expect-error a count has no bounds
        db.posts.howMany.count({ topic: req.topic }, { from: req.topic })
        // @ts-expect-error a count needs all fields
        db.posts.howMany.count({})
        db.posts.rows({ from: req.post, limit: 3 })
        // @ts-expect-error the rows of a collection are bounded by its keys
        db.posts.rows({ from: req.topic, limit: 3 })
        wants<Sealed<Option<Text>>>(db.posts.get(req.post).topic)
        // @ts-expect-error a key of another collection or a text is no key of this one
        db.posts.get(req.topic)
        const made = see(req.topic, req.stars, req.state, caller, (topic, stars, state, who) => {
          // @ts-expect-error an integer has no text operations
          stars.contains('x')
          // @ts-expect-error texts do not add
          topic.plus(1)
          // @ts-expect-error arguments have the type of the operation
          stars.plus('1')
          // @ts-expect-error a match has an arm for every case
          state.match({ open: (n) => n })
          // @ts-expect-error and none for cases that do not exist
          state.match({ open: (n) => n, shut: () => 0, gone: () => 0 })
          // @ts-expect-error a record needs every field
          db.posts.create({ topic })
          // @ts-expect-error a field of another type
          db.posts.create({ topic: stars, stars: 1 })
          db.posts.create({ topic: req.topic, stars: stars.plus(1) })
          return {
            long: topic.length().greater(5),
            stars,
            n: 4,
            same: who.equals(topic),
            number: state.match({ open: (n) => n, shut: () => 0 }),
          }
        })
        wants<Sealed<Bool>>(made.long)
        wants<Sealed<Int>>(made.stars)
        wants<Sealed<Int>>(made.number)
        // @ts-expect-error what leaves see() is sealed again
        made.stars.plus(1)
        return made
      },
    }),
  }),
})
