import { toJson } from '../../../../roles/program/index.ts'
import type { Asked, Between, Collection, Endpoint, Index, Program, Query, Source, Type } from '../../../../roles/program/index.ts'
import { rowFieldType } from '../../../../roles/program/sources.ts'
import { addBlock } from './blocks.ts'
import { createDice } from './dice.ts'
import type { Dice } from './dice.ts'
import { responseOf } from './template.ts'
import { isScalar, namedTypes, plainType, shapeOf } from './types.ts'
import { valueOf } from './values.ts'

/** A whole program document that `check` accepts, from a seed; less fuel makes a smaller one. */
export function randomProgram(seed: number, fuel: number): Program {
  const dice = createDice(seed, fuel)
  const names = ['posts', 'constructor', 'toString'].slice(0, 1 + dice.below(3))
  const program: Program = { golem: 1, name: 'random', doc: '', collections: {}, endpoints: {} }
  program.collections = Object.fromEntries(names.map((name) => [name, collectionOf(dice, names)]))
  for (const name of ['go', 'valueOf'].slice(0, 1 + dice.below(2))) program.endpoints[name] = endpointOf(dice, program)
  return program
}

function collectionOf(dice: Dice, names: string[]): Collection {
  const summed: Type = { kind: 'int', min: '-9007199254', max: '9007199254' }
  const fields = { n: summed, ...namedTypes(dice, dice.below(4), () => plainType(dice, names, dice.below(3))) }
  const type: Type = { kind: 'record', fields }
  return {
    doc: '',
    fields,
    initial: dice.chance(30) ? toJson(type, valueOf(dice, type)) : null,
    indices: { ordered: indexOf(dice, fields, 'order'), counted: indexOf(dice, fields, 'count'), summed: indexOf(dice, fields, 'sum') },
  }
}

function indexOf(dice: Dice, fields: Record<string, Type>, kind: Index['kind']): Index {
  const able = [...Object.keys(fields).filter((name) => isScalar(fields[name]!)), '$owner']
  const chosen = able.filter(() => dice.chance(40))
  const on = chosen.length > 0 ? chosen : [dice.pick(able)]
  return kind === 'sum' ? { kind, on, field: 'n' } : { kind, on }
}

function endpointOf(dice: Dice, program: Program): Endpoint {
  const names = Object.keys(program.collections)
  const endpoint: Endpoint = { doc: '', request: {}, queries: [], slots: [], blocks: [], response: { record: {} } }
  endpoint.request = namedTypes(dice, dice.below(6), () => plainType(dice, names, dice.below(4)))
  for (let left = dice.below(4); left > 0; left--) {
    const state = dice.chance(70) ? 'fresh' : 'owned'
    endpoint.slots.push({ name: `slot${endpoint.slots.length}`, collection: dice.pick(names), state })
  }
  for (let left = dice.below(5); left > 0; left--) endpoint.queries.push(queryOf(dice, program, endpoint))
  const free = new Set(endpoint.slots.keys())
  for (let left = 1 + dice.below(4); left > 0; left--) addBlock(dice, program, endpoint, free)
  endpoint.response = responseOf(dice, program, endpoint)
  return endpoint
}

const INDEX_OF = { rows: 'ordered', count: 'counted', sum: 'summed', get: 'key' } as const

function queryOf(dice: Dice, program: Program, endpoint: Endpoint): Query {
  const collection = dice.pick(Object.keys(program.collections))
  const kind = dice.pick(['rows', 'count', 'sum', 'get'] as const)
  const index = kind === 'rows' && dice.chance(30) ? 'key' : INDEX_OF[kind]
  const on = index === 'key' ? ['$key'] : program.collections[collection]!.indices[index]!.on
  const asked = kind === 'rows' ? on.slice(0, dice.below(on.length + 1)) : on
  // Of its own, so that the rest of a program is the same with literals and without.
  const aside = createDice(10 * endpoint.queries.length + asked.length, 100)
  const valueFor = (field: string): Asked => {
    const type = rowFieldType(collection, program.collections[collection]!, field)!
    const source = argumentOf(dice, endpoint, type)
    return aside.chance(20) ? { from: 'literal', type, value: toJson(type, valueOf(aside, type)) } : source
  }
  const equals = asked.map(valueFor)
  const query: Query = { name: `query${endpoint.queries.length}`, collection, index, kind, at: 'random.ts:1', equals, limit: 1, stage: 0 }
  if (kind !== 'rows') return query
  const next = on[asked.length]
  const range = next !== undefined && dice.chance(60) ? { range: rangeOf(dice, () => valueFor(next)) } : {}
  return { ...query, ...range, limit: 1 + dice.below(6), ...(dice.chance(50) ? { descending: dice.chance(50) } : {}) }
}

/** One bound or both. */
function rangeOf(dice: Dice, bound: () => Asked): Between<Asked> {
  const from = dice.chance(60) ? { from: bound() } : {}
  return 'from' in from && dice.chance(40) ? from : { ...from, to: bound() }
}

/** Something of the type that a query can be asked with; the request gets a field for it where there is nothing. */
function argumentOf(dice: Dice, endpoint: Endpoint, type: Type): Asked {
  const able: Source[] = [
    ...Object.keys(endpoint.request).flatMap((field): Source[] =>
      shapeOf(endpoint.request[field]!) === shapeOf(type) ? [{ from: 'request', field }] : [],
    ),
    ...(type.kind === 'text' ? [{ from: 'caller' } as Source] : []),
    ...endpoint.slots.flatMap((slot, i): Source[] =>
      type.kind === 'key' && slot.collection === type.collection ? [{ from: 'slot', slot: i }] : [],
    ),
  ]
  if (able.length > 0 && dice.chance(80)) return dice.pick(able)
  const field = `asked${Object.keys(endpoint.request).length}`
  endpoint.request[field] = type
  return { from: 'request', field }
}
