import { describe, expect, it } from 'vitest'
import { check, runBlock } from '../../../../roles/program/index.ts'
import type { Program } from '../../../../roles/program/index.ts'
import { PRIMITIVE_NAMES } from '../../../../roles/program/check/signatures.ts'
import { must } from '../guestbook.story.ts'
import { budgetOf, inputsOf } from './calls.ts'
import { census } from './census.ts'
import { programOf, runs } from './index.ts'

const PROGRAMS = runs(120)
/** GOLEM_SEED=1000 takes other programs. */
const FIRST = Number(process.env['GOLEM_SEED'] ?? 0)

/** Everything that the generator has to make; `census` names them. */
const EXPECTED = [
  ...PRIMITIVE_NAMES,
  ...['input', 'param', 'const', 'if', 'record', 'field', 'list', 'variant', 'match', 'some', 'unwrap'],
  ...['map', 'filter', 'any', 'all', 'find', 'sort', 'distinct', 'group'].map((op) => `${op} in item`),
  ...['fold in fold', 'fold in tree', 'guard', 'carry', 'nested effect', 'slot fresh', 'slot owned'],
  ...['write', 'if', 'match', 'unwrap'].map((kind) => `effect ${kind}`),
  ...['rows', 'get', 'count', 'sum', 'from', 'to', 'literal'].map((kind) => `query ${kind}`),
  ...['source', 'literal', 'record', 'list', 'variant', 'some', 'none', 'if'].map((form) => `template ${form}`),
]

function countInto(counts: Map<string, number>, names: Iterable<string>): void {
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
}

/** How the blocks of a program end, each with four sets of inputs. */
function endings(program: Program, seed: number): string[] {
  const all = [0, 1, 2, 3]
  return Object.entries(program.endpoints).flatMap(([name, endpoint]) =>
    endpoint.blocks.flatMap((block, index) =>
      all.map((more) => {
        const run = runBlock(program, name, index, inputsOf(program, endpoint, block, seed + more), budgetOf(4 * seed + more))
        return run.ok ? 'ok' : run.error.code
      }),
    ),
  )
}

const table = (counts: Map<string, number>): string =>
  [...counts]
    .sort(([, a], [, b]) => a - b)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')

describe('the generator of random programs', () => {
  it('makes every operation where it is needed, and programs of which most end well and some in each error', () => {
    const uses = new Map<string, number>()
    const ends = new Map<string, number>()
    for (let seed = FIRST; seed < FIRST + PROGRAMS; seed++) {
      const program = must(check(programOf({ seed, fuel: 75 * (1 + (seed % 120)) })))
      countInto(uses, census(program))
      countInto(ends, endings(program, seed))
    }
    const total = [...ends.values()].reduce((sum, count) => sum + count, 0)
    console.log(`${PROGRAMS} programs (seeds from ${FIRST}); in how many each thing is needed: ${table(uses)}`)
    console.log(`${total} runs of blocks: ${table(ends)}`)
    expect(EXPECTED.filter((name) => (uses.get(name) ?? 0) < PROGRAMS / 25)).toEqual([])
    expect(ends.get('ok')! / total).toBeGreaterThan(0.8)
    for (const code of ['overflow', 'divide', 'bound', 'budget'])
      expect(ends.get(`program.${code}`) ?? 0, code).toBeGreaterThan(total / 200)
    expect([...ends.keys()].sort()).toEqual(['ok', ...['bound', 'budget', 'divide', 'overflow'].map((code) => `program.${code}`)])
  })
})
