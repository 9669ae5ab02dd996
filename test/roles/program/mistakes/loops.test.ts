import { describe } from 'vitest'
import { see, when } from '../../../../roles/program/index.ts'
import type { BoolExpr, Int, IntExpr, Sealed } from '../../../../roles/program/index.ts'
import { any, built, checkAll } from './mistaken.ts'
import type { Loose, Request } from './mistaken.ts'

const countDown = (n: IntExpr): IntExpr =>
  when(
    n.equals(0),
    () => n,
    () => countDown(n.minus(1)), // at: a recursion in a branch
  )
const sumUp = (n: IntExpr): IntExpr => sumUp(n.plus(1)) // at: a recursion without a branch
const even = (n: IntExpr): BoolExpr => when(n.equals(0), () => true, () => odd(n.minus(1)))
const odd = (n: IntExpr): BoolExpr => when(n.equals(0), () => false, () => even(n.minus(1))) // at: a mutual recursion
const deep = (n: number): number => deep(n + 1) + 1 // at: a stack that overflows
const nested = (req: Request): unknown => see(req.items, (items) => items.map(() => mapped(items)))
const mapped = (items: Loose): Loose => items.map(() => mapped(items)) // at: a recursion through map
const again = (value: Sealed<Int>): unknown => see(value, (n) => again(see(value, (m) => m.plus(n)))) // at: a recursion through see
function endless(n: IntExpr): IntExpr {
  let total = n
  for (;;) total = total.plus(1) // at: a loop without end
}
function still(n: IntExpr): IntExpr {
  for (;;) n.plus(1) // at: a loop that repeats itself
}


describe('[L4] recursion and loops of JavaScript', () => {
  checkAll(import.meta.filename, [
    ['a recursion in a branch', 'program.recursion', () => built((req) => see(req.a, (a) => countDown(a)))],
    ['a recursion without a branch', 'program.recursion', () => built((req) => see(req.a, (a) => sumUp(a)))],
    ['a mutual recursion', 'program.recursion', () => built((req) => see(req.a, (a) => even(a)))],
    ['a stack that overflows', 'program.recursion', () => built((req) => see(req.a, (a) => a.plus(deep(0))))],
    ['a recursion through map', 'program.recursion', () => built(nested)],
    ['a recursion through see', 'program.recursion', () => built((req) => again(req.a))],
    ['a loop without end', 'program.deep', () => built((req) => see(req.a, (a) => endless(a)))],
    ['a loop that repeats itself', 'program.recursion', () => built((req) => see(req.a, (a) => still(a)))],
  ])
})

describe('[L4] looping over what is known only when the program runs', () => {
  checkAll(import.meta.filename, [
    [
      'for…of over an opened list',
      'program.loop',
      () =>
        built((req) =>
          see(req.items, (items) => {
            for (const item of any(items)) void item // at: for…of over an opened list
            return 1
          }),
        ),
    ],
    ['spreading an opened list', 'program.loop', () => built((req) => see(req.items, (items) => Math.max(...any(items))))], // at: spreading an opened list
    [
      'taking an opened list apart',
      'program.loop',
      () =>
        built((req) =>
          see(req.items, (items) => {
            const [first] = any(items) // at: taking an opened list apart
            return first
          }),
        ),
    ],
    ['for…of over a sealed list', 'program.loop', () => built((req) => [...any(req.items)])], // at: for…of over a sealed list
    ['for…of over rows', 'program.loop', () => built((_, db) => [...any(db.notes.rows({ limit: 3 }))])], // at: for…of over rows
    ['an array from an opened list', 'program.loop', () => built((req) => see(req.items, (items) => Array.from(any(items))))], // at: an array from an opened list
    ['the keys of an opened record', 'program.loop', () => built((req) => see(req.point, (point) => Object.keys(point).length))], // at: the keys of an opened record
    ['spreading an opened record', 'program.loop', () => built((req) => see(req.point, (point) => ({ ...point, x: 1 })))], // at: spreading an opened record
    [
      'for…in over an opened list',
      'program.loop',
      () =>
        built((req) =>
          see(req.items, (items) => {
            for (const at in items) void at // at: for…in over an opened list
            return 1
          }),
        ),
    ],
  ])
})
