import { canonicalJson } from '../canonical.ts'
import type { Json, Node, Type } from '../document.ts'
import { LIMITS } from '../limits.ts'
import { argumentsOf, armsOf } from '../scopes.ts'
import { runaway } from './errors.ts'
import { callSite } from './location.ts'
import type { Recorder } from './recorder.ts'

/** Greatest number of operations in a trace of one endpoint, repeated ones counted. */
const MOST_OPERATIONS = 200_000

/** Adds a node, or finds the same one: equal nodes are one. */
export function addNode(block: Recorder, node: Node): number {
  if (++block.endpoint.operations > MOST_OPERATIONS)
    throw runaway('program.recursion', `the endpoint has more than ${MOST_OPERATIONS} operations`)
  const key = canonicalJson(node as unknown as Json)
  const known = block.known.get(key)
  if (known !== undefined) return known
  const depth = depthOfNode(block, node)
  if (depth > LIMITS.nodeDepth) throw runaway('program.deep', `more than ${LIMITS.nodeDepth} operations need one another in a chain`)
  const index = block.nodes.push(node) - 1
  block.nodeScopes.push(scopeOfNode(block, node))
  block.nodeDepths.push(depth)
  block.known.set(key, index)
  if (block.endpoint.locate) block.nodeLines[index] = callSite()
  return index
}

export const addConst = (block: Recorder, type: Type, value: Json): number => addNode(block, { op: 'const', type, value })

/** The innermost scope that a node depends on. */
function scopeOfNode(block: Recorder, node: Node): number {
  const scopes = [
    ...argumentsOf(node).map((argument) => block.nodeScopes[argument]!),
    ...armsOf(node).map((arm) => block.scopes[arm.scope]!.parent),
  ]
  if (node.op === 'param') scopes.push(node.scope)
  return scopes.reduce((inner, scope) => (isInside(block, scope, inner) ? scope : inner), -1)
}

/** Length of the chain of nodes that ends here, as the checker counts it. */
function depthOfNode(block: Recorder, node: Node): number {
  let deepest = 0
  const needs = (index: number): void => {
    deepest = Math.max(deepest, block.nodeDepths[index]!)
  }
  argumentsOf(node).forEach(needs)
  for (const arm of armsOf(node)) {
    const scope = block.scopes[arm.scope]!
    needs(arm.result)
    needs(scope.over)
    if (scope.kind === 'fold') needs(scope.start)
  }
  return deepest + 1
}

/** Whether `scope` is `outer` or inside of it. */
export function isInside(block: Recorder, scope: number, outer: number): boolean {
  let at = scope
  while (at > outer) at = block.scopes[at]!.parent
  return at === outer
}
