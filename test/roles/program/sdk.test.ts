import { describe, expect, it } from 'vitest'
import {
  app,
  canonicalProgram,
  collection,
  compile,
  count,
  endpoint,
  int,
  list,
  literal,
  option,
  order,
  see,
  text,
  when,
} from '../../../roles/program/index.ts'
import type { Database, Expr, Int, Program, Result, Sealed, Text } from '../../../roles/program/index.ts'
import { must } from './guestbook.story.ts'
import { codeOf, small } from './small.ts'

const COLLECTIONS = {
  notes: collection({
    doc: '',
    fields: { title: text(20), stars: int() },
    indices: { byTitle: order('title', 'stars'), howMany: count('title') },
  }),
}
type Db = Database<typeof COLLECTIONS>

/** An app of one endpoint over a collection of notes. */
const notes = (run: (db: Db, req: { title: Sealed<Text>; stars: Sealed<Int> }) => unknown): Result<Program> =>
  compile(
    app({
      name: 'notes',
      doc: '',
      collections: COLLECTIONS,
      endpoints: (db) => ({ go: endpoint({ doc: '', request: { title: text(20), stars: int() }, run: (req) => run(db, req) }) }),
    }),
  )

describe('the builder', () => {
  it('[L7] asks equal queries once, and hoists those written inside a see()', () => {
    const program = must(
      notes((db, req) =>
        see(req.stars, (stars) => {
          const one = db.notes.howMany.count({ title: req.title })
          const two = db.notes.howMany.count({ title: req.title })
          return see(one, two, (a, b) => a.plus(b).plus(stars))
        }),
      ),
    )
    const { queries, blocks } = program.endpoints['go']!
    expect(queries).toHaveLength(1)
    expect(blocks[1]!.inputs.map((input) => input.source.from)).toEqual(['query', 'request', 'block'])
  })

  it('moves sealed values into writes without opening them', () => {
    const program = must(
      notes((db, req) =>
        see(req.stars, (stars) => {
          db.notes.create({ title: req.title, stars: stars.plus(1) })
        }),
      ),
    )
    const [block] = program.endpoints['go']!.blocks
    expect(block!.inputs.map((input) => input.name)).toEqual(['stars'])
    expect(block!.carries).toEqual([{ from: 'request', field: 'title' }])
  })

  it('[L3][L9] traces all branches, writes in them too', () => {
    const program = must(
      notes((db, req) =>
        see(req.stars, req.title, (stars, title) => {
          when(
            stars.less(0),
            () => {},
            () =>
              when(
                stars.less(9),
                () => {
                  db.notes.create({ title, stars })
                },
                () => {
                  db.notes.update(db.notes.owned('old'), { stars: 9 })
                },
              ),
          )
        }),
      ),
    )
    const block = program.endpoints['go']!.blocks[0]!
    expect(block.sites).toEqual([
      { collection: 'notes', slot: 0, fields: ['stars', 'title'] },
      { collection: 'notes', slot: 1, fields: ['stars'] },
    ])
    expect(program.endpoints['go']!.slots.map((slot) => slot.state)).toEqual(['fresh', 'owned'])
  })

  it('names the line of each see()', () => {
    const [block] = must(small({ a: int() }, (req) => see(req.a, (a) => a))).endpoints['go']!.blocks
    expect(block!.at).toMatch(/^sdk\.test\.ts:[0-9]+$/)
  })

  it('makes the same bytes from the same source', () => {
    const build = (): string =>
      canonicalProgram(
        must(
          notes((db, req) =>
            see(req.stars, (stars) => {
              db.notes.create({ title: req.title, stars })
            }),
          ),
        ),
      )
    expect(build().replaceAll(/sdk.test.ts:[0-9]+/g, '')).toBe(build().replaceAll(/sdk.test.ts:[0-9]+/g, ''))
  })
})

