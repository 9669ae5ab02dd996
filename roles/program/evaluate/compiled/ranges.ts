/**
 * What the compiler knows about integers before they are there: the bounds that inputs were checked against, carried through arithmetic.
 * An operation whose result cannot leave the safe range needs no check.
 */
import type { Body, Node, Type } from '../../document.ts'
import { LIMITS } from '../../limits.ts'
import { joinTypes } from '../../value/type-bounds.ts'

/** Inclusive. */
export interface Range {
  least: number
  most: number
}

const SAFE: Range = { least: Number.MIN_SAFE_INTEGER, most: Number.MAX_SAFE_INTEGER }
const LENGTH: Range = { least: 0, most: 2 * LIMITS.text }

export const isSafe = ({ least, most }: Range): boolean => least >= SAFE.least && most <= SAFE.most
const hull = (values: number[]): Range => ({ least: Math.min(...values), most: Math.max(...values) })

/** Ranges of the nodes of one body. */
export interface Ranges {
  /** Of an integer as it is used: inside the safe range. */
  of(node: number): Range
  /** Of the result of an operation before it is checked. */
  before(node: Node): Range
}

/** @param inputs types that the inputs are known to fit */
export function rangesOf(body: Body, inputs: Type[]): Ranges {
  const types = body.nodes.map(() => undefined as Type | null | undefined)
  const ranges = body.nodes.map(() => undefined as Range | undefined)
  const typeOf = (index: number): Type | null => (types[index] ??= findType(body, inputs, index, typeOf))
  const of = (index: number): Range => (ranges[index] ??= findRange(index))
  const findRange = (index: number): Range => {
    const type = typeOf(index)
    if (type?.kind === 'int') return { least: Number(type.min ?? SAFE.least), most: Number(type.max ?? SAFE.most) }
    const { least, most } = before(body.nodes[index]!)
    return { least: Math.max(least, SAFE.least), most: Math.min(most, SAFE.most) }
  }
  const before = (node: Node): Range => arithmetic(node, of)
  return { of, before }
}

function arithmetic(node: Node, of: (index: number) => Range): Range {
  if (node.op === 'if') return hull([node.then, node.else].flatMap((branch) => Object.values(of(branch))))
  if (node.op === 'list.length' || node.op === 'text.length' || node.op === 'bytes.length' || node.op === 'map.size') return LENGTH
  if (!('args' in node) || node.args.length !== 2) return SAFE
  if (!node.op.startsWith('int.')) return SAFE
  const [a, b] = [of(node.args[0]!), of(node.args[1]!)]
  const corners = (calculate: (x: number, y: number) => number): Range =>
    hull([calculate(a.least, b.least), calculate(a.least, b.most), calculate(a.most, b.least), calculate(a.most, b.most)])
  if (node.op === 'int.add') return { least: a.least + b.least, most: a.most + b.most }
  if (node.op === 'int.subtract') return { least: a.least - b.most, most: a.most - b.least }
  if (node.op === 'int.multiply') return corners((x, y) => x * y)
  if (node.op === 'int.divide' && b.least > 0) return corners((x, y) => Math.floor(x / y))
  return node.op === 'int.remainder' && b.least > 0 ? { least: 0, most: b.most - 1 } : SAFE
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
