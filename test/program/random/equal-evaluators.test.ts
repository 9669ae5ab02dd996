import { describe, expect, it } from 'vitest'
import { runBlock } from '../../../roles/program/index.ts'
import { ok } from '../../../roles/program/result.ts'
import { equalEvaluators } from './equal-evaluators.ts'
import type { RunBlock } from './equal-evaluators.ts'
import { from } from './index.ts'

/** Another implementation that is wrong in one respect. */
const broken =
  (change: (run: ReturnType<RunBlock>, ...call: Parameters<RunBlock>) => ReturnType<RunBlock>): RunBlock =>
  (...call) =>
    change(runBlock(...call), ...call)

describe('two evaluators', () => {
  it('[L10] are held equal on random programs: outputs, writes, steps, bytes, errors, and where budgets stop them', () => {
    equalEvaluators(runBlock, (...call) => runBlock(...call), from(101, 50))
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
