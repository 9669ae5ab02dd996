import fc from 'fast-check'
import type { Program } from '../../../roles/program/index.ts'
import { randomProgram } from './program.ts'

/** Where a random program comes from; printed by fast-check when a property fails. */
export interface Origin {
  seed: number
  fuel: number
}

/** More runs of every property here, for a long search: GOLEM_RUNS=50 multiplies them. */
export const runs = (few: number): number => few * Number(process.env['GOLEM_RUNS'] ?? 1)

export const anyOrigin: fc.Arbitrary<Origin> = fc.record({
  seed: fc.noShrink(fc.noBias(fc.nat())),
  fuel: fc.noBias(fc.integer({ min: 20, max: 9_000 })),
})

/** The same document for the same origin. */
export const programOf = ({ seed, fuel }: Origin): Program => randomProgram(seed, fuel)
