import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalProgram, check, describe as describeProgram, runBlock, runEndpoint } from '../../../../roles/program/index.ts'
import type { Program } from '../../../../roles/program/index.ts'
import { must } from '../guestbook.story.ts'
import { BUDGET, callOf, inputsOf } from './calls.ts'
import { createDice } from './dice.ts'
import { anyOrigin, from, programOf, runs } from './index.ts'
import { labelled, labelViolation } from './labels.ts'
import { mutated } from './mutate.ts'

/** Everything that can be done with a checked program; exceptions come through, and the label has to be sound. */
function useAll(program: Program, seed: number): void {
  describeProgram(program)
  for (const [name, endpoint] of Object.entries(program.endpoints)) {
    expect(labelViolation(program, name, labelled(program, name), seed)).toBe(null)
    for (const [index, block] of endpoint.blocks.entries()) runBlock(program, name, index, inputsOf(program, endpoint, block, seed), BUDGET)
    runEndpoint(program, name, callOf(program, endpoint, seed), BUDGET)
  }
}

describe('random programs', () => {
  it('are accepted by the checker, and their canonical form is checked to the same bytes', () => {
    fc.assert(
      fc.property(anyOrigin, (origin) => {
        const checked = must(check(programOf(origin)))
        const text = canonicalProgram(checked)
        expect(canonicalProgram(must(check(JSON.parse(text))))).toBe(text)
      }),
      from(201, 80),
    )
  })

  it('with one change are refused at a path with a code of their own, or run without an exception', () => {
    let refused = 0
    let admitted = 0
    fc.assert(
      fc.property(anyOrigin, fc.noBias(fc.nat()), (origin, seed) => {
        const document = programOf({ ...origin, fuel: Math.ceil(origin.fuel / 4) })
        for (let change = 0; change < 12; change++) {
          const json = mutated(createDice(seed + change, 1e9), document)
          const result = check(json)
          if (!result.ok) {
            refused++
            expect(result.error.code).toMatch(/^program\.(shape|scope|type|query|carry|slot|deep)$/)
            expect(result.error.message).toMatch(/^\/.*: .+\.$/s)
          } else {
            admitted++
            useAll(result.value, seed)
          }
        }
      }),
      from(202, 60),
    )
    expect(refused).toBeGreaterThan(runs(30))
    expect(admitted).toBeGreaterThan(runs(30))
  })
})
