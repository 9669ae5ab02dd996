import type { Type } from '../document.ts'
import { codePoints, inRange, isKey } from './json.ts'
import { own, preorder, sortedNames } from './measure.ts'
import type { TreeValue } from './value.ts'

/**
 * Says how a runtime value fails to be of a type, or null when it fits (shape and every bound).
 * @param path name of the value, used in the sentence
 */
export function misfit(type: Type, value: unknown, path: string): string | null {
  switch (type.kind) {
    case 'int':
      return misfitInt(type, value, path)
    case 'bool':
      return typeof value === 'boolean' ? null : `${path} must be true or false`
    case 'text':
      return misfitText(type.max, value, path)
    case 'key':
      return isKey(value) ? null : `${path} must be an address of at most 100 letters and digits`
    case 'bytes':
      return value instanceof Uint8Array && value.length <= type.max ? null : `${path} must be at most ${type.max} bytes`
    case 'list':
      return misfitList(type, value, path)
    case 'record':
      return misfitRecord(type.fields, value, path)
    case 'variant':
      return misfitVariant(type.cases, value, path)
    case 'option':
      return misfitOption(type.of, value, path)
    case 'map':
      return misfitMap(type, value, path)
    case 'tree':
      return misfitTree(type, value, path)
  }
}

function misfitInt(type: Type & { kind: 'int' }, value: unknown, path: string): string | null {
  if (!Number.isSafeInteger(value)) return `${path} must be a safe integer`
  return inRange(value as number, type.min, type.max)
    ? null
    : `${path} must be between ${type.min ?? 'the least'} and ${type.max ?? 'the greatest'} integer, not ${value}`
}

function misfitText(max: number, value: unknown, path: string): string | null {
  if (typeof value !== 'string' || !value.isWellFormed()) return `${path} must be well-formed text`
  return value.length <= max || codePoints(value) <= max ? null : `${path} must have at most ${max} characters`
}

function misfitList(type: Type & { kind: 'list' }, value: unknown, path: string): string | null {
  if (!Array.isArray(value) || value.length > type.max) return `${path} must be a list of at most ${type.max} items`
  return firstMisfit(value, (item, i) => misfit(type.of, item, `${path}/${i}`))
}

function misfitRecord(fields: Record<string, Type>, value: unknown, path: string): string | null {
  if (!isObject(value) || Object.keys(value).length !== Object.keys(fields).length) return `${path} must have the fields of its type`
  return firstMisfit(sortedNames(fields), (name) => misfit(fields[name]!, own(value, name), `${path}/${name}`))
}

function misfitVariant(cases: Record<string, Type>, value: unknown, path: string): string | null {
  const tag = isObject(value) ? value['tag'] : undefined
  const type = typeof tag === 'string' ? own(cases, tag) : undefined
  return type === undefined
    ? `${path} must be one of ${sortedNames(cases).join(', ')}`
    : misfit(type, (value as { value: unknown }).value, `${path}/${String(tag)}`)
}

function misfitOption(of: Type, value: unknown, path: string): string | null {
  if (value === null) return null
  return isObject(value) && Object.hasOwn(value, 'some') ? misfit(of, value['some'], `${path}/some`) : `${path} must be an option`
}

function misfitMap(type: Type & { kind: 'map' }, value: unknown, path: string): string | null {
  if (!(value instanceof Map) || value.size > type.max) return `${path} must be a map of at most ${type.max} entries`
  return firstMisfit(
    [...value],
    ([key, item], i) => misfit(type.keys, key, `${path}/${i}/key`) ?? misfit(type.of, item, `${path}/${i}/value`),
  )
}

function misfitTree(type: Type & { kind: 'tree' }, value: unknown, path: string): string | null {
  if (!isObject(value) || !Array.isArray(value['children'])) return `${path} must be a tree`
  const nodes = preorder(value as unknown as TreeValue)
  return nodes.length > type.max
    ? `${path} must have at most ${type.max} nodes`
    : firstMisfit(nodes, (node, i) => misfit(type.of, node.value, `${path}/${i}`))
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array) && !(value instanceof Map)

function firstMisfit<T>(items: readonly T[], test: (item: T, i: number) => string | null): string | null {
  for (let i = 0; i < items.length; i++) {
    const found = test(items[i]!, i)
    if (found !== null) return found
  }
  return null
}
