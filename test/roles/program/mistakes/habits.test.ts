/** Names that other databases and languages have, and Golem does not: each is told, with what to write instead. */
import { describe, expect, it } from 'vitest'
import { app, collection, compile, count, emptyStore, endpoint, construct, int, key, option, order, see, store, text, variant, record, when } from '../../../../roles/program/index.ts'
import { any, lineIn, type Loose } from './mistaken.ts'

const FILE = import.meta.filename
const NEVER = 'no row is ever deleted: keep a field that says that it is gone, update that, and leave such rows out where you read.'
const SAVES =
  'inside see(), db.notes.create({ … }) writes a new row, and db.notes.update(slot, { … }) one that the caller wrote before.'
const FINDS = 'db.notes.get(key) looks up one row; db.notes.rows({ limit }) and the rows of an index find many.'
const LISTS = 'each of its fields is a sealed list: open those you need in see(), and put them together with zipLists({ form, … }).'
const OPTIONS = 'each of its fields is a sealed option: open those you need in see(), and put them together with zipOptions({ form, … }).'
const NUMBER = 'declare an index for it, count(…) or sum(…), and ask that.'
const ROWS = 'ask for rows, db.notes.rows({ limit }) or those of an index, and open their fields in see(): there they are lists.'
const FOUND = 'return or open its fields, each for itself, as in { form: found.form, key: found.$key }.'

type Tried = (use: { db: Loose; req: Loose; context: Loose }) => unknown

const said = (tried: Tried): string => {
  const result = compile(
    app({
      name: 'habits',
      doc: '',
      collections: {
        notes: collection({
          doc: '',
          fields: { title: text(20), stars: int(), mood: option(int()), form: variant({ circle: int(), point: record({}) }) },
          indices: { byTitle: order('title'), howMany: count('title') },
        }),
      },
      endpoints: (db) => ({
        go: endpoint({
          doc: '',
          request: { n: int(), title: text(20), note: key('notes') },
          run: (req, context) => tried({ db: any(db), req: any(req), context: any(context) }),
        }),
      }),
    }),
  )
  return result.ok ? 'ok' : `${result.error.code} ${result.error.message.replace(/^habits\.test\.ts:\d+: /, '')}`
}

const collectionSays = (name: string, advice: string): [string, Tried, string] => [
  `db.notes.${name}`,
  ({ db }) => db.notes[name]({}),
  `program.operation the collection notes has no ${name}; ${advice}`,
]
const rowsSay = (name: string, advice: string): [string, Tried, string] => [
  `rows.${name}`,
  ({ db }) => db.notes.rows({ limit: 5 })[name],
  `program.operation what rows() found has no ${name}; ${advice}`,
]

describe('[L2] a habit of other databases is told what Golem calls it', () => {
  it.each<[string, Tried, string]>([
    ...['delete', 'remove', 'destroy', 'deleteMany'].map((name) => collectionSays(name, NEVER)),
    ...['save', 'insert', 'push', 'upsert', 'set', 'add'].map((name) => collectionSays(name, SAVES)),
    ...['find', 'findOne', 'where', 'select', 'filter', 'findMany', 'all'].map((name) => collectionSays(name, FINDS)),
    ...['length', 'count', 'size', 'avg'].map((name) => collectionSays(name, NUMBER)),
    ...['map', 'forEach', 'sort', 'reduce'].map((name) => collectionSays(name, ROWS)),
    collectionSays('byTitel', 'it has get, rows, fresh, owned, create and update, and the indices byTitle and howMany.'),
    ...['map', 'filter', 'forEach', 'find', 'some', '0', 'at'].map((name) => rowsSay(name, LISTS)),
    ...['length', 'size'].map((name) => rowsSay(name, 'each of its fields is a sealed list: see(found.form, (form) => form.length()).')),
    rowsSay('delete', NEVER),
    rowsSay('save', SAVES),
    rowsSay('id', 'the key of a row is $key.'),
    rowsSay('owner', 'whose row it is, is $owner.'),
    rowsSay('titel', 'it has a sealed list for each field: form, mood, stars, title, $key and $owner.'),
    ['row.isSome', ({ db, req }) => db.notes.get(req.note).isSome(), `program.operation what get() found has no isSome; ${OPTIONS}`],
    ['row.update', ({ db, req }) => db.notes.get(req.note).update({}), `program.operation what get() found has no update; ${SAVES}`],
    ['db.rows', ({ db }) => db.rows.delete(1), 'program.operation the database has no rows; say of which collection, as in db.notes: notes.'],
    ['db.nots', ({ db }) => db.nots.rows({ limit: 1 }), 'program.operation the database has no nots; its collections are notes.'],
    ['an order that counts', ({ db }) => db.notes.byTitle.count({}), 'program.operation the index byTitle of notes has no count; it is an order; for a number declare an index count(…), and ask that.'],
    ['a count that lists', ({ db }) => db.notes.howMany.rows({}), 'program.operation the index howMany of notes has no rows; ask it with db.notes.howMany.count({ title }).'],
    ['slot.save', ({ db }) => db.notes.owned('mine').save(), 'program.operation the slot mine has no save; inside see(), db.notes.update(mine, { … }) writes to it.'],
    ['slot.delete', ({ db }) => db.notes.owned('mine').delete(), `program.operation the slot mine has no delete; ${NEVER}`],
    ['an argument that is not declared', ({ req }) => req.tilte, 'program.field the request has no tilte; the endpoint declares n, note and title.'],
    ['context.user', ({ context }) => context.user, 'program.field the context has no user; it has caller, the public key of whoever sends the request.'],
    ['a change', ({ db }) => ((db.notes.title = 1), 1), 'program.operation the collection notes cannot be changed; operations make new values.'],
    ['a store', ({ req }) => see(req.n, () => any(emptyStore(store(int(), { key: 5, max: 9 }))).set(['a'], 1)), 'program.operation a store has no set; use put(path, value), which makes a new store.'],
    ['abs', ({ req }) => see(req.n, (n: Loose) => n.abs()), 'program.operation an opened integer has no abs; use absolute().'],
    ['at of a text', ({ req }) => see(req.title, (title: Loose) => title.at(0)), 'program.operation an opened text has no at; use slice().'],
  ])('%s', (_, tried, message) => {
    expect(said(tried)).toBe(message)
  })
})

