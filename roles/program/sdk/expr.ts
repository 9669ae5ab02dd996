import type { Arm, Effect, Json, Node, Primitive, Scope, Type } from '../document.ts'
import { sortedNames } from '../value/measure.ts'
import { joinTypes, widen } from '../value/type-bounds.ts'
import { chooseBranches } from './choose.ts'
import type { Bool, Declared, Expr, Fields, In, Joined, List, MarksOf, Meaning, Option, Rec, Variant } from './marks.ts'
import { lift } from './lift.ts'
import type { Typed } from './lift.ts'
import { activeBlock, addNode, BuildError, exprCores, traceBranch } from './recorder.ts'
import type { PathStep, Recorder } from './recorder.ts'

/** Greatest sizes that the builder assumes for results of a fold, whose size cannot be known. */
const WIDE = { text: 100_000, items: 10_000 }
const BOOL: Type = { kind: 'bool' }

export function makeExpr(recorder: Recorder, node: number, type: Type): object {
  const made = Object.create(METHODS[type.kind] ?? {}) as object
  exprCores.set(made, { recorder, node, type })
  return Object.freeze(made)
}

const give = (typed: Typed): object => makeExpr(activeBlock(), typed.node, typed.type)

function apply(op: Primitive, type: Type, args: Typed[]): object {
  return give({ node: addNode(activeBlock(), { op, args: args.map((argument) => argument.node) }), type })
}

/** A method that applies a primitive to the value and its arguments. */
function method(op: Primitive, result: (args: Type[]) => Type, swapped = false, negated = false) {
  return function (this: object, ...others: unknown[]): unknown {
    const self = lift(this, null)
    const args = [self, ...others.map((other) => lift(other, self.type.kind === 'list' ? self.type.of : self.type))]
    const made = apply(op, result(args.map((argument) => argument.type)), swapped ? args.reverse() : args)
    return negated ? apply('not', BOOL, [lift(made, null)]) : made
  }
}

const yes = (): Type => BOOL
const integer = (): Type => ({ kind: 'int' })
const count = (): Type => ({ kind: 'int', min: '0' })
const same = (args: Type[]): Type => args[0]!
const summed = (args: Type[]): Type => {
  const [a, b] = args as [Type, Type]
  if (a.kind === 'list' && b.kind === 'list') return { kind: 'list', of: joinTypes(a.of, b.of), max: Math.min(WIDE.items, a.max + b.max) }
  return { kind: 'text', max: Math.min(WIDE.text, sizeBound(a) + sizeBound(b)) }
}
const sizeBound = (type: Type): number => ('max' in type && typeof type.max === 'number' ? type.max : 0)

/** Opens a scope on a list or option and traces a callback in it. */
function traceScope(
  scope: Scope,
  step: (index: number) => PathStep,
  params: Type[],
  work: (...params: object[]) => unknown,
): { index: number; result: unknown; effects: Effect[] } {
  const block = activeBlock()
  const index = block.scopes.push(scope) - 1
  const traced = traceBranch(block, step(index), index, () =>
    work(...params.map((type, param) => makeExpr(block, addNode(block, { op: 'param', scope: index, param }), type))),
  )
  return { index, ...traced }
}

/** Traces map, filter or fold; the callback's result is lifted inside its scope. */
function traceEach(
  over: Typed,
  start: Typed | null,
  wanted: Type | null,
  work: (...params: object[]) => unknown,
): { index: number; result: Typed } {
  const of = (over.type as Type & { kind: 'list' }).of
  const parent = activeBlock().scope
  const scope: Scope =
    start === null ? { kind: 'item', parent, over: over.node } : { kind: 'fold', parent, over: over.node, start: start.node }
  const traced = traceScope(
    scope,
    () => ({ kind: 'each' }),
    start === null ? [of] : [start.type, of],
    (...params) => lift(work(...params), wanted),
  )
  return { index: traced.index, result: traced.result as Typed }
}

function mapList(this: object, change: (item: object) => unknown): object {
  const over = lift(this, null)
  const { index, result } = traceEach(over, null, null, change)
  return give({
    node: addNode(activeBlock(), { op: 'map', scope: index, result: result.node }),
    type: { kind: 'list', of: result.type, max: sizeBound(over.type) },
  })
}

function filterList(this: object, keep: (item: object) => unknown): object {
  const over = lift(this, null)
  const { index, result } = traceEach(over, null, BOOL, keep)
  return give({ node: addNode(activeBlock(), { op: 'filter', scope: index, result: result.node }), type: over.type })
}

