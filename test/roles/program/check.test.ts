import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { canonicalProgram, check, int, list, see } from '../../../roles/program/index.ts'
import type { Block, Node, Program } from '../../../roles/program/index.ts'
import { ALICE, BUDGET, compiledGuestbook, must } from './guestbook.story.ts'
import { mutate, mutations } from './mutate.ts'
import { codeOf, copyOf, small } from './small.ts'
import { runEndpoint } from '../../../roles/program/index.ts'

const guestbook = compiledGuestbook()
const text = readFileSync(new URL('../../../resources/apps/guestbook.json', import.meta.url), 'utf8')

/** A document with one change. */
function changed(change: (program: Program, flood: Block) => void): ReturnType<typeof check> {
  const copy = copyOf(guestbook)
  change(copy, copy.endpoints['post']!.blocks[1]!)
  return check(copy)
}

describe('the checker', () => {
  it('admits what the builder made and keeps it as it was', () => {
    expect(canonicalProgram(must(check(JSON.parse(text))))).toBe(text.trim())
  })

  it('returns a program that later changes to its JSON do not touch', () => {
    const json = JSON.parse(text) as Program
    const program = must(check(json))
    json.endpoints['post']!.blocks.length = 0
    expect(program.endpoints['post']!.blocks).toHaveLength(2)
    expect(() => program.endpoints['post']!.blocks.pop()).toThrow()
  })

  it.each<[string, string, string, (program: Program, flood: Block) => void]>([
    [
      'another version',
      'program.shape',
      '/golem',
      (p) => {
        ;(p as { golem: number }).golem = 2
      },
    ],
    [
      'an unknown property',
      'program.shape',
      '/endpoints/post/blocks/1/extra',
      (_, b) => {
        ;(b as unknown as Record<string, unknown>)['extra'] = 1
      },
    ],
    [
      'a missing property',
      'program.shape',
      '/endpoints/post/blocks/1/carries',
      (_, b) => {
        delete (b as Partial<Block>).carries
      },
    ],
    [
      'a bad name',
      'program.shape',
      '/collections/__proto__',
      (p) => {
        Object.defineProperty(p.collections, '__proto__', { value: p.collections['posts'], enumerable: true })
      },
    ],
    [
      'a type without a bound',
      'program.shape',
      '/collections/posts/fields/text/max',
      (p) => {
        delete (p.collections['posts']!.fields['text'] as { max?: number }).max
      },
    ],
    [
      'a collection that is not there',
      'program.scope',
      '/endpoints/post/queries/0/collection',
      (p) => {
        p.endpoints['post']!.queries[0]!.collection = 'toString'
      },
    ],
    [
      'an index that is not there',
      'program.scope',
      '/endpoints/post/queries/0/index',
      (p) => {
        p.endpoints['post']!.queries[0]!.index = 'constructor'
      },
    ],
    [
      'an index of another kind',
      'program.query',
      '/endpoints/post/queries/0/kind',
      (p) => {
        p.endpoints['post']!.queries[0]!.index = 'byAuthor'
      },
    ],
    [
      'more values than the index has fields',
      'program.query',
      '/endpoints/post/queries/0/equals',
      (p) => {
        p.endpoints['post']!.queries[0]!.equals.push({ from: 'caller' }, { from: 'caller' })
      },
    ],
    [
      'an aggregate asked with too few values',
      'program.query',
      '/endpoints/like/queries/1/equals',
      (p) => {
        p.endpoints['like']!.queries[1]!.equals.pop()
      },
    ],
    [
      'a value of another type for an index',
      'program.type',
      '/endpoints/like/queries/0/equals/0',
      (p) => {
        p.endpoints['like']!.queries[0]!.equals = [{ from: 'caller' }]
      },
    ],
    [
      'a column used without what proves it',
      'program.carry',
      '/endpoints/post/blocks/1/inputs',
      (_, b) => {
        b.inputs = b.inputs.filter((input) => input.name !== 'topic')
        b.body.nodes[3] = { op: 'const', type: { kind: 'text', max: 1 }, value: '' }
        b.body.nodes[4] = { op: 'input', input: 3 }
      },
    ],
    [
      'a column moved unopened',
      'program.carry',
      '/endpoints/post/blocks/1/carries/0',
      (_, b) => {
        b.carries[0] = { from: 'query', query: 0, field: 'author' }
      },
    ],
    [
      'a moved value that may be too long',
      'program.type',
      '/endpoints/post/blocks/1/body/effects',
      (p) => {
        ;(p.collections['posts']!.fields['text'] as { max: number }).max = 499
      },
    ],
    [
      'an output of a later block',
      'program.scope',
      '/endpoints/post/blocks/1/inputs/0/source',
      (_, b) => {
        b.inputs[0]!.source = { from: 'block', block: 1, output: 0 }
      },
    ],
    [
      'a guard that is no bit',
      'program.type',
      '/endpoints/post/blocks/1/guard',
      (_, b) => {
        b.guard = { from: 'caller' }
      },
    ],
    [
      'a node that refers to itself',
      'program.scope',
      '/endpoints/post/blocks/1/body/nodes/6',
      (_, b) => {
        b.body.nodes[6] = { op: 'not', args: [6] }
      },
    ],
    [
      'a node of the wrong type',
      'program.type',
      '/endpoints/post/blocks/1/body/nodes/6',
      (_, b) => {
        b.body.nodes[6] = { op: 'int.add', args: [2, 2] }
      },
    ],
    [
      'a parameter used outside of its scope',
      'program.scope',
      '/endpoints/post/blocks/1/body/outputs',
      (_, b) => {
        b.body.nodes.push({ op: 'not', args: [5] })
        b.body.outputs[0] = b.body.nodes.length - 1
      },
    ],
    [
      'a constant that is no value of its type',
      'program.type',
      '/endpoints/post/blocks/1/body/nodes/8',
      (_, b) => {
        ;(b.body.nodes[8] as Node & { op: 'const' }).value = '5.5'
      },
    ],
    [
      'a site that is never written',
      'program.scope',
      '/endpoints/post/blocks/1/body/effects',
      (_, b) => {
        b.body.effects = []
      },
    ],
    [
      'a site that is written twice',
      'program.scope',
      '/write',
      (_, b) => {
        b.body.effects.push(structuredClone(b.body.effects[0]!))
      },
    ],
    [
      'a first write with a field missing',
      'program.type',
      '/endpoints/post/blocks/1/sites/0/fields',
      (_, b) => {
        b.sites[0]!.fields.pop()
      },
    ],
    [
      'a slot of another collection',
      'program.scope',
      '/endpoints/post/slots',
      (p) => {
        p.endpoints['post']!.slots[0]!.collection = 'nothing'
      },
    ],
    [
      'a response source that is not there',
      'program.scope',
      '/endpoints/post/response',
      (p) => {
        p.endpoints['post']!.response = { source: { from: 'block', block: 9, output: 0 } }
      },
    ],
    [
      'an output of another type',
      'program.type',
      '/endpoints/post/blocks/1/outputs/0',
      (_, b) => {
        b.outputs[0] = { kind: 'int' }
      },
    ],
  ])('refuses %s with %s at %s', (_, code, path, change) => {
    const result = changed(change)
    expect(codeOf(result)).toBe(code)
    expect(result.ok ? '' : result.error.message).toContain(path)
  })

  it('refuses a type nested too deeply, however deep', () => {
    for (const levels of [30, 400, 5000]) {
      let type = '{"kind":"bool"}'
      for (let i = 0; i < levels; i++) type = `{"kind":"option","of":${type}}`
      expect(codeOf(check(JSON.parse(text.replace('{"kind":"text","max":500}', type))))).toBe('program.deep')
    }
  })

  it('refuses everything that is not a program', () => {
    for (const json of [null, 1, 'x', [], {}, undefined, () => 1, Symbol('x'), NaN, new Map()])
      expect(codeOf(check(json))).toBe('program.shape')
  })
})

