import fc from 'fast-check'
import { check } from '../../../../roles/program/index.ts'
import type { BlockRun, Budget, Program, Result, Value } from '../../../../roles/program/index.ts'
import { must } from '../guestbook.story.ts'
import { BUDGET, inputsOf } from './calls.ts'
import { createDice } from './dice.ts'
import { runDifference } from './difference.ts'
import { anyOrigin, programOf } from './index.ts'
import type { Origin } from './index.ts'
import { mutated } from './mutate.ts'

/** What runs one block: the reference `runBlock`, or another implementation of the same meaning. */
export type RunBlock = (program: Program, endpoint: string, block: number, inputs: Value[], budget: Budget) => Result<BlockRun>

export interface EqualOptions {
  numRuns: number
  /** Fixed seed; without it fast-check chooses one, or takes GOLEM_SEED. */
  seed?: number
  /** Sets of inputs for every block of a program. */
  calls?: number
  /** Random changes of every program; those that the checker admits are run too. */
  mutants?: number
  budget?: Budget
}

/**
 * Holds two evaluators equal on random programs, and on changed ones that the checker admits: outputs, writes, steps and bytes, errors
 * with their messages, and where budgets stop them. Throws with the seed, where the smallest program found comes from, its inputs and
 * the first difference.
 */
export function equalEvaluators(first: RunBlock, second: RunBlock, options: EqualOptions): void {
  const { calls = 3, mutants = 4, budget = BUDGET, numRuns, seed } = options
  const property = fc.property(anyOrigin, (origin) => {
    const document = programOf(origin)
    for (let call = 0; call < calls; call++) equalOn(first, second, must(check(document)), origin, call, budget)
    for (let mutant = 0; mutant < mutants; mutant++) {
      const changed = check(mutated(createDice(origin.seed + mutant, 1e9), document))
      if (changed.ok) equalOn(first, second, changed.value, origin, mutant, budget)
    }
  })
  const found = fc.check(property, { numRuns, ...(seed === undefined ? {} : { seed }) })
  if (found.failed)
    throw new Error(
      `GOLEM_SEED=${found.seed}: the evaluators differ on programOf(${JSON.stringify(found.counterexample?.[0])}) or a change of it. ` +
        String(found.errorInstance),
      { cause: found.errorInstance },
    )
}

/** All blocks of one program, with inputs from one seed. */
export function equalOn(first: RunBlock, second: RunBlock, program: Program, origin: Origin, call: number, budget: Budget): void {
  for (const [name, endpoint] of Object.entries(program.endpoints))
    for (const [index, block] of endpoint.blocks.entries()) {
      const inputs = inputsOf(program, endpoint, block, origin.seed + call)
      for (const limit of budgetsFor(first(program, name, index, inputs, budget), budget, call)) {
        const found = runDifference(first(program, name, index, inputs, limit), second(program, name, index, inputs, limit))
        if (found !== null) throw new Error(describe(name, index, inputs, limit, found))
      }
    }
}

/** The whole budget; exactly what the run takes; one less of each; some way to it. */
function budgetsFor(run: Result<BlockRun>, budget: Budget, call: number): Budget[] {
  if (!run.ok)
    return [budget, { steps: Math.floor(budget.steps / 7), bytes: Math.floor(budget.bytes / 50) }, { steps: 20 * call, bytes: 9_999 }]
  const { steps, bytes } = run.value
  const part = (whole: number, by: number): number => Math.floor((whole * by) / 4)
  return [
    budget,
    { steps, bytes },
    { steps: Math.max(0, steps - 1), bytes },
    { steps, bytes: Math.max(0, bytes - 1) },
    { steps: part(steps, call + 1), bytes },
    { steps, bytes: part(bytes, call + 1) },
  ]
}

const describe = (endpoint: string, block: number, inputs: Value[], budget: Budget, found: string): string =>
  `Block ${block} of ${endpoint} with ${JSON.stringify(inputs, plainly)} and ${JSON.stringify(budget)}: ${found}.`

/** Maps and bytes as JSON shows them. */
const plainly = (_: string, value: unknown): unknown =>
  value instanceof Map ? { map: [...value] } : value instanceof Uint8Array ? { bytes: [...value] } : value
