/** Reading an index of a tick, for every role that shows one. */
import type { CommandArgs, RowsView } from '../contract/index.ts'
import type { Program } from '../../roles/program/index.ts'
import type { Reference, Tick } from '../../roles/protocol/documents/index.ts'
import { fail, ok, type Result } from '../../roles/protocol/result.ts'
import type { FetchFile, ProvedRange, SnapshotReader } from '../../roles/protocol/index/index.ts'
import type { Documents } from './documents.ts'

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
  if (index !== null && index.kind !== 'order') {
    if (args.equals.length !== index.on.length)
      return fail('read.equals', `The index ${args.index} needs ${index.on.length} values, for ${index.on.join(', ')}.`)
    const counted = await reader[index.kind](args.collection, args.index, args.equals)
    if (!counted.ok) return counted
    const { proved, value } = counted.value
    return ok({ ...view(proved), ...(index.kind === 'count' ? { count: Number(value) } : { sum: value }) })
  }
  const rows = await reader.rows(args.collection, args.index, args.equals, { limit: args.limit, descending: args.descending })
  return rows.ok ? ok({ ...view(rows.value.proved), rows: rows.value.value }) : rows
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
