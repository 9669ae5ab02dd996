import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acceptsSites, automaton, describe as describeProgram, labelOf, pathsOf, runEndpoint } from '../../../roles/program/index.ts'
import type { Block, Effect, EndpointCall, EndpointRun, Row } from '../../../roles/program/index.ts'
import { ALICE, BOB, BUDGET, compiledGuestbook, must } from './guestbook.story.ts'
import { copyOf } from './small.ts'

const guestbook = compiledGuestbook()

/** A block with these effects; flow looks at nothing else. */
const blockOf = (effects: Effect[], guarded = false): Block => {
  const block = copyOf(guestbook).endpoints['post']!.blocks[1]!
  block.body.effects = effects
  block.guard = guarded ? { from: 'block', block: 0, output: 0 } : null
  return block
}
const write = (site: number): Effect => ({ write: site, fields: {} })

const someEffects: fc.Arbitrary<Effect[]> = fc.letrec<{ list: Effect[] }>((tie) => ({
  list: fc.array(fc.oneof({ maxDepth: 3 }, fc.nat(3).map(write), fc.record({ if: fc.constant(0), then: tie('list'), else: tie('list') })), {
    maxLength: 3,
  }),
})).list

/** Every sequence of sites, by going through the effects as they are written. */
function sequences(effects: Effect[]): number[][] {
  return effects.reduce<number[][]>(
    (before, effect) => {
      const ways = 'write' in effect ? [[effect.write]] : 'if' in effect ? [...sequences(effect.then), ...sequences(effect.else)] : []
      return before.flatMap((start) => ways.map((way) => [...start, ...way]))
    },
    [[]],
  )
}

describe('the automaton of write sites', () => {
  it('accepts exactly the sequences that the effects can take', () => {
    const few = someEffects.filter((effects) => pathsOf(blockOf(effects)) < 200)
    fc.assert(
      fc.property(few, fc.array(fc.nat(3), { maxLength: 5 }), fc.boolean(), (effects, guess, guarded) => {
        const block = blockOf(effects, guarded)
        const all = [...sequences(effects), ...(guarded ? [[]] : [])]
        expect(pathsOf(block)).toBe(all.length)
        for (const sequence of all) expect(acceptsSites(block, sequence)).toBe(true)
        expect(acceptsSites(block, guess)).toBe(all.some((sequence) => sequence.join() === guess.join()))
      }),
      { seed: 31, numRuns: 300 },
    )
  })

  it('counts paths without overflowing', () => {
    const branch: Effect = { if: 0, then: [write(0)], else: [] }
    expect(pathsOf(blockOf(Array.from({ length: 100 }, () => branch)))).toBe(Number.MAX_SAFE_INTEGER)
  })

  it('of the guestbook takes a post or nothing', () => {
    const [moderation, flood] = guestbook.endpoints['post']!.blocks
    expect([[], [0], [0, 0]].map((sites) => acceptsSites(flood!, sites))).toEqual([true, true, false])
    expect(acceptsSites(moderation!, [0])).toBe(false)
    expect(automaton(moderation!)).toEqual({ states: 1, edges: [], accept: 0 })
  })
})

/** Everything that an endpoint is given, by the names that labels use. */
type Inputs = Record<string, unknown>

const anyInputs: Record<string, fc.Arbitrary<Inputs>> = {
  post: fc.record({
    'request.topic': fc.constantFrom('cats', 'dogs', ' '),
    'request.text': fc.constantFrom('hello', 'casino', '', 'bye'),
    caller: fc.constantFrom(ALICE, BOB),
    'slot.posts': fc.constantFrom('k1', 'k2'),
    'query.recent.author': fc.array(fc.constantFrom(ALICE, BOB), { maxLength: 8 }),
    'query.recent.number': fc.nat(30),
    'query.recent.text': fc.constantFrom('x', 'y'),
  }),
  like: fc.record({
    'request.post': fc.constantFrom('p1', 'p2'),
    caller: fc.constantFrom(ALICE, BOB),
    'slot.likes': fc.constantFrom('k1', 'k2'),
    'query.post.$key': fc.constantFrom('p1', null),
    'query.mine.$count': fc.nat(1),
    'query.post.text': fc.constantFrom('x', 'y'),
  }),
}

