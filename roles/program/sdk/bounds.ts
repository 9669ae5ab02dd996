import type { Primitive, Type } from '../document.ts'
import { LIMITS } from '../limits.ts'
import { joinTypes } from '../value/type-bounds.ts'

type Of<K extends Type['kind']> = Extract<Type, { kind: K }>
type Rule = (...args: any[]) => Type

export const BOOL: Type = { kind: 'bool' }

/** The least and the greatest integer of a type. */
export const least = (type: Type): number => Number((type as Of<'int'>).min ?? Number.MIN_SAFE_INTEGER)
export const greatest = (type: Type): number => Number((type as Of<'int'>).max ?? Number.MAX_SAFE_INTEGER)

/** Integers from `min` to `max`. A bound at the edge of the safe integers or beyond says nothing: what is beyond stops the call. */
export function interval(min: number, max: number): Of<'int'> {
  const type: Of<'int'> = { kind: 'int' }
  if (min > max) return type
  if (min > Number.MIN_SAFE_INTEGER && min <= Number.MAX_SAFE_INTEGER) type.min = String(min + 0)
  if (max < Number.MAX_SAFE_INTEGER && max >= Number.MIN_SAFE_INTEGER) type.max = String(max + 0)
  return type
}

/** Integers between the least and the greatest of these. */
const hull = (numbers: number[]): Type => interval(Math.min(...numbers), Math.max(...numbers))

/** Corners of two intervals under a function that is monotone in both. */
const corners = (a: Type, b: Type, of: (x: number, y: number) => number): number[] =>
  [least(a), greatest(a)].flatMap((x) => [least(b), greatest(b)].map((y) => of(x, y)))

/** Largest quotients are by the divisors nearest to zero and those farthest from it, on both sides. */
function quotient(a: Type, b: Type): Type {
  const divisors = [least(b), greatest(b), -1, 1].filter((y) => y !== 0 && y >= least(b) && y <= greatest(b))
  return divisors.length === 0 ? { kind: 'int' } : hull([least(a), greatest(a)].flatMap((x) => divisors.map((y) => Math.floor(x / y))))
}

const rest = (b: Type): Type => interval(Math.min(0, least(b) + 1), Math.max(0, greatest(b) - 1))

export const text = (max: number): Type => ({ kind: 'text', max: Math.min(max, LIMITS.text) })
const bytes = (max: number): Type => ({ kind: 'bytes', max: Math.min(max, LIMITS.text) })
export const option = (of: Type): Type => ({ kind: 'option', of })
export const list = (of: Type, max: number): Type => ({ kind: 'list', of, max: Math.min(max, LIMITS.items) })
const map = (keys: Type, of: Type, max: number): Type => ({ kind: 'map', keys, of, max: Math.min(max, LIMITS.items) })
const tree = (of: Type, max: number): Type => ({ kind: 'tree', of, max: Math.min(max, LIMITS.items) })
const zipper = (of: Type, max: number): Type => ({ kind: 'zipper', of, max: Math.min(max, LIMITS.items) })
const record = (fields: Record<string, Type>): Type => ({ kind: 'record', fields })

/** A length or position, from 0. */
const upTo = (max: number): Type => interval(0, max)

/** Parts [from, to) of so many. */
const width = (max: number, from: Type, to: Type): number => Math.max(0, Math.min(max, greatest(to)) - Math.max(0, least(from)))

const digits = (type: Type): number => Math.max(String(least(type)).length, String(greatest(type)).length)

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
  'int.add': (a: Type, b: Type) => hull(corners(a, b, (x, y) => x + y)),
  'int.subtract': (a: Type, b: Type) => hull(corners(a, b, (x, y) => x - y)),
  'int.multiply': (a: Type, b: Type) => hull(corners(a, b, (x, y) => x * y)),
  'int.divide': quotient,
  'int.remainder': (_a: Type, b: Type) => rest(b),
  'int.less': yes,
  'int.text': (a: Type) => text(digits(a)),
  'int.parse': () => option({ kind: 'int' }),
  'int.range': (from: Type, to: Type) => list(interval(least(from), greatest(to) - 1), Math.max(0, greatest(to) - least(from))),
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
  'tree.size': (a: Treed) => interval(1, a.max),
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
