import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PRIMITIVE_NAMES } from '../../../roles/program/check/signatures.ts'
import { check, costOf, runBlock, typeOfSource } from '../../../roles/program/index.ts'
import type { BlockCost, BlockRun, Node, Program, Result, Type, Value } from '../../../roles/program/index.ts'
import { valueOfType } from './arbitrary.ts'
import { broad } from './broad.ts'
import { documentOf, samples, written } from './documents.ts'
import { documentOfPrimitive, greatest } from './greatest.ts'
import { compiledGuestbook, must } from './guestbook.story.ts'
import { inputsOf } from './random/calls.ts'
import { anyOrigin, programOf, runs } from './random/index.ts'
import { codeOf } from './small.ts'
import { holdsOnce } from '../../tools/timing.ts'

/** Random programs may run for hours. */
const MUCH = { steps: 300_000, bytes: 30_000_000 }
const ENDLESS = { steps: Number.MAX_SAFE_INTEGER, bytes: Number.MAX_SAFE_INTEGER }

const inputTypes = (program: Program, endpoint: string, block: number): Type[] => {
  const found = program.endpoints[endpoint]!
  return found.blocks[block]!.inputs.map(({ source }) => typeOfSource(program, found, source))
}

/** No run that finishes costs more than is said. */
function within(program: Program, endpoint: string, block: number, cost: BlockCost, inputs: Value[], budget = ENDLESS): Result<BlockRun> {
  const run = runBlock(program, endpoint, block, inputs, budget)
  if (run.ok)
    expect([run.value.steps <= cost.steps, run.value.bytes <= cost.bytes], `${run.value.steps} ${run.value.bytes}`).toEqual([true, true])
  return run
}

/** Greatest inputs, and arbitrary ones, for every block of a program. */
function holds(program: Program, numRuns: number): void {
  for (const [name, { blocks }] of Object.entries(program.endpoints)) {
    const costs = must(costOf(program, name)).blocks
    blocks.forEach((_, i) => {
      const types = inputTypes(program, name, i)
      for (const astral of [true, false])
        within(
          program,
          name,
          i,
          costs[i]!,
          types.map((type) => greatest(type, astral)),
        )
      fc.assert(
        fc.property(fc.tuple(...types.map(valueOfType)), (inputs) => {
          within(program, name, i, costs[i]!, inputs)
        }),
        { numRuns },
      )
    })
  }
}

const primitive = (op: (typeof PRIMITIVE_NAMES)[number]): Program => must(check(documentOfPrimitive(op)))

/** What the only block of a program costs, and what it uses with the greatest inputs. */
function greatestRun(program: Program): { said: number[]; used: number[]; unbounded: boolean } {
  const [cost] = must(costOf(program, 'go')).blocks
  const runs = [true, false].map((astral) => {
    const run = within(
      program,
      'go',
      0,
      cost!,
      inputTypes(program, 'go', 0).map((type) => greatest(type, astral)),
    )
    return run.ok ? run.value : { steps: 0, bytes: 0 }
  })
  return {
    said: [cost!.steps, cost!.bytes],
    used: [Math.max(...runs.map(({ steps }) => steps)), Math.max(...runs.map(({ bytes }) => bytes))],
    unbounded: cost!.unbounded,
  }
}

