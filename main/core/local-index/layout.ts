/**
 * How the indices of an app are kept as rows: a record once, with its sort key in every index that orders it; the groups of count and sum
 * indices as collections of their own. The pages of `<collection>.key` therefore say everything about a collection's other orders too.
 */
import type { Program } from '../../../roles/program/index.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import { canonicalText } from '../../../roles/protocol/canonical.ts'
import { attempt } from '../../../roles/protocol/crypto/index.ts'
import {
  CLIENTS,
  KEYS,
  MAX_PAGE_ENTRIES,
  type Entry,
  type Fields,
  sortKindsOf,
  type LocalEntries,
  encodeTuple,
  type SortKind,
  type SortValue,
} from '../../../roles/protocol/index/index.ts'
import type { IndexCollection, IndexRow, IndexStore } from '../ports.ts'

interface Order {
  on: string[]
  kinds: SortKind[]
}
/** Where an index is kept. */
interface Place {
  collection: string
  index: string
}
/** An index whose pages are what a collection's rows are made of. */
interface Source {
  collection: string
  orders: Order[]
  isGroup: boolean
}

export interface Layout {
  collections: IndexCollection[]
  /** Equal for equal layouts. */
  text: string
  /** By index name, as in `Tick.indices`. */
  places: ReadonlyMap<string, Place>
  sources: ReadonlyMap<string, Source>
}

/** Says of what tick and layout the rows are. */
const ABOUT: IndexCollection = { name: 'about', indices: [] }

/** The names of a program's collections differ by case, too, which those of SQLite's tables do not: a number in front tells them apart. */
const numbered = (name: string, at: number): string => `${at} ${name}`

export function layoutOf(program: Program): Layout {
  const collections: IndexCollection[] = []
  const places = new Map<string, Place>()
  const sources = new Map<string, Source>()
  const add = (source: string, indices: Array<{ name: string; order: Order }>, isGroup: boolean): void => {
    const collection = numbered(source, collections.length)
    const columns = indices.map(({ name }, at) => numbered(name, at))
    collections.push({ name: collection, indices: columns })
    indices.forEach(({ name }, at) => places.set(name, { collection, index: columns[at]! }))
    sources.set(source, { collection, orders: indices.map(({ order }) => order), isGroup })
  }
  const orderOf = (collection: string, index: string, on: string[]): { name: string; order: Order } => ({
    name: `${collection}.${index}`,
    order: { on, kinds: sortKindsOf(program, collection, index)! },
  })
  for (const [name, { indices }] of Object.entries(program.collections)) {
    const orders = Object.entries(indices).filter(([, { kind }]) => kind === 'order')
    add(`${name}.key`, [orderOf(name, 'key', ['$key']), ...orders.map(([index, { on }]) => orderOf(name, index, [...on, '$key']))], false)
    for (const [index, { kind, on }] of Object.entries(indices))
      if (kind !== 'order') add(`${name}.${index}`, [orderOf(name, index, on)], true)
  }
  for (const name of [KEYS, CLIENTS]) add(`${name}.key`, [orderOf(name, 'key', ['$key'])], false)
  const all = [...collections, ABOUT]
  return { collections: all, text: canonicalText([all, [...sources.values()]]), places, sources }
}

/** The rows that a source's entries make. A field that cannot be sorted leaves the row out of that index, whose pages then do not prove. */
export function rowsOf(layout: Layout, source: string, entries: readonly Entry[]): IndexRow[] {
  const { collection, orders, isGroup } = layout.sources.get(source)!
  return entries.map(({ sortKey, fields }) => {
    const values = Object.fromEntries(fields) as Record<string, SortValue>
    const others = orders.slice(1).map(({ kinds, on }) =>
      attempt(
        () =>
          encodeTuple(
            kinds,
            on.map((name) => values[name]!),
          ),
        null,
      ),
    )
    return {
      collection,
      key: isGroup ? toHex(sortKey) : String(values['$key']),
      value: JSON.stringify(fields),
      sortKeys: [sortKey, ...others],
    }
  })
}

export const aboutRows = ({ text }: Layout, root: string): IndexRow[] =>
  Object.entries({ root, layout: text }).map(([key, value]) => ({
    collection: ABOUT.name,
    key,
    value: JSON.stringify(value),
    sortKeys: [],
  }))

/** The root of the tick that a store holds, or null where its rows are of another layout. */
export function rootOf({ text }: Layout, store: IndexStore): string | null {
  const [root, layout] = ['root', 'layout'].map((key) => JSON.parse(store.get(ABOUT.name, key) ?? 'null') as unknown)
  return typeof root === 'string' && layout === text ? root : null
}

/** More entries than a page holds are no page, so no more are read. */
export function entriesOf({ places }: Layout, store: IndexStore): LocalEntries['entries'] {
  return (name, from, to) => {
    const place = places.get(name)
    if (place === undefined) return null
    const rows = store.range(place.collection, place.index, { from, to }, { limit: MAX_PAGE_ENTRIES + 1 })
    return rows.length > MAX_PAGE_ENTRIES
      ? null
      : rows.map(({ sortKey, value }) => ({ sortKey: Uint8Array.from(sortKey), fields: JSON.parse(value) as Fields }))
  }
}
