/** Types in plain words, for people who never see the document. */
import type { Type } from '../document.ts'

/** A type as a person says it: «text of at most 60 characters». */
export function typeWords(type: Type): string {
  switch (type.kind) {
    case 'int':
      return intWords(type)
    case 'text':
      return `text of at most ${plural(type.max, 'character')}`
    case 'bool':
      return 'yes or no'
    case 'bytes':
      return `at most ${plural(type.max, 'byte')}`
    case 'key':
      return `key of a row of ${type.collection}`
    case 'list':
      return `list of at most ${type.max}, each: ${typeWords(type.of)}`
    case 'map':
      return `map of at most ${type.max} entries, from ${typeWords(type.keys)} to ${typeWords(type.of)}`
    case 'tree':
      return `tree of at most ${plural(type.max, 'node')}, each: ${typeWords(type.of)}`
    case 'zipper':
      return `place in a tree of at most ${plural(type.max, 'node')}, each: ${typeWords(type.of)}`
    case 'option':
      return `nothing or ${typeWords(type.of)}`
    case 'record':
      return `{ ${Object.entries(type.fields)
        .map(([name, of]) => `${name}: ${typeWords(of)}`)
        .join(', ')} }`
    case 'variant':
      return `one of ${Object.entries(type.cases)
        .map(([tag, of]) => (isEmpty(of) ? tag : `${tag} (${typeWords(of)})`))
        .join(', ')}`
  }
}

/** Both ends of an integer's range, those of all safe integers where the type has none. */
export const rangeWords = (min?: string, max?: string): string =>
  `from ${min ?? Number.MIN_SAFE_INTEGER} to ${max ?? Number.MAX_SAFE_INTEGER}`

function intWords({ min, max }: Type & { kind: 'int' }): string {
  if (min !== undefined && max !== undefined) return `integer from ${min} to ${max}`
  if (min !== undefined) return `integer, at least ${min}`
  return max === undefined ? 'integer' : `integer, at most ${max}`
}

/** The content of a case that holds nothing. */
export const isEmpty = (type: Type): boolean => type.kind === 'record' && Object.keys(type.fields).length === 0

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** What a value in JSON has to be, bounds included: «must be an integer from 1 to 5». */
export function wantedWords(type: Type): string {
  switch (type.kind) {
    case 'bool':
      return 'true or false'
    case 'bytes':
      return `base64 of ${typeWords(type)}`
    case 'key':
      return `a ${typeWords(type)} in 64 hex digits (0-9, a-f), or "" for none`
    case 'int':
      return `an integer ${rangeWords(type.min, type.max)}`
    case 'list':
    case 'map':
    case 'tree':
      return `a ${typeWords(type)}`
    default:
      return typeWords(type)
  }
}
