import type { Type } from '../../document.ts'
import { LIMITS } from '../../limits.ts'
import { capped, SAFE } from '../../value/interval.ts'
import type { Interval } from '../../value/interval.ts'
import { codePoints } from '../../value/json.ts'
import { preorder } from '../../value/measure.ts'
import type { MapValue, RecordValue, SomeValue, TreeValue, Value, VariantValue } from '../../value/value.ts'

/** The greatest integer: what is more counts as this much. */
export const MOST = Number.MAX_SAFE_INTEGER
/** UTF-16 units of the longest text that an evaluator makes. */
export const UNITS = 2 * LIMITS.text

/**
 * How large any value of a node can be: what an operation charges depends on nothing else. Parts that no value has (items of an empty list) are null.
 */
export type Bound =
  | ({ kind: 'int' } & Interval)
  | { kind: 'bool' }
  /** Greatest numbers of code points and of UTF-16 units, and the least of units. Keys are texts. */
  | { kind: 'text'; points: number; units: number; least: number }
  | { kind: 'bytes'; length: number }
  | { kind: 'list'; length: number; of: Bound | null }
  | { kind: 'record'; fields: Record<string, Bound> }
  | { kind: 'variant'; cases: Record<string, Bound | null> }
  | { kind: 'option'; of: Bound | null }
  | { kind: 'map'; length: number; keys: Bound | null; of: Bound | null }
  /** `nodes` counts shared nodes as often as they are there. */
  | { kind: 'tree'; nodes: number; of: Bound }
  /** `nodes` of the whole tree. */
  | { kind: 'zipper'; nodes: number; of: Bound }

export const cap = (count: number, most = MOST): number => (count < most ? count : most)

export const BOOL: Bound = { kind: 'bool' }
/** What is beyond the safe integers is an error, so it is no value. */
export const integers = (interval: Interval): Bound & { kind: 'int' } => ({ kind: 'int', ...capped(interval) })
export const integer = (least: number, most: number): Bound & { kind: 'int' } => integers({ least, most })
export const ANY_INT = integers(SAFE)
export const textOf = (points: number, units: number, least = 0): Bound => ({
  kind: 'text',
  points: cap(points, Math.min(UNITS, units)),
  units: cap(units, UNITS),
  least: cap(least, UNITS),
})
export const optionOf = (of: Bound | null): Bound => ({ kind: 'option', of })
export const listOf = (length: number, of: Bound | null): Bound => ({ kind: 'list', length: cap(length, LIMITS.items), of })

const mapParts = <A, B>(parts: Record<string, A>, change: (part: A, name: string) => B): Record<string, B> =>
  Object.fromEntries(Object.keys(parts).map((name) => [name, change(parts[name]!, name)]))

const known = new WeakMap<Type, Bound>()

/** The bound that a type declares. */
export function boundOfType(type: Type): Bound {
  const found = known.get(type) ?? typeBound(type)
  known.set(type, found)
  return found
}

function typeBound(type: Type): Bound {
  switch (type.kind) {
    case 'int':
      return integer(Number(type.min ?? -MOST), Number(type.max ?? MOST))
    case 'bool':
      return BOOL
    case 'text':
      return textOf(type.max, 2 * type.max)
    case 'key':
      return textOf(100, 100)
    case 'bytes':
      return { kind: 'bytes', length: type.max }
    case 'list':
      return listOf(type.max, boundOfType(type.of))
    case 'record':
      return { kind: 'record', fields: mapParts(type.fields, boundOfType) }
    case 'variant':
      return { kind: 'variant', cases: mapParts(type.cases, boundOfType) }
    case 'option':
      return optionOf(boundOfType(type.of))
    case 'map':
      return { kind: 'map', length: type.max, keys: boundOfType(type.keys), of: boundOfType(type.of) }
    case 'tree':
    case 'zipper':
      return { kind: type.kind, nodes: type.max, of: boundOfType(type.of) }
  }
}

/** The bound of one known value. */
export function boundOfValue(type: Type, value: Value): Bound {
  switch (type.kind) {
    case 'int':
      return integer(value as number, value as number)
    case 'text':
    case 'key':
      return textOf(codePoints(value as string), (value as string).length, (value as string).length)
    case 'bytes':
      return { kind: 'bytes', length: (value as Uint8Array).length }
    case 'list':
      return listOf((value as Value[]).length, together(type.of, value as Value[]))
    case 'record':
      return { kind: 'record', fields: mapParts(type.fields, (part, name) => boundOfValue(part, (value as RecordValue)[name]!)) }
    case 'variant': {
      const { tag, value: content } = value as VariantValue
      return { kind: 'variant', cases: mapParts(type.cases, (part, name) => (name === tag ? boundOfValue(part, content) : null)) }
    }
    case 'option':
      return optionOf(value === null ? null : boundOfValue(type.of, (value as SomeValue).some))
    case 'map': {
      const map = value as MapValue
      return { kind: 'map', length: map.size, keys: together(type.keys, [...map.keys()]), of: together(type.of, [...map.values()]) }
    }
    case 'tree': {
      const nodes = preorder(value as TreeValue)
      return {
        kind: 'tree',
        nodes: nodes.length,
        of: together(
          type.of,
          nodes.map((node) => node.value),
        )!,
      }
    }
    default:
      return boundOfType(type)
  }
}

