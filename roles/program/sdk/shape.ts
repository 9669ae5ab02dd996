import type { Type } from '../document.ts'
import { sortedNames } from '../value/measure.ts'
import { BuildError } from './errors.ts'
import { activeEndpoint } from './recorder.ts'

/** Whether types are the same but for their bounds. */
export function isSameKind(a: Type, b: Type): boolean {
  const { shapes } = activeEndpoint()
  return shapes.of(a) === shapes.of(b)
}

/** Refuses two types that differ in more than bounds. @param what is said to be of both */
export function sameKind(code: string, what: string, a: Type, b: Type): void {
  if (!isSameKind(a, b)) throw new BuildError(code, `${what} are of one type, not ${nameOfType(a)} and ${nameOfType(b)}.`)
}

/** A type in a few words, without its bounds. */
export function nameOfType(type: Type): string {
  switch (type.kind) {
    case 'list':
    case 'option':
    case 'tree':
    case 'zipper':
      return `${type.kind} of ${nameOfType(type.of)}`
    case 'map':
      return `map from ${nameOfType(type.keys)} to ${nameOfType(type.of)}`
    case 'record':
      return `record { ${namesOf(type.fields)} }`
    case 'variant':
      return `variant { ${namesOf(type.cases)} }`
    case 'key':
      return `key of ${type.collection}`
    default:
      return type.kind
  }
}

const namesOf = (parts: Record<string, Type>): string =>
  sortedNames(parts)
    .map((name) => `${name}: ${nameOfType(parts[name]!)}`)
    .join(', ')
