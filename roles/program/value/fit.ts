import type { Type } from '../document.ts'
import { codePoints, inRange, isKey } from './json.ts'
import { compareScalars, namesOf, own, preorder, sortedNames } from './measure.ts'
import type { TreeValue, Value } from './value.ts'

/** Called with the size (characters, bytes) of each part that is looked at; it may throw. */
export type Visit = (size: number) => void

/** What is wrong, and where; the path is put together on the way out, so that what fits pays nothing for it. */
interface Misfit {
  path: string
  problem: string
}

/**
 * Says how a runtime value fails to be of a type, or null when it fits (shape and every bound).
 * @param path name of the value, used in the sentence
 * @param visit a value that shares its parts may be larger than memory, so whoever does not trust one counts here
 */
export function misfit(type: Type, value: unknown, path: string, visit: Visit = () => {}): string | null {
  const found = look(type, value, visit)
  return found === null ? null : `${path}${found.path} ${found.problem}`
}

const wrong = (problem: string): Misfit => ({ path: '', problem })

function look(type: Type, value: unknown, visit: Visit): Misfit | null {
  visit(typeof value === 'string' || value instanceof Uint8Array ? value.length : 0)
  switch (type.kind) {
    case 'int':
      return lookInt(type, value)
    case 'bool':
      return typeof value === 'boolean' ? null : wrong('must be true or false')
    case 'text':
      return lookText(type.max, value)
    case 'key':
      return isKey(value) ? null : wrong('must be an address of at most 100 letters and digits')
    case 'bytes':
      return value instanceof Uint8Array && value.length <= type.max ? null : wrong(`must be at most ${type.max} bytes`)
    case 'list':
      return lookList(type, value, visit)
    case 'record':
      return lookRecord(type.fields, value, visit)
    case 'variant':
      return lookVariant(type.cases, value, visit)
    case 'option':
      return lookOption(type.of, value, visit)
    case 'map':
      return lookMap(type, value, visit)
    case 'tree':
      return lookTree(type, value, visit)
    case 'zipper':
      return wrong('is a zipper, which never leaves its block')
  }
}

/** What is wrong inside of a part, seen from outside. */
function part(type: Type, value: unknown, name: string | number, visit: Visit): Misfit | null {
  const found = look(type, value, visit)
  return found === null ? null : { path: `/${name}${found.path}`, problem: found.problem }
}

function lookInt(type: Type & { kind: 'int' }, value: unknown): Misfit | null {
  if (!Number.isSafeInteger(value)) return wrong('must be a safe integer')
  return inRange(value as number, type.min, type.max)
    ? null
    : wrong(`must be between ${type.min ?? 'the least'} and ${type.max ?? 'the greatest'} integer, not ${value}`)
}

function lookText(max: number, value: unknown): Misfit | null {
  if (typeof value !== 'string' || !value.isWellFormed()) return wrong('must be well-formed text')
  return value.length <= max || codePoints(value) <= max ? null : wrong(`must have at most ${max} characters`)
}

function lookList(type: Type & { kind: 'list' }, value: unknown, visit: Visit): Misfit | null {
  if (!Array.isArray(value) || value.length > type.max) return wrong(`must be a list of at most ${type.max} items`)
  for (let i = 0; i < value.length; i++) {
    const found = part(type.of, value[i], i, visit)
    if (found !== null) return found
  }
  return null
}

function lookRecord(fields: Record<string, Type>, value: unknown, visit: Visit): Misfit | null {
  const names = namesOf(fields)
  if (!isObject(value) || Object.keys(value).length !== names.length) return wrong('must have the fields of its type')
  for (const name of names) {
    const found = part(fields[name]!, own(value, name), name, visit)
    if (found !== null) return found
  }
  return null
}

function lookVariant(cases: Record<string, Type>, value: unknown, visit: Visit): Misfit | null {
  const tag = isObject(value) ? value['tag'] : undefined
  const type = typeof tag === 'string' ? own(cases, tag) : undefined
  return type === undefined
    ? wrong(`must be one of ${sortedNames(cases).join(', ')}`)
    : part(type, (value as { value: unknown }).value, tag as string, visit)
}

function lookOption(of: Type, value: unknown, visit: Visit): Misfit | null {
  if (value === null) return null
  return isObject(value) && Object.hasOwn(value, 'some') ? part(of, value['some'], 'some', visit) : wrong('must be an option')
}

function lookMap(type: Type & { kind: 'map' }, value: unknown, visit: Visit): Misfit | null {
  if (!(value instanceof Map) || value.size > type.max) return wrong(`must be a map of at most ${type.max} entries`)
  let i = 0
  let last: Value | undefined
  for (const [key, item] of value) {
    const found = part(type.keys, key, `${i}/key`, visit) ?? part(type.of, item, `${i}/value`, visit)
    if (found !== null) return found
    if (last !== undefined && compareScalars(last, key as Value) >= 0)
      return { path: `/${i}/key`, problem: 'must be greater than the key before' }
    last = key as Value
    i++
  }
  return null
}

function lookTree(type: Type & { kind: 'tree' }, value: unknown, visit: Visit): Misfit | null {
  if (!isObject(value) || !Array.isArray(value['children'])) return wrong('must be a tree')
  const nodes = preorder(value as unknown as TreeValue, () => visit(0), type.max)
  if (nodes.length > type.max) return wrong(`must have at most ${type.max} nodes`)
  for (const [i, node] of nodes.entries()) {
    const found = part(type.of, node.value, i, visit)
    if (found !== null) return found
  }
  return null
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array) && !(value instanceof Map)
