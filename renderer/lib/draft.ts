/** What a person fills in for a value of any type, and the JSON form it makes: integers as decimal strings, bytes in base64. */
import type { Json, Type } from '../../roles/program/document.ts'
import { own } from '../../roles/program/value/measure.ts'

export interface OptionDraft {
  some: boolean
  value: DraftValue
}
export interface VariantDraft {
  tag: string
  value: DraftValue
}
export interface EntryDraft {
  key: DraftValue
  value: DraftValue
}
export interface RecordDraft {
  [field: string]: DraftValue
}
export type DraftValue = string | boolean | OptionDraft | VariantDraft | DraftValue[] | RecordDraft

/** Messages by the path of what they are about: `lines.0.pieces`. */
export type Problems = Record<string, string>

export const namesOf = (parts: Record<string, Type>): string[] => Object.keys(parts)

/** A case without content, such as `received`, needs no input of its own. */
export const isBare = (type: Type): boolean => type.kind === 'record' && namesOf(type.fields).length === 0

/** A list or map begins with one item, because one without is rarely meant. */
export function emptyOf(type: Type): DraftValue {
  switch (type.kind) {
    case 'bool':
      return false
    case 'list':
      return type.max === 0 ? [] : [emptyOf(type.of)]
    case 'map':
      return type.max === 0 ? [] : [emptyEntry(type)]
    case 'record':
      return Object.fromEntries(Object.entries(type.fields).map(([name, of]) => [name, emptyOf(of)]))
    case 'option':
      return { some: false, value: emptyOf(type.of) }
    case 'variant':
      return variantOf(type, namesOf(type.cases)[0] ?? '')
    default:
      return ''
  }
}

export const emptyEntry = (type: Type & { kind: 'map' }): RecordDraft => ({ key: emptyOf(type.keys), value: emptyOf(type.of) })
export const variantOf = (type: Type & { kind: 'variant' }, tag: string): VariantDraft => ({
  tag,
  value: emptyOf(own(type.cases, tag) ?? { kind: 'record', fields: {} }),
})

/** Characters as the language counts them: code points. */
export const lengthOf = (text: string): number => [...text].length

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)))

/** What is wrong with a value that is typed in one line, or null. */
export function problemOf(type: Type, value: string): string | null {
  if (type.kind === 'bytes') return bytesProblem(type.max, value)
  if (value.trim() === '') return 'Please fill this in.'
  if (type.kind === 'int') return intProblem(type, value.trim())
  const over = type.kind === 'text' ? lengthOf(value) - type.max : 0
  return over > 0 && type.kind === 'text' ? `Too long by ${over}; at most ${type.max} characters.` : null
}

function bytesProblem(max: number, value: string): string | null {
  const over = new TextEncoder().encode(value).length - max
  return over > 0 ? `Too long by ${over}; at most ${max} bytes.` : null
}

function intProblem({ min, max }: Type & { kind: 'int' }, value: string): string | null {
  const [least, most] = [min ?? String(Number.MIN_SAFE_INTEGER), max ?? String(Number.MAX_SAFE_INTEGER)]
  if (!/^-?\d+$/.test(value)) return `Please enter a whole number from ${least} to ${most}.`
  if (BigInt(value) < BigInt(least)) return `At least ${least}.`
  return BigInt(value) > BigInt(most) ? `At most ${most}.` : null
}

/** The JSON form of a draft; what is wrong goes to `problems`, and null stands in its place. */
export function jsonOf(type: Type, draft: DraftValue, path: string, problems: Problems): Json {
  const part = (of: Type, value: DraftValue, name: string | number): Json => jsonOf(of, value, `${path}.${name}`, problems)
  switch (type.kind) {
    case 'bool':
      return draft === true
    case 'list':
      return (draft as DraftValue[]).map((item, i) => part(type.of, item, i))
    case 'map':
      return entriesOf(type, draft as RecordDraft[], path, problems)
    case 'record':
      return Object.fromEntries(
        namesOf(type.fields).map((name) => [name, part(type.fields[name]!, own(draft as RecordDraft, name) ?? '', name)]),
      )
    case 'option':
      return (draft as OptionDraft).some ? { some: part(type.of, (draft as OptionDraft).value, 'some') } : null
    case 'variant': {
      const { tag, value } = draft as VariantDraft
      return { tag, value: part(type.cases[tag]!, value, tag) }
    }
    case 'text':
    case 'int':
    case 'key':
    case 'bytes':
      return lineOf(type, String(draft), path, problems)
    default:
      return freeOf(String(draft), path, problems)
  }
}

/** Entries in the order of their keys, which the JSON form wants. */
function entriesOf(type: Type & { kind: 'map' }, draft: RecordDraft[], path: string, problems: Problems): Json {
  const entries = draft.map((entry, i) => ({
    key: jsonOf(type.keys, entry['key']!, `${path}.${i}.key`, problems),
    value: jsonOf(type.of, entry['value']!, `${path}.${i}.value`, problems),
  }))
  entries.forEach(({ key }, i) => {
    if (entries.findIndex((other) => other.key === key) < i) problems[`${path}.${i}.key`] ??= 'This stands there already.'
  })
  return entries.sort((one, other) => compareKeys(type.keys, one.key, other.key))
}

const points = (text: string): number[] => [...text].map((one) => one.codePointAt(0)!)

function compareKeys(type: Type, one: Json, other: Json): number {
  if (type.kind === 'int') return Number(BigInt(String(one ?? 0)) - BigInt(String(other ?? 0)))
  const [a, b] = [points(String(one)), points(String(other))]
  const at = a.findIndex((point, i) => point !== b[i])
  return at < 0 ? a.length - b.length : a[at]! - (b[at] ?? -1)
}

function lineOf(type: Type, value: string, path: string, problems: Problems): Json {
  const problem = problemOf(type, value)
  if (problem !== null) {
    problems[path] = problem
    return null
  }
  return type.kind === 'text' ? value : type.kind === 'bytes' ? base64(value) : value.trim()
}

/** For what has no inputs of its own, such as a tree. */
function freeOf(value: string, path: string, problems: Problems): Json {
  try {
    return JSON.parse(value) as Json
  } catch {
    problems[path] = value.trim() === '' ? 'Please fill this in.' : 'Please enter JSON.'
    return null
  }
}
