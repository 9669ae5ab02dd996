/** [L8] A query on a computed value splits its endpoint, and the developer reads where, why and what that exposes. */
import { describe, expect, it } from 'vitest'
import {
  app,
  check,
  collection,
  compile,
  count,
  describe as describeProgram,
  endpoint,
  int,
  labelOf,
  pausesOf,
  runEndpoint,
  see,
  splitNotes,
  text,
  when,
} from '../../../roles/program/index.ts'
import type { Database, Int, Program, Result, Row, Sealed, Text } from '../../../roles/program/index.ts'
import { ALICE, BOB, BUDGET, compiledGuestbook, createStory, must } from './guestbook.story.ts'
import { compiledSlugs, splits } from './slugs.story.ts'
import { codeOf, copyOf } from './small.ts'

const slugs = compiledSlugs()

const COLLECTIONS = { notes: collection({ doc: '', fields: { title: text(20), stars: int() }, indices: { howMany: count('title') } }) }

const notes = (run: (db: Database<typeof COLLECTIONS>, req: { title: Sealed<Text>; stars: Sealed<Int> }) => unknown): Result<Program> =>
  compile(
    app({
      name: 'notes',
      doc: '',
      collections: COLLECTIONS,
      endpoints: (db) => ({ go: endpoint({ doc: '', request: { title: text(20), stars: int() }, run: (req) => run(db, req) }) }),
    }),
  )

describe('[L8] the builder', () => {
  it('gives a query the earliest stage that its arguments allow, and names the line', () => {
    const { queries, blocks } = slugs.endpoints['publish']!
    expect(queries).toMatchObject([{ name: 'taken', stage: 1, equals: [{ from: 'block', block: 0, output: 0 }] }])
    expect(queries[0]!.at).toMatch(/^slugs\.story\.ts:[0-9]+$/)
    expect(blocks[1]!.inputs.map((input) => input.source.from)).toEqual(['block', 'query'])
    expect(slugs.endpoints['follow']!.queries.map((query) => query.stage)).toEqual([1, 2, 3])
    expect(compiledGuestbook().endpoints['post']!.queries.map((query) => query.stage)).toEqual([0])
  })

  it('asks equal queries once, at the line of the first, and hoists what a see() asks without needing it', () => {
    const program = must(
      notes((db, req) => {
        const title = see(req.title, (open) => open.trim())
        const one = db.notes.howMany.count({ title })
        return see(req.stars, one, (stars, n) => {
          const two = db.notes.howMany.count({ title })
          const early = db.notes.howMany.count({ title: req.title })
          return see(two, early, (a, b) => a.plus(b).plus(stars).plus(n))
        })
      }),
    )
    expect(program.endpoints['go']!.queries.map((query) => query.stage)).toEqual([1, 0])
    expect(pausesOf(program.endpoints['go']!)).toEqual([1])
  })

  it.each<[string, string, string, () => Result<Program>]>([
    [
      'an opened value',
      'program.query',
      'return it from its see()',
      () => notes((db, req) => see(req.title, (title) => db.notes.howMany.count({ title: title.trim() as never }))),
    ],
    [
      'a choice',
      'program.choice',
      'depends on a branch',
      () =>
        notes((db, req) => {
          const title = see(req.stars, (stars) =>
            when(
              stars.less(1),
              () => req.title,
              () => see(req.title, (open) => open.trim()),
            ),
          )
          return db.notes.howMany.count({ title })
        }),
    ],
    [
      'a column of another query',
      'program.query',
      'a column of another query',
      () => notes((db) => db.notes.howMany.count({ title: db.notes.rows({ limit: 1 }).title as never })),
    ],
    [
      'a value of another type',
      'program.type',
      'title is text, not int',
      () => notes((db, req) => db.notes.howMany.count({ title: see(req.stars, (n) => n) as never })),
    ],
  ])('refuses a query that is asked with %s', (_, code, message, build) => {
    const result = build()
    expect([codeOf(result), result.ok ? '' : result.error.message]).toEqual([code, expect.stringContaining(message)])
  })
})

describe('[L8] what a split says', () => {
  it('is where, why, what runs after it, and what it exposes', () => {
    const [split] = splits(slugs, 'publish')
    expect(split).toMatchObject({ query: 'taken', stage: 1, because: ['slugify_0'], before: ['claim'] })
    expect(split!.at).toMatch(/^slugs\.story\.ts:[0-9]+$/)
    expect(split!.exposes).toEqual([
      'The client learns slugify_0 before claim runs, and may stop there having seen it.',
      'Whoever serves the index pages.taken sees which of its pages the client fetches, and so about what it asks for.',
      expect.stringContaining('one more round trip'),
    ])
  })

  it('is nothing where all queries are hoisted, and one sentence where nothing runs after the query', () => {
    expect(splits(compiledGuestbook(), 'post')).toEqual([])
    expect(splits(slugs, 'follow').map((split) => [split.query, split.before, split.exposes.length])).toEqual([
      ['found', ['pick', 'read'], 3],
      ['row', ['read'], 3],
      ['same', [], 1],
    ])
  })

  it('is one paragraph for whoever compiles or offers the program', () => {
    const notes = splitNotes(slugs)
    expect(notes).toHaveLength(4)
    expect(notes[3]).toMatch(
      /^slugs\.story\.ts:[0-9]+: the query taken needs slugify_0 and splits the endpoint publish\. The client learns/,
    )
    expect(splitNotes(compiledGuestbook())).toEqual([])
  })

  it('is in the API document, with the number of round trips', () => {
    const { endpoints } = describeProgram(slugs)
    expect(endpoints['publish']).toMatchObject({ servers: 3, rounds: 2, queries: [{ name: 'taken', asked: ['block.0.0'], stage: 1 }] })
    expect(endpoints['follow']!.rounds).toBe(3)
    expect(describeProgram(compiledGuestbook()).endpoints['post']).toMatchObject({ rounds: 1, queries: [{ name: 'recent', stage: 0 }] })
  })
})

