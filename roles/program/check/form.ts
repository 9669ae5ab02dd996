import type { Json, Program } from '../document.ts'
import { LIMITS } from '../limits.ts'
import {
  anything,
  array,
  column,
  decimal,
  exactly,
  flag,
  having,
  name,
  named,
  names,
  nested,
  nullable,
  object,
  tagged,
  text,
  whole,
} from './combinators.ts'
import type { Form } from './combinators.ts'
import { copyJson } from './copy.ts'
import { Problems } from './problems.ts'
import { PRIMITIVE_NAMES } from './signatures.ts'

const index = named('Position', 'A position in a list of the document.', whole(0, 10_000_000))
const items = whole(0, LIMITS.items)
const nodes = whole(1, LIMITS.items)

const type = nested('Type', 'A type: what a value may be, with the bound of its size.', LIMITS.typeDepth, (self) =>
  ordered(
    tagged(
      'kind',
      {
        int: {},
        text: { max: whole(0, LIMITS.text) },
        bool: {},
        bytes: { max: whole(0, LIMITS.text) },
        list: { of: self, max: items },
        record: { fields: names(self) },
        variant: { cases: names(self, 1) },
        option: { of: self },
        map: { keys: mapKey(self), of: self, max: items },
        tree: { of: self, max: nodes },
        zipper: { of: self, max: nodes },
        key: { collection: name },
      },
      { int: { min: decimal, max: decimal } },
    ),
  ),
)

/** Bounds of an integer are in order, which no schema can say. */
function ordered(form: Form): Form {
  return {
    check(json, at) {
      form.check(json, at)
      const { kind, min, max } = json as { kind: string; min?: string; max?: string }
      if (kind === 'int' && min !== undefined && max !== undefined && Number(min) > Number(max))
        throw new Problems('program.shape', `${at.map((part) => `/${part}`).join('')}/min`, 'must not be greater than max')
    },
    schema: (definitions) => form.schema(definitions),
  }
}

function mapKey(self: Form): Form {
  const kinds = ['int', 'text', 'bool', 'key']
  const wanted = exactly(...kinds)
  return {
    check(json, at) {
      const kind = typeof json === 'object' && json !== null && !Array.isArray(json) ? json['kind'] : undefined
      at.push('kind')
      wanted.check(kind ?? null, at)
      at.pop()
      self.check(json, at)
    },
    schema: (definitions) => ({ ...(self.schema(definitions) as object), properties: { kind: { enum: kinds } } }),
  }
}

const sources = {
  request: { field: name },
  caller: {},
  slot: { slot: index },
  query: { query: index, field: column },
  block: { block: index, output: index },
}
const source = named('Source', 'Where a sealed value comes from.', tagged('from', sources))
const asked = named('Asked', 'What a query is asked with.', tagged('from', { ...sources, literal: { type, value: anything } }))

const arm = object({ scope: index, result: index })
const each = { scope: index, result: index }
const primitive = { args: array(index, 1) }
const node = named(
  'Node',
  'An operation on earlier nodes, named by their positions.',
  tagged('op', {
    input: { input: index },
    param: { scope: index, param: whole(0, 1) },
    const: { type, value: anything },
    if: { cond: index, then: index, else: index },
    record: { fields: names(index) },
    field: { of: index, field: name },
    list: { of: type, items: array(index) },
    variant: { type, tag: name, value: index },
    match: { arms: array(arm, 1) },
    some: { value: index },
    unwrap: { some: arm, none: index },
    sort: { scope: index, result: index, descending: flag },
    ...Object.fromEntries(['map', 'filter', 'fold', 'any', 'all', 'find', 'distinct', 'group'].map((op) => [op, each])),
    ...Object.fromEntries(PRIMITIVE_NAMES.map((op) => [op, primitive])),
  }),
)

const parent = whole(-1, 10_000_000)
const scope = named(
  'Scope',
  'Binds parameters: an item, an accumulator, the content of a case. Its parent is an earlier scope or -1, the body.',
  tagged('kind', {
    item: { parent, over: index },
    fold: { parent, over: index, start: index },
    tree: { parent, over: index, of: type },
    case: { parent, over: index, tag: name },
    some: { parent, over: index },
  }),
)

