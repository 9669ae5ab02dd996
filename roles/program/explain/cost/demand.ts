import type { Arm, Body, Effect, EffectArm } from '../../document.ts'
import { argumentsOf, armsOf, nodeScopes } from '../../scopes.ts'
import type { Count } from './bound.ts'
import { place } from './cone.ts'
import type { Branch, Cone, Inside, Part } from './cone.ts'

/** What demands what in a body. It depends on no sizes, so it is found once. */
export interface Demand {
  body: Body
  /** The scope that each node belongs to. */
  scopes: number[]
  /** By scope and result. */
  cones: Map<string, Cone>
  insides: Map<Arm, Inside>
  /** Called for every step of the work; it may throw. */
  count: Count
}

export const demandOf = (body: Body, count: Count): Demand => ({
  body,
  scopes: nodeScopes(body),
  cones: new Map(),
  insides: new Map(),
  count,
})

/** The body itself: its effects and outputs. */
export const wholeOf = (demand: Demand): Cone => gather(demand, -1, demand.body.outputs, demand.body.effects)

/** What the result of an arm or of an operation over all items demands in its scope. */
export function coneOf(demand: Demand, { scope, result }: Arm): Cone {
  const key = `${scope} ${result}`
  const found = demand.cones.get(key) ?? gather(demand, scope, [result], [])
  demand.cones.set(key, found)
  return found
}

/** The branch that an arm of a node is. */
export function insideOf(demand: Demand, arm: Arm): Inside {
  const found = demand.insides.get(arm) ?? { scope: arm.scope, cone: coneOf(demand, arm), result: arm.result }
  demand.insides.set(arm, found)
  return found
}

const outside: Inside = { scope: -1, cone: { vertices: [], free: [] }, result: null }
const branch = (...uses: number[]): Branch => ({ inside: outside, uses, effects: [] })
const effectBranch = (effects: Effect[]): Branch => ({ inside: outside, uses: [], effects })

function armBranch(demand: Demand, arm: Arm): Branch {
  const inside = insideOf(demand, arm)
  return { inside, uses: inside.cone.free, effects: [] }
}

function effectArmBranch(demand: Demand, { scope, effects }: EffectArm): Branch {
  const cone = gather(demand, scope, [], effects)
  return { inside: { scope, cone, result: null }, uses: cone.free, effects: [] }
}

function partOf(demand: Demand, index: number): Part {
  const { nodes, scopes } = demand.body
  const node = nodes[index]!
  const part = (uses: number[], branches: Branch[] = []): Part => ({ node: index, effect: null, uses, branches })
  if (node.op === 'if') return part([node.cond], [branch(node.then), branch(node.else)])
  if (node.op === 'and' || node.op === 'or') return part([node.args[0]!], [branch(node.args[1]!)])
  const arms = armsOf(node)
  const over = arms.map(({ scope }) => scopes[scope]!.over).slice(0, 1)
  const armBranches = (): Branch[] => arms.map((arm) => armBranch(demand, arm))
  if (node.op === 'match') return part(over, armBranches())
  if (node.op === 'unwrap') return part(over, [...armBranches(), branch(node.none)])
  if (arms.length === 0) return part(argumentsOf(node))
  const scope = scopes[arms[0]!.scope]!
  return part([...over, ...(scope.kind === 'fold' ? [scope.start] : []), ...coneOf(demand, arms[0]!).free])
}

function partOfEffect(demand: Demand, effect: Effect): Part {
  const part = (uses: number[], branches: Branch[] = []): Part => ({ node: null, effect, uses, branches })
  if ('write' in effect) return part(Object.values(effect.fields).flatMap((value) => ('node' in value ? [value.node] : [])))
  if ('if' in effect) return part([effect.if], [effectBranch(effect.then), effectBranch(effect.else)])
  if ('match' in effect)
    return part(
      [effect.match],
      effect.arms.map((arm) => effectArmBranch(demand, arm)),
    )
  return part([effect.unwrap], [effectArmBranch(demand, effect.some), effectBranch(effect.none)])
}

/** All that these nodes and effects may evaluate in one activation of their scope. */
function gather(demand: Demand, scope: number, demanded: number[], effects: Effect[]): Cone {
  const parts = new Map<number, Part>()
  const effectParts = new Map<Effect, Part>()
  const free = new Set<number>()

  function visit(index: number): void {
    demand.count()
    if (demand.scopes[index] !== scope) free.add(index)
    else if (!parts.has(index)) {
      const part = partOf(demand, index)
      parts.set(index, part)
      visitAll(part)
    }
  }
  function visitAll(part: Part): void {
    part.uses.forEach(visit)
    for (const { uses, effects: inner } of part.branches) {
      uses.forEach(visit)
      inner.forEach(visitEffect)
    }
  }
  function visitEffect(effect: Effect): void {
    demand.count()
    const part = partOfEffect(demand, effect)
    effectParts.set(effect, part)
    visitAll(part)
  }

  demanded.forEach(visit)
  effects.forEach(visitEffect)
  const ordered = [...parts.keys()].sort((a, b) => b - a).map((index) => parts.get(index)!)
  return { vertices: place(demanded, effects, ordered, effectParts, demand.count), free: [...free] }
}
