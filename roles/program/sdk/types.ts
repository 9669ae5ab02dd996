import type { Type } from '../document.ts'
import { emptyRecord, sortedNames } from '../value/measure.ts'
import type { Bool, Bytes, Declared, Dict, Fields, Int, Key, List, MarksOf, Option, Rec, Text, Tree, Variant } from './marks.ts'

/** An exact integer; bounds are inclusive safe integers. */
export function int(bounds: { min?: number; max?: number } = {}): Declared<Int> {
  const type: Type = { kind: 'int' }
  if (bounds.min !== undefined) type.min = String(bounds.min)
  if (bounds.max !== undefined) type.max = String(bounds.max)
  return { type }
}

/** @param max in code points */
export const text = (max: number): Declared<Text> => ({ type: { kind: 'text', max } })

export const bool = (): Declared<Bool> => ({ type: { kind: 'bool' } })

/** @param max in bytes */
export const bytes = (max: number): Declared<Bytes> => ({ type: { kind: 'bytes', max } })

/** @param max in items */
export const list = <M>(of: Declared<M>, max: number): Declared<List<M>> => ({ type: { kind: 'list', of: of.type, max } })

export const option = <M>(of: Declared<M>): Declared<Option<M>> => ({ type: { kind: 'option', of: of.type } })

export const record = <F extends Fields>(fields: F): Declared<Rec<MarksOf<F>>> => ({ type: { kind: 'record', fields: typesOf(fields) } })

export const variant = <C extends Fields>(cases: C): Declared<Variant<MarksOf<C>>> => ({ type: { kind: 'variant', cases: typesOf(cases) } })

/** @param keys int, text, bool or key @param max in entries */
export const map = <K, M>(keys: Declared<K>, of: Declared<M>, max: number): Declared<Dict<K, M>> => ({
  type: { kind: 'map', keys: keys.type, of: of.type, max },
})

/** @param max in nodes */
export const tree = <M>(of: Declared<M>, max: number): Declared<Tree<M>> => ({ type: { kind: 'tree', of: of.type, max } })

/** Address of a reserved key of a collection. */
export const key = <C extends string>(collection: C): Declared<Key<C>> => ({ type: { kind: 'key', collection } })

export function typesOf(fields: Fields): Record<string, Type> {
  const types = emptyRecord<Type>()
  for (const name of sortedNames(fields)) types[name] = fields[name]!.type
  return types
}
