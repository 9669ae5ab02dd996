/**
 * What stands in a program beside values: the database, a collection, an index, what a query found, a key to write to, the request. Each has its
 * members and nothing else: JavaScript would give `undefined` for any other name, and the program would go on without what its developer meant.
 */
import { cannotChange, missing, noCoercion, noLoop } from './guards.ts'
import { own } from '../value/measure.ts'
import { ownMap } from './own-map.ts'

export interface Kind {
  /** In messages: «the collection notes». */
  what: string
  /** What to use instead of a name that is no member. */
  advice: (name: string) => string
  code?: string
  /** What to return, store or open in its place. */
  instead?: string
  /** Whether it may be returned and stored as the object that it is. */
  isPlain?: boolean
}

const known = ownMap<Kind>()

/** The same members, and whatever else is asked of them is a build error at the line that asks. */
export function withMembers<T extends object>(members: T, kind: Kind): T {
  const refuse = (): never => cannotChange(kind.what)
  const made = new Proxy(Object.freeze(members), {
    get: (target, name) => (typeof name === 'symbol' ? symbol(target, kind, name) : member(target, name, kind)),
    set: refuse,
    defineProperty: refuse,
    deleteProperty: refuse,
  })
  known.set(made, kind)
  return made
}

const member = (members: object, name: string, { what, advice, code }: Kind): unknown =>
  Object.hasOwn(members, name) ? own(members as Record<string, unknown>, name) : missing(what, name, advice, code)

function symbol(members: object, { what }: Kind, name: symbol): unknown {
  if (Object.hasOwn(members, name)) return Reflect.get(members, name)
  if (name === Symbol.iterator || name === Symbol.asyncIterator) return noLoop(what)
  return name === Symbol.toPrimitive ? noCoercion(what) : undefined
}

export const hasMembers = (value: unknown): value is object => typeof value === 'object' && value !== null && known.has(value)

/** What to take in the place of something that is no value, as the end of a sentence. */
export const insteadOf = (value: unknown): string =>
  (hasMembers(value) ? known.get(value)!.instead : undefined) ?? 'take a value out of a query, or one of the request.'

/** What something is that stands beside values and is none; null for all else. */
export function noValue(value: unknown): string | null {
  const kind = hasMembers(value) ? known.get(value)! : undefined
  return kind === undefined || kind.isPlain === true ? null : kind.what
}