function foldList(this: object, start: unknown, step: (total: object, item: object) => unknown): object {
  const over = lift(this, null)
  const from = lift(start, null)
  const total = { node: from.node, type: widen(from.type, WIDE.text, WIDE.items) }
  const { index, result } = traceEach(over, total, total.type, step)
  return give({ node: addNode(activeBlock(), { op: 'fold', scope: index, result: result.node }), type: total.type })
}

const anyItem = function (this: object, test: (item: object) => unknown): object {
  return foldList.call(this, false, (found, item) => (found as Expr<Bool> as { or(x: unknown): object }).or(test(item)))
}

const allItems = function (this: object, test: (item: object) => unknown): object {
  return foldList.call(this, true, (holds, item) => (holds as Expr<Bool> as { and(x: unknown): object }).and(test(item)))
}

function matchOption(this: object, some: (content: object) => unknown, none: () => unknown): unknown {
  const block = activeBlock()
  const over = lift(this, null)
  const content = (over.type as Type & { kind: 'option' }).of
  const present = traceScope(
    { kind: 'some', parent: block.scope, over: over.node },
    (scope) => ({ kind: 'some', scope, taken: true }),
    [content],
    some,
  )
  const scope = present.index
  const absent = traceBranch(block, { kind: 'some', scope, taken: false }, block.scope, none)
  if (present.effects.length + absent.effects.length > 0)
    block.effects.push({ unwrap: over.node, some: { scope, effects: present.effects }, none: absent.effects })
  return chooseBranches(
    [
      { step: { kind: 'some', scope, taken: true }, scope, result: present.result },
      { step: { kind: 'some', scope, taken: false }, scope: block.scope, result: absent.result },
    ],
    ([a, b]) => ({ op: 'unwrap', some: { scope, result: a! }, none: b! }),
  )
}

function matchVariant(this: object, arms: Record<string, (content: object) => unknown>): unknown {
  const block = activeBlock()
  const over = lift(this, null)
  const cases = (over.type as Type & { kind: 'variant' }).cases
  const tags = sortedNames(cases)
  const unknown = Object.keys(arms).find((tag) => !Object.hasOwn(cases, tag)) ?? tags.find((tag) => !Object.hasOwn(arms, tag))
  if (unknown !== undefined)
    throw new BuildError('program.match', `a match needs one arm for each of ${tags.join(', ')}; look at ${unknown}.`)
  const scopes = tags.map((tag) => block.scopes.push({ kind: 'case', parent: block.scope, over: over.node, tag }) - 1)
  const steps = tags.map((_, i): PathStep => ({ kind: 'case', scopes, taken: i }))
  const traced = tags.map((tag, i) =>
    traceBranch(block, steps[i]!, scopes[i]!, () =>
      arms[tag]!(makeExpr(block, addNode(block, { op: 'param', scope: scopes[i]!, param: 0 }), cases[tag]!)),
    ),
  )
  const effectArms = traced.map((arm, i) => ({ scope: scopes[i]!, effects: arm.effects }))
  if (effectArms.some((arm) => arm.effects.length > 0)) block.effects.push({ match: over.node, arms: effectArms })
  return chooseBranches(
    traced.map((arm, i) => ({ step: steps[i]!, scope: scopes[i]!, result: arm.result })),
    (nodes) => ({ op: 'match', arms: nodes.map((result, i): Arm => ({ scope: scopes[i]!, result })) }),
  )
}

function getField(this: object, field: string): object {
  const self = lift(this, null)
  const type = self.type.kind === 'record' && Object.hasOwn(self.type.fields, field) ? self.type.fields[field] : undefined
  if (type === undefined) throw new BuildError('program.field', `there is no field ${field} here.`)
  return give({ node: addNode(activeBlock(), { op: 'field', of: self.node, field }), type })
}

const isSome = function (this: object): unknown {
  return matchOption.call(
    this,
    () => true,
    () => false,
  )
}

