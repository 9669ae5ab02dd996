import type { Collection, Effect, EffectArm, Slot, Type, WriteSite, WriteValue } from '../../../../roles/program/index.ts'
import { fitsInside } from '../../../../roles/program/value/type-bounds.ts'
import { openCases, openSome } from './arms.ts'
import { make } from './make.ts'
import { within } from './openings.ts'
import type { Sketch } from './sketch.ts'
import { BOOL } from './types.ts'

/** What the writes of one block go to and may move. */
export interface Writing {
  sketch: Sketch
  collections: Record<string, Collection>
  slots: Slot[]
  carries: Type[]
  sites: WriteSite[]
}

/** Effects of one scope. @param free slots that no path to here has written; those of the writes made here are taken away */
export function effectsIn(writing: Writing, scope: number, free: Set<number>, depth: number): Effect[] {
  const { dice } = writing.sketch
  const effects: Effect[] = []
  for (let left = dice.below(3); left > 0; left--) {
    const effect = dice.among<Effect | null>([
      [3, () => write(writing, scope, free)],
      [depth > 0 ? 1 : 0, () => decide(writing, scope, free, depth)],
      [depth > 0 ? 1 : 0, () => match(writing, scope, free, depth)],
      [depth > 0 ? 1 : 0, () => unwrap(writing, scope, free, depth)],
    ])
    if (effect !== null) effects.push(effect)
  }
  return effects
}

function write(writing: Writing, scope: number, free: Set<number>): Effect | null {
  const { dice } = writing.sketch
  if (free.size === 0) return null
  const slot = dice.pick([...free])
  free.delete(slot)
  const { collection, state } = writing.slots[slot]!
  const types = writing.collections[collection]!.fields
  const all = Object.keys(types).sort()
  const some = state === 'fresh' ? all : all.filter(() => dice.chance(60))
  const fields = some.length > 0 ? some : all
  const values = Object.fromEntries(fields.map((field) => [field, valueFor(writing, types[field]!, scope)]))
  return { write: writing.sites.push({ collection, slot, fields }) - 1, fields: values }
}

function valueFor(writing: Writing, type: Type, scope: number): WriteValue {
  const { dice } = writing.sketch
  const able = [...writing.carries.keys()].filter((carry) => fitsInside(writing.carries[carry]!, type))
  return able.length > 0 && dice.chance(50)
    ? { carry: dice.pick(able) }
    : { node: want(writing, scope, make(writing.sketch, type, scope, 2)) }
}

/** Notes that a scope wants a node, or with −1 − scope that it opens another one. */
function want({ sketch }: Writing, scope: number, wanted: number): number {
  if (scope >= 0) sketch.wanted[scope]!.push(wanted)
  return wanted
}

/** Alternatives: each may write what the others write, and what any of them has written is written. */
function branches(writing: Writing, scopes: number[], free: Set<number>, depth: number): Effect[][] {
  const before = [...free]
  return scopes.map((scope) => {
    const mine = new Set(before)
    const effects = within(writing.sketch, scope, () => effectsIn(writing, scope, mine, depth - 1))
    for (const slot of before) if (!mine.has(slot)) free.delete(slot)
    return effects
  })
}

function decide(writing: Writing, scope: number, free: Set<number>, depth: number): Effect {
  const condition = want(writing, scope, make(writing.sketch, BOOL, scope, 2))
  const [then, otherwise] = branches(writing, [scope, scope], free, depth)
  return { if: condition, then: then!, else: otherwise! }
}

function match(writing: Writing, scope: number, free: Set<number>, depth: number): Effect {
  const { over, scopes } = openCases(writing.sketch, scope, 2)
  for (const wanted of [over, ...scopes.map((arm) => -1 - arm)]) want(writing, scope, wanted)
  const arms = branches(writing, scopes, free, depth).map((effects, i): EffectArm => ({ scope: scopes[i]!, effects }))
  return { match: over, arms }
}

function unwrap(writing: Writing, scope: number, free: Set<number>, depth: number): Effect {
  const { over, scopes } = openSome(writing.sketch, scope, 2)
  for (const wanted of [over, -1 - scopes[0]!]) want(writing, scope, wanted)
  const [some, none] = branches(writing, [scopes[0]!, scope], free, depth)
  return { unwrap: over, some: { scope: scopes[0]!, effects: some! }, none: none! }
}
