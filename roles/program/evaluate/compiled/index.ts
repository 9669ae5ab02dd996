/**
 * The compiler: one strict function of JavaScript for a block of a checked program, with the meaning of the reference evaluator (the essay's «JIT»).
 * It counts steps and bytes in sums instead of one by one, so that it may stop a little later or earlier than the reference; whatever stops it, the
 * reference runs the call again and says what is wrong. What it returns is the same to the last step.
 */
import type { BlockRun, BlockWrite, Budget } from '../../api.ts'
import { shapesOf } from '../../check/checked.ts'
import type { Block, Effect, Endpoint, Program, Type, WriteSite } from '../../document.ts'
import { branchesOf } from '../../scopes.ts'
import { typeOfSource } from '../../sources.ts'
import { emptyRecord, newRecord } from '../../value/measure.ts'
import type { Value } from '../../value/value.ts'
import { runEach } from '../each.ts'
import { fits } from '../fits.ts'
import { Meter, Stop } from '../meter.ts'
import { fuseLoops } from './loops.ts'
import { regionCost, writeNode, writeSwitch } from './nodes.ts'
import { rangesOf } from './ranges.ts'
import { planBody } from './regions.ts'
import type { Region } from './regions.ts'
import { constant, count, line, use } from './writer.ts'
import type { Writer } from './writer.ts'

/** Thrown by generated code where the reference evaluator has to say what is wrong. */
const STOPPED = Symbol('stopped')

type Generated = (meter: Meter, steps: number, bytes: number, inputs: Value[]) => { writes: BlockWrite[]; outputs: Value[] }

/** A block as a function; null where the call has to be run by the reference evaluator, which finds out why. */
export type CompiledBlock = (inputs: Value[], budget: Budget) => BlockRun | null

/**
 * Compiles a block of a checked program. The inputs given to the result have to fit their types.
 * Throws where the host forbids generated code (a page with a strict content security policy).
 */
export function compileBlock(program: Program, endpoint: Endpoint, block: Block): CompiledBlock {
  const run = generateUnlessDeep(program, endpoint, block)
  if (run === null) return () => null
  return (inputs, budget) => {
    const meter = new Meter(budget)
    try {
      const { writes, outputs } = run(meter, budget.steps, budget.bytes, inputs)
      return {
        outputs,
        writes,
        sites: writes.length === 0 ? [] : writes.map((write) => write.site),
        steps: meter.steps,
        bytes: meter.bytes,
      }
    } catch (error) {
      if (error === STOPPED || error instanceof Stop || error instanceof RangeError) return null
      throw error
    }
  }
}

