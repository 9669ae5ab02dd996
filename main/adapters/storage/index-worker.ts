/** The thread that writes an index cache: SQLite's work on a million rows takes seconds, in which the node has to go on. */
import { parentPort } from 'node:worker_threads'
import type { IndexCollection, IndexRow } from '../../core/ports.ts'
import { rebuildIndex } from './index-store.ts'

export type ToWorker =
  | { type: 'rows'; job: number; rows: IndexRow[] }
  | { type: 'write'; job: number; path: string; collections: readonly IndexCollection[] }
  | { type: 'abandon'; job: number }

export type FromWorker = { job: number; rows: number } | { job: number; failure: string }

const collected = new Map<number, IndexRow[][]>()

function* rowsOf(batches: IndexRow[][]): Iterable<IndexRow> {
  for (const batch of batches) yield* batch
}

/** Rows are answered too, so that their sender waits for this thread and not for its own memory. */
function take(message: ToWorker): FromWorker | null {
  const { job } = message
  const batches = collected.get(job) ?? []
  if (message.type === 'rows') {
    batches.push(message.rows)
    collected.set(job, batches)
    return { job, rows: message.rows.length }
  }
  collected.delete(job)
  return message.type === 'write' ? { job, ...rebuildIndex(message.path, message.collections, rowsOf(batches)) } : null
}

parentPort?.on('message', (message: ToWorker) => {
  try {
    const answer = take(message)
    if (answer !== null) parentPort!.postMessage(answer)
  } catch (error) {
    parentPort!.postMessage({ job: message.job, failure: (error as Error).message } satisfies FromWorker)
  }
})
