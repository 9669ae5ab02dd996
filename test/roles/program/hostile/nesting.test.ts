import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { check, runBlock } from '../../../../roles/program/index.ts'
import type { Effect, Template, Type } from '../../../../roles/program/index.ts'
import { LIMITS } from '../../../../roles/program/limits.ts'
import { must } from '../guestbook.story.ts'
import { BOOL, documentOf, INT, programOf } from './bodies.ts'

/** Three quarters of the stack that V8 gives by default. */
const STACK = 740
const CHAINS = ['int.add', 'if', 'record', 'unwrap', 'match', 'map', 'filter', 'fold', 'start', 'sort', 'distinct', 'group', 'find']

describe('nesting at the limits of the checker', () => {
  it('does not keep a block from running when it is called often enough to be compiled', () => {
    const variant: Type = { kind: 'variant', cases: { a: INT } }
    const program = must(
      programOf([variant, INT], INT, (draft, [over, first]) => {
        let last = first!
        for (let i = 0; i < 990; i++) {
          const scope = draft.scopes.push({ kind: 'case', parent: -1, over: over!, tag: 'a' }) - 1
          last = draft.add({ op: 'match', arms: [{ scope, result: last }] })
        }
        return last
      }),
    )
    for (let i = 0; i < 150; i++)
      expect(must(runBlock(program, 'go', 0, [{ tag: 'a', value: 1 }, i], { steps: 1e4, bytes: 1e4 })).outputs).toEqual([i])
  })

  it('takes no more stack than there is, whatever the nodes of the longest chain are', () => {
    const child = spawnSync(process.execPath, [`--stack-size=${STACK}`, join(import.meta.dirname, 'chains.ts'), ...CHAINS], {
      encoding: 'utf8',
    })
    expect(child.stderr).toBe('')
    const results = child.stdout.trim().split('\n')
    expect(results.map((line) => line.split(' ')[0])).toEqual(CHAINS)
    for (const line of results) expect(line).toMatch(/^\S+ \d+ nodes: (ok|program\.overflow), one more: program\.deep$/)
  })

  it.each<[string, number]>([
    ['a type', LIMITS.typeDepth],
    ['effects', LIMITS.treeDepth],
    ['a response', LIMITS.treeDepth],
    ['JSON', LIMITS.jsonDepth],
  ])('of %s is refused beyond its limit', (what, most) => {
    const code = (depth: number): string => {
      const result = check(nestedIn(what, depth))
      return result.ok ? 'ok' : result.error.code
    }
    if (what !== 'JSON') expect(code(most - 3)).toBe('ok')
    expect(code(most + 1)).toBe('program.deep')
    expect(code(50_000)).toBe('program.deep')
  })
})

function nestedIn(what: string, depth: number): unknown {
  const document = documentOf([BOOL], BOOL, { scopes: [], nodes: [{ op: 'input', input: 0 }], outputs: [0], effects: [] })
  const { go } = document.endpoints
  const times = <T>(start: T, wrap: (inner: T) => T): T => {
    let made = start
    for (let i = 0; i < depth; i++) made = wrap(made)
    return made
  }
  if (what === 'a type') go!.request['deep'] = times<Type>(BOOL, (of) => ({ kind: 'option', of }))
  if (what === 'effects') go!.blocks[0]!.body.effects = times<Effect[]>([], (inner) => [{ if: 0, then: inner, else: [] }])
  if (what === 'a response') go!.response = times<Template>({ literal: true, type: BOOL }, (some) => ({ some }))
  if (what === 'JSON') go!.response = times<unknown>(0, (inner) => [inner]) as Template
  return document
}
