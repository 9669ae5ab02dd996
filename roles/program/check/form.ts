import type { Json, Program, Type } from '../document.ts'
import { parseInteger } from '../value/json.ts'
import { LIMITS, NAME } from '../limits.ts'
import { emptyRecord } from '../value/measure.ts'
import { PRIMITIVE_NAMES } from './signatures.ts'

/** Unwinds a check; `check` makes it a failure. */
export class Problems extends Error {
  readonly code: string
  constructor(code: string, path: string, problem: string) {
    super(`${path === '' ? '/' : path.slice(0, 300)}: ${problem}.`)
    this.code = code
  }
}

const shape = (path: string, problem: string): never => {
  throw new Problems('program.shape', path, problem)
}

/** Says whether a piece of JSON has a form; throws with the path when it has not. */
type Form = (json: Json, path: string) => void

/**
 * A deep, frozen copy without prototypes, of plain JSON only (own enumerable properties, no holes), refused beyond a nesting limit.
 */
function copyJson(json: unknown, path: string, depth: number): Json {
  if (depth > LIMITS.jsonDepth) throw new Problems('program.deep', path, `JSON nested deeper than ${LIMITS.jsonDepth} levels`)
  if (json === null || typeof json === 'boolean') return json
  if (typeof json === 'string') return json.isWellFormed() ? json : shape(path, 'text with half of a surrogate pair')
  if (typeof json === 'number') return Number.isSafeInteger(json) ? json + 0 : shape(path, 'numbers are safe integers')
  if (typeof json !== 'object') return shape(path, `${typeof json} is not JSON`)
  if (Array.isArray(json)) return copyList(json, path, depth)
  const copy = emptyRecord<Json>()
  for (const name of Object.keys(json))
    copy[name] = copyJson((json as Record<string, unknown>)[name], path.length > 200 ? path : `${path}/${name}`, depth + 1)
  return Object.freeze(copy)
}

function copyList(json: unknown[], path: string, depth: number): Json {
  const copy: Json[] = []
  const items = path.endsWith('/…') ? path : `${path}/…`
  for (const item of json) copy.push(copyJson(item, items, depth + 1))
  return Object.freeze(copy) as Json[]
}

/** An object with these properties and, when present, the optional ones; nothing else. */
const object =
  (required: Record<string, Form>, optional: Record<string, Form> = {}, wanted = Object.keys(required)): Form =>
  (json, path) => {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return shape(path, 'must be an object')
    for (const name of wanted) if (!Object.hasOwn(json, name)) shape(`${path}/${name}`, 'is missing')
    for (const name of Object.keys(json)) {
      const form = Object.hasOwn(required, name) ? required[name] : Object.hasOwn(optional, name) ? optional[name] : undefined
      if (form === undefined) shape(`${path}/${name.slice(0, 80)}`, 'is not a property of this object')
      else form(json[name]!, `${path}/${name}`)
    }
  }

const array =
  (form: Form, least = 0): Form =>
  (json, path) => {
    if (!Array.isArray(json) || json.length < least)
      return shape(path, least === 0 ? 'must be a list' : `must be a list of at least ${least}`)
    json.forEach((item, i) => form(item, `${path}/${i}`))
  }

/** An object from names to something. */
const names =
  (form: Form, least = 0): Form =>
  (json, path) => {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return shape(path, 'must be an object')
    const found = Object.keys(json)
    if (found.length < least) shape(path, 'must not be empty')
    for (const name of found) {
      if (!NAME.test(name)) shape(`${path}/${name.slice(0, 80)}`, 'names are a letter and at most 63 letters, digits or _')
      form(json[name]!, `${path}/${name}`)
    }
  }

const whole =
  (least: number, most: number): Form =>
  (json, path) => {
    if (typeof json !== 'number' || json < least || json > most) shape(path, `must be an integer from ${least} to ${most}`)
  }
const index = whole(0, 10_000_000)
const text =
  (most: number): Form =>
  (json, path) => {
    if (typeof json !== 'string' || json.length > most) shape(path, `must be text of at most ${most} characters`)
  }
