import type { Node, Scope, Type } from '../../../../roles/program/index.ts'
import { argumentsOf, armsOf } from '../../../../roles/program/scopes.ts'
import { simple } from './sketch.ts'
import type { Sketch } from './sketch.ts'

export interface Opens {
  nodes: boolean[]
  scopes: boolean[]
}

/** Makes something inside of a scope. */
export function within<T>(sketch: Sketch, scope: number, work: () => T): T {
  if (scope < 0) return work()
  sketch.open.push(scope)
  const made = work()
  sketch.open.pop()
  return made
}

/** Nodes and scopes whose evaluation may open the scope or one around it: nothing inside may use them. Null where there are none. */
export function opensAround(sketch: Sketch, scope: number): Opens | null {
  const around = [...sketch.open]
  for (let at = scope; at >= 0; at = sketch.scopes[at]!.parent) around.push(at)
  if (around.every((at) => sketch.wanted[at]!.length === 0 && !sketch.arms.some(({ scopes }) => scopes.includes(at)))) return null
  const opens: Opens = { nodes: [], scopes: sketch.scopes.map((_, at) => around.includes(at)) }
  while (spread(sketch, opens));
  return opens
}

/** One pass over everything. @returns whether something was found */
function spread({ nodes, scopes, wanted }: Sketch, opens: Opens): boolean {
  let found = false
  const runsOver = (scope: Scope): boolean =>
    opens.nodes[scope.over] === true || (scope.kind === 'fold' && opens.nodes[scope.start] === true)
  const isOpening = (node: Node): boolean =>
    argumentsOf(node).some((argument) => opens.nodes[argument]) ||
    armsOf(node).some((arm) => opens.scopes[arm.scope] || opens.nodes[arm.result] || runsOver(scopes[arm.scope]!))
  nodes.forEach((node, i) => {
    if (!opens.nodes[i] && isOpening(node)) found = opens.nodes[i] = true
  })
  wanted.forEach((list, scope) => {
    const inner = !opens.scopes[scope] && list.some((one) => (one < 0 ? opens.scopes[-1 - one] : opens.nodes[one]))
    if (inner) found = opens.scopes[scope] = true
  })
  return found
}

/** Notes what a node wants of the scopes of its arms; a result that meanwhile opens its own scope gives way to a simple one. */
export function settleArms(sketch: Sketch, node: Node, type: Type): void {
  for (const arm of armsOf(node)) {
    if (opensAround(sketch, arm.scope)?.nodes[arm.result] === true) arm.result = simple(sketch, type, -1)
    sketch.wanted[arm.scope]!.push(arm.result)
  }
}
