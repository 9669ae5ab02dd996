/** Rules of indices in the language: what the document says, what the checker refuses and where, which calls may be refused for one. */
import { describe, expect, it } from 'vitest'
import {
  app,
  bytes,
  check,
  collection,
  compile,
  count,
  describe as api,
  endpoint,
  int,
  key,
  order,
  refusalWords,
  rulesAtStake,
  rulesOf,
  ruleWords,
  see,
  sum,
  text,
  type Database,
  type Program,
  type Result,
} from '../../../roles/program/index.ts'
import { must } from './guestbook.story.ts'

const said = (result: Result<unknown>): string =>
  result.ok ? 'ok' : `${result.error.code} ${result.error.message.replace(/^rules\.test\.ts:\d+: /, '')}`

const votes = collection({
  doc: 'One vote.',
  fields: { poll: key('polls'), choice: text(9) },
  indices: { mine: count('poll', '$owner').unique(), byChoice: order('poll', 'choice').atMost(100) },
})
const stock = collection({
  doc: 'What came and went.',
  fields: { good: text(9), change: int({ min: -50, max: 50 }) },
  indices: { left: sum('change', 'good').atLeast(0).atMost(1_000), turned: sum('change', '$owner') },
})
const polls = collection({ doc: 'Polls.', fields: { title: text(9) }, indices: {} })
const collections = { votes, stock, polls }

const shop = (): Program =>
  must(
    compile(
      app({
        name: 'shop',
        doc: '',
        collections,
        endpoints: (db: Database<typeof collections>) => ({
          vote: endpoint({
            doc: '',
            request: { poll: key('polls'), choice: text(9) },
            run: (req, { caller }) =>
              see(req.choice, db.votes.mine.count({ poll: req.poll, $owner: caller }), (choice) => {
                db.votes.create({ poll: req.poll, choice })
              }),
          }),
          rename: endpoint({
            doc: '',
            request: { title: text(9) },
            run: (req) =>
              see(req.title, (title) => {
                db.polls.create({ title })
              }),
          }),
          deliver: endpoint({
            doc: '',
            request: { good: text(9), pieces: int({ min: 0, max: 50 }) },
            run: (req) => {
              const mine = db.stock.owned('row')
              return see(req.good, req.pieces, (good, change) => {
                db.stock.create({ good, change })
                db.stock.update(mine, { change: 0 })
              })
            },
          }),
        }),
      }),
    ),
  )

