import type { Each, Primitive, Type } from '../../../../roles/program/index.ts'
import { insideOf, parentOf } from './arms.ts'
import { make, construct } from './make.ts'
import { addNode, addScope, visible } from './sketch.ts'
import type { Sketch } from './sketch.ts'
import { BOOL, isMapKey, listOf, plainType, scalarType, treeOf } from './types.ts'

type Plan = readonly [weight: number, make: () => number]

/** An operation over all items of a list or all nodes of a tree that makes the type. */
export function eachFor(sketch: Sketch, type: Type, scope: number, depth: number): number {
  const { dice } = sketch
  const plans: Plan[] = [
    [2, () => foldFor(sketch, type, scope, depth)],
    [1, () => foldUp(sketch, type, scope, depth)],
  ]
  if (type.kind === 'bool')
    plans.push([6, () => item(sketch, dice.pick(['any', 'all']), anyItems(sketch, scope, depth, true), BOOL, type, scope, depth)])
  if (type.kind === 'list') plans.push(...listPlans(sketch, type, scope, depth))
  if (type.kind === 'tree') plans.push([6, () => item(sketch, 'map', treeHere(sketch, scope, depth), type.of, type, scope, depth)])
  if (type.kind === 'option') plans.push(...findPlans(sketch, type, scope, depth))
  if (type.kind === 'map' && type.of.kind === 'list') plans.push([12, () => groupFor(sketch, type, type.of, scope, depth)])
  return dice.among(plans)
}

function listPlans(sketch: Sketch, type: Type & { kind: 'list' }, scope: number, depth: number): Plan[] {
  const { dice, collections } = sketch
  const same = (): number => make(sketch, type, scope, depth - 1)
  const scalar = (): Type => scalarType(dice, collections)
  return [
    [4, () => item(sketch, 'map', anyItems(sketch, scope, depth, false), type.of, type, scope, depth)],
    [3, () => item(sketch, 'filter', same(), BOOL, type, scope, depth)],
    [3, () => item(sketch, 'sort', same(), scalar(), type, scope, depth)],
    [3, () => item(sketch, 'distinct', same(), scalar(), type, scope, depth)],
  ]
}

function findPlans(sketch: Sketch, type: Type & { kind: 'option' }, scope: number, depth: number): Plan[] {
  const { of } = type
  const over = (): number => make(sketch, of.kind === 'zipper' ? treeOf(of.of) : listOf(of), scope, depth - 1)
  return [[6, () => item(sketch, 'find', over(), BOOL, type, scope, depth)]]
}

const groupFor = (sketch: Sketch, type: Type & { kind: 'map' }, items: Type, scope: number, depth: number): number =>
  item(sketch, 'group', make(sketch, items, scope, depth - 1), type.keys, type, scope, depth)

/** With one parameter. @param wanted type of the scope's result */
function item(sketch: Sketch, op: Each['op'], over: number, wanted: Type, type: Type, scope: number, depth: number): number {
  const index = addScope(sketch, { kind: 'item', parent: parentOf(sketch, over, scope), over }, [itemOf(sketch.types[over]!)])
  const result = insideOf(sketch, wanted, index, depth)
  const node: Each = op === 'sort' ? { op, scope: index, result, descending: sketch.dice.chance(50) } : { op, scope: index, result }
  return addNode(sketch, node, type)
}

/** What the fold starts with is often what its result is made of: an accumulator that grows. */
function foldFor(sketch: Sketch, type: Type, scope: number, depth: number): number {
  const start = make(sketch, type, scope, depth - 1)
  const over = anyItems(sketch, scope, depth, sketch.dice.chance(30))
  const index = addScope(sketch, { kind: 'fold', parent: scope, over, start }, [type, itemOf(sketch.types[over]!)])
  const result = sketch.dice.chance(40) ? growing(sketch, type, index, depth) : insideOf(sketch, type, index, depth)
  return addNode(sketch, { op: 'fold', scope: index, result }, type)
}

const DOUBLING: { [kind: string]: Primitive } = { int: 'int.add', text: 'text.concat', bytes: 'bytes.concat', list: 'list.concat' }

/** The accumulator with itself or with something else. */
function growing(sketch: Sketch, type: Type, scope: number, depth: number): number {
  const { dice } = sketch
  const op = DOUBLING[type.kind]
  if (op === undefined) return construct(sketch, type, scope, depth)
  const accumulator = sketch.nodes.findIndex((node) => node.op === 'param' && node.scope === scope)
  const other = dice.chance(50) ? accumulator : make(sketch, type, scope, depth - 1)
  return addNode(sketch, { op: op === 'int.add' && dice.chance(50) ? 'int.multiply' : op, args: [accumulator, other] }, type)
}

/** From the leaves of a tree up. */
function foldUp(sketch: Sketch, type: Type, scope: number, depth: number): number {
  const over = treeHere(sketch, scope, depth)
  const parent = parentOf(sketch, over, scope)
  const index = addScope(sketch, { kind: 'tree', parent, over, of: type }, [itemOf(sketch.types[over]!), listOf(type)])
  return addNode(sketch, { op: 'fold', scope: index, result: insideOf(sketch, type, index, depth) }, type)
}

const itemOf = (type: Type): Type => (type as Type & { kind: 'list' | 'tree' }).of

const treeHere = (sketch: Sketch, scope: number, depth: number): number => anyOver(sketch, scope, depth, 'tree')

const anyItems = (sketch: Sketch, scope: number, depth: number, tree: boolean): number =>
  anyOver(sketch, scope, depth, tree && sketch.dice.chance(50) ? 'tree' : 'list')

function anyOver(sketch: Sketch, scope: number, depth: number, kind: 'list' | 'tree'): number {
  const { dice, collections } = sketch
  const there = visible(sketch, scope, (type) => type.kind === kind)
  if (there.length > 0 && dice.chance(75)) return dice.late(there)
  const of = plainType(dice, collections, 1)
  return make(sketch, kind === 'list' ? listOf(of) : treeOf(of), scope, depth - 1)
}

/** Some operation over what is there, whatever it makes: for bodies that should have all of them. */
export function someEach(sketch: Sketch, scope: number, depth: number): number {
  const { dice, collections } = sketch
  const of = plainType(dice, collections, 1)
  const over = anyOver(sketch, scope, depth, dice.chance(60) ? 'list' : 'tree')
  const overType = sketch.types[over]!
  const keys = scalarType(dice, collections)
  const types: Type[] = [overType, { kind: 'option', of: itemOf(overType) }, listOf(of), treeOf(of), of]
  if (overType.kind === 'list' && isMapKey(keys)) types.push({ kind: 'map', keys, of: overType, max: 40 })
  if (overType.kind === 'tree') types.push({ kind: 'option', of: { ...overType, kind: 'zipper' } })
  return eachFor(sketch, dice.pick(types), scope, depth)
}
