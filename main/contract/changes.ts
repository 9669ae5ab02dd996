/**
 * What changed between two overviews, so that an event carries that and no more. Pure: a node makes changes with `changeOf`, whoever listens applies them with
 * `apply`. Fields are told whole (their values are not looked into), parts of lists by their id; parts that did not change stay the same objects, so that a
 * view need not be drawn anew.
 */
import type { Overview } from './views.ts'

type List = 'engagements' | 'apps' | 'requests'
type Part = Exclude<keyof Overview, List | 'number'>

/** Fields that are new or have another value, and the names of those that are not there any more. */
export interface Fields<T> {
  set?: Partial<T>
  gone?: string[]
}
/** One that is not known yet is new, and has all its fields in `set`. */
export type Item<T> = Fields<Omit<T, 'id'>> & { id: string }
export interface Items<T> {
  items?: Array<Item<T>>
  /** Ids. */
  gone?: string[]
  /** All ids, where those that stay in their order, and the new ones after them, would be another. */
  order?: string[]
}
/** `number` is the next one after that of the change before it, or 0: something was not told, or another node answers now; what is there is asked for anew. */
export type Change = { number: number } & { [P in Part]?: Fields<Overview[P]> } & { [L in List]?: Items<Overview[L][number]> }

/** Told in place of changes that were not. */
export const GAP: Change = { number: 0 }

const PARTS = { node: true, chain: true } satisfies Record<Part, true>
const LISTS = { engagements: true, apps: true, requests: true } satisfies Record<List, true>

type Value = Record<string, object | string | number | boolean | null>
type Listed = Value & { id: string }

const namesOf = (table: object): string[] => Object.keys(table)
const has = (value: object, name: string): boolean => Object.hasOwn(value, name) && (value as Value)[name]! !== undefined

/** Whether two plain values say the same; a field that is undefined is none, as in JSON. */
export function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) !== Array.isArray(other)) return false
  if (Array.isArray(one) && one.length !== (other as unknown[]).length) return false
  const names = Object.keys(one).filter((name) => has(one, name))
  if (names.length !== Object.keys(other).filter((name) => has(other, name)).length) return false
  return names.every((name) => has(other, name) && same((one as Value)[name]!, (other as Value)[name]!))
}

function fieldsOf(before: Value, after: Value): Fields<Value> | null {
  if (before === after) return null
  const set = Object.entries(after).filter(([name, value]) => value !== undefined && !(has(before, name) && same(before[name]!, value)))
  const gone = Object.keys(before).filter((name) => has(before, name) && !has(after, name))
  if (set.length === 0 && gone.length === 0) return null
  return { ...(set.length > 0 && { set: Object.fromEntries(set) }), ...(gone.length > 0 && { gone }) }
}

function withFields<T extends Value>(value: T, { set, gone = [] }: Fields<Value>): T {
  const kept = gone.length === 0 ? value : Object.fromEntries(Object.entries(value).filter(([name]) => !gone.includes(name)))
  return { ...kept, ...set } as T
}

function itemsOf(before: readonly Listed[], after: readonly Listed[]): Items<Value> | null {
  if (before === after) return null
  const known = new Map(before.map((one) => [one.id, one]))
  const ids = after.map(({ id }) => id)
  const there = new Set(ids)
  const items = after.flatMap(({ id, ...fields }): Array<Item<Value>> => {
    const told = fieldsOf(known.get(id) ?? { id }, { id, ...fields })
    return told === null && known.has(id) ? [] : [{ id, ...told }]
  })
  const gone = [...known.keys()].filter((id) => !there.has(id))
  const usual = [...[...known.keys()].filter((id) => there.has(id)), ...ids.filter((id) => !known.has(id))]
  const moves = usual.some((id, at) => id !== ids[at])
  if (items.length === 0 && gone.length === 0 && !moves) return null
  return { ...(items.length > 0 && { items }), ...(gone.length > 0 && { gone }), ...(moves && { order: ids }) }
}

/** Null where the order names one that is not there. */
function withItems<T extends Listed>(list: readonly T[], { items = [], gone = [], order }: Items<Value>): T[] | null {
  const all = new Map(list.map((one) => [one.id, one]))
  for (const id of gone) all.delete(id)
  for (const { id, ...fields } of items) all.set(id, withFields(all.get(id) ?? ({ id } as T), fields))
  if (order === undefined) return [...all.values()]
  const ordered = order.flatMap((id) => all.get(id) ?? [])
  return ordered.length === all.size ? ordered : null
}

/**
 * What leads from one overview to another; null where they say the same.
 * @param number of the change, at least 1; the numbers of both overviews are not looked at
 */
export function changeOf(before: Overview, after: Overview, number: number): Change | null {
  const parts = namesOf(PARTS).map((name) => [name, fieldsOf(before[name as Part] as never, after[name as Part] as never)])
  const lists = namesOf(LISTS).map((name) => [name, itemsOf(before[name as List] as never, after[name as List] as never)])
  const changed = [...parts, ...lists].filter(([, told]) => told !== null)
  return changed.length === 0 ? null : { number, ...Object.fromEntries(changed as Array<[string, unknown]>) }
}

function applied(overview: Overview, change: Change): Overview | null {
  const next: Record<string, unknown> = { ...overview, number: change.number }
  for (const name of namesOf(PARTS) as Part[])
    if (change[name] !== undefined) next[name] = withFields(overview[name] as never, change[name] as never)
  for (const name of namesOf(LISTS) as List[]) {
    if (change[name] === undefined) continue
    const list = withItems(overview[name] as never, change[name] as never)
    if (list === null) return null
    next[name] = list
  }
  return next as unknown as Overview
}

/** The overview with the change, or itself where it contains that already; null where something between the two was not told: ask for `overview` again. */
export function apply(overview: Overview, change: Change): Overview | null {
  if (change.number === GAP.number) return null
  if (change.number <= overview.number) return overview
  return change.number === overview.number + 1 ? applied(overview, change) : null
}

/** `after`, with those parts of `before` that say the same. */
export function merged(before: Overview, after: Overview): Overview {
  const change = changeOf(before, after, after.number)
  return (
    (change === null ? null : applied(before, change)) ?? (before.number === after.number ? before : { ...before, number: after.number })
  )
}
