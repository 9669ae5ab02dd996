import type { Type } from '../document.ts'
import { emptyRecord, own, sortedNames } from './measure.ts'

/** The least type that holds both, which must have one shape; the first one where shapes differ. */
export function joinTypes(a: Type, b: Type): Type {
  if (a === b) return a
  if (a.kind === 'int' && b.kind === 'int') return joinInts(a, b)
  if ((a.kind === 'text' && b.kind === 'text') || (a.kind === 'bytes' && b.kind === 'bytes')) return { ...a, max: Math.max(a.max, b.max) }
  if (a.kind === 'list' && b.kind === 'list') return { kind: 'list', of: joinTypes(a.of, b.of), max: Math.max(a.max, b.max) }
  if (a.kind === 'option' && b.kind === 'option') return { kind: 'option', of: joinTypes(a.of, b.of) }
  if ((a.kind === 'tree' && b.kind === 'tree') || (a.kind === 'zipper' && b.kind === 'zipper'))
    return { kind: a.kind, of: joinTypes(a.of, b.of), max: Math.max(a.max, b.max) }
  if (a.kind === 'map' && b.kind === 'map')
    return { kind: 'map', keys: joinTypes(a.keys, b.keys), of: joinTypes(a.of, b.of), max: Math.max(a.max, b.max) }
  if (a.kind === 'record' && b.kind === 'record') return { kind: 'record', fields: joinFields(a.fields, b.fields) }
  if (a.kind === 'variant' && b.kind === 'variant') return { kind: 'variant', cases: joinFields(a.cases, b.cases) }
  return a
}

function joinInts(a: Type & { kind: 'int' }, b: Type & { kind: 'int' }): Type {
  const joined: Type & { kind: 'int' } = { kind: 'int' }
  if (a.min !== undefined && b.min !== undefined) joined.min = Number(a.min) < Number(b.min) ? a.min : b.min
  if (a.max !== undefined && b.max !== undefined) joined.max = Number(a.max) > Number(b.max) ? a.max : b.max
  return joined
}

function joinFields(a: Record<string, Type>, b: Record<string, Type>): Record<string, Type> {
  const joined = emptyRecord<Type>()
  for (const name of sortedNames(a)) {
    const other = own(b, name)
    joined[name] = other === undefined ? a[name]! : joinTypes(a[name]!, other)
  }
  return joined
}

/** The type but for the bounds of its integers: of a constant, and of an end that lies outside of what it bounds. */
export function withoutBounds(type: Type): Type {
  if (type.kind === 'int') return { kind: 'int' }
  if (type.kind === 'list') return { ...type, of: withoutBounds(type.of) }
  if (type.kind !== 'record') return type
  const fields = emptyRecord<Type>()
  for (const name of sortedNames(type.fields)) fields[name] = withoutBounds(type.fields[name]!)
  return { kind: 'record', fields }
}

/** Whether every value of type `inner` is one of type `outer`. */
export function fitsInside(inner: Type, outer: Type): boolean {
  if (inner.kind === 'int' && outer.kind === 'int') return intInside(inner, outer)
  if ((inner.kind === 'text' && outer.kind === 'text') || (inner.kind === 'bytes' && outer.kind === 'bytes')) return inner.max <= outer.max
  if (inner.kind === 'bool' && outer.kind === 'bool') return true
  if (inner.kind === 'key' && outer.kind === 'key') return inner.collection === outer.collection
  if (inner.kind === 'option' && outer.kind === 'option') return fitsInside(inner.of, outer.of)
  if ((inner.kind === 'list' && outer.kind === 'list') || (inner.kind === 'tree' && outer.kind === 'tree'))
    return inner.max <= outer.max && fitsInside(inner.of, outer.of)
  if (inner.kind === 'map' && outer.kind === 'map')
    return inner.max <= outer.max && fitsInside(inner.keys, outer.keys) && fitsInside(inner.of, outer.of)
  if (inner.kind === 'record' && outer.kind === 'record') return fieldsInside(inner.fields, outer.fields)
  return inner.kind === 'variant' && outer.kind === 'variant' && fieldsInside(inner.cases, outer.cases)
}

const intInside = (inner: Type & { kind: 'int' }, outer: Type & { kind: 'int' }): boolean =>
  (outer.min === undefined || (inner.min !== undefined && Number(inner.min) >= Number(outer.min))) &&
  (outer.max === undefined || (inner.max !== undefined && Number(inner.max) <= Number(outer.max)))

const fieldsInside = (inner: Record<string, Type>, outer: Record<string, Type>): boolean =>
  Object.keys(inner).length === Object.keys(outer).length &&
  Object.keys(inner).every((name) => Object.hasOwn(outer, name) && fitsInside(inner[name]!, outer[name]!))

/** The same shape with every bound left open as far as the limits go: for results whose size is not known. */
export function widen(type: Type, text: number, items: number): Type {
  const inner = (part: Type): Type => widen(part, text, items)
  switch (type.kind) {
    case 'int':
      return { kind: 'int' }
    case 'text':
    case 'bytes':
      return { kind: type.kind, max: text }
    case 'list':
    case 'tree':
    case 'zipper':
      return { kind: type.kind, of: inner(type.of), max: items }
    case 'map':
      return { kind: 'map', keys: inner(type.keys), of: inner(type.of), max: items }
    case 'option':
      return { kind: 'option', of: inner(type.of) }
    case 'record':
      return { kind: 'record', fields: widenFields(type.fields, inner) }
    case 'variant':
      return { kind: 'variant', cases: widenFields(type.cases, inner) }
    default:
      return type
  }
}

function widenFields(fields: Record<string, Type>, inner: (type: Type) => Type): Record<string, Type> {
  const made = emptyRecord<Type>()
  for (const name of sortedNames(fields)) made[name] = inner(fields[name]!)
  return made
}
