import { describe, expect, it } from 'vitest'
import { runBlock, runCompiled, runInterpreted } from '../../../../roles/program/index.ts'
import { ok } from '../../../../roles/program/result.ts'
import { compileBlock } from '../../../../roles/program/evaluate/compiled/index.ts'
import { equalEvaluators } from './equal-evaluators.ts'
import type { RunBlock } from './equal-evaluators.ts'
import { from } from './index.ts'

/** Another implementation that is wrong in one respect. */
const broken =
  (change: (run: ReturnType<RunBlock>, ...call: Parameters<RunBlock>) => ReturnType<RunBlock>): RunBlock =>
  (...call) =>
    change(runBlock(...call), ...call)

/** The compiled form alone. Only what the reference refuses may be left to the reference; depth of a tree is the exception. */
const compiledAlone: RunBlock = (program, name, index, inputs, budget) => {
  const endpoint = program.endpoints[name]!
  const run = compileBlock(program, endpoint, endpoint.blocks[index]!)(inputs, budget)
  if (run !== null) return ok(run)
  const reference = runInterpreted(program, name, index, inputs, budget)
  return reference.ok ? { ok: false, error: { code: 'gave up', message: 'the compiled form gave up', retryable: false } } : reference
}

describe('two evaluators', () => {
  it('[L10] are held equal on random programs: outputs, writes, steps, bytes, errors, and where budgets stop them', () => {
    equalEvaluators(runInterpreted, compiledAlone, from(101, 50))
  })

  it('[L10] are held equal as they are called, hot or not', () => {
    equalEvaluators(runInterpreted, runCompiled, from(103, 15))
    equalEvaluators(runInterpreted, runBlock, from(104, 15))
  })

  it.each<[string, RunBlock]>([
    ['counts one step more', broken((run) => (run.ok ? ok({ ...run.value, steps: run.value.steps + 1 }) : run))],
    ['counts no bytes', broken((run) => (run.ok ? ok({ ...run.value, bytes: 0 }) : run))],
    [
      'stops one step late',
      broken((_, program, endpoint, block, inputs, { steps, bytes }) =>
        runBlock(program, endpoint, block, inputs, { steps: steps + 1, bytes }),
      ),
    ],
    ['takes one error for another', broken((run) => (run.ok ? run : { ok: false, error: { ...run.error, code: 'program.budget' } }))],
    [
      'mistakes zero',
      broken((run) => (run.ok ? ok({ ...run.value, outputs: run.value.outputs.map((value) => (value === 0 ? -0 : value)) }) : run)),
    ],
    ['forgets a write', broken((run) => (run.ok ? ok({ ...run.value, writes: run.value.writes.slice(1) }) : run))],
  ])('are told apart when one %s', (_, wrong) => {
    expect(() => equalEvaluators(runBlock, wrong, { seed: 102, numRuns: 100 })).toThrow(/Block \d of/)
  })
})
