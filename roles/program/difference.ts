import type { Json } from './document.ts'
import { sortedNames, own } from './value/measure.ts'

const isObject = (json: Json | undefined): json is { [name: string]: Json } =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

/**
 * JSON path of the first place where two documents differ, in the order of names and positions; null when they are equal.
 * @example firstDifference({ a: [1, 2] }, { a: [1, 3] }) // '/a/1'
 */
export function firstDifference(a: Json | undefined, b: Json | undefined, path = ''): string | null {
  if (Array.isArray(a) && Array.isArray(b)) {
    return firstOf([...Array(Math.max(a.length, b.length)).keys()], (i) => firstDifference(a[i], b[i], `${path}/${i}`))
  }
  if (isObject(a) && isObject(b)) {
    const names = new Set([...sortedNames(a), ...sortedNames(b)])
    return firstOf([...names].sort(), (name) => firstDifference(field(a, name), field(b, name), `${path}/${name}`))
  }
  return a === b ? null : path
}

const field = (json: { [name: string]: Json }, name: string): Json | undefined => own(json, name)

function firstOf<T>(items: T[], find: (item: T) => string | null): string | null {
  for (const item of items) {
    const found = find(item)
    if (found !== null) return found
  }
  return null
}
