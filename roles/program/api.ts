/**
 * What the evaluator, the label and the API document exchange with the rest of the product. The functions:
 *
 *   check(json: unknown): Result<Program>                       `program.*`, the message names the JSON path
 *   canonicalProgram(program: Program): string                   RFC 8785 text
 *   typeOfSource(program, endpoint: Endpoint, source): Type
 *   responseType(program, endpoint: Endpoint): Type
 *   buildResponse(endpoint: Endpoint, valueOf: (source: Source) => Value): Value
 *   runBlock(program, endpoint: string, block: number, inputs: Value[], budget): Result<BlockRun>
 *   skipBlock(program, endpoint: string, block: number): Result<BlockRun>     what a false guard means
 *   runEndpoint(program, endpoint: string, call: EndpointCall, budget): Result<EndpointRun>
 *   automaton(block): Automaton, acceptsSites(block, sites): boolean, pathsOf(block): number
 *   labelOf(program, endpoint: string): Result<Label>, describe(program): ApiDocument
 *   blockLabelOf(block): BlockLabel, composeLabel(endpoint, labels): Label, fitsBlock(block, label): boolean
 *   splitsOf(program, endpoint: string): Result<Split[]>, splitNotes(program): string[]
 *   pausesOf(endpoint: Endpoint): number[], stageOf(asked: Source[]): number, askedWith(query: Query): Source[]
 */
import type { Between, Json, Query, Type } from './document.ts'
import type { RuleAtStake } from './rules.ts'
import type { RecordValue, Value } from './value/value.ts'

/** What one call may use: evaluated nodes (plus one for every 32 characters or items an operation reads) and bytes of values made. */
export interface Budget {
  steps: number
  bytes: number
}

/** A write as a block made it; `carry` is a position in the block's `carries`. */
export interface BlockWrite {
  site: number
  /** Position in the endpoint's slots. */
  slot: number
  collection: string
  fields: Record<string, { value: Value } | { carry: number }>
}

export interface BlockRun {
  /** In the order of `block.outputs`, within the bounds of these types. */
  outputs: Value[]
  /** In the order in which they were executed. */
  writes: BlockWrite[]
  /** Sites of `writes`, in that order. */
  sites: number[]
  steps: number
  bytes: number
}

/** A row as a query answers it: the collection's fields with `$key` and `$owner`. */
export type Row = RecordValue

/** rows: at most `limit` rows · get: none or one row · count, sum: the number. */
export type QueryAnswer = Row[] | number

export interface EndpointCall {
  /** Values of the request's fields. */
  request: RecordValue
  /** x-only public key, 64 hex digits. */
  caller: string
  /** Addresses, in the order of the endpoint's slots. */
  slots: string[]
  /** `args` are the values of the query's `equals`, `range` those of its range, when it has one. */
  query: (query: number, args: Value[], range?: Between<Value>) => QueryAnswer
}

/** A write with its carried values filled in. */
export interface Write {
  block: number
  site: number
  slot: number
  collection: string
  fields: RecordValue
}

export interface EndpointRun {
  response: Value
  writes: Write[]
  /** Per block; a block whose guard was false has no sites and no steps. */
  blocks: BlockRun[]
  steps: number
  bytes: number
}

/** Sequences of sites that a block may execute. State 0 is the start; a `null` site is passed without executing anything. */
export interface Automaton {
  states: number
  edges: Array<{ from: number; site: number | null; to: number }>
  accept: number
}

/** The data flow inside of one block, in positions of its inputs, ascending: conditions, matched values and what lists are run over are counted. */
export interface BlockLabel {
  /** For each output, the inputs that can reach it. */
  outputs: number[][]
  /** For each call site, the inputs that decide whether it is executed, and for each field that is not carried those that can reach its value. */
  sites: Array<{ decided: number[]; fields: Record<string, number[]> }>
}

/**
 * `inputs` are names: `request.topic`, `caller`, `slot.post`, `query.recent.author`. A value that is not there cannot change the field
 * as long as the endpoint finishes (whether it fails for overflow or budget may depend on anything the blocks open).
 */
export interface Label {
  stored: Array<{ collection: string; field: string; block: number; site: number; inputs: string[]; carried: boolean; sees: string[] }>
  /** `field` is a path into the response, `` for the response itself. */
  returned: Array<{ field: string; inputs: string[] }>
  blocks: Array<{ block: string; at: string; opens: string[]; guard: string[] }>
}

/** A query that needs what blocks compute, and so splits its endpoint: what the developer has to know about it. */
export interface Split {
  query: string
  /** `file:line` of the query. */
  at: string
  /** How many blocks have run when it is asked. */
  stage: number
  /** The computed values that it is asked with, as block and output: `moderation_0`. */
  because: string[]
  /** The blocks that run after it. */
  before: string[]
  /** Sentences. */
  exposes: string[]
}

export interface ApiDocument {
  golem: 1
  name: string
  doc: string
  collections: Json
  endpoints: Record<string, ApiEndpoint>
}

export interface ApiQuery {
  name: string
  collection: string
  index: string
  kind: Query['kind']
  /** Names of all values that it is asked with, or literals as JSON: those of the first fields of the index, then those of its range. */
  asked: string[]
  /** The field of the index that is bounded, and the names of its bounds. */
  range?: Between<string> & { field: string }
  /** How many blocks have run when the client answers it. */
  stage: number
  at: string
}

export interface ApiEndpoint {
  doc: string
  request: Record<string, Type>
  response: Type
  /** Blocks and the top-level server, without witnesses; 0 for an endpoint without blocks, which its caller answers alone. */
  servers: number
  /** Round trips between the client and the top-level server: one, and one more for each pause; 0 where no server takes part. */
  rounds: number
  queries: ApiQuery[]
  slots: Array<{ name: string; collection: string; state: 'fresh' | 'owned' }>
  /** Rules of collections for which a call that is in order is refused when another is counted first; `blocks` are those that write so. */
  rules: RuleAtStake[]
  /** What the client encrypts for whom. */
  encrypt: Array<{ value: string; openedBy: string[]; carriedBy: string[] }>
  blocks: Array<{
    name: string
    doc: string
    at: string
    opens: string[]
    writes: Array<{ collection: string; fields: string[] }>
    paths: number
  }>
}
