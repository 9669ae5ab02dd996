import type { Type } from '../../document.ts'
import { LIMITS } from '../../limits.ts'
import { sortedNames } from '../../value/measure.ts'
import { widen } from '../../value/type-bounds.ts'
import { sumOf } from '../../value/interval.ts'
import { BOOL, intervalOf, intType, list, option } from '../bounds.ts'
import { flagOf, objectOf, shown, typeGiven, valuesGiven, wholeOf } from '../given.ts'
import { lift, liftKind } from '../lift.ts'
import type { Typed } from '../lift.ts'
import type {
  Bool,
  Common,
  Comparable,
  Declared,
  Expr,
  In,
  Int,
  KeyIn,
  List,
  Meaning,
  Option,
  Rec,
  Scalar,
  ScalarIn,
  Text,
} from '../marks.ts'
import { callBack, isList } from '../plain.ts'
import { BuildError } from '../recorder.ts'
import { apply, constant, field, give, integer, method, position, recordOf, self } from './apply.ts'
import type { Method, Methods } from './apply.ts'
import type { BoolExpr } from './bool.ts'
import type { IntExpr } from './int.ts'
import type { MapExpr } from './map.ts'
import { foldItems, overItems, sorted } from './scopes.ts'
import type { Work } from './scopes.ts'
import type { TextExpr } from './text.ts'

export interface Sorting {
  /** The greatest first; without it the least. */
  readonly descending?: boolean
}

/** Values in order. Positions count from 0. */
export interface ListExpr<M> extends Comparable<List<M>> {
  /** In items. */
  length(): IntExpr
  /** Whether it has no items. */
  isEmpty(): BoolExpr
  /** Whether an item equals this one. */
  contains(item: In<M>): BoolExpr
  /** The item at a position; none outside. */
  at(position: In<Int>): Expr<Option<M>>
  /** The first item; none of an empty list. */
  first(): Expr<Option<M>>
  /** The last item; none of an empty list. */
  last(): Expr<Option<M>>
  /** The first `count` items, or all where there are fewer. */
  take(count: In<Int>): ListExpr<M>
  /** Without its first `count` items. */
  drop(count: In<Int>): ListExpr<M>
  /** Items [from, to); positions outside count as the nearest end. */
  slice(from: In<Int>, to: In<Int>): ListExpr<M>
  /** From the last to the first. */
  reverse(): ListExpr<M>
  /** These items, then the others. */
  concat(other: In<List<M>>): ListExpr<M>
  /** With one item more at the end. */
  append(item: In<M>): ListExpr<M>
  /** With one item more at the beginning. */
  prepend(item: In<M>): ListExpr<M>
  /** The items of its lists, one list after the other. */
  flatten<I>(this: Common<List<List<I>>>): ListExpr<I>
  /** Pairs { left, right } of the items at the same positions; as many as the shorter list has. */
  zip<N>(other: Common<List<N>>): ListExpr<Rec<{ left: M; right: N }>>
  /** Each item with its position. */
  indexed(): ListExpr<Rec<{ position: Int; item: M }>>
  /** What each item becomes, in the same order. */
  map<R>(change: (item: Expr<M>) => R): ListExpr<Meaning<R>>
  /** The items of the lists that each item becomes. */
  flatMap<N>(change: (item: Expr<M>) => Common<List<N>>): ListExpr<N>
  /** The items that pass the test. */
  filter(keep: (item: Expr<M>) => In<Bool>): ListExpr<M>
  /** What the step makes of `start` and the first item, of that and the second, and so on. */
  fold<S>(start: S, step: (total: Expr<Meaning<S>>, item: Expr<M>) => In<Meaning<S>>): Expr<Meaning<S>>
  /** Whether an item passes the test; later ones are not looked at. */
  any(test: (item: Expr<M>) => In<Bool>): BoolExpr
  /** Whether every item passes the test; after one that does not, none is looked at. */
  all(test: (item: Expr<M>) => In<Bool>): BoolExpr
  /** The first item that passes the test; none where none does. */
  find(test: (item: Expr<M>) => In<Bool>): Expr<Option<M>>
  /** How many items pass the test. */
  count(test: (item: Expr<M>) => In<Bool>): IntExpr
  /** The sum of the integers, or of those that the callback makes of the items; 0 of an empty list. */
  sum(this: Common<List<Int>>): IntExpr
  sum(of: (item: Expr<M>) => In<Int>): IntExpr
  /** The least item; none of an empty list. */
  min(this: Common<List<Scalar>>): Expr<Option<M>>
  /** The greatest item; none of an empty list. */
  max(this: Common<List<Scalar>>): Expr<Option<M>>
  /** The first of the items with the least key; none of an empty list. */
  minBy(key: (item: Expr<M>) => ScalarIn): Expr<Option<M>>
  /** The first of the items with the greatest key; none of an empty list. */
  maxBy(key: (item: Expr<M>) => ScalarIn): Expr<Option<M>>
  /** In the order of the items: false before true, integers by size, texts by code points. */
  sorted(this: Common<List<Scalar>>, options?: Sorting): ListExpr<M>
  /** In the order of their keys; items with the same key stay in their order, descending too. */
  sortBy(key: (item: Expr<M>) => ScalarIn, options?: Sorting): ListExpr<M>
  /** Without the items that equal an earlier one. */
  distinct(this: Common<List<Scalar>>): ListExpr<M>
  /** The first item of each key, in their order. */
  distinctBy(key: (item: Expr<M>) => ScalarIn): ListExpr<M>
  /** A map from keys to the lists of their items, these in their order. */
  groupBy<R extends KeyIn>(key: (item: Expr<M>) => R): MapExpr<Meaning<R>, List<M>>
  /** The map of these entries; of equal keys the last one counts. */
  toMap<K, V>(this: Common<List<Rec<{ key: K; value: V }>>>): MapExpr<K, V>
  /** The texts as one, with the separator between them. */
  join(this: Common<List<Text>>, separator: In<Text>): TextExpr
}

