import type { Body, Effect, Node, Scope } from '../document.ts'
import { argumentsOf, armsOf, eachEffect } from '../scopes.ts'

/** The same body without the nodes and scopes that no output and no effect needs: what a developer's program made and did not use. */
export function prune(body: Body): Body {
  const used = usedOf(body)
  const nodes = renumbered(body.nodes, used.nodes)
  const scopes = renumbered(body.scopes, used.scopes)
  const move: Move = { node: (index) => nodes[index]!, scope: (index) => (index < 0 ? index : scopes[index]!) }
  return {
    scopes: body.scopes.filter((_, i) => used.scopes.has(i)).map((scope) => movedScope(scope, move)),
    nodes: body.nodes.filter((_, i) => used.nodes.has(i)).map((node) => movedNode(node, move)),
    outputs: body.outputs.map(move.node),
    effects: body.effects.map((effect) => movedEffect(effect, move)),
  }
}

/** The node of the whole body that a node of the pruned one was. */
export const unprunedNode = (body: Body, index: number): number | undefined => [...usedOf(body).nodes].sort((a, b) => a - b)[index]

interface Move {
  node(index: number): number
  scope(index: number): number
}

const renumbered = (items: unknown[], used: Set<number>): number[] => {
  let next = 0
  return items.map((_, i) => (used.has(i) ? next++ : -1))
}

function usedOf(body: Body): { nodes: Set<number>; scopes: Set<number> } {
  const nodes = new Set<number>()
  const scopes = new Set<number>()
  const waiting = [...body.outputs]
  const useScope = (index: number): void => {
    for (let at = index; at >= 0 && !scopes.has(at); at = body.scopes[at]!.parent) {
      scopes.add(at)
      const scope = body.scopes[at]!
      waiting.push(scope.over, ...(scope.kind === 'fold' ? [scope.start] : []))
    }
  }
  eachEffect(body.effects, (effect) => {
    waiting.push(...nodesOfEffect(effect))
    scopesOfEffect(effect).forEach(useScope)
  })
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    if (nodes.has(index)) continue
    nodes.add(index)
    const node = body.nodes[index]!
    waiting.push(...argumentsOf(node), ...armsOf(node).map((arm) => arm.result))
    armsOf(node).forEach((arm) => useScope(arm.scope))
    if (node.op === 'param') useScope(node.scope)
  }
  return { nodes, scopes }
}

function nodesOfEffect(effect: Effect): number[] {
  if ('write' in effect) return Object.values(effect.fields).flatMap((value) => ('node' in value ? [value.node] : []))
  if ('if' in effect) return [effect.if]
  return ['match' in effect ? effect.match : effect.unwrap]
}

function scopesOfEffect(effect: Effect): number[] {
  if ('match' in effect) return effect.arms.map((arm) => arm.scope)
  return 'unwrap' in effect ? [effect.some.scope] : []
}

function movedScope(scope: Scope, move: Move): Scope {
  const moved = { ...scope, parent: move.scope(scope.parent), over: move.node(scope.over) }
  return moved.kind === 'fold' ? { ...moved, start: move.node(moved.start) } : moved
}

function movedNode(node: Node, move: Move): Node {
  const arm = (from: { scope: number; result: number }) => ({ scope: move.scope(from.scope), result: move.node(from.result) })
  if ('args' in node) return { ...node, args: node.args.map(move.node) }
  switch (node.op) {
    case 'if':
      return { ...node, cond: move.node(node.cond), then: move.node(node.then), else: move.node(node.else) }
    case 'record':
      return { ...node, fields: Object.fromEntries(Object.entries(node.fields).map(([name, part]) => [name, move.node(part)])) }
    case 'field':
      return { ...node, of: move.node(node.of) }
    case 'list':
      return { ...node, items: node.items.map(move.node) }
    case 'variant':
    case 'some':
      return { ...node, value: move.node(node.value) }
    case 'unwrap':
      return { ...node, some: arm(node.some), none: move.node(node.none) }
    case 'match':
      return { ...node, arms: node.arms.map(arm) }
    case 'param':
      return { ...node, scope: move.scope(node.scope) }
    default:
      return 'scope' in node ? { ...node, ...arm(node) } : node
  }
}

function movedEffect(effect: Effect, move: Move): Effect {
  const list = (effects: Effect[]): Effect[] => effects.map((inner) => movedEffect(inner, move))
  if ('write' in effect) {
    const fields = Object.entries(effect.fields).map(([name, value]) => [name, 'node' in value ? { node: move.node(value.node) } : value])
    return { write: effect.write, fields: Object.fromEntries(fields) as typeof effect.fields }
  }
  if ('if' in effect) return { if: move.node(effect.if), then: list(effect.then), else: list(effect.else) }
  const arm = (from: { scope: number; effects: Effect[] }) => ({ scope: move.scope(from.scope), effects: list(from.effects) })
  if ('match' in effect) return { match: move.node(effect.match), arms: effect.arms.map(arm) }
  return { unwrap: move.node(effect.unwrap), some: arm(effect.some), none: list(effect.none) }
}
