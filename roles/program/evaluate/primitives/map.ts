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

/** The map with one entry more, or with another value at a key that it has. */
function set(meter: Meter, map: MapValue, key: Key, value: Value): MapValue {
  const isThere = map.has(key)
  copies(meter, map.size + (isThere ? 0 : 1))
  if (isThere) return new Map(map).set(key, value)
  const made = new Map<Key, Value>()
  let placed = false
  for (const [other, content] of map) {
    if (!placed && compareScalars(key, other) < 0) {
      made.set(key, value)
      placed = true
    }
    made.set(other, content)
  }
  return placed ? made : made.set(key, value)
}

function remove(meter: Meter, map: MapValue, key: Key): MapValue {
  meter.step(0)
  if (!map.has(key)) return map
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
    meter.step(0)
    if (!map.has(key)) return null
    meter.grow(BYTES.some)
    return { some: map.get(key)! }
  },
  'map.has': (meter: Meter, map: MapValue, key: Key): boolean => (meter.step(0), map.has(key)),
  'map.set': set,
  'map.remove': remove,
  'map.entries': entries,
  'map.from': from,
}
