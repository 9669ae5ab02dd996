/** The data flow of a whole endpoint, from the labels of its blocks and what everybody sees of the program. */
import type { BlockLabel, Label } from '../api.ts'
import { isChecked } from '../check/checked.ts'
import type { Block, Endpoint, Program, Source, Template } from '../document.ts'
import { own, sortedNames } from '../value/measure.ts'
import { fail, ok } from '../result.ts'
import type { Result } from '../result.ts'
import { askedWith, sourceName } from '../sources.ts'
import { eachEffect } from '../scopes.ts'
import { blockLabelOf, union, type Reach } from './block-label.ts'

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

/** What a source depends on. A query's answer depends on what is stored and on what it was asked with. */
function reachOf(flow: Flow, source: Source): Reach {
  if (source.from === 'block') return flow.outputs[source.block]![source.output]!
  const itself = bitOf(flow, sourceName(flow.endpoint, source))
  return source.from === 'query'
    ? itself | union(askedWith(flow.endpoint.queries[source.query]!).map((argument) => reachOf(flow, argument)))
    : itself
}

function storedOf(flow: Flow, block: Block, index: number, label: BlockLabel): Label['stored'] {
  const stored: Label['stored'] = []
  const sees = block.inputs.map((input) => sourceName(flow.endpoint, input.source))
  // The order of the effects is public; what decides them is in the label.
  eachEffect(block.body.effects, (effect) => {
    if (!('write' in effect)) return
    const { write, fields } = effect
    const site = block.sites[write]!
    const { decided: deciding, fields: computed } = label.sites[write]!
    const decided = flow.guards[index]! | reachOfInputs(flow, block, deciding)
    const slot = bitOf(flow, sourceName(flow.endpoint, { from: 'slot', slot: site.slot }))
    const entry = (field: string, reach: Reach, carried: boolean): void => {
      const inputs = namesOf(flow, reach | decided)
      stored.push({ collection: site.collection, field, block: index, site: write, inputs, carried, sees })
    }
    entry('$key', slot, true)
    for (const field of site.fields) {
      const value = fields[field]!
      if ('carry' in value) entry(field, reachOf(flow, block.carries[value.carry]!), true)
      else entry(field, reachOfInputs(flow, block, computed[field]!), false)
    }
  })
  return stored
}

const reachOfInputs = (flow: Flow, block: Block, inputs: number[]): Reach =>
  union(inputs.map((input) => reachOf(flow, block.inputs[input]!.source)))

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
  return ok(composeLabel(endpoint, endpoint.blocks.map(blockLabelOf)))
}

/**
 * The same for those who do not see the bodies.
 * @param endpoint of a checked program, or of its outline: only the order of effects is read from bodies
 * @param labels one for each block, each of the block's form (`fitsBlock`)
 */
export function composeLabel(endpoint: Endpoint, labels: BlockLabel[]): Label {
  const flow: Flow = { endpoint, names: [], bits: new Map(), guards: [], outputs: [] }
  const stored = endpoint.blocks.flatMap((block, index) => {
    const guard = block.guard === null ? 0n : reachOf(flow, block.guard)
    flow.guards.push(guard)
    flow.outputs.push(labels[index]!.outputs.map((inputs) => reachOfInputs(flow, block, inputs) | guard))
    return storedOf(flow, block, index, labels[index]!)
  })
  const blocks = endpoint.blocks.map((block, i) => ({
    block: block.name,
    at: block.at,
    opens: block.inputs.map((input) => sourceName(endpoint, input.source)),
    guard: namesOf(flow, flow.guards[i]!),
  }))
  return { stored, returned: returnedOf(flow, endpoint.response, '', 0n), blocks }
}

/** Whether a label has the form of a block's: one list for each output and site, of positions of its inputs, ascending, and a list for each computed field. */
export function fitsBlock(block: Block, { outputs, sites }: BlockLabel): boolean {
  const isSet = (inputs: number[]): boolean =>
    inputs.every((input, i) => Number.isInteger(input) && input >= 0 && input < block.inputs.length && (i === 0 || input > inputs[i - 1]!))
  let fits = outputs.length === block.outputs.length && sites.length === block.sites.length && outputs.every(isSet)
  eachEffect(block.body.effects, (effect) => {
    if (!('write' in effect)) return
    const site = sites[effect.write]
    const computed = sortedNames(effect.fields).filter((name) => !('carry' in effect.fields[name]!))
    const named = site === undefined ? [] : sortedNames(site.fields)
    fits &&= site !== undefined && isSet(site.decided) && Object.values(site.fields).every(isSet)
    fits &&= computed.length === named.length && computed.every((name, i) => name === named[i])
  })
  return fits
}
