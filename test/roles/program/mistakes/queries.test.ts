import { describe, expect, it } from 'vitest'
import { any, built, lineIn, type Loose } from './mistaken.ts'

const FILE = import.meta.filename
const TITLE = 'the index byTitle of notes'
const MANY = 'the index howMany of notes'

type Ask = (db: Loose, req: Loose) => unknown
const said = (ask: Ask): string => {
  const result = built((req, db) => ask(any(db), any(req)))
  return result.ok ? 'ok' : `${result.error.code} ${result.error.message}`
}

describe('a query that cannot be is told in the words of the SDK, at its own line', () => {
  it.each<[name: string, code: string, words: string, ask: Ask]>([
    ['rows of nothing', 'query', 'rows() needs a limit.', (db) => db.notes.rows()], // at: rows of nothing
    ['rows of an index of nothing', 'query', `${TITLE} is asked with an object of values for title, stars, not undefined.`, (db) => db.notes.byTitle.rows()], // at: rows of an index of nothing
    ['rows without options', 'query', 'rows() needs a limit.', (db) => db.notes.byTitle.rows({})], // at: rows without options
    ['rows with a number', 'query', 'rows() takes options { limit, descending, from, to, name }, not 5.', (db) => db.notes.rows(5)], // at: rows with a number
    ['rows of null', 'query', `${TITLE} is asked with an object of values for title, stars, not null.`, (db) => db.notes.byTitle.rows(null, { limit: 1 })], // at: rows of null
    ['a fraction as a limit', 'query', 'the limit of rows() is an integer from 1 to 1000, not 1.5.', (db) => db.notes.rows({ limit: 1.5 })], // at: a fraction as a limit
    ['no rows', 'query', 'the limit of rows() is an integer from 1 to 1000, not 0.', (db) => db.notes.byTitle.rows({}, { limit: 0 })], // at: no rows
    ['too many rows', 'query', 'the limit of rows() is an integer from 1 to 1000, not 1001.', (db) => db.notes.byTitle.rows({}, { limit: 1001 })], // at: too many rows
    ['a sealed limit', 'query', 'the limit of rows() is an integer from 1 to 1000, not a Golem value.', (db, req) => db.notes.rows({ limit: req.a })], // at: a sealed limit
    ['an option more', 'query', 'rows() has no reverse; it takes options { limit, descending, from, to, name }.', (db) => db.notes.rows({ limit: 1, reverse: true })], // at: an option more
    ['a direction that is a text', 'query', 'descending of rows() is true or false, not "yes".', (db) => db.notes.rows({ limit: 1, descending: 'yes' })], // at: a direction that is a text
    ['a name that is null', 'name', 'the name of a query is a text of at most 64 letters, digits and _ that begins with a letter, not null.', (db) => db.notes.rows({ limit: 1, name: null })], // at: a name that is null
    ['a name with a space', 'name', 'the name of a query is a text of at most 64 letters, digits and _ that begins with a letter, not "a b".', (db) => db.notes.rows({ limit: 1, name: 'a b' })], // at: a name with a space
    ['a skipped field', 'query', `${TITLE} is ordered by title, stars; give a value for title first, or none for stars.`, (db) => db.notes.byTitle.rows({ stars: 1 }, { limit: 1 })], // at: a skipped field
    ['a field that is not there', 'query', `${TITLE} has no field name; it has title, stars.`, (db) => db.notes.byTitle.rows({ name: 'x' }, { limit: 1 })], // at: a field that is not there
    ['a count of nothing', 'query', `${MANY} is asked with an object of values for title, not undefined.`, (db) => db.notes.howMany.count()], // at: a count of nothing
    ['a count of no field', 'query', `${MANY} needs a value for each of its fields; title is missing.`, (db) => db.notes.howMany.count({})], // at: a count of no field
    ['a count with a field more', 'query', `${MANY} has no field t; it has title.`, (db) => db.notes.howMany.count({ title: 'x', t: 1 })], // at: a count with a field more
    ['a count with a limit', 'query', 'count() has no limit; it takes options { name }.', (db) => db.notes.howMany.count({ title: 'x' }, { limit: 1 })], // at: a count with a limit
    ['a count with null', 'query', 'the value for title is undefined; leave it out, or give one.', (db) => db.notes.howMany.count({ title: undefined })], // at: a count with null
    ['a get with a limit', 'query', 'get() has no limit; it takes options { name }.', (db) => db.notes.get(db.notes.owned('mine').key, { limit: 1 })], // at: a get with a limit
    ['a get of nothing', 'query', 'the value for $key is undefined; leave it out, or give one.', (db) => db.notes.get()], // at: a get of nothing
    ['a key without a name', 'name', 'the name of a key of notes is a text of at most 64 letters, digits and _ that begins with a letter, not undefined.', (db) => db.notes.fresh()], // at: a key without a name
    ['a key with null for a name', 'name', 'the name of a key of notes is a text of at most 64 letters, digits and _ that begins with a letter, not null.', (db) => db.notes.owned(null)], // at: a key with null for a name
  ])('%s', (name, code, words, ask) => {
    expect(said(ask)).toBe(`program.${code} ${lineIn(FILE, name)}: ${words}`)
  })
})
