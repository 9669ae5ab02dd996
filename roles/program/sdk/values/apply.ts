import type { Json, Primitive, Type } from '../../document.ts'
import { primitiveShape, SIGNATURES, signatureOf } from '../../check/signatures.ts'
import type { Pattern } from '../../check/signatures.ts'
import { LIMITS } from '../../limits.ts'
import { joinTypes } from '../../value/type-bounds.ts'
import { noteMade } from '../asked.ts'
import { BOOL, RESULTS } from '../bounds.ts'
import { typeGiven } from '../given.ts'
import { guard } from '../guards.ts'
import { lift, liftAs } from '../lift.ts'
import type { Typed } from '../lift.ts'
import type { Declared } from '../marks.ts'
import { adviceFor } from '../names.ts'
import { addConst, addNode } from '../nodes.ts'
import { activeBlock, BuildError, exprCores } from '../recorder.ts'
import type { Recorder } from '../recorder.ts'
import { nameOfType } from '../shape.ts'
import { own } from '../../value/measure.ts'

export type Method = (this: object, ...args: any[]) => unknown
/** What the opened values of a kind can do, method by method of their interface. */
export type Methods<E> = { readonly [K in Exclude<keyof E, 'equals' | 'bounded' | symbol>]-?: Method }

const counting = new WeakSet<Method>()

/** A method that looks at the number of its arguments itself. */
export function countsItself(method: Method): Method {
  counting.add(method)
  return method
}

/** How many arguments a method takes at most. */
export const mostArguments = (method: Method): number => (counting.has(method) ? Infinity : method.length)

/** An opened value. */
export function makeExpr(recorder: Recorder, node: number, type: Type): object {
  const methods = recorder.endpoint.methods[type.kind === 'option' && type.of.kind === 'zipper' ? 'place' : type.kind] ?? {}
  const made = guard(`an opened ${nameOfKind(type)}`, methods, (name) => adviceFor(methods, name))
  const core = { recorder, node, type, step: recorder.path.at(-1) }
  exprCores.set(made, core)
  if (type.kind === 'bool') noteMade(core)
  return made
}

const nameOfKind = ({ kind }: Type): string => (kind === 'int' ? 'integer' : kind === 'bool' ? 'boolean' : kind)

export const give = (typed: Typed): any => makeExpr(activeBlock(), typed.node, typed.type)

/** The value that a method is called on. */
export const self = (value: object): Typed => lift(value, null)

/** Applies a primitive; its types are checked here, so that a mistake has the developer's line. */
export function apply(op: Primitive, ...args: Typed[]): Typed {
  const block = activeBlock()
  const { shapes } = block.endpoint
  const types = args.map((argument) => argument.type)
  const isPlaces = op === 'equal' && shapes.of(types[0]!) === shapes.of(types[1]!)
  const compared = isPlaces ? 'equals compares no places in trees, nor what holds one, such as' : 'equals compares values of one type, not'
  const problem = op === 'equal' ? compared : `${op} (${SIGNATURES[op]}) does not take`
  primitiveShape(
    shapes,
    op,
    types.map((type) => shapes.of(type)),
    () => {
      throw new BuildError('program.type', `${problem} ${types.map(nameOfType).join(' and ')}.`)
    },
  )
  return { node: addNode(block, { op, args: args.map((argument) => argument.node) }), type: RESULTS[op](...types) }
}

/** Those whose integers are positions and counts. */
const POSITIONED: ReadonlySet<Primitive> = new Set(['list.at', 'list.take', 'list.drop', 'text.slice', 'bytes.at', 'bytes.slice'])

/** A position or count; JavaScript's `at(-1)` and `slice(-2)` count from the end, where Golem would find nothing. */
export function position(value: unknown): unknown {
  if (typeof value !== 'number' || value >= 0 || Object.is(value, -0)) return value
  throw new BuildError(
    'program.bound',
    `positions and counts begin with 0, and none is ${value}; from the end, use last() or reverse(), or count from length().`,
  )
}

/** A method that applies a primitive to the value and its arguments. */
export function method(op: Primitive, { swapped = false, negated = false } = {}): Method {
  return countsItself(function (this: object, ...others: unknown[]) {
    const first = self(this)
    const hints = hintsOf(op, first.type)
    if (others.length !== hints.length)
      throw new BuildError('program.type', `${op} takes ${hints.length} arguments besides the value, not ${others.length}.`)
    const args = [first, ...others.map((other, i) => lift(POSITIONED.has(op) ? position(other) : other, hints[i]!))]
    const made = apply(op, ...(swapped ? args.reverse() : args))
    return give(negated ? apply('not', made) : made)
  })
}

/** Types for literals among the arguments after the first, as far as the first one tells. */
function hintsOf(op: Primitive, first: Type): Array<Type | null> {
  const [own, ...others] = signatureOf(op).args
  const letters = new Map<string, Type>()
  readLetters(own!, first, letters)
  return others.map((pattern) => hintOf(pattern, letters))
}

function readLetters(pattern: Pattern, type: Type, letters: Map<string, Type>): void {
  if ('letter' in pattern) letters.set(pattern.letter, type)
  else if (pattern.kind === 'map' && type.kind === 'map') {
    readLetters(pattern.keys, type.keys, letters)
    readLetters(pattern.of, type.of, letters)
  } else if ('of' in pattern && 'of' in type) readLetters(pattern.of, type.of, letters)
}

function hintOf(pattern: Pattern, letters: Map<string, Type>): Type | null {
  if ('letter' in pattern) return letters.get(pattern.letter) ?? null
  if (pattern.kind !== 'list') return null
  const of = hintOf(pattern.of, letters)
  return of && { kind: 'list', of, max: LIMITS.items }
}

export const constant = (type: Type, value: Json): Typed => ({ node: addConst(activeBlock(), type, value), type })
export const integer = (value: number): Typed => ({
  node: addConst(activeBlock(), { kind: 'int' }, String(value)),
  type: { kind: 'int', min: String(value), max: String(value) },
})

/** One of two values of one type, neither with writes of its own. */
export function pick(cond: Typed, then: Typed, otherwise: Typed): Typed {
  const node = addNode(activeBlock(), { op: 'if', cond: cond.node, then: then.node, else: otherwise.node })
  return { node, type: joinTypes(then.type, otherwise.type) }
}

export const field = (of: Typed, name: string): Typed => {
  const type = of.type.kind === 'record' ? own(of.type.fields, name) : undefined
  if (type === undefined)
    throw new BuildError('program.field', `there is no field ${String(name).slice(0, 80)}; the fields are ${nameOfType(of.type)}.`)
  return { node: addNode(activeBlock(), { op: 'field', of: of.node, field: name }), type }
}

export const recordOf = (fields: Record<string, Typed>): Typed => {
  const names = Object.keys(fields).sort()
  const typed = (part: (value: Typed) => any): any => Object.fromEntries(names.map((name) => [name, part(fields[name]!)]))
  return {
    node: addNode(activeBlock(), { op: 'record', fields: typed(({ node }) => node) }),
    type: { kind: 'record', fields: typed(({ type }) => type) },
  }
}

/** The methods of every value. */
export const COMMON = {
  bounded(this: object, declared: Declared<unknown>) {
    const type = typeGiven(declared, 'bounded()')
    return give({ node: liftAs(this, type, 'the bounded value').node, type })
  },
}
export const EQUALS = { equals: method('equal') }

export const isTrue = (value: unknown, what: string): Typed => liftAs(value, BOOL, what)
