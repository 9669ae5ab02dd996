import { Problems } from './form.ts'
import type { Body, Effect, Node } from '../document.ts'
import { argumentsOf, armsOf } from '../scopes.ts'

/**
 * Who may demand what. The vertices are the nodes by their index and, after these, the scopes: whoever opens a scope demands it, and an
 * open scope demands the results that are wanted of it. Nodes refer backwards, so every cycle goes through a scope.
 */
interface Demands {
  body: Body
  lists: number[][]
  /** How many demands there are for each vertex. */
  waiting: number[]
}

/**
 * Refuses a body that may open a scope while it is open: its parameters would change under those who use them, and evaluators would
 * not agree on what is evaluated twice. Throws `Problems`.
 */
export function checkOpenings(body: Body, path: string): void {
  const count = body.nodes.length + body.scopes.length
  const demands: Demands = { body, lists: Array.from({ length: count }, () => []), waiting: new Array<number>(count).fill(0) }
  body.nodes.forEach((node, i) => addNode(demands, node, i))
  addEffects(demands, body.effects, null)
  const left = withoutFree(demands)
  if (left > 0)
    throw new Problems(
      'program.scope',
      `${path}/scopes/${scopeInCycle(demands)}`,
      'is opened inside of itself; give each use its own scope',
    )
}

function demand(demands: Demands, from: number | null, to: number): void {
  if (from === null) return
  demands.lists[from]!.push(to)
  demands.waiting[to]!++
}

const vertexOf = ({ body }: Demands, scope: number): number => body.nodes.length + scope

function addNode(demands: Demands, node: Node, index: number): void {
  for (const argument of argumentsOf(node)) demand(demands, index, argument)
  for (const arm of armsOf(node)) {
    const scope = demands.body.scopes[arm.scope]!
    demand(demands, index, scope.over)
    if (scope.kind === 'fold') demand(demands, index, scope.start)
    demand(demands, index, vertexOf(demands, arm.scope))
    demand(demands, vertexOf(demands, arm.scope), arm.result)
  }
}

/** @param from the scope around, or null: nothing demands what stands outside of all scopes */
function addEffects(demands: Demands, effects: Effect[], from: number | null): void {
  const open = (scope: number, inner: Effect[]): void => {
    demand(demands, from, vertexOf(demands, scope))
    addEffects(demands, inner, vertexOf(demands, scope))
  }
  for (const effect of effects) {
    if ('write' in effect) {
      for (const value of Object.values(effect.fields)) if ('node' in value) demand(demands, from, value.node)
    } else if ('if' in effect) {
      demand(demands, from, effect.if)
      addEffects(demands, effect.then, from)
      addEffects(demands, effect.else, from)
    } else if ('match' in effect) {
      demand(demands, from, effect.match)
      for (const arm of effect.arms) open(arm.scope, arm.effects)
    } else {
      demand(demands, from, effect.unwrap)
      open(effect.some.scope, effect.some.effects)
      addEffects(demands, effect.none, from)
    }
  }
}

/** Takes away, again and again, what nobody is left to demand. @returns how many vertices stay: those of cycles and what they demand */
function withoutFree({ lists, waiting }: Demands): number {
  const free: number[] = []
  waiting.forEach((count, vertex) => count === 0 && free.push(vertex))
  let left = lists.length
  for (let vertex = free.pop(); vertex !== undefined; vertex = free.pop()) {
    left--
    for (const other of lists[vertex]!) if (--waiting[other]! === 0) free.push(other)
  }
  return left
}

/** From any vertex that stayed, going back to who demands it ends in a cycle. */
function scopeInCycle({ body, lists, waiting }: Demands): number {
  const before = new Map<number, number>()
  lists.forEach((list, vertex) => {
    if (waiting[vertex]! > 0) for (const other of list) before.set(other, vertex)
  })
  let vertex = waiting.findIndex((count) => count > 0)
  for (let steps = 0; steps < lists.length || vertex < body.nodes.length; steps++) vertex = before.get(vertex)!
  return vertex - body.nodes.length
}
