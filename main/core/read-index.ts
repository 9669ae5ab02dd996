/** Reading an index of a tick, for every role that shows one. */
import type { CommandArgs, RowsView } from '../contract/index.ts'
import {
  exactForm,
  exactWhole,
  rowFieldType,
  withoutBounds,
  type Between,
  type Collection,
  type Index,
  type Program,
} from '../../roles/program/index.ts'
import type { Json } from '../../roles/protocol/canonical.ts'
import type { Reference, Tick } from '../../roles/protocol/documents/index.ts'
import { fail, ok, type Result } from '../../roles/protocol/result.ts'
import type { FetchFile, ProvedRange, SnapshotReader } from '../../roles/protocol/index/index.ts'
import type { Documents } from './documents/index.ts'

/** What is read, whoever reads. */
export type ReadArgs = Omit<CommandArgs<'use.read'>, 'app'>

export interface ReadableTick {
  tick: Tick
  outline: Program
  reader: SnapshotReader
}

/** An index as the program declares it; that of the keys, which every collection has, in the same form. */
interface Target {
  name: string
  collection: Collection
  index: Index
  /** All fields that a value may be given for, in their order. */
  fields: readonly string[]
}

const BY_KEY: Index = { kind: 'order', on: ['$key'] }

/** Rows, a count or a sum, each proved against the tick's root. Errors: `read.*`, those of the proofs. */
export async function readIndex({ tick, outline, reader }: ReadableTick, args: ReadArgs): Promise<Result<RowsView>> {
  const view = ({ local }: ProvedRange) => ({ tick: tick.number, root: tick.root, proved: true, local, rows: [] })
  const target = targetOf(outline, args)
  if (!target.ok) return target
  const equals = equalsOf(target.value, args.equals)
  if (!equals.ok) return equals
  const bounds = boundsOf(target.value, args)
  if (!bounds.ok) return bounds
  const { kind } = target.value.index
  if (kind !== 'order') {
    const counted = await reader[kind](args.collection, args.index, equals.value)
    if (!counted.ok) return counted
    const { proved, value } = counted.value
    return ok({ ...view(proved), ...(kind === 'count' ? { count: Number(value) } : { sum: value }) })
  }
  const { limit, descending } = args
  const rows = await reader.rows(args.collection, args.index, equals.value, { limit, descending, bounds: bounds.value })
  return rows.ok ? ok({ ...view(rows.value.proved), rows: rows.value.value }) : rows
}

/** Errors: `read.collection`, `read.index`; both say what there is. */
function targetOf({ collections }: Program, { collection: name, index }: Pick<ReadArgs, 'collection' | 'index'>): Result<Target> {
  const collection = Object.hasOwn(collections, name) ? collections[name]! : null
  if (collection === null)
    return fail('read.collection', `The app has no collection ${name}. It has ${Object.keys(collections).join(', ')}.`)
  const { indices } = collection
  const found = Object.hasOwn(indices, index) ? indices[index]! : index === 'key' ? BY_KEY : null
  if (found === null) {
    const others = Object.keys(indices).map((other) => `, ${other}`)
    return fail('read.index', `The collection ${name} has no index ${index}. It has key (of its rows by their keys)${others.join('')}.`)
  }
  // An order index goes on with the key.
  const fields = found.kind !== 'order' || found.on.includes('$key') ? found.on : [...found.on, '$key']
  return ok({ name, collection, index: found, fields })
}

/** The values of the first fields of an index, in natural or exact form; a count and a sum have one answer for all of theirs. Error: `read.equals`. */
function equalsOf({ name, collection, index, fields }: Target, given: readonly Json[]): Result<Json[]> {
  const whole = index.kind !== 'order'
  if (given.length > fields.length || (whole && given.length < fields.length))
    return fail(
      'read.equals',
      `The index takes ${whole ? '' : 'at most '}${fields.length} ${fields.length === 1 ? 'value' : 'values'} in equals, for ${fields.join(', ')}; ${given.length} were given.`,
    )
  const exact: Json[] = []
  for (const [i, value] of given.entries()) {
    const form = exactWhole(rowFieldType(name, collection, fields[i]!)!, value, fields[i]!)
    if (!form.ok) return fail('read.equals', form.error.message, { field: fields[i]! })
    exact.push(form.value)
  }
  return ok(exact)
}

/** What bounds the field after those of `equals`, each where it is given, as a query of the program would. Error: `read.range`. */
function boundsOf({ name, collection, index, fields }: Target, args: ReadArgs): Result<Between<Json>> {
  const bounds: Between<Json> = {}
  const sides = (['from', 'to'] as const).filter((side) => args[side] !== undefined)
  if (sides.length === 0) return ok(bounds)
  if (index.kind !== 'order')
    return fail('read.range', `from and to bound the rows of an order, and the index ${args.index} is a ${index.kind}. Leave them out.`)
  const field = fields[args.equals.length]
  if (field === undefined)
    return fail(
      'read.range',
      `from and to bound the field after those of equals, and equals has a value for each of ${fields.join(', ')}. Leave its last value out.`,
    )
  // An end may lie outside of what a row may hold: all stars up to 5 are those below 6.
  const type = withoutBounds(rowFieldType(name, collection, field)!)
  for (const side of sides) {
    const form = exactForm(type, args[side], `${side}, a value of ${field},`)
    if (!form.ok) return fail('read.range', form.error.message, { field: side })
    bounds[side] = form.value
  }
  return ok(bounds)
}

/**
 * Fetches files of a tick's indices by name.
 * @param keep see `Documents.fetchFile`
 */
export function indexFileOf(documents: Documents, { infohash }: Reference, tick: Tick, keep: boolean): FetchFile {
  const files = new Map(tick.indices.flatMap(({ directory, chunks }) => [directory, ...chunks]).map((entry) => [entry.name, entry]))
  return (name) => {
    const entry = files.get(name)
    return entry === undefined
      ? Promise.resolve(fail('swarm.no-file', `The tick has no file ${name}.`))
      : documents.fetchFile(infohash, entry, keep)
  }
}
