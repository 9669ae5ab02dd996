/** The compiler of blocks; that it means what the reference evaluator means is held by test/roles/program/random/equal-evaluators.test.ts. */
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { codeOf as generated } from '../../../roles/program/evaluate/compiled/index.ts'
import {
  check,
  construct,
  fromJson,
  int,
  list,
  record,
  runBlock,
  runCompiled,
  runInterpreted,
  see,
  text,
  tree,
  variant,
  when,
} from '../../../roles/program/index.ts'
import type { Json, Program, Value } from '../../../roles/program/index.ts'
import { must } from './guestbook.story.ts'
import { codeOf, copyOf, small } from './small.ts'

const BUDGET = { steps: 1e7, bytes: 1e9 }
const both = (program: Program, ...inputs: Value[]): unknown[] =>
  [runInterpreted, runCompiled].map((run) => {
    const made = run(program, 'go', 0, inputs, BUDGET)
    return made.ok ? made.value : made.error.code
  })
const codeFor = (program: Program): string => generated(program, program.endpoints['go']!, program.endpoints['go']!.blocks[0]!)

describe('[L10] the compiler', () => {
  it('evaluates what a match of a single case matches, though the tag is not asked', () => {
    const box = variant({ only: int() })
    const program = must(small({ a: int() }, (req) => see(req.a, (a) => construct(box, 'only', a.dividedBy(0)).match({ only: () => 1 }))))
    expect(both(program, 3)).toEqual(['program.divide', 'program.divide'])
  })

  it('goes over filtered and changed items in one loop, without lists in between', () => {
    const program = must(
      small({ items: list(int(), 9) }, (req) =>
        see(req.items, (items) =>
          items
            .filter((item) => item.greater(1))
            .map((item) => item.times(item))
            .fold(0, (total, item) => total.plus(item)),
        ),
      ),
    )
    expect(codeFor(program)).not.toContain('push')
    const [interpreted, compiled] = both(program, [1, 2, 3])
    expect(compiled).toEqual(interpreted)
    expect(compiled).toMatchObject({ outputs: [13] })
  })

  it('leaves out the check of an operation that cannot leave the safe range', () => {
    const sum = (max: number): string =>
      codeFor(must(small({ a: int({ min: 0, max }), b: int({ min: 0, max }) }, (req) => see(req.a, req.b, (a, b) => a.times(b)))))
    expect(sum(94_906_265)).not.toContain('isSafeInteger')
    expect(sum(94_906_266)).toContain('isSafeInteger')
  })

  it('folds a tree that is too deep for its stack by way of the reference', () => {
    const program = must(
      small({ files: tree(int(), 20_000) }, (req) =>
        see(req.files, (files) => files.fold(int(), (value, sizes) => sizes.fold(0, (total, one) => total.plus(one)).plus(value))),
      ),
    )
    const chain: Json = Array.from({ length: 10_000 }, (_, depth) => ({ depth: String(depth), value: '1' }))
    const [interpreted, compiled] = both(program, must(fromJson(program.endpoints['go']!.request['files']!, chain)))
    expect(interpreted).toMatchObject({ outputs: [10_000] })
    expect(compiled).toEqual(interpreted)
  })
})

describe('generated code', () => {
  const HOSTILE = "'); globalThis.owned = true; //\n*/ }; ${owned}"

  it('holds no text of the document but field names', () => {
    const shape = variant({ constructor: int(), toString: int() })
    const program = must(
      small({ name: text(99), shape, row: record({ valueOf: int() }) }, (req) =>
        see(`named`, req.name, req.shape, req.row, (name, it, row) =>
          when(
            name.contains(HOSTILE),
            () => ({ told: name.concat(HOSTILE), size: row.get('valueOf') }),
            () => ({ told: name, size: it.match({ constructor: (n) => n, toString: (n) => n.plus(1) }) }),
          ),
        ),
      ),
    )
    const hostile = copyOf(program)
    hostile.doc = HOSTILE
    hostile.endpoints['go']!.doc = HOSTILE
    hostile.endpoints['go']!.blocks[0]!.doc = HOSTILE
    hostile.endpoints['go']!.blocks[0]!.at = HOSTILE
    const code = codeFor(must(check(hostile)))
    expect(code).not.toContain('owned')
    const words = new Set(code.match(/[A-Za-z_$][\w$]*/g))
    const own =
      /^([a-z]\d*|[A-Z]|use|strict|return|let|const|if|else|for|throw|true|false|null|length|push|function|steps|bytes|value|some|tag|writes|outputs|Number|isSafeInteger|Math|floor|valueOf)$/
    expect([...words].filter((word) => !own.test(word))).toEqual([])
    const run = runCompiled(must(check(hostile)), 'go', 0, ['x', { tag: 'toString', value: 4 }, { valueOf: 7 }], BUDGET)
    expect(run).toMatchObject({ ok: true })
    expect('owned' in globalThis).toBe(false)
  })

  it('is used when a block is hot, and changes nothing', () => {
    const program = must(small({ a: int() }, (req) => see(req.a, (a) => a.times(a))))
    const runs = Array.from({ length: 300 }, () => must(runBlock(program, 'go', 0, [12], BUDGET)))
    expect(new Set(runs.map((run) => JSON.stringify(run)))).toHaveLength(1)
    expect(codeOf(runBlock(program, 'go', 0, [2 ** 30], BUDGET))).toBe('program.overflow')
  })

  it('is done without where the host forbids it', () => {
    const program = fileURLToPath(new URL('../../../resources/apps/guestbook.json', import.meta.url))
    const index = new URL('../../../roles/program/index.ts', import.meta.url).href
    const script = `import { readFileSync } from 'node:fs'
      const { check, runBlock } = await import(${JSON.stringify(index)})
      const program = check(JSON.parse(readFileSync(${JSON.stringify(program)}, 'utf8'))).value
      let steps
      for (let i = 0; i < 300; i++) steps = runBlock(program, 'post', 0, ['topic', 'text'], { steps: 10000, bytes: 100000 }).value.steps
      console.log(steps > 0)`
    const run = spawnSync(process.execPath, ['--disallow-code-generation-from-strings', '--input-type=module', '-e', script], {
      encoding: 'utf8',
    })
    expect(run.stdout.trim(), run.stderr).toBe('true')
  })
})
