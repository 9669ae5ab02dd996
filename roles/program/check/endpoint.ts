import { checkBody } from './body.ts'
import { checkPlain, pathOf } from './check.ts'
import type { Late } from './check.ts'
import { Problems } from './problems.ts'
import { LIMITS } from '../limits.ts'
import type { Asked, Block, Endpoint, Program, Query, Slot, Source, Template, Type } from '../document.ts'
import type { Shape, Shapes } from './shapes.ts'
import { fromJson } from '../value/json.ts'
import { own } from '../value/measure.ts'
import { askedWith, findSourceType, isOwnRow, rowFieldType, sourceName } from '../sources.ts'
import { stageOf } from '../splits.ts'

/** What the checks of one endpoint share. */
export interface EndpointCheck {
  program: Program
  endpoint: Endpoint
  shapes: Shapes
}

/** Everything in an endpoint that the form alone does not say. Throws `Problems`. */
export function checkEndpoint(program: Program, shapes: Shapes, endpoint: Endpoint, path: string): void {
  const context: EndpointCheck = { program, endpoint, shapes }
  for (const name of Object.keys(endpoint.request)) checkPlain(program, endpoint.request[name]!, `${path}/request/${name}`)
  unique(
    endpoint.slots.map((slot) => slot.name),
    `${path}/slots`,
  )
  unique(
    endpoint.queries.map((query) => query.name),
    `${path}/queries`,
  )
  unique(
    endpoint.blocks.map((block) => block.name),
    `${path}/blocks`,
  )
  checkSizes(endpoint, path)
  endpoint.slots.forEach((slot, i) => checkSlot(program, endpoint, slot, `${path}/slots/${i}`))
  endpoint.queries.forEach((query, i) => checkQuery(context, query, `${path}/queries/${i}`))
  endpoint.blocks.forEach((block, i) => checkBlock(context, block, i, `${path}/blocks/${i}`))
  checkSlotUse(endpoint, path)
  checkTemplate(context, endpoint.response, `${path}/response`)
}

export function unique(names: string[], path: string): void {
  const seen = new Set<string>()
  for (const [i, name] of names.entries()) {
    if (seen.has(name)) throw new Problems('program.shape', `${path}/${i}`, `${name.slice(0, 80)} is there twice`)
    seen.add(name)
  }
}

/** What messages and documents of the protocol have no room for fails here, and not in every call. */
function checkSizes(endpoint: Endpoint, path: string): void {
  const most = (count: number, limit: number, at: string, what: string): void => {
    if (count > limit) throw new Problems('program.shape', `${path}/${at}`, `at most ${limit} ${what}, not ${count}`)
  }
  most(endpoint.blocks.length, LIMITS.blocks, 'blocks', 'observation points in an endpoint')
  most(endpoint.queries.length, LIMITS.queries, 'queries', 'queries in an endpoint')
  most(endpoint.slots.length, LIMITS.slots, 'slots', 'keys to write to in an endpoint')
  for (const [i, { inputs, sites }] of endpoint.blocks.entries()) {
    const opened = new Set(inputs.flatMap(({ source }) => (source.from === 'query' ? [source.query] : [])))
    most(opened.size, LIMITS.opened, `blocks/${i}/inputs`, 'queries opened by an observation point')
    most(sites.length, LIMITS.sites, `blocks/${i}/sites`, 'places that write in an observation point')
  }
}

function checkSlot(program: Program, endpoint: Endpoint, slot: Slot, path: string): void {
  collectionNamed(program, slot.collection, `${path}/collection`)
  const argument = own(endpoint.request, slot.name)
  if (argument !== undefined && !isOwnRow(argument, slot))
    throw new Problems('program.slot', `${path}/name`, `${slot.name} is an argument of the endpoint, too; a request could not give both`)
}

/** A slot is written in one block only, so that a request writes each key at most once. */
function checkSlotUse(endpoint: Endpoint, path: string): void {
  const writers = new Map<number, number>()
  for (const [i, block] of endpoint.blocks.entries()) {
    for (const [j, site] of block.sites.entries()) {
      const other = writers.get(site.slot) ?? i
      if (other !== i)
        throw new Problems('program.slot', `${path}/blocks/${i}/sites/${j}/slot`, `block ${other} writes this slot; use another one`)
      writers.set(site.slot, i)
    }
  }
}

function collectionNamed(program: Program, name: string, path: string) {
  const found = own(program.collections, name)
  if (found === undefined) throw new Problems('program.scope', path, `there is no collection ${name}`)
  return found
}

