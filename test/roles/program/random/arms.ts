import type { Type } from '../../../../roles/program/index.ts'
import { make } from './make.ts'
import { opensAround, within } from './openings.ts'
import { addNode, addScope, inside, visible } from './sketch.ts'
import type { Arms, Sketch } from './sketch.ts'
import { stir } from './stir.ts'
import { namedTypes, optionOf, plainType } from './types.ts'

export const sortedCases = (type: Type & { kind: 'variant' }): string[] => Object.keys(type.cases).sort()

/** A match that makes the type: over a variant that is there or is made for it, or with the scopes of another match. */
export function matchOn(sketch: Sketch, type: Type, scope: number, depth: number): number {
  const { scopes } = openCases(sketch, scope, depth)
  const arms = scopes.map((arm) => ({ scope: arm, result: insideOf(sketch, type, arm, depth) }))
  return addNode(sketch, { op: 'match', arms }, type)
}

export function unwrapOn(sketch: Sketch, type: Type, scope: number, depth: number): number {
  const [arm] = openSome(sketch, scope, depth).scopes
  const some = { scope: arm!, result: insideOf(sketch, type, arm!, depth) }
  return addNode(sketch, { op: 'unwrap', some, none: make(sketch, type, scope, depth - 1) }, type)
}

/** The result of a scope, after some nodes that may use its parameters. */
export function insideOf(sketch: Sketch, type: Type, scope: number, depth: number): number {
  return within(sketch, scope, () => {
    if (depth > 1) stir(sketch, scope, sketch.dice.below(3), depth - 2)
    return make(sketch, type, scope, depth - 1)
  })
}

export function openCases(sketch: Sketch, scope: number, depth: number): Arms {
  const known = openAlready(sketch, scope, 'case')
  if (known !== null) return known
  const over = overOf(sketch, 'variant', scope, depth)
  const type = sketch.types[over] as Type & { kind: 'variant' }
  const parent = parentOf(sketch, over, scope)
  const scopes = sortedCases(type).map((tag) => addScope(sketch, { kind: 'case', parent, over, tag }, [type.cases[tag]!]))
  return keep(sketch, { over, parent, scopes, inEffect: false })
}

export function openSome(sketch: Sketch, scope: number, depth: number): Arms {
  const known = openAlready(sketch, scope, 'some')
  if (known !== null) return known
  const over = overOf(sketch, 'option', scope, depth)
  const parent = parentOf(sketch, over, scope)
  const arm = addScope(sketch, { kind: 'some', parent, over }, [(sketch.types[over] as Type & { kind: 'option' }).of])
  return keep(sketch, { over, parent, scopes: [arm], inEffect: false })
}

function keep(sketch: Sketch, arms: Arms): Arms {
  sketch.arms.push(arms)
  return arms
}

function openAlready(sketch: Sketch, scope: number, kind: 'case' | 'some'): Arms | null {
  const opens = opensAround(sketch, scope)
  const isOpening = ({ over, scopes }: Arms): boolean => opens?.nodes[over] === true || scopes.some((arm) => opens?.scopes[arm])
  const able = (arms: Arms): boolean =>
    sketch.scopes[arms.scopes[0]!]!.kind === kind && inside(sketch, scope, arms.parent) && !isOpening(arms)
  const there = sketch.arms.filter(able)
  return there.length > 0 && sketch.dice.chance(35) ? sketch.dice.late(there) : null
}

/** Where a scope over that node can hang: here, or as far out as the node reaches. */
export const parentOf = (sketch: Sketch, over: number, scope: number): number => (sketch.dice.chance(80) ? scope : sketch.places[over]!)

/** Something that is there or is made for it. */
function overOf(sketch: Sketch, kind: 'variant' | 'option', scope: number, depth: number): number {
  const { dice, collections } = sketch
  const there = visible(sketch, scope, (type) => type.kind === kind)
  if (there.length > 0 && dice.chance(70)) return dice.late(there)
  const part = (): Type => plainType(dice, collections, 1)
  const type: Type = kind === 'option' ? optionOf(part()) : { kind, cases: namedTypes(dice, 1 + dice.below(3), part) }
  return make(sketch, type, scope, depth - 1)
}
