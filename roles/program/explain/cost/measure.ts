import type { Type } from '../../document.ts'
import { cap } from './bound.ts'
import type { Bound } from './bound.ts'
import { stepsOf } from './charge.ts'

const walks = new WeakMap<Bound, number>()

/** Steps of comparing a value with another of its type: `equal` charges every pair of parts once. */
export function walk(bound: Bound | null): number {
  if (bound === null) return 0
  const found = walks.get(bound) ?? cap(walkParts(bound))
  walks.set(bound, found)
  return found
}

function walkParts(bound: Bound): number {
  switch (bound.kind) {
    case 'text':
      return stepsOf(bound.units)
    case 'bytes':
      return stepsOf(bound.length)
    case 'list':
      return 1 + bound.length * walk(bound.of)
    case 'map':
      return 1 + bound.length * (walk(bound.keys) + walk(bound.of))
    case 'record':
      return 1 + sum(Object.values(bound.fields).map(walk))
    case 'variant':
      return 1 + Math.max(...Object.keys(bound.cases).map((tag) => stepsOf(tag.length) + walk(bound.cases[tag]!)))
    case 'option':
      return 1 + walk(bound.of)
    case 'tree':
      return bound.nodes * (2 + walk(bound.of))
    default:
      return 1
  }
}

const sum = (numbers: number[]): number => numbers.reduce((total, one) => total + one, 0)

/** Steps of looking at a value that fits a type, as `misfit` does: a part is no larger than both say. */
export function look(type: Type, bound: Bound | null): number {
  if (bound === null) return 0
  return cap(lookParts(type, bound))
}

function lookParts(type: Type, bound: Bound): number {
  const most = (count: number, of: Bound): number => ('length' in of ? Math.min(count, of.length) : count)
  switch (type.kind) {
    case 'text':
      return stepsOf(bound.kind === 'text' ? Math.min(2 * type.max, bound.units) : 2 * type.max)
    case 'key':
      return stepsOf(bound.kind === 'text' ? Math.min(100, bound.units) : 100)
    case 'bytes':
      return stepsOf(most(type.max, bound))
    case 'list':
      return 1 + most(type.max, bound) * look(type.of, partOf(bound))
    case 'option':
      return 1 + look(type.of, partOf(bound))
    case 'map':
      return 1 + most(type.max, bound) * (look(type.keys, bound.kind === 'map' ? bound.keys : null) + look(type.of, partOf(bound)))
    case 'record':
      return 1 + sum(Object.keys(type.fields).map((name) => look(type.fields[name]!, bound.kind === 'record' ? bound.fields[name]! : null)))
    case 'variant':
      return (
        1 + Math.max(...Object.keys(type.cases).map((tag) => look(type.cases[tag]!, bound.kind === 'variant' ? bound.cases[tag]! : null)))
      )
    case 'tree':
      return 1 + Math.min(type.max, bound.kind === 'tree' ? bound.nodes : type.max) * (1 + look(type.of, partOf(bound)))
    default:
      return 1
  }
}

const partOf = (bound: Bound): Bound | null => ('of' in bound ? bound.of : null)

/** Characters of a key that an item is sorted, grouped or found by. */
export const keyUnits = (key: Bound | null): number => (key?.kind === 'text' ? key.units : key?.kind === 'bytes' ? key.length : 0)

/** How many different values there are at most. */
export function different(key: Bound | null): number {
  if (key === null) return 0
  if (key.kind === 'bool') return 2
  return key.kind === 'int' ? cap(key.most - key.least + 1) : MANY
}

const MANY = Number.MAX_SAFE_INTEGER

/** A code point is one unit and at most three bytes, or two units and four bytes. */
export const utf8Of = (text: { points: number; units: number }): number => Math.min(3 * text.units, 4 * text.points)

/** Bytes that the greatest value of a type takes, as `sizeOf` counts them. */
export const bytesOfType = (type: Type): number => cap(bytesOf(type))

function bytesOf(type: Type): number {
  switch (type.kind) {
    case 'int':
      return 8
    case 'bool':
      return 1
    case 'text':
      return 4 * type.max
    case 'key':
      return 100
    case 'bytes':
      return type.max
    case 'list':
      return 4 + type.max * bytesOf(type.of)
    case 'record':
      return 4 + sum(Object.values(type.fields).map(bytesOf))
    case 'variant':
      return 4 + Math.max(...Object.values(type.cases).map(bytesOf))
    case 'option':
      return 1 + bytesOf(type.of)
    case 'map':
      return 4 + type.max * (bytesOf(type.keys) + bytesOf(type.of))
    case 'tree':
    case 'zipper':
      return 4 + type.max * (4 + bytesOf(type.of))
  }
}
