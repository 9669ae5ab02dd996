import { BuildError } from './errors.ts'
import { own } from '../value/measure.ts'

export function refused(code: string, message: string): never {
  throw new BuildError(code, message)
}

const COERCIONS = ['toString', 'valueOf', 'toJSON', 'toLocaleString']

/** Where Node looks for how to print a value: printing one is no mistake. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/**
 * A value of the language as JavaScript sees it: it has its methods and nothing else, and whatever would take it for a value of
 * JavaScript is a build error at the line that does it.
 * @param what in messages and when printed: «an opened list»
 * @param advice for a name that is no method
 */
export function guard(what: string, methods: object, advice: (name: string) => string): object {
  const refuse = (): never => cannotChange(what)
  return new Proxy(Object.freeze(Object.create(printedAs(what)) as object), {
    get: (_, name) => (typeof name === 'symbol' ? symbol(what, name) : (method(methods, name) ?? missing(what, name, advice))),
    has: () => noKind(what),
    getPrototypeOf: () => noKind(what),
    getOwnPropertyDescriptor: () => noKind(what),
    ownKeys: () => noLoop(what),
    set: refuse,
    defineProperty: refuse,
    deleteProperty: refuse,
  })
}

export function cannotChange(what: string): never {
  refused('program.operation', `${what} cannot be changed; operations make new values.`)
}

/** What Node prints looks through a proxy, at its target. */
const printedAs = (what: string): object => Object.assign(Object.create(null) as object, { [INSPECT]: () => `<${what}>` })

const method = (methods: object, name: string): unknown => own(methods as Record<string, unknown>, name)

function symbol(what: string, name: symbol): unknown {
  if (name === Symbol.iterator || name === Symbol.asyncIterator) return noLoop(what)
  if (name === Symbol.toPrimitive || name === Symbol.toStringTag) return noCoercion(what)
  return undefined
}

export function noLoop(what: string): never {
  refused(
    'program.loop',
    `${what} cannot be looped over, spread or taken apart by JavaScript, because what is in it is known only when the program runs; ` +
      'use map, filter or fold.',
  )
}

const noKind = (what: string): never =>
  refused(
    'program.condition',
    `${what} is an object for JavaScript, whatever it stands for; its type was declared, so there is nothing to ask.`,
  )

const noPromise = (what: string): never =>
  refused('program.async', `${what} is nothing to wait for; a program is traced at once, without async and await.`)

export function noCoercion(what: string): never {
  refused(
    'program.coerced',
    `${what} was used as a value of JavaScript (arithmetic, comparison, text, JSON), but it is known only when the program runs; ` +
      'use its methods, and format`…` for texts.',
  )
}

export function notCalled(name: string): never {
  refused('program.coerced', `${name} is a method: call it, ${name}(), and use the methods of what it returns.`)
}

/** `then` is looked for wherever JavaScript awaits. */
export function missing(what: string, name: string, advice: (name: string) => string, code = 'program.operation'): never {
  if (name === 'then') return noPromise(what)
  if (COERCIONS.includes(name)) noCoercion(what)
  refused(code, `${what} has no ${name.slice(0, 80)}; ${advice(name)}`)
}
