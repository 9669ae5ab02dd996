import type { Primitive, Type } from '../document.ts'
import type { Shape, Shapes } from './shapes.ts'

type Kind = Type['kind']

/** Argument kinds and result kind of the primitives that have one signature. */
const SIGNATURES: Partial<Record<Primitive, { args: Kind[]; result: 'int' | 'text' | 'bool' }>> = {
  'int.add': { args: ['int', 'int'], result: 'int' },
  'int.subtract': { args: ['int', 'int'], result: 'int' },
  'int.multiply': { args: ['int', 'int'], result: 'int' },
  'int.divide': { args: ['int', 'int'], result: 'int' },
  'int.remainder': { args: ['int', 'int'], result: 'int' },
  'int.less': { args: ['int', 'int'], result: 'bool' },
  'int.text': { args: ['int'], result: 'text' },
  and: { args: ['bool', 'bool'], result: 'bool' },
  or: { args: ['bool', 'bool'], result: 'bool' },
  not: { args: ['bool'], result: 'bool' },
  'text.length': { args: ['text'], result: 'int' },
  'text.contains': { args: ['text', 'text'], result: 'bool' },
  'text.concat': { args: ['text', 'text'], result: 'text' },
  'text.lower': { args: ['text'], result: 'text' },
  'text.trim': { args: ['text'], result: 'text' },
  'text.slice': { args: ['text', 'int', 'int'], result: 'text' },
  'text.less': { args: ['text', 'text'], result: 'bool' },
  'list.length': { args: ['list'], result: 'int' },
  'bytes.length': { args: ['bytes'], result: 'int' },
}

const SCALARS: Kind[] = ['int', 'text', 'bool', 'bytes', 'key']

/**
 * Shape of what a primitive makes.
 * @param refuse called, and expected to throw, with what is wrong
 */
export function primitiveShape(shapes: Shapes, op: Primitive, args: Shape[], refuse: (problem: string) => never): Shape {
  const fixed = SIGNATURES[op]
  if (fixed !== undefined) {
    if (args.length !== fixed.args.length || args.some((shape, i) => shape.kind !== fixed.args[i]))
      return refuse(`${op} takes ${fixed.args.join(', ')}`)
    return shapes.scalar(fixed.result)
  }
  const [a, b] = args
  if (args.length !== 2 || a === undefined || b === undefined) return refuse(`${op} takes two arguments`)
  if (op === 'equal') return a === b && SCALARS.includes(a.kind) ? shapes.scalar('bool') : refuse('equal compares two scalars of one type')
  if (a.kind !== 'list') return refuse(`${op} takes a list first`)
  if (op === 'list.contains')
    return a.of === b && SCALARS.includes(b.kind)
      ? shapes.scalar('bool')
      : refuse('list.contains takes a list of scalars and one such scalar')
  if (op === 'list.take') return b.kind === 'int' ? a : refuse('list.take takes a list and an integer')
  return a === b ? a : refuse('list.concat takes two lists of one type')
}