/** Type of a source that may be used at block `before` (blocks come before it), or a problem. */
export function sourceType(context: EndpointCheck, source: Source, before: number, path: string): Type {
  if (source.from === 'block' && source.block >= before) throw new Problems('program.scope', path, `block ${source.block} is not earlier`)
  const query = source.from === 'query' ? context.endpoint.queries[source.query] : undefined
  if (query !== undefined && query.stage > before)
    throw new Problems('program.scope', path, `the query ${query.name} is asked only after ${query.stage} blocks have run`)
  const type = findSourceType(context.program, context.endpoint, source)
  if (type === undefined) throw new Problems('program.scope', path, `there is no ${sourceName(context.endpoint, source)}`)
  return type
}

const INDEX_KIND = { rows: 'order', count: 'count', sum: 'sum', get: 'key' } as const

function checkQuery(context: EndpointCheck, query: Query, path: string): void {
  const on = checkIndexUse(context, query, path)
  const whole = query.kind !== 'rows'
  if (query.equals.length > on.length || (whole && query.equals.length !== on.length)) {
    throw new Problems(
      'program.query',
      `${path}/equals`,
      `${query.kind} on ${query.index} takes ${whole ? '' : 'at most '}${on.length} values (${on.join(', ')})`,
    )
  }
  if (whole && (query.limit !== 1 || query.descending !== undefined))
    throw new Problems('program.query', `${path}/limit`, `${query.kind} has limit 1 and no direction`)
  query.equals.forEach((asked, i) => checkArgument(context, query, asked, on[i]!, `${path}/equals/${i}`))
  checkRange(context, query, on, `${path}/range`)
  const least = stageOf(askedWith(query))
  if (query.stage !== least)
    throw new Problems('program.query', `${path}/stage`, `its arguments allow it at stage ${least}, which is when it is asked`)
}

/** A value that an index' field is compared with. */
function checkArgument(context: EndpointCheck, query: Query, asked: Asked, field: string, path: string): void {
  if (asked.from === 'query')
    throw new Problems('program.query', path, 'a query is not asked with a column of another; open it in a block first')
  const type = asked.from === 'literal' ? literalType(context, asked, path) : sourceType(context, asked, Infinity, path)
  const given = context.shapes.of(type)
  const wanted = context.shapes.of(rowFieldType(query.collection, context.program.collections[query.collection]!, field)!)
  if (given !== wanted) throw new Problems('program.type', path, `${field} is ${wanted.kind}, not ${given.kind}`)
}

/** Type of a literal that a query is asked with. */
function literalType(context: EndpointCheck, { type, value }: Asked & { from: 'literal' }, path: string): Type {
  checkPlain(context.program, type, `${path}/type`)
  const read = fromJson(type, value)
  if (!read.ok) throw new Problems('program.type', `${path}/value`, read.error.message)
  return type
}

function checkRange(context: EndpointCheck, query: Query, on: string[], path: string): void {
  if (query.range === undefined) return
  const field = on[query.equals.length]
  if (query.kind !== 'rows') throw new Problems('program.query', path, `${query.kind} has no range`)
  if (field === undefined) throw new Problems('program.query', path, `${query.index} has no field after ${on.join(', ')} to bound`)
  for (const side of ['from', 'to'] as const)
    if (query.range[side] !== undefined) checkArgument(context, query, query.range[side], field, `${path}/${side}`)
}

/** The fields of the index that a query uses. */
function checkIndexUse(context: EndpointCheck, query: Query, path: string): string[] {
  const collection = collectionNamed(context.program, query.collection, `${path}/collection`)
  if (query.index === 'key') {
    if (query.kind === 'get' || query.kind === 'rows') return ['$key']
    throw new Problems('program.query', `${path}/kind`, `the index key cannot answer ${query.kind}`)
  }
  const index = own(collection.indices, query.index)
  if (index === undefined) throw new Problems('program.scope', `${path}/index`, `${query.collection} has no index ${query.index}`)
  if (index.kind !== INDEX_KIND[query.kind])
    throw new Problems('program.query', `${path}/kind`, `${query.index} is an index for ${index.kind}, it cannot answer ${query.kind}`)
  return index.on
}

function checkBlock(context: EndpointCheck, block: Block, at: number, path: string): void {
  if (block.guard !== null) checkBit(context, block.guard, at, `${path}/guard`)
  unique(
    block.inputs.map((input) => input.name),
    `${path}/inputs`,
  )
  unique(
    block.inputs.map((input) => sourceName(context.endpoint, input.source)),
    `${path}/inputs`,
  )
  unique(
    block.carries.map((source) => sourceName(context.endpoint, source)),
    `${path}/carries`,
  )
  const inputs = block.inputs.map((input, i) => context.shapes.of(sourceType(context, input.source, at, `${path}/inputs/${i}/source`)))
  checkProofs(context.endpoint, block, path)
  const carries = block.carries.map((source, i) => checkCarry(context, source, at, `${path}/carries/${i}`))
  block.outputs.forEach((type, i) => checkPlain(context.program, type, () => `${path}/outputs/${i}`))
  block.sites.forEach((_, i) => checkSite(context, block, i, `${path}/sites/${i}`))
  checkBody(context, block, inputs, carries, path)
}