const METHODS: Partial<Record<Type['kind'], object>> = {
  int: {
    plus: method('int.add', integer),
    minus: method('int.subtract', integer),
    times: method('int.multiply', integer),
    dividedBy: method('int.divide', integer),
    remainder: method('int.remainder', integer),
    text: method('int.text', () => ({ kind: 'text', max: 17 })),
    less: method('int.less', yes),
    greater: method('int.less', yes, true),
    atMost: method('int.less', yes, true, true),
    atLeast: method('int.less', yes, false, true),
    equals: method('equal', yes),
  },
  text: {
    length: method('text.length', count),
    contains: method('text.contains', yes),
    concat: method('text.concat', summed),
    asciiLower: method('text.lower', same),
    trim: method('text.trim', same),
    slice: method('text.slice', same),
    less: method('text.less', yes),
    equals: method('equal', yes),
  },
  bool: { and: method('and', yes), or: method('or', yes), not: method('not', yes), equals: method('equal', yes) },
  bytes: { length: method('bytes.length', count), equals: method('equal', yes) },
  key: { equals: method('equal', yes) },
  list: {
    length: method('list.length', count),
    contains: method('list.contains', yes),
    take: method('list.take', same),
    concat: method('list.concat', summed),
    map: mapList,
    filter: filterList,
    fold: foldList,
    any: anyItem,
    all: allItems,
  },
  option: { match: matchOption, isSome },
  record: { get: getField },
  variant: { match: matchVariant },
}

/** Both branches are traced; when the program runs, one is evaluated. Writes and further `see` inside a branch happen only there. */
export function when<A, B>(cond: In<Bool>, then: () => A, otherwise: () => B): Joined<A, B> {
  const block = activeBlock()
  const { node } = lift(cond, BOOL)
  const yesStep: PathStep = { kind: 'if', cond: node, taken: true }
  const noStep: PathStep = { kind: 'if', cond: node, taken: false }
  const a = traceBranch(block, yesStep, block.scope, then)
  const b = traceBranch(block, noStep, block.scope, otherwise)
  if (a.effects.length + b.effects.length > 0) block.effects.push({ if: node, then: a.effects, else: b.effects })
  const branches = [
    { step: yesStep, scope: block.scope, result: a.result as unknown },
    { step: noStep, scope: block.scope, result: b.result as unknown },
  ]
  return chooseBranches(branches, ([x, y]): Node => ({ op: 'if', cond: node, then: x!, else: y! })) as Joined<A, B>
}

/** A literal of a declared type, or an object or list as one value. */
export const literal = <M>(declared: Declared<M>, value: In<M>): Expr<M> => give(lift(value, declared.type)) as unknown as Expr<M>

/** One record value out of an object of values. */
export const asRecord = <F extends Record<string, unknown>>(fields: F): Expr<Rec<{ [K in keyof F]: Meaning<F[K]> }>> =>
  give(lift(fields, null)) as unknown as Expr<Rec<{ [K in keyof F]: Meaning<F[K]> }>>

export const asList = <M>(of: Declared<M>, items: ReadonlyArray<In<M>>): Expr<List<M>> =>
  give(lift([...items], { kind: 'list', of: of.type, max: items.length })) as unknown as Expr<List<M>>

export function some<V>(value: V): Expr<Option<Meaning<V>>> {
  const content = lift(value, null)
  return give({
    node: addNode(activeBlock(), { op: 'some', value: content.node }),
    type: { kind: 'option', of: content.type },
  }) as unknown as Expr<Option<Meaning<V>>>
}

export const none = <M>(of: Declared<M>): Expr<Option<M>> => give(lift(null, { kind: 'option', of: of.type })) as unknown as Expr<Option<M>>

/** A value of a variant: `construct(status, 'shipped', { parcel })`. */
export function construct<C extends Fields, K extends keyof C & string>(
  declared: Declared<Variant<MarksOf<C>>>,
  tag: K,
  value: In<MarksOf<C>[K]>,
): Expr<Variant<MarksOf<C>>> {
  const type = declared.type
  const content = type.kind === 'variant' && Object.hasOwn(type.cases, tag) ? type.cases[tag] : undefined
  if (content === undefined) throw new BuildError('program.match', `the variant has no case ${tag}.`)
  return give({ node: addNode(activeBlock(), { op: 'variant', type, tag, value: lift(value, content).node }), type }) as unknown as Expr<
    Variant<MarksOf<C>>
  >
}

/** A literal's JSON for the response, where no block is open. */
export const literalTemplate = (value: number | string | boolean): { literal: Json; type: Type } => {
  if (typeof value === 'boolean') return { literal: value, type: BOOL }
  if (typeof value === 'string') return { literal: value, type: { kind: 'text', max: [...value].length } }
  if (!Number.isSafeInteger(value)) throw new BuildError('program.literal', `${value} is not a safe integer.`)
  return { literal: String(value + 0), type: { kind: 'int', min: String(value + 0), max: String(value + 0) } }
}