describe('a build error', () => {
  let kept: Expr<Int> | null = null
  let runs = 0
  it.each<[string, string, () => Result<Program>]>([
    [
      'an opened value used in another see()',
      'program.foreign',
      () =>
        small({ a: int(), b: int() }, (req) => {
          see(req.a, (a) => {
            kept = a
          })
          return see(req.b, (b) => b.plus(kept!))
        }),
    ],
    ['an opened value of another endpoint run', 'program.foreign', () => small({ a: int() }, (req) => see(req.a, (a) => a.plus(kept!)))],
    [
      'an item kept outside of its map',
      'program.leak',
      () =>
        small({ a: list(int(), 3) }, (req) =>
          see(req.a, (a) => {
            let item: Expr<Int> | null = null
            a.map((one) => {
              item = one
              return one
            })
            return item!
          }),
        ),
    ],
    [
      'the content of an option kept outside of its arm',
      'program.leak',
      () =>
        small({ a: option(int()) }, (req) =>
          see(req.a, (a) => {
            let inner: Expr<Int> | null = null
            a.match(
              (one) => {
                inner = one
                return 1
              },
              () => 2,
            )
            return (inner as Expr<Int> | null)!.plus(1)
          }),
        ),
    ],
    [
      'the content of an arm kept and captured by a see() in another',
      'program.leak',
      () =>
        small({ a: option(int()), b: int() }, (req) =>
          see(req.a, (a) => {
            let inner: Expr<Int> | null = null
            return a.match(
              (one) => {
                inner = one
                return literal(int(), 1)
              },
              () => see(req.b, (b) => b.plus(inner!)),
            )
          }),
        ),
    ],
    [
      'an opened value returned around its see()',
      'program.leak',
      () =>
        small({ a: int() }, (req) => {
          let leaked: unknown
          see(req.a, (a) => {
            leaked = a
          })
          return { leaked }
        }),
    ],
    [
      'a sealed value used as if it were open',
      'program.sealed',
      () => small({ a: int(), b: int() }, (req) => see(req.a, (a) => a.plus(req.b as never))),
    ],
    [
      'a write where nothing is open',
      'program.sealed',
      () =>
        notes((db, req) => {
          db.notes.create({ title: req.title, stars: req.stars })
        }),
    ],
    [
      'a write inside of a map',
      'program.nested',
      () =>
        notes((db, req) =>
          see(db.notes.rows({ limit: 3 }).stars, (stars) => ({
            done: stars.map((n) => {
              db.notes.create({ title: req.title, stars: n })
              return n
            }),
          })),
        ),
    ],
    [
      'a see() inside of a map',
      'program.nested',
      () =>
        small({ a: list(int(), 3), b: int() }, (req) =>
          see(req.a, (a) => ({
            done: a.map((n) => {
              see(req.b, (b) => b.plus(n))
              return n
            }),
          })),
        ),
    ],
    [
      'a key written twice',
      'program.slot',
      () =>
        notes((db, req) =>
          see(req.stars, (stars) => {
            const slot = db.notes.owned('mine')
            db.notes.update(slot, { stars })
            db.notes.update(slot, { title: req.title })
          }),
        ),
    ],
    [
      'a key written by two observation points',
      'program.slot',
      () =>
        notes((db, req) => {
          const slot = db.notes.owned('mine')
          see(req.stars, (stars) => {
            db.notes.update(slot, { stars })
          })
          see(req.title, (title) => {
            db.notes.update(slot, { title })
          })
        }),
    ],
    [
      'a query that skips the first field of its index',
      'program.query',
      // @ts-expect-error types find it too
      () => notes((db, req) => db.notes.byTitle.rows({ stars: req.stars }, { limit: 3 }).title),
    ],
    [
      'a column stored unopened',
      'program.carry',
      () =>
        notes((db, req) =>
          see(req.stars, (stars) => {
            db.notes.create({ title: db.notes.rows({ limit: 1 }).title as never, stars })
          }),
        ),
    ],
    [
      'an unbounded moved value',
      'program.type',
      () =>
        compile(
          app({
            name: 'x',
            doc: '',
            collections: COLLECTIONS,
            endpoints: (db) => ({
              go: endpoint({
                doc: '',
                request: { title: text(21) },
                run: (req) =>
                  see(() => {
                    db.notes.create({ title: req.title, stars: 1 })
                  }),
              }),
            }),
          }),
        ),
    ],
    [
      'branches of different types',
      'program.branches',
      () =>
        small({ a: int() }, (req) =>
          see(req.a, (a) =>
            when(
              a.less(1),
              () => a as never,
              () => 'no' as never,
            ),
          ),
        ),
    ],
    ['a fraction', 'program.literal', () => small({ a: int() }, (req) => see(req.a, (a) => a.plus(0.5)))],
    [
      'a choice between sealed values opened again',
      'program.choice',
      () =>
        small({ a: int() }, (req) => {
          const either = see(req.a, (a) =>
            when(
              a.less(1),
              () => see(req.a, (b) => b.plus(1)),
              () => literal(int(), 0),
            ),
          )
          return see(either, (value) => value)
        }),
    ],
    [
      'two runs that differ',
      'program.nondeterministic',
      () =>
        small({ a: int() }, (req) => {
          runs += 1
          return see(req.a, (a) => a.plus(runs))
        }),
    ],
  ])('is %s (%s)', (_, code, build) => {
    expect(codeOf(build())).toBe(code)
  })

  it('names the line of the developer', () => {
    const result = small({ a: int() }, (req) => see(req.a, (a) => a.plus(0.5)))
    expect(result.ok ? '' : result.error.message).toMatch(
      /^sdk\.test\.ts:[0-9]+: 0\.5 is not an integer from -9007199254740991 to 9007199254740991/,
    )
  })
})
