import fc from 'fast-check'
import type { TreeValue, Type, Value } from '../../../roles/program/index.ts'

const NAMES = ['a', 'b', 'constructor', 'toString', 'valueOf']

const scalarType: fc.Arbitrary<Type> = fc.oneof(
  fc.tuple(fc.integer(), fc.integer()).map(([x, y]): Type => ({ kind: 'int', min: String(Math.min(x, y)), max: String(Math.max(x, y)) })),
  fc.constant<Type>({ kind: 'int' }),
  fc.nat(12).map((max): Type => ({ kind: 'text', max })),
  fc.constant<Type>({ kind: 'bool' }),
  fc.nat(9).map((max): Type => ({ kind: 'bytes', max })),
  fc.constant<Type>({ kind: 'key', collection: 'posts' }),
)

const mapKeyType: fc.Arbitrary<Type> = fc.constantFrom<Type>(
  { kind: 'int' },
  { kind: 'text', max: 8 },
  { kind: 'bool' },
  { kind: 'key', collection: 'posts' },
)

const named = (part: fc.Arbitrary<Type>, least: number): fc.Arbitrary<Record<string, Type>> =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), part), { selector: ([name]) => name, minLength: least, maxLength: 3 })
    .map((entries) => Object.fromEntries(entries))

/** Types of every kind, nested a few levels. */
export const anyType: fc.Arbitrary<Type> = fc.letrec<{ type: Type }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalarType,
    fc.record({ kind: fc.constant('list' as const), of: tie('type'), max: fc.nat(4) }),
    named(tie('type'), 0).map((fields): Type => ({ kind: 'record', fields })),
    named(tie('type'), 1).map((cases): Type => ({ kind: 'variant', cases })),
    fc.record({ kind: fc.constant('option' as const), of: tie('type') }),
    fc.record({ kind: fc.constant('map' as const), keys: mapKeyType, of: tie('type'), max: fc.nat(3) }),
    fc.record({ kind: fc.constant('tree' as const), of: tie('type'), max: fc.integer({ min: 1, max: 5 }) }),
  ),
})).type

const integer = (min?: string, max?: string): fc.Arbitrary<number> =>
  fc
    .maxSafeInteger()
    .map((value) => Math.min(Math.max(value, Number(min ?? -Number.MAX_SAFE_INTEGER)), Number(max ?? Number.MAX_SAFE_INTEGER)) + 0)

/** Values of a type, within all its bounds. */
export function valueOfType(type: Type): fc.Arbitrary<Value> {
  switch (type.kind) {
    case 'int':
      return integer(type.min, type.max)
    case 'text':
      return fc.string({ unit: 'binary', maxLength: type.max }).filter((value) => value.isWellFormed())
    case 'bool':
      return fc.boolean()
    case 'bytes':
      return fc.uint8Array({ maxLength: type.max })
    case 'key':
      return fc.stringMatching(/^[a-z0-9]{0,20}$/)
    case 'list':
      return fc.array(valueOfType(type.of), { maxLength: type.max })
    case 'option':
      return fc.option(
        valueOfType(type.of).map((some): Value => ({ some })),
        { nil: null },
      )
    case 'record':
      return recordOf(type.fields)
    case 'variant':
      return fc.oneof(...Object.keys(type.cases).map((tag) => valueOfType(type.cases[tag]!).map((value): Value => ({ tag, value }))))
    case 'map':
      return mapOf(type)
    case 'tree':
      return treeOf(type)
    case 'zipper':
      throw new Error('a zipper has no form outside of its block')
  }
}

function recordOf(fields: Record<string, Type>): fc.Arbitrary<Value> {
  const names = Object.keys(fields)
  return fc
    .tuple(...names.map((name) => valueOfType(fields[name]!)))
    .map((values) => Object.assign(Object.create(null), Object.fromEntries(names.map((name, i) => [name, values[i]]))) as Value)
}

const byCodePoint = (a: Value, b: Value): number =>
  typeof a === 'string' ? Buffer.compare(Buffer.from(a), Buffer.from(b as string)) : Number(a) - Number(b)

function mapOf(type: Type & { kind: 'map' }): fc.Arbitrary<Value> {
  const entries = fc.uniqueArray(fc.tuple(valueOfType(type.keys), valueOfType(type.of)), { selector: ([key]) => key, maxLength: type.max })
  return entries.map((found) => new Map(found.toSorted((a, b) => byCodePoint(a[0], b[0])) as Array<[string, Value]>))
}

/** Each further node hangs below an earlier one. */
function treeOf(type: Type & { kind: 'tree' }): fc.Arbitrary<Value> {
  return fc.array(fc.tuple(valueOfType(type.of), fc.nat(100)), { minLength: 1, maxLength: type.max }).map((entries) => {
    const nodes = entries.map(([value]) => ({ value, children: [] as TreeValue[] }))
    entries.forEach(([, parent], i) => i > 0 && nodes[parent % i]!.children.push(nodes[i]!))
    return nodes[0]!
  })
}
