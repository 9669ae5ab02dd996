/** One read of an index, kept up to date with the ticks, with the counts of what points at its rows. */
import type { AppView, RowsView } from '../../main/contract/index.ts'
import type { Failure } from '../../roles/program/result.ts'
import type { Client } from '../lib/calls.ts'

export interface Query {
  /** Id of the engagement. */
  app: string
  collection: string
  index: string
  equals: string[]
}

/** A counter that follows from the app's declaration: a count index of another collection over the one field that names this one. */
export interface Counter {
  collection: string
  index: string
}

export interface Reading {
  readonly rows: RowsView | null
  readonly failure: Failure | null
  readonly busy: boolean
  /** Row key → counter's collection → count. */
  readonly counts: Record<string, Record<string, number>>
  load(query: Query, counters: Counter[]): Promise<void>
}

const LIMIT = 50

export function countersOf(app: AppView, collection: string): Counter[] {
  return app.collections.flatMap((other) =>
    other.indices
      .filter((index) => index.kind === 'count' && index.on.length === 1 && other.references[index.on[0] ?? ''] === collection)
      .map((index) => ({ collection: other.name, index: index.name })),
  )
}

export const keyOf = (row: Record<string, unknown>): string => (typeof row.$key === 'string' ? row.$key : '')

export function createReading(client: Client): Reading {
  let rows = $state.raw<RowsView | null>(null)
  let failure = $state.raw<Failure | null>(null)
  let counts = $state.raw<Record<string, Record<string, number>>>({})
  let busy = $state(false)
  let latest = 0

  const countOne = async (query: Query, counter: Counter, key: string): Promise<void> => {
    const turn = latest
    const counted = await client.call('use.read', { ...query, ...counter, equals: [key], limit: 1, descending: false })
    if (turn !== latest || !counted.ok || counted.value.count === undefined) return
    counts = { ...counts, [key]: { ...counts[key], [counter.collection]: counted.value.count } }
  }
  return {
    get rows() {
      return rows
    },
    get failure() {
      return failure
    },
    get busy() {
      return busy
    },
    get counts() {
      return counts
    },
    /** Answers that were overtaken by a newer question are dropped. */
    async load(query, counters) {
      const turn = ++latest
      busy = true
      const answer = await client.call('use.read', { ...query, limit: LIMIT, descending: true })
      if (turn !== latest) return
      busy = false
      rows = answer.ok ? answer.value : null
      failure = answer.ok ? null : answer.error
      if (!answer.ok) return
      await Promise.all(answer.value.rows.flatMap((row) => counters.map((counter) => countOne(query, counter, keyOf(row)))))
    },
  }
}
