import guestbook from '../../../resources/apps/guestbook.ts'
import { compareValues, compile, runEndpoint } from '../../../roles/program/index.ts'
import type {
  Between,
  EndpointCall,
  EndpointRun,
  Program,
  QueryAnswer,
  RecordValue,
  Result,
  Row,
  Value,
} from '../../../roles/program/index.ts'

export const ALICE = 'a'.repeat(64)
export const BOB = 'b'.repeat(64)
export const BUDGET = { steps: 100_000, bytes: 1_000_000 }

export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`)
  return result.value
}

export const compiledGuestbook = (): Program => must(compile(guestbook))

/** Collections as plain lists of rows: enough to answer every query by its meaning. */
export interface Tables {
  [collection: string]: Row[]
}

const sameValue = (a: Value | undefined, b: Value | undefined): boolean => a === b

const order = (a: Value, b: Value): number => compareValues({ kind: 'text', max: 100 }, a, b)

const isBetween = (value: Value, { from, to }: Between<Value>): boolean =>
  (from === undefined || order(value, from) >= 0) && (to === undefined || order(value, to) < 0)

/** Answers a query of an endpoint from tables. */
export function answer(
  program: Program,
  endpoint: string,
  tables: Tables,
  query: number,
  args: Value[],
  range: Between<Value> = {},
): QueryAnswer {
  const asked = program.endpoints[endpoint]!.queries[query]!
  const index = program.collections[asked.collection]!.indices[asked.index]
  const on = index === undefined ? ['$key'] : index.on
  const next = on[args.length]
  const rows = (tables[asked.collection] ?? []).filter(
    (row) => args.every((value, i) => sameValue(row[on[i]!], value)) && (next === undefined || isBetween(row[next]!, range)),
  )
  if (asked.kind === 'count') return rows.length
  if (asked.kind === 'sum') return rows.reduce((total, row) => total + Number(row[index?.kind === 'sum' ? index.field : '']), 0)
  const sorted = [...on, '$key'].reduceRight((all, field) => all.toSorted((a, b) => order(a[field]!, b[field]!)), rows)
  return (asked.descending === true ? sorted.reverse() : sorted).slice(0, asked.limit)
}

let keys = 0

export interface Story {
  tables: Tables
  run(endpoint: string, caller: string, request: Record<string, Value>, change?: Partial<EndpointCall>): Result<EndpointRun>
}

/** A world without network: endpoints run locally and their writes go to tables. */
export function createStory(program: Program): Story {
  const tables: Tables = {}
  return {
    tables,
    run(endpoint, caller, request, change = {}) {
      const slots = change.slots ?? program.endpoints[endpoint]!.slots.map(() => `key${String(++keys).padStart(6, '0')}`)
      const result = runEndpoint(
        program,
        endpoint,
        { request, caller, query: (query, args, range) => answer(program, endpoint, tables, query, args, range), ...change, slots },
        BUDGET,
      )
      if (result.ok)
        for (const write of result.value.writes) (tables[write.collection] ??= []).push(rowOf(write.fields, slots[write.slot]!, caller))
      return result
    },
  }
}

const rowOf = (fields: RecordValue, key: string, owner: string): Row => ({ ...fields, $key: key, $owner: owner })
