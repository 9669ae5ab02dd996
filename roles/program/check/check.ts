import { checkEndpoint } from './endpoint.ts'
import { readDocument } from './form.ts'
import { Problems } from './problems.ts'
import { checkReadable, checkRules } from './rules.ts'
import { markChecked } from './checked.ts'
import { createShapes } from './shapes.ts'
import type { Collection, Index, Program, Type } from '../document.ts'
import { fromJson } from '../value/json.ts'
import { LIMITS } from '../limits.ts'
import { own, sortedNames } from '../value/measure.ts'
import { fail, ok } from '../result.ts'
import type { Result } from '../result.ts'
import { rowFieldType } from '../sources.ts'

/**
 * Admits a program document from anywhere, or says what is wrong with it. Time is linear in the size of the document.
 * @param json parsed JSON; it is copied, so later changes to it do not matter
 * @returns a frozen program, the only kind that the evaluators run. Errors: `program.shape` (not of the document's form, or over a limit),
 *   `program.scope` (something named that is not there, or not there yet), `program.type` (types that do not match),
 *   `program.query` (a query that its index cannot answer), `program.carry` (a value moved that has to be opened, or the reverse),
 *   `program.slot` (a key that may be written twice), `program.rule` (a rule of an index that cannot hold, or over what nothing reads),
 *   `program.deep` (nested too deeply). The message starts with the JSON path.
 */
export function check(json: unknown): Result<Program> {
  try {
    const program = readDocument(json)
    for (const name of sortedNames(program.collections)) checkCollection(program, name, program.collections[name]!)
    const shapes = createShapes()
    for (const name of sortedNames(program.endpoints)) checkEndpoint(program, shapes, program.endpoints[name]!, `/endpoints/${name}`)
    checkReadable(program)
    return ok(markChecked(program))
  } catch (error) {
    if (error instanceof Problems) return fail(error.code, error.message)
    throw error
  }
}

function checkCollection(program: Program, name: string, collection: Collection): void {
  const path = `/collections/${name}`
  for (const field of sortedNames(collection.fields)) checkPlain(program, collection.fields[field]!, `${path}/fields/${field}`)
  if (collection.initial !== null) {
    const initial = fromJson({ kind: 'record', fields: collection.fields }, collection.initial)
    if (!initial.ok) throw new Problems('program.type', `${path}/initial`, initial.error.message)
  }
  for (const index of sortedNames(collection.indices)) {
    if (index === 'key')
      throw new Problems('program.shape', `${path}/indices/key`, 'every collection has the index key already; choose another name')
    checkIndex(name, collection, collection.indices[index]!, `${path}/indices/${index}`)
  }
  checkRules(name, collection, path)
}

/** Types that can be compared and indexed. */
const isScalar = (wanted: Type): boolean => ['int', 'text', 'bool', 'bytes', 'key'].includes(wanted.kind)

function checkIndex(name: string, collection: Collection, index: Index, path: string): void {
  if (new Set(index.on).size !== index.on.length) throw new Problems('program.shape', `${path}/on`, 'a field is named twice')
  for (const [i, field] of index.on.entries()) {
    const type = field === '$key' ? undefined : rowFieldType(name, collection, field)
    if (type === undefined) throw new Problems('program.scope', `${path}/on/${i}`, `${name} has no field ${field} for an index`)
    if (!isScalar(type))
      throw new Problems(
        'program.type',
        `${path}/on/${i}`,
        `a field of type ${type.kind} cannot be in an index; use int, text, bool, bytes or key`,
      )
  }
  if (index.kind === 'sum') checkSummed(collection, index.field, path)
}

/**
 * Anybody may write a row, and a sum that is no integer of the language stops every call that reads it. So the field's own bounds have to
 * leave room for a million rows of the greatest value.
 */
function checkSummed({ fields }: Collection, field: string, path: string): void {
  const type = own(fields, field)
  if (type?.kind !== 'int') throw new Problems('program.type', `${path}/field`, 'only an integer field can be summed')
  const fits = [type.min, type.max].every((bound) => bound !== undefined && Math.abs(Number(bound)) <= LIMITS.summed)
  if (!fits)
    throw new Problems(
      'program.type',
      `${path}/field`,
      `a field that is summed needs a min and a max between -${LIMITS.summed} and ${LIMITS.summed}, so that one row cannot make the sum overflow; declare ${field} as int({ min, max })`,
    )
}

/** A type of what is stored, sent or returned. */
export function checkPlain(program: Program, type: Type, path: Late): void {
  checkKeys(program, type, path)
  if (holdsZipper(type)) throw new Problems('program.type', pathOf(path), 'a zipper never leaves its block; use its tree')
}

/** Whether values of a type contain places in trees. */
export function holdsZipper(type: Type): boolean {
  if (type.kind === 'zipper') return true
  if (type.kind === 'record' || type.kind === 'variant')
    return Object.values(type.kind === 'record' ? type.fields : type.cases).some(holdsZipper)
  return 'of' in type && holdsZipper(type.of)
}

/** A path, or what puts it together for a message. */
export type Late = string | (() => string)

export const pathOf = (path: Late): string => (typeof path === 'string' ? path : path())

/** Key types name collections of the program. */
export function checkKeys(program: Program, type: Type, path: Late): void {
  const foreign = foreignKey(program, type)
  if (foreign !== null)
    throw new Problems('program.scope', `${pathOf(path)}${foreign.path}`, `there is no collection ${foreign.collection}`)
}

interface ForeignKey {
  /** Inside of the type, put together on the way out. */
  path: string
  collection: string
}

const at = (name: string, found: ForeignKey | null): ForeignKey | null => found && { ...found, path: `/${name}${found.path}` }

/** The first key type without a collection. */
function foreignKey(program: Program, type: Type): ForeignKey | null {
  switch (type.kind) {
    case 'key':
      return Object.hasOwn(program.collections, type.collection) ? null : { path: '', collection: type.collection }
    case 'list':
    case 'option':
    case 'tree':
    case 'zipper':
      return at('of', foreignKey(program, type.of))
    case 'map':
      return at('keys', foreignKey(program, type.keys)) ?? at('of', foreignKey(program, type.of))
    case 'record':
      return at('fields', foreignField(program, type.fields))
    case 'variant':
      return at('cases', foreignField(program, type.cases))
    default:
      return null
  }
}

function foreignField(program: Program, fields: Record<string, Type>): ForeignKey | null {
  for (const name of Object.keys(fields)) {
    const found = foreignKey(program, fields[name]!)
    if (found !== null) return at(name, found)
  }
  return null
}
