/**
 * JavaScript's own functions while a program is traced: those that take any object for true, or tell objects apart, refuse values of the
 * language. What converts a value (to a number, a text, a key, a list) is refused by the value itself, in `guards.ts`. What neither can see is
 * syntax: `if (value)`, `!value`, `value ?? other`, `value === other`, `typeof value`. Only types tell these.
 */
import { refused } from './guards.ts'
import { isValue } from './plain.ts'

type Work = (this: unknown, ...args: unknown[]) => unknown
type Owner = Record<string, unknown>

const TESTS = ['filter', 'some', 'every', 'find', 'findIndex', 'findLast', 'findLastIndex']
const SEARCHES = ['includes', 'indexOf', 'lastIndexOf']
const NUMBERS = ['isInteger', 'isSafeInteger', 'isFinite', 'isNaN']

const condition = (what: string): never =>
  refused('program.condition', `${what} takes every Golem value for true; use when(condition, () => …, () => …).`)
const equality = (what: string): never =>
  refused('program.condition', `${what} asks whether two Golem values are one object; use .equals(…), or contains of a Golem list.`)
const number = (what: string): never =>
  refused('program.coerced', `${what} takes a Golem value for no number; it is known only when the program runs.`)
const key = (what: string): never =>
  refused(
    'program.coerced',
    `${what} takes a Golem value, which is known only when the program runs, for a key; use a map or groupBy of Golem.`,
  )

/** A function that looks at what it is given first. */
const looking = (real: Work, look: (args: unknown[]) => void): Work =>
  function (...args) {
    look(args)
    return Reflect.apply(real, this, args)
  }

/** A function whose callback returns what JavaScript takes for true or for a key. */
const asking = (real: Work, position: number, refuse: () => never): Work =>
  function (...args) {
    const ask = args[position]
    if (typeof ask !== 'function') return Reflect.apply(real, this, args)
    const asked: Work = function (...given) {
      const answer: unknown = Reflect.apply(ask, this, given)
      return isValue(answer) ? refuse() : answer
    }
    return Reflect.apply(real, this, args.with(position, asked))
  }

const refuseAny =
  (count: number, refuse: () => never) =>
  (args: unknown[]): void => {
    if (args.slice(0, count).some((one) => isValue(one))) refuse()
  }

type Change = [owner: object, name: string, change: (real: Work) => Work]

/** Every function that is another one while a program is traced. */
function changes(): Change[] {
  const iterator: object | null = Object.getPrototypeOf(Object.getPrototypeOf([].values()) as object) as object | null
  const tests = (owner: object): Change[] =>
    TESTS.filter((name) => Object.hasOwn(owner, name)).map((name): Change => [
      owner,
      name,
      (real) => asking(real, 0, () => condition(`JavaScript's ${name}`)),
    ])
  return [
    ...tests(Array.prototype),
    ...(iterator === null ? [] : tests(iterator)),
    ...SEARCHES.map((name): Change => [
      Array.prototype,
      name,
      (real) =>
        looking(
          real,
          refuseAny(1, () => equality(`JavaScript's ${name}`)),
        ),
    ]),
    ...NUMBERS.map((name): Change => [
      Number,
      name,
      (real) =>
        looking(
          real,
          refuseAny(1, () => number(`Number.${name}`)),
        ),
    ]),
    ...['set', 'get', 'has', 'delete'].map((name): Change => [
      Map.prototype,
      name,
      (real) =>
        looking(
          real,
          refuseAny(1, () => key('a Map')),
        ),
    ]),
    ...['add', 'has', 'delete'].map((name): Change => [
      Set.prototype,
      name,
      (real) =>
        looking(
          real,
          refuseAny(1, () => key('a Set')),
        ),
    ]),
    [Map, 'groupBy', (real) => asking(real, 1, () => key('Map.groupBy'))],
    [
      Object,
      'is',
      (real) =>
        looking(
          real,
          refuseAny(2, () => equality('Object.is')),
        ),
    ],
    [globalThis, 'Boolean', (real) => new Proxy(real, { apply: (target, self, args) => truthOf(target, self, args), construct: madeOf })],
  ]
}

const truthOf = (target: Work, self: unknown, args: unknown[]): unknown =>
  isValue(args[0]) ? condition('Boolean()') : Reflect.apply(target, self, args)
const madeOf = (target: Work, args: unknown[]): object =>
  isValue(args[0]) ? condition('new Boolean()') : Reflect.construct(target as never, args)

/** Does `work`, at once, with these functions in the place of JavaScript's. */
export function withWatchedJavaScript<T>(work: () => T): T {
  const before = changes()
    .filter(([owner, name]) => typeof (owner as Owner)[name] === 'function')
    .map(([owner, name, change]) => ({ owner, name, change, real: Object.getOwnPropertyDescriptor(owner, name)! }))
  try {
    for (const { owner, name, change, real } of before) Object.defineProperty(owner, name, { ...real, value: change(real.value as Work) })
    return work()
  } finally {
    for (const { owner, name, real } of before) Object.defineProperty(owner, name, real)
  }
}
