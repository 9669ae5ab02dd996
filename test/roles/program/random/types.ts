import type { Type } from '../../../../roles/program/index.ts'
import type { Dice } from './dice.ts'

/** Names that mean something to JavaScript are among those of fields and cases. */
export const NAMES = ['a', 'b', 'size', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', 'tag', 'value', 'some', 'key', 'length']

const keyed = new WeakMap<Type, string>()

/** A name of the type without its bounds: two types have one name when the checker takes one for the other. */
export function shapeOf(type: Type): string {
  const known = keyed.get(type)
  if (known !== undefined) return known
  const made = nameShape(type)
  keyed.set(type, made)
  return made
}

function nameShape(type: Type): string {
  switch (type.kind) {
    case 'record':
      return `record{${nameFields(type.fields)}}`
    case 'variant':
      return `variant{${nameFields(type.cases)}}`
    case 'map':
      return `map(${shapeOf(type.keys)},${shapeOf(type.of)})`
    case 'key':
      return `key ${type.collection}`
    default:
      return 'of' in type ? `${type.kind}(${shapeOf(type.of)})` : type.kind
  }
}

const nameFields = (fields: Record<string, Type>): string =>
  Object.keys(fields)
    .sort()
    .map((name) => `${name}:${shapeOf(fields[name]!)}`)
    .join()

export const isPlain = (type: Type): boolean => !shapeOf(type).includes('zipper')

const SCALARS = ['int', 'text', 'bool', 'bytes', 'key']
export const isScalar = (type: Type): boolean => SCALARS.includes(type.kind)
export const isMapKey = (type: Type): boolean => isScalar(type) && type.kind !== 'bytes'

export const INT: Type = { kind: 'int' }
export const BOOL: Type = { kind: 'bool' }
export const TEXT: Type = { kind: 'text', max: 200 }
export const BYTES: Type = { kind: 'bytes', max: 200 }
export const listOf = (of: Type, max = 40): Type & { kind: 'list' } => ({ kind: 'list', of, max })
export const treeOf = (of: Type, max = 40): Type & { kind: 'tree' } => ({ kind: 'tree', of, max })
export const optionOf = (of: Type): Type & { kind: 'option' } => ({ kind: 'option', of })

export function scalarType(dice: Dice, collections: readonly string[]): Type {
  return dice.among<Type>([
    [5, () => INT],
    [4, () => TEXT],
    [2, () => BOOL],
    [1, () => ({ kind: 'int', min: String(-dice.below(3)), max: String(1 + dice.below(9)) })],
    [2, () => BYTES],
    [1, () => ({ kind: 'text', max: dice.below(9) })],
    [1, () => ({ kind: 'bytes', max: dice.below(9) })],
    [collections.length === 0 ? 0 : 1, () => ({ kind: 'key', collection: dice.pick(collections) })],
  ])
}

export function keyType(dice: Dice, collections: readonly string[]): Type {
  const type = scalarType(dice, collections)
  return isMapKey(type) ? type : INT
}

/** Any type that can be stored, nested at most `depth` levels. */
export function plainType(dice: Dice, collections: readonly string[], depth: number): Type {
  const inner = (): Type => plainType(dice, collections, depth - 1)
  if (depth <= 0) return scalarType(dice, collections)
  return dice.among<Type>([
    [6, () => scalarType(dice, collections)],
    [3, () => listOf(inner(), dice.chance(20) ? dice.below(4) : 40)],
    [3, () => ({ kind: 'record', fields: namedTypes(dice, dice.below(4), inner) })],
    [2, () => ({ kind: 'variant', cases: namedTypes(dice, 1 + dice.below(3), inner) })],
    [2, () => optionOf(inner())],
    [2, () => ({ kind: 'map', keys: keyType(dice, collections), of: inner(), max: dice.chance(20) ? dice.below(4) : 40 })],
    [2, () => treeOf(inner(), dice.chance(20) ? 1 + dice.below(4) : 40)],
  ])
}

export function namedTypes(dice: Dice, count: number, make: () => Type): Record<string, Type> {
  const fields: Record<string, Type> = {}
  while (Object.keys(fields).length < count) fields[dice.pick(NAMES.filter((name) => !Object.hasOwn(fields, name)))] = make()
  return fields
}
