/** Endpoint forms: from what a person typed to the JSON form of the program's values (integers are decimal strings). */
import type { EndpointView, FieldView } from '../../main/contract/index.ts'

export type Draft = Record<string, string | boolean>
export type Arguments = Record<string, import('../../roles/program/document.ts').Json>
export type Parsed = { ok: true; arguments: Arguments } | { ok: false; errors: Record<string, string> }

/** Which control a field gets. */
export function controlOf(field: FieldView): 'line' | 'area' | 'check' | 'number' | 'json' {
  if (field.type === 'bool') return 'check'
  if (field.type === 'int') return 'number'
  if (field.type === 'text') return (field.max ?? 0) > 80 ? 'area' : 'line'
  return field.type === 'key' || field.type === 'bytes' ? 'line' : 'json'
}

export const emptyDraft = (endpoint: EndpointView): Draft =>
  Object.fromEntries(endpoint.fields.map((field) => [field.name, controlOf(field) === 'check' ? false : '']))

/** Characters as the language counts them: code points. */
export const lengthOf = (text: string): number => [...text].length

function problemOf(field: FieldView, value: string): string | null {
  if (value.trim() === '') return 'Please fill this in.'
  if (field.type === 'int' && !/^-?\d+$/.test(value.trim())) return 'Please enter a whole number.'
  const over = field.type === 'text' && field.max !== undefined ? lengthOf(value) - field.max : 0
  return over > 0 ? `Too long by ${over}; at most ${field.max} characters.` : null
}

function readJson(value: string): { json: Arguments[string] } | null {
  try {
    return { json: JSON.parse(value) as Arguments[string] }
  } catch {
    return null
  }
}

export function parseDraft(endpoint: EndpointView, draft: Draft): Parsed {
  const errors: Record<string, string> = {}
  const args: Arguments = {}
  for (const field of endpoint.fields) {
    const value = draft[field.name] ?? ''
    if (typeof value === 'boolean') {
      args[field.name] = value
      continue
    }
    const problem = problemOf(field, value)
    const json = controlOf(field) === 'json' && problem === null ? readJson(value) : { json: field.type === 'text' ? value : value.trim() }
    if (problem !== null) errors[field.name] = problem
    else if (json === null) errors[field.name] = 'Please enter JSON.'
    else args[field.name] = json.json
  }
  return Object.keys(errors).length > 0 ? { ok: false, errors } : { ok: true, arguments: args }
}
