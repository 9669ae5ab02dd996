import type { Arm, Body, Effect, Node, Scope } from './document.ts'

/** Nodes that a node names directly, without those inside its arms. */
export function argumentsOf(node: Node): number[] {
  if ('args' in node) return node.args
  switch (node.op) {
    case 'if':
      return [node.cond, node.then, node.else]
    case 'record':
      return Object.values(node.fields)
    case 'field':
      return [node.of]
    case 'list':
      return node.items
    case 'variant':
    case 'some':
      return [node.value]
    case 'unwrap':
      return [node.none]
    default:
      return []
  }
}

/** Scopes that a node activates, with the node it wants from each. */
export function armsOf(node: Node): Arm[] {
  switch (node.op) {
    case 'match':
      return node.arms
    case 'unwrap':
      return [node.some]
    default:
      return 'scope' in node && node.op !== 'param' ? [node] : []
  }
}

/** Depth of every scope of a checked body; position 0 is the body itself (scope −1), position s + 1 is scope s. */
export function scopeDepths(body: Body): number[] {
  const depths = [0]
  for (const scope of body.scopes) depths.push(depths[scope.parent + 1]! + 1)
  return depths
}

/** The scope that each node of a checked body belongs to: the innermost that it depends on. */
export function nodeScopes(body: Body): number[] {
  const depths = scopeDepths(body)
  const found: number[] = []
  for (const node of body.nodes) {
    let inner = node.op === 'param' ? node.scope : -1
    const consider = (scope: number): void => {
      if (depths[scope + 1]! > depths[inner + 1]!) inner = scope
    }
    for (const argument of argumentsOf(node)) consider(found[argument]!)
    for (const arm of armsOf(node)) consider(body.scopes[arm.scope]!.parent)
    found.push(inner)
  }
  return found
}

/** Whether a scope runs once for each item; others (an arm of a match, the content of an option) run at most once where they stand. */
export const isRun = ({ kind }: Scope): boolean => kind === 'item' || kind === 'fold' || kind === 'tree'

/** The innermost scope that runs for each item around every scope; −1 is the body. Positions as in `scopeDepths`. */
export function runScopes(body: Body): number[] {
  const found = [-1]
  for (const [i, scope] of body.scopes.entries()) found.push(isRun(scope) ? i : found[scope.parent + 1]!)
  return found
}

/** Calls `visit` for every effect, outer ones first, in document order. */
export function eachEffect(effects: Effect[], visit: (effect: Effect) => void): void {
  for (const effect of effects) {
    visit(effect)
    for (const list of branchesOf(effect)) eachEffect(list, visit)
  }
}

/** The alternatives of an effect; a write has none. */
export function branchesOf(effect: Effect): Effect[][] {
  if ('write' in effect) return []
  if ('if' in effect) return [effect.then, effect.else]
  if ('match' in effect) return effect.arms.map((arm) => arm.effects)
  return [effect.some.effects, effect.none]
}
