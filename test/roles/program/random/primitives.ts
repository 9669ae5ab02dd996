import type { Primitive, Type } from '../../../../roles/program/index.ts'
import { PRIMITIVE_NAMES, signatureOf } from '../../../../roles/program/check/signatures.ts'
import type { Pattern } from '../../../../roles/program/check/signatures.ts'
import { make } from './make.ts'
import { addNode, visible } from './sketch.ts'
import type { Sketch } from './sketch.ts'
import { BYTES, INT, isMapKey, isPlain, keyType, listOf, plainType, scalarType, shapeOf, TEXT, treeOf } from './types.ts'

type Letters = Map<string, Type>

/** Whether the pattern can stand for the type; binds its letters. */
function unify(pattern: Pattern, type: Type, letters: Letters): boolean {
  if ('letter' in pattern) {
    const known = letters.get(pattern.letter)
    if (known !== undefined) return shapeOf(known) === shapeOf(type)
    letters.set(pattern.letter, type)
    return pattern.letter === 'k' ? isMapKey(type) : pattern.letter !== 'e' || isPlain(type)
  }
  if (pattern.kind !== type.kind) return false
  if (pattern.kind === 'record') return unifyFields(pattern.fields, (type as Type & { kind: 'record' }).fields, letters)
  if (pattern.kind === 'map' && !unify(pattern.keys, (type as Type & { kind: 'map' }).keys, letters)) return false
  return !('of' in pattern) || unify(pattern.of, (type as Type & { kind: 'list' }).of, letters)
}

const unifyFields = (wanted: Array<[string, Pattern]>, fields: Record<string, Type>, letters: Letters): boolean =>
  Object.keys(fields).length === wanted.length &&
  wanted.every(([name, part]) => Object.hasOwn(fields, name) && unify(part, fields[name]!, letters))

/** The type that a pattern stands for; letters that are still free get a type, of what is there already where possible. */
function typeOf(sketch: Sketch, pattern: Pattern, letters: Letters, scope: number): Type {
  const inner = (part: Pattern): Type => typeOf(sketch, part, letters, scope)
  if ('letter' in pattern) {
    const known = letters.get(pattern.letter) ?? freeType(sketch, pattern.letter, scope)
    letters.set(pattern.letter, known)
    return known
  }
  switch (pattern.kind) {
    case 'int':
      return INT
    case 'text':
      return TEXT
    case 'bytes':
      return BYTES
    case 'bool':
      return { kind: 'bool' }
    case 'list':
      return listOf(inner(pattern.of))
    case 'option':
      return { kind: 'option', of: inner(pattern.of) }
    case 'tree':
      return treeOf(inner(pattern.of))
    case 'zipper':
      return { kind: 'zipper', of: inner(pattern.of), max: 40 }
    case 'map':
      return { kind: 'map', keys: inner(pattern.keys), of: inner(pattern.of), max: 40 }
    case 'record':
      return { kind: 'record', fields: Object.fromEntries(pattern.fields.map(([name, part]) => [name, inner(part)])) }
  }
}

function freeType(sketch: Sketch, letter: string, scope: number): Type {
  const { dice, collections } = sketch
  if (letter === 'k') return keyType(dice, collections)
  const there = visible(sketch, scope, (type) => shapeOf(type).length < 80 && (letter !== 'e' || isPlain(type)))
  if (there.length > 0 && dice.chance(50)) return sketch.types[dice.late(there)]!
  return dice.chance(60) ? scalarType(dice, collections) : plainType(dice, collections, 1)
}

/** Primitives that can make a type, with the letters which that decides. */
export function primitivesFor(type: Type): Array<{ op: Primitive; letters: Letters }> {
  return PRIMITIVE_NAMES.flatMap((op) => {
    const letters: Letters = new Map()
    return unify(signatureOf(op).result, type, letters) ? [{ op, letters }] : []
  })
}

/** A call of the primitive with arguments made for it. */
export function callPrimitive(sketch: Sketch, op: Primitive, letters: Letters, scope: number, depth: number): number {
  const { args, result } = signatureOf(op)
  const bound = new Map(letters)
  const given = args.map((pattern, i) => {
    const type = typeOf(sketch, pattern, bound, scope)
    const stops = STOPS[op]
    if (stops !== undefined && i === 1 && sketch.dice.chance(10))
      return addNode(sketch, { op: 'const', type: INT, value: sketch.dice.pick(stops) }, INT)
    return isModest(op, i) && sketch.dice.chance(75) ? modest(sketch, i) : make(sketch, type, scope, depth - 1)
  })
  return addNode(sketch, { op, args: given }, typeOf(sketch, result, bound, scope))
}

/** Arguments for which most integers mean an error. */
const isModest = (op: Primitive, argument: number): boolean =>
  op === 'int.range' || ((op === 'int.divide' || op === 'int.remainder') && argument === 1)

const EDGES = ['9007199254740991', '-9007199254740991']
/** Second arguments with which an operation often stops the call; by chance alone they would be too rare to be tried. */
const STOPS: Partial<Record<Primitive, string[]>> = {
  ...{ 'int.add': EDGES, 'int.subtract': EDGES, 'int.multiply': EDGES },
  ...{ 'int.divide': ['0'], 'int.remainder': ['0'] },
}

const modest = (sketch: Sketch, argument: number): number =>
  addNode(sketch, { op: 'const', type: INT, value: String(argument * (1 + sketch.dice.below(sketch.dice.chance(20) ? 600 : 6))) }, INT)
