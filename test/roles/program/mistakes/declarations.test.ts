import { describe, expect, it } from 'vitest'
import { app, BuildError, collection, compile, count, endpoint, int, key, list, map, option, order, sum, text, tree, variant } from '../../../../roles/program/index.ts'
import { any, type Loose } from './mistaken.ts'

/** What is said of a declaration that throws or does not compile, without its line, which is one of this file. */
function said(make: () => unknown): string {
  try {
    const made = make()
    const result = compile(any(made))
    return result.ok ? 'ok' : here(result.error.message)
  } catch (error) {
    if (error instanceof BuildError) return here(error.message)
    throw error
  }
}

function here(message: string): string {
  expect(message).toMatch(/^declarations\.test\.ts:\d+: /)
  return message.replace(/^declarations\.test\.ts:\d+: /, '')
}

const appOf = (things: Loose, endpoints: Loose = () => ({})): Loose => app({ name: 'x', doc: '', collections: { things }, endpoints })
const indexed = (fields: Loose, index: () => Loose): (() => Loose) => () => appOf(collection({ doc: '', fields, indices: { by: index() } }))
const typed = (make: () => Loose) => (): Loose => appOf(collection({ doc: '', fields: { a: make() }, indices: {} }))
const things = collection({ doc: '', fields: { a: int() }, indices: {} })
const endpointOf = (go: () => Loose) => (): Loose => appOf(things, () => ({ go: go() }))

type Case = [name: string, make: () => unknown, words: string]
const check = (cases: Case[]): void => {
  it.each(cases)('%s', (_name, make, words) => expect(said(make)).toBe(words))
}

const NO_TYPE = 'needs a declared type, such as int() or text(20), not'

describe('an index that cannot be is told in the words of the SDK, at its line', () => {
  const kinds: Array<[string, Loose]> = [
    ['option', option(int())],
    ['list', list(int(), 2)],
    ['map', map(int(), int(), 2)],
    ['variant', variant({ a: int() })],
    ['tree', tree(int(), 2)],
  ]
  it.each(kinds)('of a field of type %s', (kind, type) => {
    const words = `collection things, index by: a field of type ${kind} cannot be in an index; use int, text, bool, bytes or key.`
    for (const index of [order('a'), count('a'), sum('n', 'a')]) {
      const fields = { a: type, n: int({ min: 0, max: 5 }) }
      expect(said(() => appOf(collection({ doc: '', fields, indices: any({ by: index }) })))).toBe(words)
    }
  })
  check([
    // @ts-expect-error an index has a field at least
    ['of no field', indexed({ a: int() }, () => order()), 'order() needs a field at least.'],
    // @ts-expect-error an index has a field at least
    ['counting no field', indexed({ a: int() }, () => count()), 'count() needs a field at least.'],
    ['a sum by no field', indexed({ a: int() }, () => any(sum)('a')), 'sum(), which adds up its first field over rows with the same values in the others, needs a field at least.'],
    ['a sum of a field that has no integers', indexed({ a: text(5), b: int() }, () => sum('a', 'b')), 'collection things, index by: only an integer field can be summed.'],
    ['of a field that is not there', indexed({ a: int() }, () => order('b')), 'collection things, index by: things has no field b for an index.'],
    ['of what is no name', indexed({ a: int() }, () => any(count)({ a: 1 })), 'count() takes names of fields, not an object.'],
    ['of a field twice', indexed({ a: int() }, () => count('a', 'a')), 'count() names a twice.'],
    ['with the name of an operation', () => collection({ doc: '', fields: { a: int() }, indices: { rows: order('a') } }), 'the index rows of collection() has the name of an operation of collections; choose another.'],
    ['that is none', indexed({ a: int() }, () => 'a'), 'the index by is made by order(), count() or sum(), not "a".'],
    ['indices that are missing', () => any(collection)({ doc: '', fields: { a: int() } }), 'collection() needs indices: an object of order(), count() and sum(); indices: {} where there are none.'],
    ['indices in a list', () => any(collection)({ doc: '', fields: { a: int() }, indices: [order('a')] }), 'the indices of collection() are an object of order(), count() and sum(), not a list.'],
  ])
})

