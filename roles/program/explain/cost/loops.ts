import type { Each, Scope } from '../../document.ts'
import { BOOL, join, listOf, optionOf, widen, within } from './bound.ts'
import type { Bound } from './bound.ts'
import { charge, FREE, larger, plus, stepsOf, times } from './charge.ts'
import type { Charge } from './charge.ts'
import { nodesOf, ordered, sorting } from './containers.ts'
import type { Vertex } from './cone.ts'
import { coneOf } from './demand.ts'
import { enter, Intricate, own, run, runVertices } from './estimate.ts'
import type { Estimate } from './estimate.ts'
import { different, keyUnits } from './measure.ts'
import type { Made } from './scalars.ts'

/** Turns of a fold that are gone through one by one before its bound is widened, while there is work left. */
const TURNS = 512
/** Of folds that are over longer lists; those whose bound does not grow are done by then. */
const FEW = 4
/** Widening ends by itself long before. */
const WIDENINGS = 64

type Over = Bound & { kind: 'list' | 'tree' }

const STEP = charge(0)

/** What an operation over all items or nodes costs, as `evaluate/each.ts` charges it. */
export function estimateEach(estimate: Estimate, node: Each): Made {
  const scope = estimate.body.scopes[node.scope]!
  const over = estimate.bounds[scope.over] as Over
  const { value, charge: cost, parts } = scope.kind === 'tree' ? foldUp(estimate, node, over) : overItems(estimate, node, scope, over)
  const made: Made = { value, charge: plus(STEP, cost) }
  return parts === undefined ? made : { ...made, parts: { once: plus(STEP, parts.once), item: parts.item } }
}

function overItems(estimate: Estimate, node: Each, scope: Scope, over: Over): Made {
  const isTree = over.kind === 'tree'
  if (isTree && node.op === 'find') return findNode(estimate, node, over)
  const count = isTree ? nodesOf(over) : over.length
  const made =
    scope.kind === 'fold' ? foldItems(estimate, node, count, estimate.bounds[scope.start]!, over.of) : eachItem(estimate, node, count, over)
  return isTree ? { value: made.value, charge: plus(times(count, STEP), made.charge) } : made
}

/** One item's result and what it costs; nothing where there are no items. */
function turn(estimate: Estimate, node: Each, params: Array<Bound | null>): { result: Bound | null; cost: Charge } {
  if (params.includes(null)) return { result: null, cost: FREE }
  enter(estimate, node.scope, params as Bound[])
  const cost = run(estimate, node.scope, coneOf(estimate.demand, node))
  return { result: estimate.bounds[node.result]!, cost }
}

function eachItem(estimate: Estimate, node: Each, count: number, over: Over): Made {
  const { result, cost } = count === 0 ? { result: null, cost: FREE } : turn(estimate, node, [over.of])
  /** So many bytes and further charges for every item, and something once. */
  const all = (value: Bound, bytes: number, further = FREE, once = FREE): Made => {
    const item = plus(plus(charge(0, bytes), further), cost)
    return { value, charge: plus(times(count, item), once), parts: { once, item } }
  }
  switch (node.op) {
    case 'map':
      return over.kind === 'tree' ? all({ ...over, nodes: count, of: result! }, 24) : all(listOf(count, result), 8)
    case 'filter':
      return all(over, 8)
    case 'find':
      return all(optionOf(over.of), 0, FREE, { steps: 0, bytes: count === 0 ? 0 : 8 })
    case 'distinct':
      return all(listOf(Math.min(count, different(result)), over.of), 8, charge(keyUnits(result)))
    case 'sort': {
      const sorted = { steps: stepsOf(sorting(count, count * keyUnits(result))), bytes: 0 }
      return { value: over, charge: plus(all(over, 16).charge, sorted) }
    }
    case 'group': {
      const grouped = ordered(count, result, count === 0 ? null : listOf(count, over.of))
      return { value: grouped.value, charge: plus(all(over, 16, charge(keyUnits(result))).charge, grouped.charge) }
    }
    default:
      return all(BOOL, 0)
  }
}

