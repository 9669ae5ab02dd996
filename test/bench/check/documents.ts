/** Program documents of a wanted size, as text: a realistic one, and such as somebody would send who wants the checker to be slow. */
import { readFileSync } from 'node:fs'
import type { Block, Collection, Effect, Endpoint, Node, Program, Scope, Template, Type } from '../../../roles/program/index.ts'

const INT: Type = { kind: 'int' }
const guestbook = JSON.parse(readFileSync(new URL('../../../resources/apps/guestbook.json', import.meta.url), 'utf8')) as Program

type Parts = Omit<Partial<Block>, 'body'> & Partial<Block['body']> & { types?: Type[] }

const blockOf = ({ scopes = [], nodes = [], effects = [], types = [], ...rest }: Parts): Block => ({
  name: 'only',
  at: 'app.ts:1',
  guard: null,
  inputs: [],
  carries: [],
  sites: [],
  ...rest,
  outputs: types,
  body: { scopes, nodes, outputs: types.map((_, i) => i), effects },
})

const endpointOf = (parts: Partial<Endpoint>): Endpoint => ({
  doc: '',
  request: {},
  queries: [],
  slots: [],
  blocks: [],
  response: { record: {} },
  ...parts,
})

const programOf = (endpoints: Record<string, Endpoint>, collections: Record<string, Collection> = {}): Program => ({
  golem: 1,
  name: 'bench',
  doc: '',
  collections,
  endpoints,
})

/** Many endpoints with the guestbook's collections. */
const endpoints = (size: number): Program =>
  programOf(
    Object.fromEntries(Array.from({ length: size }, (_, i) => [`endpoint${i}`, guestbook.endpoints[i % 2 === 0 ? 'post' : 'like']!])),
    guestbook.collections,
  )

const inBody = (parts: Parts): Program =>
  programOf({ go: endpointOf({ request: { a: INT }, blocks: [blockOf({ ...parts, inputs: [A] })] }) })
const A = { name: 'a', source: { from: 'request', field: 'a' } } as const

/** One body: numbers, records of ever new shapes, lists, texts. */
function body(size: number): Program {
  const nodes: Node[] = [
    { op: 'input', input: 0 },
    { op: 'const', type: { kind: 'text', max: 9 }, value: 'words' },
  ]
  for (let i = 0; i < size; i++) {
    const number = nodes.push({ op: 'int.add', args: [0, 0] }) - 1
    const record = nodes.push({ op: 'record', fields: { number, [`f${i}`]: 1 } }) - 1
    nodes.push({ op: 'field', of: record, field: 'number' })
    nodes.push({ op: 'list', of: INT, items: [0, number, number + 2] })
    nodes.push({ op: 'text.concat', args: [1, 1] })
  }
  return inBody({ nodes, types: [INT] })
}

/** Chains of nodes, types, effects and templates as deep as the checker admits, again and again. */
function chains(size: number): Program {
  const nodes: Node[] = [{ op: 'input', input: 0 }]
  for (let i = 0; i < size; i++) nodes.push({ op: 'int.add', args: [i % 998 === 0 ? 0 : nodes.length - 1, 0] })
  const deep = (levels: number): Type => (levels === 0 ? INT : { kind: 'option', of: deep(levels - 1) })
  nodes.push({ op: 'const', type: { kind: 'bool' }, value: true })
  const cond = nodes.length - 1
  const nest = (levels: number): Effect[] => (levels === 0 ? [] : [{ if: cond, then: nest(levels - 1), else: [] }])
  const fill = (levels: number): Template => (levels === 0 ? { literal: '1', type: INT } : { some: fill(levels - 1) })
  const times = Math.ceil(size / 1000)
  const request = Object.fromEntries([['a', INT], ...Array.from({ length: 4 * times }, (_, i): [string, Type] => [`t${i}`, deep(23)])])
  const effects = Array.from({ length: times }, () => nest(199)).flat()
  const response: Template = { record: Object.fromEntries(Array.from({ length: times }, (_, i) => [`r${i}`, fill(198)])) }
  return programOf({ go: endpointOf({ request, response, blocks: [blockOf({ nodes, effects, types: [INT], inputs: [A] })] }) })
}

/** Scopes inside of scopes, and scopes beside scopes. */
function scopes(size: number): Program {
  const list: Scope[] = []
  const nodes: Node[] = [
    { op: 'input', input: 0 },
    { op: 'list', of: INT, items: [0, 0] },
  ]
  for (let i = 0; i < size; i++) {
    const scope = list.push({ kind: 'item', parent: i % 300 === 0 ? -1 : i - 1, over: 1 }) - 1
    nodes.push({ op: 'param', scope, param: 0 })
    nodes.push({ op: 'int.less', args: [nodes.length - 1, 0] })
    nodes.push({ op: 'filter', scope, result: nodes.length - 1 })
  }
  return inBody({ scopes: list, nodes, types: [INT] })
}

/** Writes of values moved unopened, each to a slot of its own, in branches; every endpoint uses one large type. */
function writes(size: number): Program {
  const large: Type = { kind: 'record', fields: Object.fromEntries(Array.from({ length: 30 + size }, (_, i) => [`f${i}`, INT])) }
  const each = 40
  const slots = Array.from({ length: each }, (_, i) => ({ name: `s${i}`, collection: 'rows', state: 'fresh' as const }))
  const sites = slots.map((_, slot) => ({ collection: 'rows', slot, fields: ['large'] }))
  const nest = (at: number): Effect[] =>
    at === each ? [] : [{ if: 0, then: [{ write: at, fields: { large: { carry: 0 } } }, ...nest(at + 1)], else: [] }]
  const block = blockOf({
    nodes: [{ op: 'const', type: { kind: 'bool' }, value: true }],
    sites,
    carries: [{ from: 'slot', slot: 0 }],
    effects: nest(0),
  })
  const ref: Type = { kind: 'key', collection: 'rows' }
  const one = endpointOf({
    slots,
    blocks: [block],
    queries: [{ name: 'q', collection: 'wide', index: 'key', kind: 'rows', at: 'app.ts:1', equals: [], limit: 1, stage: 0 }],
    response: { source: { from: 'query', query: 0, field: 'wide' } },
  })
  return programOf(Object.fromEntries(Array.from({ length: size }, (_, i) => [`e${i}`, one])), {
    rows: { doc: '', fields: { large: ref }, initial: null, indices: {} },
    wide: { doc: '', fields: { wide: large }, initial: null, indices: {} },
  })
}

const KINDS = { endpoints, body, chains, scopes, writes }

export const kinds = Object.keys(KINDS) as Array<keyof typeof KINDS>

/** A document of so many bytes, or a little more. */
export function documentText(kind: keyof typeof KINDS, bytes: number): string {
  const make = KINDS[kind]
  const bytesOf = (size: number): number => JSON.stringify(make(size)).length
  const [few, many] = [bytesOf(400), bytesOf(800)]
  let size = Math.ceil(400 + ((bytes - few) * 400) / (many - few))
  while (bytesOf(size) < bytes) size = Math.ceil(size * 1.02)
  return JSON.stringify(make(size))
}
