import type { ApiDocument, ApiEndpoint, ApiQuery } from '../api.ts'
import type { Asked, Block, Endpoint, Json, Program, Query, Source } from '../document.ts'
import { pathsOf } from './flow.ts'
import { rulesAtStake } from '../rules.ts'
import { emptyRecord, sortedNames } from '../value/measure.ts'
import { indexFields, mapBetween, responseType, sourceName } from '../sources.ts'
import { pausesOf, serversOf } from '../splits.ts'

/**
 * The API document that a tick publishes: endpoints, types, how many servers each needs, and which values the client encrypts for
 * which observation point (essay, «Supervisor Tick»: «append schema with documentation»).
 * @param program checked
 */
export function describe(program: Program): ApiDocument {
  const endpoints = emptyRecord<ApiEndpoint>()
  for (const name of sortedNames(program.endpoints)) endpoints[name] = describeEndpoint(program, program.endpoints[name]!)
  return { golem: 1, name: program.name, doc: program.doc, collections: program.collections as unknown as Json, endpoints }
}

function describeEndpoint(program: Program, endpoint: Endpoint): ApiEndpoint {
  return {
    doc: endpoint.doc,
    request: endpoint.request,
    response: responseType(program, endpoint),
    servers: serversOf(endpoint, 0),
    rounds: endpoint.blocks.length === 0 ? 0 : pausesOf(endpoint).length + 1,
    queries: endpoint.queries.map((query) => describeQuery(program, endpoint, query)),
    slots: endpoint.slots,
    rules: rulesAtStake(program, endpoint),
    encrypt: encryptions(endpoint),
    blocks: endpoint.blocks.map((block) => describeBlock(endpoint, block)),
  }
}

function describeQuery(program: Program, endpoint: Endpoint, query: Query): ApiQuery {
  const { name, collection, index, kind, equals, range, stage, at } = query
  const named = (asked: Asked): string => (asked.from === 'literal' ? JSON.stringify(asked.value) : sourceName(endpoint, asked))
  const asked = [...equals, ...(range === undefined ? [] : Object.values(range))].map(named)
  const bounded = range && { range: { field: indexFields(program, query)![equals.length]!, ...mapBetween(range, named) } }
  return { name, collection, index, kind, asked, ...bounded, stage, at }
}

function describeBlock(endpoint: Endpoint, block: Block): ApiEndpoint['blocks'][number] {
  return {
    name: block.name,
    doc: block.doc ?? '',
    at: block.at,
    opens: block.inputs.map((input) => sourceName(endpoint, input.source)),
    writes: block.sites.map((site) => ({ collection: site.collection, fields: site.fields })),
    paths: pathsOf(block),
  }
}

/** Every sealed value with the blocks that open it (guards are opened too) and those that move it. */
function encryptions(endpoint: Endpoint): ApiEndpoint['encrypt'] {
  const found = new Map<string, { value: string; openedBy: string[]; carriedBy: string[] }>()
  const note = (source: Source, block: Block, list: 'openedBy' | 'carriedBy'): void => {
    const value = sourceName(endpoint, source)
    const entry = found.get(value) ?? { value, openedBy: [], carriedBy: [] }
    found.set(value, entry)
    if (!entry[list].includes(block.name)) entry[list].push(block.name)
  }
  for (const block of endpoint.blocks) {
    for (const input of block.inputs) note(input.source, block, 'openedBy')
    if (block.guard !== null) note(block.guard, block, 'openedBy')
    for (const source of block.carries) note(source, block, 'carriedBy')
  }
  return [...found.values()]
}
