import type { BlockRun, Budget, EndpointCall, EndpointRun, Row, Write } from '../api.ts'
import type { Asked, Block, Endpoint, Program, Query, Source } from '../document.ts'
import { misfit } from '../value/fit.ts'
import { isChecked } from '../check/checked.ts'
import { runBlock, skipBlock } from './block.ts'
import { emptyRecord, own } from '../value/measure.ts'
import { fail, ok } from '../result.ts'
import type { Result } from '../result.ts'
import { askedValue, buildResponse, columnType, mapBetween, typeOfSource } from '../sources.ts'
import type { Value } from '../value/value.ts'

/** Everything that a source of one running endpoint can stand for. */
interface Run {
  program: Program
  endpoint: Endpoint
  call: EndpointCall
  /** By the position of the query, once its stage has come. */
  answers: Array<Row[] | number>
  blocks: BlockRun[]
}

function valueOf(run: Run, source: Source): Value {
  switch (source.from) {
    case 'request':
      return own(run.call.request, source.field) as Value
    case 'caller':
      return run.call.caller
    case 'slot':
      return run.call.slots[source.slot] as Value
    case 'query':
      return columnOf(run.endpoint.queries[source.query]!, run.answers[source.query]!, source.field)
    case 'block':
      return run.blocks[source.block]!.outputs[source.output]!
  }
}

/** A query's column in the form a block gets it: list for rows, option for get, integer for count and sum. */
export function columnOf(query: Query, answer: Row[] | number, field: string): Value {
  if (typeof answer === 'number') return answer
  if (query.kind === 'get') return answer[0] === undefined ? null : { some: own(answer[0], field) as Value }
  return answer.map((row) => own(row, field) as Value)
}

/** `program.input` unless request, caller and slots are what the endpoint declares. */
function checkCall(program: Program, endpoint: Endpoint, call: EndpointCall): string | null {
  const wrong = misfit({ kind: 'record', fields: endpoint.request }, call.request, 'request')
  if (wrong !== null) return wrong
  if (!/^[0-9a-f]{64}$/.test(call.caller)) return 'caller must be an x-only public key of 64 hex digits'
  if (call.slots.length !== endpoint.slots.length) return `slots must be ${endpoint.slots.length} addresses, not ${call.slots.length}`
  for (const [i, address] of call.slots.entries()) {
    const problem = misfit(typeOfSource(program, endpoint, { from: 'slot', slot: i }), address, `slot ${endpoint.slots[i]!.name}`)
    if (problem !== null) return problem
  }
  return null
}

/** Asks the queries whose turn it is after as many blocks as have run; `program.query` when an answer is not what the query declares. */
function ask(run: Run): Result<null> {
  for (const [i, query] of run.endpoint.queries.entries()) {
    if (query.stage !== run.blocks.length) continue
    const known = (asked: Asked): Value => askedValue(asked, (source) => valueOf(run, source))
    const answer = run.call.query(i, query.equals.map(known), query.range && mapBetween(query.range, known))
    if (query.kind === 'sum' && Number.isInteger(answer) && !Number.isSafeInteger(answer))
      return fail(
        'program.overflow',
        `The sum ${query.name} is no integer of the language, it is too great. Ask for the sum of fewer rows.`,
      )
    const problem = wrongAnswer(run.program, query, answer)
    if (problem !== null) return fail('program.query', `The query ${query.name} was answered wrongly: ${problem}.`)
    run.answers[i] = answer
  }
  return ok(null)
}

function wrongAnswer(program: Program, query: Query, answer: Row[] | number): string | null {
  if (query.kind === 'count' || query.kind === 'sum') return misfit(columnType(program, query, `$${query.kind}`)!, answer, query.name)
  if (typeof answer === 'number') return 'rows are needed, not a number'
  return answer.length > query.limit ? `at most ${query.limit} rows are allowed, not ${answer.length}` : null
}

function runOne(run: Run, name: string, index: number, block: Block, left: Budget): Result<BlockRun> {
  if (block.guard !== null && valueOf(run, block.guard) !== true) return skipBlock(run.program, name, index)
  return runBlock(
    run.program,
    name,
    index,
    block.inputs.map((input) => valueOf(run, input.source)),
    left,
  )
}

function fillWrites(run: Run, index: number): Write[] {
  const block = run.endpoint.blocks[index]!
  return run.blocks[index]!.writes.map((write) => {
    const fields = emptyRecord<Value>()
    for (const [name, from] of Object.entries(write.fields))
      fields[name] = 'value' in from ? from.value : valueOf(run, block.carries[from.carry]!)
    return { block: index, site: write.site, slot: write.slot, collection: write.collection, fields: fields }
  })
}

/**
 * Runs a whole endpoint locally, with the same `runBlock` that servers use.
 * @param budget for all blocks together
 * @returns response and writes, all or nothing. Errors: those of `runBlock`, `program.query` for
 *   an answer that the query does not allow, and `program.overflow` for a sum that is no safe integer.
 */
export function runEndpoint(program: Program, endpoint: string, call: EndpointCall, budget: Budget): Result<EndpointRun> {
  if (!isChecked(program)) return fail('program.unchecked', 'The program was not checked; pass what check() returned.')
  const found = own(program.endpoints, endpoint)
  if (found === undefined) return fail('program.endpoint', `The program ${program.name} has no endpoint ${endpoint}.`)
  const problem = checkCall(program, found, call)
  if (problem !== null) return fail('program.input', `${problem}.`)
  const run: Run = { program, endpoint: found, call, answers: [], blocks: [] }
  const hoisted = ask(run)
  if (!hoisted.ok) return hoisted
  const left = { ...budget }
  for (const [i, block] of found.blocks.entries()) {
    const result = runOne(run, endpoint, i, block, left)
    if (!result.ok) return result
    run.blocks.push(result.value)
    left.steps -= result.value.steps
    left.bytes -= result.value.bytes
    const asked = ask(run)
    if (!asked.ok) return asked
  }
  const writes = found.blocks.flatMap((_, i) => fillWrites(run, i))
  const response = buildResponse(found, (source) => valueOf(run, source))
  return ok({ response, writes, blocks: run.blocks, steps: budget.steps - left.steps, bytes: budget.bytes - left.bytes })
}
