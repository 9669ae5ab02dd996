/**
 * JavaScript's own functions while a program is traced: those that take any object for true, or tell objects apart, refuse values of the
 * language; those that work later are refused. What converts a value (to a number, a text, a key, a list) is refused by the value itself, in
 * `guards.ts`. What neither can see is syntax: `if (value)`, `!value`, `value ?? other`, `value === other`, `typeof value`. Only types tell these,
 * but where a callback answers JavaScript so (`asked.ts`).
 */
import { whileAsked } from './asked.ts'
import { refused } from './guards.ts'
import { isValue } from './plain.ts'
import { exprCores, sealedCores } from './recorder.ts'

type Work = (this: unknown, ...args: unknown[]) => unknown
type Owner = Record<string, unknown>
type Change = [owner: object, name: string, change: (real: Work) => Work]
type Refuse = (name: string) => never

const TESTS = ['filter', 'some', 'every', 'find', 'findIndex', 'findLast', 'findLastIndex']
const SEARCHES = ['includes', 'indexOf', 'lastIndexOf']
const NUMBERS = ['isInteger', 'isSafeInteger', 'isFinite', 'isNaN']
const KEYED = ['set', 'get', 'add', 'has', 'delete']

const condition = (what: string): never =>
  refused('program.condition', `${what} takes every Golem value for true; use when(condition, () => …, () => …).`)
const equality = (what: string): never =>
  refused('program.condition', `${what} asks whether two Golem values are one object; use .equals(…), or contains of a Golem list.`)
const noArray = (): never =>
  refused('program.condition', 'Array.isArray takes a Golem list for no list; its type was declared, so there is nothing to ask.')
const number = (what: string): never =>
  refused('program.coerced', `${what} takes a Golem value for no number; it is known only when the program runs.`)
const key = (what: string): never =>
  refused(
    'program.coerced',
    `${what} takes a Golem value, which is known only when the program runs, for a key; use a map or groupBy of Golem.`,
  )
const late = (what: string): never =>
  refused(
    'program.async',
    `${what} works after the program was traced, when nothing is recorded any more; a program does all of its work at once.`,
  )

/** Of the functions that an object has, those that look at their first arguments. */
const looking = (
  owner: object,
  names: readonly string[],
  refuse: Refuse,
  count = 1,
  isWrong: (value: unknown) => boolean = isValue,
): Change[] =>
  own(owner, names).map((name) => [
    owner,
    name,
    (real) =>
      function (...args) {
        for (let i = 0; i < count; i++) if (isWrong(args[i])) refuse(name)
        return Reflect.apply(real, this, args)
      },
  ])

/** Those whose callback, at a position, returns what JavaScript takes for true or for a key. */
const asking = (owner: object, names: readonly string[], position: number, refuse: Refuse): Change[] =>
  own(owner, names).map((name) => [
    owner,
    name,
    (real) =>
      function (...args) {
        const ask = args[position]
        if (typeof ask !== 'function') return Reflect.apply(real, this, args)
        const asked: Work = function (...given) {
          const answer = whileAsked(`JavaScript's ${name}`, () => Reflect.apply(ask, this, given) as unknown, isPlainAnswer)
          return isValue(answer) ? refuse(name) : answer
        }
        return Reflect.apply(real, this, args.with(position, asked))
      },
  ])

const isPlainAnswer = (answer: unknown): boolean => !isValue(answer)

/** Those that nothing in a program may call. */
const never = (owner: object, names: readonly string[], refuse: Refuse): Change[] =>
  own(owner, names).map((name) => [owner, name, () => () => refuse(name)])

/** Those that wait for a promise; what it failed with is told already, and is nobody else's. */
const waiting = (names: readonly string[], refuse: Refuse): Change[] => {
  const wait = Reflect.get(Promise.prototype, 'then') as Work
  const change = (name: string): Work =>
    function () {
      if (this instanceof Promise) Reflect.apply(wait, this, [undefined, () => {}])
      return refuse(name)
    }
  return names.map((name) => [Promise.prototype, name, () => change(name)])
}

const own = (owner: object, names: readonly string[]): string[] => names.filter((name) => Object.hasOwn(owner, name))

const isGolemList = (value: unknown): boolean => isValue(value) && (exprCores.get(value) ?? sealedCores.get(value))!.type.kind === 'list'

/** Every function that is another one while a program is traced. */
function changes(): Change[] {
  const iterators = Object.getPrototypeOf(Object.getPrototypeOf([].values()) as object) as object
  const typedArrays = Object.getPrototypeOf(Uint8Array.prototype) as object
  const lists: object[] = [Array.prototype, typedArrays]
  return [
    ...[...lists, iterators].flatMap((owner) => asking(owner, TESTS, 0, (name) => condition(`JavaScript's ${name}`))),
    ...lists.flatMap((owner) => looking(owner, SEARCHES, (name) => equality(`JavaScript's ${name}`))),
    ...looking(Number, NUMBERS, (name) => number(`Number.${name}`)),
    ...[Map, Set, WeakMap, WeakSet].flatMap((kind) => looking(kind.prototype, KEYED, () => key(`a ${kind.name}`))),
    ...[Map, Object].flatMap((owner) => asking(owner, ['groupBy'], 1, () => key(`${owner.name}.groupBy`))),
    ...lists.flatMap((owner) => asking(owner, ['sort', 'toSorted'], 0, (name) => number(`JavaScript's ${name}`))),
    ...looking(Object, ['is'], () => equality('Object.is'), 2),
    ...looking(Array, ['isArray'], noArray, 1, isGolemList),
    ...never(globalThis, ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'], late),
    ...waiting(['then', 'catch', 'finally'], (name) => late(`${name} of a promise`)),
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
    // eslint-disable-next-line golem/own-lookups -- names of our own, of functions that the owner may inherit
    .filter(([owner, name]) => typeof (owner as Owner)[name] === 'function')
    .map(([owner, name, change]) => ({ owner, name, change, real: Object.getOwnPropertyDescriptor(owner, name)! }))
  try {
    for (const { owner, name, change, real } of before) Object.defineProperty(owner, name, { ...real, value: change(real.value as Work) })
    return work()
  } finally {
    for (const { owner, name, real } of before) Object.defineProperty(owner, name, real)
  }
}
