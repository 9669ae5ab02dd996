import type { Node } from '../../document.ts'
import { chooseBranches } from '../choose.ts'
import { objectGiven, typeGiven } from '../given.ts'
import { lift, liftAs } from '../lift.ts'
import type { Bool, Declared, Expr, In, Joined, Meaning, Rec } from '../marks.ts'
import { callBack } from '../plain.ts'
import { activeBlock, traceBranch } from '../recorder.ts'
import type { PathStep } from '../recorder.ts'
import { give, isTrue } from './apply.ts'

/** Both branches are traced; when the program runs, one is evaluated. Writes and further `see` inside a branch happen only there. */
export function when<A, B>(cond: In<Bool>, then: () => A, otherwise: () => B): Joined<A, B> {
  const block = activeBlock()
  const { node } = isTrue(cond, 'the condition of when')
  const yesStep: PathStep = { kind: 'if', cond: node, taken: true }
  const noStep: PathStep = { kind: 'if', cond: node, taken: false }
  const a = traceBranch(block, yesStep, block.scope, () => callBack(then))
  const b = traceBranch(block, noStep, block.scope, () => callBack(otherwise))
  if (a.effects.length + b.effects.length > 0) block.effects.push({ if: node, then: a.effects, else: b.effects })
  const branches = [
    { step: yesStep, scope: block.scope, result: a.result as unknown },
    { step: noStep, scope: block.scope, result: b.result as unknown },
  ]
  return chooseBranches(branches, ([x, y]): Node => ({ op: 'if', cond: node, then: x!, else: y! })) as Joined<A, B>
}

/** A literal of a declared type, or an object or list as one value. */
export const literal = <M>(declared: Declared<M>, value: NoInfer<In<M>>): Expr<M> =>
  give(liftAs(value, typeGiven(declared, 'literal()'), 'the literal')) as Expr<M>

/** One record value out of an object of values. */
export const asRecord = <F extends Record<string, unknown>>(fields: F): Expr<Rec<{ [K in keyof F]: Meaning<F[K]> }>> =>
  give(lift(objectGiven(fields, 'asRecord()'), null)) as Expr<Rec<{ [K in keyof F]: Meaning<F[K]> }>>
