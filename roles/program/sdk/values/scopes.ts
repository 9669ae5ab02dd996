import type { Each, Effect, Scope, Type } from '../../document.ts'
import { list } from '../bounds.ts'
import { liftResult } from '../lift.ts'
import type { Typed } from '../lift.ts'
import { addNode } from '../nodes.ts'
import { callBack } from '../plain.ts'
import { activeBlock, BuildError, traceBranch } from '../recorder.ts'
import type { PathStep } from '../recorder.ts'
import { nameOfType } from '../shape.ts'
import { makeExpr } from './apply.ts'

export type Work = (...params: never[]) => unknown

/** Opens a scope and traces a callback in it. */
export function traceScope(
  scope: Scope,
  stepOf: (index: number) => PathStep,
  params: Type[],
  work: (...params: object[]) => unknown,
): { index: number; step: PathStep; result: unknown; effects: Effect[] } {
  const block = activeBlock()
  const index = block.scopes.push(scope) - 1
  const step = stepOf(index)
  const traced = traceBranch(block, step, index, () =>
    work(...params.map((type, param) => makeExpr(block, addNode(block, { op: 'param', scope: index, param }), type))),
  )
  return { index, step, ...traced }
}

/** A scope that only tells cases apart, whose content nobody looks at: equal ones are one. */
export function testScope(scope: Scope): number {
  const block = activeBlock()
  const key = JSON.stringify(scope)
  const index = block.testScopes.get(key) ?? block.scopes.push(scope) - 1
  block.testScopes.set(key, index)
  return index
}

interface Traced {
  scope: number
  result: Typed
}

/** Traces a callback over items; what it returns is lifted inside of its scope. */
function traceEach(scope: Scope, params: Type[], work: Work, wanted: Type | null, what: string): Traced {
  const traced = traceScope(
    scope,
    () => ({ kind: 'each' }),
    params,
    (...opened) => liftResult(callBack(work, ...opened), wanted, what),
  )
  return { scope: traced.index, result: traced.result as Typed }
}

type Container = Type & { kind: 'list' | 'tree' }

const SCALARS: Array<Type['kind']> = ['int', 'text', 'bool', 'bytes', 'key']

function needScalar(type: Type, what: string): void {
  if (!SCALARS.includes(type.kind) || (what === 'groupBy' && type.kind === 'bytes'))
    throw new BuildError('program.type', `${what} needs an integer, text, boolean or key of each item, not ${nameOfType(type)}.`)
}

/** Runs an operation over the items of a list or the nodes of a tree. @param typeOf of what it makes, from the callback's type */
export function overItems(
  op: Exclude<Each['op'], 'fold' | 'sort'>,
  over: Typed,
  work: Work,
  wanted: Type | null,
  typeOf: (result: Type) => Type,
): Typed {
  const traced = traceEach(
    { kind: 'item', parent: activeBlock().scope, over: over.node },
    [(over.type as Container).of],
    work,
    wanted,
    `the callback of ${op}`,
  )
  if (op === 'distinct' || op === 'group') needScalar(traced.result.type, op === 'group' ? 'groupBy' : 'distinctBy')
  return { node: addNode(activeBlock(), { op, scope: traced.scope, result: traced.result.node }), type: typeOf(traced.result.type) }
}

export function sorted(over: Typed, work: Work, descending: boolean): Typed {
  const traced = traceEach(
    { kind: 'item', parent: activeBlock().scope, over: over.node },
    [(over.type as Container).of],
    work,
    null,
    'the callback of sortBy',
  )
  needScalar(traced.result.type, 'sortBy')
  return { node: addNode(activeBlock(), { op: 'sort', scope: traced.scope, result: traced.result.node, descending }), type: over.type }
}

/** @param total what it starts with, of the type that every step makes */
export function foldItems(over: Typed, total: Typed, work: Work): Typed {
  const scope: Scope = { kind: 'fold', parent: activeBlock().scope, over: over.node, start: total.node }
  const traced = traceEach(scope, [total.type, (over.type as Container).of], work, total.type, 'the step of fold')
  return { node: addNode(activeBlock(), { op: 'fold', scope: traced.scope, result: traced.result.node }), type: total.type }
}

/** From the leaves up. @param of what each node makes */
export function foldTree(over: Typed, of: Type, work: Work): Typed {
  const scope: Scope = { kind: 'tree', parent: activeBlock().scope, over: over.node, of }
  const traced = traceEach(scope, [(over.type as Container).of, list(of, (over.type as Container).max - 1)], work, of, 'the step of fold')
  return { node: addNode(activeBlock(), { op: 'fold', scope: traced.scope, result: traced.result.node }), type: of }
}