type Listed = Type & { kind: 'list' }

/** Greatest sizes that the builder assumes for results of a fold, whose size cannot be known. */
export const WIDE = { text: 100_000, items: 10_000 }

const of = (over: Typed): Type => (over.type as Listed).of
const maxOf = (over: Typed): number => (over.type as Listed).max
const first = (over: Typed): Typed => apply('list.at', over, integer(0))
const itself = (item: object): object => item

/** A method with a callback that runs over the items. */
const over = (make: (items: Typed, work: Work) => Typed): Method =>
  function (this: object, work: Work) {
    return give(make(self(this), work))
  }

/** A method without arguments. */
const whole = (make: (items: Typed) => Typed): Method =>
  function (this: object) {
    return give(make(self(this)))
  }

/** A method with a callback that has to say yes or no. */
const testing = (op: 'filter' | 'any' | 'all' | 'find', typeOf: (items: Typed) => Type): Method =>
  over((items, test) => overItems(op, items, test, BOOL, () => typeOf(items)))

export const mapItems = (items: Typed, change: Work): Typed => overItems('map', items, change, null, (type) => list(type, maxOf(items)))

const filtered = (items: Typed, test: Work): Typed => overItems('filter', items, test, BOOL, () => items.type)

function summed(items: Typed, work: Work): Typed {
  let added: Type = { kind: 'int' }
  const step = (total: object, item: object): unknown => {
    const summand = liftKind(callBack(work, item), { kind: 'int' }, 'what the callback of sum returns')
    added = summand.type
    return give(apply('int.add', self(total), summand))
  }
  const { node } = foldItems(items, { ...integer(0), type: { kind: 'int' } }, step)
  return { node, type: intType(sumOf(maxOf(items), intervalOf(added))) }
}

function indexed(items: Typed): Typed {
  const positions = apply('int.range', integer(0), apply('list.length', items))
  const pairs = apply('list.zip', positions, items)
  return mapItems(
    pairs,
    (pair: object) => give(recordOf({ position: field(self(pair), 'left'), item: field(self(pair), 'right') })) as object,
  )
}

function fold(this: object, start: unknown, step: Work): unknown {
  const from = lift(start, null)
  return give(foldItems(self(this), { node: from.node, type: widen(from.type, WIDE.text, WIDE.items) }, step))
}

function isDescending(options: Sorting | undefined): boolean {
  const { descending = false } = objectOf(options ?? {}, 'sorting', 'options { descending }', ['descending'])
  return flagOf(descending, 'descending of sorting')
}

