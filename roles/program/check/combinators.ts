import type { Json } from '../document.ts'
import { NAME } from '../limits.ts'
import { parseInteger } from '../value/json.ts'
import { rangeWords } from '../value/words.ts'
import { Problems } from './problems.ts'
import { own } from '../value/measure.ts'

/** Where in the document a check is: names and positions, changed as it goes, so that documents without a mistake make no path. */
export type Place = Array<string | number>

/** Named schemas, by name. */
export type Definitions = Record<string, Json>

/** What a piece of JSON looks like, said twice from one definition: for the checker and as JSON Schema. */
export interface Form {
  /** Throws `Problems` with the place when the JSON does not have the form. */
  check(json: Json, at: Place): void
  /** JSON Schema that admits at least what `check` admits; forms with a name put themselves into `definitions`. */
  schema(definitions: Definitions): Json
}

/** Forms by name. */
export type Forms = Record<string, Form>

function refuse(at: Place, problem: string, ...further: string[]): never {
  throw new Problems('program.shape', [...at, ...further].map((name) => `/${name}`).join(''), problem)
}

function inside(form: Form, json: Json, at: Place, name: string | number): void {
  at.push(name)
  form.check(json, at)
  at.pop()
}

const isObject = (json: Json): json is { [name: string]: Json } => typeof json === 'object' && json !== null && !Array.isArray(json)

const schemas = (forms: Forms, definitions: Definitions): { [name: string]: Json } =>
  Object.fromEntries(Object.entries(forms).map(([name, form]) => [name, form.schema(definitions)]))

/** A form of simple values. */
const simple = (fits: (json: Json) => boolean, problem: string, schema: Json): Form => ({
  check: (json, at) => (fits(json) ? undefined : refuse(at, problem)),
  schema: () => schema,
})

/** An object with these properties and, when present, the optional ones; nothing else, and at least so many together. */
export function object(required: Forms, optional: Forms = {}, least = 0): Form {
  const wanted = Object.keys(required)
  const known = new Map(Object.entries({ ...required, ...optional }))
  return {
    check(json, at) {
      if (!isObject(json)) refuse(at, 'must be an object')
      if (Object.keys(json).length < least) refuse(at, `must have ${[...known.keys()].join(' or ')}`)
      for (const name of wanted) if (!Object.hasOwn(json, name)) refuse(at, 'is missing', name)
      for (const name of Object.keys(json)) {
        const form = known.get(name)
        if (form === undefined) refuse(at, 'is not a property of this object', name.slice(0, 80))
        inside(form, json[name]!, at, name)
      }
    },
    schema: (definitions) => ({
      type: 'object',
      properties: schemas({ ...required, ...optional }, definitions),
      required: wanted,
      additionalProperties: false,
      ...(least === 0 ? {} : { minProperties: least }),
    }),
  }
}

export const array = (form: Form, least = 0): Form => ({
  check(json, at) {
    if (!Array.isArray(json) || json.length < least) refuse(at, least === 0 ? 'must be a list' : `must be a list of at least ${least}`)
    for (let i = 0; i < json.length; i++) inside(form, json[i]!, at, i)
  },
  schema: (definitions) => ({ type: 'array', items: form.schema(definitions), ...(least === 0 ? {} : { minItems: least }) }),
})

/** An object from names to something. */
export const names = (form: Form, least = 0): Form => ({
  check(json, at) {
    if (!isObject(json)) refuse(at, 'must be an object')
    const found = Object.keys(json)
    if (found.length < least) refuse(at, 'must not be empty')
    for (const name of found) {
      if (!NAME.test(name)) refuse(at, 'names are a letter and at most 63 letters, digits or _', name.slice(0, 80))
      inside(form, json[name]!, at, name)
    }
  },
  schema: (definitions) => ({
    type: 'object',
    propertyNames: { pattern: NAME.source },
    additionalProperties: form.schema(definitions),
    ...(least === 0 ? {} : { minProperties: least }),
  }),
})

export const whole = (least: number, most: number): Form =>
  simple((json) => typeof json === 'number' && json >= least && json <= most, `must be an integer from ${least} to ${most}`, {
    type: 'integer',
    minimum: least,
    maximum: most,
  })