describe('a rule is declared on an index', () => {
  it('and stands in the document: rows of a group, or bounds of a sum', () => {
    const { votes, stock } = shop().collections
    expect(votes!.indices).toEqual({
      mine: { kind: 'count', on: ['poll', '$owner'], atMost: 1 },
      byChoice: { kind: 'order', on: ['poll', 'choice'], atMost: 100 },
    })
    expect(stock!.indices).toEqual({
      left: { kind: 'sum', on: ['good'], field: 'change', atLeast: '0', atMost: '1000' },
      turned: { kind: 'sum', on: ['$owner'], field: 'change' },
    })
  })

  it('and is told in words', () => {
    const { votes, stock } = shop().collections
    expect([...rulesOf('votes', votes!), ...rulesOf('stock', stock!)].map(ruleWords)).toEqual([
      'at most 100 rows of votes have the same poll and choice',
      'at most one row of votes has the same poll and owner',
      'the sum of change over the rows of stock with the same good is at least 0',
      'the sum of change over the rows of stock with the same good is at most 1000',
    ])
  })

  it.each<[string, string, unknown]>([
    ['no number of rows', 'atMost', 0],
    ['a fraction of a row', 'atMost', 1.5],
    ['a text', 'atMost', '1'],
    ['more rows than a rule has room for', 'atMost', 1_000_001],
    ['a lower bound on rows', 'atLeast', 1],
    ['a rule of another name', 'unique', true],
  ])('%s is no rule of a document', (_, name, value) => {
    const document = JSON.parse(JSON.stringify(shop())) as Program
    Object.assign(document.collections['votes']!.indices['mine']!, { [name]: value })
    expect(said(check(document))).toMatch(/^program\.shape \/collections\/votes\/indices\/mine\//)
  })
})

describe('what a call may be refused for when another is counted first', () => {
  const stakes = (endpoint: string): string[] => rulesAtStake(shop(), shop().endpoints[endpoint]!).map(refusalWords)

  it('is every rule of what it writes, with who may be in the way', () => {
    expect(stakes('vote')).toEqual([
      'This may be refused if somebody, or another request of yours, is faster: at most 100 rows of votes have the same poll and choice.',
      'This may be refused if another request of yours is faster: at most one row of votes has the same poll and owner.',
    ])
  })

  it('is nothing where what it writes has no rule', () => expect(stakes('rename')).toEqual([]))

  it('counts an owned row only by the fields that are written, and a sum only where it can get worse', () => {
    expect(stakes('deliver')).toHaveLength(2)
    const only = (change: { min: number; max: number }, bound: 'atLeast' | 'atMost'): string[] => {
      const left = bound === 'atLeast' ? sum('n', 'good').atLeast(0) : sum('n', 'good').atMost(0)
      const rows = collection({ doc: '', fields: { good: text(9), n: int(change) }, indices: { left } })
      const program = must(
        compile(
          app({
            name: 'x',
            doc: '',
            collections: { rows },
            endpoints: (db) => ({
              go: endpoint({
                doc: '',
                request: { good: text(9) },
                run: ({ good }) =>
                  see(good, (good) => {
                    db.rows.create({ good, n: 0 })
                  }),
              }),
            }),
          }),
        ),
      )
      return rulesAtStake(program, program.endpoints['go']!).map(({ blocks }) => blocks.join())
    }
    expect(only({ min: 0, max: 5 }, 'atLeast')).toEqual([])
    expect(only({ min: -1, max: 5 }, 'atLeast')).toHaveLength(1)
    expect(only({ min: -5, max: 0 }, 'atMost')).toEqual([])
    expect(only({ min: -5, max: 1 }, 'atMost')).toHaveLength(1)
  })

  it('stands in the API document with the observation points that write so', () => {
    const [first] = api(shop()).endpoints['vote']!.rules
    expect(first).toEqual({
      ...{ collection: 'votes', index: 'byChoice', on: ['poll', 'choice'], field: null, bound: 'atMost', limit: 100 },
      blocks: [shop().endpoints['vote']!.blocks[0]!.name],
    })
  })
})

type Rows = Parameters<typeof collection>[0]
const declared = (spec: Rows): string =>
  said(compile(app({ name: 'x', doc: '', collections: { rows: collection(spec) }, endpoints: () => ({}) })))
const amount = (min: number, max: number) => ({ who: text(9), n: int({ min, max }) })

describe('a rule that cannot hold is refused', () => {
  it.each<[string, string, Rows]>([
    [
      'bounds the wrong way round',
      'no sum is at least 5 and at most 4.',
      { doc: '', fields: amount(0, 9), indices: { by: sum('n', 'who').atLeast(5).atMost(4) } },
    ],
    [
      'a greatest sum that every row is over',
      'no row can be written: n is at least 5, and its sum has to be at most 4.',
      { doc: '', fields: amount(5, 9), indices: { by: sum('n', 'who').atMost(4) } },
    ],
    [
      'a least sum that every row is under',
      'no row can be written: n is at most -5, and its sum has to be at least -4.',
      { doc: '', fields: amount(-9, -5), indices: { by: sum('n', 'who').atLeast(-4) } },
    ],
  ])('%s', (_, words, spec) => expect(declared(spec)).toBe(`program.rule collection rows, index by: ${words}`))
})

describe('initial values that can only ever collide are refused', () => {
  const begins = 'and every key that is reserved begins with the initial value'
  it.each<[string, string, Rows]>([
    [
      'unique, of everybody',
      `at most one row of rows has the same who, ${begins}, so the second key that anybody reserves would be refused; put $owner into the index, or declare no initial value.`,
      { doc: '', fields: amount(0, 9), indices: { by: order('who').unique() }, initial: { who: '', n: 0 } },
    ],
    [
      'some rows, of everybody',
      `at most 7 rows of rows have the same who, ${begins}, so one key too many that anybody reserves would be refused; put $owner into the index, or declare no initial value.`,
      { doc: '', fields: amount(0, 9), indices: { by: count('who').atMost(7) }, initial: { who: '', n: 0 } },
    ],
    [
      'a sum that grows with every key',
      `the sum of n over the rows of rows with the same who is at most 50, ${begins}, so one key too many that anybody reserves would be refused; put $owner into the index, or declare no initial value.`,
      { doc: '', fields: amount(0, 9), indices: { by: sum('n', 'who').atMost(50) }, initial: { who: '', n: 5 } },
    ],
    [
      'a sum that one key breaks',
      `the sum of n over the rows of rows with the same owner is at most 4, ${begins}, which breaks that by itself; declare another initial value, or none.`,
      { doc: '', fields: amount(0, 9), indices: { by: sum('n', '$owner').atMost(4) }, initial: { who: '', n: 5 } },
    ],
    [
      'a sum that one key leaves too low',
      `the sum of n over the rows of rows with the same owner is at least 1, ${begins}, which breaks that by itself; declare another initial value, or none.`,
      { doc: '', fields: amount(0, 9), indices: { by: sum('n', '$owner').atLeast(1) }, initial: { who: '', n: 0 } },
    ],
  ])('%s', (_, words, spec) => expect(declared(spec)).toBe(`program.rule collection rows, index by: ${words}`))

  it.each<[string, Rows]>([
    ['one for each owner', { doc: '', fields: amount(0, 9), indices: { by: order('$owner').unique() }, initial: { who: '', n: 0 } }],
    [
      'a sum to which they add nothing',
      { doc: '', fields: amount(0, 9), indices: { by: sum('n', 'who').atMost(5) }, initial: { who: '', n: 0 } },
    ],
    ['a sum that they keep up', { doc: '', fields: amount(0, 9), indices: { by: sum('n', 'who').atLeast(5) }, initial: { who: '', n: 5 } }],
    ['rules without initial values', { doc: '', fields: amount(0, 9), indices: { by: order('who').unique() } }],
  ])('and %s are not', (_, spec) => expect(declared(spec)).toBe('ok'))
})

describe('a rule over what the program never reads is refused', () => {
  const rows = collection({
    doc: '',
    fields: { name: text(9), secret: bytes(9) },
    indices: { byName: order('name').unique(), bySecret: count('secret', '$owner') },
  })
  const collections = { rows }
  type Req = Parameters<Parameters<typeof endpoint<{ name: ReturnType<typeof text>; secret: ReturnType<typeof bytes> }>>[0]['run']>[0]
  const ruled = (run: (db: Database<typeof collections>, req: Req) => unknown): Result<Program> =>
    compile(
      app({
        name: 'x',
        doc: '',
        collections,
        endpoints: (db) => ({ go: endpoint({ doc: '', request: { name: text(9), secret: bytes(9) }, run: (req) => run(db, req) }) }),
      }),
    )

  it('where every write moves it sealed, at the line of the index', () => {
    const refused = ruled((db, req) =>
      see('blind', () => {
        db.rows.create({ name: req.name, secret: req.secret })
      }),
    )
    expect(refused.ok || refused.error.message).toMatch(/^rules\.test\.ts:\d+: /)
    expect(said(refused)).toBe(
      'program.rule collection rows, index byName: a rule is over values that the program reads, and nothing reads name: every write moves it sealed. Open it in a see(), or ask an index of rows by it.',
    )
  })

  it.each<[string, Parameters<typeof ruled>[0]]>([
    ['it is computed', (db, req) => see(req.name, (name) => (db.rows.create({ name: name.asciiLower(), secret: req.secret }), true))],
    ['another point opens it', (db, req) => (see(req.name, (name) => name.isEmpty()), see('blind', () => (db.rows.create(req), true)))],
    [
      'a query asks by it',
      (db, req) => {
        const found = db.rows.byName.rows({ name: req.name }, { limit: 1 })
        return see(found.$key, () => (db.rows.create(req), true))
      },
    ],
    ['nothing writes it', (_, req) => see(req.name, (name) => name)],
  ])('and not where %s', (_, run) => expect(said(ruled(run))).toBe('ok'))
})