/** Null where branches stand in one another so deeply that writing or parsing the code takes more stack than there is. */
function generateUnlessDeep(program: Program, endpoint: Endpoint, block: Block): Generated | null {
  try {
    return generate(program, endpoint, block)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** The text of the function, for tests and the curious. */
export const codeOf = (program: Program, endpoint: Endpoint, block: Block): string => textOf(write(program, endpoint, block))

const textOf = ({ outside, lines }: Writer): string => ["'use strict'", ...outside, ...lines].join('\n')

function generate(program: Program, endpoint: Endpoint, block: Block): Generated {
  const writer = write(program, endpoint, block)
  const names = Array.from(writer.constants.values(), (at) => `k${at}`)
  // The only place where text becomes code: it is made of numbers, of names made here, and of field names that were looked at one by one.
  // eslint-disable-next-line no-new-func
  const make = new Function('N', 'E', 'W', 'F', 'Q', ...names, textOf(writer)) as (...given: unknown[]) => Generated
  return make(newRecord, runEach, makeWrite, fits, STOPPED, ...writer.constants.keys())
}

function write(program: Program, endpoint: Endpoint, block: Block): Writer {
  const { body } = block
  const inputs = block.inputs.map((input) => typeOfSource(program, endpoint, input.source))
  const writer: Writer = {
    block,
    body,
    plan: planBody(body),
    shapes: shapesOf(body),
    ranges: rangesOf(body, inputs),
    lines: [],
    constants: new Map(),
    values: new Map(),
    makers: new Map(),
    outside: [],
    counted: { steps: false, bytes: false },
    used: [],
  }
  fuseLoops(writer)
  line(writer, 'return (m, S, B, I) => {')
  line(writer, 'let s = 0, b = 0')
  block.inputs.forEach((_, i) => line(writer, `const i${i} = I[${i}]`))
  line(writer, 'const w = []')
  writeRegion(writer, writer.plan.root)
  writeEffects(writer, program, body.effects)
  const outputs = block.outputs.map((type, i) => writeOutput(writer, type, body.outputs[i]!))
  line(writer, `const o = [${outputs.join(', ')}]`)
  line(writer, 'm.steps += s')
  line(writer, 'm.bytes += b')
  line(writer, 'if (m.steps > S || m.bytes > B) throw Q')
  line(writer, 'return { writes: w, outputs: o }')
  line(writer, '}')
  return writer
}

/** What leaves the block keeps the bounds of its type; for integers and bools that is a step and a comparison. */
function writeOutput(writer: Writer, type: Type, node: number): string {
  const value = use(writer, node)
  if (type.kind !== 'int' && type.kind !== 'bool') return `F(m, ${constant(writer, type)}, ${value}, '')`
  count(writer, { steps: 1, bytes: 0 })
  const bounds = type.kind === 'int' ? [['<', type.min] as const, ['>', type.max] as const] : []
  for (const [beyond, bound] of bounds) if (bound !== undefined) line(writer, `if (${value} ${beyond} ${Number(bound)}) throw Q`)
  return value
}

function writeRegion(writer: Writer, region: Region, isCounted = false): void {
  if (!isCounted) count(writer, regionCost(writer, region))
  for (const node of region.nodes.toSorted((a, b) => a - b)) writeNode(writer, node, writeRegion)
}

function writeEffects(writer: Writer, program: Program, effects: Effect[]): void {
  count(writer, { steps: effects.length, bytes: 0 })
  for (const effect of effects) {
    if ('write' in effect) {
      line(writer, `w.push(${writeCall(writer, program, effect)})`)
      continue
    }
    const regions = writer.plan.effects.get(effect)!
    const branches = branchesOf(effect)
    const branch = (part: number): void => {
      writeRegion(writer, regions[part]!)
      writeEffects(writer, program, branches[part]!)
    }
    if ('match' in effect) {
      const tags = effect.arms.map(({ scope }) => (writer.body.scopes[scope] as { tag: string }).tag)
      writeSwitch(writer, use(writer, effect.match), tags, branch)
      continue
    }
    line(writer, `if (${'if' in effect ? use(writer, effect.if) : `${use(writer, effect.unwrap)} !== null`}) {`)
    branch(0)
    line(writer, '} else {')
    branch(1)
    line(writer, '}')
  }
}

/** A write as the code makes it; the fields are those of the site, in their order. */
interface Prepared {
  index: number
  site: WriteSite
  fields: Array<{ name: string; type: Type; carry: number | null }>
}

function writeCall(writer: Writer, program: Program, effect: Extract<Effect, { write: number }>): string {
  const site = writer.block.sites[effect.write]!
  const types = program.collections[site.collection]!.fields
  const given = site.fields.map((name) => ({ name, value: effect.fields[name]! }))
  const fields = given.map(({ name, value }) => ({ name, type: types[name]!, carry: 'carry' in value ? value.carry : null }))
  const prepared: Prepared = { index: effect.write, site, fields }
  const values = given.map(({ value }) => ('node' in value ? use(writer, value.node) : 'null'))
  return `W(m, ${constant(writer, prepared)}, [${values.join(', ')}])`
}

function makeWrite(meter: Meter, { index, site, fields }: Prepared, values: Value[]): BlockWrite {
  const written = emptyRecord<{ value: Value } | { carry: number }>()
  for (const [i, { name, type, carry }] of fields.entries())
    written[name] = carry === null ? { value: fits(meter, type, values[i]!, name) } : { carry }
  return { site: index, slot: site.slot, collection: site.collection, fields: written }
}
