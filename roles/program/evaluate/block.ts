import type { BlockRun, Budget } from '../api.ts'
import { isChecked } from '../check/checked.ts'
import type { Block, Endpoint, Program, Type } from '../document.ts'
import { fail, ok } from '../result.ts'
import type { Result } from '../result.ts'
import { typeOfSource } from '../sources.ts'
import { misfit } from '../value/fit.ts'
import { defaultValue, own } from '../value/measure.ts'
import type { Value } from '../value/value.ts'
import { compileBlock } from './compiled/index.ts'
import type { CompiledBlock } from './compiled/index.ts'
import { interpretBlock } from './interpreter.ts'

/** Calls after which a block is worth compiling. */
const HOT = 100

/** What a block has been used for: the number of calls, then its compiled form, or null where the host forbids one. */
const heat = new WeakMap<Block, number | CompiledBlock | null>()

/**
 * Runs the body of one block: the whole of what a server computes. The caller has looked at the guard (`skipBlock` when it is false).
 * The reference evaluator runs it first, and its compiled form once it is called often; both mean the same.
 * @param inputs opened values in the order of `block.inputs`
 * @returns `program.unchecked`, `program.endpoint`, `program.block`, `program.input` (an input that does not fit its type),
 *   `program.overflow`, `program.divide`, `program.bound` (an output or written field over its bound), `program.budget`
 */
export function runBlock(program: Program, endpoint: string, block: number, inputs: Value[], budget: Budget): Result<BlockRun> {
  return runWith(program, endpoint, block, inputs, (found) => {
    const compiled = compiledWhenHot(program, found)
    const run = compiled === null ? null : compiled(inputs, budget)
    return run === null ? interpretBlock(program, found.block, inputs, budget) : ok(run)
  })
}

/** The same by the reference evaluator alone. */
export const runInterpreted: typeof runBlock = (program, endpoint, block, inputs, budget) =>
  runWith(program, endpoint, block, inputs, (found) => interpretBlock(program, found.block, inputs, budget))

/** The same by the compiled form from the first call on. Throws where the host forbids generated code. */
export const runCompiled: typeof runBlock = (program, endpoint, block, inputs, budget) =>
  runWith(program, endpoint, block, inputs, (found) => {
    const run = compiledOf(program, found)(inputs, budget)
    return run === null ? interpretBlock(program, found.block, inputs, budget) : ok(run)
  })

interface Found {
  endpoint: Endpoint
  block: Block
}

const compiledBlocks = new WeakMap<Block, CompiledBlock>()

function compiledOf(program: Program, { endpoint, block }: Found): CompiledBlock {
  const known = compiledBlocks.get(block) ?? compileBlock(program, endpoint, block)
  compiledBlocks.set(block, known)
  return known
}

function compiledWhenHot(program: Program, found: Found): CompiledBlock | null {
  const known = heat.get(found.block) ?? 0
  if (typeof known !== 'number') return known
  heat.set(found.block, known < HOT ? known + 1 : tryToCompile(program, found))
  return null
}

function tryToCompile(program: Program, found: Found): CompiledBlock | null {
  try {
    return compiledOf(program, found)
  } catch (error) {
    // A page with a strict content security policy; the reference evaluator does there.
    if (error instanceof EvalError) return null
    throw error
  }
}

function runWith(
  program: Program,
  endpoint: string,
  block: number,
  inputs: Value[],
  run: (found: Found) => Result<BlockRun>,
): Result<BlockRun> {
  const found = find(program, endpoint, block)
  if (!found.ok) return found
  const problem = wrongInput(program, found.value, inputs)
  return problem === null ? run(found.value) : fail('program.input', `${problem}.`)
}

function wrongInput(program: Program, { endpoint, block }: Found, inputs: Value[]): string | null {
  if (inputs.length !== block.inputs.length) return `The block ${block.name} opens ${block.inputs.length} values, not ${inputs.length}`
  const types = inputTypes(program, endpoint, block)
  for (const [i, input] of block.inputs.entries()) {
    const problem = misfit(types[i]!, inputs[i], input.name)
    if (problem !== null) return problem
  }
  return null
}

const typesOfBlocks = new WeakMap<Block, Type[]>()

/** Frozen, so that looking at values of these types is prepared once. */
function inputTypes(program: Program, endpoint: Endpoint, block: Block): Type[] {
  const known = typesOfBlocks.get(block) ?? block.inputs.map((input) => Object.freeze(typeOfSource(program, endpoint, input.source)))
  typesOfBlocks.set(block, known)
  return known
}

/** The endpoint and block of a checked program, or `program.unchecked`, `program.endpoint`, `program.block`. */
function find(program: Program, endpoint: string, block: number): Result<Found> {
  if (!isChecked(program)) return fail('program.unchecked', 'The program was not checked; pass what check() returned.')
  const found = own(program.endpoints, endpoint)
  if (found === undefined) return fail('program.endpoint', `The program ${program.name} has no endpoint ${endpoint}.`)
  const chosen = found.blocks[block]
  return chosen === undefined
    ? fail('program.block', `The endpoint ${endpoint} has ${found.blocks.length} blocks, no block ${block}.`)
    : ok({ endpoint: found, block: chosen })
}

/** What a block with a false guard yields: default outputs, no writes, no cost. Errors as in `runBlock`. */
export function skipBlock(program: Program, endpoint: string, block: number): Result<BlockRun> {
  const found = find(program, endpoint, block)
  if (!found.ok) return found
  return ok({ outputs: found.value.block.outputs.map(defaultValue), writes: [], sites: [], steps: 0, bytes: 0 })
}
