import type { BlockRun, BlockWrite, Budget } from '../api.ts'
import { isChecked } from '../check/checked.ts'
import type { Block, Body, Each, Effect, EffectArm, Endpoint, Node, Program, Scope, Type } from '../document.ts'
import { misfit } from '../value/fit.ts'
import { fromJson } from '../value/json.ts'
import { defaultValue, emptyRecord, namesOf, newRecord, own } from '../value/measure.ts'
import { createMeter, Stop } from './meter.ts'
import type { Meter } from './meter.ts'
import { runEach } from './each.ts'
import { PRIMITIVES } from './primitives/index.ts'
import { fail, ok } from '../result.ts'
import type { Result } from '../result.ts'
import { nodeScopes } from '../scopes.ts'
import { typeOfSource } from '../sources.ts'
import type { RecordValue, SomeValue, Value, VariantValue } from '../value/value.ts'

/** One evaluation of a body. A node's value is current while `stamps[node]` is the activation number of its scope. */
interface Frame {
  body: Body
  inputs: Value[]
  meter: Meter
  scopes: number[]
  values: Value[]
  stamps: number[]
  /** Position s + 1 is scope s; the body itself is activation 1. */
  activations: number[]
  params: Value[][]
  last: number
  constants: Value[]
}

interface Prepared {
  scopes: number[]
  constants: Value[]
}

const prepared = new WeakMap<Body, Prepared>()

function prepare(body: Body): Prepared {
  const known = prepared.get(body)
  if (known !== undefined) return known
  const made = { scopes: nodeScopes(body), constants: body.nodes.map(constantOf) }
  prepared.set(body, made)
  return made
}

function constantOf(node: Node): Value {
  if (node.op !== 'const') return null
  const value = fromJson(node.type, node.value)
  if (!value.ok) throw new Error(`a checked constant must fit its type: ${value.error.message}`)
  return value.value
}

function createFrame(body: Body, inputs: Value[], meter: Meter): Frame {
  const stamps = body.nodes.map(() => 0)
  const activations = [1, ...body.scopes.map(() => 0)]
  return { body, inputs, meter, ...prepare(body), values: [], stamps, activations, params: [], last: 1 }
}

/** The value of a node, evaluated now or earlier in this activation of its scope. */
function demand(frame: Frame, index: number): Value {
  const activation = frame.activations[frame.scopes[index]! + 1]!
  if (frame.stamps[index] === activation) return frame.values[index]!
  const value = evaluate(frame, frame.body.nodes[index]!, index)
  frame.values[index] = value
  frame.stamps[index] = activation
  return value
}

/** Binds a scope's parameters and starts a new activation, which forgets the values of the one before. */
function enter(frame: Frame, scope: number, params: Value[]): void {
  frame.params[scope] = params
  frame.activations[scope + 1] = ++frame.last
}

function within(frame: Frame, arm: { scope: number; result: number }, params: Value[]): Value {
  enter(frame, arm.scope, params)
  return demand(frame, arm.result)
}

function evaluate(frame: Frame, node: Node, index: number): Value {
  switch (node.op) {
    case 'input':
      return frame.inputs[node.input]!
    case 'param':
      return frame.params[node.scope]![node.param]!
    case 'const':
      return frame.constants[index]!
    case 'if':
      return (free(frame), demand(frame, demand(frame, node.cond) === true ? node.then : node.else))
    case 'record':
      return evaluateRecord(frame, node.fields)
    case 'field':
      return (free(frame), (demand(frame, node.of) as RecordValue)[node.field]!)
    case 'list':
      return evaluateList(frame, node.items)
    case 'variant':
      return (made(frame, 16), { tag: node.tag, value: demand(frame, node.value) })
    case 'some':
      return (made(frame, 8), { some: demand(frame, node.value) })
    case 'match':
      return evaluateMatch(frame, node)
    case 'unwrap':
      return evaluateUnwrap(frame, node)
    case 'and':
      return (free(frame), demand(frame, node.args[0]!) === true && demand(frame, node.args[1]!) === true)
    case 'or':
      return (free(frame), demand(frame, node.args[0]!) === true || demand(frame, node.args[1]!) === true)
    default:
      if ('scope' in node) return evaluateEach(frame, node)
      return PRIMITIVES[node.op](frame.meter, ...node.args.map((argument) => demand(frame, argument)))
  }
}

const free = (frame: Frame): void => frame.meter.step(0)

function made(frame: Frame, bytes: number): void {
  frame.meter.step(0)
  frame.meter.grow(bytes)
}

function evaluateRecord(frame: Frame, fields: Record<string, number>): Value {
  const names = namesOf(fields)
  frame.meter.step(names.length)
  frame.meter.grow(8 * names.length)
  const record = newRecord()
  for (const name of names) record[name] = demand(frame, fields[name]!)
  return record
}

function evaluateList(frame: Frame, items: number[]): Value {
  frame.meter.step(items.length)
  frame.meter.grow(8 * items.length)
  return items.map((item) => demand(frame, item))
}

/** The arms of a match are in the order of the sorted tags, and each scope names its own. Halving keeps matches with many arms cheap. */
function armFor<A extends { scope: number }>(frame: Frame, arms: A[], tag: string): A {
  const tagOf = (arm: A): string => (frame.body.scopes[arm.scope] as Scope & { kind: 'case' }).tag
  let first = 0
  for (let last = arms.length - 1; first < last; ) {
    const middle = (first + last) >> 1
    if (tagOf(arms[middle]!) < tag) first = middle + 1
    else last = middle
  }
  const found = arms[first]!
  if (tagOf(found) !== tag) throw new Error(`a checked match has an arm for every case, not for ${tag}`)
  return found
}

