/**
 * The binary form of a message, made from its schema (PROTOCOL.md 11.1): the schema says what there is and how much of it, and reading checks just that,
 * once. What is signed inside is canonical JSON all the same: it is hashed from its fields.
 */
import { type z } from 'zod'
import { appJson, hex32, partsOfRecords, signature } from '../documents/index.ts'
import { fail, ok, type Result } from '../result.ts'
import { stepOf } from './padding.ts'
import {
  blob,
  either,
  fixedHex,
  integer,
  json,
  list,
  nothing,
  record,
  struct,
  text,
  Reader,
  WireFault,
  Writer,
  type Codec,
} from './wire.ts'

/**
 * Items that the lists and records of a message may have in all: 255 links with their sites and writes have fewer, and proofs and values are sealed
 * within. Whoever reads looks at every item of what a stranger sent.
 */
export const MOST_PARTS = 1 << 15
/** Characters of a complaint's path: names, and with them paths, are as long as a stranger likes. */
const MOST_TOLD = 300

const forms = new WeakMap<z.core.$ZodType, Codec>([
  [hex32, fixedHex(32)],
  [signature, fixedHex(64)],
  [appJson, json],
])

/** The schema, whose values have a form of their own. */
export function withForm<S extends z.ZodType>(schema: S, form: Codec<z.infer<S>>): S {
  forms.set(schema, form)
  return schema
}

/** The form of what a schema describes. @throws where it has none: a schema of ours says something that no message can say */
export function codecOf(schema: z.core.$ZodType): Codec {
  const known = forms.get(schema)
  if (known !== undefined) return known
  const made = makeCodec(schema)
  forms.set(schema, made)
  return made
}

/** The parts of Zod's definitions that say what is here, each where it belongs to the type. */
interface Definition {
  type: string
  format?: string
  shape: Record<string, z.core.$ZodType>
  element: z.core.$ZodType
  options: z.core.$ZodType[]
}

function makeCodec(schema: z.core.$ZodType): Codec {
  const entries = partsOfRecords.get(schema)
  if (entries !== undefined) return record(codecOf(entries.name) as Codec<string>, codecOf(entries.value))
  const definition = schema._zod.def as unknown as Definition
  const { least, most, patterns } = boundsOf(schema)
  const bounded = ['array', 'number', 'string'].includes(definition.type)
  if (bounded && most === Infinity) throw new Error(`a message has no form for a ${definition.type} that has no bound`)
  switch (definition.type) {
    case 'object':
      return struct(Object.entries(definition.shape).map(([name, field]) => [name, codecOf(field)] as const))
    case 'array':
      return list(codecOf(definition.element), least, most)
    case 'union':
      return either(definition.options.map((option) => ({ codec: codecOf(option), fits: fitting(option) })))
    case 'null':
      return nothing
    case 'number':
      return integer(least, most)
    case 'string':
      return definition.format === 'base64' ? blob((most / 4) * 3) : text(most, patterns)
    default:
      throw new Error(`a message has no form for ${definition.type}`)
  }
}

interface Bounds {
  least: number
  most: number
  patterns: RegExp[]
}

/** @throws where a schema has no upper bound, or one that is not known here */
function boundsOf(schema: z.core.$ZodType): Bounds {
  const bounds: Bounds = { least: 0, most: Infinity, patterns: [] }
  for (const check of schema._zod.def.checks ?? []) {
    const def = check._zod.def as {
      check: string
      minimum?: number
      maximum?: number
      value?: number
      inclusive?: boolean
      pattern?: RegExp
    }
    if (def.check === 'min_length') bounds.least = def.minimum!
    else if (def.check === 'max_length') bounds.most = def.maximum!
    else if (def.check === 'greater_than' && def.inclusive === true) bounds.least = def.value!
    else if (def.check === 'less_than' && def.inclusive === true) bounds.most = def.value!
    else if (def.pattern !== undefined) bounds.patterns.push(def.pattern)
    else throw new Error(`a message has no form for the check ${def.check}`)
  }
  // Names have no bound but their pattern.
  if (bounds.most === Infinity && bounds.patterns.length > 0) bounds.most = MOST_NAME
  return bounds
}

/** Characters of what is bounded by a pattern alone. */
const MOST_NAME = 64

/** Whether a value of ours is one of this form of several. */
function fitting(option: z.core.$ZodType): (value: unknown) => boolean {
  const { type, shape } = option._zod.def as unknown as Definition
  if (type === 'null') return (value) => value === null
  if (type !== 'object') return (value) => value !== null
  const names = Object.keys(shape)
  return (value) => value !== null && names.every((name) => Object.hasOwn(value as object, name))
}

/** Of the last message of each kind: the next one is likely to have as much. */
const sizes = new WeakMap<z.ZodType, number>()

/**
 * Plaintext of a message to one server or client. Nothing signs or hashes it as a whole. Zeros after it, up to the next step, hide its size from those who
 * see it pass.
 */
export function messageBytes<S extends z.ZodType>(schema: S, message: z.infer<S>): Uint8Array {
  const writer = new Writer(sizes.get(schema))
  codecOf(schema).write(writer, message)
  const size = stepOf(writer.length)
  sizes.set(schema, size)
  return writer.padded(size)
}

/**
 * Reads and checks a message that came out of a sealed box: authentic, but made by a stranger.
 * @param what names it in errors; @param parts items of lists and records that it may have in all
 * Error: `<what>.schema`, naming the field.
 */
export function readMessage<S extends z.ZodType>(what: string, schema: S, bytes: Uint8Array, parts = MOST_PARTS): Result<z.infer<S>> {
  const reader = new Reader(bytes, parts)
  try {
    const message = codecOf(schema).read(reader) as z.infer<S>
    return reader.endsWithZeros(stepOf(reader.at) - reader.at)
      ? ok(message)
      : refused(what, what, 'must be followed by zeros up to the next size, and by nothing else')
  } catch (fault) {
    if (fault instanceof WireFault) return refused(what, [what, ...fault.path].join('.').slice(0, MOST_TOLD), fault.message)
    throw fault
  }
}

const refused = (what: string, field: string, how: string) =>
  fail(`${what}.schema`, `The field ${field} is not acceptable: ${how}. Correct it and send it again.`, { field })
