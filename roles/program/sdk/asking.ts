/** What a query is asked with: sealed values, and literals, which stand in the program for everybody to see. */
import type { Asked, Json, Source, Template, Type } from '../document.ts'
import { rowFieldType } from '../sources.ts'
import { misfit } from '../value/fit.ts'
import { fromJson, toJson } from '../value/json.ts'
import { withoutBounds } from '../value/type-bounds.ts'
import { literalOf } from './literal.ts'
import { isExpr, isSealed } from './plain.ts'
import { BuildError, sealedCores } from './recorder.ts'
import type { EndpointRecorder } from './recorder.ts'
import { isSameKind, nameOfType } from './shape.ts'

/** A sealed value or a literal that a field of an index is compared with. @param isEqual whether the field has to be the same */
export function queryArgument(endpoint: EndpointRecorder, collection: string, field: string, value: unknown, isEqual: boolean): Asked {
  if (value === undefined) throw new BuildError('program.query', `the value for ${field} is undefined; leave it out, or give one.`)
  if (isExpr(value))
    throw new BuildError(
      'program.query',
      'a query is not asked with an opened value; return it from its see(), which seals it, and ask after that.',
    )
  const wanted = rowFieldType(collection, endpoint.collections[collection]!, field)!
  if (!isSealed(value)) return literalArgument(literalFor(value, wanted, field), wanted, field, isEqual)
  const core = sealedCores.get(value)!
  if (core.endpoint !== endpoint) throw new BuildError('program.foreign', 'this sealed value belongs to another endpoint.')
  if ('literal' in core.template) return literalArgument({ type: core.type, value: core.template.literal }, wanted, field, isEqual)
  return querySource(core.template, wanted, core.type, field)
}

/** As every owner is written. */
const OWNER = /^[0-9a-f]{64}$/

interface Constant {
  type: Type
  value: Json
}

function literalFor(value: unknown, wanted: Type, field: string): Constant {
  const literal = literalOf(value, wanted)
  if (literal === null) throw new BuildError('program.query', `${field} is ${nameOfType(wanted)}; give one sealed value or a literal.`)
  return { type: literal.type, value: toJson(literal.type, literal.value) }
}

function literalArgument({ type, value }: Constant, wanted: Type, field: string, isEqual: boolean): Asked {
  sameAs(wanted, type, field)
  const read = fromJson(type, value)
  const problem = isEqual && read.ok ? misfit(wanted, read.value, field) : null
  if (problem !== null) throw new BuildError('program.bound', `${problem}, so no row can have this.`)
  if (isEqual && field === '$owner' && !OWNER.test(String(value)))
    throw new BuildError('program.bound', '$owner is a public key of 64 hex digits in lower case, so no row can have this.')
  return { from: 'literal', type: withoutBounds(type), value }
}

function sameAs(wanted: Type, type: Type, field: string): void {
  if (!isSameKind(type, wanted)) throw new BuildError('program.type', `${field} is ${nameOfType(wanted)}, not ${nameOfType(type)}.`)
}

function querySource(template: Template, wanted: Type, type: Type, field: string): Source {
  if (!('source' in template))
    throw new BuildError(
      'program.choice',
      'this value depends on a branch and only the client can put it together; return one opened value from all branches to ask with it.',
    )
  if (template.source.from === 'query')
    throw new BuildError(
      'program.query',
      'a query is not asked with a column of another query; open the column in see() and return what to ask with.',
    )
  sameAs(wanted, type, field)
  return template.source
}
