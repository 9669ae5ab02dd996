import type { Primitive } from '../document.ts'
import type { Shape, Shapes } from './shapes.ts'

/**
 * What every primitive takes and makes. `[a]` is a list, `a?` an option, `{left: a}` a record. Letters stand for any type, the same
 * letter for the same type: `e` for one without zippers, `k` for one that can be the key of a map (int, text, bool, key).
 */
export const SIGNATURES: Record<Primitive, string> = {
  'int.add': 'int int -> int',
  'int.subtract': 'int int -> int',
  'int.multiply': 'int int -> int',
  'int.divide': 'int int -> int',
  'int.remainder': 'int int -> int',
  'int.less': 'int int -> bool',
  'int.text': 'int -> text',
  'int.parse': 'text -> int?',
  'int.range': 'int int -> [int]',
  equal: 'e e -> bool',
  and: 'bool bool -> bool',
  or: 'bool bool -> bool',
  not: 'bool -> bool',
  'text.length': 'text -> int',
  'text.contains': 'text text -> bool',
  'text.starts': 'text text -> bool',
  'text.ends': 'text text -> bool',
  'text.find': 'text text -> int?',
  'text.less': 'text text -> bool',
  'text.concat': 'text text -> text',
  'text.lower': 'text -> text',
  'text.upper': 'text -> text',
  'text.trim': 'text -> text',
  'text.slice': 'text int int -> text',
  'text.replace': 'text text text -> text',
  'text.split': 'text text -> [text]',
  'text.join': '[text] text -> text',
  'text.bytes': 'text -> bytes',
  'bytes.length': 'bytes -> int',
  'bytes.at': 'bytes int -> int?',
  'bytes.concat': 'bytes bytes -> bytes',
  'bytes.slice': 'bytes int int -> bytes',
  'bytes.less': 'bytes bytes -> bool',
  'bytes.sha256': 'bytes -> bytes',
  'bytes.hex': 'bytes -> text',
  'bytes.parse': 'text -> bytes?',
  'bytes.text': 'bytes -> text?',
  'list.length': '[a] -> int',
  'list.contains': '[e] e -> bool',
  'list.at': '[a] int -> a?',
  'list.take': '[a] int -> [a]',
  'list.drop': '[a] int -> [a]',
  'list.reverse': '[a] -> [a]',
  'list.concat': '[a] [a] -> [a]',
  'list.flatten': '[[a]] -> [a]',
  'list.zip': '[a] [b] -> [{left: a, right: b}]',
  'map.size': 'map(k, a) -> int',
  'map.get': 'map(k, a) k -> a?',
  'map.has': 'map(k, a) k -> bool',
  'map.set': 'map(k, a) k a -> map(k, a)',
  'map.remove': 'map(k, a) k -> map(k, a)',
  'map.entries': 'map(k, a) -> [{key: k, value: a}]',
  'map.from': '[{key: k, value: a}] -> map(k, a)',
  'tree.node': 'a [tree(a)] -> tree(a)',
  'tree.value': 'tree(a) -> a',
  'tree.children': 'tree(a) -> [tree(a)]',
  'tree.size': 'tree(a) -> int',
  'tree.list': 'tree(a) -> [{depth: int, value: a}]',
  'tree.zipper': 'tree(a) -> zipper(a)',
  'zipper.tree': 'zipper(a) -> tree(a)',
  'zipper.focus': 'zipper(a) -> tree(a)',
  'zipper.value': 'zipper(a) -> a',
  'zipper.depth': 'zipper(a) -> int',
  'zipper.down': 'zipper(a) -> zipper(a)?',
  'zipper.up': 'zipper(a) -> zipper(a)?',
  'zipper.left': 'zipper(a) -> zipper(a)?',
  'zipper.right': 'zipper(a) -> zipper(a)?',
  'zipper.next': 'zipper(a) -> zipper(a)?',
  'zipper.set': 'zipper(a) a -> zipper(a)',
  'zipper.put': 'zipper(a) tree(a) -> zipper(a)',
  'zipper.insertLeft': 'zipper(a) tree(a) -> zipper(a)?',
  'zipper.insertRight': 'zipper(a) tree(a) -> zipper(a)?',
  'zipper.prepend': 'zipper(a) tree(a) -> zipper(a)',
  'zipper.append': 'zipper(a) tree(a) -> zipper(a)',
  'zipper.remove': 'zipper(a) -> zipper(a)?',
}

export const PRIMITIVE_NAMES = Object.keys(SIGNATURES) as Primitive[]