/** In a walk through a whole tree every node costs a test, a look for children, one for a sibling, and at most one step upwards. */
function findNode(estimate: Estimate, node: Each, over: Bound & { kind: 'tree' }): Made {
  const { cost } = turn(estimate, node, [over.of])
  const walked = { steps: 4, bytes: 32 }
  return { value: optionOf({ kind: 'zipper', nodes: over.nodes, of: over.of }), charge: times(over.nodes, plus(walked, cost)) }
}

function foldItems(estimate: Estimate, node: Each, count: number, start: Bound, item: Bound | null): Made {
  if (count === 0 || item === null) return { value: start, charge: FREE }
  return grow(estimate, count, start, (total) => {
    const { result, cost } = turn(estimate, node, [total, item])
    return { next: result!, cost: plus(STEP, cost) }
  })
}

interface Turn {
  next: Bound
  cost: Charge
}

/**
 * So many turns, each with what the one before made. They are followed one by one until nothing grows any more; where that takes too
 * long, what still grows is taken to the limits.
 */
function grow(estimate: Estimate, count: number, start: Bound, take: (total: Bound) => Turn): Made {
  const most = count <= TURNS ? TURNS : FEW
  const floor = estimate.left / 2
  let all = start
  let total = start
  let spent = FREE
  let item = FREE
  for (let done = 0; done < count && done < most && estimate.left > floor; done++) {
    const { next, cost } = take(total)
    const settled = within(next, total, estimate.count)
    spent = plus(spent, times(settled ? count - done : 1, cost))
    item = larger(item, cost)
    all = join(all, next, estimate.count)
    total = next
    if (settled || done === count - 1) return { value: all, charge: spent, parts: { once: FREE, item } }
  }
  return growOn(estimate, count, all, take)
}

function growOn(estimate: Estimate, count: number, start: Bound, take: (total: Bound) => Turn): Made {
  let total = start
  for (let i = 0; i < WIDENINGS; i++) {
    const { next, cost } = take(total)
    if (within(next, total, estimate.count)) return { value: total, charge: times(count, cost), parts: { once: FREE, item: cost } }
    total = widen(total, next, estimate.count, () => (estimate.unbounded = true))
  }
  throw new Intricate()
}

/** From the leaves up: the first turn has no children, and every further one children of the turns before. */
function foldUp(estimate: Estimate, node: Each, over: Over): Made {
  const nodes = over.kind === 'tree' ? over.nodes : 0
  const around = plus(STEP, times(nodes - 1, { steps: 2, bytes: 32 }))
  const first = turn(estimate, node, [over.of, listOf(0, null)])
  if (nodes === 1) return { value: first.result!, charge: plus(around, first.cost) }
  const { value } = growOn(estimate, nodes, first.result!, (total) => {
    const { result, cost } = turn(estimate, node, [over.of, listOf(nodes - 1, total)])
    return { next: join(total, result, estimate.count), cost }
  })
  return { value, charge: plus(around, upwards(estimate, node, nodes)) }
}

/**
 * What all turns cost, when the bounds of the scope are those of the last one. All nodes together have one child less than there are
 * nodes, so what is due for every child of a node is not due for every node and every child.
 */
function upwards(estimate: Estimate, node: Each, nodes: number): Charge {
  const cone = coneOf(estimate.demand, node)
  const { body, parts } = estimate
  const ofChildren = ({ node: index }: Vertex): { once: Charge; item: Charge } | undefined => {
    const each = index === null ? undefined : body.nodes[index]
    if (each === undefined || !('result' in each)) return undefined
    const over = body.nodes[body.scopes[each.scope]!.over]!
    return over.op === 'param' && over.scope === node.scope && over.param === 1 ? parts[index!] : undefined
  }
  const perNode = runVertices(estimate, cone, (vertex) => ofChildren(vertex)?.once ?? own(estimate, vertex))
  const perChild = runVertices(estimate, cone, (vertex) => ofChildren(vertex)?.item ?? FREE)
  return plus(times(nodes, perNode), times(nodes - 1, perChild))
}
