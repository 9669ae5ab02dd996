import type { Arm, Block, Body, Collection, Effect, Node, Type } from '../../document.ts'
import { fromJson } from '../../value/json.ts'
import { boundOfType, boundOfValue, BOOL, join, listOf, optionOf } from './bound.ts'
import type { Bound } from './bound.ts'
import { charge, FREE, larger, plus } from './charge.ts'
import type { Charge } from './charge.ts'
import { CONTAINERS } from './containers.ts'
import type { Cone, Inside, Vertex } from './cone.ts'
import { demandOf, insideOf, wholeOf } from './demand.ts'
import type { Demand } from './demand.ts'
import { estimateEach } from './loops.ts'
import { look } from './measure.ts'
import { SCALARS } from './scalars.ts'
import type { Made, Rule } from './scalars.ts'
import type { Strict } from '../../evaluate/primitives/index.ts'

/** Every strict primitive has one; `and` and `or` are looked at with the branches. */
const RULES: Record<Strict, Rule> = { ...SCALARS, ...CONTAINERS }

/** Unwinds an estimate that takes more work than the size of the block allows. */
export class Intricate extends Error {}

/**
 * An evaluation of a body with greatest sizes instead of values. A node's bound is current while `stamps[node]` is the number of the
 * activation of its scope; positions s + 1 are scopes s, and the body itself is activation 0.
 */
export interface Estimate {
  block: Block
  body: Body
  collections: Record<string, Collection>
  inputs: Bound[]
  demand: Demand
  bounds: Bound[]
  charges: Charge[]
  parts: Array<Made['parts']>
  stamps: number[]
  activations: Activation[]
  last: number
  /** Bounds of the results of branches, from just before their node is looked at. */
  results: Map<Inside, Bound | null>
  runs: Map<Cone, { activation: number; charge: Charge }>
  /** Whether a fold grows as far as the limits. */
  unbounded: boolean
  count: () => void
  /** How much of the work is left. */
  left: number
}

interface Activation {
  number: number
  parent: number
  params: Bound[]
}

/** Work for every node and scope, and further work for all blocks together: enough for any program that a person writes. */
const EACH = 40
export const FURTHER = 200_000

function createEstimate(block: Block, collections: Record<string, Collection>, inputs: Bound[], further: number): Estimate {
  const { body } = block
  const none: Activation = { number: -1, parent: -1, params: [] }
  const estimate: Omit<Estimate, 'demand'> = {
    block,
    body,
    collections,
    inputs,
    bounds: [],
    charges: [],
    parts: [],
    stamps: body.nodes.map(() => -1),
    activations: [{ ...none, number: 0 }, ...body.scopes.map(() => none)],
    last: 0,
    results: new Map(),
    runs: new Map(),
    unbounded: false,
    left: further + EACH * (body.nodes.length + body.scopes.length),
    count() {
      if (--estimate.left < 0) throw new Intricate()
    },
  }
  return Object.assign(estimate, { demand: demandOf(body, estimate.count) })
}

/** Binds parameters; the bounds of a scope stay current while neither these nor anything around it change. */
export function enter(estimate: Estimate, scope: number, params: Bound[]): void {
  const parent = estimate.activations[estimate.body.scopes[scope]!.parent + 1]!.number
  const before = estimate.activations[scope + 1]!
  if (before.parent === parent && before.params.length === params.length && params.every((param, i) => param === before.params[i])) return
  estimate.activations[scope + 1] = { number: ++estimate.last, parent, params }
}

/** What one activation costs, in which a cone is evaluated; afterwards the bounds of its nodes are known. */
export function run(estimate: Estimate, scope: number, cone: Cone): Charge {
  const activation = estimate.activations[scope + 1]!.number
  const known = estimate.runs.get(cone)
  if (known?.activation === activation) return known.charge
  const charges = runVertices(estimate, cone, (vertex) => own(estimate, vertex))
  estimate.runs.set(cone, { activation, charge: charges })
  return charges
}

/** Sums the vertices of a cone, of branches that exclude one another the largest. */
export function runVertices(estimate: Estimate, { vertices }: Cone, chargeOf: (vertex: Vertex) => Charge): Charge {
  const always: Charge[] = vertices.map(() => FREE)
  const taken: Charge[] = vertices.map(() => FREE)
  for (let i = vertices.length - 1; i >= 0; i--) {
    estimate.count()
    const vertex = vertices[i]!
    const total = plus(chargeOf(vertex), plus(always[i]!, taken[i]!))
    if (i === 0) return total
    if (vertex.branch === null) always[vertex.above] = plus(always[vertex.above]!, total)
    else taken[vertex.above] = larger(taken[vertex.above]!, total)
  }
  return FREE
}

export function own(estimate: Estimate, { node, effect, branch }: Vertex): Charge {
  if (node !== null) return nodeCharge(estimate, node)
  if (effect !== null) return effectCharge(estimate, effect)
  return branch === null || branch.scope < 0 ? FREE : runBranch(estimate, branch)
}

