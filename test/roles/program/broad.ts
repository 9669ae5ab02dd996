/** One document with every type, every kind of node, scope and effect, and every part of a response. */
import type { Node, Program, Scope, Type } from '../../../roles/program/index.ts'
import { documentOf } from './documents.ts'

const INT: Type = { kind: 'int' }
const BOOL: Type = { kind: 'bool' }
const TEXT: Type = { kind: 'text', max: 20 }
const SHAPE: Type = { kind: 'variant', cases: { circle: INT, none: { kind: 'record', fields: {} } } }

const request: Record<string, Type> = {
  number: { kind: 'int', min: '-5', max: '9' },
  word: TEXT,
  flag: BOOL,
  raw: { kind: 'bytes', max: 8 },
  items: { kind: 'list', of: INT, max: 6 },
  pair: { kind: 'record', fields: { left: INT, right: TEXT } },
  shape: SHAPE,
  maybe: { kind: 'option', of: INT },
  counts: { kind: 'map', keys: TEXT, of: INT, max: 4 },
  wood: { kind: 'tree', of: INT, max: 5 },
  post: { kind: 'key', collection: 'posts' },
}

const scopes: Scope[] = [
  { kind: 'item', parent: -1, over: 4 },
  { kind: 'fold', parent: -1, over: 4, start: 0 },
  { kind: 'tree', parent: -1, over: 9, of: INT },
  { kind: 'case', parent: -1, over: 6, tag: 'circle' },
  { kind: 'case', parent: -1, over: 6, tag: 'none' },
  { kind: 'some', parent: -1, over: 7 },
  { kind: 'item', parent: -1, over: 9 },
]

const inputs: Node[] = Object.keys(request).map((_, input) => ({ op: 'input', input }))
const first = inputs.length
const nodes: Node[] = [
  ...inputs,
  { op: 'const', type: INT, value: '3' }, // 11
  { op: 'param', scope: 0, param: 0 },
  { op: 'int.less', args: [first, first + 1] },
  { op: 'param', scope: 1, param: 0 }, // 14
  { op: 'param', scope: 1, param: 1 },
  { op: 'int.add', args: [14, 15] },
  { op: 'param', scope: 2, param: 0 }, // 17
  { op: 'param', scope: 2, param: 1 },
  { op: 'list.length', args: [18] },
  { op: 'int.add', args: [17, 19] }, // 20
  { op: 'param', scope: 3, param: 0 },
  { op: 'param', scope: 5, param: 0 },
  { op: 'param', scope: 6, param: 0 }, // 23
  { op: 'int.less', args: [first, 23] },
  { op: 'map', scope: 0, result: 13 }, // 25
  { op: 'fold', scope: 1, result: 16 },
  { op: 'fold', scope: 2, result: 20 },
  { op: 'map', scope: 6, result: 24 }, // 28
  { op: 'if', cond: 2, then: 0, else: 11 },
  { op: 'record', fields: { a: 0, b: 1 } },
  { op: 'field', of: 30, field: 'a' }, // 31
  { op: 'list', of: INT, items: [0, 11] },
  { op: 'variant', type: SHAPE, tag: 'circle', value: 0 },
  {
    op: 'match',
    arms: [
      { scope: 3, result: 21 },
      { scope: 4, result: 11 },
    ],
  },
  { op: 'some', value: 1 },
  { op: 'unwrap', some: { scope: 5, result: 22 }, none: 11 },
]

/** Every other operation over a list, each with a scope of its own. */
for (const op of ['filter', 'any', 'all', 'find', 'distinct', 'group', 'sort'] as const) {
  const scope = scopes.push({ kind: 'item', parent: -1, over: 4 }) - 1
  const item = nodes.push({ op: 'param', scope, param: 0 }) - 1
  const test = nodes.push({ op: 'int.less', args: [first, item] }) - 1
  if (op === 'sort') nodes.push({ op, scope, result: item, descending: true })
  else nodes.push({ op, scope, result: op === 'distinct' || op === 'group' ? item : test })
}

const program = documentOf({
  request,
  nodes,
  scopes,
  outputs: [
    [26, INT],
    [27, INT],
    [2, BOOL],
  ],
  collections: {
    posts: {
      doc: 'Posts.',
      fields: { text: TEXT, likes: { kind: 'int', min: '-9007199254', max: '9007199254' } },
      initial: { text: '', likes: '0' },
      indices: {
        byText: { kind: 'order', on: ['text', '$owner'] },
        perText: { kind: 'count', on: ['text'] },
        likes: { kind: 'sum', on: ['text'], field: 'likes' },
      },
    },
  },
  sites: [0, 1, 2].map((slot) => ({ collection: 'posts', slot, fields: ['likes', 'text'] })),
  effects: [
    { if: 2, then: [{ write: 0, fields: { likes: { node: 27 }, text: { carry: 0 } } }], else: [] },
    {
      match: 6,
      arms: [
        { scope: 3, effects: [{ write: 1, fields: { likes: { node: 21 }, text: { node: 1 } } }] },
        { scope: 4, effects: [] },
      ],
    },
    { unwrap: 7, some: { scope: 5, effects: [{ write: 2, fields: { likes: { node: 22 }, text: { node: 1 } } }] }, none: [] },
  ],
})

const endpoint = program.endpoints['go']!
endpoint.blocks[0]!.carries = [{ from: 'request', field: 'word' }]
endpoint.blocks[0]!.doc = 'The only one.'
endpoint.queries = [
  {
    name: 'rows',
    collection: 'posts',
    index: 'byText',
    kind: 'rows',
    at: '',
    equals: [{ from: 'request', field: 'word' }],
    range: { from: { from: 'caller' }, to: { from: 'request', field: 'word' } },
    descending: true,
    limit: 9,
    stage: 0,
  },
  {
    name: 'count',
    collection: 'posts',
    index: 'perText',
    kind: 'count',
    at: '',
    equals: [{ from: 'request', field: 'word' }],
    limit: 1,
    stage: 0,
  },
  {
    name: 'sum',
    collection: 'posts',
    index: 'likes',
    kind: 'sum',
    at: '',
    equals: [{ from: 'request', field: 'word' }],
    limit: 1,
    stage: 0,
  },
  { name: 'get', collection: 'posts', index: 'key', kind: 'get', at: '', equals: [{ from: 'request', field: 'post' }], limit: 1, stage: 0 },
]
endpoint.response = {
  record: {
    rows: { source: { from: 'query', query: 0, field: '$key' } },
    literal: { literal: '3', type: INT },
    list: { list: [{ source: { from: 'block', block: 0, output: 0 } }], of: INT },
    variant: { variant: SHAPE, tag: 'circle', value: { source: { from: 'block', block: 0, output: 1 } } },
    some: { some: { source: { from: 'caller' } } },
    none: { none: TEXT },
    if: {
      if: { from: 'block', block: 0, output: 2 },
      then: { source: { from: 'slot', slot: 0 } },
      else: { source: { from: 'request', field: 'post' } },
    },
  },
}

export const broad: Program = program