/** A type with letters in it. */
export type Pattern =
  | { letter: string }
  | { kind: 'int' | 'text' | 'bool' | 'bytes' }
  | { kind: 'list' | 'option' | 'tree' | 'zipper'; of: Pattern }
  | { kind: 'map'; keys: Pattern; of: Pattern }
  | { kind: 'record'; fields: Array<[string, Pattern]> }

export interface Signature {
  args: Pattern[]
  result: Pattern
}

const parsed = new Map(PRIMITIVE_NAMES.map((op) => [op, parseSignature(SIGNATURES[op])]))
export const signatureOf = (op: Primitive): Signature => parsed.get(op)!

function parseSignature(text: string): Signature {
  const tokens = text.match(/[a-z]+|->|[^\sa-z]/g) ?? []
  const args: Pattern[] = []
  while (tokens[0] !== '->') args.push(parsePattern(tokens))
  expect(tokens, '->')
  return { args, result: parsePattern(tokens) }
}

function expect(tokens: string[], wanted: string): void {
  if (tokens.shift() !== wanted) throw new Error(`a signature lacks ${wanted}`)
}

function parsePattern(tokens: string[]): Pattern {
  const pattern = parseAtom(tokens)
  if (tokens[0] !== '?') return pattern
  tokens.shift()
  return { kind: 'option', of: pattern }
}

function parseAtom(tokens: string[]): Pattern {
  const token = tokens.shift()!
  if (token === '[') return { kind: 'list', of: parseUntil(tokens, ']') }
  if (token === '{') return { kind: 'record', fields: [parseField(tokens, ','), parseField(tokens, '}')] }
  if (token.length === 1) return { letter: token }
  if (tokens[0] !== '(') return { kind: token as 'int' | 'text' | 'bool' | 'bytes' }
  expect(tokens, '(')
  if (token === 'map') return { kind: 'map', keys: parseUntil(tokens, ','), of: parseUntil(tokens, ')') }
  return { kind: token as 'tree' | 'zipper', of: parseUntil(tokens, ')') }
}

function parseUntil(tokens: string[], end: string): Pattern {
  const pattern = parsePattern(tokens)
  expect(tokens, end)
  return pattern
}

function parseField(tokens: string[], end: string): [string, Pattern] {
  const name = tokens.shift()!
  expect(tokens, ':')
  return [name, parseUntil(tokens, end)]
}

const KEYS: Array<Shape['kind']> = ['int', 'text', 'bool', 'key']

/** Whether a shape is one that a letter may stand for. */
const mayBe = (letter: string, shape: Shape): boolean => (letter === 'k' ? KEYS.includes(shape.kind) : letter !== 'e' || shape.plain)

function matches(pattern: Pattern, shape: Shape, letters: Map<string, Shape>): boolean {
  if ('letter' in pattern) {
    const known = letters.get(pattern.letter)
    letters.set(pattern.letter, known ?? shape)
    return known === undefined ? mayBe(pattern.letter, shape) : known === shape
  }
  if (pattern.kind !== shape.kind) return false
  if (pattern.kind === 'record')
    return (
      shape.fields!.size === pattern.fields.length &&
      pattern.fields.every(([name, part]) => shape.fields!.has(name) && matches(part, shape.fields!.get(name)!, letters))
    )
  if (pattern.kind === 'map' && !matches(pattern.keys, shape.keys!, letters)) return false
  return !('of' in pattern) || matches(pattern.of, shape.of!, letters)
}

function build(shapes: Shapes, pattern: Pattern, letters: Map<string, Shape>): Shape {
  if ('letter' in pattern) return letters.get(pattern.letter)!
  if (pattern.kind === 'record') return shapes.record(new Map(pattern.fields.map(([name, part]) => [name, build(shapes, part, letters)])))
  if (pattern.kind === 'map') return shapes.map(build(shapes, pattern.keys, letters), build(shapes, pattern.of, letters))
  return 'of' in pattern ? shapes[pattern.kind](build(shapes, pattern.of, letters)) : shapes.scalar(pattern.kind)
}

/**
 * Shape of what a primitive makes.
 * @param refuse called, and expected to throw, with what is wrong
 */
export function primitiveShape(shapes: Shapes, op: Primitive, args: Shape[], refuse: (problem: string) => never): Shape {
  const { args: wanted, result } = signatureOf(op)
  const letters = new Map<string, Shape>()
  const fits = args.length === wanted.length && args.every((shape, i) => matches(wanted[i]!, shape, letters))
  return fits ? build(shapes, result, letters) : refuse(`${op} is ${SIGNATURES[op]}, not of ${args.map(({ kind }) => kind).join(', ')}`)
}
