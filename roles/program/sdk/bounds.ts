import type { Primitive, Type } from '../document.ts'
import { LIMITS } from '../limits.ts'
import { add, countOf, digits, divide, itemsOf, multiply, partsIn, remainder, SAFE, subtract } from '../value/interval.ts'
import type { Interval } from '../value/interval.ts'
import { joinTypes } from '../value/type-bounds.ts'

type Of<K extends Type['kind']> = Extract<Type, { kind: K }>
type Rule = (...args: any[]) => Type

export const BOOL: Type = { kind: 'bool' }

/** The integers of a type. */
export const intervalOf = (type: Type): Interval => {
  const { min, max } = type as Of<'int'>
  return { least: Number(min ?? SAFE.least), most: Number(max ?? SAFE.most) }
}

/** The type of these integers. A bound at the edge of the safe integers or beyond says nothing: what is beyond stops the call. */
export function intType({ least, most }: Interval): Of<'int'> {
  const type: Of<'int'> = { kind: 'int' }
  if (least > most) return type
  if (least > SAFE.least && least <= SAFE.most) type.min = String(least)
  if (most < SAFE.most && most >= SAFE.least) type.max = String(most)
  return type
}

/** A rule for integers out of one for their intervals; where nothing can come of them, nothing is known. */
const counted =
  (calculate: (a: Interval, b: Interval) => Interval | null): Rule =>
  (a: Type, b: Type) => {
    const made = calculate(intervalOf(a), intervalOf(b))
    return made === null ? { kind: 'int' } : intType(made)
  }

export const text = (max: number): Type => ({ kind: 'text', max: Math.min(max, LIMITS.text) })
const bytes = (max: number): Type => ({ kind: 'bytes', max: Math.min(max, LIMITS.text) })
export const option = (of: Type): Type => ({ kind: 'option', of })
export const list = (of: Type, max: number): Type => ({ kind: 'list', of, max: Math.min(max, LIMITS.items) })
const map = (keys: Type, of: Type, max: number): Type => ({ kind: 'map', keys, of, max: Math.min(max, LIMITS.items) })
const tree = (of: Type, max: number): Type => ({ kind: 'tree', of, max: Math.min(max, LIMITS.items) })
const zipper = (of: Type, max: number): Type => ({ kind: 'zipper', of, max: Math.min(max, LIMITS.items) })
const record = (fields: Record<string, Type>): Type => ({ kind: 'record', fields })

/** A length or position, from 0. */
const upTo = (max: number): Type => intType({ least: 0, most: max })

/** Parts [from, to) of so many. */
const width = (max: number, from: Type, to: Type): number => partsIn(max, intervalOf(from), intervalOf(to))

const ranged = (from: Interval, to: Interval): Type => list(intType(itemsOf(from, to)), countOf(from, to))

type Sized = Of<'text'>
type Listed = Of<'list'>
type Mapped = Of<'map'>
type Treed = Of<'tree' | 'zipper'>

const yes: Rule = () => BOOL
const same: Rule = (type: Type) => type
const within = (a: Treed, b: Treed): Type => zipper(joinTypes(a.of, b.of), a.max + b.max)
const moved: Rule = (place: Treed) => option(place)

/**
 * The type, bounds included, of what each primitive makes of arguments of these types: as tight as these types allow. A call that
 * would make more than that has stopped before. `check/signatures.ts` says the same without bounds.
 */
