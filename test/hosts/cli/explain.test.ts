import { describe, expect, it } from 'vitest'
import { explainEndpoint, type ExplainedEndpoint } from '../../../main/hosts/cli/explain/model.ts'
import { explanationText } from '../../../main/hosts/cli/explain/text.ts'
import {
  app,
  check,
  collection,
  compile,
  endpoint,
  int,
  labelOf,
  order,
  see,
  sourceName,
  sum,
  text,
  typeWords,
  when,
  type Program,
} from '../../../roles/program/index.ts'
import { compiledDiary } from '../../roles/program/diary.story.ts'
import { must } from '../../roles/program/guestbook.story.ts'
import { answered, golem, guestbookDocument, guestbookSource } from './golem.ts'

/** Money that its owner may send: a row that exists, a sum, a guard. */
const purse = app({
  name: 'purse',
  doc: 'Money.',
  collections: {
    purses: collection({
      doc: 'What somebody has.',
      fields: { holder: text(64), amount: int({ min: 0, max: 1_000_000 }) },
      indices: { all: order('holder'), total: sum('amount', 'holder') },
    }),
  },
  endpoints: (db) => ({
    spend: endpoint({
      doc: 'Spends something.',
      request: { amount: int({ min: 1 }) },
      run: (request, { caller }) => {
        const purse = db.purses.owned('mine')
        const rich = db.purses.total.sum({ holder: caller }, { name: 'rich' })
        return see('enough', rich, request.amount, (has, wants) =>
          when(
            has.atLeast(wants),
            () => see('pay', request.amount, (amount) => (db.purses.update(purse, { amount }), { paid: true, note: 'paid' })),
            () => ({ paid: false, note: 'too little' }),
          ),
        )
      },
    }),
    find: endpoint({
      doc: 'Finds purses.',
      request: { holder: text(64) },
      run: (request) => {
        const { holder } = see('name', request.holder, (name) => ({ holder: name.asciiLower() }))
        const found = db.purses.all.rows({ holder }, { limit: 3, name: 'found' })
        return { holder, amounts: see('open', found.amount, (amounts) => amounts.length()) }
      },
    }),
    mirror: endpoint({
      doc: 'Gives back what it got.',
      request: { amount: int() },
      run: (request) => ({ amount: request.amount, always: 5 }),
    }),
  }),
})

const program = must(compile(purse))
const explained = (name: string, of: Program = program): ExplainedEndpoint => must(explainEndpoint(of, name, 1))
const words = (name: string, of: Program = program): string => explanationText(of, [explained(name, of)])

describe('[L11] golem explain on the guestbook', () => {
  it('says who sees what, what stays sealed, and what can influence what is stored', async () => {
    const { code, out } = await golem('/', 'explain', guestbookSource, 'post')
    expect(code).toBe(0)
    for (const line of [
      /^ {4}text +text of at most 500 characters$/m,
      /^ {4}new posts key +a reserved key for a new row of posts$/m,
      /recent +up to 20 rows of posts with the same topic, by number and key, greatest first; used:\s+recent\.author and recent\.number/,
      /Five servers take part: one in front, and two for each point/,
      /front +passes everything on and sees no value/,
      /^ {4}1 {2}moderation {3}\(guestbook\.ts:42\)\n {7}sees +topic and text\n {7}writes +nothing$/m,
      /sees +topic, caller, new posts key, recent\.author, recent\.number and moderation's answer$/m,
      /moves +text, sealed, into what it stores/,
      /^ {4}text +moderation; stays sealed for flood$/m,
      /^ {4}recent\.author +flood; stays sealed for moderation$/m,
      /^ {7}text +text, unchanged$/m,
      /^ {4}accepted +yes or no; depends on caller, recent\.author, text and topic$/m,
    ])
      expect(out).toMatch(line)
    expect(out).not.toContain('── like')
  })

  it('says the same of the document, and as data', async () => {
    const [source, document] = [await golem('/', 'explain', guestbookSource), await golem('/', 'explain', guestbookDocument)]
    expect(document.out).toBe(source.out)
    const { value } = answered(await golem('/', 'explain', guestbookDocument, '--json'))
    expect(value.endpoints.map((endpoint: ExplainedEndpoint) => [endpoint.name, endpoint.servers])).toEqual([
      ['like', 5],
      ['post', 5],
    ])
  })

  it('gives every point exactly what the label says it opens', () => {
    const guestbook = must(check(JSON.parse(JSON.stringify(must(compile(purse))))))
    for (const of of [program, guestbook]) {
      for (const name of Object.keys(of.endpoints)) {
        const label = must(labelOf(of, name))
        const keys = (point: number): number => new Set(of.endpoints[name]!.blocks[point]!.sites.map((site) => site.slot)).size
        explained(name, of).points.forEach((point, i) => {
          const goAhead = of.endpoints[name]!.blocks[i]!.guard
          const opened = new Set([...label.blocks[i]!.opens, ...(goAhead === null ? [] : [sourceName(of.endpoints[name]!, goAhead)])])
          expect(point.sees.length).toBe(opened.size + keys(i))
        })
      }
    }
  })

  it('says which calls may be refused for a rule when another is counted first', async () => {
    const { out } = await golem('/', 'explain', guestbookDocument)
    expect(out.replaceAll(/\s+/g, ' ')).toContain(
      'What may be refused if another call is counted first once may break this rule: at most one row of likes has the same post and author. Whoever is counted first wins.',
    )
    expect(out.replaceAll(/\s+/g, ' ')).toContain('One client likes one post. Rule: at most one row of likes has the same post and author.')
    const [like, post] = answered(await golem('/', 'explain', guestbookDocument, '--json')).value.endpoints as ExplainedEndpoint[]
    expect(post!.rules).toEqual([])
    expect(like!.rules).toMatchObject([
      { collection: 'likes', index: 'byPostAuthor', bound: 'atMost', limit: 1, blocks: ['once'], own: false },
    ])
  })

  it('fits a hundred columns', async () => {
    const { out } = await golem('/', 'explain', guestbookDocument)
    expect(out.split('\n').filter((line) => line.length > 100)).toEqual([])
  })

  it('names the endpoints there are when it does not find one', async () => {
    expect(await golem('/', 'explain', guestbookDocument, 'delete')).toMatchObject({
      code: 1,
      err: expect.stringContaining('it has like, post'),
    })
  })
})

