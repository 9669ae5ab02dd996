import type { Json } from '../../../../roles/program/index.ts'
import type { Dice } from './dice.ts'

/** Every place in a document: the container and the name or position in it. */
type Place = readonly [within: Json[] | { [name: string]: Json }, at: string | number]

function placesOf(json: Json): Place[] {
  const places: Place[] = []
  const stack: Json[] = [json]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (typeof next !== 'object' || next === null) continue
    for (const at of Array.isArray(next) ? next.keys() : Object.keys(next)) {
      places.push([next, at])
      const part = (next as Json[])[at as number]
      if (part !== undefined && part !== null) stack.push(part)
    }
  }
  return places
}

/** Numbers are references more often than anything else, and the interesting mistakes are among these. */
const isReference = ([within, at]: Place): boolean => typeof (within as Json[])[at as number] === 'number'

/** A copy of a document with one random change somewhere. */
export function mutated(dice: Dice, document: unknown): Json {
  const copy = JSON.parse(JSON.stringify(document)) as Json
  const places = placesOf(copy)
  const numbers = places.filter(isReference)
  const [within, at] = dice.pick(numbers.length > 0 && dice.chance(50) ? numbers : places)
  const set = (value: Json): void => void Object.defineProperty(within, at, { value, enumerable: true, configurable: true, writable: true })
  dice.among<void>([
    [4, () => set(near(dice, (within as Json[])[at as number]!))],
    [3, () => set(valueAt(dice.pick(places)))],
    [2, () => swap([within, at], dice.pick(places))],
    [1, () => (Array.isArray(within) ? void within.splice(Number(at), 1) : void delete within[at])],
    [1, () => (Array.isArray(within) ? void within.splice(Number(at), 0, valueAt([within, at])) : set(null))],
    [1, () => set(dice.pick<Json>(STRANGE))],
    [1, () => (Array.isArray(within) ? within.push(dice.pick<Json>(STRANGE)) : define(within, dice.pick(NAMES), dice.pick<Json>(STRANGE)))],
  ])
  return copy
}

const STRANGE: Json[] = [null, true, 0, -1, 1.5, 1e300, '', '__proto__', '\ud800', [], {}, [[]], { op: 'input' }, 'x'.repeat(70)]
const NAMES = ['__proto__', 'constructor', 'kind', 'op', 'max', '']

const valueAt = ([within, at]: Place): Json => structuredClone((within as Json[])[at as number]!)

const define = (within: object, name: string, value: Json): void =>
  void Object.defineProperty(within, name, { value, enumerable: true, configurable: true, writable: true })

function swap(one: Place, other: Place): void {
  const [a, b] = [valueAt(one), valueAt(other)]
  define(one[0], String(one[1]), b)
  define(other[0], String(other[1]), a)
}

/** Something that could stand there just as well. */
function near(dice: Dice, value: Json): Json {
  if (typeof value === 'number') return value + dice.pick([1, -1, 2, -2, 10])
  if (typeof value === 'boolean') return !value
  if (typeof value === 'string')
    return /^-?\d+$/.test(value) ? String(Number(value) + dice.pick([1, -1])) : value + dice.pick(['x', '', '0'])
  return dice.pick<Json>(STRANGE)
}