describe('a rule that cannot be is told in the words of the SDK, at its line', () => {
  const index = (make: () => Loose) => indexed({ a: text(5), n: int({ min: -5, max: 5 }) }, make)
  check([
    ['of no row', index(() => count('a').atMost(0)), 'the rows of count(…).atMost() is an integer from 1 to 1000000, not 0.'],
    ['of a text', index(() => any(order('a')).atMost('3')), 'the rows of order(…).atMost() is an integer from 1 to 1000000, not "3".'],
    ['of a fraction', index(() => sum('n', 'a').atLeast(0.5)), 'the bound of sum(…).atLeast() is an integer from -9007199254740991 to 9007199254740991, not 0.5.'],
    ['of nothing', index(() => any(sum('n', 'a')).atMost()), 'the bound of sum(…).atMost() is an integer from -9007199254740991 to 9007199254740991, not undefined.'],
    ['that rows do not have', index(() => any(count('a')).atLeast(1)), 'count(…) has no atLeast; rows are bounded from above only; a sum is bounded from both sides.'],
    ['that sums do not have', index(() => any(sum('n', 'a')).unique()), 'sum(…) has no unique; a sum has bounds; for one row at most declare count(…).unique().'],
    ['as another language calls it', index(() => any(sum('n', 'a')).min(0)), 'sum(…) has no min; the rule is atLeast.'],
    ['that is there already', index(() => any(order('a').unique()).atMost(3)), 'order(…) has no atMost; it has its rule already.'],
    ['twice', index(() => any(sum('n', 'a').atLeast(0)).atLeast(1)), 'sum(…) has no atLeast; it has its rule already.'],
    ['that nobody knows', index(() => any(order('a')).sorted()), 'order(…) has no sorted; the rules that it takes are unique and atMost.'],
    ['with bounds the wrong way round', index(() => sum('n', 'a').atLeast(3).atMost(2)), 'collection things, index by: no sum is at least 3 and at most 2.'],
    ['put into the index', index(() => (any(count('a')).rule = 1)), 'count(…) cannot be changed; operations make new values.'],
  ])
})

describe('a type that cannot be is told in the words of the SDK, at its line', () => {
  check([
    ['a bound that is no integer', typed(() => int({ max: 1.5 })), 'the max of int() is an integer from -9007199254740991 to 9007199254740991, not 1.5.'],
    ['bounds the wrong way round', typed(() => int({ min: 2, max: 1 })), 'the min of int(), 2, is greater than its max, 1.'],
    ['bounds of another name', typed(() => any(int)({ most: 1 })), 'int() has no most; it takes bounds { min, max }.'],
    ['bounds that are a number', typed(() => any(int)(5)), 'int() takes bounds { min, max }, not 5.'],
    ['a text without its size', typed(() => any(text)()), 'the size of text(), in code points, is an integer from 0 to 1000000, not undefined.'],
    ['a list without its size', typed(() => any(list)(int())), 'the size of list(), in items, is an integer from 0 to 100000, not undefined.'],
    ['a list of nothing', typed(() => any(list)()), `list() ${NO_TYPE} undefined.`],
    ['an option of a number', typed(() => any(option)(5)), `option() ${NO_TYPE} 5.`],
    ['a field that is a number', typed(() => 5), `the field a ${NO_TYPE} 5.`],
    ['a field that is null', typed(() => null), `the field a ${NO_TYPE} null.`],
    ['a type that was not called', typed(() => int), 'the field a is a function, not a type; call it, as in int() or text(20).'],
    ['a map by options', typed(() => any(map)(option(int()), int(), 2)), 'the keys of a map are of type int, text, bool or key, not option.'],
    ['a variant without cases', typed(() => variant({})), 'variant() needs a case at least.'],
    ['a tree of no nodes', typed(() => tree(int(), 0)), 'the size of tree(), in nodes, is an integer from 1 to 100000, not 0.'],
    ['a key of no name', typed(() => any(key)()), 'the collection of key() is a text of at most 64 letters, digits and _ that begins with a letter, not undefined.'],
    ['no fields', () => collection({ doc: '', fields: {}, indices: {} }), 'collection() needs a field at least.'],
  ])
})

describe('an endpoint or app that cannot be is told in the words of the SDK, at its line', () => {
  const request = {}
  const run = (): number => 1
  check([
    ['a request field that is no type', endpointOf(() => any(endpoint)({ doc: '', request: { n: 5 }, run })), `the argument n ${NO_TYPE} 5.`],
    ['no request', endpointOf(() => any(endpoint)({ doc: '', run })), 'endpoint() needs request: an object of declared types; request: {} where there are none.'],
    ['no run', endpointOf(() => any(endpoint)({ doc: '', request })), 'the run of endpoint() is a function, not undefined.'],
    ['a run that is a number', endpointOf(() => any(endpoint)({ doc: '', request, run: 5 })), 'the run of endpoint() is a function, not 5.'],
    ['no doc', endpointOf(() => any(endpoint)({ request, run })), 'the doc of endpoint() is a text, not undefined.'],
    ['a part more', endpointOf(() => any(endpoint)({ doc: '', request, run, see: 1 })), 'endpoint() has no see; it takes { doc, request, run }.'],
    ['nothing', endpointOf(() => any(endpoint)()), 'endpoint() takes { doc, request, run }, not undefined.'],
    ['an endpoint that is none', endpointOf(() => 5), 'the endpoint go takes { doc, request, run }, not 5.'],
    ['an endpoint __proto__', () => appOf(things, () => ({ __proto__: endpoint({ doc: '', request, run }) })), 'endpoints returns an object of endpoint(…), not an object with a prototype of its own (which __proto__ gives).'],
    ['endpoints that are none', () => appOf(things, () => undefined), 'endpoints returns an object of endpoint(…), not undefined.'],
    ['endpoints that are no function', () => appOf(things, {}), 'the endpoints of app() are a function of the database, not an object.'],
    ['a collection that is none', () => appOf(5), 'the collection things takes { doc, fields, indices, initial }, not 5.'],
    ['no app', () => any(app)(), 'app() takes { name, doc, collections, endpoints }, not undefined.'],
  ])
})
