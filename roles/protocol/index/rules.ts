/**
 * Rules across clients, held when a tick closes (PROTOCOL.md 7.1). Each index with a rule has a counter for every group of rows, kept as rows
 * change: whether an update breaks a rule is found from the groups that it touches, never by going through rows. The counters follow from
 * the rows and are not stored.
 */
import { breach, rulesOf, type Program, type Rule } from '../../program/index.ts'
import { canonicalText, type Json } from '../canonical.ts'
import { fail } from '../result.ts'
import type { Database, Row, Write } from './database.ts'

/** The rows with the same values in the fields of an index; there is none without rows. */
interface Group {
  rows: number
  sum: bigint
}

/** An index that has a rule, or a sum that has two. */
interface Tally {
  on: readonly string[]
  field: string | null
  /** In the order of `rulesOf`. */
  rules: Rule[]
  groups: Map<string, Group>
}

/** By collection, in the order of the names of their indices. Collections without a rule have none. */
export type Tallies = ReadonlyMap<string, readonly Tally[]>

export function createTallies({ collections }: Program): Tallies {
  return new Map(
    Object.entries(collections).flatMap(([name, collection]) => {
      const byIndex = Map.groupBy(rulesOf(name, collection), ({ index }) => index)
      const tallies = [...byIndex.values()].map((rules): Tally => ({ on: rules[0]!.on, field: rules[0]!.field, rules, groups: new Map() }))
      return tallies.length === 0 ? [] : [[name, tallies] as const]
    }),
  )
}

export const cloneTallies = (tallies: Tallies): Tallies =>
  new Map([...tallies].map(([name, all]) => [name, all.map((one) => ({ ...one, groups: new Map(one.groups) }))]))

const NONE: Group = { rows: 0, sum: 0n }

/** Which group a row is in; null for one that is in no index. */
function groupOf({ on }: Tally, row: Row | undefined): string | null {
  if (row === undefined || row.fields === null) return null
  const { owner, fields } = row
  return canonicalText(on.map((name) => (name === '$owner' ? owner : fields[name]!)))
}

/** A group with a row more (`times` 1) or less (−1). */
const withRow = ({ field }: Tally, { rows, sum }: Group, { fields }: Row, times: 1 | -1): Group => ({
  rows: rows + times,
  sum: field === null ? sum : sum + BigInt(times) * BigInt(fields![field]! as string),
})

/** How groups change when rows do: from the rows before to those after. */
function changed(tally: Tally, changes: Iterable<readonly [before: Row | undefined, after: Row | undefined]>): Map<string, Group> {
  const after = new Map<string, Group>()
  const count = (row: Row | undefined, times: 1 | -1): void => {
    const id = groupOf(tally, row)
    if (id !== null) after.set(id, withRow(tally, after.get(id) ?? tally.groups.get(id) ?? NONE, row!, times))
  }
  for (const [was, is] of changes) {
    count(was, -1)
    count(is, 1)
  }
  return after
}

/** Notes that a row is another one, or gone. Every change of a row comes here; see `setRow`. */
export function recount(tallies: Tallies, collection: string, before: Row | undefined, after: Row | undefined): void {
  for (const tally of tallies.get(collection) ?? [])
    for (const [id, group] of changed(tally, [[before, after]])) {
      if (group.rows === 0) tally.groups.delete(id)
      else tally.groups.set(id, group)
    }
}

/** A row as it would be. */
export interface RowChange {
  collection: string
  key: string
  row: Row
}

/**
 * The first rule, by names of collections and indices, that these rows together would break further than it is broken: a breach from before
 * the rule stays, and nothing makes it worse. Each key at most once. Linear in the changes.
 */
export function brokenRule(db: Database, changes: readonly RowChange[]): Rule | null {
  const byCollection = Map.groupBy(changes, ({ collection }) => collection)
  for (const collection of [...byCollection.keys()].sort()) {
    const rows = byCollection.get(collection)!.map(({ key, row }) => [db.collections.get(collection)!.get(key), row] as const)
    for (const tally of db.tallies.get(collection) ?? []) {
      const broken = firstBroken(tally, changed(tally, rows))
      if (broken !== null) return broken
    }
  }
  return null
}

function firstBroken(tally: Tally, after: Map<string, Group>): Rule | null {
  const value = (group: Group): bigint => (tally.field === null ? BigInt(group.rows) : group.sum)
  const isWorse = (rule: Rule, id: string, group: Group): boolean => {
    const before = tally.groups.get(id) ?? NONE
    return breach(rule, group.rows, value(group)) > breach(rule, before.rows, value(before))
  }
  return tally.rules.find((rule) => [...after].some(([id, group]) => isWorse(rule, id, group))) ?? null
}

/** The rows that the writes of one update make, several of one key in their order. The keys are reserved in these collections. */
export function rowsWritten(db: Database, writes: readonly Write[]): RowChange[] {
  const changes = new Map<string, RowChange>()
  for (const { key, collection, fields } of writes) {
    const base = changes.get(key)?.row ?? db.collections.get(collection)!.get(key)!
    changes.set(key, { collection, key, row: { ...base, written: true, fields: { ...base.fields, ...fields } } })
  }
  return [...changes.values()]
}

/** The rows that a reservation makes: each with the initial value of its collection. */
export const rowsReserved = (db: Database, owner: string, keys: ReadonlyArray<{ key: string; collection: string }>): RowChange[] =>
  keys.map(({ key, collection }) => ({
    collection,
    key,
    row: { owner, version: '', written: false, fields: db.program.collections[collection]!.initial as { [name: string]: Json } | null },
  }))

/** Names of a rule, as a verdict has them. */
export const ruleName = ({ collection, index, bound }: Rule): { collection: string; index: string; bound: Rule['bound'] } => ({
  collection,
  index,
  bound,
})

/** The refusal for a rule. Codes: `update.rule`, `reservation.rule`; `details.rule` names it. */
export const againstRule = (what: 'update' | 'reservation', rule: Rule): ReturnType<typeof fail> =>
  fail(`${what}.rule`, `The ${what} breaks the rule of the index ${rule.collection}.${rule.index}.`, { rule: ruleName(rule) })
