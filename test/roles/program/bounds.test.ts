import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Meter, Stop } from '../../../roles/program/evaluate/meter.ts'
import { PRIMITIVES } from '../../../roles/program/evaluate/primitives/index.ts'
import { createShapes } from '../../../roles/program/check/shapes.ts'
import { PRIMITIVE_NAMES, primitiveShape, signatureOf } from '../../../roles/program/check/signatures.ts'
import type { Pattern } from '../../../roles/program/check/signatures.ts'
import { misfit } from '../../../roles/program/index.ts'
import type { Primitive, TreeValue, Type, Value } from '../../../roles/program/index.ts'
import { RESULTS } from '../../../roles/program/sdk/bounds.ts'
import { valueOfType } from './arbitrary.ts'

const few = fc.integer({ min: -4, max: 8 })
const int = fc.tuple(few, few).map(([a, b]): Type => ({ kind: 'int', min: String(Math.min(a, b)), max: String(Math.max(a, b)) }))
/** Halves of bounds and the edges of the safe integers. */
const wideInt = fc
  .tuple(
    fc.constantFrom<string | undefined>(undefined, '-9007199254740991', '-3', '0', '2'),
    fc.constantFrom<string | undefined>(undefined, '9007199254740991', '2', '5'),
  )
  .map(([min, max]): Type => ({ kind: 'int', ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) }))
const text = fc.integer({ min: 0, max: 6 }).map((max): Type => ({ kind: 'text', max }))
const bytes = fc.integer({ min: 0, max: 6 }).map((max): Type => ({ kind: 'bytes', max }))
/** Types of one shape and different bounds, so that one letter of a signature can stand for several. */
const lettered = fc.oneof(int, wideInt)

function typeOf(pattern: Pattern, isWide: boolean): fc.Arbitrary<Type> {
  const inner = (part: Pattern): fc.Arbitrary<Type> => typeOf(part, isWide)
  const most = fc.integer({ min: 0, max: 4 })
  if ('letter' in pattern) return lettered
  switch (pattern.kind) {
    case 'int':
      return isWide ? wideInt : int
    case 'text':
      return text
    case 'bytes':
      return bytes
    case 'bool':
      return fc.constant<Type>({ kind: 'bool' })
    case 'option':
      return inner(pattern.of).map((of): Type => ({ kind: 'option', of }))
    case 'list':
      return fc.tuple(inner(pattern.of), most).map(([of, max]): Type => ({ kind: 'list', of, max }))
    case 'tree':
    case 'zipper':
      return fc.tuple(inner(pattern.of), most).map(([of, max]): Type => ({ kind: pattern.kind, of, max: max + 1 }))
    case 'map':
      return fc.tuple(inner(pattern.keys), inner(pattern.of), most).map(([keys, of, max]): Type => ({ kind: 'map', keys, of, max }))
    case 'record':
      return fc
        .tuple(...pattern.fields.map(([, part]) => inner(part)))
        .map((types): Type => ({ kind: 'record', fields: Object.fromEntries(pattern.fields.map(([name], i) => [name, types[i]!])) }))
  }
}

/** A value, or a place somewhere in a tree. */
function valueOf(type: Type): fc.Arbitrary<Value> {
  if (type.kind !== 'zipper') return valueOfType(type)
  return fc
    .tuple(valueOfType({ ...type, kind: 'tree' }), fc.array(fc.nat(3), { maxLength: 3 }))
    .map(([tree, path]) =>
      path.reduce<Value & { focus: TreeValue }>(
        (up, step) => (up.focus.children[step] === undefined ? up : { focus: up.focus.children[step], up, index: step }),
        { focus: tree as TreeValue, up: null, index: 0 } as never,
      ),
    )
}

const calls = (op: Primitive, isWide: boolean): fc.Arbitrary<{ types: Type[]; values: Value[] }> =>
  fc
    .tuple(...signatureOf(op).args.map((pattern) => typeOf(pattern, isWide)))
    .chain((types) => fc.tuple(...types.map(valueOf)).map((values) => ({ types, values })))

/** What never leaves a block is looked at as the tree that it is in. */
function outside(type: Type, value: Value): [Type, Value] {
  const meter = new Meter({ steps: 1e9, bytes: 1e9 })
  if (type.kind === 'zipper') return [{ ...type, kind: 'tree' }, PRIMITIVES['zipper.tree'](meter, value)]
  if (type.kind !== 'option' || value === null) return [type, value]
  const [of, some] = outside(type.of, (value as { some: Value }).some)
  return [{ kind: 'option', of }, { some }]
}

const LAZY = ['and', 'or']

describe('[L4] the types that the builder gives to results', () => {
  it.each(PRIMITIVE_NAMES)('of %s have the shape of its signature, and every value fits', (op) => {
    fc.assert(
      fc.property(
        fc.boolean().chain((isWide) => calls(op, isWide)),
        ({ types, values }) => {
          const shapes = createShapes()
          const result = RESULTS[op](...types)
          const wanted = primitiveShape(
            shapes,
            op,
            types.map((type) => shapes.of(type)),
            (problem) => {
              throw new Error(problem)
            },
          )
          expect(shapes.of(result)).toBe(wanted)
          if (LAZY.includes(op)) return
          try {
            const made = PRIMITIVES[op as 'not'](new Meter({ steps: 1e6, bytes: 1e7 }), ...values)
            expect(misfit(...outside(result, made), op)).toBe(null)
          } catch (error) {
            if (!(error instanceof Stop)) throw error
          }
        },
      ),
      { seed: 701, numRuns: 300 },
    )
  })
})
