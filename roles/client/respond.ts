/** The response of an endpoint, which only its caller can put together: of what it gave, what it read and proved, and what the blocks returned. */
import {
  buildResponse,
  fromJson,
  responseType,
  toJson,
  type Endpoint,
  type Program,
  type Query,
  type Source,
  type Value,
} from '../program/index.ts'
import type { Json } from '../protocol/canonical.ts'
import { columnValue, outputId } from '../protocol/requests/index.ts'
import { fail, ok, type Result } from '../protocol/result.ts'
import { providedValue, type Provided } from './compose.ts'
import type { Rows } from './types.ts'

/** Opened sealed values by edge id. */
export type Outputs = Map<string, { json: Json; value: Value }>

/**
 * The response in its JSON form.
 * @param given all queries asked
 * Error: `reply.outputs` for a column that does not fit its type.
 */
export function respond(
  outline: Program,
  endpoint: Endpoint,
  given: Provided & { answers: readonly Rows[] },
  outputs: Outputs,
): Result<Json> {
  const columns = columnsOf(outline, endpoint, given.answers)
  if (!columns.ok) return columns
  const valueOf = (source: Source): Value => {
    if (source.from === 'query') return columns.value.get(`${source.query}.${source.field}`)!
    if (source.from === 'block') return outputs.get(outputId(source.block, source.output))!.value
    const json = providedValue(given, source)
    if (source.from !== 'request') return json as string
    const value = fromJson(endpoint.request[source.field]!, json)
    if (!value.ok) throw new Error('a pending argument was checked when it was composed')
    return value.value
  }
  return ok(toJson(responseType(outline, endpoint), buildResponse(endpoint, valueOf)))
}

function columnsOf(outline: Program, endpoint: Endpoint, answers: readonly Rows[]): Result<Map<string, Value>> {
  const columns = new Map<string, Value>()
  for (const [position, query] of endpoint.queries.entries()) {
    const rows = answers[position] ?? null
    if (rows === null) throw new Error(`the query ${query.name} has to be asked before the request is concluded`)
    for (const field of fieldsOf(outline, query)) {
      const value = columnValue(outline, query, field, rows)
      if (!value.ok) return fail('reply.outputs', value.error.message)
      columns.set(`${position}.${field}`, value.value)
    }
  }
  return ok(columns)
}

const fieldsOf = (outline: Program, { collection, kind }: Query): string[] =>
  kind === 'count' || kind === 'sum' ? [`$${kind}`] : ['$key', '$owner', ...Object.keys(outline.collections[collection]!.fields)]
