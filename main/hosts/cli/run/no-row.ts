/** Why a call that changes a row of the caller's has none to change: what the data has instead, and what to do. */
import { plural, type Slot } from '../../../../roles/program/index.ts'
import type { OwnKey } from '../../../../roles/client/types.ts'
import type { Database } from '../../../../roles/protocol/index/index.ts'
import { keysOf } from './data.ts'

export interface Wanted {
  /** Name of the slot, by which a request names a row. */
  slot: string
  collection: string
  state: Slot['state']
  /** How many rows of the collection the endpoint changes. */
  count: number
  caller: string
  /** What the request gives for the slot; null where it gives nothing. */
  named: unknown
}

/** How many keys or owners a sentence lists. */
const LISTED = 5

const list = (names: readonly string[]): string =>
  names.slice(0, LISTED).join(', ') + (names.length > LISTED ? `, and ${names.length - LISTED} more` : '')

const shown = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 100) : (JSON.stringify(value) ?? '').slice(0, 100))

/** A key without a row holds the collection's initial value, where there is one, and still no server changes it. */
const WRITE_FIRST =
  'An endpoint changes only what was written: create the row with an endpoint that writes it, or give its fields in the data.'

/** What is missing, and the next step. */
export function whyNoRow(db: Database, wanted: Wanted): string {
  if (wanted.state === 'fresh') return whyNotFresh(wanted)
  const keys = keysOf(db, wanted.caller).filter(({ collection }) => collection === wanted.collection)
  return wanted.named === null ? whyNone(db, wanted, keys) : whyNotThis(db, wanted, keys)
}

const whyNotFresh = ({ slot, collection, caller, named }: Wanted): string =>
  `The request gives ${shown(named)} for ${slot}, which is no key of ${collection} that ${caller} has reserved and never written. ` +
  `Leave ${slot} out, and a key is made up.`

function whyNone(db: Database, { collection, count, caller }: Wanted, keys: OwnKey[]): string {
  const start = `The endpoint changes ${count === 1 ? `a row of ${collection} that is` : `${count} rows of ${collection} that are`} the caller's`
  const rows = keys.filter(({ written }) => written)
  if (rows.length > 0)
    return `${start}, and the data has only ${plural(rows.length, 'row')} of ${caller}: ${list(rows.map(({ key }) => key))}.`
  const reserved = list(keys.map(({ key }) => key))
  if (keys.length > 0) return `${start}, and what the data has of ${caller} is reserved and was never written: ${reserved}. ${WRITE_FIRST}`
  const owners = [...db.collections.get(collection)!.values()].flatMap((row) => (row.written ? [row.owner] : []))
  return owners.length > 0
    ? `${start}, and the data has none of ${caller}. Name an owner with --caller: ${list([...new Set(owners)])}.`
    : `${start}, and the data has no row of ${collection}. Make one first: with --data FILE --commit and an endpoint that creates it.`
}

function whyNotThis(db: Database, { slot, collection, caller, named }: Wanted, keys: OwnKey[]): string {
  const key = typeof named === 'string' ? named : ''
  const start = `The request gives ${shown(named)} for ${slot}`
  const known = db.keys.get(key)
  const rows = keys.flatMap((own) => (own.written ? [own.key] : []))
  const instead = rows.length > 0 ? ` Give one of ${caller}: ${list(rows)}.` : ` The data has no row of ${collection} of ${caller}.`
  if (known === undefined) return `${start}, and the data has no such key.${instead}`
  if (known.collection !== collection) return `${start}, which is a key of ${known.collection}, not of ${collection}.${instead}`
  if (known.owner !== caller) return `${start}, which belongs to ${known.owner}, and the caller is ${caller}. Name its owner with --caller.`
  if (!rows.includes(key)) return `${start}, which is reserved and was never written. ${WRITE_FIRST}`
  return `${start}, which another part of the request changes already; give each a row of its own.`
}