/** A branch with a parameter, unless no value takes it. */
function runBranch(estimate: Estimate, branch: Inside): Charge {
  const scope = estimate.body.scopes[branch.scope]!
  const over = estimate.bounds[scope.over]!
  const content = over.kind === 'variant' && scope.kind === 'case' ? over.cases[scope.tag]! : over.kind === 'option' ? over.of : null
  if (content === null) {
    estimate.results.set(branch, null)
    return FREE
  }
  enter(estimate, branch.scope, [content])
  const cost = run(estimate, branch.scope, branch.cone)
  if (branch.result !== null) estimate.results.set(branch, estimate.bounds[branch.result]!)
  return cost
}

function nodeCharge(estimate: Estimate, index: number): Charge {
  const activation = estimate.activations[estimate.demand.scopes[index]! + 1]!.number
  if (estimate.stamps[index] !== activation) {
    const { value, charge: cost, parts } = estimateNode(estimate, estimate.body.nodes[index]!)
    estimate.parts[index] = parts
    estimate.bounds[index] = value
    estimate.charges[index] = cost
    estimate.stamps[index] = activation
  }
  return estimate.charges[index]!
}

const of = (value: Bound, size: number, bytes = 0): Made => ({ value, charge: charge(size, bytes) })
const free = (value: Bound): Made => ({ value, charge: FREE })

function estimateNode(estimate: Estimate, node: Node): Made {
  const at = (argument: number): Bound => estimate.bounds[argument]!
  switch (node.op) {
    case 'input':
      return free(estimate.inputs[node.input]!)
    case 'param':
      return free(estimate.activations[node.scope + 1]!.params[node.param]!)
    case 'const':
      return free(constant(node.type, node.value))
    case 'if':
      return of(join(at(node.then), at(node.else), estimate.count), 0)
    case 'record':
      return estimateRecord(estimate, node.fields)
    case 'field':
      return of((at(node.of) as Bound & { kind: 'record' }).fields[node.field]!, 0)
    case 'list':
      return of(listOf(node.items.length, joinAll(estimate, node.items.map(at))), node.items.length, 8 * node.items.length)
    case 'variant':
      return of(variantOf(node.type, node.tag, at(node.value)), 0, 16)
    case 'some':
      return of(optionOf(at(node.value)), 0, 8)
    case 'match':
    case 'unwrap':
      return of(joinAll(estimate, branchResults(estimate, node))!, 0)
    case 'and':
    case 'or':
      return of(BOOL, 0)
    default:
      if ('scope' in node) return estimateEach(estimate, node)
      return RULES[node.op](...node.args.map(at))
  }
}

const joinAll = (estimate: Estimate, bounds: Array<Bound | null>): Bound | null =>
  bounds.reduce<Bound | null>((all, bound) => join(all, bound, estimate.count), null)

function constant(type: Type, json: unknown): Bound {
  const value = fromJson(type, json)
  if (!value.ok) throw new Error(`a checked constant must fit its type: ${value.error.message}`)
  return boundOfValue(type, value.value)
}

function estimateRecord(estimate: Estimate, fields: Record<string, number>): Made {
  const names = Object.keys(fields)
  const bounds = Object.fromEntries(names.map((name) => [name, estimate.bounds[fields[name]!]!]))
  return of({ kind: 'record', fields: bounds }, names.length, 8 * names.length)
}

function variantOf(type: Type, tag: string, content: Bound): Bound {
  const tags = type.kind === 'variant' ? Object.keys(type.cases) : []
  return { kind: 'variant', cases: Object.fromEntries(tags.map((other) => [other, other === tag ? content : null])) }
}

/** Results of the branches of a node, which were gone through just before. */
function branchResults(estimate: Estimate, node: Node & { op: 'match' | 'unwrap' }): Array<Bound | null> {
  const arms: Arm[] = node.op === 'match' ? node.arms : [node.some]
  const found = arms.map((arm) => estimate.results.get(insideOf(estimate.demand, arm)) ?? null)
  return node.op === 'match' ? found : [...found, estimate.bounds[node.none]!]
}

/** Looking at what a write stores is charged; what it moves unopened is not. */
function effectCharge(estimate: Estimate, effect: Effect): Charge {
  if (!('write' in effect)) return charge(0)
  const site = estimate.block.sites[effect.write]!
  const types = estimate.collections[site.collection]!.fields
  const looks = site.fields.map((name) => {
    const value = effect.fields[name]!
    return 'node' in value ? { steps: look(types[name]!, estimate.bounds[value.node]!), bytes: 0 } : FREE
  })
  return looks.reduce(plus, charge(0))
}

export interface BodyCost {
  charge: Charge
  unbounded: boolean
  /** What is left of `further`. */
  further: number
}

/** What running the body costs at most. @param further work besides what the size of the block allows */
export function estimateBody(block: Block, collections: Record<string, Collection>, inputs: Type[], further: number): BodyCost {
  const estimate = createEstimate(block, collections, inputs.map(boundOfType), further)
  const body = run(estimate, -1, wholeOf(estimate.demand))
  const looks = block.outputs.map((type, i) => ({ steps: look(type, estimate.bounds[block.body.outputs[i]!]!), bytes: 0 }))
  return { charge: looks.reduce(plus, body), unbounded: estimate.unbounded, further: Math.min(further, estimate.left) }
}
