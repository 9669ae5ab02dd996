/**
 * Where each node of a body is calculated in the generated code. A region is a piece of straight code; nodes are evaluated by demand and at most
 * once for each item, so a node goes into the innermost region around all its uses that no loop repeats. Where it is sure to be needed it becomes a
 * plain variable there, and a function that remembers its value (`lazy`) otherwise.
 */
import type { Body, Effect, Node } from '../../document.ts'
import { argumentsOf, isRun, nodeScopes, runScopes } from '../../scopes.ts'

export interface Region {
  /** `before`: what a loop needs of outside, where it has items at all. `loop`: runs for each item. `lazy`: when it is asked for. */
  kind: 'root' | 'branch' | 'before' | 'loop' | 'lazy'
  parent: Region | null
  depth: number
  /** Regions below, as alternatives: where `one` is set, exactly one of them runs whenever this region does. */
  groups: Array<{ regions: Region[]; one: boolean }>
  /** Nodes calculated here. */
  nodes: number[]
}

export interface Place {
  region: Region
  /** Where it is calculated when it is not sure to be needed in `region`. */
  lazy: Region | null
  /** then and else; arms of a match; content and none of an option; second argument of and, or; before and loop. */
  parts: Region[]
  uses: number
}

export interface Plan {
  root: Region
  /** Undefined for what nothing needs, and for constants, inputs and parameters, which are there without calculation. */
  places: Array<Place | undefined>
  /** How often each node is used. */
  uses: number[]
  /** Regions of the branches of effects, in the order of `branchesOf`. */
  effects: Map<Effect, Region[]>
}

interface Planning extends Plan {
  body: Body
  demands: Region[][]
  /** The innermost scope with a loop around each node. */
  scopes: number[]
  loops: Map<number, Region>
}

const region = (kind: Region['kind'], parent: Region | null): Region => ({
  kind,
  parent,
  depth: parent === null ? 0 : parent.depth + 1,
  groups: [],
  nodes: [],
})

/** New regions below one. */
function below(parent: Region, one: boolean, ...kinds: Array<Region['kind']>): Region[] {
  const regions = kinds.map((kind) => region(kind, parent))
  parent.groups.push({ regions, one })
  return regions
}

export function planBody(body: Body): Plan {
  const root = region('root', null)
  const runs = runScopes(body)
  const planning: Planning = {
    body,
    root,
    places: [],
    uses: body.nodes.map(() => 0),
    effects: new Map(),
    demands: body.nodes.map(() => []),
    scopes: nodeScopes(body).map((scope) => runs[scope + 1]!),
    loops: new Map(),
  }
  planEffects(planning, body.effects, root)
  for (const node of body.outputs) demand(planning, node, root)
  for (let index = body.nodes.length - 1; index >= 0; index--) place(planning, index)
  return planning
}

function demand(planning: Planning, node: number, at: Region): void {
  planning.demands[node]!.push(at)
  planning.uses[node]!++
}

function planEffects(planning: Planning, effects: Effect[], at: Region): void {
  for (const effect of effects) {
    if ('write' in effect) {
      for (const value of Object.values(effect.fields)) if ('node' in value) demand(planning, value.node, at)
      continue
    }
    const [over, branches] = branchesBelow(effect)
    demand(planning, over, at)
    const regions = below(at, true, ...branches.map(() => 'branch' as const))
    planning.effects.set(effect, regions)
    branches.forEach((branch, i) => planEffects(planning, branch, regions[i]!))
  }
}

function branchesBelow(effect: Exclude<Effect, { write: number }>): [over: number, branches: Effect[][]] {
  if ('if' in effect) return [effect.if, [effect.then, effect.else]]
  if ('match' in effect) return [effect.match, effect.arms.map((arm) => arm.effects)]
  return [effect.unwrap, [effect.some.effects, effect.none]]
}

function place(planning: Planning, index: number): void {
  const wanted = planning.demands[index]!
  if (wanted.length === 0) return
  const node = planning.body.nodes[index]!
  if (node.op === 'const' || node.op === 'input') return
  if (node.op === 'param') return placeParam(planning, node, wanted)
  const scope = planning.scopes[index]!
  const home = scope === -1 ? planning.root : planning.loops.get(scope)!
  const at = wanted.map((from) => outOfLoops(from, home)).reduce(meet)
  const lazy = isSure(at, wanted) ? null : below(at, false, 'lazy')[0]!
  at.nodes.push(index)
  planning.places[index] = { region: at, lazy, parts: planParts(planning, node, lazy ?? at), uses: wanted.length }
}

/** The content of a variant or option is a part of it. */
function placeParam(planning: Planning, node: Node & { op: 'param' }, wanted: Region[]): void {
  const scope = planning.body.scopes[node.scope]!
  if (!isRun(scope)) for (const from of wanted) demand(planning, scope.over, from)
}

/** The region, at or above `from`, that no loop below `home` repeats. */
function outOfLoops(from: Region, home: Region): Region {
  let found = from
  for (let at = from; at !== home; at = at.parent!) if (at.kind === 'loop') found = at.parent!
  return found
}

function meet(a: Region, b: Region): Region {
  let [x, y] = [a, b]
  while (x !== y) {
    if (x.depth >= y.depth) x = x.parent!
    else y = y.parent!
  }
  return x
}

/** Whether each way through a region comes to a place where the value is wanted. */
function isSure(at: Region, wanted: Region[]): boolean {
  const onTheWay = new Set<Region>()
  for (const from of wanted) for (let step = from; step !== at && !onTheWay.has(step); step = step.parent!) onTheWay.add(step)
  const ends = new Set(wanted)
  const holds = (here: Region): boolean =>
    ends.has(here) || here.groups.some(({ regions, one }) => one && regions.every((next) => onTheWay.has(next) && holds(next)))
  return holds(at)
}

/** Demands what a node needs, each in its region. @returns regions of its parts */
function planParts(planning: Planning, node: Node, at: Region): Region[] {
  const branches = (over: number, results: number[]): Region[] => {
    demand(planning, over, at)
    const regions = below(at, true, ...results.map(() => 'branch' as const))
    results.forEach((result, i) => demand(planning, result, regions[i]!))
    return regions
  }
  if (node.op === 'and' || node.op === 'or') {
    demand(planning, node.args[0]!, at)
    const regions = below(at, false, 'branch')
    demand(planning, node.args[1]!, regions[0]!)
    return regions
  }
  if (node.op === 'if') return branches(node.cond, [node.then, node.else])
  if (node.op === 'match')
    return branches(
      planning.body.scopes[node.arms[0]!.scope]!.over,
      node.arms.map(({ result }) => result),
    )
  if (node.op === 'unwrap') return branches(planning.body.scopes[node.some.scope]!.over, [node.some.result, node.none])
  if ('scope' in node && node.op !== 'param') return planLoop(planning, node, at)
  for (const argument of argumentsOf(node)) demand(planning, argument, at)
  return []
}

function planLoop(planning: Planning, node: { scope: number; result: number }, at: Region): Region[] {
  const scope = planning.body.scopes[node.scope]!
  demand(planning, scope.over, at)
  if (scope.kind === 'fold') demand(planning, scope.start, at)
  const [before] = below(at, false, 'before')
  const [loop] = below(before!, true, 'loop')
  planning.loops.set(node.scope, loop!)
  demand(planning, node.result, loop!)
  return [before!, loop!]
}
