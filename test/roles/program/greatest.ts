/** The greatest values of types, and documents that do one thing: for bounds that are reached. */
import { signatureOf } from '../../../roles/program/check/signatures.ts'
import type { Pattern } from '../../../roles/program/check/signatures.ts'
import type { Node, Primitive, Program, Scope, TreeValue, Type, Value } from '../../../roles/program/index.ts'
import { widen } from '../../../roles/program/value/type-bounds.ts'
import { documentOf } from './documents.ts'

/** A value as large as its type allows; `astral` texts have two units for each character. */
export function greatest(type: Type, astral = true, salt = 0): Value {
  const inner = (of: Type, i = 0): Value => greatest(of, astral, salt + i)
  switch (type.kind) {
    case 'int':
      return Math.min(Number(type.max ?? 9e15), Number(type.min ?? -9e15) + salt)
    case 'text':
      return (String.fromCodePoint((astral ? 0x1f600 : 0x800) + salt) + (astral ? '🙂' : '€').repeat(type.max)).slice(
        0,
        astral ? 2 * type.max : type.max,
      )
    case 'key':
      return String.fromCharCode(97 + salt).repeat(100)
    case 'bool':
      return true
    case 'bytes':
      return new Uint8Array(type.max).fill(97)
    case 'list':
      return Array.from({ length: type.max }, (_, i) => inner(type.of, i))
    case 'record':
      return named(Object.keys(type.fields).map((name) => [name, inner(type.fields[name]!)]))
    case 'variant':
      return Object.keys(type.cases)
        .map((tag) => ({ tag, value: inner(type.cases[tag]!) }))
        .at(-1)!
    case 'option':
      return { some: inner(type.of) }
    case 'map':
      return new Map(Array.from({ length: type.max }, (_, i) => [inner(type.keys, i) as string, inner(type.of, i)]))
    case 'tree':
      return line(Array.from({ length: type.max }, (_, i) => inner(type.of, i)))
    case 'zipper':
      throw new Error('a zipper has no form outside of its block')
  }
}

export const named = (entries: Array<[string, Value]>): Value => Object.assign(Object.create(null), Object.fromEntries(entries)) as Value

/** A tree as deep as it can be. */
const line = (values: Value[]): TreeValue =>
  values.reduceRight<TreeValue | null>((child, value) => ({ value, children: child === null ? [] : [child] }), null)!

/** Types that the letters of signatures stand for. */
export const LETTERS: Record<string, Type> = {
  a: { kind: 'text', max: 40 },
  b: { kind: 'int' },
  e: { kind: 'record', fields: { x: { kind: 'int' }, y: { kind: 'text', max: 40 } } },
  k: { kind: 'text', max: 20 },
}

export function typeOfPattern(pattern: Pattern): Type {
  if ('letter' in pattern) return LETTERS[pattern.letter]!
  switch (pattern.kind) {
    case 'int':
      return { kind: 'int', min: '-3', max: '60' }
    case 'text':
    case 'bytes':
      return { kind: pattern.kind, max: 40 }
    case 'bool':
      return { kind: 'bool' }
    case 'record':
      return { kind: 'record', fields: Object.fromEntries(pattern.fields.map(([name, part]) => [name, typeOfPattern(part)])) }
    case 'map':
      return { kind: 'map', keys: typeOfPattern(pattern.keys), of: typeOfPattern(pattern.of), max: 40 }
    case 'option':
      return { kind: 'option', of: typeOfPattern(pattern.of) }
    default:
      return { kind: pattern.kind, of: typeOfPattern(pattern.of), max: pattern.kind === 'list' ? 40 : 8 }
  }
}

/** A document that applies one primitive to its inputs; zippers are made of trees and moved on before and back after. */
export function documentOfPrimitive(op: Primitive): Program {
  const { args, result } = signatureOf(op)
  const request: Record<string, Type> = {}
  const nodes: Node[] = []
  const scopes: Scope[] = []
  const add = (node: Node): number => nodes.push(node) - 1
  const orElse = (over: number, none: number): number => {
    const scope = scopes.push({ kind: 'some', parent: -1, over }) - 1
    return add({ op: 'unwrap', some: { scope, result: add({ op: 'param', scope, param: 0 }) }, none })
  }
  const given = args.map((pattern, i) => {
    const type = typeOfPattern(pattern)
    request[`in${i}`] = type.kind === 'zipper' ? { ...type, kind: 'tree' } : type
    const input = add({ op: 'input', input: i })
    if (type.kind !== 'zipper') return input
    const root = add({ op: 'tree.zipper', args: [input] })
    return [1, 2, 3].reduce((at) => orElse(add({ op: 'zipper.next', args: [at] }), at), root)
  })
  const made = add({ op, args: given })
  const type = typeOfPattern(result)
  const zipper = type.kind === 'option' && type.of.kind === 'zipper' ? orElse(made, given[0]!) : made
  const out = type.kind === 'zipper' || zipper !== made ? add({ op: 'zipper.tree', args: [zipper] }) : made
  const plain: Type = out === made ? type : { kind: 'tree', of: LETTERS['a']!, max: 1 }
  return documentOf({ request, nodes, scopes, outputs: [[out, widen(plain, 1_000_000, 100_000)]] })
}
