import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  app,
  canonicalProgram,
  collection,
  compile,
  endpoint,
  int,
  list,
  order,
  record,
  see,
  text,
  when,
} from '../../../roles/program/index.ts'
import { compiledDiary } from '../../roles/program/diary.story.ts'
import { must } from '../../roles/program/guestbook.story.ts'
import { answered, golem, guestbookDocument, temporaryFolder } from './golem.ts'

const folder = temporaryFolder()
const ALICE = 'a1'.repeat(32)
const BOB = 'b0'.repeat(32)

const scores = app({
  name: 'scores',
  doc: '',
  collections: {
    scores: collection({ doc: '', fields: { name: text(10), points: int() }, indices: { byPoints: order('points') } }),
    tallies: collection({ doc: '', fields: { total: int() }, initial: { total: 0 }, indices: { byTotal: order('total') } }),
  },
  endpoints: (db) => ({
    best: endpoint({ doc: '', request: {}, run: () => db.scores.byPoints.rows({}, { limit: 3, descending: true }).name }),
    change: endpoint({
      doc: '',
      request: { points: int({ max: 100 }) },
      run: (request) => {
        const mine = db.scores.owned('mine')
        return see('set', request.points, (points) => (db.scores.update(mine, { points }), { points }))
      },
    }),
    add: endpoint({
      doc: '',
      request: { items: list(record({ name: text(5), price: int({ min: 0 }) }), 3) },
      run: (request) => see('adder', request.items, (items) => items.fold(0, (total, item) => total.plus(item.get('price')))),
    }),
    recount: endpoint({
      doc: '',
      request: { total: int() },
      run: ({ total }) => {
        const tally = db.tallies.owned('tally')
        return see('recounter', total, (total) => (db.tallies.update(tally, { total }), { total }))
      },
    }),
    start: endpoint({
      doc: '',
      request: { go: int() },
      run: (request) => {
        const totals = db.tallies.byTotal.rows({}, { limit: 5, name: 'totals' })
        return see('starter', request.go, totals.total, (go, found) =>
          when(
            go.equals(0),
            () => ({ found }),
            () => (db.tallies.create({ total: go }), { found }),
          ),
        )
      },
    }),
  }),
})

writeFileSync(join(folder, 'scores.json'), canonicalProgram(must(compile(scores))))
const row = (key: string, owner: string, name: string, points: unknown) => ({ key, owner, fields: { name, points } })

function data(name: string, collections: object): string {
  writeFileSync(join(folder, name), JSON.stringify({ collections }))
  return name
}

const run = (endpoint: string, request: object, ...flags: string[]) =>
  golem(folder, 'run', 'scores.json', endpoint, '--request', JSON.stringify(request), '--json', ...flags)
const guestbook = async (endpoint: string, request: object, ...flags: string[]) =>
  answered(await golem(folder, 'run', guestbookDocument, endpoint, '--request', JSON.stringify(request), '--json', ...flags))

