import type { Automaton } from '../api.ts'
import type { Block, Effect } from '../document.ts'
import { branchesOf } from '../scopes.ts'

/**
 * The sequences of write sites that a block may execute, as a nondeterministic automaton. A guard adds the way around the body.
 * Conditions are not compared with one another: two effects on one condition count as independent.
 */
export function automaton(block: Block): Automaton {
  const edges: Automaton['edges'] = []
  let states = 1
  const sequence = (effects: Effect[], from: number): number => effects.reduce(one, from)
  const one = (from: number, effect: Effect): number => {
    const branches = branchesOf(effect)
    const ends = branches.map((branch) => sequence(branch, from))
    const to = states++
    if ('write' in effect) edges.push({ from, site: effect.write, to })
    for (const end of ends) edges.push({ from: end, site: null, to })
    return to
  }
  const accept = sequence(block.body.effects, 0)
  if (block.guard !== null && accept !== 0) edges.push({ from: 0, site: null, to: accept })
  return { states, edges, accept }
}

interface Machine {
  edges: Map<number, Automaton['edges']>
  accept: number
}

const machines = new WeakMap<Block, Machine>()

function machineOf(block: Block): Machine {
  const known = machines.get(block)
  if (known !== undefined) return known
  const { edges, accept } = automaton(block)
  const machine = { edges: Map.groupBy(edges, (edge) => edge.from), accept }
  machines.set(block, machine)
  return machine
}

/** Whether a claimed sequence of executed sites is one that the block's code can take. */
export function acceptsSites(block: Block, sites: number[]): boolean {
  const { edges, accept } = machineOf(block)
  let current = closure(new Set([0]), edges)
  for (const site of sites) {
    const next = [...current]
      .flatMap((state) => edges.get(state) ?? [])
      .filter((edge) => edge.site === site)
      .map((edge) => edge.to)
    current = closure(new Set(next), edges)
  }
  return current.has(accept)
}

function closure(states: Set<number>, edges: Map<number, Automaton['edges']>): Set<number> {
  for (const state of states) for (const edge of edges.get(state) ?? []) if (edge.site === null) states.add(edge.to)
  return states
}

/** Number of ways through a block's effects (the way around a guarded body included), at most 2^53 − 1. */
export function pathsOf(block: Block): number {
  const ways = countPaths(block.body.effects) + (block.guard === null ? 0n : 1n)
  const most = BigInt(Number.MAX_SAFE_INTEGER)
  return Number(ways < most ? ways : most)
}

function countPaths(effects: Effect[]): bigint {
  const limit = 1n << 53n
  const count = (effect: Effect): bigint =>
    'write' in effect ? 1n : branchesOf(effect).reduce((total, branch) => total + countPaths(branch), 0n)
  return effects.reduce((total, effect) => (total * count(effect) > limit ? limit : total * count(effect)), 1n)
}