function evaluateMatch(frame: Frame, node: Node & { op: 'match' }): Value {
  free(frame)
  const on = demand(frame, frame.body.scopes[node.arms[0]!.scope]!.over) as VariantValue
  return within(frame, armFor(frame, node.arms, on.tag), [on.value])
}

function evaluateUnwrap(frame: Frame, node: Node & { op: 'unwrap' }): Value {
  free(frame)
  const on = demand(frame, frame.body.scopes[node.some.scope]!.over) as SomeValue | null
  return on === null ? demand(frame, node.none) : within(frame, node.some, [on.some])
}

function evaluateEach(frame: Frame, node: Each): Value {
  const scope = frame.body.scopes[node.scope]!
  const over = demand(frame, scope.over)
  const start = scope.kind === 'fold' ? demand(frame, scope.start) : null
  return runEach(frame.meter, node, scope.kind, over, start, (...params) => within(frame, node, params))
}

function runEffects(frame: Frame, block: Block, collections: Program['collections'], effects: Effect[], writes: BlockWrite[]): void {
  const run = (list: Effect[]): void => runEffects(frame, block, collections, list, writes)
  const arm = (chosen: EffectArm, param: Value): void => {
    enter(frame, chosen.scope, [param])
    run(chosen.effects)
  }
  for (const effect of effects) {
    free(frame)
    if ('write' in effect) writes.push(makeWrite(frame, block, collections, effect))
    else if ('if' in effect) run(demand(frame, effect.if) === true ? effect.then : effect.else)
    else if ('match' in effect) {
      const on = demand(frame, effect.match) as VariantValue
      arm(armFor(frame, effect.arms, on.tag), on.value)
    } else {
      const on = demand(frame, effect.unwrap) as SomeValue | null
      if (on === null) run(effect.none)
      else arm(effect.some, on.some)
    }
  }
}

/** What leaves the block keeps the bounds of its type; looking costs steps, because parts may be shared. */
export function fits(meter: Meter, type: Type, value: Value, name: string): Value {
  const problem = misfit(type, value, name, (size) => meter.step(size))
  if (problem !== null) throw new Stop('program.bound', `${problem}; nothing is written.`)
  return value
}

function makeWrite(
  frame: Frame,
  block: Block,
  collections: Program['collections'],
  effect: Extract<Effect, { write: number }>,
): BlockWrite {
  const site = block.sites[effect.write]!
  const types = collections[site.collection]!.fields
  const fields = emptyRecord<{ value: Value } | { carry: number }>()
  for (const name of site.fields) {
    const from = effect.fields[name]!
    fields[name] = 'carry' in from ? { carry: from.carry } : { value: demand(frame, from.node) }
    if ('node' in from) fits(frame.meter, types[name]!, demand(frame, from.node), `${site.collection}.${name}`)
  }
  return { site: effect.write, slot: site.slot, collection: site.collection, fields }
}

function runBody(program: Program, block: Block, inputs: Value[], budget: Budget): BlockRun {
  const meter = createMeter(budget)
  const frame = createFrame(block.body, inputs, meter)
  const writes: BlockWrite[] = []
  runEffects(frame, block, program.collections, block.body.effects, writes)
  const outputs = block.body.outputs.map((node, i) => {
    return fits(meter, block.outputs[i]!, demand(frame, node), `output ${i} of ${block.name}`)
  })
  return { outputs, writes, sites: writes.map((write) => write.site), steps: meter.steps, bytes: meter.bytes }
}

/** The endpoint and block of a checked program, or `program.unchecked`, `program.endpoint`, `program.block`. */
function find(program: Program, endpoint: string, block: number): Result<{ endpoint: Endpoint; block: Block }> {
  if (!isChecked(program)) return fail('program.unchecked', 'The program was not checked; pass what check() returned.')
  const found = own(program.endpoints, endpoint)
  if (found === undefined) return fail('program.endpoint', `The program ${program.name} has no endpoint ${endpoint}.`)
  const chosen = found.blocks[block]
  return chosen === undefined
    ? fail('program.block', `The endpoint ${endpoint} has ${found.blocks.length} blocks, no block ${block}.`)
    : ok({ endpoint: found, block: chosen })
}

/**
 * Runs the body of one block: the whole of what a server computes. The caller has looked at the guard (`skipBlock` when it is false).
 * @param inputs opened values in the order of `block.inputs`
 * @returns `program.unchecked`, `program.endpoint`, `program.block`, `program.input` (an input that does not fit its type),
 *   `program.overflow`, `program.divide`, `program.bound` (an output or written field over its bound), `program.budget`
 */
export function runBlock(program: Program, endpoint: string, block: number, inputs: Value[], budget: Budget): Result<BlockRun> {
  const found = find(program, endpoint, block)
  if (!found.ok) return found
  const wanted = found.value.block.inputs
  if (inputs.length !== wanted.length)
    return fail('program.input', `The block ${found.value.block.name} opens ${wanted.length} values, not ${inputs.length}.`)
  for (const [i, input] of wanted.entries()) {
    const problem = misfit(typeOfSource(program, found.value.endpoint, input.source), inputs[i], input.name)
    if (problem !== null) return fail('program.input', `${problem}.`)
  }
  try {
    return ok(runBody(program, found.value.block, inputs, budget))
  } catch (error) {
    if (error instanceof Stop) return fail(error.code, error.message)
    throw error
  }
}

/** What a block with a false guard yields: default outputs, no writes, no cost. Errors as in `runBlock`. */
export function skipBlock(program: Program, endpoint: string, block: number): Result<BlockRun> {
  const found = find(program, endpoint, block)
  if (!found.ok) return found
  return ok({ outputs: found.value.block.outputs.map(defaultValue), writes: [], sites: [], steps: 0, bytes: 0 })
}
