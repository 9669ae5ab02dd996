import { describe, expect, it } from 'vitest'
import { format, int, literal, range, see, text, when } from '../../../../roles/program/index.ts'
import { any, built, checkAll, type Loose } from './mistaken.ts'

describe("[L2] JavaScript's own arithmetic, comparison and texts", () => {
  checkAll(import.meta.filename, [
    ['adding', 'program.coerced', () => built((req) => see(req.a, (a) => any(a) + 1))], // at: adding
    ['multiplying', 'program.coerced', () => built((req) => see(req.a, (a) => any(a) * 2))], // at: multiplying
    ['comparing', 'program.coerced', () => built((req) => see(req.a, (a) => (any(a) > 3 ? 1 : 2)))], // at: comparing
    ['comparing loosely', 'program.coerced', () => built((req) => see(req.a, (a) => any(a) == 3))], // eslint-disable-line eqeqeq -- // at: comparing loosely
    ['a template', 'program.coerced', () => built((req) => see(req.a, (a) => `${any(a)}`))], // at: a template
    ['String()', 'program.coerced', () => built((req) => see(req.a, (a) => String(any(a))))], // at: String()
    ['toString', 'program.coerced', () => built((req) => see(req.a, (a) => any(a).toString()))], // at: toString
    ['valueOf', 'program.coerced', () => built((req) => see(req.a, (a) => any(a).valueOf()))], // at: valueOf
    ['JSON', 'program.coerced', () => built((req) => see(req.a, (a) => JSON.stringify({ a })))], // at: JSON
    ['joining an array', 'program.coerced', () => built((req) => see(req.a, (a) => [a, a].join()))], // at: joining an array
    ['a sealed value in a template', 'program.coerced', () => built((req) => `${any(req.a)}`)], // at: a sealed value in a template
    ['adding to a sealed value', 'program.coerced', () => built((req) => any(req.a) + 1)], // at: adding to a sealed value
    ['a sealed value as JSON', 'program.coerced', () => built((req) => JSON.stringify(req.a))], // at: a sealed value as JSON
    ['a method that is not called', 'program.coerced', () => built((req) => see(req.items, (items) => (any(items).length > 3 ? 1 : 2)))], // at: a method that is not called
    ['an index of an object', 'program.coerced', () => built((req) => see(req.a, (a) => any({ x: 1 })[any(a)]))], // at: an index of an object
  ])

  it('printing a value for oneself is no mistake', async () => {
    const { inspect } = await import('node:util')
    let printed = ''
    built((req) => see(req.a, (a) => ((printed = inspect([a, req.a])), a)))
    expect(printed).toBe('[ <an opened integer>, <a sealed int> ]')
  })
})

