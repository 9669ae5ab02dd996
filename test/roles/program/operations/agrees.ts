import fc from 'fast-check'
import { expect } from 'vitest'
import { canonicalProgram, see } from '../../../../roles/program/index.ts'
import type { Expr, Fields, MarkOf, Program, Sealed, Value } from '../../../../roles/program/index.ts'
import { must } from '../guestbook.story.ts'
import { go, small } from '../small.ts'

export type Opened<R> = { readonly [K in keyof R]: Expr<MarkOf<R[K]>> }

/** A program of one observation point that opens the whole request. */
export function opening<R extends Fields>(request: R, build: (opened: Opened<R>) => unknown): Program {
  const names = Object.keys(request)
  const compiled = (): Program =>
    must(
      small(request, (req) => {
        const sealed = names.map((name) => (req as Record<string, Sealed<unknown>>)[name]!)
        const callback = (...opened: unknown[]): unknown =>
          build(Object.fromEntries(names.map((name, i) => [name, opened[i]])) as Opened<R>)
        return (see as (...args: unknown[]) => unknown)(...sealed, callback)
      }),
    )
  const program = compiled()
  expect(canonicalProgram(compiled())).toBe(canonicalProgram(program))
  return program
}

export const answerOf = (program: Program, request: Record<string, Value>): unknown =>
  must(go(program, request, { steps: 10_000_000, bytes: 100_000_000 })).response

/** What the program answers is what plain JavaScript says, for random requests; the outputs keep the bounds of their types. */
export function agrees<R extends Fields, I extends object>(
  request: R,
  build: (opened: Opened<R>) => unknown,
  inputs: fc.Arbitrary<I>,
  expected: (input: I) => unknown,
  seed: number,
): Program {
  const program = opening(request, build)
  fc.assert(
    fc.property(inputs, (input) => {
      expect(answerOf(program, input as Record<string, Value>)).toEqual(expected(input))
    }),
    { seed, numRuns: 150 },
  )
  return program
}
