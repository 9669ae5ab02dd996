import { describe, expect, it } from 'vitest'
import { runBlock } from '../../../roles/program/index.ts'
import type { Program, Type, Value } from '../../../roles/program/index.ts'
import { must } from '../guestbook.story.ts'
import { INT, integer, listOf, programOf } from './bodies.ts'

const BUDGET = { steps: 1e6, bytes: 1e8 }

/** The fastest of a few runs, in seconds: other work on the machine makes them slower, never faster. */
function secondsOf(program: Program, inputs: Value[]): number {
  const times = Array.from({ length: 3 }, () => {
    const start = performance.now()
    runBlock(program, 'go', 0, inputs, BUDGET)
    return performance.now() - start
  })
  return Math.min(...times) / 1000
}

describe('what costs few steps takes little time', () => {
  it('a match of five thousand arms, for each of many items', () => {
    const matchOf = (arms: number): number => {
      const names = Array.from({ length: arms }, (_, i) => `c${String(i).padStart(5, '0')}`)
      const variant: Type = { kind: 'variant', cases: Object.fromEntries(names.map((name) => [name, INT])) }
      const items = { ...listOf(variant), max: 100_000 }
      const program = must(
        programOf([items], listOf(INT), (draft, [list]) => {
          const [item] = draft.open({ kind: 'item', parent: -1, over: list! })
          const one = integer(draft, 1)
          const scopes = names.map((tag) => draft.scopes.push({ kind: 'case', parent: 0, over: item!, tag }))
          return draft.add({ op: 'map', scope: 0, result: draft.add({ op: 'match', arms: scopes.map((next) => ({ scope: next - 1, result: one })) }) })
        }),
      )
      return secondsOf(program, [Array.from({ length: 20_000 }, () => ({ tag: names.at(-1)!, value: 1 }))])
    }
    expect(matchOf(5_000)).toBeLessThan(20 * matchOf(5) + 0.1)
  })
})
