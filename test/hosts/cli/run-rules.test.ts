/** `golem run` holds the rules of an app as a tick does, and says who is refused and what is in the way. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { app, canonicalProgram, collection, compile, count, endpoint, int, order, see, sum, text } from '../../../roles/program/index.ts'
import { must } from '../../roles/program/guestbook.story.ts'
import { answered, golem, temporaryFolder } from './golem.ts'

const folder = temporaryFolder()
const [ANN, BOB] = ['aa'.repeat(32), 'bb'.repeat(32)]

const rivals = app({
  name: 'rivals',
  doc: '',
  collections: {
    names: collection({ doc: '', fields: { name: text(20) }, indices: { byName: order('name').unique() } }),
    seats: collection({ doc: '', fields: { show: text(20) }, indices: { taken: count('show', '$owner').atMost(1) } }),
    stock: collection({
      doc: '',
      fields: { good: text(9), change: int({ min: -9, max: 9 }) },
      indices: { left: sum('change', 'good').atLeast(0) },
    }),
    purses: collection({ doc: '', fields: { points: int() }, initial: { points: 10 }, indices: { byOwner: order('$owner').unique() } }),
  },
  endpoints: (db) => ({
    take: endpoint({
      doc: '',
      request: { name: text(20) },
      run: ({ name }) => see(name, (name) => (db.names.create({ name }), { taken: true })),
    }),
    sit: endpoint({
      doc: '',
      request: { show: text(20) },
      run: ({ show }) => see(show, (show) => (db.seats.create({ show }), db.seats.create({ show }), { sits: true })),
    }),
    move: endpoint({
      doc: '',
      request: { good: text(9), change: int({ min: -9, max: 9 }) },
      run: ({ good, change }) => see(good, change, (good, change) => (db.stock.create({ good, change }), { moved: true })),
    }),
    open: endpoint({ doc: '', request: {}, run: () => see('desk', () => (db.purses.create({ points: 10 }), { opened: true })) }),
  }),
})
writeFileSync(join(folder, 'rivals.json'), canonicalProgram(must(compile(rivals))))
const run = (endpoint: string, request: object, ...flags: string[]) =>
  golem(folder, 'run', 'rivals.json', endpoint, '--request', JSON.stringify(request), ...flags)
const stored = (file: string): string => readFileSync(join(folder, file), 'utf8')

describe('golem run', () => {
  it('says that a write may be refused if somebody is faster', async () => {
    const { out } = await run('take', { name: 'ann' }, '--caller', ANN)
    expect(out.replaceAll(/\s+/g, ' ')).toContain(
      'This may be refused if somebody, or another request of yours, is faster: at most one row of names has the same name.',
    )
    expect(answered(await run('take', { name: 'ann' }, '--json')).value).toMatchObject({
      refused: null,
      writes: [{ rules: [expect.stringContaining('is faster')] }],
    })
  })

  it('refuses the second of two, names rule and row in the way, and stores nothing', async () => {
    const data = ['--data', 'names.json', '--commit', '--json']
    const { value } = answered(await run('take', { name: 'ann' }, '--caller', ANN, ...data))
    const key = value.writes[0].key as string
    const before = stored('names.json')
    const { error } = answered(await run('take', { name: 'ann' }, '--caller', BOB, ...data))
    expect(error).toMatchObject({
      code: 'update.rule',
      message: `The update of bbbbbbbb… would be refused. The rule that at most one row of names has the same name (index names.byName) would be broken; there is the row ${key} of aaaaaaaa….`,
      details: { rule: { collection: 'names', index: 'byName', bound: 'atMost' }, inTheWay: [{ key, owner: ANN }] },
    })
    expect(stored('names.json')).toBe(before)
    const { code, out } = await run('take', { name: 'ann' }, '--caller', BOB, '--data', 'names.json')
    expect(code).toBe(0)
    expect(out.replaceAll(/\s+/g, ' ')).toContain('refused It would not count. The rule that at most one row of names has the same name')
    expect(out.trimEnd().split('\n').at(-1)).toBe('caller bbbbbbbb…; refused by a rule, and nothing of it would be stored')
    answered(await run('take', { name: 'bob' }, '--caller', BOB, ...data))
    expect(stored('names.json')).not.toBe(before)
  })

  it('refuses what the writes of one call break among themselves', async () => {
    const { error } = answered(await run('sit', { show: 'opera' }, '--data', 'seats.json', '--commit', '--json'))
    expect(error).toMatchObject({
      code: 'update.rule',
      message: expect.stringContaining(
        'at most one row of seats has the same show and owner (index seats.taken) would be broken by what the call writes.',
      ),
    })
  })

  it('keeps a sum within its bounds', async () => {
    const data = ['--data', 'stock.json', '--commit', '--json']
    expect(answered(await run('move', { good: 'tea', change: -1 }, ...data)).error).toMatchObject({ code: 'update.rule' })
    for (const change of [5, -4]) expect(answered(await run('move', { good: 'tea', change }, ...data)).ok).toBe(true)
    expect(answered(await run('move', { good: 'tea', change: -2 }, ...data)).error).toMatchObject({ code: 'update.rule' })
    expect(answered(await run('move', { good: 'tea', change: -1 }, ...data)).ok).toBe(true)
  })

  it('makes up no key that a rule does not let the caller have', async () => {
    const data = ['--data', 'purses.json', '--commit', '--json', '--caller', ANN]
    expect(answered(await run('open', {}, ...data)).ok).toBe(true)
    expect(answered(await run('open', {}, ...data)).error).toMatchObject({
      code: 'reservation.rule',
      message: expect.stringContaining(
        'The reservation of aaaaaaaa… would be refused. The rule that at most one row of purses has the same owner',
      ),
    })
  })
})