describe('a mutated document', () => {
  it('is refused or still runs: nothing ever throws', () => {
    fc.assert(
      fc.property(mutations, (changes) => {
        const json = JSON.parse(text) as Program
        mutate(json, changes)
        const result = check(json)
        if (!result.ok) return
        for (const endpoint of Object.keys(result.value.endpoints)) {
          runEndpoint(result.value, endpoint, { request: Object.create(null), caller: ALICE, slots: ['x'], query: () => [] }, BUDGET)
          if (endpoint === 'post')
            runEndpoint(
              result.value,
              endpoint,
              { request: { topic: 'a', text: 'b' }, caller: ALICE, slots: ['x'], query: () => [{ author: 'c' }] },
              BUDGET,
            )
        }
      }),
      { seed: 21, numRuns: 1200 },
    )
  })
})

describe('scopes that run for each item', () => {
  it('are run by one node only, so that an item means one thing', () => {
    const twice = copyOf(must(small({ a: list(int(), 9) }, (req) => see(req.a, (a) => a.map((item) => item.plus(1))))))
    const { nodes } = twice.endpoints['go']!.blocks[0]!.body
    const at = nodes.findIndex((node) => node.op === 'map')
    nodes.push({ ...nodes[at]! })
    const refused = check(twice)
    expect(codeOf(refused)).toBe('program.scope')
    expect(refused).toMatchObject({ error: { message: expect.stringContaining(`/endpoints/go/blocks/0/body/nodes/${nodes.length - 1}`) } })
  })
})