function checkBit(context: EndpointCheck, source: Source, before: number, path: string): void {
  if (source.from !== 'block') throw new Problems('program.type', path, 'must be a bool output of a block')
  const type = sourceType(context, source, before, path)
  if (type.kind !== 'bool') throw new Problems('program.type', path, `must be a bool, not ${type.kind}`)
}

/** A server that uses a query's column checks its proof, and for that opens what the query was asked with. */
function checkProofs(endpoint: Endpoint, block: Block, path: string): void {
  const opened = new Set(block.inputs.map((input) => sourceName(endpoint, input.source)))
  const queries = new Set(block.inputs.flatMap((input) => (input.source.from === 'query' ? [input.source.query] : [])))
  for (const query of queries) {
    const missing = askedWith(endpoint.queries[query]!)
      .map((source) => sourceName(endpoint, source))
      .find((name) => !opened.has(name))
    if (missing !== undefined)
      throw new Problems(
        'program.carry',
        `${path}/inputs`,
        `${missing} has to be opened to check the proof of the query ${endpoint.queries[query]!.name}`,
      )
  }
}

function checkCarry(context: EndpointCheck, source: Source, at: number, path: string): Type {
  if (source.from === 'query')
    throw new Problems('program.carry', path, "a query's column cannot be moved unopened: its proof has to be checked")
  return sourceType(context, source, at, path)
}

function checkSite(context: EndpointCheck, block: Block, index: number, path: string): void {
  const site = block.sites[index]!
  const collection = collectionNamed(context.program, site.collection, `${path}/collection`)
  const slot = context.endpoint.slots[site.slot]
  if (slot === undefined || slot.collection !== site.collection)
    throw new Problems('program.scope', `${path}/slot`, `must be a slot of ${site.collection}`)
  const foreign = site.fields.findIndex((field) => !Object.hasOwn(collection.fields, field))
  if (foreign >= 0) throw new Problems('program.scope', `${path}/fields/${foreign}`, `${site.collection} has no such field`)
  if (site.fields.some((field, i) => i > 0 && site.fields[i - 1]! >= field))
    throw new Problems('program.shape', `${path}/fields`, 'must be sorted, each name once')
  if (slot.state === 'fresh' && site.fields.length !== Object.keys(collection.fields).length)
    throw new Problems('program.type', `${path}/fields`, 'the first write of a key needs all fields')
}

function checkTemplate(context: EndpointCheck, template: Template, path: string): Shape {
  const { shapes } = context
  const known = (type: Type, at: string): Shape => (checkPlain(context.program, type, at), shapes.of(type))
  if ('source' in template) return shapes.of(sourceType(context, template.source, Infinity, `${path}/source`))
  if ('literal' in template) return checkLiteral(template.type, template.literal, known(template.type, `${path}/type`), path)
  if ('record' in template)
    return shapes.record(
      new Map(Object.entries(template.record).map(([name, part]) => [name, checkTemplate(context, part, `${path}/record/${name}`)])),
    )
  if ('list' in template) return checkListTemplate(context, template, known(template.of, `${path}/of`), path)
  if ('variant' in template) return checkVariantTemplate(context, template, known(template.variant, `${path}/variant`), path)
  if ('some' in template) return shapes.option(checkTemplate(context, template.some, `${path}/some`))
  if ('none' in template) return shapes.option(known(template.none, `${path}/none`))
  checkBit(context, template.if, Infinity, `${path}/if`)
  const then = checkTemplate(context, template.then, `${path}/then`)
  if (checkTemplate(context, template.else, `${path}/else`) !== then)
    throw new Problems('program.type', path, 'both branches need one type')
  return then
}

export function checkLiteral(type: Type, json: unknown, shape: Shape, path: Late): Shape {
  const value = fromJson(type, json)
  if (!value.ok) throw new Problems('program.type', pathOf(path), `not a value of its type: ${value.error.message}`)
  return shape
}

function checkListTemplate(context: EndpointCheck, template: Extract<Template, { list: unknown }>, of: Shape, path: string): Shape {
  template.list.forEach((item, i) => {
    if (checkTemplate(context, item, `${path}/list/${i}`) !== of)
      throw new Problems('program.type', `${path}/list/${i}`, `must be ${of.kind} as declared`)
  })
  return context.shapes.list(of)
}

function checkVariantTemplate(
  context: EndpointCheck,
  template: Extract<Template, { variant: unknown }>,
  shape: Shape,
  path: string,
): Shape {
  const content = shape.kind === 'variant' ? shape.fields!.get(template.tag) : undefined
  if (content === undefined || checkTemplate(context, template.value, `${path}/value`) !== content)
    throw new Problems('program.type', path, 'must be a case of the variant with its content')
  return shape
}
