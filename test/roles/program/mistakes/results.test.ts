import { describe, expect, it } from 'vitest'
import { app, asRecord, collection, compile, endpoint, int, key, list, order, record, see, when } from '../../../../roles/program/index.ts'
import { any, built, checkAll, ENDPOINT, lineIn } from './mistaken.ts'
import type { Loose } from './mistaken.ts'

describe('[L1] promises', () => {
  checkAll(import.meta.filename, [
    ['an async callback of see', 'program.async', () => built((req) => see(req.a, async (a) => a))], // at: an async callback of see
    ['an async callback of map', 'program.async', () => built((req) => see(req.items, (items) => items.map(any(async () => 1))))], // at: an async callback of map
    [
      'an async branch',
      'program.async',
      () =>
        built((req) =>
          see(req.a, (a) =>
            when( // at: an async branch
              a.less(1),
              async () => 1,
              async () => 2,
            ),
          ),
        ),
    ],
  ])

  it('an async run, and one that awaits values, is program.async at the line of its endpoint', async () => {
    for (const result of [built(async () => 1), built(async (req) => await any(req.a)), built((req) => see(req.a, (a) => Promise.resolve(a)))]) {
      expect(result.ok ? 'ok' : result.error.code).toBe('program.async')
      expect(result.ok ? '' : result.error.message).toMatch(/^[a-z]+(\.test)?\.ts:[0-9]+: /)
    }
    const run = built(async () => {
      await Promise.resolve()
      throw new Error('after the build')
    })
    expect(run.ok ? '' : run.error.message).toContain(`${ENDPOINT}: `)
    await new Promise((done) => setImmediate(done))
  })
})

class Point {
  x = 1
}

describe('[L1] results that are no values', () => {
  checkAll(import.meta.filename, [
    ['a function', 'program.literal', () => built((req) => see(req.a, () => any(() => 1)))], // at: a function
    ['undefined in an object', 'program.result', () => built((req) => see(req.a, (a) => ({ a, b: any(undefined) })))], // at: undefined in an object
    ['NaN', 'program.literal', () => built((req) => see(req.a, () => NaN))], // at: NaN
    ['a fraction', 'program.literal', () => built((req) => see(req.a, (a) => a.plus(0.5)))], // at: a fraction
    ['a date', 'program.literal', () => built((req) => see(req.a, () => any(new Date(0))))], // at: a date
    ['an instance of a class', 'program.literal', () => built((req) => see(req.a, () => any(new Point())))], // at: an instance of a class
    ['a symbol', 'program.literal', () => built((req) => see(req.a, () => any(Symbol.for('x'))))], // at: a symbol
    ['null without a type', 'program.result', () => built((req) => see(req.a, () => any(null)))], // at: null without a type
    ['a set', 'program.literal', () => built((req) => see(req.a, () => any(new Set([1]))))], // at: a set
    ['a big integer', 'program.literal', () => built((req) => see(req.a, () => any(2n ** 60n)))], // at: a big integer
    ['half a surrogate pair', 'program.literal', () => built((req) => see(req.title, (title) => title.equals('\ud800')))], // at: half a surrogate pair
    ['an empty list without a type', 'program.literal', () => built((req) => see(req.a, () => any([])))], // at: an empty list without a type
    ['a list of unlike items', 'program.literal', () => built((req) => see(req.a, (a) => asRecord({ x: [a, 'b'] })))], // at: a list of unlike items
    ['a list with a hole', 'program.result', () => built((req) => see(req.a, (a) => [a, , a]))], // at: a list with a hole
    ['a literal with a hole', 'program.literal', () => built((req) => see(req.items, (items) => items.equals(any([1, , 2]))))], // at: a literal with a hole
    ['a name that is a symbol', 'program.name', () => built((req) => see(req.a, (a) => ({ a, [Symbol('b')]: a })))], // at: a name that is a symbol
    ['nothing out of map', 'program.result', () => built((req) => see(req.items, (items) => items.map(any(() => {}))))], // at: nothing out of map
    ['no boolean out of filter', 'program.type', () => built((req) => see(req.items, (items) => items.filter(any((x: unknown) => x))))], // at: no boolean out of filter
    ['another type out of fold', 'program.type', () => built((req) => see(req.items, (items) => items.fold(0, any(() => 'x'))))], // at: another type out of fold
    ['a record without a field out of a fold of a tree', 'program.type', () => built((req) => see(req.menu, (menu) => menu.fold(record({ x: int() }), any(() => ({})))))], // at: a record without a field out of a fold of a tree
    ['no boolean as a condition', 'program.type', () => built((req) => see(req.a, (a) => when(any(a), () => 1, () => 2)))], // at: no boolean as a condition
    ['branches of unlike types', 'program.branches', () => built((req) => see(req.maybe, (maybe) => maybe.match(any((x: unknown) => x), any(() => 'no'))))], // at: branches of unlike types
  ])

  it.each<[string, string, unknown]>([
    ['a function', 'program.literal', () => 1],
    ['NaN', 'program.literal', NaN],
    ['a date', 'program.literal', new Date(0)],
    ['a class instance', 'program.literal', new Point()],
    ['null', 'program.result', null],
    ['undefined in an object', 'program.result', { x: undefined }],
  ])('%s out of run is %s, at the line of its endpoint', (_, code, result) => {
    const found = built(() => result)
    expect(found.ok ? 'ok' : found.error.code).toBe(code)
    expect(found.ok ? '' : found.error.message).toContain(`${ENDPOINT}: `)
  })
})

