/** What a client reads from the tick's snapshot for one leg of a request (essay, Client Makes Endpoint Request 2). */
import { askedJson, mapBetween, parseInteger, type Asked, type Endpoint, type Query } from '../program/index.ts'
import type { Json } from '../protocol/canonical.ts'
import { blockNeeds, edgeId } from '../protocol/requests/index.ts'
import { fail, ok, type Result } from '../protocol/result.ts'
import type { ProvedRange } from '../protocol/index/index.ts'
import type { ClientEnv, Rows } from './types.ts'

/** What was read and proved; queries by position, those that the leg does not need left out. */
export interface Reads {
  caller: ProvedRange
  slots: ProvedRange[]
  queries: Map<number, ProvedRange>
}

/** JSON forms of known values, by edge id: what the client provides, and the outputs of the blocks that ran. */
export type Values = ReadonlyMap<string, Json>

/** The blocks from `from` up to `end`, exclusive. */
export interface Leg {
  from: number
  end: number
}

/** Queries that are asked now, and earlier ones that a block of the leg opens again. */
function wanted(endpoint: Endpoint, { from, end }: Leg): number[] {
  const opened = new Set<number>()
  for (let block = from; block < end; block++) for (const { query } of blockNeeds(endpoint, block).queries) opened.add(query)
  return endpoint.queries.flatMap((query, position) => (query.stage === from || opened.has(position) ? [position] : []))
}

async function readQuery(env: Pick<ClientEnv, 'reader'>, query: Query, values: Values): Promise<Result<ProvedRange>> {
  const valueOf = (asked: Asked): Json => askedJson(asked, (source) => values.get(edgeId(source))!)
  const bounds = query.range === undefined ? {} : { bounds: mapBetween(query.range, valueOf) }
  const options = { limit: query.kind === 'rows' ? query.limit : 1, descending: query.descending === true, ...bounds }
  const read = await env.reader.range(query.collection, query.index, query.equals.map(valueOf), options)
  return read.ok ? inRange(query, read.value) : read
}

/**
 * Integers are exact: more rows than the bounds of their field allow for (`LIMITS.summed`) may have a sum that is no integer of the language.
 * It is told here, before any server is asked, because it is no server's fault. Error: `program.overflow`.
 */
function inRange({ name, kind }: Query, read: ProvedRange): Result<ProvedRange> {
  const total = kind === 'sum' ? String(read.rows[0]?.fields.find(([field]) => field === '$sum')?.[1] ?? '0') : '0'
  if (parseInteger(total) !== null) return ok(read)
  const most = Number.MAX_SAFE_INTEGER
  return fail('program.overflow', `The sum ${name} is ${total}, and integers go from -${most} to ${most}. Ask for the sum of fewer rows.`, {
    query: name,
    sum: total,
  })
}

/** All lookups of a leg at once; each is proved complete by the reader. Errors: `client.unregistered`, `client.no-key`, `program.overflow`, those of the reader. */
export async function readLeg(env: ClientEnv, endpoint: Endpoint, leg: Leg, values: Values): Promise<Result<Reads>> {
  const one = { limit: 1, descending: false }
  const positions = wanted(endpoint, leg)
  const queries = positions.map((position) => readQuery(env, endpoint.queries[position]!, values))
  const slots = endpoint.slots.map((_, slot) => env.reader.range('$keys', 'key', [values.get(edgeId({ from: 'slot', slot }))!], one))
  const caller = env.reader.range('$clients', 'key', [env.client.publicKey], one)
  const results = await Promise.all([caller, ...slots, ...queries])
  const failed = results.find((result) => !result.ok)
  if (failed !== undefined && !failed.ok) return failed
  const proved = results.map((result) => (result as { value: ProvedRange }).value)
  if (proved[0]!.rows.length === 0)
    return fail(
      'client.unregistered',
      'This client is not registered in the newest tick. Register it, or wait until its registration is counted.',
    )
  const lost = proved.slice(1, 1 + slots.length).findIndex((read) => read.rows.length === 0)
  if (lost >= 0)
    return fail('client.no-key', `The key for ${endpoint.slots[lost]!.name} is not counted yet. Wait for the next tick.`, {
      collection: endpoint.slots[lost]!.collection,
    })
  const answers = new Map(positions.map((position, i) => [position, proved[1 + slots.length + i]!]))
  return ok({ caller: proved[0]!, slots: proved.slice(1, 1 + slots.length), queries: answers })
}

/** What is asked after the last block, for the response alone; everything where there are no blocks. */
export async function readLast(
  env: Pick<ClientEnv, 'reader'>,
  endpoint: Endpoint,
  values: Values,
): Promise<Result<Map<number, ProvedRange>>> {
  const answers = new Map<number, ProvedRange>()
  for (const [position, query] of endpoint.queries.entries()) {
    if (query.stage < endpoint.blocks.length) continue
    const read = await readQuery(env, query, values)
    if (!read.ok) return read
    answers.set(position, read.value)
  }
  return ok(answers)
}

/** The answers known so far with new ones: rows of each query by position, null for those not asked yet. */
export const answersWith = (endpoint: Endpoint, known: readonly Rows[], reads: ReadonlyMap<number, ProvedRange>): Rows[] =>
  endpoint.queries.map((_, position) => {
    const read = reads.get(position)
    return read === undefined
      ? (known[position] ?? null)
      : read.rows.map((row) => Object.fromEntries(row.fields.map(([name, value]) => [name, value])))
  })
