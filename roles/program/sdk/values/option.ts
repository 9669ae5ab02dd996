import type { Node, Type } from '../../document.ts'
import { sortedNames } from '../../value/measure.ts'
import { joinTypes } from '../../value/type-bounds.ts'
import { BOOL, option } from '../bounds.ts'
import { chooseBranches } from '../choose.ts'
import { typeGiven, valuesGiven } from '../given.ts'
import { lift, liftKind, liftResult } from '../lift.ts'
import type { Typed } from '../lift.ts'
import type { Bool, Common, Comparable, Declared, Expr, In, Joined, Meaning, Option, Rec } from '../marks.ts'
import { addNode } from '../nodes.ts'
import { callBack } from '../plain.ts'
import { activeBlock, BuildError, traceBranch } from '../recorder.ts'
import type { PathStep } from '../recorder.ts'
import { nameOfType } from '../shape.ts'
import { apply, constant, give, isTrue, pick, recordOf, self } from './apply.ts'
import type { Methods } from './apply.ts'
import type { BoolExpr } from './bool.ts'
import { testScope, traceScope } from './scopes.ts'
import type { Work } from './scopes.ts'

/** A value that may be missing: «some» with a content, or «none». */
export interface OptionExpr<M> extends Comparable<Option<M>> {
  /** Whether there is a content. */
  isSome(): BoolExpr
  /** Whether there is none. */
  isNone(): BoolExpr
  /** Both branches are traced; when the program runs, one is evaluated. */
  match<A, B>(some: (content: Expr<M>) => A, none: () => B): Joined<A, B>
  /** The content, or this value where there is none. */
  orElse(otherwise: In<M>): Expr<M>
  /** This option where it has a content, else the other one. */
  or(other: In<Option<M>>): Expr<Option<M>>
  /** An option of what the content becomes; none stays none. */
  map<R>(change: (content: Expr<M>) => R): Expr<Option<Meaning<R>>>
  /** The option that the content leads to; none where either is none. */
  andThen<N>(next: (content: Expr<M>) => Common<Option<N>>): Expr<Option<N>>
  /** The same where the content passes the test, else none. */
  filter(test: (content: Expr<M>) => In<Bool>): Expr<Option<M>>
}

const contentOf = (over: Typed): Type => (over.type as Type & { kind: 'option' }).of

function matchOption(this: object, some: Work, none: () => unknown): unknown {
  const block = activeBlock()
  const over = self(this)
  const present = traceScope(
    { kind: 'some', parent: block.scope, over: over.node },
    (scope) => ({ kind: 'some', scope, taken: true }),
    [contentOf(over)],
    (content) => callBack(some, content),
  )
  const scope = present.index
  const noneStep: PathStep = { kind: 'some', scope, taken: false }
  const absent = traceBranch(block, noneStep, block.scope, () => callBack(none))
  if (present.effects.length + absent.effects.length > 0)
    block.effects.push({ unwrap: over.node, some: { scope, effects: present.effects }, none: absent.effects })
  return chooseBranches(
    [
      { step: present.step, scope, result: present.result },
      { step: noneStep, scope: block.scope, result: absent.result },
    ],
    ([a, b]) => unwrap(scope, a!, b!),
  )
}

const unwrap = (scope: number, result: number, none: number): Node => ({ op: 'unwrap', some: { scope, result }, none })

/** What the content becomes, or what `none` gives for the type of that; neither writes. */
export function unwrapWith(over: Typed, change: (content: object) => Typed, none: (type: Type) => Typed): Typed {
  const block = activeBlock()
  const traced = traceScope(
    { kind: 'some', parent: block.scope, over: over.node },
    () => ({ kind: 'each' }),
    [contentOf(over)],
    (content) => change(content),
  )
  const result = traced.result as Typed
  const absent = none(result.type)
  return { node: addNode(block, unwrap(traced.index, result.node, absent.node)), type: joinTypes(result.type, absent.type) }
}