describe('[L1] builds that differ', () => {
  let runs = 0
  checkAll(import.meta.filename, [
    ['chance', 'program.nondeterministic', () => built((req) => see(req.a, (a) => ({ first: a, second: a.plus(Math.floor(Math.random() * 1e9)) })))], // at: chance
    [
      'outer state',
      'program.nondeterministic',
      () =>
        built((req) =>
          see(req.a, (a) => {
            const same = a.plus(1)
            runs++
            return same.times(runs) // at: outer state
          }),
        ),
    ],
    [
      'a see() more',
      'program.nondeterministic',
      () =>
        built((req) => {
          see(req.a, (a) => a)
          if (runs++ % 2 === 0) see(req.b, (b) => b) // at: a see() more
        }),
    ],
  ])

  it('in what is said of an endpoint are told at its line', () => {
    const result = compile(
      app({
        name: 'x',
        doc: '',
        collections: {},
        endpoints: () => ({
          go: endpoint({ doc: String(runs++), request: {}, run: () => 1 }), // at: a doc that differs
        }),
      }),
    )
    expect(result.ok ? '' : result.error.message).toContain(`${lineIn(import.meta.filename, 'a doc that differs')}: two runs`)
  })
})

describe('[L1] exceptions of the developer', () => {
  checkAll(import.meta.filename, [
    ['a method of nothing', 'program.thrown', () => built((_, db) => any({ db })['missing'].rows({ limit: 1 }))], // at: a method of nothing
    [
      'a throw in a branch',
      'program.thrown',
      () =>
        built((req) =>
          see(req.a, (a) =>
            when(
              a.less(1),
              () => 1,
              () => {
                throw new Error('no') // at: a throw in a branch
              },
            ),
          ),
        ),
    ],
  ])

  it('what only the checker finds is told at the line of the operation, of the endpoint or of the collection', () => {
    const deep = built((req) =>
      see(req.a, (a) => {
        a.plus(1)
        let nested: Loose = a
        for (let i = 0; i < 30; i++) nested = asRecord({ nested })
        return asRecord({ all: [nested] }) // at: a type nested too deeply
      }),
    )
    expect(deep.ok ? 'ok' : deep.error.code).toBe('program.deep')
    expect(deep.ok ? '' : deep.error.message).toContain(`${lineIn(import.meta.filename, 'a type nested too deeply')}: endpoint go: `)
    const foreign = compile(
      app({
        name: 'x',
        doc: '',
        collections: {},
        endpoints: () => ({
          go: endpoint({ doc: '', request: { k: key('nothing') }, run: (req) => req.k }), // at: a key of no collection
        }),
      }),
    )
    expect(foreign.ok ? '' : foreign.error.message).toContain(`${lineIn(import.meta.filename, 'a key of no collection')}: endpoint go, argument k`)
  })

  it('a query with a value of another type is told at its line', () => {
    const result = built((req, db) => {
      db.notes.rows({ limit: 1 })
      return db.notes.howMany.count({ title: any(req.a) }) // at: a query of another type
    })
    expect(result.ok ? 'ok' : result.error.code).toBe('program.type')
    expect(result.ok ? '' : result.error.message).toContain(`${lineIn(import.meta.filename, 'a query of another type')}: title is text, not int`)
  })

  it('a bad name is refused, not stumbled over', () => {
    const notes = collection({ doc: '', fields: { n: int() }, indices: {} })
    const result = compile(app({ name: 'x', doc: '', collections: { 'bad-name': notes }, endpoints: () => ({}) }))
    expect(result.ok ? 'ok' : result.error.code).toBe('program.shape')
    const other = compile(app({ name: 'x', doc: '', collections: {}, endpoints: () => ({ 'bad-name': endpoint({ doc: '', request: {}, run: () => 1 }) }) }))
    expect(other.ok ? 'ok' : other.error.code).toBe('program.shape')
  })

  it('collections that cannot be are told at their line', () => {
    const result = compile(
      app({
        name: 'x',
        doc: '',
        collections: {
          lists: collection({ doc: '', fields: { many: list(int(), 2) }, indices: any({ byMany: order('many') }) }), // at: an index of lists
        },
        endpoints: () => ({}),
      }),
    )
    expect(result.ok ? '' : result.error.message).toContain(`${lineIn(import.meta.filename, 'an index of lists')}: `)
  })
})