const name: Form = (json, path) => {
  if (typeof json !== 'string' || !NAME.test(json)) shape(path, 'must be a name: a letter and at most 63 letters, digits or _')
}
const column: Form = (json, path) => {
  if (typeof json !== 'string' || !NAME.test(json.replace(/^\$/, ''))) shape(path, 'must be a field name')
}
const exactly =
  (...wanted: Json[]): Form =>
  (json, path) => {
    if (!wanted.includes(json)) shape(path, `must be ${wanted.map((value) => JSON.stringify(value)).join(' or ')}`)
  }
const flag: Form = exactly(true, false)
const anything: Form = () => {}
const nullable =
  (form: Form): Form =>
  (json, path) =>
    json === null ? undefined : form(json, path)
const decimal: Form = (json, path) => {
  if (parseInteger(json) === null) shape(path, 'must be a safe integer as a decimal string')
}

/** One of several objects, told apart by the value of a property. */
const tagged =
  (tag: string, forms: Record<string, Form>): Form =>
  (json, path) => {
    const value = typeof json === 'object' && json !== null && !Array.isArray(json) ? json[tag] : undefined
    if (typeof value !== 'string' || !Object.hasOwn(forms, value))
      return shape(`${path}/${tag}`, `must be one of ${Object.keys(forms).join(', ')}`)
    forms[value]!(json, path)
  }

/** One of several objects, told apart by a property that only it has. */
const having =
  (forms: Record<string, Form>): Form =>
  (json, path) => {
    const found = Object.keys(forms).find((property) => typeof json === 'object' && json !== null && Object.hasOwn(json, property))
    if (found === undefined) return shape(path, `must have one of ${Object.keys(forms).join(', ')}`)
    forms[found]!(json, path)
  }

/** A form that may contain itself, to a depth. */
function nested(most: number, make: (self: Form) => Form): Form {
  let depth = 0
  const form = make((json, path) => self(json, path))
  const self: Form = (json, path) => {
    if (++depth > most) {
      depth = 0
      throw new Problems('program.deep', path, `nested deeper than ${most} levels`)
    }
    form(json, path)
    depth--
  }
  return (json, path) => {
    depth = 0
    self(json, path)
  }
}

const kind = exactly
const bounds: Form = (json, path) => {
  object({ kind: kind('int') }, { min: decimal, max: decimal })(json, path)
  const { min, max } = json as { min?: string; max?: string }
  if (min !== undefined && max !== undefined && Number(min) > Number(max)) shape(`${path}/min`, 'must not be greater than max')
}

const type: Form = nested(LIMITS.typeDepth, (self) => {
  const items = whole(0, LIMITS.items)
  return tagged('kind', {
    int: bounds,
    text: object({ kind: anything, max: whole(0, LIMITS.text) }),
    bool: object({ kind: anything }),
    bytes: object({ kind: anything, max: whole(0, LIMITS.text) }),
    list: object({ kind: anything, of: self, max: items }),
    record: object({ kind: anything, fields: names(self) }),
    variant: object({ kind: anything, cases: names(self, 1) }),
    option: object({ kind: anything, of: self }),
    map: object({ kind: anything, keys: mapKey(self), of: self, max: items }),
    tree: object({ kind: anything, of: self, max: whole(1, LIMITS.items) }),
    zipper: object({ kind: anything, of: self, max: whole(1, LIMITS.items) }),
    key: object({ kind: anything, collection: name }),
  })
})

function mapKey(self: Form): Form {
  return (json, path) => {
    const wanted = typeof json === 'object' && json !== null && !Array.isArray(json) ? json['kind'] : undefined
    exactly('int', 'text', 'bool', 'key')(wanted ?? null, `${path}/kind`)
    self(json, path)
  }
}