describe('[L11] golem explain', () => {
  it('tells of rows that are changed, of sums, and of points that run only if another says so', () => {
    const text = words('spend')
    expect(text).toMatch(/own mine key +the key of one of the caller's rows of purses/)
    expect(text).toMatch(/rich +the sum of amount over the rows of purses with holder = caller; used: rich\.sum/)
    expect(text).toMatch(/only if +enough's go-ahead is yes; otherwise it does nothing/)
    expect(text).toMatch(/may write +the caller's row of purses \(amount\)/)
    expect(text).toMatch(/pay writes the caller's row of purses\n +whether at all +caller, rich\.sum and amount/)
  })

  it('needs no server where nothing is seen', () => {
    expect(explained('mirror')).toMatchObject({ servers: 0, points: [], lookups: [], splits: [] })
    expect(words('mirror')).toMatch(/amount +integer; amount, unchanged/)
    expect(words('mirror')).toMatch(/always +integer from 5 to 5; always "5"/)
    expect(words('mirror')).toMatch(/amount +no server/)
  })

  it('[L8] says where the endpoint is split, and what that shows to whom', () => {
    expect(explained('find').splits).toMatchObject([
      { query: 'found', because: ["name's holder"], shows: ["name's holder"], before: ['open'] },
    ])
    expect(words('find')).toMatch(
      /split: .*\n +found +up to 3 rows of purses with holder = name's holder.*\n.*It needs name's holder \(explain\.test\.ts:\d+\)/,
    )
    expect(words('find')).toMatch(/the caller can open name's holder before open runs, and stop there/)
    expect(words('find')).not.toContain('before any server is asked')
  })

  it('[L12] says what a call costs at most, for each observation point and together', () => {
    expect(explained('spend')).toMatchObject({ servers: 5, lanes: 2 })
    expect(explained('spend').cost.blocks.every(({ steps, unbounded }) => steps > 0 && !unbounded)).toBe(true)
    expect(words('spend')).toMatch(/costs at most\n(.*steps.*\n)+ +together +5 servers, each point calculated 2 times/)
  })

  it('[L7] tells of the range that is looked up', () => {
    const diary = compiledDiary()
    const lookedUp = (name: string): string[] => explained(name, diary).lookups.map(({ words }) => words)
    expect(lookedUp('find')).toEqual(['up to 10 rows of entries with the same topic and since ≤ day < until, by day and key'])
    expect(lookedUp('write')).toEqual([
      'up to 3 rows of entries with the same topic and since ≤ day < the given day, by day and key, greatest first',
    ])
    expect(lookedUp('page')).toEqual([
      'up to 2 rows of entries with key ≥ from, by key',
      'up to 9 rows of entries with topic < the given topic, by topic and key, greatest first',
    ])
    expect(explained('find', diary).lookups[0]!.asked).toEqual(['topic', 'since', 'until'])
    expect(explained('week', diary).splits).toMatchObject([{ query: 'week', because: ["start's answer"], before: ['count'] }])
  })
})

describe('types in words', () => {
  it.each([
    [{ kind: 'int', min: '0', max: '9' }, 'integer from 0 to 9'],
    [{ kind: 'list', of: { kind: 'text', max: 1 }, max: 3 }, 'list of at most 3, each: text of at most 1 character'],
    [{ kind: 'option', of: { kind: 'key', collection: 'posts' } }, 'nothing or key of a row of posts'],
    [
      {
        kind: 'variant',
        cases: { open: { kind: 'record', fields: {} }, sold: { kind: 'record', fields: { to: { kind: 'text', max: 64 } } } },
      },
      'one of open, sold ({ to: text of at most 64 characters })',
    ],
    [
      { kind: 'map', keys: { kind: 'int' }, of: { kind: 'bytes', max: 2 }, max: 4 },
      'map of at most 4 entries, from integer to at most 2 bytes',
    ],
    [{ kind: 'tree', of: { kind: 'bool' }, max: 5 }, 'tree of at most 5 nodes, each: yes or no'],
  ] as const)('%j', (type, expected) => {
    expect(typeWords(structuredClone(type) as never)).toBe(expected)
  })
})