describe('[L2] what stands beside values is none', () => {
  it.each<[string, Tried, string]>([
    ['rows that are returned', ({ db }) => db.notes.rows({ limit: 5 }), `program.literal what rows() found is no value; ${FOUND}`],
    ['a row in an object', ({ db, req }) => ({ row: db.notes.get(req.note) }), `program.literal what get() found is no value; ${FOUND}`],
    ['a row from branches', ({ db, req }) => see(req.n, (n: Loose) => when(n.less(1), () => db.notes.get(req.note), () => db.notes.get(req.note))), `program.literal what get() found is no value; ${FOUND}`],
    ['rows that are opened', ({ db }) => see(db.notes.rows({ limit: 5 }), () => 1), `program.sealed see() opens sealed values only, not what rows() found; ${FOUND}`],
    ['rows that are waited for', ({ db }) => db.notes.rows({ limit: 5 }).then(() => 1), 'program.async what rows() found is nothing to wait for; a program is traced at once, without async and await.'],
    ['a slot', ({ db }) => db.notes.owned('mine'), 'program.literal the slot mine is no value; its key is mine.key.'],
    ['rows that are spread', ({ db }) => ({ ...db.notes.rows({ limit: 5 }) }), 'program.name the name of a field is at most 64 letters, digits and _ and begins with a letter; "$key" is none; give it another name, as in { key: … }.'],
    ['a field of another name', ({ req }) => see(req.n, (n: Loose) => ({ a: { 'b c': n } })), 'program.name the name of a field is at most 64 letters, digits and _ and begins with a letter; "b c" is none.'],
    ['a case by its name', ({ db, req }) => see(req.n, (n: Loose) => void db.notes.create({ title: '', stars: n, mood: null, form: 'point' })), "program.type notes.form is variant { circle: int, point: record {  } }, not text; make one of it with construct(type, 'case', content)."],
    ['a bare content', ({ db, req }) => see(req.n, (n: Loose) => void db.notes.create({ title: '', stars: n, mood: n, form: construct(variant({ circle: int(), point: record({}) }), 'point', {}) })), 'program.type notes.mood is option of int, not int; wrap it: some(value), or null for none.'],
  ])('%s', (_, tried, message) => {
    expect(said(tried)).toBe(message)
  })

  it('its fields may be taken, listed and left out', () => {
    expect(said(({ db, req, context }) => {
      const { $key, $owner, form, ...rest } = db.notes.rows({ limit: 5 })
      const names = Object.keys(rest)
      return 'title' in rest && names.length === 3 ? { ...rest, ...req, key: $key, owner: $owner, forms: form, ...context } : 0
    })).toBe('ok')
  })

  it('the line is that of the mistake', () => {
    const result = compile(app({ name: 'habits', doc: '', collections: { notes: collection({ doc: '', fields: { n: int() }, indices: {} }) }, endpoints: (db) => ({ go: endpoint({ doc: '', request: {}, run: () =>
      any(db).notes.delete(), // at: the habit
    }) }) }))
    expect(result.ok || result.error.message.split(': ')[0]).toBe(lineIn(FILE, 'the habit'))
  })
})
