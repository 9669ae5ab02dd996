import { toJson } from '../../../../roles/program/index.ts'
import type { Node, Scope, Type } from '../../../../roles/program/index.ts'
import { argumentsOf, armsOf } from '../../../../roles/program/scopes.ts'
import type { Dice } from './dice.ts'
import { opensAround, settleArms } from './openings.ts'
import { isPlain, listOf, shapeOf } from './types.ts'
import { valueOf } from './values.ts'

/** Scopes of the arms of one match (in the order of the sorted tags) or unwrap, which several nodes and one effect may share. */
export interface Arms {
  over: number
  parent: number
  scopes: number[]
  inEffect: boolean
}

/** A body under construction: the nodes so far with their types and scopes. */
export interface Sketch {
  dice: Dice
  collections: readonly string[]
  inputs: Type[]
  nodes: Node[]
  types: Type[]
  /** The innermost scope that each node depends on. */
  places: number[]
  scopes: Scope[]
  arms: Arms[]
  /** Per scope, what is wanted of it when it is open: nodes, and scopes opened by effects as −1 − scope. */
  wanted: number[][]
  /** Scopes whose insides are being made. */
  open: number[]
  /** No more than about so many nodes. */
  most: number
}

export const createSketch = (dice: Dice, collections: readonly string[], inputs: Type[], most: number): Sketch => {
  const sketch: Sketch = { dice, collections, inputs, nodes: [], types: [], places: [], scopes: [], arms: [], wanted: [], open: [], most }
  inputs.forEach((type, input) => addNode(sketch, { op: 'input', input }, type))
  return sketch
}

/** Whether `scope` is `outer` or inside of it; −1 is the body. */
export function inside(sketch: Sketch, scope: number, outer: number): boolean {
  let at = scope
  while (at > outer) at = sketch.scopes[at]!.parent
  return at === outer
}

export function addNode(sketch: Sketch, node: Node, type: Type): number {
  settleArms(sketch, node, type)
  const used = [
    ...argumentsOf(node).map((argument) => sketch.places[argument]!),
    ...armsOf(node).map((arm) => sketch.scopes[arm.scope]!.parent),
    ...(node.op === 'param' ? [node.scope] : []),
  ]
  sketch.places.push(used.reduce((inner, scope) => (inside(sketch, scope, inner) ? scope : inner), -1))
  sketch.types.push(type)
  return sketch.nodes.push(node) - 1
}

/** Nodes that can be used in a scope and have a type that is wanted. */
export function visible(sketch: Sketch, scope: number, wanted: (type: Type) => boolean): number[] {
  const opens = opensAround(sketch, scope)
  return [...sketch.types.keys()].filter(
    (node) => wanted(sketch.types[node]!) && inside(sketch, scope, sketch.places[node]!) && opens?.nodes[node] !== true,
  )
}

export const withShape = (sketch: Sketch, scope: number, type: Type): number[] =>
  visible(sketch, scope, (other) => shapeOf(other) === shapeOf(type))

/** Opens a scope and its parameters. */
export function addScope(sketch: Sketch, scope: Scope, params: Type[]): number {
  const index = sketch.scopes.push(scope) - 1
  sketch.wanted.push([])
  params.forEach((type, param) => addNode(sketch, { op: 'param', scope: index, param }, type))
  return index
}

/** A value without effort: a constant or, where zippers are among its parts, the least way to make one. */
export function simple(sketch: Sketch, type: Type, scope: number): number {
  if (isPlain(type)) return addNode(sketch, { op: 'const', type, value: toJson(type, valueOf(sketch.dice, type)) }, type)
  const part = (of: Type): number => sketch.dice.late([simple(sketch, of, scope), ...withShape(sketch, scope, of)])
  switch (type.kind) {
    case 'zipper':
      return addNode(sketch, { op: 'tree.zipper', args: [part({ ...type, kind: 'tree' })] }, type)
    case 'tree':
      return addNode(
        sketch,
        { op: 'tree.node', args: [part(type.of), addNode(sketch, { op: 'list', of: type, items: [] }, listOf(type))] },
        type,
      )
    case 'record': {
      const fields = Object.fromEntries(Object.keys(type.fields).map((name) => [name, part(type.fields[name]!)]))
      return addNode(sketch, { op: 'record', fields }, type)
    }
    case 'variant': {
      const tag = sketch.dice.pick(Object.keys(type.cases))
      return addNode(sketch, { op: 'variant', type, tag, value: part(type.cases[tag]!) }, type)
    }
    default:
      return addNode(sketch, { op: 'const', type, value: type.kind === 'option' ? null : [] }, type)
  }
}
