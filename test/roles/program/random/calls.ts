import { canonicalJson, toJson, typeOfSource } from '../../../../roles/program/index.ts'
import type { Block, Budget, Endpoint, EndpointCall, Program, QueryAnswer, Type, Value } from '../../../../roles/program/index.ts'
import { rowFieldType } from '../../../../roles/program/sources.ts'
import { createDice } from './dice.ts'
import type { Dice } from './dice.ts'
import { valueOf } from './values.ts'

/** Enough for most random programs, and little enough that none takes long. */
export const BUDGET: Budget = { steps: 20_000, bytes: 400_000 }
/** Too little for the larger ones. */
const TIGHT: Budget = { steps: 200, bytes: 4_000 }

/** What a block may use with the inputs of a seed: for one seed of eight so little that larger blocks stop. */
export const budgetOf = (seed: number): Budget => (hash(`budget ${seed}`) % 8 === 0 ? TIGHT : BUDGET)

const ENOUGH = 1e9
export const CALLERS = ['a'.repeat(64), 'b'.repeat(64), '0'.repeat(64)]

/** Opened values for a block, as if from outside. */
export function inputsOf(program: Program, endpoint: Endpoint, block: Block, seed: number): Value[] {
  const dice = createDice(seed, ENOUGH)
  return block.inputs.map(({ source }) => valueOf(dice, typeOfSource(program, endpoint, source)))
}

/**
 * A call of an endpoint. What a query answers is decided by the seed, by all that it is asked with and by `changed`, names such as
 * `query.q.field` whose column differs from the one without them; how many rows there are does not depend on these.
 */
export function callOf(program: Program, endpoint: Endpoint, seed: number, changed: readonly string[] = []): EndpointCall {
  const part = (name: string): Dice => createDice(hash(`${seed} ${name} ${changed.includes(name)}`), ENOUGH)
  const request = Object.create(null) as Record<string, Value>
  for (const field of Object.keys(endpoint.request).sort()) request[field] = valueOf(part(`request.${field}`), endpoint.request[field]!)
  const address = createDice(seed, ENOUGH)
  return {
    request,
    caller: part('caller').pick(CALLERS),
    slots: endpoint.slots.map(({ name }) => `k${address.below(9)}${changed.includes(`slot.${name}`) ? 'other' : ''}`),
    query: (index, args, range) => answer(program, endpoint, index, [...args, ...Object.values(range ?? {})], part),
  }
}

function answer(program: Program, endpoint: Endpoint, index: number, args: Value[], part: (name: string) => Dice): QueryAnswer {
  const query = endpoint.queries[index]!
  const asked = [...query.equals, ...Object.values(query.range ?? {})]
    .map((one, i) => canonicalJson(toJson(one.from === 'literal' ? one.type : typeOfSource(program, endpoint, one), args[i]!)))
    .join(' ')
  const name = `query.${query.name}`
  const column = (field: string): Dice => createDice(hash(`${part(`${name}.${field}`).below(1e9)} ${asked}`), ENOUGH)
  if (query.kind === 'count') return column('$count').below(5)
  if (query.kind === 'sum') return valueOf(column('$sum'), { kind: 'int' }) as number
  const count = createDice(hash(`${name} ${asked}`), ENOUGH).below(query.limit + 1)
  const fields = [...Object.keys(program.collections[query.collection]!.fields).sort(), '$key', '$owner']
  const columns = fields.map((field) => ({ field, dice: column(field), type: typeIn(program, query.collection, field) }))
  return Array.from({ length: count }, () => {
    const row = Object.create(null) as Record<string, Value>
    for (const { field, dice, type } of columns) row[field] = field === '$owner' ? dice.pick(CALLERS) : valueOf(dice, type)
    return row
  })
}

const typeIn = (program: Program, collection: string, field: string): Type =>
  rowFieldType(collection, program.collections[collection]!, field)!

/** FNV-1a. */
export function hash(text: string): number {
  let found = 0x811c9dc5
  for (let i = 0; i < text.length; i++) found = Math.imul(found ^ text.charCodeAt(i), 0x01000193)
  return found >>> 0
}