export const someOf = (content: Typed): Typed => ({
  node: addNode(activeBlock(), { op: 'some', value: content.node }),
  type: option(content.type),
})
export const noneOf = (of: Type): Typed => constant(option(of), null)

/** None as a node. */
const noneTyped = (type: Type): Typed => noneOf((type as Type & { kind: 'option' }).of)

export function isSome(over: Typed): Typed {
  const scope = testScope({ kind: 'some', parent: activeBlock().nodeScopes[over.node]!, over: over.node })
  return { node: addNode(activeBlock(), unwrap(scope, constant(BOOL, true).node, constant(BOOL, false).node)), type: BOOL }
}

/** An option of what the content becomes. */
export const mapSome = (over: Typed, change: (content: object) => Typed): Typed =>
  unwrapWith(over, (content) => someOf(change(content)), noneTyped)

/** The option that the content leads to. */
export const chain = (over: Typed, next: (content: object) => Typed): Typed =>
  unwrapWith(over, (content) => optional(next(content)), noneTyped)

function optional(typed: Typed): Typed {
  if (typed.type.kind !== 'option')
    throw new BuildError(
      'program.type',
      `the callback of andThen returns an option, not ${nameOfType(typed.type)}; map is for other values.`,
    )
  return typed
}

/** What a developer's callback makes of a content. */
const made = (work: Work, content: object, name: string): Typed => liftResult(callBack(work, content), null, `the callback of ${name}`)

export const OPTION: Methods<OptionExpr<unknown>> = {
  isSome(this: object) {
    return give(isSome(self(this)))
  },
  isNone(this: object) {
    return give(apply('not', isSome(self(this))))
  },
  match: matchOption,
  orElse(this: object, otherwise: unknown) {
    const over = self(this)
    const other = liftKind(otherwise, contentOf(over), 'the other value of orElse')
    return give(unwrapWith(over, self, () => other))
  },
  or(this: object, other: unknown) {
    const over = self(this)
    const second = liftKind(other, over.type, 'the other option')
    return give(
      unwrapWith(
        over,
        () => over,
        () => second,
      ),
    )
  },
  map(this: object, change: Work) {
    return give(mapSome(self(this), (content) => made(change, content, 'map')))
  },
  andThen(this: object, next: Work) {
    return give(chain(self(this), (content) => made(next, content, 'andThen')))
  },
  filter(this: object, test: Work) {
    const over = self(this)
    const kept = (content: object): Typed =>
      pick(isTrue(callBack(test, content), 'what the callback of filter returns'), over, noneTyped(over.type))
    return give(unwrapWith(over, kept, noneTyped))
  },
}

export function some<V>(value: V): Expr<Option<Meaning<V>>> {
  return give(someOf(lift(value, null))) as Expr<Option<Meaning<V>>>
}

/** No value, where one of the declared type might be. */
export const none = <M>(of: Declared<M>): Expr<Option<M>> => give(noneOf(typeGiven(of, 'none()'))) as Expr<Option<M>>

type Contents<O> = { [K in keyof O]: O[K] extends Common<Option<infer M>> ? M : never }

/**
 * Several options as one of a record: some where all are. The fields of a row that `get` found are such options.
 * @example
 * see(row.price, row.stock, (price, stock) => zipOptions({ price, stock }).match((item) => …, () => …))
 */
export function zipOptions<O extends Record<string, Common<Option<any>>>>(options: O): OptionExpr<Rec<Contents<O>>> {
  const names = sortedNames(valuesGiven(options, 'zipOptions()', 'option'))
  const build = (i: number, found: Record<string, Typed>): Typed => {
    if (i === names.length) return someOf(recordOf(found))
    return chain(self(options[names[i]!]!), (content) => build(i + 1, { ...found, [names[i]!]: self(content) }))
  }
  return give(build(0, {})) as OptionExpr<Rec<Contents<O>>>
}
