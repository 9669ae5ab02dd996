import { describe, expect, it } from 'vitest'
import { check, responseType, runBlock } from '../../../../roles/program/index.ts'
import type { Node, Program, Result, Scope, Type, Value } from '../../../../roles/program/index.ts'
import { must } from '../guestbook.story.ts'
import { BUDGET } from './calls.ts'

/** A program of one block with these inputs, nodes (after those of the inputs) and one output. */
function bodyOf(inputs: Type[], nodes: Node[], output: Type, change: (program: Program) => void = () => {}): Result<Program> {
  const request = Object.fromEntries(inputs.map((type, i) => [`in${i}`, type]))
  const opened = inputs.map((_, input): Node => ({ op: 'input', input }))
  const program: Program = {
    golem: 1,
    name: 'found',
    doc: '',
    collections: {},
    endpoints: {
      go: {
        doc: '',
        request,
        queries: [],
        slots: [],
        blocks: [
          {
            name: 'see',
            at: 'found.ts:1',
            guard: null,
            inputs: inputs.map((_, i) => ({ name: `in${i}`, source: { from: 'request', field: `in${i}` } })),
            carries: [],
            sites: [],
            outputs: [output],
            body: { scopes: [], nodes: [...opened, ...nodes], outputs: [opened.length + nodes.length - 1], effects: [] },
          },
        ],
        response: { source: { from: 'block', block: 0, output: 0 } },
      },
    },
  }
  change(program)
  return check(program)
}

const answer = (program: Program, inputs: Value[]): Value => must(runBlock(program, 'go', 0, inputs, BUDGET)).outputs[0]!

describe('what random programs found', () => {
  it('variants of different cases are not equal, whatever their contents are', () => {
    const cases: Record<string, Type> = {
      a: { kind: 'list', of: { kind: 'bool' }, max: 9 },
      b: { kind: 'int' },
      c: { kind: 'map', keys: { kind: 'int' }, of: { kind: 'int' }, max: 9 },
      d: { kind: 'bytes', max: 9 },
      e: { kind: 'record', fields: { x: { kind: 'bytes', max: 9 } } },
    }
    const variant: Type = { kind: 'variant', cases }
    const program = must(bodyOf([variant, variant], [{ op: 'equal', args: [0, 1] }], { kind: 'bool' }))
    const values: Value[] = [
      { tag: 'a', value: [true] },
      { tag: 'b', value: 7 },
      { tag: 'c', value: new Map([[1, 2]]) },
      { tag: 'd', value: new Uint8Array([1]) },
      { tag: 'e', value: { x: new Uint8Array([1]) } },
    ]
    for (const one of values) for (const other of values) expect(answer(program, [one, other])).toBe(one === other)
  })

  it('the steps of a comparison do not depend on the order in which a host made the fields of its records', () => {
    const record: Type = { kind: 'record', fields: { a: { kind: 'int' }, b: { kind: 'text', max: 99 } } }
    const program = must(bodyOf([record, record], [{ op: 'equal', args: [0, 1] }], { kind: 'bool' }))
    const steps = (one: Value): number => must(runBlock(program, 'go', 0, [one, { a: 2, b: 'x'.repeat(90) }], BUDGET)).steps
    expect(steps({ b: 'x'.repeat(90), a: 1 })).toBe(steps({ a: 1, b: 'x'.repeat(90) }))
  })

  it('the type of a response has room for what a case of a variant is given', () => {
    const tight: Type = { kind: 'variant', cases: { a: { kind: 'int', max: '5' }, b: { kind: 'bool' } } }
    const widened = must(
      bodyOf([{ kind: 'int' }], [], { kind: 'int' }, (program) => {
        const endpoint = program.endpoints['go']!
        endpoint.response = { variant: tight, tag: 'a', value: endpoint.response }
      }),
    )
    expect(responseType(widened, widened.endpoints['go']!)).toEqual({ kind: 'variant', cases: { a: { kind: 'int' }, b: { kind: 'bool' } } })
  })

  it('a scope is not run by two nodes: its item would change under those who use it', () => {
    const ints: Type = { kind: 'list', of: { kind: 'int' }, max: 9 }
    const small: Node[] = [
      { op: 'param', scope: 0, param: 0 },
      { op: 'const', type: { kind: 'int' }, value: '3' },
      { op: 'int.less', args: [1, 2] },
      { op: 'any', scope: 0, result: 3 },
    ]
    const scoped = (nodes: Node[], scopes: Scope[]): Result<Program> =>
      bodyOf([ints], nodes, ints, (program) => (program.endpoints['go']!.blocks[0]!.body.scopes = scopes))
    const scope: Scope = { kind: 'item', parent: -1, over: 0 }
    const shared = scoped([...small, { op: 'if', cond: 4, then: 1, else: 2 }, { op: 'map', scope: 0, result: 5 }], [scope])
    expect(shared.ok ? 'ok' : shared.error.message).toBe('/endpoints/go/blocks/0/body/nodes/6: another node runs scope 0 already.')
    const own: Node[] = [
      { op: 'param', scope: 1, param: 0 },
      { op: 'if', cond: 4, then: 5, else: 2 },
      { op: 'map', scope: 1, result: 6 },
    ]
    expect(answer(must(scoped([...small, ...own], [scope, scope])), [[9, 1]])).toEqual([9, 1])
  })

  it('a map that a host made in another order than that of its keys is no input', () => {
    const map: Type = { kind: 'map', keys: { kind: 'int' }, of: { kind: 'int' }, max: 9 }
    const program = must(bodyOf([map], [{ op: 'map.size', args: [0] }], { kind: 'int' }))
    const run = (...keys: number[]): Result<unknown> => runBlock(program, 'go', 0, [new Map(keys.map((key) => [key, 1]))], BUDGET)
    expect(run(-1, 2, 10).ok).toBe(true)
    const refused = run(2, 10, -1)
    expect(refused.ok ? 'ok' : refused.error.message).toBe('in0/2/key must be greater than the key before.')
  })
})
