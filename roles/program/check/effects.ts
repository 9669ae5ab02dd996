import { checkCases, inside, scopeParams, shapeAt } from './body.ts'
import type { BodyCheck } from './body.ts'
import { Problems } from './problems.ts'
import type { Effect, EffectArm, Type, WriteValue } from '../document.ts'
import { sortedNames } from '../value/measure.ts'
import { fitsInside } from '../value/type-bounds.ts'
import { branchesOf } from '../scopes.ts'

/** Every site is written by exactly one effect; conditions and values are visible where they stand. Throws `Problems`. */
export function checkEffects(check: BodyCheck): void {
  const written = new Set<number>()
  checkList(check, check.body.effects, -1, `${check.path}/effects`, written)
  checkSlots(check, check.body.effects, `${check.path}/effects`)
  if (written.size !== check.block.sites.length)
    throw new Problems('program.scope', `${check.path}/effects`, 'every write site needs its effect')
}

function checkList(check: BodyCheck, effects: Effect[], scope: number, path: string, written: Set<number>): void {
  effects.forEach((effect, i) => checkEffect(check, effect, scope, `${path}/${i}`, written))
}

function checkEffect(check: BodyCheck, effect: Effect, scope: number, path: string, written: Set<number>): void {
  const inner = (list: Effect[], inScope: number, name: string): void => checkList(check, list, inScope, `${path}/${name}`, written)
  const arm = (chosen: EffectArm, over: number, name: string): void => {
    checkArm(check, chosen, over, scope, `${path}/${name}`)
    inner(chosen.effects, chosen.scope, name)
  }
  if ('write' in effect) return checkWrite(check, effect, scope, path, written)
  if ('if' in effect) {
    if (shapeAt(check, effect.if, scope, `${path}/if`).kind !== 'bool')
      throw new Problems('program.type', `${path}/if`, 'the condition must be a bool')
    inner(effect.then, scope, 'then')
    return inner(effect.else, scope, 'else')
  }
  if ('match' in effect) {
    shapeAt(check, effect.match, scope, `${path}/match`)
    effect.arms.forEach((chosen, i) => arm(chosen, effect.match, `arms/${i}`))
    return checkCases(
      check,
      effect.arms.map((chosen) => chosen.scope),
      path,
    )
  }
  shapeAt(check, effect.unwrap, scope, `${path}/unwrap`)
  arm(effect.some, effect.unwrap, 'some')
  if (check.body.scopes[effect.some.scope]!.kind !== 'some')
    throw new Problems('program.type', `${path}/some`, 'needs a scope of kind some')
  inner(effect.none, scope, 'none')
}

function checkArm(check: BodyCheck, arm: EffectArm, over: number, scope: number, path: string): void {
  scopeParams(check, arm.scope, path)
  const chosen = check.body.scopes[arm.scope]!
  if (chosen.over !== over) throw new Problems('program.scope', path, `scope ${arm.scope} belongs to another value`)
  if (!inside(check, scope, chosen.parent)) throw new Problems('program.scope', path, `scope ${arm.scope} cannot be opened here`)
}

function checkWrite(check: BodyCheck, effect: Extract<Effect, { write: number }>, scope: number, path: string, written: Set<number>): void {
  const site = check.block.sites[effect.write]
  if (site === undefined || written.has(effect.write))
    throw new Problems('program.scope', `${path}/write`, `site ${effect.write} is not there or written already`)
  written.add(effect.write)
  if (sortedNames(effect.fields).join() !== site.fields.join())
    throw new Problems('program.shape', `${path}/fields`, `must be ${site.fields.join(', ')}`)
  for (const name of site.fields) checkValue(check, effect.fields[name]!, site.collection, name, scope, `${path}/fields/${name}`)
}

/** Pairs of types of which the first is known to fit inside the second: many writes move values of the same types. */
const fitting = new WeakMap<Type, WeakSet<Type>>()

function fits(inner: Type, outer: Type): boolean {
  const known = fitting.get(inner) ?? new WeakSet()
  if (known.has(outer)) return true
  if (!fitsInside(inner, outer)) return false
  fitting.set(inner, known.add(outer))
  return true
}

/** A moved value is not looked at when it is written, so its type has to promise every bound of the field. */
function checkValue(check: BodyCheck, value: WriteValue, collection: string, field: string, scope: number, path: string): void {
  const wanted = check.context.program.collections[collection]!.fields[field]!
  if ('node' in value) {
    if (shapeAt(check, value.node, scope, path) !== check.context.shapes.of(wanted))
      throw new Problems('program.type', path, `must be ${wanted.kind}, as the field of ${collection}`)
    return
  }
  const carried = check.carries[value.carry]
  if (carried === undefined) throw new Problems('program.scope', path, `there is no carried value ${value.carry}`)
  if (!fits(carried, wanted))
    throw new Problems(
      'program.type',
      path,
      `the moved value does not fit inside ${collection}.${field}; give both the same bounds, or open it`,
    )
}

/** Refuses a second write of one slot on one path. @returns the slots that some path through the effects writes */
function checkSlots(check: BodyCheck, effects: Effect[], path: string): Set<number> {
  let slots = new Set<number>()
  for (const [i, effect] of effects.entries()) {
    const here = slotsOf(check, effect, `${path}/${i}`)
    const again = common(slots, here)
    if (again !== undefined)
      throw new Problems(
        'program.slot',
        `${path}/${i}`,
        `slot ${again} is written a second time on one path; use another slot, or one write with all fields`,
      )
    slots = union(slots, here)
  }
  return slots
}

function slotsOf(check: BodyCheck, effect: Effect, path: string): Set<number> {
  if ('write' in effect) return new Set([check.block.sites[effect.write]!.slot])
  return branchesOf(effect)
    .map((branch) => checkSlots(check, branch, path))
    .reduce(union)
}

/** One of the sets with the other one put into it: always the smaller one, so that no slot is moved often. */
function union(a: Set<number>, b: Set<number>): Set<number> {
  const [small, large] = a.size < b.size ? [a, b] : [b, a]
  for (const slot of small) large.add(slot)
  return large
}

function common(slots: Set<number>, here: Set<number>): number | undefined {
  if (here.size > slots.size && ![...slots].some((slot) => here.has(slot))) return undefined
  for (const slot of here) if (slots.has(slot)) return slot
  return undefined
}
