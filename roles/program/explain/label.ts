import type { Label } from '../api.ts'
import { isChecked } from '../check/checked.ts'
import type { Block, Effect, Endpoint, Node, Program, Source, Template } from '../document.ts'
import { own, sortedNames } from '../value/measure.ts'
import { fail, ok } from '../result.ts'
import type { Result } from '../result.ts'
import { argumentsOf, armsOf } from '../scopes.ts'
import { askedWith, sourceName } from '../sources.ts'

/** A set of input names as bits, so that unions over many nodes stay cheap. */
type Reach = bigint

/** What reaches what in one endpoint, while it is worked out block by block. */
interface Flow {
  endpoint: Endpoint
  names: string[]
  bits: Map<string, Reach>
  /** Per block: what its guard depends on, and each of its outputs. */
  guards: Reach[]
  outputs: Reach[][]
}

function bitOf(flow: Flow, name: string): Reach {
  const known = flow.bits.get(name)
  if (known !== undefined) return known
  const bit = 1n << BigInt(flow.names.push(name) - 1)
  flow.bits.set(name, bit)
  return bit
}

const namesOf = (flow: Flow, reach: Reach): string[] => flow.names.filter((_, i) => (reach >> BigInt(i)) & 1n).sort()

const union = (reaches: Reach[]): Reach => reaches.reduce((all, reach) => all | reach, 0n)

/** What a source depends on. A query's answer depends on what is stored and on what it was asked with. */
function reachOf(flow: Flow, source: Source): Reach {
  if (source.from === 'block') return flow.outputs[source.block]![source.output]!
  const itself = bitOf(flow, sourceName(flow.endpoint, source))
  return source.from === 'query'
    ? itself | union(askedWith(flow.endpoint.queries[source.query]!).map((argument) => reachOf(flow, argument)))
    : itself
}

/** What each node depends on; conditions, matched values and lists that are run over are among it. One pass: nodes refer backwards. */
function nodeReaches(flow: Flow, block: Block): Reach[] {
  const found: Reach[] = []
  for (const node of block.body.nodes) found.push(nodeReach(flow, block, node, found))
  return found
}

function nodeReach(flow: Flow, block: Block, node: Node, found: Reach[]): Reach {
  if (node.op === 'input') return reachOf(flow, block.inputs[node.input]!.source)
  const scopes = node.op === 'param' ? [node.scope] : armsOf(node).map((arm) => arm.scope)
  const over = scopes.map((index) => {
    const scope = block.body.scopes[index]!
    return found[scope.over]! | (scope.kind === 'fold' ? found[scope.start]! : 0n)
  })
  return union([...over, ...argumentsOf(node).map((index) => found[index]!), ...armsOf(node).map((arm) => found[arm.result]!)])
}

/** Calls `visit` for every write with what decides whether it happens. */
function eachWrite(
  effects: Effect[],
  nodes: Reach[],
  decided: Reach,
  visit: (effect: Extract<Effect, { write: number }>, decided: Reach) => void,
): void {
  const inner = (lists: Effect[][], on: number): void => lists.forEach((list) => eachWrite(list, nodes, decided | nodes[on]!, visit))
  for (const effect of effects) {
    if ('write' in effect) visit(effect, decided)
    else if ('if' in effect) inner([effect.then, effect.else], effect.if)
    else if ('match' in effect)
      inner(
        effect.arms.map((arm) => arm.effects),
        effect.match,
      )
    else inner([effect.some.effects, effect.none], effect.unwrap)
  }
}

function storedOf(flow: Flow, block: Block, index: number, nodes: Reach[]): Label['stored'] {
  const stored: Label['stored'] = []
  const sees = block.inputs.map((input) => sourceName(flow.endpoint, input.source))
  eachWrite(block.body.effects, nodes, flow.guards[index]!, (effect, decided) => {
    const site = block.sites[effect.write]!
    const slot = bitOf(flow, sourceName(flow.endpoint, { from: 'slot', slot: site.slot }))
    stored.push({
      collection: site.collection,
      field: '$key',
      block: index,
      site: effect.write,
      inputs: namesOf(flow, decided | slot),
      carried: true,
      sees,
    })
    for (const field of site.fields) {
      const value = effect.fields[field]!
      const reach = 'carry' in value ? reachOf(flow, block.carries[value.carry]!) : nodes[value.node]!
      stored.push({
        collection: site.collection,
        field,
        block: index,
        site: effect.write,
        inputs: namesOf(flow, reach | decided),
        carried: 'carry' in value,
        sees,
      })
    }
  })
  return stored
}

function returnedOf(flow: Flow, template: Template, path: string, decided: Reach): Label['returned'] {
  const leaf = (reach: Reach): Label['returned'] => [{ field: path, inputs: namesOf(flow, reach | decided) }]
  if ('record' in template)
    return sortedNames(template.record).flatMap((name) =>
      returnedOf(flow, template.record[name]!, path === '' ? name : `${path}.${name}`, decided),
    )
  if ('source' in template) return leaf(reachOf(flow, template.source))
  return leaf(templateReach(flow, template))
}

/** What a whole part of the response depends on. */
function templateReach(flow: Flow, template: Template): Reach {
  const inner = (part: Template): Reach => templateReach(flow, part)
  if ('source' in template) return reachOf(flow, template.source)
  if ('record' in template) return union(Object.values(template.record).map(inner))
  if ('list' in template) return union(template.list.map(inner))
  if ('variant' in template) return inner(template.value)
  if ('some' in template) return inner(template.some)
  if ('if' in template) return reachOf(flow, template.if) | inner(template.then) | inner(template.else)
  return 0n
}

/**
 * The data-flow label of an endpoint: for every stored and every returned field the inputs that can reach it, branches and guards
 * counted; for every block what it opens. What is absent cannot change the field, as long as the endpoint finishes.
 * @returns `program.unchecked`, `program.endpoint`
 */
export function labelOf(program: Program, name: string): Result<Label> {
  if (!isChecked(program)) return fail('program.unchecked', 'The program was not checked; pass what check() returned.')
  const endpoint = own(program.endpoints, name)
  if (endpoint === undefined) return fail('program.endpoint', `The program ${program.name} has no endpoint ${name}.`)
  const flow: Flow = { endpoint, names: [], bits: new Map(), guards: [], outputs: [] }
  const stored = endpoint.blocks.flatMap((block, index) => {
    const nodes = nodeReaches(flow, block)
    const guard = block.guard === null ? 0n : reachOf(flow, block.guard)
    flow.guards.push(guard)
    flow.outputs.push(block.body.outputs.map((node) => nodes[node]! | guard))
    return storedOf(flow, block, index, nodes)
  })
  const blocks = endpoint.blocks.map((block, i) => ({
    block: block.name,
    at: block.at,
    opens: block.inputs.map((input) => sourceName(endpoint, input.source)),
    guard: namesOf(flow, flow.guards[i]!),
  }))
  return ok({ stored, returned: returnedOf(flow, endpoint.response, '', 0n), blocks })
}
