import type { Arm, Type } from '../../document.ts'
import { own, sortedNames } from '../../value/measure.ts'
import { BOOL } from '../bounds.ts'
import { chooseBranches } from '../choose.ts'
import { objectGiven, typeGiven } from '../given.ts'
import { liftAs } from '../lift.ts'
import type { Typed } from '../lift.ts'
import type { Comparable, Declared, Expr, Fields, In, Joined, MarksOf, Option, Variant } from '../marks.ts'
import { addNode } from '../nodes.ts'
import { callBack } from '../plain.ts'
import { activeBlock, BuildError, traceBranch } from '../recorder.ts'
import type { PathStep } from '../recorder.ts'
import { constant, give, makeExpr, self } from './apply.ts'
import type { Methods } from './apply.ts'
import type { BoolExpr } from './bool.ts'
import { noneOf, someOf } from './option.ts'
import { testScope } from './scopes.ts'

/** One of several cases, each with a content of its own type. */
export interface VariantExpr<C> extends Comparable<Variant<C>> {
  /** One arm for every case. All are traced; when the program runs, one is evaluated. */
  match<A extends { [K in keyof C]: (content: Expr<C[K]>) => unknown }>(
    arms: A & { [K in keyof A]: K extends keyof C ? unknown : never },
  ): Joined<ReturnType<A[keyof C & keyof A]>, ReturnType<A[keyof C & keyof A]>>
  /** Whether it is this case. */
  is(tag: keyof C & string): BoolExpr
  /** The content, where it is this case; none where it is another. */
  as<K extends keyof C & string>(tag: K): Expr<Option<C[K]>>
}

const casesOf = (over: Typed): Record<string, Type> => (over.type as Type & { kind: 'variant' }).cases

function caseOf(cases: Record<string, Type>, tag: string): Type {
  const content = typeof tag === 'string' ? own(cases, tag) : undefined
  if (content === undefined)
    throw new BuildError('program.match', `the variant has no case ${String(tag).slice(0, 80)}; it has ${sortedNames(cases).join(', ')}.`)
  return content
}

function matchVariant(this: object, arms: Record<string, (content: never) => unknown>): unknown {
  const block = activeBlock()
  const over = self(this)
  const cases = casesOf(over)
  const tags = sortedNames(cases)
  objectGiven(arms, 'match of a variant')
  const unknown = Object.keys(arms).find((tag) => !Object.hasOwn(cases, tag)) ?? tags.find((tag) => !Object.hasOwn(arms, tag))
  if (unknown !== undefined)
    throw new BuildError('program.match', `a match needs one arm for each of ${tags.join(', ')}; look at ${unknown}.`)
  const scopes = tags.map((tag) => block.scopes.push({ kind: 'case', parent: block.scope, over: over.node, tag }) - 1)
  const steps = tags.map((_, i): PathStep => ({ kind: 'case', scopes, taken: i }))
  const traced = tags.map((tag, i) =>
    traceBranch(block, steps[i]!, scopes[i]!, () =>
      callBack(arms[tag]!, makeExpr(block, addNode(block, { op: 'param', scope: scopes[i]!, param: 0 }), cases[tag]!)),
    ),
  )
  const effectArms = traced.map((arm, i) => ({ scope: scopes[i]!, effects: arm.effects }))
  if (effectArms.some((arm) => arm.effects.length > 0)) block.effects.push({ match: over.node, arms: effectArms })
  return chooseBranches(
    traced.map((arm, i) => ({ step: steps[i]!, scope: scopes[i]!, result: arm.result })),
    (nodes) => ({ op: 'match', arms: nodes.map((result, i): Arm => ({ scope: scopes[i]!, result })) }),
  )
}

/** A match in which one case has a result of its own and all others share one. */
function single(over: Typed, tag: string, hit: (scope: number, content: Type) => Typed, miss: (type: Type) => Typed): Typed {
  const block = activeBlock()
  const cases = casesOf(over)
  const content = caseOf(cases, tag)
  const parent = block.nodeScopes[over.node]!
  const scopes = sortedNames(cases).map((name) => ({ name, scope: testScope({ kind: 'case', parent, over: over.node, tag: name }) }))
  const found = hit(scopes.find(({ name }) => name === tag)!.scope, content)
  const other = miss(found.type)
  const arms = scopes.map(({ name, scope }) => ({ scope, result: name === tag ? found.node : other.node }))
  return { node: addNode(block, { op: 'match', arms }), type: found.type }
}

export const VARIANT: Methods<VariantExpr<unknown>> = {
  match: matchVariant,
  is(this: object, tag: string) {
    return give(
      single(
        self(this),
        tag,
        () => constant(BOOL, true),
        () => constant(BOOL, false),
      ),
    )
  },
  as(this: object, tag: string) {
    const content = (scope: number, type: Type): Typed => someOf({ node: addNode(activeBlock(), { op: 'param', scope, param: 0 }), type })
    return give(single(self(this), tag, content, (type) => noneOf((type as Type & { kind: 'option' }).of)))
  },
}

type Content<M> = M extends { readonly mark: 'record'; readonly fields: infer F }
  ? [keyof F] extends [never]
    ? [value?: In<M>]
    : [value: In<M>]
  : [value: In<M>]

/**
 * A value of a variant. A case whose content is the empty record needs none.
 * @example
 * const status = variant({ open: record({}), shipped: record({ parcel: text(20) }) })
 * see(req.parcel, (parcel) => construct(status, 'shipped', { parcel }))
 */
export function construct<C extends Fields, K extends keyof C & string>(
  declared: Declared<Variant<MarksOf<C>>>,
  tag: K,
  ...value: Content<MarksOf<C>[K]>
): Expr<Variant<MarksOf<C>>> {
  const type = typeGiven(declared, 'construct()')
  const content = caseOf(type.kind === 'variant' ? type.cases : {}, tag)
  const { node } = liftAs(value[0] ?? {}, content, `the content of ${tag}`)
  return give({ node: addNode(activeBlock(), { op: 'variant', type, tag, value: node }), type }) as Expr<Variant<MarksOf<C>>>
}
