import type { BlockRun, BlockWrite, Budget } from '../api.ts'
import type { Block, Body, Each, Effect, EffectArm, Node, Program, Scope } from '../document.ts'
import { fromJson } from '../value/json.ts'
import { emptyRecord, namesOf, newRecord } from '../value/measure.ts'
import { Meter, Stop } from './meter.ts'
import { runEach } from './each.ts'
import { fits } from './fits.ts'
import { PRIMITIVES } from './primitives/index.ts'
import { fail, ok } from '../result.ts'
import type { Result } from '../result.ts'
import { isRun, nodeScopes, runScopes } from '../scopes.ts'
import type { RecordValue, SomeValue, Value, VariantValue } from '../value/value.ts'

/** One evaluation of a body. A node's value is current while `stamps[node]` is the activation number of its scope. */
interface Frame {
  body: Body
  inputs: Value[]
  meter: Meter
  /** For each node the innermost scope around it that runs for each item: with the next item the node is evaluated anew. */
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
  const runs = runScopes(body)
  const made = { scopes: nodeScopes(body).map((scope) => runs[scope + 1]!), constants: body.nodes.map(constantOf) }
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

/** Binds a scope's parameters. One that runs for each item starts a new activation, which forgets the values of the one before. */
function enter(frame: Frame, scope: number, params: Value[]): void {
  frame.params[scope] = params
  if (isRun(frame.body.scopes[scope]!)) frame.activations[scope + 1] = ++frame.last
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
  for (let last = arms.length - 1; first < last;) {
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

/**
 * The reference evaluator: what a block makes of inputs that fit their types.
 * @returns `program.overflow`, `program.divide`, `program.bound` (an output or written field over its bound), `program.budget`
 */
export function interpretBlock(program: Program, block: Block, inputs: Value[], budget: Budget): Result<BlockRun> {
  try {
    return ok(runBody(program, block, inputs, budget))
  } catch (error) {
    if (error instanceof Stop) return fail(error.code, error.message)
    throw error
  }
}

function runBody(program: Program, block: Block, inputs: Value[], budget: Budget): BlockRun {
  const meter = new Meter(budget)
  const frame = createFrame(block.body, inputs, meter)
  const writes: BlockWrite[] = []
  runEffects(frame, block, program.collections, block.body.effects, writes)
  const outputs = block.body.outputs.map((node, i) => {
    return fits(meter, block.outputs[i]!, demand(frame, node), `output ${i} of ${block.name}`)
  })
  return { outputs, writes, sites: writes.map((write) => write.site), steps: meter.steps, bytes: meter.bytes }
}
