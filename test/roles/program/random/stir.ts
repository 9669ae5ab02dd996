import { PRIMITIVE_NAMES } from '../../../../roles/program/check/signatures.ts'
import { matchOn, unwrapOn } from './arms.ts'
import { someEach } from './each.ts'
import { condition, construct, fieldOf } from './make.ts'
import { callPrimitive } from './primitives.ts'
import type { Sketch } from './sketch.ts'
import { plainType } from './types.ts'

/** Adds nodes of all kinds, each made of what is there; later ones use earlier ones. */
export function stir(sketch: Sketch, scope: number, count: number, depth: number): void {
  const { dice, collections } = sketch
  const type = () => plainType(dice, collections, 1)
  for (let left = count; left > 0 && sketch.nodes.length < sketch.most; left--) {
    dice.among<number>([
      [1, () => construct(sketch, type(), scope, depth)],
      [12, () => callPrimitive(sketch, dice.pick(PRIMITIVE_NAMES), new Map(), scope, depth)],
      [1, () => condition(sketch, type(), scope, depth)],
      [1, () => matchOn(sketch, type(), scope, depth)],
      [1, () => unwrapOn(sketch, type(), scope, depth)],
      [1, () => fieldOf(sketch, type(), scope, depth)],
      [5, () => someEach(sketch, scope, depth)],
    ])
  }
}
