import type { Split } from './api.ts'
import type { Endpoint, Program, Query, Source } from './document.ts'
import { own, sortedNames } from './value/measure.ts'
import { fail, ok } from './result.ts'
import type { Result } from './result.ts'
import { askedWith, sourceName } from './sources.ts'

/** Servers that run each block of an endpoint beside each other: one, and where it can write, one more for every witness of the offer. */
export const lanesOf = ({ blocks }: Pick<Endpoint, 'blocks'>, witnesses: number): number =>
  blocks.some(({ sites }) => sites.length > 0) ? 1 + witnesses : 1

/**
 * How many servers see something of a request: those of every block, in all lanes, and the one in front. An endpoint without blocks opens nothing and writes
 * nothing, so its caller answers it alone, from what it gives and what it reads and proves.
 */
export const serversOf = (endpoint: Pick<Endpoint, 'blocks'>, witnesses: number): number =>
  endpoint.blocks.length === 0 ? 0 : endpoint.blocks.length * lanesOf(endpoint, witnesses) + 1

/** How many blocks have to have run before a query can be asked with these values. */
export const stageOf = (asked: readonly Source[]): number =>
  asked.reduce((stage, source) => (source.from === 'block' ? Math.max(stage, source.block + 1) : stage), 0)

/**
 * After how many blocks a request pauses, ascending, for the client to read what is asked there. What is asked before the first block or
 * after the last one takes no pause.
 */
export const pausesOf = (endpoint: Endpoint): number[] =>
  [...new Set(endpoint.queries.map((query) => query.stage))]
    .filter((stage) => stage > 0 && stage < endpoint.blocks.length)
    .sort((a, b) => a - b)

/**
 * Where an endpoint is split because a query needs a computed value, why, and what that shows to whom (essay, «Code Specification»: «we
 * will notify the developer at compile-time that we had to split the function»). In the order in which the queries are asked.
 * @returns `program.endpoint`
 */
export function splitsOf(program: Program, name: string): Result<Split[]> {
  const endpoint = own(program.endpoints, name)
  if (endpoint === undefined) return fail('program.endpoint', `The program ${program.name} has no endpoint ${name}.`)
  const late = endpoint.queries.filter((query) => query.stage > 0).sort((a, b) => a.stage - b.stage)
  return ok(late.map((query) => splitOf(endpoint, query)))
}

/**
 * Every split of a program in one paragraph each, for the developer to read when the program is compiled or offered. Queries that one line
 * asks after the same block are one split.
 */
export const splitNotes = (program: Program): string[] =>
  sortedNames(program.endpoints).flatMap((name) => {
    const splits = splitsOf(program, name)
    const groups = Map.groupBy(splits.ok ? splits.value : [], ({ at, exposes }) => [at, ...exposes].join(' '))
    return [...groups.values()].map((together) => splitNote(name, together))
  })

function splitNote(endpoint: string, together: Split[]): string {
  const { at, exposes } = together[0]!
  const queries = together.map(({ query }) => query).join(', ')
  const because = [...new Set(together.flatMap((split) => split.because))].join(', ')
  const who =
    together.length === 1 ? `the query ${queries} needs ${because} and splits` : `the queries ${queries} need ${because} and split`
  return [`${at}: ${who} the endpoint ${endpoint}.`, ...exposes].join(' ')
}

function splitOf(endpoint: Endpoint, query: Query): Split {
  const because = askedWith(query)
    .filter((source) => source.from === 'block')
    .map((source) => computedName(endpoint, source))
  const before = endpoint.blocks.slice(query.stage).map((block) => block.name)
  return {
    query: query.name,
    at: query.at,
    stage: query.stage,
    because: [...new Set(because)],
    before,
    exposes: exposed(endpoint, query, before),
  }
}

/** A block's output as its developer knows it, by the name of the `see`. */
function computedName(endpoint: Endpoint, source: Source): string {
  return source.from === 'block' ? `${endpoint.blocks[source.block]!.name}_${source.output}` : sourceName(endpoint, source)
}

/** Everything that a pause hands to the client is among it: it can open every output of the blocks that ran, not only the arguments. */
function exposed(endpoint: Endpoint, query: Query, before: string[]): string[] {
  const known = endpoint.blocks
    .slice(0, query.stage)
    .flatMap((block, i) => block.outputs.map((_, output) => computedName(endpoint, { from: 'block', block: i, output })))
  const pages = `Whoever serves the index ${query.collection}.${query.index} sees which of its pages the client fetches, and so about what it asks for.`
  if (before.length === 0) return [pages]
  return [
    `The client learns ${known.join(', ')} before ${before.join(', ')} ${before.length === 1 ? 'runs' : 'run'}, and may stop there having seen ${known.length === 1 ? 'it' : 'them'}.`,
    pages,
    'The request takes one more round trip between the client and the top-level server; queries asked after the same block share it.',
  ]
}
