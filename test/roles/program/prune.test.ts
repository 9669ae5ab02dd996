import { describe, expect, it } from 'vitest'
import { canonicalProgram, int, list, option, see } from '../../../roles/program/index.ts'
import { must } from './guestbook.story.ts'
import { small } from './small.ts'

const request = { a: int(), items: list(int(), 3), maybe: option(int()) }

describe('[L1] a compiled program', () => {
  it('has nothing of what was calculated and not used, and opens all the same what it says', () => {
    const lean = must(
      small(request, (req) => see('here', req.a, req.items, req.maybe, (a, items) => ({ a, many: items.map((item) => item.plus(a)) }))),
    )
    const wasteful = must(
      small(request, (req) =>
        see('here', req.a, req.items, req.maybe, (a, items, maybe) => {
          a.times(7).plus(items.length())
          items.filter((item) => items.contains(item.times(5)))
          maybe.match(
            (one) => one.plus(items.sum()),
            () => a.minus(3),
          )
          return { a, many: items.map((item) => item.plus(a)) }
        }),
      ),
    )
    const withoutLines = (text: string): string => text.replaceAll(/prune.test.ts:[0-9]+/g, '')
    expect(withoutLines(canonicalProgram(wasteful))).toBe(withoutLines(canonicalProgram(lean)))
    expect(lean.endpoints['go']!.blocks[0]!.inputs.map((input) => input.name)).toEqual(['a', 'items', 'maybe'])
    expect(lean.endpoints['go']!.blocks[0]!.body.nodes.map((node) => node.op)).toEqual(['input', 'input', 'param', 'int.add', 'map'])
  })
})
