/** Which of TypeScript's types are Golem values. */
import type TypeScript from 'typescript'

export interface GolemTypes {
  /** Whether it is, or in one of its alternatives is, a sealed or an opened value. */
  isGolem(type: TypeScript.Type): boolean
  /** Whether no alternative is anything else. */
  isOnlyGolem(type: TypeScript.Type): boolean
  /** Whether it may be undefined or null: then JavaScript may ask whether it is there. */
  mayMiss(type: TypeScript.Type): boolean
  /** Whether it is nothing but undefined or null. */
  isNothing(type: TypeScript.Type): boolean
  /** Whether it is an object of Golem values: a row, what a `see` returned, a store. */
  isObjectOfGolem(type: TypeScript.Type): boolean
  /** Whether there is a Golem value in it: an item, a property, or itself. */
  holdsGolem(type: TypeScript.Type): boolean
  /** What an array, or anything else with positions, holds. */
  itemsOf(type: TypeScript.Type): TypeScript.Type | undefined
  /** From here on, this type parameter stands for a Golem value. @returns whether that is news */
  taint(parameter: TypeScript.Type): boolean
}

const DEEPEST = 3

export function golemTypes(ts: typeof TypeScript, checker: TypeScript.TypeChecker): GolemTypes {
  const marked = new Map<TypeScript.Type, boolean>()
  const tainted = new Set<TypeScript.Type>()
  const missing = ts.TypeFlags.Undefined | ts.TypeFlags.Null | ts.TypeFlags.Void
  const partsOf = (type: TypeScript.Type): TypeScript.Type[] => (type.isUnion() ? type.types : [type])

  /** The marks are unique symbols of `sdk/marks.ts`, which no other type has. */
  const hasMark = (type: TypeScript.Type): boolean => {
    if (tainted.has(type)) return true
    let known = marked.get(type)
    if (known === undefined) {
      const properties = checker.getPropertiesOfType(checker.getApparentType(type))
      known = properties.some(({ escapedName }) => /^__@(SEALED|EXPR)@/.test(String(escapedName)))
      marked.set(type, known)
    }
    return known
  }
  const isGolem = (type: TypeScript.Type): boolean => partsOf(type).some(hasMark)
  const isObject = (type: TypeScript.Type): boolean => (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0
  const itemsOf = (type: TypeScript.Type): TypeScript.Type | undefined =>
    isObject(type) ? checker.getIndexTypeOfType(type, ts.IndexKind.Number) : undefined
  const propertyTypes = (type: TypeScript.Type): TypeScript.Type[] =>
    isObject(type) && type.getCallSignatures().length === 0
      ? checker.getPropertiesOfType(type).map((one) => checker.getTypeOfSymbol(one))
      : []
  const holds = (type: TypeScript.Type, depth: number): boolean =>
    partsOf(type).some((part) => {
      if (hasMark(part)) return true
      if (depth === 0) return false
      const items = itemsOf(part)
      return items !== undefined ? holds(items, depth - 1) : propertyTypes(part).some((one) => holds(one, depth - 1))
    })
  return {
    isGolem,
    isOnlyGolem: (type) => partsOf(type).every(hasMark),
    mayMiss: (type) => partsOf(type).some((part) => (part.flags & missing) !== 0),
    isNothing: (type) => partsOf(type).every((part) => (part.flags & missing) !== 0),
    isObjectOfGolem: (type) => isObject(type) && itemsOf(type) === undefined && propertyTypes(type).some(isGolem),
    holdsGolem: (type) => holds(type, DEEPEST),
    itemsOf,
    taint: (parameter) => !tainted.has(parameter) && (tainted.add(parameter), true),
  }
}
