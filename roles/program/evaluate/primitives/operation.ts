import { LIMITS } from '../../limits.ts'
import { Stop } from '../meter.ts'
import type { Meter } from '../meter.ts'
import type { SomeValue, Value } from '../../value/value.ts'

/** Bytes of containers, as the budget counts them. */
export const BYTES = { unit: 2, item: 8, some: 8, pair: 24, node: 24, zipper: 24 } as const

export function overflow(): never {
  throw new Stop('program.overflow', 'An integer left the safe range (±9007199254740991); nothing is written.')
}

export function divideByZero(): never {
  throw new Stop('program.divide', 'An integer was divided by zero; nothing is written.')
}

/** Refuses a list, map or tree that would have too many parts. */
export function boundItems(count: number, what: string): void {
  if (count > LIMITS.items) throw new Stop('program.bound', `A ${what} would have more than ${LIMITS.items} items; nothing is written.`)
}

/** Refuses a text (in UTF-16 units) or bytes that would be too long for any type. */
export function boundLength(length: number, most: number, what: string): void {
  if (length > most) throw new Stop('program.bound', `A ${what} would be longer than ${LIMITS.text}; nothing is written.`)
}

/** An option: none for null. */
export const optionOf = (meter: Meter, value: Value | null): SomeValue | null => {
  if (value === null) return null
  meter.grow(BYTES.some)
  return { some: value }
}

/** What sorting so many keys costs: each takes part in about log₂ comparisons, and each may read all its characters. */
export const sortingOf = (count: number, characters: number): number => (count + characters) * (32 - Math.clz32(count))

/** Characters of a key. */
export const keySize = (key: Value): number => (typeof key === 'string' || key instanceof Uint8Array ? key.length : 0)