const source: Form = tagged('from', {
  request: object({ from: anything, field: name }),
  caller: object({ from: anything }),
  slot: object({ from: anything, slot: index }),
  query: object({ from: anything, query: index, field: column }),
  block: object({ from: anything, block: index, output: index }),
})

const primitive = object({ op: anything, args: array(index, 1) })
const arm = object({ scope: index, result: index })
const each = object({ op: anything, scope: index, result: index })
const EACH = ['map', 'filter', 'fold', 'any', 'all', 'find', 'distinct', 'group']
const node: Form = tagged('op', {
  input: object({ op: anything, input: index }),
  param: object({ op: anything, scope: index, param: whole(0, 1) }),
  const: object({ op: anything, type, value: anything }),
  if: object({ op: anything, cond: index, then: index, else: index }),
  record: object({ op: anything, fields: names(index) }),
  field: object({ op: anything, of: index, field: name }),
  list: object({ op: anything, of: type, items: array(index) }),
  variant: object({ op: anything, type, tag: name, value: index }),
  match: object({ op: anything, arms: array(arm, 1) }),
  some: object({ op: anything, value: index }),
  unwrap: object({ op: anything, some: arm, none: index }),
  sort: object({ op: anything, scope: index, result: index, descending: flag }),
  ...Object.fromEntries(EACH.map((op) => [op, each])),
  ...Object.fromEntries(PRIMITIVE_NAMES.map((op) => [op, primitive])),
})

const parent = whole(-1, 10_000_000)
const scope: Form = tagged('kind', {
  item: object({ kind: anything, parent, over: index }),
  fold: object({ kind: anything, parent, over: index, start: index }),
  tree: object({ kind: anything, parent, over: index, of: type }),
  case: object({ kind: anything, parent, over: index, tag: name }),
  some: object({ kind: anything, parent, over: index }),
})

const writeValue = having({ node: object({ node: index }), carry: object({ carry: index }) })
const effect: Form = nested(LIMITS.treeDepth, (self) => {
  const effectArm = object({ scope: index, effects: array(self) })
  return having({
    write: object({ write: index, fields: names(writeValue, 1) }),
    if: object({ if: index, then: array(self), else: array(self) }),
    match: object({ match: index, arms: array(effectArm, 1) }),
    unwrap: object({ unwrap: index, some: effectArm, none: array(self) }),
  })
})

const template: Form = nested(LIMITS.treeDepth, (self) =>
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
const dbIndex = tagged('kind', {
  order: object({ kind: anything, on }),
  count: object({ kind: anything, on }),
  sum: object({ kind: anything, on, field: name }),
})
const collection = object({ doc, fields: names(type, 1), initial: anything, indices: names(dbIndex) })
const query = object(
  {
    name,
    collection: name,
    index: name,
    kind: exactly('rows', 'count', 'sum', 'get'),
    at: text(200),
    equals: array(source),
    limit: whole(1, LIMITS.rows),
    stage: index,
  },
  { descending: flag },
)
const slot = object({ name, collection: name, state: exactly('fresh', 'owned') })
const site = object({ collection: name, slot: index, fields: array(name, 1) })
const body = object({ scopes: array(scope), nodes: array(node), outputs: array(index), effects: array(effect) })
const block = object(
  {
    name,
    at: text(200),
    guard: nullable(source),
    inputs: array(object({ name, source })),
    carries: array(source),
    sites: array(site),
    outputs: array(type),
    body,
  },
  { doc },
)
const endpoint = object({ doc, request: names(type), queries: array(query), slots: array(slot), blocks: array(block), response: template })
const program = object({ golem: exactly(1), name: text(100), doc, collections: names(collection), endpoints: names(endpoint) })

/** A frozen copy of a document with the right form; what its parts refer to is not looked at yet. */
export function readDocument(json: unknown): Program {
  const copy = copyJson(json, '', 0)
  program(copy, '')
  return copy as unknown as Program
}

/** Types that can be compared and indexed. */
export const isScalar = (wanted: Type): boolean => ['int', 'text', 'bool', 'bytes', 'key'].includes(wanted.kind)