describe("[L2] JavaScript's own functions that ask, search, tell apart or wait", () => {
  checkAll(import.meta.filename, [
    ['filter', 'program.condition', () => built((req) => see(req.a, (a) => [1, 2].filter((one) => a.less(one)).length))], // at: filter
    ['every', 'program.condition', () => built((req) => see(req.a, (a) => ([1].every((one) => a.less(one)) ? a : 1)))], // at: every
    ['some', 'program.condition', () => built((req) => see(req.a, (a) => ([1].some((one) => a.less(one)) ? a : 1)))], // at: some
    ['find', 'program.condition', () => built((req) => see(req.a, (a) => [1].find((one) => a.less(one)) ?? a))], // at: find
    ['findIndex', 'program.condition', () => built((req) => see(req.a, (a) => [1].findIndex((one) => a.less(one))))], // at: findIndex
    ['findLast', 'program.condition', () => built((req) => see(req.a, (a) => [1].findLast((one) => a.less(one)) ?? a))], // at: findLast
    ['filter of an iterator', 'program.condition', () => built((req) => see(req.a, (a) => any([1].values()).filter((one: number) => a.less(one)).toArray().length))], // at: filter of an iterator
    ['filter(Boolean)', 'program.condition', () => built((req) => see(req.a, (a) => [a].filter(Boolean).length))], // at: filter(Boolean)
    ['Boolean()', 'program.condition', () => built((req) => see(req.a, (a) => (Boolean(a.less(3)) ? a : 1)))], // at: Boolean()
    ['new Boolean()', 'program.condition', () => built((req) => see(req.a, (a) => (new Boolean(a) as unknown ? a : 1)))], // at: new Boolean()
    ['includes', 'program.condition', () => built((req) => see(req.a, (a) => ([a].includes(a) ? a : 1)))], // at: includes
    ['indexOf', 'program.condition', () => built((req) => see(req.a, (a) => [a].indexOf(a)))], // at: indexOf
    ['Object.is', 'program.condition', () => built((req) => see(req.a, (a) => (Object.is(a, 1) ? a : 1)))], // at: Object.is
    ['instanceof', 'program.condition', () => built((req) => see(req.a, (a) => (any(a) instanceof Number ? a : 1)))], // at: instanceof
    ['in', 'program.condition', () => built((req) => see(req.a, (a) => ('plus' in a ? a : 1)))], // at: in
    ['a sealed value', 'program.condition', () => built((req) => [req.a].filter(Boolean)[0])], // at: a sealed value
    ['a Set', 'program.coerced', () => built((req) => see(req.a, (a) => new Set([a]).size))], // at: a Set
    ['a Map', 'program.coerced', () => built((req) => see(req.a, (a) => new Map([[a, 1]]).size))], // at: a Map
    ['Map.groupBy', 'program.coerced', () => built((req) => see(req.a, (a) => any(Map).groupBy([1], () => a).size))], // at: Map.groupBy
    ['Number.isInteger', 'program.coerced', () => built((req) => see(req.a, (a) => (Number.isInteger(a) ? a : 1)))], // at: Number.isInteger
    ['a WeakSet', 'program.coerced', () => built((req) => see(req.a, (a) => (new WeakSet([a]).has(a) ? a : 1)))], // at: a WeakSet
    ['a WeakMap', 'program.coerced', () => built((req) => see(req.a, (a) => (new WeakMap([[a, 1]]).get(a) ?? a)))], // at: a WeakMap
    ['a sealed value in a WeakMap', 'program.coerced', () => built((req) => (new WeakMap().has(req.a) ? 1 : 2))], // at: a sealed value in a WeakMap
    ['some of a typed array', 'program.condition', () => built((req) => see(req.a, (a) => (new Uint8Array(1).some((one) => any(a.less(one))) ? a : 1)))], // at: some of a typed array
    ['includes of a typed array', 'program.condition', () => built((req) => see(req.a, (a) => (new Uint8Array(1).includes(any(a)) ? a : 1)))], // at: includes of a typed array
    ['Array.isArray', 'program.condition', () => built((req) => see(req.items, (items) => (Array.isArray(items) ? 1 : 2)))], // at: Array.isArray
    ['Object.hasOwn', 'program.condition', () => built((req) => see(req.a, (a) => (Object.hasOwn(a, 'plus') ? 1 : 2)))], // at: Object.hasOwn
    ['an answer that is negated', 'program.condition', () => built((req) => see(req.a, (a) => [1, 2].filter((one) => !a.less(one)).length))], // at: an answer that is negated
    ['an answer that is joined', 'program.condition', () => built((req) => see(req.a, (a) => [1, 2].some((one) => a.less(one) && one > 1) ? 1 : 2))], // at: an answer that is joined
    ['an answer that is chosen', 'program.condition', () => built((req) => see(req.a, (a) => [1, 2].find((one) => (a.less(one) ? true : false)) ?? 2))], // at: an answer that is chosen
    ['an order that is chosen', 'program.condition', () => built((req) => see(req.a, (a) => [2, 1].sort((one) => (a.less(one) ? 1 : -1))[0]))], // at: an order that is chosen
    ['a group that is chosen', 'program.condition', () => built((req) => see(req.a, (a) => any(Object).groupBy([1], (one: number) => (a.less(one) ? 'x' : 'y')).x.length))], // at: a group that is chosen
    ['setTimeout', 'program.async', () => built((req) => see(req.a, (a) => (setTimeout(() => a.plus(1)), a)))], // at: setTimeout
    ['queueMicrotask', 'program.async', () => built((req) => see(req.a, (a) => (queueMicrotask(() => void a.plus(1)), a)))], // at: queueMicrotask
    ['then of a promise', 'program.async', () => built((req) => see(req.a, (a) => (void Promise.resolve().then(() => a.plus(1)), a)))], // at: then of a promise
    ['sort', 'program.coerced', () => built((req) => see(req.a, (a) => [a, a.plus(1)].sort()[0]))], // at: sort
    ['a comparison of sort', 'program.coerced', () => built((req) => see(req.a, (a) => [2, 1].sort(() => any(a))[0]))], // at: a comparison of sort
    ['its kind as a text', 'program.coerced', () => built((req) => see(req.a, (a) => (Object.prototype.toString.call(a) === '' ? a : 1)))], // at: its kind as a text
    ['a mistake that is caught', 'program.coerced', () => built((req) => see(req.a, (a) => { try { return `${any(a)}`.length } catch { return a } }))], // at: a mistake that is caught
    ['a mistake of an operation that is caught', 'program.type', () => built((req) => see(req.a, (a) => { try { return a.plus(any('x')) } catch { return a } }))], // at: a mistake of an operation that is caught
    ['a promise that nobody waits for', 'program.async', () => built((req) => see(req.a, (a) => (void Promise.resolve(a).catch(() => 0), a)))], // at: a promise that nobody waits for
  ])

  it('an answer about plain values may be made beside a boolean that Golem uses, then or later', () => {
    const result = built((req) =>
      see(req.a, (a) => {
        const [kept, later] = [any([]), any([])]
        const odd = [1, 2, 3].filter((one) => (kept.push(a.less(one)), one % 2 === 1))
        const even = [1, 2, 3].filter((one) => (later.push(when(a.less(one), () => 1, () => 2)), one % 2 === 0))
        return { all: kept.reduce((x: Loose, y: Loose) => x.and(y)), count: odd.length + even.length, later: later[0] }
      }),
    )
    expect(result.ok || result.error.message).toBe(true)
  })

  it('a value in a list of its own is no list of Golem, and may be asked so', () => {
    expect(built((req) => see(req.a, (a) => (Array.isArray(a) || Array.isArray([a]) ? a : 1))).ok).toBe(true)
  })

  it('they are what they were before and after, and ask plain values as ever', () => {
    const names = [Array.prototype.filter, Array.prototype.includes, Map.prototype.set, Set.prototype.add, Boolean, Object.is]
    const result = built((req) =>
      see(req.a, (a) => {
        const odd = [1, 2, 3].filter((one) => one % 2 === 1)
        const kept = new Map([['a', a]]).get('a')!
        return [odd.includes(3), new Set(odd).size === 2, Boolean(1), Object.is(1, 1), [0, 1].some(Boolean)].every(Boolean) ? kept : 0
      }),
    )
    expect(result.ok).toBe(true)
    expect([Array.prototype.filter, Array.prototype.includes, Map.prototype.set, Set.prototype.add, Boolean, Object.is]).toEqual(names)
  })

  it('a Golem value that is thrown is told', () => {
    const result = built((req) => see(req.a, (a) => any(() => { throw any(a) })()))
    expect(result).toMatchObject({ ok: false, error: { code: 'program.thrown' } })
  })
})

