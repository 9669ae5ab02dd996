import fc from 'fast-check'
import type { Program } from '../../../../roles/program/index.ts'
import { randomProgram } from './program.ts'

/** Where a random program comes from; printed by fast-check when a property fails. */
export interface Origin {
  seed: number
  fuel: number
}

/** GOLEM_RUNS=50 multiplies the runs of every property here, for a long search. */
const TIMES = Number(process.env['GOLEM_RUNS'] ?? 1)
export const runs = (few: number): number => few * TIMES

/** Runs of a property: from its committed seed, or from a new one (or GOLEM_SEED) in a long search. */
export const from = (seed: number, few: number): { numRuns: number; seed?: number } =>
  TIMES > 1 || process.env['GOLEM_SEED'] !== undefined ? { numRuns: runs(few) } : { numRuns: few, seed }

export const anyOrigin: fc.Arbitrary<Origin> = fc.record({
  seed: fc.noShrink(fc.noBias(fc.nat())),
  fuel: fc.noBias(fc.integer({ min: 20, max: 9_000 })),
})

/** The same document for the same origin. */
export const programOf = ({ seed, fuel }: Origin): Program => randomProgram(seed, fuel)
