import type { Effect } from '../../document.ts'
import type { Count } from './bound.ts'
import { createDominators } from './dominators.ts'

/** What one activation of a scope may evaluate, each at most once, starting from what is demanded of it. */
export interface Cone {
  /** Users come before what they use; the first stands for the start. */
  vertices: Vertex[]
  /** Nodes of outer scopes that it demands. */
  free: number[]
}

export interface Vertex {
  /** The node or effect that it evaluates; neither for the start. */
  node: number | null
  effect: Effect | null
  /** The branch of `above` that it is; of several branches one is taken. Null for what is no branch. */
  branch: Inside | null
  /** Position of the vertex without which this one is not evaluated. */
  above: number
}

/** What a branch evaluates in a scope of its own, and for which node of it; an empty cone, when it has no scope. */
export interface Inside {
  scope: number
  cone: Cone
  result: number | null
}

/** A vertex and what it uses, while a cone is put together. */
export interface Part {
  node: number | null
  effect: Effect | null
  /** Nodes that are demanded whichever branch is taken. */
  uses: number[]
  branches: Branch[]
}

export interface Branch {
  inside: Inside
  uses: number[]
  effects: Effect[]
}

/** Puts the parts of a cone in order and finds above each the vertex without which it is not evaluated. */
export function place(demanded: number[], effects: Effect[], nodes: Part[], effectParts: Map<Effect, Part>, count: Count): Vertex[] {
  const vertices: Vertex[] = []
  const tree = createDominators()
  const users = new Map<number | Effect, number>()
  const add = (vertex: Omit<Vertex, 'above'>, above: number): number => {
    count()
    tree.add(above)
    return vertices.push({ ...vertex, above }) - 1
  }
  const use = (what: number | Effect, by: number): void => {
    const other = users.get(what)
    users.set(what, other === undefined ? by : tree.meet(other, by))
  }
  const addPart = (part: Part, key: number | Effect): void => {
    const at = add({ node: part.node, effect: part.effect, branch: null }, users.get(key)!)
    for (const used of part.uses) use(used, at)
    for (const { inside, uses, effects: inner } of part.branches) {
      const taken = add({ node: null, effect: null, branch: inside }, at)
      for (const used of uses) use(used, taken)
      addEffects(inner, taken)
    }
  }
  const addEffects = (list: Effect[], by: number): void => {
    for (const effect of list) {
      use(effect, by)
      addPart(effectParts.get(effect)!, effect)
    }
  }
  const start = add({ node: null, effect: null, branch: null }, -1)
  addEffects(effects, start)
  for (const node of demanded) use(node, start)
  for (const part of nodes) addPart(part, part.node!)
  return vertices
}
