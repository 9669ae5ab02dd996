/** [L7] A query of rows takes a range of the field after those that it equals. */
import { describe, expect, it } from 'vitest'
import {
  canonicalProgram,
  check,
  costOf,
  describe as describeProgram,
  labelOf,
  pausesOf,
  runEndpoint,
  splitNotes,
} from '../../../roles/program/index.ts'
import type { Asked, Endpoint, Json, Program, Query, Source, Type } from '../../../roles/program/index.ts'
import { ALICE, BOB, BUDGET, compiledGuestbook, createStory, must } from './guestbook.story.ts'
import { compiledDiary } from './diary.story.ts'
import { codeOf, copyOf } from './small.ts'

const diary = compiledDiary()
const request = (field: string): Source => ({ from: 'request', field })
const only = (name: string): Query => diary.endpoints[name]!.queries[0]!

describe('[L7] the builder', () => {
  it('writes a range beside the equalities, and nothing where there is none', () => {
    expect(only('write')).toMatchObject({
      equals: [request('topic')],
      range: { from: request('since'), to: request('day') },
      descending: true,
      stage: 0,
    })
    expect(diary.endpoints['page']!.queries).toMatchObject([
      { index: 'key', equals: [], range: { from: request('from') } },
      { index: 'byTopic', equals: [], range: { to: request('topic') } },
    ])
    expect(diary.endpoints['page']!.queries.map(({ range }) => Object.keys(range!))).toEqual([['from'], ['to']])
    expect(canonicalProgram(compiledGuestbook())).not.toContain('"range"')
  })

  it('keeps literals in the program, sealed by a see or not, and opens none of them', () => {
    const walks = only('walks')
    expect(walks).toMatchObject({
      equals: [{ from: 'literal', type: { kind: 'text', max: 5 }, value: 'walks' }],
      range: { from: { from: 'literal', type: { kind: 'int' }, value: '-3' }, to: request('until') },
      stage: 0,
    })
    expect(diary.endpoints['walks']!.blocks[1]!.inputs.map(({ source }) => source)).toEqual([
      { from: 'query', query: 0, field: 'day' },
      request('until'),
    ])
  })

  it('opens the bounds wherever a column of the query is opened', () => {
    expect(diary.endpoints['write']!.blocks[0]!.inputs.map(({ source }) => source)).toEqual([
      { from: 'query', query: 0, field: 'text' },
      request('topic'),
      request('since'),
      request('day'),
    ])
  })

  it('[L8] splits the endpoint for a computed bound', () => {
    expect(only('week')).toMatchObject({ stage: 1, range: { from: { from: 'block', block: 0, output: 0 }, to: request('day') } })
    expect(pausesOf(diary.endpoints['week']!)).toEqual([1])
    expect(splitNotes(diary)).toEqual([
      expect.stringMatching(/^diary\.story\.ts:[0-9]+: the query week needs start_0 and splits the endpoint week\./),
    ])
  })
})

const literal = (type: Type, value: Json): Asked => ({ from: 'literal', type, value })

describe('[L7] the checker', () => {
  const changed = (name: string, change: (query: Query, endpoint: Endpoint) => void): ReturnType<typeof check> => {
    const copy: Program = copyOf(diary)
    change(copy.endpoints[name]!.queries[0]!, copy.endpoints[name]!)
    return check(copy)
  }

  it('admits what the builder made', () => {
    expect(codeOf(check(copyOf(diary)))).toBe('ok')
    expect(codeOf(changed('find', (it) => delete it.range!.to))).toBe('ok')
  })

  it.each<[string, string, string, string, (query: Query, endpoint: Endpoint) => void]>([
    ['without a bound', 'program.shape', 'find', '/range', (it) => (it.range = {})],
    ['with a third bound', 'program.shape', 'find', '/range/at', (it) => Object.assign(it.range!, { at: request('since') })],
    ['with a literal of another type', 'program.type', 'walks', '/equals/0', (it) => (it.equals[0] = literal({ kind: 'int' }, '3'))],
    [
      'with a literal that is not of its own type',
      'program.type',
      'walks',
      '/equals/0/value',
      (it) => (it.equals[0] = literal({ kind: 'text', max: 3 }, 'walks')),
    ],
    [
      'with a literal that is no JSON form',
      'program.type',
      'walks',
      '/range/from/value',
      (it) => (it.range!.from = literal({ kind: 'int' }, -3)),
    ],
    [
      'with a literal of a key of no collection',
      'program.scope',
      'walks',
      '/equals/0/type',
      (it) => (it.equals[0] = literal({ kind: 'key', collection: 'none' }, '')),
    ],
    [
      'with a literal that has no type',
      'program.shape',
      'walks',
      '/equals/0/type',
      (it) => (it.equals[0] = { from: 'literal', value: 'walks' } as never),
    ],
    ['that is null', 'program.shape', 'find', '/range', (it) => (it.range = null as never)],
    ['with a bound that is no source', 'program.shape', 'find', '/range/to', (it) => (it.range!.to = 3 as never)],
    ['with a bound of another type', 'program.type', 'find', '/range/to', (it) => (it.range!.to = request('topic'))],
    ['with a bound that is not there', 'program.scope', 'find', '/range/from', (it) => (it.range!.from = request('nothing'))],
    [
      'with a column as bound',
      'program.query',
      'find',
      '/range/from',
      (it) => (it.range!.from = { from: 'query', query: 0, field: 'day' }),
    ],
    ['with a key of another kind', 'program.type', 'page', '/range/from', (it) => (it.range!.from = request('topic'))],
    ['after all fields of the index', 'program.query', 'find', '/range', (it) => it.equals.push(request('since'))],
    ['of a field that is not the next', 'program.type', 'find', '/range/from', (it) => (it.equals = [])],
    ['of one row', 'program.query', 'page', '/range', (it) => Object.assign(it, { kind: 'get', limit: 1, equals: [request('from')] })],
    ['with a bound that comes later than its stage', 'program.query', 'week', '/stage', (it) => (it.stage = 0)],
  ])('refuses a range %s', (_, code, name, path, change) => {
    const result = changed(name, change)
    expect([codeOf(result), result.ok ? '' : result.error.message]).toEqual([
      code,
      expect.stringContaining(`/endpoints/${name}/queries/0${path}`),
    ])
  })

  it('[R2] refuses a block that uses a column and does not open a bound, by which its server checks the proof', () => {
    for (const bound of ['since', 'day']) {
      const result = changed('write', (_, { blocks }) => {
        const at = blocks[0]!.inputs.findIndex(({ source }) => source.from === 'request' && source.field === bound)
        blocks[0]!.inputs[at]!.source = request('text')
      })
      expect(codeOf(result)).toBe('program.carry')
      expect(result.ok ? '' : result.error.message).toContain(`request.${bound} has to be opened`)
    }
  })
})