describe('[L8] the checker', () => {
  const changed = (change: (endpoint: Program['endpoints'][string]) => void, name = 'publish'): ReturnType<typeof check> => {
    const copy = copyOf(slugs)
    change(copy.endpoints[name]!)
    return check(copy)
  }

  it('admits what the builder made', () => {
    expect(codeOf(check(copyOf(slugs)))).toBe('ok')
  })

  it.each<[string, string, (endpoint: Program['endpoints'][string]) => void]>([
    ['a stage before its arguments are computed', 'program.query', (it) => (it.queries[0]!.stage = 0)],
    ['a later stage than the least possible', 'program.query', (it) => (it.queries[0]!.stage = 2)],
    ['a stage that is no number', 'program.shape', (it) => (it.queries[0]!.stage = '1' as never)],
    ['a missing line', 'program.shape', (it) => delete (it.queries[0] as { at?: string }).at],
    [
      'an argument of a block that is not there',
      'program.scope',
      (it) => (it.queries[0]!.equals = [{ from: 'block', block: 7, output: 0 }]),
    ],
    ['an output that is not there', 'program.scope', (it) => (it.queries[0]!.equals = [{ from: 'block', block: 0, output: 3 }])],
    [
      'a column of another query as argument',
      'program.query',
      (it) => (it.queries[0]!.equals = [{ from: 'query', query: 0, field: '$count' }]),
    ],
    [
      'a column in a block that runs before the query',
      'program.scope',
      (it) => it.blocks[0]!.inputs.push({ name: 'early', source: { from: 'query', query: 0, field: '$count' } }),
    ],
    [
      'a column without the computed value that proves it',
      'program.carry',
      (it) => (it.blocks[1]!.inputs[0]!.source = { from: 'request', field: 'title' }),
    ],
    [
      'a hoisted query with a stage',
      'program.query',
      (it) => Object.assign(it.queries[0]!, { equals: [{ from: 'request', field: 'title' }] }),
    ],
  ])('refuses %s', (_, code, change) => {
    expect(codeOf(changed(change))).toBe(code)
  })
})

describe('[L8] a run', () => {
  it('answers a query with what the blocks before it computed', () => {
    const { run } = createStory(slugs)
    const publish = (title: string, caller = ALICE) => must(run('publish', caller, { title }))
    expect(publish('  Hello ')).toMatchObject({
      response: { published: true },
      writes: [{ fields: { slug: 'hello', title: '  Hello ', author: ALICE } }],
    })
    expect(publish('HELLO', BOB)).toMatchObject({ response: { published: false }, writes: [] })
    expect(publish('hello again', BOB)).toMatchObject({ response: { published: true } })
    expect(must(run('follow', BOB, { title: 'hello', otherwise: '' })).response).toEqual({ title: '  Hello ', same: 0 })
    expect(must(run('follow', BOB, { title: 'nowhere', otherwise: '' })).response).toEqual({ title: '', same: 0 })
  })

  it('asks in the order of the stages, each once, also when nothing runs after', () => {
    const asked: unknown[] = []
    const rows: Row[] = [{ $key: 'k1', $owner: ALICE, slug: 'a', title: 'A', author: ALICE }]
    const query = (position: number, args: unknown[]) => {
      asked.push([position, ...args])
      return position === 2 ? 1 : rows
    }
    must(runEndpoint(slugs, 'follow', { request: { title: ' A', otherwise: '' }, caller: ALICE, slots: [], query }, BUDGET))
    expect(asked).toEqual([
      [0, 'a'],
      [1, 'k1'],
      [2, 'A'],
    ])
  })
})

describe('[L8] the label', () => {
  it('carries the arguments of a query on through its answer, also computed ones, and changes nothing before it', () => {
    const { stored, returned, blocks } = must(labelOf(slugs, 'publish'))
    expect(stored.find((field) => field.field === 'author')!.inputs).toEqual(['caller', 'query.taken.$count', 'request.title'])
    expect(returned).toEqual([{ field: 'published', inputs: ['query.taken.$count', 'request.title'] }])
    expect(blocks.map((block) => block.opens)).toEqual([['request.title'], ['block.0.0', 'query.taken.$count']])
    const follow = must(labelOf(slugs, 'follow'))
    expect(follow.returned).toEqual([
      { field: 'same', inputs: ['query.found.$key', 'query.row.title', 'query.same.$count', 'request.otherwise', 'request.title'] },
      { field: 'title', inputs: ['query.found.$key', 'query.row.title', 'request.otherwise', 'request.title'] },
    ])
  })
})
