import { compareScalars, newRecord } from '../../value/measure.ts'
import type { MapValue, RecordValue, Value } from '../../value/value.ts'
import type { Meter } from '../meter.ts'
import { boundItems, BYTES, keySize, sortingOf } from './operation.ts'

type Key = string | number | boolean

/** Counts a copy of a map. */
function copies(meter: Meter, size: number): void {
  boundItems(size, 'map')
  meter.step(8 * size)
  meter.grow(2 * BYTES.item * size)
}

/** Finds a key, for the cost of reading it: equal texts that were made apart are compared character by character. */
function has(meter: Meter, map: MapValue, key: Key): boolean {
  meter.step(keySize(key))
  return map.has(key)
}

/** The map with one entry more, or with another value at a key that it has. */
function set(meter: Meter, map: MapValue, key: Key, value: Value): MapValue {
  const isThere = has(meter, map, key)
  copies(meter, map.size + (isThere ? 0 : 1))
  if (isThere) return new Map(map).set(key, value)
  const entries = [...map]
  const at = placeOf(meter, entries, key)
  return new Map([...entries.slice(0, at), [key, value], ...entries.slice(at)])
}

/** Position of the first entry with a greater key. Each of about log₂ comparisons may read the whole key. */
function placeOf(meter: Meter, entries: ReadonlyArray<readonly [Key, Value]>, key: Key): number {
  meter.step((1 + keySize(key)) * (32 - Math.clz32(entries.length)))
  let first = 0
  for (let last = entries.length; first < last;) {
    const middle = (first + last) >> 1
    if (compareScalars(entries[middle]![0], key) > 0) last = middle
    else first = middle + 1
  }
  return first
}

function remove(meter: Meter, map: MapValue, key: Key): MapValue {
  if (!has(meter, map, key)) return map
  copies(meter, map.size)
  const made = new Map(map)
  made.delete(key)
  return made
}

function entries(meter: Meter, map: MapValue): RecordValue[] {
  meter.step(map.size)
  meter.grow((BYTES.item + BYTES.pair) * map.size)
  return Array.from(map, ([key, value]) => {
    const entry = newRecord()
    entry['key'] = key
    entry['value'] = value
    return entry
  })
}

/** Brings entries into key order. @param size characters of all keys together */
export function inKeyOrder<V extends Value>(meter: Meter, found: ReadonlyMap<Key, V>, size: number): ReadonlyMap<Key, V> {
  boundItems(found.size, 'map')
  meter.step(sortingOf(found.size, size))
  meter.grow(2 * BYTES.item * found.size)
  return new Map([...found].sort(([a], [b]) => compareScalars(a, b)))
}

function from(meter: Meter, list: readonly RecordValue[]): MapValue {
  meter.step(list.length)
  const found = new Map<Key, Value>()
  let size = 0
  for (const entry of list) {
    const key = entry['key'] as Key
    size += keySize(key)
    found.set(key, entry['value']!)
  }
  return inKeyOrder(meter, found, size)
}

export const MAP = {
  'map.size': (meter: Meter, map: MapValue): number => (meter.step(0), map.size),
  'map.get': (meter: Meter, map: MapValue, key: Key) => {
    if (!has(meter, map, key)) return null
    meter.grow(BYTES.some)
    return { some: map.get(key)! }
  },
  'map.has': has,
  'map.set': set,
  'map.remove': remove,
  'map.entries': entries,
  'map.from': from,
}
