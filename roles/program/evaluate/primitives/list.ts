import { newRecord } from '../../value/measure.ts'
import type { Value } from '../../value/value.ts'
import type { Meter } from '../meter.ts'
import { equal } from './equal.ts'
import { boundItems, BYTES } from './operation.ts'

type List = readonly Value[]

/** Counts a new list. */
function makes(meter: Meter, count: number): void {
  boundItems(count, 'list')
  meter.step(count)
  meter.grow(BYTES.item * count)
}

function part(meter: Meter, a: List, from: number, to: number): List {
  const first = Math.min(a.length, Math.max(0, from))
  const last = Math.min(a.length, Math.max(first, to))
  makes(meter, last - first)
  return a.slice(first, last)
}

function concat(meter: Meter, a: List, b: List): List {
  makes(meter, a.length + b.length)
  return [...a, ...b]
}

function flatten(meter: Meter, lists: readonly List[]): List {
  let count = 0
  for (const list of lists) count += list.length
  meter.step(lists.length)
  makes(meter, count)
  const made: Value[] = []
  for (const list of lists) for (const item of list) made.push(item)
  return made
}

function zip(meter: Meter, a: List, b: List): List {
  const count = Math.min(a.length, b.length)
  makes(meter, count)
  meter.grow(BYTES.pair * count)
  return Array.from({ length: count }, (_, i) => {
    const pair = newRecord()
    pair['left'] = a[i]!
    pair['right'] = b[i]!
    return pair
  })
}

function contains(meter: Meter, a: List, item: Value): boolean {
  meter.step(0)
  return a.some((other) => equal(meter, other, item))
}

export const LIST = {
  'list.length': (meter: Meter, a: List): number => (meter.step(0), a.length),
  'list.contains': contains,
  'list.at': (meter: Meter, a: List, at: number) => {
    meter.step(0)
    if (at < 0 || at >= a.length) return null
    meter.grow(BYTES.some)
    return { some: a[at]! }
  },
  'list.take': (meter: Meter, a: List, count: number) => part(meter, a, 0, count),
  'list.drop': (meter: Meter, a: List, count: number) => part(meter, a, count, a.length),
  'list.reverse': (meter: Meter, a: List): List => (makes(meter, a.length), a.toReversed()),
  'list.concat': concat,
  'list.flatten': flatten,
  'list.zip': zip,
}
