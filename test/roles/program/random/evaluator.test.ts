import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { check, fromJson, misfit, responseType, runBlock, runEndpoint, toJson } from '../../../../roles/program/index.ts'
import type { Budget, EndpointRun, Program, Type, Value } from '../../../../roles/program/index.ts'
import { must } from '../guestbook.story.ts'
import { BUDGET, budgetOf, callOf, inputsOf } from './calls.ts'
import { difference, runDifference } from './difference.ts'
import { freezeDeep } from './frozen.ts'
import { anyOrigin, from, programOf } from './index.ts'

const codeOf = (program: Program, endpoint: string, block: number, inputs: Value[], budget: Budget): string => {
  const run = runBlock(program, endpoint, block, inputs, budget)
  return run.ok ? 'ok' : run.error.code
}

interface Case {
  program: Program
  /** The same document, checked once more. */
  again: Program
  endpoint: string
  block: number
  /** Frozen. */
  inputs: Value[]
  /** Of the inputs' seed, sometimes too little. */
  budget: Budget
}

/** Calls `visit` for every block of random programs. */
function everyBlock(settings: ReturnType<typeof from>, visit: (one: Case) => void): void {
  fc.assert(
    fc.property(anyOrigin, (origin) => {
      const program = must(check(programOf(origin)))
      const again = must(check(programOf(origin)))
      for (const [endpoint, { blocks }] of Object.entries(program.endpoints))
        for (const block of blocks.keys())
          for (const seed of [origin.seed, origin.seed + 1]) {
            const inputs = freezeDeep(inputsOf(program, program.endpoints[endpoint]!, blocks[block]!, seed))
            visit({ program, again, endpoint, block, inputs, budget: budgetOf(seed) })
          }
    }),
    settings,
  )
}

describe('the evaluator on random programs', () => {
  it('ends in a value or in an error of the language, the same every time, and leaves its inputs alone', () => {
    everyBlock(from(204, 50), ({ program, again, endpoint, block, inputs, budget }) => {
      const copy = inputs.map(thawed)
      const run = runBlock(program, endpoint, block, inputs, budget)
      if (!run.ok) expect(run.error.code).toMatch(/^program\.(overflow|divide|bound|budget)$/)
      expect(runDifference(run, runBlock(program, endpoint, block, inputs, budget))).toBe(null)
      expect(runDifference(run, runBlock(again, endpoint, block, copy, budget))).toBe(null)
      expect(difference(inputs, copy, 'inputs')).toBe(null)
    })
  })

  it('needs exactly the steps and bytes that it reports', () => {
    everyBlock(from(205, 50), ({ program, endpoint, block, inputs }) => {
      const run = runBlock(program, endpoint, block, inputs, BUDGET)
      if (!run.ok) return
      const { steps, bytes } = run.value
      expect(runDifference(run, runBlock(program, endpoint, block, inputs, { steps, bytes }))).toBe(null)
      if (steps > 0) expect(codeOf(program, endpoint, block, inputs, { steps: steps - 1, bytes })).toBe('program.budget')
      if (bytes > 0) expect(codeOf(program, endpoint, block, inputs, { steps, bytes: bytes - 1 })).toBe('program.budget')
    })
  })

  it('makes values that fit their declared types and come back equal from JSON', () => {
    const holds = (type: Type, value: Value, name: string): void => {
      expect(misfit(type, value, name)).toBe(null)
      const json = JSON.parse(JSON.stringify(toJson(type, value)))
      expect(difference(must(fromJson(type, json)), value, name)).toBe(null)
    }
    fc.assert(
      fc.property(anyOrigin, (origin) => {
        const program = must(check(programOf(origin)))
        for (const [name, endpoint] of Object.entries(program.endpoints)) {
          const run = runEndpoint(program, name, callOf(program, endpoint, origin.seed), BUDGET)
          if (run.ok) holdsAll(program, name, run.value, holds)
        }
      }),
      from(203, 80),
    )
  })
})

function holdsAll(program: Program, name: string, run: EndpointRun, holds: (type: Type, value: Value, name: string) => void): void {
  const endpoint = program.endpoints[name]!
  holds(responseType(program, endpoint), run.response, 'response')
  for (const [i, block] of run.blocks.entries())
    block.outputs.forEach((value, output) => holds(endpoint.blocks[i]!.outputs[output]!, value, `output ${output} of ${i}`))
  for (const { collection, fields } of run.writes)
    for (const [field, value] of Object.entries(fields))
      holds(program.collections[collection]!.fields[field]!, value, `${collection}.${field}`)
}

/** A deep copy without what makes the original refuse changes. */
function thawed(value: Value): Value {
  if (value instanceof Map) return new Map([...value].map(([key, part]) => [key, thawed(part)])) as Value
  if (value instanceof Uint8Array) return value.slice()
  if (Array.isArray(value)) return (value as Value[]).map(thawed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, thawed(part as Value)]))
}
