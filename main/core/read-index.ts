/** Reading an index of a tick, for every role that shows one. */
import type { CommandArgs, RowsView } from '../contract/index.ts'
import { exactForm, rowFieldType, type Collection, type Program } from '../../roles/program/index.ts'
import type { Json } from '../../roles/protocol/canonical.ts'
import type { Reference, Tick } from '../../roles/protocol/documents/index.ts'
import { fail, ok, type Result } from '../../roles/protocol/result.ts'
import type { FetchFile, ProvedRange, SnapshotReader } from '../../roles/protocol/index/index.ts'
import type { Documents } from './documents/index.ts'

export interface ReadableTick {
  tick: Tick
  outline: Program
  reader: SnapshotReader
}

/** Rows, a count or a sum, each proved against the tick's root. Errors: `read.*`, those of the proofs. */
export async function readIndex({ tick, outline, reader }: ReadableTick, args: CommandArgs<'read'>): Promise<Result<RowsView>> {
  const view = ({ local }: ProvedRange) => ({ tick: tick.number, root: tick.root, proved: true, local, rows: [] })
  const collection = Object.hasOwn(outline.collections, args.collection) ? outline.collections[args.collection]! : null
  if (collection === null) return fail('read.collection', `The app has no collection ${args.collection}.`)
  const index = Object.hasOwn(collection.indices, args.index) ? collection.indices[args.index]! : null
  if (index === null && args.index !== 'key') return fail('read.index', `The collection ${args.collection} has no index ${args.index}.`)
  const equals = equalsOf(args.collection, collection, index?.on ?? ['$key'], args.equals)
  if (!equals.ok) return equals
  if (index !== null && index.kind !== 'order') {
    if (args.equals.length !== index.on.length)
      return fail('read.equals', `The index ${args.index} needs ${index.on.length} values, for ${index.on.join(', ')}.`)
    const counted = await reader[index.kind](args.collection, args.index, equals.value)
    if (!counted.ok) return counted
    const { proved, value } = counted.value
    return ok({ ...view(proved), ...(index.kind === 'count' ? { count: Number(value) } : { sum: value }) })
  }
  const rows = await reader.rows(args.collection, args.index, equals.value, { limit: args.limit, descending: args.descending })
  return rows.ok ? ok({ ...view(rows.value.proved), rows: rows.value.value }) : rows
}

/** The values of the first fields of an index, in natural or exact form. */
function equalsOf(name: string, collection: Collection, on: readonly string[], given: readonly Json[]): Result<Json[]> {
  // An order index goes on with the key.
  const fields = on.includes('$key') ? on : [...on, '$key']
  if (given.length > fields.length)
    return fail('read.equals', `The index takes at most ${fields.length} values, for ${fields.join(', ')}; ${given.length} were given.`)
  const exact: Json[] = []
  for (const [i, value] of given.entries()) {
    const form = exactForm(rowFieldType(name, collection, fields[i]!)!, value, fields[i]!)
    if (!form.ok) return fail('read.equals', form.error.message, { field: fields[i]! })
    exact.push(form.value)
  }
  return ok(exact)
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
