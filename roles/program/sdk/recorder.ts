import { canonicalJson } from '../canonical.ts'
import type {
  Block,
  BlockInput,
  Body,
  Collection,
  Effect,
  Json,
  Node,
  Query,
  Scope,
  Slot,
  Source,
  Template,
  Type,
  WriteSite,
} from '../document.ts'
import { toJson } from '../value/json.ts'
import { defaultValue } from '../value/measure.ts'
import { holdsZipper } from '../check/check.ts'
import type { Shapes } from '../check/shapes.ts'
import { freeName, LIMITS } from '../limits.ts'
import { askedWith } from '../sources.ts'
import { BuildError, runaway } from './errors.ts'
import { callSite } from './location.ts'
import { addConst, addNode } from './nodes.ts'
import { ownMap } from './own-map.ts'
import { prune } from './prune.ts'

export { BuildError }

/** How the trace got to where it is, from the top of a block's callback. */
export type PathStep =
  | { kind: 'if'; cond: number; taken: boolean }
  | { kind: 'case'; scopes: number[]; taken: number }
  | { kind: 'some'; scope: number; taken: boolean }
  | { kind: 'each' }

/** A block being traced. */
export interface Recorder {
  endpoint: EndpointRecorder
  parent: Recorder | null
  index: number
  name: string
  at: string
  guard: Source | null
  inputs: BlockInput[]
  inputTypes: Type[]
  carries: Source[]
  sites: WriteSite[]
  outputs: Array<{ node: number; type: Type }>
  nodes: Node[]
  nodeScopes: number[]
  nodeDepths: number[]
  /** `file:line` of each node, while an endpoint is traced to locate a problem. */
  nodeLines: string[]
  scopes: Scope[]
  known: Map<string, number>
  /** Scopes that only tell cases apart. */
  testScopes: Map<string, number>
  effects: Effect[]
  /** Lists of effects around the one being filled. */
  outerEffects: Effect[][]
  scope: number
  path: PathStep[]
}

export interface EndpointRecorder {
  collections: Record<string, Collection>
  request: Record<string, Type>
  queries: Query[]
  slots: Slot[]
  blocks: Recorder[]
  /** The block whose callback is running. */
  current: Recorder | null
  shapes: Shapes
  /** What opened values of each kind can do. */
  methods: Readonly<Record<string, object>>
  /** How many nodes were asked for. */
  operations: number
  /** Whether to keep the line of every node, which costs time. */
  locate: boolean
}

/** Sealed values at run time. `template` is a source unless branches were joined or a literal was returned. */
export interface SealedCore {
  template: Template
  type: Type
  endpoint: EndpointRecorder
}
export interface ExprCore {
  recorder: Recorder
  node: number
  type: Type
  /** The branch, or callback over items, in which it was made: it means nothing outside of it, whatever its node needs. */
  step: PathStep | undefined
}

export const sealedCores = ownMap<SealedCore>()
export const exprCores = ownMap<ExprCore>()

let active: EndpointRecorder | null = null

/** Runs `work` with an endpoint as the one being traced. */
export function traceEndpoint<T>(endpoint: EndpointRecorder, work: () => T): T {
  const before = active
  active = endpoint
  try {
    return work()
  } finally {
    active = before
  }
}

export function activeEndpoint(): EndpointRecorder {
  if (active === null)
    throw new BuildError(
      'program.outside',
      "this works only while an endpoint is being compiled; call it inside an endpoint's run function, and at once: what waits comes too late.",
    )
  return active
}

export function activeBlock(): Recorder {
  const block = activeEndpoint().current
  if (block === null) throw new BuildError('program.sealed', 'nothing is open here; do this inside the callback of see().')
  return block
}

export function createRecorder(endpoint: EndpointRecorder, name: string | null): Recorder {
  const index = endpoint.blocks.length
  if (index >= LIMITS.blocks) throw runaway('program.recursion', `an endpoint has at most ${LIMITS.blocks} observation points`)
  const block: Recorder = {
    endpoint,
    parent: endpoint.current,
    index,
    name: name ?? `see${index + 1}`,
    at: callSite(),
    guard: null,
    inputs: [],
    inputTypes: [],
    carries: [],
    sites: [],
    outputs: [],
    nodes: [],
    nodeScopes: [],
    nodeDepths: [],
    nodeLines: [],
    scopes: [],
    known: new Map(),
    testScopes: new Map(),
    effects: [],
    outerEffects: [],
    scope: -1,
    path: [],
  }
  endpoint.blocks.push(block)
  return block
}

/** Positions in lists that only `positionOf` adds to, so that no lookup goes through a whole list. */
const positions = ownMap<Map<string, number>>()

/** Position of an equal element, which is added when it is new. */
export function positionOf<T>(items: T[], item: T, same: (a: T) => Json): number {
  const known = positions.get(items) ?? new Map<string, number>()
  positions.set(items, known)
  const wanted = canonicalJson(same(item))
  const position = known.get(wanted) ?? items.push(item) - 1
  known.set(wanted, position)
  return position
}