export const RESULTS: Record<Primitive, Rule> = {
  'int.add': counted(add),
  'int.subtract': counted(subtract),
  'int.multiply': counted(multiply),
  'int.divide': counted(divide),
  'int.remainder': counted((_a, b) => remainder(SAFE, b)),
  'int.less': yes,
  'int.text': (a: Type) => text(digits(intervalOf(a))),
  'int.parse': () => option({ kind: 'int' }),
  'int.range': (from: Type, to: Type) => ranged(intervalOf(from), intervalOf(to)),
  equal: yes,
  and: yes,
  or: yes,
  not: yes,
  'text.length': (a: Sized) => upTo(a.max),
  'text.contains': yes,
  'text.starts': yes,
  'text.ends': yes,
  'text.find': (a: Sized) => option(upTo(a.max)),
  'text.less': yes,
  'text.concat': (a: Sized, b: Sized) => text(a.max + b.max),
  'text.lower': same,
  'text.upper': same,
  'text.trim': same,
  'text.slice': (a: Sized, from: Type, to: Type) => text(width(a.max, from, to)),
  'text.replace': (a: Sized, _part: Type, by: Sized) => text(a.max * Math.max(1, by.max)),
  'text.split': (a: Sized) => list(a, a.max + 1),
  'text.join': (a: Listed, between: Sized) => text(a.max * (a.of as Sized).max + Math.max(0, a.max - 1) * between.max),
  'text.bytes': (a: Sized) => bytes(4 * a.max),
  'bytes.length': (a: Sized) => upTo(a.max),
  'bytes.at': () => option(upTo(255)),
  'bytes.concat': (a: Sized, b: Sized) => bytes(a.max + b.max),
  'bytes.slice': (a: Sized, from: Type, to: Type) => bytes(width(a.max, from, to)),
  'bytes.less': yes,
  'bytes.sha256': () => bytes(32),
  'bytes.hex': (a: Sized) => text(2 * a.max),
  'bytes.parse': (a: Sized) => option(bytes(Math.floor(a.max / 2))),
  'bytes.text': (a: Sized) => option(text(a.max)),
  'list.length': (a: Listed) => upTo(a.max),
  'list.contains': yes,
  'list.at': (a: Listed) => option(a.of),
  'list.take': (a: Listed, count: Type) => list(a.of, width(a.max, upTo(0), count)),
  'list.drop': (a: Listed, count: Type) => list(a.of, width(a.max, count, upTo(a.max))),
  'list.reverse': same,
  'list.concat': (a: Listed, b: Listed) => list(joinTypes(a.of, b.of), a.max + b.max),
  'list.flatten': (a: Listed) => list((a.of as Listed).of, a.max * (a.of as Listed).max),
  'list.zip': (a: Listed, b: Listed) => list(record({ left: a.of, right: b.of }), Math.min(a.max, b.max)),
  'map.size': (a: Mapped) => upTo(a.max),
  'map.get': (a: Mapped) => option(a.of),
  'map.has': yes,
  'map.set': (a: Mapped, key: Type, value: Type) => map(joinTypes(a.keys, key), joinTypes(a.of, value), a.max + 1),
  'map.remove': same,
  'map.entries': (a: Mapped) => list(record({ key: a.keys, value: a.of }), a.max),
  'map.from': (a: Listed) => map((a.of as Of<'record'>).fields['key']!, (a.of as Of<'record'>).fields['value']!, a.max),
  'tree.node': (value: Type, children: Listed) =>
    tree(joinTypes(value, (children.of as Treed).of), 1 + children.max * (children.of as Treed).max),
  'tree.value': (a: Treed) => a.of,
  'tree.children': (a: Treed) => list(tree(a.of, Math.max(1, a.max - 1)), a.max - 1),
  'tree.size': (a: Treed) => intType({ least: 1, most: a.max }),
  'tree.list': (a: Treed) => list(record({ depth: upTo(a.max - 1), value: a.of }), a.max),
  'tree.zipper': (a: Treed) => zipper(a.of, a.max),
  'zipper.tree': (a: Treed) => tree(a.of, a.max),
  'zipper.focus': (a: Treed) => tree(a.of, a.max),
  'zipper.value': (a: Treed) => a.of,
  'zipper.depth': (a: Treed) => upTo(a.max - 1),
  'zipper.down': moved,
  'zipper.up': moved,
  'zipper.left': moved,
  'zipper.right': moved,
  'zipper.next': moved,
  'zipper.set': (a: Treed, value: Type) => zipper(joinTypes(a.of, value), a.max),
  'zipper.put': within,
  'zipper.insertLeft': (a: Treed, b: Treed) => option(within(a, b)),
  'zipper.insertRight': (a: Treed, b: Treed) => option(within(a, b)),
  'zipper.prepend': within,
  'zipper.append': within,
  'zipper.remove': moved,
}
