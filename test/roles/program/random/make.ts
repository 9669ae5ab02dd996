import type { Type } from '../../../../roles/program/index.ts'
import { eachFor } from './each.ts'
import { callPrimitive, primitivesFor } from './primitives.ts'
import { matchOn, unwrapOn } from './arms.ts'
import { addNode, simple, visible, withShape } from './sketch.ts'
import type { Sketch } from './sketch.ts'
import { BOOL, NAMES, plainType, shapeOf } from './types.ts'

/** A node of the type that can be used in the scope: one that is there already, or a new one of at most `depth` further levels. */
export function make(sketch: Sketch, type: Type, scope: number, depth: number): number {
  const there = withShape(sketch, scope, type)
  const { dice } = sketch
  if (there.length > 0 && (depth <= 0 || dice.chance(depth > 2 ? 25 : 50))) return dice.late(there)
  if (depth <= 0 || sketch.nodes.length > sketch.most) return simple(sketch, type, scope)
  return dice.among<number>([
    [1, () => simple(sketch, type, scope)],
    [2, () => construct(sketch, type, scope, depth)],
    [8, () => primitive(sketch, type, scope, depth)],
    [1, () => condition(sketch, type, scope, depth)],
    [1, () => matchOn(sketch, type, scope, depth)],
    [1, () => unwrapOn(sketch, type, scope, depth)],
    [1, () => fieldOf(sketch, type, scope, depth)],
    [4, () => eachFor(sketch, type, scope, depth)],
  ])
}

/** By the constructor of the type. */
export function construct(sketch: Sketch, type: Type, scope: number, depth: number): number {
  const { dice } = sketch
  const part = (of: Type): number => make(sketch, of, scope, depth - 1)
  switch (type.kind) {
    case 'record': {
      const fields = Object.fromEntries(Object.keys(type.fields).map((name) => [name, part(type.fields[name]!)]))
      return addNode(sketch, { op: 'record', fields }, type)
    }
    case 'list':
      return addNode(sketch, { op: 'list', of: type.of, items: Array.from({ length: dice.below(4) }, () => part(type.of)) }, type)
    case 'variant': {
      const tag = dice.pick(Object.keys(type.cases))
      return addNode(sketch, { op: 'variant', type, tag, value: part(type.cases[tag]!) }, type)
    }
    case 'option':
      return addNode(sketch, { op: 'some', value: part(type.of) }, type)
    default:
      return primitive(sketch, type, scope, depth)
  }
}

function primitive(sketch: Sketch, type: Type, scope: number, depth: number): number {
  const able = primitivesFor(type)
  if (able.length === 0) return simple(sketch, type, scope)
  const { op, letters } = sketch.dice.pick(able)
  return callPrimitive(sketch, op, letters, scope, depth)
}

export function condition(sketch: Sketch, type: Type, scope: number, depth: number): number {
  const part = (of: Type): number => make(sketch, of, scope, depth - 1)
  return addNode(sketch, { op: 'if', cond: part(BOOL), then: part(type), else: part(type) }, type)
}

/** A field of a record that is there, or of one made for it. */
export function fieldOf(sketch: Sketch, type: Type, scope: number, depth: number): number {
  const { dice } = sketch
  const holds = (record: Type): string[] =>
    record.kind === 'record' ? Object.keys(record.fields).filter((name) => shapeOf(record.fields[name]!) === shapeOf(type)) : []
  const there = visible(sketch, scope, (other) => holds(other).length > 0)
  if (there.length > 0) {
    const of = dice.late(there)
    return addNode(sketch, { op: 'field', of, field: dice.pick(holds(sketch.types[of]!)) }, type)
  }
  const [field, other] = dice.chance(50) ? [NAMES[3]!, NAMES[0]!] : [dice.pick(NAMES.slice(1)), NAMES[0]!]
  const record: Type = { kind: 'record', fields: { [field]: type, [other]: plainType(dice, sketch.collections, 1) } }
  return addNode(sketch, { op: 'field', of: construct(sketch, record, scope, depth), field }, type)
}
