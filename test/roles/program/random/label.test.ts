import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { askedWith, check, runEndpoint, sourceName } from '../../../../roles/program/index.ts'
import type { BlockRun, Endpoint, EndpointRun, Program, Result, Source } from '../../../../roles/program/index.ts'
import { must } from '../guestbook.story.ts'
import { BUDGET, callOf } from './calls.ts'
import { difference } from './difference.ts'
import { anyOrigin, from, programOf, runs } from './index.ts'
import { givenTo, labelled, labelViolation, withoutOne } from './labels.ts'
import type { Tally } from './labels.ts'

const checked = (origin: Parameters<typeof programOf>[0]): Program => must(check(programOf(origin)))

describe('the data-flow label of random programs', () => {
  it('[L12] is sound: what it does not name never changes a stored or returned field', () => {
    const tally: Tally = { changes: 0 }
    fc.assert(
      fc.property(anyOrigin, (origin) => {
        const program = checked(origin)
        for (const name of Object.keys(program.endpoints))
          for (const seed of [origin.seed, origin.seed + 1])
            expect(labelViolation(program, name, labelled(program, name), seed, tally)).toBe(null)
      }),
      from(206, 80),
    )
    expect(tally.changes).toBeGreaterThan(runs(2_000))
  })

  it('[L12] is found wrong when it lacks an input', () => {
    let found = 0
    for (let seed = 0; seed < 40 && found < 5; seed++) {
      const program = checked({ seed, fuel: 4_000 })
      for (const name of Object.keys(program.endpoints)) {
        const label = labelled(program, name)
        const wrong = [...label.stored, ...label.returned].flatMap(({ inputs }, field) =>
          inputs.map((_, input) => withoutOne(label, field, input)),
        )
        for (const one of wrong.slice(0, 10)) if (labelViolation(program, name, one, seed) !== null) found++
      }
    }
    expect(found).toBeGreaterThanOrEqual(5)
  })
})

/** Whether a value that is given to the endpoint is that input, or a column of a query that is asked with it. */
function isTouched(endpoint: Endpoint, source: Source, input: string): boolean {
  if (sourceName(endpoint, source) === input) return true
  return source.from === 'query' && askedWith(endpoint.queries[source.query]!).some((argument) => sourceName(endpoint, argument) === input)
}

/** Blocks that open neither the input nor anything that may come from it have one outcome, steps and bytes included. */
function compareUntouched(endpoint: Endpoint, input: string, before: BlockRun[], after: BlockRun[]): number {
  const touched = new Set<number>()
  for (const [i, block] of endpoint.blocks.entries()) {
    const opened = [...block.inputs.map(({ source }) => source), ...(block.guard === null ? [] : [block.guard])]
    const isNear = (source: Source): boolean => (source.from === 'block' ? touched.has(source.block) : isTouched(endpoint, source, input))
    if (opened.some(isNear)) touched.add(i)
    else expect(difference(before[i], after[i], block.name)).toBe(null)
  }
  return endpoint.blocks.length - touched.size
}

describe('a block of a random program', () => {
  it('[L12] comes to the same end whatever happens to what it does not open', () => {
    let compared = 0
    const run = (program: Program, name: string, seed: number, changed: string[]): Result<EndpointRun> =>
      runEndpoint(program, name, callOf(program, program.endpoints[name]!, seed, changed), BUDGET)
    fc.assert(
      fc.property(anyOrigin, (origin) => {
        const program = checked(origin)
        for (const [name, endpoint] of Object.entries(program.endpoints)) {
          const before = run(program, name, origin.seed, [])
          for (const input of before.ok ? givenTo(program, endpoint) : []) {
            const after = run(program, name, origin.seed, [input])
            if (before.ok && after.ok) compared += compareUntouched(endpoint, input, before.value.blocks, after.value.blocks)
          }
        }
      }),
      from(207, 60),
    )
    expect(compared).toBeGreaterThan(runs(200))
  })
})
