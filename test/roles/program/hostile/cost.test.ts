import { describe, expect, it } from 'vitest'
import { runBlock, runCompiled, runInterpreted } from '../../../../roles/program/index.ts'
import type { Program, Type, Value } from '../../../../roles/program/index.ts'
import { must } from '../guestbook.story.ts'
import { INT, integer, listOf, literal, programOf, TEXT } from './bodies.ts'
import { holdsOnce } from '../../../tools/timing.ts'

const BUDGET = { steps: 1e6, bytes: 1e8 }

function secondsOf(run: typeof runInterpreted, program: Program, inputs: Value[]): number {
  const start = performance.now()
  run(program, 'go', 0, inputs, BUDGET)
  return (performance.now() - start) / 1000
}

describe('what costs few steps takes little time', () => {
  it.each([
    ['interpreted', runInterpreted],
    ['compiled', runCompiled],
  ])('a match of five thousand arms, for each of many items, %s', (_, run) => {
    const matchOf = (arms: number): number => {
      const names = Array.from({ length: arms }, (_, i) => `c${String(i).padStart(5, '0')}`)
      const variant: Type = { kind: 'variant', cases: Object.fromEntries(names.map((name) => [name, INT])) }
      const items = listOf(variant)
      const program = must(
        programOf([items], listOf(INT), (draft, [list]) => {
          const [item] = draft.open({ kind: 'item', parent: -1, over: list! })
          const one = integer(draft, 1)
          const scopes = names.map((tag) => draft.scopes.push({ kind: 'case', parent: 0, over: item!, tag }))
          return draft.add({
            op: 'map',
            scope: 0,
            result: draft.add({ op: 'match', arms: scopes.map((next) => ({ scope: next - 1, result: one })) }),
          })
        }),
      )
      return secondsOf(run, program, [Array.from({ length: 20_000 }, () => ({ tag: names.at(-1)!, value: 1 }))])
    }
    return holdsOnce('a thousand times the arms take less than twenty times as long', () => matchOf(5_000) < 20 * matchOf(5) + 0.1)
  })

  it('long keys of maps and groups: every operation pays for what it may have to read', () => {
    const keyed: Type = { kind: 'map', keys: TEXT, of: INT, max: 1_000 }
    const long = 'x'.repeat(100_000)
    const keys = Array.from({ length: 40 }, (_, i) => long + String(i).padStart(2, '0'))
    const map = new Map(keys.map((key) => [key, 1]))
    const stepsOf = (op: 'map.get' | 'map.has' | 'map.set' | 'map.remove' | 'group', key: string): number => {
      const program = must(
        programOf([keyed, TEXT], INT, (draft, [over, text]) => {
          const made = draft.add({ op: 'text.concat', args: [text!, literal(draft, TEXT, '')] })
          if (op === 'group') {
            const list = draft.add({ op: 'list', of: TEXT, items: [made, made, made] })
            const [item] = draft.open({ kind: 'item', parent: -1, over: list })
            return draft.add({ op: 'map.size', args: [draft.add({ op, scope: 0, result: item! })] })
          }
          const done = draft.add({ op, args: op === 'map.set' ? [over!, made, integer(draft, 7)] : [over!, made] })
          if (op === 'map.set' || op === 'map.remove') return draft.add({ op: 'map.size', args: [done] })
          const bool = op === 'map.has' ? done : draft.add({ op: 'equal', args: [done, done] })
          return draft.add({ op: 'if', cond: bool, then: integer(draft, 1), else: integer(draft, 0) })
        }),
      )
      return must(runBlock(program, 'go', 0, [map, key], BUDGET)).steps
    }
    const reading = long.length / 32
    for (const op of ['map.get', 'map.has', 'map.remove'] as const) expect(stepsOf(op, keys[7]!), op).toBeGreaterThan(2 * reading)
    expect(stepsOf('map.set', `${long}zz`)).toBeGreaterThan(6 * reading)
    expect(stepsOf('group', keys[7]!)).toBeGreaterThan(4 * reading)
  })
})