describe('[L7] a run', () => {
  const story = () => {
    const { run, tables } = createStory(diary)
    const write = (day: number, text: string, since = day) => must(run('write', ALICE, { topic: 'walks', since, day, text })).response
    return { run, tables, write }
  }

  it('finds from the lower bound on, up to and without the upper one', () => {
    const { run, write } = story()
    for (const day of [3, -1, 2, 1]) write(day, `day ${day}`)
    const find = (since: number, until: number, topic = 'walks') => must(run('find', BOB, { topic, since, until })).response
    expect(find(-1, 3)).toEqual(['day -1', 'day 1', 'day 2'])
    expect(find(2, 3)).toEqual(['day 2'])
    expect([find(2, 2), find(3, 1), find(4, 9), find(-1, 3, 'talks')]).toEqual([[], [], [], []])
    expect(must(run('week', BOB, { topic: 'walks', day: 8 })).response).toEqual({ count: 3 })
  })

  it('shows blocks what is in the range, last first', () => {
    const { write } = story()
    write(1, 'one')
    expect(write(2, 'two', 1)).toEqual({ written: true, before: 'one' })
    expect(write(3, 'three', 1)).toEqual({ written: false, before: 'two|one' })
    expect(write(3, 'three', 2)).toEqual({ written: true, before: 'two' })
  })

  it('gives the bounds to whoever answers, and none where there are none', () => {
    const asked: unknown[] = []
    const query = (...all: unknown[]) => (asked.push(all), [])
    const call = (name: string, program: Program, fields: Record<string, string | number>, slots: string[] = []) =>
      must(runEndpoint(program, name, { request: fields, caller: ALICE, slots, query }, BUDGET))
    call('week', diary, { topic: 'a', day: 9 })
    call('page', diary, { from: 'k1', topic: 'b' })
    call('post', compiledGuestbook(), { topic: 'a', text: 'b' }, ['k'])
    expect(asked).toEqual([
      [0, ['a'], { from: 2, to: 9 }],
      [0, [], { from: 'k1' }],
      [1, [], { to: 'b' }],
      [0, ['a'], undefined],
    ])
  })
})

describe('[L7] explanations', () => {
  it('[L12] let bounds reach whatever comes of the rows', () => {
    const { returned, stored, blocks } = must(labelOf(diary, 'write'))
    expect(blocks[0]!.opens).toEqual(['query.recent.text', 'request.topic', 'request.since', 'request.day'])
    expect(stored.find(({ field }) => field === 'author')!.inputs).toEqual([
      'caller',
      'query.recent.text',
      'request.day',
      'request.since',
      'request.topic',
    ])
    expect(returned.map(({ inputs }) => inputs)).toEqual(
      Array(2).fill(['query.recent.text', 'request.day', 'request.since', 'request.topic']),
    )
    expect(must(labelOf(diary, 'week')).returned[0]!.inputs).toEqual(['query.week.day', 'request.day', 'request.topic'])
    expect(must(labelOf(diary, 'find')).returned[0]!.inputs).toEqual([
      'query.found.text',
      'request.since',
      'request.topic',
      'request.until',
    ])
  })

  it('name the bounded field and its bounds in the API document', () => {
    const queries = (name: string) => describeProgram(diary).endpoints[name]!.queries
    expect(queries('find')).toMatchObject([
      { asked: ['request.topic', 'request.since', 'request.until'], range: { field: 'day', from: 'request.since', to: 'request.until' } },
    ])
    expect(queries('page').map(({ range }) => range)).toEqual([
      { field: '$key', from: 'request.from' },
      { field: 'topic', to: 'request.topic' },
    ])
    expect(describeProgram(compiledGuestbook()).endpoints['post']!.queries[0]).not.toHaveProperty('range')
  })

  it('[L11] cost no more than the limit of rows says', () => {
    expect(must(costOf(diary, 'write')).totals).toMatchObject({ queries: 1, rows: 3 })
  })
})
