/**
 * What reaches what inside of one block. A body gives its label, and a label with the outline gives that of the whole endpoint (`label.ts`): so those
 * who do not see bodies compose the labels that a tick publishes, and whoever runs a block holds the one of its own against the body.
 */
import type { BlockLabel } from '../api.ts'
import type { Block, Effect, Node } from '../document.ts'
import { argumentsOf, armsOf } from '../scopes.ts'
import { sortedNames } from '../value/measure.ts'

/** A set of positions as bits, so that unions over many nodes stay cheap. */
export type Reach = bigint

export const union = (reaches: Reach[]): Reach => reaches.reduce((all, reach) => all | reach, 0n)

/** Positions of the bits that are set, ascending. */
export function positionsOf(reach: Reach): number[] {
  const found: number[] = []
  for (let at = 0, rest = reach; rest > 0n; at++, rest >>= 1n) if (rest & 1n) found.push(at)
  return found
}

/** What each node depends on; conditions, matched values and lists that are run over are among it. One pass: nodes refer backwards. */
function nodeReaches({ body }: Block): Reach[] {
  const found: Reach[] = []
  for (const node of body.nodes) found.push(nodeReach(body, node, found))
  return found
}

function nodeReach(body: Block['body'], node: Node, found: Reach[]): Reach {
  if (node.op === 'input') return 1n << BigInt(node.input)
  const scopes = node.op === 'param' ? [node.scope] : armsOf(node).map((arm) => arm.scope)
  const over = scopes.map((index) => {
    const scope = body.scopes[index]!
    return found[scope.over]! | (scope.kind === 'fold' ? found[scope.start]! : 0n)
  })
  return union([...over, ...argumentsOf(node).map((index) => found[index]!), ...armsOf(node).map((arm) => found[arm.result]!)])
}

type WriteEffect = Extract<Effect, { write: number }>

/** Calls `visit` for every write with what decides whether it happens. @param nodes what each node depends on */
function eachWrite(effects: Effect[], nodes: Reach[], decided: Reach, visit: (effect: WriteEffect, decided: Reach) => void): void {
  const below = (lists: Effect[][], on: number): void => lists.forEach((list) => eachWrite(list, nodes, decided | nodes[on]!, visit))
  for (const effect of effects) {
    if ('write' in effect) visit(effect, decided)
    else if ('if' in effect) below([effect.then, effect.else], effect.if)
    else if ('match' in effect)
      below(
        effect.arms.map((arm) => arm.effects),
        effect.match,
      )
    else below([effect.some.effects, effect.none], effect.unwrap)
  }
}

/**
 * The data flow inside of a block, from its body. Linear in the body.
 * @param block of a checked program, body included
 */
export function blockLabelOf(block: Block): BlockLabel {
  const nodes = nodeReaches(block)
  const sites: BlockLabel['sites'] = block.sites.map(() => ({ decided: [], fields: {} }))
  eachWrite(block.body.effects, nodes, 0n, (effect, decided) => {
    const computed = sortedNames(effect.fields).flatMap((name) => {
      const value = effect.fields[name]!
      return 'carry' in value ? [] : [[name, positionsOf(nodes[value.node]!)] as const]
    })
    sites[effect.write] = { decided: positionsOf(decided), fields: Object.fromEntries(computed) }
  })
  return { outputs: block.body.outputs.map((node) => positionsOf(nodes[node]!)), sites }
}