const writeValue = named(
  'WriteValue',
  "A node, or a position in the block's carries.",
  having({ node: object({ node: index }), carry: object({ carry: index }) }),
)

const effect = nested('Effect', 'A write, or a choice between effects.', LIMITS.treeDepth, (self) => {
  const effectArm = object({ scope: index, effects: array(self) })
  return having({
    write: object({ write: index, fields: names(writeValue, 1) }),
    if: object({ if: index, then: array(self), else: array(self) }),
    match: object({ match: index, arms: array(effectArm, 1) }),
    unwrap: object({ unwrap: index, some: effectArm, none: array(self) }),
  })
})

const template = nested('Template', 'What the client makes of the sealed values it can open.', LIMITS.treeDepth, (self) =>
  having({
    source: object({ source }),
    literal: object({ literal: anything, type }),
    record: object({ record: names(self) }),
    list: object({ list: array(self), of: type }),
    variant: object({ variant: type, tag: name, value: self }),
    some: object({ some: self }),
    none: object({ none: type }),
    if: object({ if: source, then: self, else: self }),
  }),
)

const doc = text(LIMITS.doc)
const on = array(column, 1)
const rows = { atMost: whole(1, LIMITS.grouped) }
const dbIndex = named(
  'Index',
  'An index of a collection, and perhaps a rule: what is the most, or the least, of the rows with the same values in its fields.',
  tagged(
    'kind',
    { order: { on }, count: { on }, sum: { on, field: name } },
    { order: rows, count: rows, sum: { atLeast: decimal, atMost: decimal } },
  ),
)
const collection = named(
  'Collection',
  'Rows with typed fields, and their indices.',
  object({ doc, fields: names(type, 1), initial: anything, indices: names(dbIndex) }),
)
const query = named(
  'Query',
  'A question to the database.',
  object(
    {
      name,
      collection: name,
      index: name,
      kind: exactly('rows', 'count', 'sum', 'get'),
      at: text(200),
      equals: array(asked),
      limit: whole(1, LIMITS.rows),
      stage: index,
    },
    {
      descending: flag,
      range: named(
        'Range',
        'Bounds of the field after those of equals: from inclusive, to exclusive.',
        object({}, { from: asked, to: asked }, 1),
      ),
    },
  ),
)
const slot = named(
  'Slot',
  'A key of the caller that a write goes to.',
  object({ name, collection: name, state: exactly('fresh', 'owned') }),
)
const site = named('WriteSite', 'A call site of a write.', object({ collection: name, slot: index, fields: array(name, 1) }))
const body = named(
  'Body',
  'What a block computes and writes.',
  object({ scopes: array(scope), nodes: array(node), outputs: array(index), effects: array(effect) }),
)
const input = object({ name, source })
const block = named(
  'Block',
  'One observation point: it opens its inputs and sees nothing else.',
  object(
    {
      name,
      at: text(200),
      guard: nullable(source),
      inputs: array(input),
      carries: array(source),
      sites: array(site),
      outputs: array(type),
      body,
    },
    { doc },
  ),
)
const endpoint = named(
  'Endpoint',
  'What a client can ask of the program.',
  object({ doc, request: names(type), queries: array(query), slots: array(slot), blocks: array(block), response: template }),
)
const program = object({ golem: exactly(1), name: text(100), doc, collections: names(collection), endpoints: names(endpoint) })

/** A frozen copy of a document with the right form; what its parts refer to is not looked at yet. */
export function readDocument(json: unknown): Program {
  const copy = copyJson(json)
  program.check(copy, [])
  return copy as unknown as Program
}

/** JSON Schema (2020-12) of program documents. It admits whatever `check` admits; `check` refuses more, such as types that do not match. */
export function programSchema(): Json {
  const definitions: { [name: string]: Json } = {}
  const whole = program.schema(definitions) as { [name: string]: Json }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:golem:program:1',
    title: 'Golem program document, version 1',
    ...whole,
    $defs: definitions,
  }
}
