import type { Type } from '../document.ts'

/**
 * Shapes are types without bounds. Equal shapes have one object, so comparing them is comparing references, and a check stays linear.
 */
export interface Shape {
  kind: Type['kind']
  id: number
  /** Parts: item of a list, option or tree; keys and values of a map; fields or cases by name. */
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
  scalar(kind: 'int' | 'text' | 'bool'): Shape
}

export function createShapes(): Shapes {
  const known = new Map<string, Shape>()
  const byType = new WeakMap<Type, Shape>()

  function intern(key: string, make: Partial<Shape> & { kind: Type['kind'] }): Shape {
    const found = known.get(key)
    if (found !== undefined) return found
    const shape: Shape = { id: known.size, of: null, keys: null, fields: null, collection: null, ...make }
    known.set(key, shape)
    return shape
  }

  const scalar = (kind: 'int' | 'text' | 'bool' | 'bytes'): Shape => intern(kind, { kind })
  const wrap = (kind: 'list' | 'option' | 'tree', of: Shape): Shape => intern(`${kind} ${of.id}`, { kind, of })

  function fields(kind: 'record' | 'variant', parts: Map<string, Shape>): Shape {
    const names = [...parts.keys()].sort()
    return intern(`${kind} ${names.map((name) => `${name}:${parts.get(name)!.id}`).join()}`, { kind, fields: parts })
  }

  function make(type: Type): Shape {
    switch (type.kind) {
      case 'list':
      case 'option':
      case 'tree':
        return wrap(type.kind, of(type.of))
      case 'map':
        return intern(`map ${of(type.keys).id} ${of(type.of).id}`, { kind: 'map', keys: of(type.keys), of: of(type.of) })
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
    scalar,
  }
}
