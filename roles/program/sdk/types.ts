import type { Type } from '../document.ts'
import { LIMITS } from '../limits.ts'
import { emptyRecord, sortedNames } from '../value/measure.ts'
import { BuildError } from './errors.ts'
import { nameGiven, objectOf, typeGiven, typesGiven, wholeOf } from './given.ts'
import type { Bool, Bytes, Declared, Dict, Fields, Int, Key, KeyMark, List, MarksOf, Option, Rec, Text, Tree, Variant } from './marks.ts'

/*
 * Each function refuses what is no type, no bound and no name: `program.type`, `program.shape`, `program.name` (`BuildError`), at the
 * developer's line.
 */

/** An exact integer; bounds are inclusive safe integers. */
export function int(bounds: { min?: number; max?: number } = {}): Declared<Int> {
  const { min, max } = objectOf(bounds, 'int()', 'bounds { min, max }', ['min', 'max']) as typeof bounds
  const type: Type = { kind: 'int' }
  if (min !== undefined) type.min = bound(min, 'min')
  if (max !== undefined) type.max = bound(max, 'max')
  if (min !== undefined && max !== undefined && min > max)
    throw new BuildError('program.shape', `the min of int(), ${min}, is greater than its max, ${max}.`)
  return { type }
}

const bound = (value: unknown, side: string): string =>
  String(wholeOf(value, `the ${side} of int()`, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER))

/** The greatest size of what a type holds. */
const size = (max: unknown, what: string, most: number = LIMITS.items, least = 0): number => wholeOf(max, what, least, most)

/** @param max in code points */
export const text = (max: number): Declared<Text> => ({
  type: { kind: 'text', max: size(max, 'the size of text(), in code points,', LIMITS.text) },
})

export const bool = (): Declared<Bool> => ({ type: { kind: 'bool' } })

/** @param max in bytes */
export const bytes = (max: number): Declared<Bytes> => ({
  type: { kind: 'bytes', max: size(max, 'the size of bytes(), in bytes,', LIMITS.text) },
})

/** @param max in items */
export const list = <M>(of: Declared<M>, max: number): Declared<List<M>> => ({
  type: { kind: 'list', of: typeGiven(of, 'list()'), max: size(max, 'the size of list(), in items,') },
})

export const option = <M>(of: Declared<M>): Declared<Option<M>> => ({ type: { kind: 'option', of: typeGiven(of, 'option()') } })

export const record = <F extends Fields>(fields: F): Declared<Rec<MarksOf<F>>> => ({
  type: { kind: 'record', fields: typesOf(typesGiven(fields, 'the fields of record()', 'the field')) },
})

export function variant<C extends Fields>(cases: C): Declared<Variant<MarksOf<C>>> {
  const given = typesOf(typesGiven(cases, 'the cases of variant()', 'the case'))
  if (Object.keys(given).length === 0) throw new BuildError('program.shape', 'variant() needs a case at least.')
  return { type: { kind: 'variant', cases: given } }
}

/** @param keys int, text, bool or key @param max in entries */
export const map = <K extends KeyMark, M>(keys: Declared<K>, of: Declared<M>, max: number): Declared<Dict<K, M>> => ({
  type: { kind: 'map', keys: keyType(keys), of: typeGiven(of, 'the values of map()'), max: size(max, 'the size of map(), in entries,') },
})

/** What can be a key of a map. */
export function keyType(keys: unknown): Type {
  const type = typeGiven(keys, 'the keys of a map')
  if (['int', 'text', 'bool', 'key'].includes(type.kind)) return type
  throw new BuildError('program.type', `the keys of a map are of type int, text, bool or key, not ${type.kind}.`)
}

/** @param max in nodes */
export const tree = <M>(of: Declared<M>, max: number): Declared<Tree<M>> => ({
  type: { kind: 'tree', of: typeGiven(of, 'tree()'), max: size(max, 'the size of tree(), in nodes,', LIMITS.items, 1) },
})

/** Address of a reserved key of a collection. */
export const key = <C extends string>(collection: C): Declared<Key<C>> => ({
  type: { kind: 'key', collection: nameGiven(collection, 'the collection of key()') },
})

export function typesOf(fields: Fields): Record<string, Type> {
  const types = emptyRecord<Type>()
  for (const name of sortedNames(fields)) types[name] = fields[name]!.type
  return types
}
