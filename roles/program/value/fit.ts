import type { Type } from '../document.ts'
import { codePoints, isKey } from './json.ts'
import { compareScalars, own, preorder, sortedNames } from './measure.ts'
import type { TreeValue, Value } from './value.ts'
import { rangeWords } from './words.ts'

/** Called with the size (characters, bytes) of each part that is looked at; it may throw. */
export type Visit = (size: number) => void

/** What is wrong, and where; the path is put together on the way out, so that what fits pays nothing for it. */
interface Misfit {
  path: string
  problem: string
}

/** Looks at a value of one type. */
type Look = (value: unknown, visit: Visit) => Misfit | null

const ignore: Visit = () => {}

/**
 * Says how a runtime value fails to be of a type, or null when it fits (shape and every bound).
 * @param path name of the value, used in the sentence
 * @param visit a value that shares its parts may be larger than memory, so whoever does not trust one counts here
 */
export function misfit(type: Type, value: unknown, path: string, visit: Visit = ignore): string | null {
  const found = lookOf(type)(value, visit)
  return found === null ? null : `${path}${found.path} ${found.problem}`
}

const known = new WeakMap<Type, Look>()

/** Made once for each type of a checked program, whose types are frozen. */
function lookOf(type: Type): Look {
  const look = known.get(type) ?? makeLook(type)
  if (Object.isFrozen(type)) known.set(type, look)
  return look
}

const wrong = (problem: string): Misfit => ({ path: '', problem })
const inside = (name: string | number, found: Misfit): Misfit => ({ path: `/${name}${found.path}`, problem: found.problem })

function makeLook(type: Type): Look {
  switch (type.kind) {
    case 'int':
      return lookInt(type.min, type.max)
    case 'bool':
      return (value, visit) => (visit(0), typeof value === 'boolean' ? null : wrong('must be true or false'))
    case 'text':
      return lookText(type.max)
    case 'key':
      return (value, visit) => (visit(lengthOf(value)), isKey(value) ? null : wrong('must be an address of at most 100 letters and digits'))
    case 'bytes':
      return lookBytes(type.max)
    case 'list':
      return lookList(type.max, lookOf(type.of))
    case 'record':
      return lookRecord(type.fields)
    case 'variant':
      return lookVariant(type.cases)
    case 'option':
      return lookOption(lookOf(type.of))
    case 'map':
      return lookMap(type.max, lookOf(type.keys), lookOf(type.of))
    case 'tree':
      return lookTree(type.max, lookOf(type.of))
    case 'zipper':
      return () => wrong('is a zipper, which never leaves its block')
  }
}

const lengthOf = (value: unknown): number => (typeof value === 'string' || value instanceof Uint8Array ? value.length : 0)

function lookInt(min: string | undefined, max: string | undefined): Look {
  const [least, most] = [Number(min ?? Number.MIN_SAFE_INTEGER), Number(max ?? Number.MAX_SAFE_INTEGER)]
  return (value, visit) => {
    visit(0)
    if (!Number.isSafeInteger(value)) return wrong(`must be an integer ${rangeWords(min, max)}`)
    return (value as number) >= least && (value as number) <= most
      ? null
      : wrong(`must be an integer ${rangeWords(min, max)}, not ${String(value)}`)
  }
}

function lookText(max: number): Look {
  return (value, visit) => {
    visit(lengthOf(value))
    if (typeof value !== 'string' || !value.isWellFormed()) return wrong('must be well-formed text')
    return value.length <= max || codePoints(value) <= max ? null : wrong(`must have at most ${max} characters`)
  }
}

function lookBytes(max: number): Look {
  return (value, visit) => {
    visit(lengthOf(value))
    return value instanceof Uint8Array && value.length <= max ? null : wrong(`must be at most ${max} bytes`)
  }
}

function lookList(max: number, look: Look): Look {
  return (value, visit) => {
    visit(0)
    if (!Array.isArray(value) || value.length > max) return wrong(`must be a list of at most ${max} items`)
    for (let i = 0; i < value.length; i++) {
      const found = look(value[i], visit)
      if (found !== null) return inside(i, found)
    }
    return null
  }
}

function lookRecord(fields: Record<string, Type>): Look {
  const parts = sortedNames(fields).map((name) => ({ name, look: lookOf(fields[name]!) }))
  return (value, visit) => {
    visit(0)
    if (!isObject(value) || Object.keys(value).length !== parts.length) return wrong('must have the fields of its type')
    for (const { name, look } of parts) {
      const found = look(own(value, name), visit)
      if (found !== null) return inside(name, found)
    }
    return null
  }
}

function lookVariant(cases: Record<string, Type>): Look {
  const looks = new Map(sortedNames(cases).map((tag) => [tag, lookOf(cases[tag]!)]))
  return (value, visit) => {
    visit(0)
    const tag = isObject(value) ? value['tag'] : undefined
    const look = typeof tag === 'string' ? looks.get(tag) : undefined
    if (look === undefined) return wrong(`must be one of ${[...looks.keys()].join(', ')}`)
    const found = look((value as { value: unknown }).value, visit)
    return found === null ? null : inside(tag as string, found)
  }
}

function lookOption(look: Look): Look {
  return (value, visit) => {
    visit(0)
    if (value === null) return null
    if (!isObject(value) || !Object.hasOwn(value, 'some')) return wrong('must be an option')
    const found = look(value['some'], visit)
    return found === null ? null : inside('some', found)
  }
}

function lookMap(max: number, keys: Look, of: Look): Look {
  return (value, visit) => {
    visit(0)
    if (!(value instanceof Map) || value.size > max) return wrong(`must be a map of at most ${max} entries`)
    let i = 0
    let last: Value | undefined
    for (const [key, item] of value) {
      const found = keys(key, visit)
      if (found !== null) return inside(`${i}/key`, found)
      const content = of(item, visit)
      if (content !== null) return inside(`${i}/value`, content)
      if (last !== undefined && compareScalars(last, key as Value) >= 0)
        return inside(`${i}/key`, wrong('must be greater than the key before'))
      last = key as Value
      i++
    }
    return null
  }
}

function lookTree(max: number, look: Look): Look {
  return (value, visit) => {
    visit(0)
    if (!isObject(value) || !Array.isArray(value['children'])) return wrong('must be a tree')
    const nodes = preorder(value as unknown as TreeValue, () => visit(0), max)
    if (nodes.length > max) return wrong(`must have at most ${max} nodes`)
    for (const [i, node] of nodes.entries()) {
      const found = look(node.value, visit)
      if (found !== null) return inside(i, found)
    }
    return null
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array) && !(value instanceof Map)
