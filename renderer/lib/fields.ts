/** Endpoint forms: from what a person typed to the JSON form of the program's values (integers are decimal strings). */
import type { EndpointView, FieldView } from '../../main/contract/index.ts'
import type { Json, Type } from '../../roles/program/document.ts'
import { own } from '../../roles/program/value/measure.ts'
import { emptyOf, jsonOf, type DraftValue, type Problems } from './draft.ts'

export { lengthOf } from './draft.ts'
export type Draft = Record<string, DraftValue>
export type Arguments = Record<string, Json>
export type Parsed = { ok: true; arguments: Arguments } | { ok: false; errors: Problems }

/** Which control a field gets; `parts` is several of them. */
export function controlOf({
  type,
  max,
  shape,
}: Pick<FieldView, 'type' | 'max' | 'shape'>): 'line' | 'area' | 'check' | 'number' | 'json' | 'parts' {
  if (type === 'bool') return 'check'
  if (type === 'int') return 'number'
  if (type === 'text') return (max ?? 0) > 80 ? 'area' : 'line'
  if (type === 'key' || type === 'bytes') return 'line'
  return shape === undefined || type === 'tree' ? 'json' : 'parts'
}

/** The type of a field; of one whose type is not told, what its name says. */
export function typeOf({ type, max, of, shape }: FieldView): Type {
  if (shape !== undefined) return shape
  if (type === 'text' || type === 'bytes') return { kind: type, max: max ?? Infinity }
  if (type === 'key') return { kind: 'key', collection: of ?? '' }
  if (type === 'int' || type === 'bool') return { kind: type }
  // Whatever it is, it is typed as JSON.
  return { kind: 'tree', of: { kind: 'bool' }, max: 1 }
}

export const emptyDraft = (endpoint: EndpointView): Draft =>
  Object.fromEntries(endpoint.fields.map((field) => [field.name, emptyOf(typeOf(field))]))

/** A row of one's own need not be named where there is only one. */
const isLeftOut = (field: FieldView, value: DraftValue): boolean => field.own === true && value === ''

export function parseDraft(endpoint: EndpointView, draft: Draft): Parsed {
  const errors: Problems = {}
  const args: Arguments = {}
  for (const field of endpoint.fields) {
    const value = own(draft, field.name) ?? emptyOf(typeOf(field))
    if (!isLeftOut(field, value)) args[field.name] = jsonOf(typeOf(field), value, field.name, errors)
  }
  return Object.keys(errors).length > 0 ? { ok: false, errors } : { ok: true, arguments: args }
}