export const LIST: Methods<ListExpr<unknown>> = {
  length: method('list.length'),
  isEmpty(this: object) {
    return give(apply('equal', apply('list.length', self(this)), integer(0)))
  },
  contains: method('list.contains'),
  at: method('list.at'),
  first(this: object) {
    return give(first(self(this)))
  },
  last(this: object) {
    const items = self(this)
    return give(apply('list.at', items, apply('int.subtract', apply('list.length', items), integer(1))))
  },
  take: method('list.take'),
  drop: method('list.drop'),
  slice(this: object, from: unknown, to: unknown) {
    return give(apply('list.drop', apply('list.take', self(this), lift(position(to), null)), lift(position(from), null)))
  },
  reverse: method('list.reverse'),
  concat: method('list.concat'),
  append(this: object, item: unknown) {
    return give(apply('list.concat', self(this), lift([item], self(this).type)))
  },
  prepend(this: object, item: unknown) {
    return give(apply('list.concat', lift([item], self(this).type), self(this)))
  },
  flatten: method('list.flatten'),
  zip: method('list.zip'),
  indexed(this: object) {
    return give(indexed(self(this)))
  },
  map: over(mapItems),
  flatMap: over((items, change) => apply('list.flatten', mapItems(items, change))),
  filter: over(filtered),
  fold,
  any: testing('any', () => BOOL),
  all: testing('all', () => BOOL),
  find: testing('find', (items) => option(of(items))),
  count: over((items, test) => apply('list.length', filtered(items, test))),
  sum: over((items, work) => summed(items, work ?? itself)),
  min: whole((items) => first(sorted(items, itself, false))),
  max: whole((items) => first(sorted(items, itself, true))),
  minBy: over((items, key) => first(sorted(items, key, false))),
  maxBy: over((items, key) => first(sorted(items, key, true))),
  sorted(this: object, options?: Sorting) {
    return give(sorted(self(this), itself, isDescending(options)))
  },
  sortBy(this: object, key: Work, options?: Sorting) {
    return give(sorted(self(this), key, isDescending(options)))
  },
  distinct: whole((items) => overItems('distinct', items, itself, null, () => items.type)),
  distinctBy: over((items, key) => overItems('distinct', items, key, null, () => items.type)),
  groupBy: over((items, key) => overItems('group', items, key, null, (keys) => ({ kind: 'map', keys, of: items.type, max: maxOf(items) }))),
  toMap: method('map.from'),
  join: method('text.join'),
}

/** A list of these items, of the declared type. */
export const asList = <M>(declared: Declared<M>, items: ReadonlyArray<In<M>>): ListExpr<M> =>
  give(liftKind(itemsOf(items), { kind: 'list', of: typeGiven(declared, 'asList()'), max: items.length }, 'the list')) as ListExpr<M>

function itemsOf(items: unknown): unknown[] {
  if (!isList(items)) throw new BuildError('program.literal', `asList() takes an array of values, not ${shown(items)}.`)
  return items as unknown[]
}

/** A list without items. @param max of what the list may hold where it is stored or sent, in items */
export const emptyList = <M>(declared: Declared<M>, max = 0): ListExpr<M> =>
  give(constant({ kind: 'list', of: typeGiven(declared, 'emptyList()'), max: sizeOf(max, 'emptyList()') }, [])) as ListExpr<M>

/** A size that an empty list or map may grow to. */
export const sizeOf = (max: unknown, what: string): number => wholeOf(max, `the size of ${what}`, 0, LIMITS.items)

type Items<L> = { [K in keyof L]: L[K] extends Common<List<infer M>> ? M : never }

/**
 * Several lists as one of records, position by position; as many as the shortest has. The columns of a query are such lists.
 * @example
 * see(posts.title, posts.stars, (title, stars) => zipLists({ title, stars }).filter((post) => post.get('stars').greater(3)))
 */
export function zipLists<L extends Record<string, Common<List<any>>>>(lists: L): ListExpr<Rec<Items<L>>> {
  const [head, ...others] = sortedNames(valuesGiven(lists, 'zipLists()', 'list'))
  if (head === undefined) throw new BuildError('program.type', 'zipLists needs one list at least.')
  const pairs = others.reduce((all, name) => apply('list.zip', all, self(lists[name]!)), self(lists[head]!))
  const taken = (item: object): unknown => give(recordOf(takeApart(self(item), head, others)))
  return give(mapItems(pairs, taken)) as ListExpr<Rec<Items<L>>>
}

/** The parts of pairs within pairs: the last list is outermost, on the right. */
function takeApart(item: Typed, head: string, others: string[]): Record<string, Typed> {
  let at = item
  const parts: Record<string, Typed> = {}
  for (const name of others.toReversed()) {
    parts[name] = field(at, 'right')
    at = field(at, 'left')
  }
  return { ...parts, [head]: at }
}
