import { BuildError } from './errors.ts'
import { hasMembers, noValue } from './members.ts'
import { exprCores, sealedCores } from './recorder.ts'

export const isSealed = (value: unknown): value is object => typeof value === 'object' && value !== null && sealedCores.has(value)
export const isExpr = (value: unknown): value is object => typeof value === 'object' && value !== null && exprCores.has(value)
/** A value of the language, sealed or open. */
export const isValue = (value: unknown): value is object => isSealed(value) || isExpr(value)

/** Whether it is a list of JavaScript's: the function itself, which refuses lists of Golem while a program is traced. */
export const isList = Array.isArray

/** A developer's object of values, taken field by field; instances of classes are not, nor are the database and what stands in it. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || isList(value) || isValue(value) || noValue(value) !== null) return false
  const parent = Object.getPrototypeOf(value) as unknown
  return parent === null || parent === Object.prototype
}

/** Calls a callback of the developer, which has to be a function that does all its work at once. */
export function callBack<T>(work: (...args: never[]) => T, ...args: unknown[]): T {
  if (typeof work !== 'function') throw new BuildError('program.callback', `a function is needed here, not ${typeof work}.`)
  return noPromise((work as (...args: unknown[]) => T)(...args))
}

/** The function itself: while a program is traced, another one stands in its place. */
const then = Reflect.get(Promise.prototype, 'then') as (...args: unknown[]) => unknown

export function noPromise<T>(result: T): T {
  if (!isPromise(result)) return result
  if (result instanceof Promise) Reflect.apply(then, result, [undefined, () => {}])
  throw new BuildError(
    'program.async',
    'a function returned a promise; a program is traced at once, so nothing in it is async or awaits anything.',
  )
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  !isValue(value) &&
  !hasMembers(value) &&
  typeof (value as { then?: unknown }).then === 'function'
