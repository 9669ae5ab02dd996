import type { Block, Endpoint, Program, Source, Type } from '../../../../roles/program/index.ts'
import { askedWith, columnType, sourceName, typeOfSource } from '../../../../roles/program/index.ts'
import { argumentsOf, armsOf } from '../../../../roles/program/scopes.ts'
import type { Dice } from './dice.ts'
import { effectsIn } from './effects.ts'
import { construct, make } from './make.ts'
import { addNode, addScope, createSketch, visible } from './sketch.ts'
import type { Sketch } from './sketch.ts'
import { stir } from './stir.ts'
import { BOOL, isPlain, plainType, treeOf } from './types.ts'

/** Every sealed value that a block at this place may get. */
export function sourcesOf(program: Program, endpoint: Endpoint): Source[] {
  const found: Source[] = [{ from: 'caller' }]
  for (const field of Object.keys(endpoint.request)) found.unshift({ from: 'request', field })
  for (const slot of endpoint.slots.keys()) found.push({ from: 'slot', slot })
  for (const [i, query] of endpoint.queries.entries())
    for (const field of columnsOf(program, query.collection))
      if (columnType(program, query, field) !== undefined) found.push({ from: 'query', query: i, field })
  for (const [i, block] of endpoint.blocks.entries())
    for (const output of block.outputs.keys()) found.push({ from: 'block', block: i, output })
  return found
}

const columnsOf = (program: Program, collection: string): string[] => [
  ...Object.keys(program.collections[collection]!.fields),
  '$key',
  '$owner',
  '$count',
  '$sum',
]

/** Adds a block to an endpoint; its writes go to slots that no other block writes. */
export function addBlock(dice: Dice, program: Program, endpoint: Endpoint, free: Set<number>): void {
  const sources = sourcesOf(program, endpoint)
  const bits = sources.filter((source) => source.from === 'block' && typeOfSource(program, endpoint, source).kind === 'bool')
  const index = endpoint.blocks.length
  const inputs = inputsOf(dice, endpoint, sources)
  const carries = sources.filter((source) => source.from !== 'query' && dice.chance(30))
  const typeOf = (source: Source): Type => typeOfSource(program, endpoint, source)
  const sketch = createSketch(
    dice,
    Object.keys(program.collections),
    inputs.map(({ source }) => typeOf(source)),
    30 + dice.below(270),
  )
  stir(sketch, -1, 1 + dice.below(12), 2 + dice.below(3))
  const writing = { sketch, collections: program.collections, slots: endpoint.slots, carries: carries.map(typeOf), sites: [] }
  const effects = effectsIn(writing, -1, free, 2)
  const outputs = outputsOf(sketch)
  const block: Block = {
    name: `see${index}`,
    at: `random.ts:${index + 1}`,
    guard: bits.length > 0 && dice.chance(50) ? dice.pick(bits) : null,
    inputs,
    carries,
    sites: writing.sites,
    outputs: outputs.map(({ type }) => type),
    body: { scopes: sketch.scopes, nodes: sketch.nodes, outputs: outputs.map(({ node }) => node), effects },
  }
  endpoint.blocks.push(dice.chance(20) ? { ...block, doc: 'An observation point.' } : block)
}

/** Some sources and, where one is a query's column, what that query was asked with. */
function inputsOf(dice: Dice, endpoint: Endpoint, sources: Source[]): Block['inputs'] {
  const chosen = sources.filter(() => dice.chance(40))
  const asked = chosen.flatMap((source) => (source.from === 'query' ? askedWith(endpoint.queries[source.query]!) : []))
  const named = new Map([...chosen, ...asked].map((source) => [sourceName(endpoint, source), source]))
  return [...named.values()].map((source, i) => ({ name: `in${i}`, source }))
}

/** Nodes of the body that leave the block: most of those that nothing else uses, so that most of the body is needed. */
function outputsOf(sketch: Sketch): Array<{ node: number; type: Type }> {
  const { dice, collections } = sketch
  const used = new Set(sketch.nodes.flatMap((node) => [...argumentsOf(node), ...armsOf(node).map((arm) => arm.result)]))
  const roots = visible(sketch, -1, () => true).filter((node) => !used.has(node) && sketch.nodes[node]!.op !== 'input')
  const chosen = roots.filter(() => dice.chance(70)).map((node) => plainNode(sketch, node))
  for (let left = dice.below(3); left > 0; left--) chosen.push(makeNew(sketch, dice.chance(40) ? BOOL : plainType(dice, collections, 2)))
  return [...new Set(chosen)].map((node) => ({ node, type: boundsOf(dice, sketch.types[node]!) }))
}

const makeNew = (sketch: Sketch, type: Type): number =>
  sketch.dice.chance(50) ? construct(sketch, type, -1, 4) : make(sketch, type, -1, 4)

/** The node, or something of it that may leave the block. */
function plainNode(sketch: Sketch, node: number): number {
  const type = sketch.types[node]!
  if (isPlain(type)) return node
  if (type.kind === 'zipper' && isPlain(type.of)) return addNode(sketch, { op: 'zipper.tree', args: [node] }, treeOf(type.of))
  if (type.kind !== 'option' || type.of.kind !== 'zipper' || !isPlain(type.of.of)) return makeNew(sketch, BOOL)
  const scope = addScope(sketch, { kind: 'some', parent: -1, over: node }, [type.of])
  const place = sketch.nodes.length - 1
  const tree = addNode(sketch, { op: 'zipper.tree', args: [place] }, treeOf(type.of.of))
  const none = make(sketch, treeOf(type.of.of), -1, 1)
  return addNode(sketch, { op: 'unwrap', some: { scope, result: tree }, none }, treeOf(type.of.of))
}

/** The declared bounds: mostly generous, so that most results fit. */
function boundsOf(dice: Dice, type: Type): Type {
  if (dice.chance(5)) return type
  switch (type.kind) {
    case 'int':
      return { kind: 'int' }
    case 'text':
    case 'bytes':
      return { kind: type.kind, max: 1_000 }
    case 'list':
    case 'option':
    case 'tree':
      return { ...type, of: boundsOf(dice, type.of), ...(type.kind === 'option' ? {} : { max: 500 }) }
    case 'map':
      return { kind: 'map', keys: boundsOf(dice, type.keys), of: boundsOf(dice, type.of), max: 500 }
    case 'record':
      return { kind: 'record', fields: boundsOfAll(dice, type.fields) }
    case 'variant':
      return { kind: 'variant', cases: boundsOfAll(dice, type.cases) }
    default:
      return type
  }
}

const boundsOfAll = (dice: Dice, fields: Record<string, Type>): Record<string, Type> =>
  Object.fromEntries(Object.keys(fields).map((name) => [name, boundsOf(dice, fields[name]!)]))