describe('[L2] operations that do not exist', () => {
  checkAll(import.meta.filename, [
    ['a method of another language', 'program.operation', () => built((req) => see(req.a, (a) => any(a).add(1)))], // at: a method of another language
    ['reduce', 'program.operation', () => built((req) => see(req.items, (items) => any(items).reduce(() => 1)))], // at: reduce
    ['an item by its index', 'program.operation', () => built((req) => see(req.items, (items) => any(items)[0]))], // at: an item by its index
    ['a field as a property', 'program.operation', () => built((req) => see(req.point, (point) => any(point).x))], // at: a field as a property
    ['an operation on a sealed value', 'program.operation', () => built((req) => any(req.a).plus(1))], // at: an operation on a sealed value
    ['an assignment', 'program.operation', () => built((req) => see(req.point, (point) => ((any(point).x = 1), 1)))], // at: an assignment
    ['a field that is not there', 'program.field', () => built((req) => see(req.point, (point) => any(point).get('z')))], // at: a field that is not there
    ['a change of a field that is not there', 'program.field', () => built((req) => see(req.point, (point) => point.with(any({ z: 1 }))))], // at: a change of a field that is not there
    ['a change to another type', 'program.type', () => built((req) => see(req.point, (point) => point.with(any({ x: 'a' }))))], // at: a change to another type
    ['comparing unlike types', 'program.type', () => built((req) => see(req.a, req.title, (a, title) => a.equals(any(title))))], // at: comparing unlike types
    ['adding a text', 'program.type', () => built((req) => see(req.a, (a) => a.plus(any('1'))))], // at: adding a text
    ['joining integers', 'program.type', () => built((req) => see(req.items, (items) => any(items).join(',')))], // at: joining integers
    ['sorting by a list', 'program.type', () => built((req) => see(req.items, (items) => items.sortBy(any(() => items))))], // at: sorting by a list
    ['a field that fields() has not', 'program.field', () => built((req) => see(req.point, (point) => any(point.fields()).z))], // at: a field that fields() has not
    ['an item more', 'program.type', () => built((req) => see(req.items, (items) => any(items).append(1, 2)))], // at: an item more
    ['an argument of a method without one', 'program.type', () => built((req) => see(req.items, (items) => any(items).max(3)))], // at: an argument of a method without one
    ['a step of range', 'program.type', () => built((req) => see(req.a, () => any(range)(0, 10, 2)))], // at: a step of range
    ['an item from the end', 'program.bound', () => built((req) => see(req.items, (items) => items.at(-1)))], // at: an item from the end
    ['items from the end', 'program.bound', () => built((req) => see(req.items, (items) => items.slice(-2, 5)))], // at: items from the end
    ['all but the last', 'program.bound', () => built((req) => see(req.title, (title) => title.slice(0, -1)))], // at: all but the last
    ['fewer than none', 'program.bound', () => built((req) => see(req.title, (title) => title.take(-1)))], // at: fewer than none
    ['limits that cross', 'program.bound', () => built((req) => see(req.a, (a) => a.clamp(5, 0)))], // at: limits that cross
    ['between nothing', 'program.bound', () => built((req) => see(req.a, (a) => a.between(5, 1)))], // at: between nothing
    ['a fraction in a text', 'program.literal', () => built((req) => see(req.title, (title) => format`${title} ${1.5}`))], // at: a fraction in a text
    ['a missing arm', 'program.match', () => built((req) => see(req.shape, (shape) => shape.match(any({ circle: () => 1 }))))], // at: a missing arm
    ['a case that is not there', 'program.match', () => built((req) => see(req.shape, (shape) => shape.is(any('square'))))], // at: a case that is not there
    ['a bound of another type', 'program.type', () => built((req) => see(req.a, (a) => a.bounded(any(text(4)))))], // at: a bound of another type
    ['a literal over its bound', 'program.bound', () => built((req) => see(req.a, () => literal(int({ max: 5 }), 6)))], // at: a literal over its bound
    ['an index of rows', 'program.query', () => built((req, db) => db.notes.byTitle.rows(any({ stars: req.a }), { limit: 3 }).title)], // at: an index of rows
    ['a bound of another type than the field', 'program.type', () => built((req, db) => db.notes.byTitle.rows({ title: req.title }, any({ from: req.title, limit: 3 })).title)], // at: a bound of another type than the field
    ['a bound of no field', 'program.query', () => built((req, db) => db.notes.byTitle.rows({ title: req.title, stars: req.a }, any({ to: req.a, limit: 3 })).title)], // at: a bound of no field
    ['a literal bound of another type', 'program.type', () => built((req, db) => db.notes.byTitle.rows({}, any({ from: req.title, to: 3, limit: 3 })).title)], // at: a literal bound of another type
    ['a literal of another type', 'program.type', () => built((_, db) => db.notes.howMany.count(any({ title: 3 })))], // at: a literal of another type
    ['a literal that no row can have', 'program.bound', () => built((_, db) => db.notes.howMany.count({ title: 'more than twenty characters' }))], // at: a literal that no row can have
    ['an owner that nobody is', 'program.bound', () => built((_, db) => db.notes.mine.rows({ $owner: 'ada' }, { limit: 3 }).title)], // at: an owner that nobody is
    ['literal bounds that cross', 'program.bound', () => built((req, db) => db.notes.byTitle.rows({ title: req.title }, { from: 9, to: 3, descending: true, limit: 3 }).title)], // at: literal bounds that cross
    ['a list of sealed values for one', 'program.query', () => built((req, db) => db.notes.howMany.count(any({ title: [req.title] })))], // at: a list of sealed values for one
    ['a fraction', 'program.literal', () => built((req, db) => db.notes.byTitle.rows({ title: req.title }, { from: 0.5, limit: 3 }).title)], // at: a fraction
    ['a bound that is undefined', 'program.query', () => built((req, db) => db.notes.byTitle.rows({}, { from: req.title, to: any(undefined), limit: 3 }).title)], // at: a bound that is undefined
    ['a bound of a count', 'program.query', () => built((req, db) => db.notes.howMany.count({ title: req.title }, any({ from: req.title })))], // at: a bound of a count
    ['a place that leaves', 'program.type', () => built((req) => see(req.menu, (menu) => menu.zipper()))], // at: a place that leaves
    ['no callback', 'program.callback', () => built((req) => see(req.items, (items) => items.map(any(1))))], // at: no callback
  ])
})
