/** The rules of the app, held as a tick would hold them: what a local run leads to is compared with the rows that are there. */
import { ruleWords, type Rule } from '../../../../roles/program/index.ts'
import { brokenRule, rowsReserved, rowsWritten, type Database, type RowChange, type Write } from '../../../../roles/protocol/index/index.ts'
import { fail } from '../../../../roles/protocol/result.ts'

export interface Refused {
  rule: Pick<Rule, 'collection' | 'index' | 'bound'>
  /** One sentence: which rule, of which index, and who is in the way. */
  says: string
  /** Rows that were there first, of the groups that the writes come to. */
  inTheWay: Array<{ key: string; owner: string }>
}

/** How many rows a sentence lists. */
const LISTED = 3

/** Why writes would not count, or null. */
export const refusedWrites = (db: Database, writes: readonly Write[]): Refused | null => refused(db, rowsWritten(db, writes))

/** Why a caller could not reserve so many keys of a collection, or null. */
export const refusedKeys = (db: Database, owner: string, collection: string, count: number): Refused | null =>
  refused(
    db,
    rowsReserved(
      db,
      owner,
      Array.from({ length: count }, (_, i) => ({ collection, key: `new ${i}` })),
    ),
  )

function refused(db: Database, changes: readonly RowChange[]): Refused | null {
  const rule = brokenRule(db, changes)
  if (rule === null) return null
  const inTheWay = rowsBeside(db, rule, changes)
  const { collection, index, bound } = rule
  const says = `The rule that ${ruleWords(rule)} (index ${collection}.${index}) would be broken${inTheWayText(inTheWay)}.`
  return { rule: { collection, index, bound }, says, inTheWay }
}

/** Other rows of the groups that the changed rows are in. */
function rowsBeside(db: Database, { collection, on }: Rule, changes: readonly RowChange[]): Refused['inTheWay'] {
  const group = ({ owner, fields }: RowChange['row']): string =>
    JSON.stringify(on.map((name) => (name === '$owner' ? owner : fields![name]!)))
  const own = changes.filter((change) => change.collection === collection && change.row.fields !== null)
  const groups = new Set(own.map(({ row }) => group(row)))
  const keys = new Set(own.map(({ key }) => key))
  return [...db.collections.get(collection)!]
    .filter(([key, row]) => row.fields !== null && !keys.has(key) && groups.has(group(row)))
    .map(([key, { owner }]) => ({ key, owner }))
}

function inTheWayText(rows: Refused['inTheWay']): string {
  if (rows.length === 0) return ' by what the call writes'
  const named = rows.slice(0, LISTED).map(({ key, owner }) => `${key} of ${owner.slice(0, 8)}…`)
  const more = rows.length > LISTED ? ` and ${rows.length - LISTED} more` : ''
  return `; there ${rows.length === 1 ? 'is the row' : 'are the rows'} ${named.join(', ')}${more}`
}

/** The refusal of what a call writes, as the network's. */
export const againstRule = (what: 'update' | 'reservation', caller: string, { says, rule, inTheWay }: Refused): ReturnType<typeof fail> =>
  fail(`${what}.rule`, `The ${what} of ${caller.slice(0, 8)}… would be refused. ${says}`, { rule, inTheWay })
