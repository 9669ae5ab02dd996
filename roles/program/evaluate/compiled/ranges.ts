/**
 * What the compiler knows about integers before they are there: the bounds that inputs were checked against, carried through arithmetic.
 * An operation whose result cannot leave the safe range needs no check.
 */
import type { Body, Node, Type } from '../../document.ts'
import { LIMITS } from '../../limits.ts'
import { add, capped, divide, hull, multiply, remainder, SAFE, subtract } from '../../value/interval.ts'
import type { Interval } from '../../value/interval.ts'
import { joinTypes } from '../../value/type-bounds.ts'

const LENGTH: Interval = { least: 0, most: 2 * LIMITS.text }

/** Ranges of the nodes of one body. */
export interface Ranges {
  /** Of an integer as it is used: inside the safe range. */
  of(node: number): Interval
  /** Of the result of an operation before it is checked. */
  before(node: Node): Interval
}

/** @param inputs types that the inputs are known to fit */
export function rangesOf(body: Body, inputs: Type[]): Ranges {
  const types = body.nodes.map(() => undefined as Type | null | undefined)
  const ranges = body.nodes.map(() => undefined as Interval | undefined)
  const typeOf = (index: number): Type | null => (types[index] ??= findType(body, inputs, index, typeOf))
  const of = (index: number): Interval => (ranges[index] ??= findRange(index))
  const findRange = (index: number): Interval => {
    const type = typeOf(index)
    if (type?.kind === 'int') return { least: Number(type.min ?? SAFE.least), most: Number(type.max ?? SAFE.most) }
    return capped(before(body.nodes[index]!))
  }
  const before = (node: Node): Interval => arithmetic(node, of)
  return { of, before }
}

function arithmetic(node: Node, of: (index: number) => Interval): Interval {
  if (node.op === 'if') return hull(of(node.then), of(node.else))
  if (node.op === 'list.length' || node.op === 'text.length' || node.op === 'bytes.length' || node.op === 'map.size') return LENGTH
  if (!('args' in node) || node.args.length !== 2) return SAFE
  if (!node.op.startsWith('int.')) return SAFE
  const [a, b] = [of(node.args[0]!), of(node.args[1]!)]
  if (node.op === 'int.add') return add(a, b)
  if (node.op === 'int.subtract') return subtract(a, b)
  if (node.op === 'int.multiply') return multiply(a, b)
  if (b.least <= 0) return SAFE
  if (node.op === 'int.divide') return divide(a, b) ?? SAFE
  return node.op === 'int.remainder' ? remainder(SAFE, b) : SAFE
}

/** The type that a value is known to fit, bounds included; null where nothing promises one. */
function findType(body: Body, inputs: Type[], index: number, typeOf: (index: number) => Type | null): Type | null {
  const node = body.nodes[index]!
  switch (node.op) {
    case 'input':
      return inputs[node.input]!
    case 'const':
      return node.type.kind === 'int' ? { kind: 'int', min: node.value as string, max: node.value as string } : node.type
    case 'param':
      return paramType(body, node.scope, node.param, typeOf)
    case 'field': {
      const record = typeOf(node.of)
      return record?.kind === 'record' ? record.fields[node.field]! : null
    }
    case 'if': {
      const [a, b] = [typeOf(node.then), typeOf(node.else)]
      return a === null || b === null ? null : joinTypes(a, b)
    }
    case 'filter':
    case 'sort':
    case 'distinct':
      return typeOf(body.scopes[node.scope]!.over)
    case 'list.take':
    case 'list.drop':
    case 'list.reverse':
      return typeOf(node.args[0]!)
    default:
      return null
  }
}

function paramType(body: Body, index: number, param: number, typeOf: (index: number) => Type | null): Type | null {
  const scope = body.scopes[index]!
  const over = typeOf(scope.over)
  if (scope.kind === 'case') return over?.kind === 'variant' ? over.cases[scope.tag]! : null
  const isItem = scope.kind === 'fold' ? param === 1 : param === 0
  return isItem && over !== null && 'of' in over ? over.of : null
}