describe('[L12] the worst-case cost of an endpoint', () => {
  it.each([...samples, ['broad', broad] as const])('is never exceeded by a run of %s', (_, document) => {
    holds(must(check(document)), 300)
  })

  it('is never exceeded by random programs', () => {
    fc.assert(
      fc.property(anyOrigin, fc.nat(1000), (origin, call) => {
        const program = must(check(programOf(origin)))
        for (const [name, endpoint] of Object.entries(program.endpoints)) {
          const costs = must(costOf(program, name)).blocks
          endpoint.blocks.forEach((block, i) => {
            for (let k = 0; k < 3; k++) within(program, name, i, costs[i]!, inputsOf(program, endpoint, block, call + k), MUCH)
          })
        }
      }),
      { numRuns: runs(60) },
    )
  })

  it.each(PRIMITIVE_NAMES)('is never exceeded by %s', (op) => {
    holds(primitive(op), 60)
  })

  const INT: Type = { kind: 'int' }
  const WORDS: Type = { kind: 'list', of: { kind: 'text', max: 40 }, max: 30 }
  const fold = (start: Node, ...body: Node[]): Program =>
    must(
      written({
        request: { words: WORDS },
        scopes: [{ kind: 'fold', parent: -1, over: 0, start: 1 }],
        nodes: [
          { op: 'input', input: 0 },
          start,
          { op: 'param', scope: 0, param: 0 },
          { op: 'param', scope: 0, param: 1 },
          ...body,
          { op: 'fold', scope: 0, result: 3 + body.length },
          { op: 'equal', args: [4 + body.length, 4 + body.length] },
        ],
        outputs: [[5 + body.length, { kind: 'bool' }]],
      }),
    )
  const tests: Array<[string, () => Program]> = [
    [
      'a fold that joins texts',
      () => fold({ op: 'const', type: { kind: 'text', max: 0 }, value: '' }, { op: 'text.concat', args: [2, 3] }),
    ],
    [
      'a fold that adds up lengths',
      () => fold({ op: 'const', type: INT, value: '0' }, { op: 'text.length', args: [3] }, { op: 'int.add', args: [2, 4] }),
    ],
    ['a choice, of which the dearer branch counts', () => choice('upper', 'concat')],
    ['a choice the other way round', () => choice('concat', 'upper')],
    ...[
      'text.length',
      'text.contains',
      'text.concat',
      'text.join',
      'text.bytes',
      'bytes.sha256',
      'bytes.hex',
      'list.concat',
      'list.flatten',
      'list.zip',
      'map.entries',
      'map.from',
      'tree.size',
      'tree.list',
      'equal',
    ].map((op): [string, () => Program] => [op, () => primitive(op as 'equal')]),
  ]
  const choice = (then: string, otherwise: string): Program => {
    const of = (op: string): Node => ({ op: `text.${op}` as 'text.concat', args: op === 'upper' ? [1] : [1, 1] })
    const text: Type = { kind: 'text', max: 1000 }
    return must(
      written({
        request: { flag: { kind: 'bool' }, word: { kind: 'text', max: 200 } },
        nodes: [
          { op: 'input', input: 0 },
          { op: 'input', input: 1 },
          of(then),
          of(otherwise),
          { op: 'not', args: [0] },
          { op: 'if', cond: then === 'concat' ? 0 : 4, then: 2, else: 3 },
          { op: 'not', args: [4] },
        ],
        outputs: [
          [5, text],
          [6, { kind: 'bool' }],
        ],
      }),
    )
  }
  it.each(tests)('is reached by %s', (_, program) => {
    const { said, used, unbounded } = greatestRun(program())
    expect(said).toEqual(used)
    expect(unbounded).toBe(false)
  })

  it('counts the children of all nodes of a tree once, however they are spread', () => {
    const sum = must(
      written({
        request: { wood: { kind: 'tree', of: { kind: 'int', min: '0', max: '9' }, max: 200 } },
        scopes: [
          { kind: 'tree', parent: -1, over: 0, of: INT },
          { kind: 'fold', parent: 0, over: 2, start: 1 },
        ],
        nodes: [
          { op: 'input', input: 0 },
          { op: 'param', scope: 0, param: 0 },
          { op: 'param', scope: 0, param: 1 },
          { op: 'param', scope: 1, param: 0 },
          { op: 'param', scope: 1, param: 1 },
          { op: 'int.add', args: [3, 4] },
          { op: 'fold', scope: 1, result: 5 },
          { op: 'fold', scope: 0, result: 6 },
        ],
        outputs: [[7, INT]],
      }),
    )
    const { said, used } = greatestRun(sum)
    expect(said).toEqual(used)
  })

  it('says where a fold may grow to the limits, and still is a bound', () => {
    const doubling = fold({ op: 'const', type: { kind: 'text', max: 2 }, value: 'ab' }, { op: 'text.concat', args: [2, 2] })
    const [block] = must(costOf(doubling, 'go')).blocks
    expect(block).toMatchObject({ unbounded: false, at: 'written.ts:1' })
    const long = structuredClone(doubling)
    Object.assign(long.endpoints['go']!.request['words']!, { max: 100_000 })
    expect(must(costOf(must(check(long)), 'go')).blocks[0]).toMatchObject({ unbounded: true, at: 'written.ts:1' })
    holds(doubling, 50)
  })

  it('adds up servers, blocks, queries, rows and writes', () => {
    const { totals, blocks } = must(costOf(compiledGuestbook(), 'post'))
    expect(totals).toMatchObject({ blocks: 2, queries: 1, rows: 20, writes: 1 })
    expect(blocks.map(({ block, at, writes, sites }) => ({ block, at, writes, sites }))).toEqual([
      { block: 'moderation', at: expect.stringMatching(/^guestbook\.ts:\d+$/), writes: 0, sites: 0 },
      { block: 'flood', at: expect.stringMatching(/^guestbook\.ts:\d+$/), writes: 1, sites: 1 },
    ])
    expect(blocks[0]!.inputBytes).toBe(4 * 60 + 4 * 500)
    expect(totals.steps).toBe(blocks[0]!.steps + blocks[1]!.steps)
    expect(must(costOf(must(check(broad)), 'go')).totals).toMatchObject({ queries: 4, rows: 10, writes: 3 })
  })

  it('needs a checked program and an endpoint of it', () => {
    expect(codeOf(costOf(documentOf({ request: {}, nodes: [], outputs: [] }), 'go'))).toBe('program.unchecked')
    expect(codeOf(costOf(compiledGuestbook(), 'toString'))).toBe('program.endpoint')
  })

  it('takes time in proportion to the document, also where one scope is opened thousands of times', () => {
    const OPTION: Type = { kind: 'option', of: { kind: 'bool' } }
    const shared = (size: number): Program => {
      const nodes: Node[] = [
        { op: 'input', input: 0 },
        { op: 'param', scope: 0, param: 0 },
        { op: 'const', type: INT, value: '1' },
        { op: 'const', type: OPTION, value: null },
      ]
      const items = Array.from({ length: size }, () => nodes.push({ op: 'int.less', args: [1, 2] }) - 1)
      const all = nodes.push({ op: 'list', of: { kind: 'bool' }, items }) - 1
      const outputs = items.map((): [number, Type] => {
        const result = nodes.push({ op: 'list.at', args: [all, 2] }) - 1
        return [nodes.push({ op: 'unwrap', some: { scope: 0, result }, none: 3 }) - 1, OPTION]
      })
      return must(
        written({ request: { maybe: { kind: 'option', of: INT } }, scopes: [{ kind: 'some', parent: -1, over: 0 }], nodes, outputs }),
      )
    }
    const time = (program: Program): number => {
      const start = performance.now()
      costOf(program, 'go')
      return performance.now() - start
    }
    const [few, many] = [shared(400), shared(6400)]
    return holdsOnce('sixteen times the size takes less than forty times as long', () => time(many) < 40 * Math.max(1, time(few)))
  })
})