describe('[L10] golem run tells a story without a network', () => {
  it('the guestbook: a post is stored, found by the next call, and liked once', async () => {
    const state = ['--data', 'story.json', '--commit']
    const posted = await guestbook('post', { topic: 'cats', text: 'Hello!' }, ...state, '--caller', ALICE)
    const { key } = posted.value.writes[0]
    expect(posted).toMatchObject({
      ok: true,
      value: {
        committed: true,
        response: { accepted: true },
        blocks: [
          { name: 'moderation', sites: [] },
          { name: 'flood', sites: [0] },
        ],
      },
    })
    expect(posted.value.writes).toEqual([
      {
        block: 'flood',
        site: 0,
        collection: 'posts',
        key,
        owner: ALICE,
        fields: { author: ALICE, number: '0', text: 'Hello!', topic: 'cats' },
        rules: [],
      },
    ])
    expect(await guestbook('like', { post: key }, ...state, '--caller', BOB)).toMatchObject({ value: { response: { accepted: true } } })
    expect(await guestbook('like', { post: key }, ...state, '--caller', BOB)).toMatchObject({
      value: { response: { accepted: false, reason: expect.stringContaining('already') }, writes: [] },
    })
    const stored = JSON.parse(readFileSync(join(folder, 'story.json'), 'utf8'))
    expect(stored.collections.likes).toHaveLength(1)
    expect(stored.collections.posts).toEqual([{ key, owner: ALICE, fields: { author: ALICE, number: '0', text: 'Hello!', topic: 'cats' } }])
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('without --commit nothing changes, and the same call gives the same keys', async () => {
    const state = data('same.json', { posts: [], likes: [] })
    const before = readFileSync(join(folder, state), 'utf8')
    const [one, two] = [
      await guestbook('post', { topic: 'a', text: 'b' }, '--data', state),
      await guestbook('post', { topic: 'a', text: 'b' }, '--data', state),
    ]
    expect(two).toEqual(one)
    expect(one.value.writes[0].key).toMatch(/^[0-9a-f]{64}$/)
    expect(readFileSync(join(folder, state), 'utf8')).toBe(before)
  })

  it('a point whose go-ahead is missing is said not to run', async () => {
    expect(await guestbook('like', { post: 'nowhere' })).toMatchObject({
      value: { blocks: [{ ran: true }, { name: 'once', ran: false, steps: 0 }] },
    })
    const { out } = await golem(folder, 'run', guestbookDocument, 'like', '--request', '{"post":"nowhere"}')
    expect(out).toContain('once      not run: an earlier point decided so')
  })
})

describe('queries are answered by the indices of the network', () => {
  it('in the order of the fields, then of the key, from the asked end', async () => {
    const state = data('order.json', {
      scores: [row('k2', BOB, 'two', 10), row('k1', ALICE, 'one', '9'), row('k4', BOB, 'four', -3), row('k3', BOB, 'three', 10)],
    })
    expect(answered(await run('best', {}, '--data', state)).value.response).toEqual(['three', 'two', 'one'])
  })

  it('[L7] from the lower bound of a range on, up to and without the upper one, computed bounds and keys too', async () => {
    writeFileSync(join(folder, 'diary.json'), canonicalProgram(compiledDiary()))
    const entries = [-1, 1, 2, 3].map((day, i) => ({
      key: `k${i}`,
      owner: BOB,
      fields: { topic: 'walks', day, text: `day ${day}`, author: BOB },
    }))
    const other = { key: 'k9', owner: BOB, fields: { topic: 'talks', day: 2, text: 'a talk', author: BOB } }
    const state = data('ranges.json', { entries: [...entries, other] })
    const response = async (name: string, request: object) =>
      answered(await golem(folder, 'run', 'diary.json', name, '--request', JSON.stringify(request), '--json', '--data', state)).value
        .response
    expect(await response('find', { topic: 'walks', since: -1, until: 3 })).toEqual(['day -1', 'day 1', 'day 2'])
    expect(await response('find', { topic: 'walks', since: 3, until: -1 })).toEqual([])
    expect(await response('week', { topic: 'walks', day: 8 })).toEqual({ count: '3' })
    expect(await response('write', { topic: 'walks', since: 0, day: 3, text: 'x' })).toEqual({ written: false, before: 'day 2|day 1' })
    expect(await response('page', { from: 'k2', topic: 'walks' })).toEqual({ texts: ['day 2', 'day 3'], before: ['talks'] })
  })

  it('and a reserved key counts with its initial value', async () => {
    const state = data('initial.json', {
      tallies: [
        { key: 'k1', owner: BOB, fields: { total: 7 } },
        { key: 'k2', owner: BOB, fields: null },
      ],
    })
    const value = answered(await run('start', { go: 3 }, '--data', state, '--commit')).value
    expect(value.response.found).toEqual(['0', '0', '7'])
    const kept = JSON.parse(readFileSync(join(folder, state), 'utf8')).collections.tallies
    expect(kept.map(({ fields }: { fields: unknown }) => fields)).toEqual([{ total: '7' }, null, { total: '3' }])
  })

  it('keys that were made up and not written are not kept', async () => {
    const state = data('unused.json', { tallies: [] })
    await run('start', { go: 0 }, '--data', state, '--commit')
    expect(JSON.parse(readFileSync(join(folder, state), 'utf8')).collections.tallies).toEqual([])
  })
})

describe('[K3] a row is changed only by its owner', () => {
  const rows = { scores: [row('k1', ALICE, 'one', 1), row('k2', ALICE, 'two', 2), row('k3', BOB, 'three', 3)] }

  it('who has only one of them', async () => {
    const { value } = answered(await run('change', { points: 50 }, '--data', data('own.json', rows), '--caller', BOB, '--commit'))
    expect(value.writes).toMatchObject([{ key: 'k3', fields: { points: '50' } }])
    expect(JSON.parse(readFileSync(join(folder, 'own.json'), 'utf8')).collections.scores[2]).toEqual(row('k3', BOB, 'three', '50'))
  })

  it('who has several names one by the slot', async () => {
    const state = data('several.json', rows)
    expect(answered(await run('change', { points: 5 }, '--data', state, '--caller', ALICE)).error).toMatchObject({
      code: 'call.key',
      message: expect.stringContaining('"mine"'),
    })
    expect(answered(await run('change', { points: 5, mine: 'k2' }, '--data', state, '--caller', ALICE)).value.writes[0].key).toBe('k2')
    expect(answered(await run('change', { points: 5, mine: 'k3' }, '--data', state, '--caller', ALICE)).error.code).toBe('call.key')
  })

  const changed = async (name: string, collections: object, request: object = {}): Promise<string> => {
    const state = data(name, collections)
    const { error } = answered(await run('change', { points: 5, ...request }, '--data', state))
    return `${error.code}: ${error.message}`
  }
  const NOBODY = 'a'.repeat(64)
  const START = "call.key: The endpoint changes a row of scores that is the caller's, and"
  const WRITE = 'An endpoint changes only what was written: create the row with an endpoint that writes it, or give its fields in the data.'

  it('who has none is told whose rows there are, or that there are none', async () => {
    expect(await changed('theirs.json', rows)).toBe(
      `${START} the data has none of ${NOBODY}. Name an owner with --caller: ${ALICE}, ${BOB}.`,
    )
    expect(await changed('none.json', {})).toBe(
      `${START} the data has no row of scores. Make one first: with --data FILE --commit and an endpoint that creates it.`,
    )
  })

  it('who has a key that was never written is told that, though queries find its initial value', async () => {
    const tallies = [{ key: 'k9', owner: NOBODY, fields: null }]
    const state = data('initial-owned.json', { tallies })
    expect(answered(await run('start', { go: 0 }, '--data', state)).value.response.found).toEqual(['0'])
    const said = (request: object) =>
      run('recount', { total: 5, ...request }, '--data', state).then((ended) => answered(ended).error.message)
    expect(await said({})).toBe(
      `The endpoint changes a row of tallies that is the caller's, and what the data has of ${NOBODY} is reserved and was never written: k9. ${WRITE}`,
    )
    expect(await said({ tally: 'k9' })).toBe(`The request gives k9 for tally, which is reserved and was never written. ${WRITE}`)
    const written = data('initial-written.json', { tallies: [{ ...tallies[0], fields: {} }] })
    expect(answered(await run('recount', { total: 5 }, '--data', written)).value.writes).toMatchObject([
      { key: 'k9', fields: { total: '5' } },
    ])
  })

  it('who names another key is told whose and what it is', async () => {
    const own = { scores: [row('k1', NOBODY, 'one', 1), row('k3', BOB, 'three', 3)], tallies: [{ key: 'k4', owner: NOBODY, fields: null }] }
    expect(await changed('named.json', own, { mine: 'k3' })).toBe(
      `call.key: The request gives k3 for mine, which belongs to ${BOB}, and the caller is ${NOBODY}. Name its owner with --caller.`,
    )
    expect(await changed('named.json', own, { mine: 'k4' })).toBe(
      `call.key: The request gives k4 for mine, which is a key of tallies, not of scores. Give one of ${NOBODY}: k1.`,
    )
    expect(await changed('named.json', own, { mine: 'k5' })).toBe(
      `call.key: The request gives k5 for mine, and the data has no such key. Give one of ${NOBODY}: k1.`,
    )
    expect(answered(await run('start', { go: 3, tallies: 'k1' }, '--data', data('named.json', own))).error.message).toBe(
      `The request gives k1 for tallies, which is no key of tallies that ${NOBODY} has reserved and never written. ` +
        'Leave tallies out, and a key is made up.',
    )
  })
})

describe('arguments', () => {
  it('may be natural JSON or the exact form', async () => {
    const natural = answered(
      await run('add', {
        items: [
          { name: 'tea', price: 3 },
          { name: 'cup', price: 4 },
        ],
      }),
    )
    expect(natural.value.response).toBe('7')
    expect(
      answered(
        await run('add', {
          items: [
            { name: 'tea', price: '3' },
            { name: 'cup', price: '4' },
          ],
        }),
      ),
    ).toEqual(natural)
  })

  it.each([
    [{}, 'points is missing; it must be an integer from -9007199254740991 to 100.'],
    [{ points: 'many' }, 'points must be an integer from -9007199254740991 to 100, not "many".'],
    [{ points: 101 }, 'points must be an integer from -9007199254740991 to 100, not 101.'],
    [{ points: 1.5 }, 'points must be an integer from -9007199254740991 to 100, not 1.5.'],
    [{ points: 1, more: 1 }, 'There is no argument more; the endpoint takes points.'],
  ])('%j are refused with the name of the field', async (request, message) => {
    const { error } = answered(await run('change', request))
    expect(error).toMatchObject({ code: 'call.request', message: expect.stringContaining(message) })
  })

  it('deep inside are named by their path', async () => {
    expect(answered(await run('add', { items: [{ name: 'tea', price: -1 }] })).error.message).toBe(
      'items[0].price must be an integer from 0 to 9007199254740991, not -1.',
    )
  })
})

describe('[L12] a budget', () => {
  it('stops a call that needs more, and nothing is stored', async () => {
    const state = data('poor.json', { posts: [] })
    const before = readFileSync(join(folder, state), 'utf8')
    const request = { topic: 'cats', text: 'Hello!' }
    expect(await guestbook('post', request, '--data', state, '--commit', '--budget-bytes', '1')).toMatchObject({
      error: { code: 'program.budget' },
    })
    expect(await guestbook('post', request, '--data', state, '--commit', '--budget-steps', '2')).toMatchObject({
      error: { code: 'program.budget' },
    })
    expect(readFileSync(join(folder, state), 'utf8')).toBe(before)
  })

  it('is that of one observation point, as on the network', async () => {
    const used = await guestbook('post', { topic: 'cats', text: 'Hello!' })
    const most = Math.max(...used.value.blocks.map(({ steps }: { steps: number }) => steps))
    expect(await guestbook('post', { topic: 'cats', text: 'Hello!' }, '--budget-steps', String(most))).toMatchObject({ ok: true })
    expect(await guestbook('post', { topic: 'cats', text: 'Hello!' }, '--budget-steps', String(most - 1))).toMatchObject({
      error: { code: 'program.budget' },
    })
  })
})

describe('a data file that does not fit', () => {
  it.each([
    [{ scores: [row('k1', 'alice', 'x', 1)] }, 'collections.scores[0].owner must be a public key'],
    [{ scores: [row('k-1', ALICE, 'x', 1)] }, 'collections.scores[0].key must be an address'],
    [{ scores: [row('k1', ALICE, 'x', 1), row('k1', ALICE, 'x', 1)] }, 'collections.scores[1]: The key k1 is already reserved'],
    [
      { scores: [row('k1', ALICE, 'a name too long', 1)] },
      'collections.scores[0].fields.name must be text of at most 10 characters, not "a name too long".',
    ],
    [
      { scores: [{ key: 'k1', owner: ALICE, fields: { name: 'x' } }] },
      'collections.scores[0].fields.points is missing; it must be an integer from -9007199254740991 to 9007199254740991.',
    ],
    [{ scors: [] }, 'The data has a collection scors, the program has scores, tallies'],
    [{ scores: {} }, 'collections.scores must be a list'],
  ])('%j is refused with the name of the row', async (collections, message) => {
    const ended = await run('best', {}, '--data', data('bad.json', collections))
    expect([ended.code, answered(ended).error.message]).toEqual([1, expect.stringContaining(message)])
    expect(answered(ended).error.message).toMatch(/^bad\.json: /)
  })

  it('nor is a file that is missing or no JSON', async () => {
    writeFileSync(join(folder, 'torn.json'), '{"collections":')
    expect(answered(await run('best', {}, '--data', 'torn.json')).error.code).toBe('cli.json')
    expect(answered(await run('best', {}, '--data', 'absent.json')).error.code).toBe('cli.file')
  })
})