function run(endpoint: string, inputs: Inputs): EndpointRun {
  const slot = endpoint === 'post' ? 'slot.posts' : 'slot.likes'
  const request: unknown =
    endpoint === 'post' ? { topic: inputs['request.topic'], text: inputs['request.text'] } : { post: inputs['request.post'] }
  const query = (index: number): Row[] | number => {
    if (endpoint === 'post')
      return (inputs['query.recent.author'] as string[]).map((author, i) => ({
        author,
        number: Math.max(0, (inputs['query.recent.number'] as number) - i),
        text: inputs['query.recent.text'] as string,
      }))
    if (index === 1) return inputs['query.mine.$count'] as number
    return inputs['query.post.$key'] === null
      ? []
      : [{ $key: inputs['query.post.$key'] as string, text: inputs['query.post.text'] as string }]
  }
  const call: EndpointCall = { request: request as Row, caller: inputs['caller'] as string, slots: [inputs[slot] as string], query }
  return must(runEndpoint(guestbook, endpoint, call, BUDGET))
}

/** Labelled fields of a run with their values; a write that did not happen is `nothing`. */
function fieldsOf(endpoint: string, inputs: Inputs): Array<{ name: string; inputs: string[]; value: unknown }> {
  const label = must(labelOf(guestbook, endpoint))
  const result = run(endpoint, inputs)
  const address = inputs[endpoint === 'post' ? 'slot.posts' : 'slot.likes']
  return [
    ...label.stored.map((stored) => {
      const made = result.writes.find((one) => one.block === stored.block && one.site === stored.site)
      const value = made === undefined ? 'nothing' : stored.field === '$key' ? address : made.fields[stored.field]
      return { name: `${stored.collection}.${stored.field}`, inputs: stored.inputs, value }
    }),
    ...label.returned.map((returned) => ({
      name: returned.field,
      inputs: returned.inputs,
      value: (result.response as Row)[returned.field],
    })),
  ]
}

describe('the data-flow label', () => {
  it.each(['post', 'like'])('of %s is sound: an input that it does not name never changes the field', (endpoint) => {
    fc.assert(
      fc.property(anyInputs[endpoint]!, anyInputs[endpoint]!, (before, after) => {
        for (const name of Object.keys(before)) {
          const other = fieldsOf(endpoint, { ...before, [name]: after[name] })
          for (const [i, field] of fieldsOf(endpoint, before).entries())
            if (!field.inputs.includes(name)) expect(other[i]!.value).toEqual(field.value)
        }
      }),
      { seed: 41, numRuns: 150 },
    )
  })

  it('counts branches: the stored topic depends on the text that was moderated', () => {
    const { stored, returned } = must(labelOf(guestbook, 'post'))
    expect(stored.find((field) => field.field === 'topic')!.inputs).toContain('request.text')
    expect(stored.find((field) => field.field === 'text')!.sees).not.toContain('request.text')
    expect(returned.flatMap((field) => field.inputs)).not.toContain('slot.posts')
  })

  it('says what each observation point opens', () => {
    expect(must(labelOf(guestbook, 'like')).blocks.map((block) => block.opens)).toEqual([
      ['query.post.$key', 'request.post'],
      ['query.mine.$count', 'request.post', 'caller'],
    ])
  })
})

describe('the API document', () => {
  it('counts one server more than observation points, and says what is encrypted for whom', () => {
    const { post } = describeProgram(guestbook).endpoints
    expect(post!.servers).toBe(3)
    expect(post!.encrypt).toContainEqual({ value: 'request.text', openedBy: ['moderation'], carriedBy: ['flood'] })
    expect(post!.response).toEqual({ kind: 'record', fields: { accepted: { kind: 'bool' }, reason: { kind: 'text', max: 59 } } })
  })
})
