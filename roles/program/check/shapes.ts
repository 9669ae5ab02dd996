import type { Type } from '../document.ts'

/**
 * Shapes are types without bounds. Equal shapes have one object, so comparing them is comparing references, and a check stays linear.
 */
export interface Shape {
  kind: Type['kind']
  id: number
  /** Whether values can be compared, stored and sent: no zipper is among their parts. */
  plain: boolean
  /** Parts: item of a list, option, tree or zipper; keys and values of a map; fields or cases by name. */
  of: Shape | null
  keys: Shape | null
  fields: Map<string, Shape> | null
  collection: string | null
}

export interface Shapes {
  of(type: Type): Shape
  list(item: Shape): Shape
  option(content: Shape): Shape
  record(fields: Map<string, Shape>): Shape
  map(keys: Shape, content: Shape): Shape
  tree(content: Shape): Shape
  zipper(content: Shape): Shape
  scalar(kind: Scalar): Shape
}

type Scalar = 'int' | 'text' | 'bool' | 'bytes'

export function createShapes(): Shapes {
  const known = new Map<string, Shape>()
  const byType = new WeakMap<Type, Shape>()

  function intern(key: string, make: Partial<Shape> & { kind: Type['kind'] }): Shape {
    const found = known.get(key)
    if (found !== undefined) return found
    const shape: Shape = { id: known.size, plain: true, of: null, keys: null, fields: null, collection: null, ...make }
    const parts = [shape.of, shape.keys, ...(shape.fields?.values() ?? [])]
    shape.plain = shape.kind !== 'zipper' && parts.every((part) => part === null || part.plain)
    known.set(key, shape)
    return shape
  }

  const scalar = (kind: Scalar): Shape => intern(kind, { kind })
  const map = (keys: Shape, content: Shape): Shape => intern(`map ${keys.id} ${content.id}`, { kind: 'map', keys, of: content })
  const wrap = (kind: 'list' | 'option' | 'tree' | 'zipper', of: Shape): Shape => intern(`${kind} ${of.id}`, { kind, of })

  function fields(kind: 'record' | 'variant', parts: Map<string, Shape>): Shape {
    const names = [...parts.keys()].sort()
    return intern(`${kind} ${names.map((name) => `${name}:${parts.get(name)!.id}`).join()}`, { kind, fields: parts })
  }

  function make(type: Type): Shape {
    switch (type.kind) {
      case 'list':
      case 'option':
      case 'tree':
      case 'zipper':
        return wrap(type.kind, of(type.of))
      case 'map':
        return map(of(type.keys), of(type.of))
      case 'record':
        return fields('record', new Map(Object.entries(type.fields).map(([name, part]) => [name, of(part)])))
      case 'variant':
        return fields('variant', new Map(Object.entries(type.cases).map(([name, part]) => [name, of(part)])))
      case 'key':
        return intern(`key ${type.collection}`, { kind: 'key', collection: type.collection })
      default:
        return scalar(type.kind)
    }
  }

  function of(type: Type): Shape {
    const found = byType.get(type)
    if (found !== undefined) return found
    const shape = make(type)
    byType.set(type, shape)
    return shape
  }

  return {
    of,
    list: (item) => wrap('list', item),
    option: (content) => wrap('option', content),
    record: (parts) => fields('record', parts),
    map,
    tree: (content) => wrap('tree', content),
    zipper: (content) => wrap('zipper', content),
    scalar,
  }
}
