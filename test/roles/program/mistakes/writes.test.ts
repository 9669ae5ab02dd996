import { describe } from 'vitest'
import { int, literal, see, when } from '../../../../roles/program/index.ts'
import type { Program, Result } from '../../../../roles/program/index.ts'
import { any, built, checkAll } from './mistaken.ts'
import type { Loose, Request } from './mistaken.ts'

describe('[L2] values that left the place where they mean something', () => {
  let kept: Loose
  checkAll(import.meta.filename, [
    [
      'an item kept',
      'program.leak',
      () =>
        built((req) =>
          see(req.items, (items) => {
            items.map((item) => (kept = item))
            return kept.plus(1) // at: an item kept
          }),
        ),
    ],
    [
      'a total that a branch goes on with',
      'program.leak',
      () =>
        built((req) =>
          see(req.a, (a) => {
            let total: Loose = a
            when(a.less(3), () => void (total = total.plus(1)), () => {})
            return total.plus(1) // at: a total that a branch goes on with
          }),
        ),
    ],
    [
      'a count of items',
      'program.leak',
      () =>
        built((req) =>
          see(req.items, (items) => {
            let count: Loose = literal(int(), 0)
            items.map((item) => ((count = count.plus(1)), item))
            return count.times(2) // at: a count of items
          }),
        ),
    ],
    [
      'a literal of one arm',
      'program.leak',
      () =>
        built((req) =>
          see(req.shape, (shape) => {
            let size: Loose
            shape.match({ circle: () => void (size = literal(int(), 1)), empty: () => void (size = literal(int(), 2)) })
            return size.plus(1) // at: a literal of one arm
          }),
        ),
    ],
    [
      'a content kept',
      'program.leak',
      () =>
        built((req) =>
          see(req.maybe, (maybe) => {
            maybe.map((content) => (kept = content))
            return kept.plus(1) // at: a content kept
          }),
        ),
    ],
    [
      'an opened value in another see',
      'program.foreign',
      () =>
        built((req) => {
          see(req.a, (a) => void (kept = a))
          return see(req.b, (b) => b.plus(kept)) // at: an opened value in another see
        }),
    ],
    ['a sealed value calculated with', 'program.sealed', () => built((req) => see(req.a, (a) => a.plus(any(req.b))))], // at: a sealed value calculated with
    ['an opened value opened', 'program.sealed', () => built((req) => see(req.a, (a) => see(any(a), (b) => b)))], // at: an opened value opened
    ['nothing opened', 'program.sealed', () => built((req) => see(any({ ...req })['missing'], (a) => a))], // at: nothing opened
  ])
})

describe('[K3] writes', () => {
  const write = (run: (req: Request, db: Loose) => unknown): Result<Program> => built((req, db) => see(req.a, req.title, () => void run(req, db)))
  checkAll(import.meta.filename, [
    ['to a key of the request', 'program.slot', () => write((req, db) => db.notes.update(req.title, { stars: 1 }))], // at: to a key of the request
    ['to a key that was read', 'program.slot', () => write((_, db) => db.notes.update(db.notes.rows({ limit: 1 }).$key, { stars: 1 }))], // at: to a key that was read
    ['to a key of another collection', 'program.slot', () => write((_, db) => db.notes.update(db.tags.owned('mine'), { stars: 1 }))], // at: to a key of another collection
    ['to a fresh key as if it were owned', 'program.slot', () => write((_, db) => db.notes.update(db.notes.fresh('mine'), { stars: 1 }))], // at: to a fresh key as if it were owned
    ['to an owned key as if it were fresh', 'program.slot', () => write((_, db) => db.tags.create(db.tags.owned('mine'), { title: 'x' }))], // at: to an owned key as if it were fresh
    ['to what create returned', 'program.slot', () => write((_, db) => db.tags.update(db.tags.create({ title: 'x' }), { title: 'y' }))], // at: to what create returned
    [
      'twice to one key',
      'program.slot',
      () =>
        write((_, db) => {
          const slot = db.notes.owned('mine')
          when(
            literal(int(), 1).less(2),
            () => db.notes.update(slot, { stars: 1 }),
            () => db.notes.update(slot, { stars: 2 }),
          )
          db.notes.update(slot, { title: 'x' }) // at: twice to one key
        }),
    ],
    [
      'to one key in two places',
      'program.slot',
      () =>
        built((req, db) => {
          const slot = db.notes.owned('mine')
          see(req.a, () => void db.notes.update(slot, { stars: 1 }))
          see(req.b, () => void db.notes.update(slot, { stars: 2 })) // at: to one key in two places
        }),
    ],
    ['without a field', 'program.field', () => write((_, db) => db.notes.create({ title: 'x' }))], // at: without a field
    ['of a field that is not there', 'program.field', () => write((_, db) => db.notes.update(db.notes.owned('mine'), { name: 'x' }))], // at: of a field that is not there
    ['of nothing', 'program.field', () => write((_, db) => db.notes.update(db.notes.owned('mine'), {}))], // at: of nothing
    ['of a field of another type', 'program.type', () => write((_, db) => db.notes.create({ title: 5, stars: 1 }))], // at: of a field of another type
    ['of a literal over its bound', 'program.bound', () => write((_, db) => db.notes.create({ title: 'x', stars: 10 }))], // at: of a literal over its bound
    ['of an undefined field', 'program.literal', () => write((_, db) => db.notes.update(db.notes.owned('mine'), { stars: undefined }))], // at: of an undefined field
    ['of a sealed value with wider bounds', 'program.type', () => write((req, db) => db.notes.update(db.notes.owned('mine'), { stars: req.a }))], // at: of a sealed value with wider bounds
    ['of a sealed value of another type', 'program.type', () => write((req, db) => db.notes.update(db.notes.owned('mine'), { stars: req.title }))], // at: of a sealed value of another type
    ['of an unopened column', 'program.carry', () => write((_, db) => db.notes.update(db.notes.owned('mine'), { title: db.notes.rows({ limit: 1 }).title }))], // at: of an unopened column
    ['where nothing is open', 'program.sealed', () => built((_, db) => db.tags.create({ title: 'x' }))], // at: where nothing is open
    ['inside of map', 'program.nested', () => built((req, db) => see(req.items, (items) => items.map(() => any(db.tags.create({ title: 'x' })))))], // at: inside of map
  ])
})