const together = (type: Type, values: readonly Value[]): Bound | null =>
  values.reduce<Bound | null>((all, value) => join(all, boundOfValue(type, value)), null)

/** Called for every part that is looked at; it may throw. */
export type Count = () => void

/** The least bound that holds both, which have one shape. */
export function join<B extends Bound | null>(a: B, b: Bound | null, count: Count = () => {}): B | Bound {
  return merge(a, b, count, (x, y) => Math.max(x, y)) as B | Bound
}

/**
 * A bound that holds both, and whose parts are at their limits where `next` is more than `old`: repeated, it ends.
 * @param grew called when something other than an integer grew
 */
export function widen(old: Bound, next: Bound, count: Count, grew: () => void): Bound {
  return merge(old, next, count, (x, y, most, size) => {
    if (y <= x) return x
    if (size) grew()
    return most
  }) as Bound
}

/** @param size whether the number is a size, not the value of an integer */
type Merge = (a: number, b: number, most: number, size: boolean) => number

function merge(a: Bound | null, b: Bound | null, count: Count, more: Merge): Bound | null {
  count()
  if (a === b || b === null) return a
  if (a === null) return b
  const part = (x: Bound | null, y: Bound | null): Bound | null => merge(x, y, count, more)
  const items = (x: number, y: number): number => more(x, y, LIMITS.items, true)
  if (a.kind === 'int' && b.kind === 'int')
    return { kind: 'int', least: -more(-a.least, -b.least, MOST, false) + 0, most: more(a.most, b.most, MOST, false) }
  if (a.kind === 'text' && b.kind === 'text') return mergeTexts(a, b, more)
  if (a.kind === 'bytes' && b.kind === 'bytes') return { kind: 'bytes', length: more(a.length, b.length, LIMITS.text, true) }
  if (a.kind === 'list' && b.kind === 'list') return { kind: 'list', length: items(a.length, b.length), of: part(a.of, b.of) }
  if (a.kind === 'record' && b.kind === 'record')
    return { kind: 'record', fields: mapParts(a.fields, (field, name) => part(field, b.fields[name]!)!) }
  if (a.kind === 'variant' && b.kind === 'variant')
    return { kind: 'variant', cases: mapParts(a.cases, (content, tag) => part(content, b.cases[tag]!)) }
  if (a.kind === 'option' && b.kind === 'option') return optionOf(part(a.of, b.of))
  if (a.kind === 'map' && b.kind === 'map')
    return { kind: 'map', length: items(a.length, b.length), keys: part(a.keys, b.keys), of: part(a.of, b.of) }
  if ((a.kind === 'tree' || a.kind === 'zipper') && a.kind === b.kind)
    return { kind: a.kind, nodes: more(a.nodes, b.nodes, MOST, true), of: part(a.of, b.of)! }
  return a
}

function mergeTexts(a: Bound & { kind: 'text' }, b: Bound & { kind: 'text' }, more: Merge): Bound {
  return {
    kind: 'text',
    points: more(a.points, b.points, UNITS, true),
    units: more(a.units, b.units, UNITS, true),
    least: -more(-a.least, -b.least, 0, false) + 0,
  }
}

/** Whether everything in `inner` is within `outer`. */
export function within(inner: Bound | null, outer: Bound | null, count: Count): boolean {
  let holds = true
  merge(outer, inner, count, (x, y) => {
    if (y > x) holds = false
    return x
  })
  return holds && !lacks(outer, inner, count)
}

/** Whether `inner` has parts where `outer` has none. */
function lacks(outer: Bound | null, inner: Bound | null, count: Count): boolean {
  count()
  if (inner === null || outer === inner) return false
  if (outer === null) return true
  if (outer.kind === 'record' && inner.kind === 'record')
    return Object.keys(outer.fields).some((name) => lacks(outer.fields[name]!, inner.fields[name]!, count))
  if (outer.kind === 'variant' && inner.kind === 'variant')
    return Object.keys(outer.cases).some((tag) => lacks(outer.cases[tag]!, inner.cases[tag]!, count))
  if (outer.kind === 'map' && inner.kind === 'map') return lacks(outer.keys, inner.keys, count) || lacks(outer.of, inner.of, count)
  return 'of' in outer && 'of' in inner && lacks(outer.of, inner.of, count)
}