const addDefault = (block: Recorder, type: Type): number => addConst(block, type, toJson(type, defaultValue(type)))

/** The node's value where the path was taken, the default of its type elsewhere; so it is evaluated only where it means something. */
export function onlyOn(block: Recorder, path: PathStep[], node: number, type: Type): number {
  return path.reduceRight((inner, step) => wrapStep(block, step, inner, type), node)
}

function wrapStep(block: Recorder, step: PathStep, inner: number, type: Type): number {
  const other = addDefault(block, type)
  switch (step.kind) {
    case 'if':
      return addNode(block, { op: 'if', cond: step.cond, then: step.taken ? inner : other, else: step.taken ? other : inner })
    case 'case':
      return addNode(block, { op: 'match', arms: step.scopes.map((scope, i) => ({ scope, result: i === step.taken ? inner : other })) })
    case 'some':
      return addNode(block, {
        op: 'unwrap',
        some: { scope: step.scope, result: step.taken ? inner : other },
        none: step.taken ? other : inner,
      })
    case 'each':
      throw new BuildError(
        'program.nested',
        'see() and writes cannot stand inside map, filter or fold; collect a list there and use it after.',
      )
  }
}

/** Makes a value of a block available to later blocks and the response. */
export function outputSource(block: Recorder, path: PathStep[], node: number, type: Type): Source & { from: 'block' } {
  if (holdsZipper(type))
    throw new BuildError('program.type', 'a place in a tree never leaves its see(); return its tree(), value() or focus() instead.')
  const wrapped = onlyOn(block, path, node, type)
  return {
    from: 'block',
    block: block.index,
    output: positionOf(block.outputs, { node: wrapped, type }, (output) => [output.node, output.type as Json]),
  }
}

/** Opens a source in a block, and with a query's column the arguments of that query. */
export function openSource(block: Recorder, source: Source, type: Type): number {
  if (source.from === 'block' && source.block >= block.index)
    throw new BuildError('program.order', 'this value is made by a later observation point; open it in a see() after that one.')
  const count = block.inputs.length
  const position = positionOf(block.inputs, { name: '', source }, (other) => other.source as unknown as Json)
  if (position === count) block.inputs[position]!.name = inputName(block, source)
  block.inputTypes[position] ??= type
  if (source.from === 'query')
    for (const argument of askedWith(block.endpoint.queries[source.query]!)) openSource(block, argument, argumentType(block, argument))
  return addNode(block, { op: 'input', input: position })
}

function argumentType(block: Recorder, source: Source): Type {
  if (source.from === 'request') return block.endpoint.request[source.field]!
  if (source.from === 'block') return block.endpoint.blocks[source.block]!.outputs[source.output]!.type
  return source.from === 'slot' ? { kind: 'key', collection: block.endpoint.slots[source.slot]!.collection } : { kind: 'text', max: 64 }
}

/** Names of the inputs of each block. */
const taken = ownMap<Set<string>>()

function inputName(block: Recorder, source: Source): string {
  const wanted = nameOfSource(block, source)
  const names = taken.get(block) ?? new Set()
  taken.set(block, names)
  const name = freeName(wanted, (one) => names.has(one), '_')
  names.add(name)
  return name
}

function nameOfSource(block: Recorder, source: Source): string {
  switch (source.from) {
    case 'request':
      return source.field
    case 'caller':
      return 'caller'
    case 'slot':
      return block.endpoint.slots[source.slot]!.name
    case 'query':
      return `${block.endpoint.queries[source.query]!.name}_${source.field.replace('$', '')}`
    case 'block':
      return `${block.endpoint.blocks[source.block]!.name}_${source.output}`
  }
}

/** Traces a branch: `step` joins the path, and the effects of the branch are collected apart. */
export function traceBranch<T>(block: Recorder, step: PathStep, scope: number, work: () => T): { result: T; effects: Effect[] } {
  if (block.path.length >= LIMITS.treeDepth)
    throw runaway('program.recursion', `branches and loops stand within one another ${LIMITS.treeDepth} times`)
  const before = { scope: block.scope, effects: block.effects }
  block.outerEffects.push(block.effects)
  block.scope = scope
  block.effects = []
  block.path.push(step)
  try {
    const result = work()
    return { result, effects: block.effects }
  } finally {
    block.path.pop()
    block.outerEffects.pop()
    block.scope = before.scope
    block.effects = before.effects
  }
}

/** All that was traced of a block, with what nothing needs. */
export const wholeBody = (block: Recorder): Body => ({
  scopes: block.scopes,
  nodes: block.nodes,
  outputs: block.outputs.map((output) => output.node),
  effects: block.effects,
})

/** The finished block. */
export const finishBlock = (block: Recorder): Block => ({
  name: block.name,
  at: block.at,
  guard: block.guard,
  inputs: block.inputs,
  carries: block.carries,
  sites: block.sites,
  outputs: block.outputs.map((output) => output.type),
  body: prune(wholeBody(block)),
})