/** Text of so many UTF-16 units; a schema counts code points, of which there are no more. */
export const text = (most: number): Form =>
  simple((json) => typeof json === 'string' && json.length <= most, `must be text of at most ${most} characters`, {
    type: 'string',
    maxLength: most,
  })

const COLUMN = new RegExp(NAME.source.replace('^', '^\\$?'))

export const name = simple(
  (json) => typeof json === 'string' && NAME.test(json),
  'must be a name: a letter and at most 63 letters, digits or _',
  {
    type: 'string',
    pattern: NAME.source,
  },
)

/** A field's name, or one of the system's, which begin with $. */
export const column = simple((json) => typeof json === 'string' && COLUMN.test(json), 'must be a field name', {
  type: 'string',
  pattern: COLUMN.source,
})

export const decimal = simple((json) => parseInteger(json) !== null, `must be a decimal string of an integer ${rangeWords()}`, {
  type: 'string',
  pattern: '^(0|-?[1-9][0-9]{0,15})$',
})

export const exactly = (...wanted: Json[]): Form =>
  simple((json) => wanted.includes(json), `must be ${wanted.map((value) => JSON.stringify(value)).join(' or ')}`, { enum: wanted })

export const flag = simple((json) => typeof json === 'boolean', 'must be true or false', { type: 'boolean' })

export const anything: Form = { check: () => {}, schema: () => true }

export const nullable = (form: Form): Form => ({
  check: (json, at) => (json === null ? undefined : form.check(json, at)),
  schema: (definitions) => ({ anyOf: [{ type: 'null' }, form.schema(definitions)] }),
})

/**
 * One of several objects, told apart by the value of a property, which `forms` need not name again. The schema has conditions instead of
 * alternatives, so that no validator tries every alternative at every level of a deep document.
 */
export function tagged(tag: string, forms: Record<string, Forms>, optional: Record<string, Forms> = {}): Form {
  const whole = new Map<string, Form>()
  for (const [value, parts] of Object.entries(forms)) whole.set(value, object({ [tag]: anything, ...parts }, own(optional, value)))
  const tags = [...whole.keys()]
  return {
    check(json, at) {
      const value = isObject(json) ? own(json, tag) : undefined
      const form = typeof value === 'string' ? whole.get(value) : undefined
      if (form === undefined) return refuse(at, `must be one of ${tags.join(', ')}`, tag)
      form.check(json, at)
    },
    schema: (definitions) => ({
      type: 'object',
      properties: { [tag]: { enum: tags } },
      required: [tag],
      allOf: [...Map.groupBy(tags, (value) => forms[value]!).values()].map((same) => ({
        if: { properties: { [tag]: { enum: same } } },
        then: whole.get(same[0]!)!.schema(definitions),
      })),
    }),
  }
}

/** One of several objects, told apart by a property that only it has. */
export function having(forms: Forms): Form {
  const marks = Object.keys(forms)
  return {
    check(json, at) {
      const found = isObject(json) ? marks.find((property) => Object.hasOwn(json, property)) : undefined
      if (found === undefined) return refuse(at, `must have one of ${marks.join(', ')}`)
      forms[found]!.check(json, at)
    },
    schema: (definitions) => ({
      type: 'object',
      anyOf: marks.map((property) => ({ required: [property] })),
      allOf: marks.map((property) => ({ if: { required: [property] }, then: forms[property]!.schema(definitions) })),
    }),
  }
}

/** A form with a name in the schema. */
export const named = (title: string, description: string, form: Form): Form => ({
  check: form.check,
  schema(definitions) {
    if (!Object.hasOwn(definitions, title)) {
      definitions[title] = true
      definitions[title] = { description, ...(form.schema(definitions) as object) }
    }
    return { $ref: `#/$defs/${title}` }
  },
})

/** A form that holds itself, to a limited depth. */
export function nested(title: string, description: string, most: number, make: (self: Form) => Form): Form {
  let depth = 0
  const self: Form = named(title, description, {
    check(json, at) {
      if (++depth > most) throw new Problems('program.deep', at.map((name) => `/${name}`).join(''), `nested deeper than ${most} levels`)
      form.check(json, at)
      depth--
    },
    schema: (definitions) => form.schema(definitions),
  })
  const form = make(self)
  return {
    check(json, at) {
      depth = 0
      self.check(json, at)
    },
    schema: (definitions) => self.schema(definitions),
  }
}
