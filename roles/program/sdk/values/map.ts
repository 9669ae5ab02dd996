import type { Type } from '../../document.ts'
import { list } from '../bounds.ts'
import { typeGiven } from '../given.ts'
import { liftKind, liftResult } from '../lift.ts'
import type { Typed } from '../lift.ts'
import type { Bool, Comparable, Declared, Dict, Expr, In, Meaning, Option, Rec } from '../marks.ts'
import { callBack } from '../plain.ts'
import { keyType } from '../types.ts'
import { apply, constant, field, give, integer, isTrue, method, recordOf, self } from './apply.ts'
import type { Methods } from './apply.ts'
import type { BoolExpr } from './bool.ts'
import type { IntExpr } from './int.ts'
import { sizeOf } from './list.ts'
import type { ListExpr } from './list.ts'
import { overItems } from './scopes.ts'
import type { Work } from './scopes.ts'

/** Values by keys, in the order of the keys. A key is an integer, text, boolean or key of a collection. */
export interface MapExpr<K, M> extends Comparable<Dict<K, M>> {
  /** In entries. */
  size(): IntExpr
  /** Whether it has no entries. */
  isEmpty(): BoolExpr
  /** The value at a key; none where there is none. */
  get(key: In<K>): Expr<Option<M>>
  /** Whether there is a value at a key. */
  has(key: In<K>): BoolExpr
  /** The same map with this value at the key, whether there was one or not. */
  set(key: In<K>, value: In<M>): MapExpr<K, M>
  /** The same map with another value at the key, made of the option of the one there is. */
  update(key: In<K>, change: (value: Expr<Option<M>>) => In<M>): MapExpr<K, M>
  /** The same map without a value at the key. */
  remove(key: In<K>): MapExpr<K, M>
  /** Its entries { key, value }, in the order of the keys. */
  entries(): ListExpr<Rec<{ key: K; value: M }>>
  /** Its keys, in order. */
  keys(): ListExpr<K>
  /** Its values, in the order of their keys. */
  values(): ListExpr<M>
  /** The same keys with other values. */
  mapValues<R>(change: (value: Expr<M>, key: Expr<K>) => R): MapExpr<K, Meaning<R>>
  /** The entries that pass the test. */
  filter(test: (value: Expr<M>, key: Expr<K>) => In<Bool>): MapExpr<K, M>
}

/** The entries, with one field of each taken out. */
const column = (over: Typed, name: string): Typed => {
  const entries = apply('map.entries', over)
  return overItems(
    'map',
    entries,
    (entry: object) => give(field(self(entry), name)) as unknown,
    null,
    (type) => list(type, (entries.type as Type & { kind: 'list' }).max),
  )
}

/** What a callback makes of an entry. */
const both = (entry: object): [object, object] => [give(field(self(entry), 'value')) as object, give(field(self(entry), 'key')) as object]

function mapValues(this: object, change: Work): unknown {
  const entries = apply('map.entries', self(this))
  const other = (entry: object): unknown => {
    const value = liftResult(callBack(change, ...both(entry)), null, 'the callback of mapValues')
    return give(recordOf({ key: field(self(entry), 'key'), value }))
  }
  const changed = overItems('map', entries, other, null, (type) => list(type, (entries.type as Type & { kind: 'list' }).max))
  return give(apply('map.from', changed))
}

function filter(this: object, test: Work): unknown {
  const entries = apply('map.entries', self(this))
  const keep = (entry: object): unknown => give(isTrue(callBack(test, ...both(entry)), 'what the callback of filter returns'))
  return give(
    apply(
      'map.from',
      overItems('filter', entries, keep, null, () => entries.type),
    ),
  )
}

export const MAP: Methods<MapExpr<unknown, unknown>> = {
  size: method('map.size'),
  isEmpty(this: object) {
    return give(apply('equal', apply('map.size', self(this)), integer(0)))
  },
  get: method('map.get'),
  has: method('map.has'),
  set: method('map.set'),
  update(this: object, key: unknown, change: Work) {
    const over = self(this)
    const { keys, of } = over.type as Type & { kind: 'map' }
    const at = liftKind(key, keys, 'the key')
    const value = liftKind(callBack(change, give(apply('map.get', over, at))), of, 'what the callback of update returns')
    return give(apply('map.set', over, at, value))
  },
  remove: method('map.remove'),
  entries: method('map.entries'),
  keys(this: object) {
    return give(column(self(this), 'key'))
  },
  values(this: object) {
    return give(column(self(this), 'value'))
  },
  mapValues,
  filter,
}

/** A map without entries. @param max of what the map may hold where it is stored or sent, in entries */
export const emptyMap = <K, M>(keys: Declared<K>, of: Declared<M>, max = 0): MapExpr<K, M> =>
  give(
    constant({ kind: 'map', keys: keyType(keys), of: typeGiven(of, 'the values of emptyMap()'), max: sizeOf(max, 'emptyMap()') }, []),
  ) as MapExpr<K, M>
