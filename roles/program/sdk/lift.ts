import type { Type } from '../document.ts'
import { emptyRecord, own } from '../value/measure.ts'
import { misfit } from '../value/fit.ts'
import { toJson } from '../value/json.ts'
import { withoutBounds } from '../value/type-bounds.ts'
import { noteUsed } from './asked.ts'
import { fieldNames, itemType, literalOf, nameOf, withHoles } from './literal.ts'
import type { Literal } from './literal.ts'
import { addConst, addNode, isInside } from './nodes.ts'
import { isExpr, isList, isSealed } from './plain.ts'
import { activeBlock, BuildError, exprCores, openSource, outputSource } from './recorder.ts'
import type { ExprCore, Recorder } from './recorder.ts'
import { isSameKind, nameOfType } from './shape.ts'

/** A typed node of the block being traced. */
export interface Typed {
  node: number
  type: Type
}

/** The node of an opened value in the block being traced; a value of an enclosing block is sent onward and opened here. */
export function useExpr(core: ExprCore, block: Recorder): Typed {
  noteUsed(core)
  if (core.recorder === block) {
    if (!isVisible(core)) throw leak()
    return { node: core.node, type: core.type }
  }
  if (!isEnclosing(core.recorder, block))
    throw new BuildError('program.foreign', 'a value that another see() opened is used here; return it from that see() and open it again.')
  if (!isVisible(core)) throw leak()
  const source = outputSource(core.recorder, core.recorder.path, core.node, core.type)
  return { node: openSource(block, source, core.type), type: core.type }
}

/** Where its content is, and where it was made: `total = total.plus(1)` in a branch means it for that branch, though it needs nothing of it. */
const isVisible = ({ recorder, node, step }: ExprCore): boolean =>
  isInside(recorder, recorder.scope, recorder.nodeScopes[node]!) && (step === undefined || recorder.path.includes(step))

const leak = (): BuildError =>
  new BuildError(
    'program.leak',
    'a value of one branch or of map, filter, fold was kept and used outside of it; return it from there instead.',
  )

function isEnclosing(outer: Recorder, block: Recorder): boolean {
  for (let at = block.parent; at !== null; at = at.parent) if (at === outer) return true
  return false
}

/**
 * Anything that stands for an opened value, as a node: opened values, literals, and lists and objects of them.
 * @param wanted type for literals that do not have one of their own (empty lists, null)
 */
export function lift(value: unknown, wanted: Type | null): Typed {
  const block = activeBlock()
  if (isExpr(value)) return useExpr(exprCores.get(value)!, block)
  if (isSealed(value)) throw new BuildError('program.sealed', 'a sealed value was used as if it were open; open it with see().')
  const literal = literalOf(value, wanted)
  if (literal !== null) return liftLiteral(literal)
  return isList(value) ? liftList(block, value, wanted) : liftRecord(block, value as Record<string, unknown>, wanted)
}

/** A constant. Its own type leaves the bounds of integers open, so that equal constants are one. */
export function liftLiteral({ type, value }: Literal): Typed {
  return { node: addConst(activeBlock(), withoutBounds(type), toJson(type, value)), type }
}

function liftList(block: Recorder, values: unknown[], wanted: Type | null): Typed {
  const hint = wanted?.kind === 'list' ? wanted.of : null
  const items = withHoles(values).map((value) => lift(value, hint))
  const of = itemType(
    items.map((item) => item.type),
    hint,
  )
  return { node: addNode(block, { op: 'list', of, items: items.map((item) => item.node) }), type: { kind: 'list', of, max: items.length } }
}

function liftRecord(block: Recorder, value: Record<string, unknown>, wanted: Type | null): Typed {
  const nodes = emptyRecord<number>()
  const fields = emptyRecord<Type>()
  for (const name of fieldNames(value)) {
    const field = lift(own(value, name), wanted?.kind === 'record' ? (own(wanted.fields, name) ?? null) : null)
    nodes[name] = field.node
    fields[name] = field.type
  }
  return { node: addNode(block, { op: 'record', fields: nodes }), type: { kind: 'record', fields } }
}

/** The same where a type is needed, whatever its bounds, and any other is a mistake. @param what says what the value is for */
export function liftKind(value: unknown, wanted: Type, what: string): Typed {
  const typed = lift(value, wanted)
  if (!isSameKind(typed.type, wanted))
    throw new BuildError('program.type', `${what} is ${nameOfType(wanted)}, not ${nameOfType(typed.type)}${howToMake(wanted, typed.type)}.`)
  return typed
}

/** Of what is easily taken for the value itself, how it is made. */
function howToMake(wanted: Type, given: Type): string {
  if (wanted.kind === 'option') return isSameKind(wanted.of, given) ? '; wrap it: some(value), or null for none' : ''
  return wanted.kind === 'variant' && given.kind !== 'variant' ? "; make one of it with construct(type, 'case', content)" : ''
}

/** The same where literals have to keep the bounds of the type too. */
export function liftAs(value: unknown, wanted: Type, what: string): Typed {
  const typed = liftKind(value, wanted, what)
  const literal = isExpr(value) ? null : literalOf(value, wanted)
  const problem = literal === null ? null : misfit(wanted, literal.value, what)
  if (problem !== null) throw new BuildError('program.bound', `${problem}.`)
  return typed
}

/** What a callback made, which must be a value. */
export function liftResult(value: unknown, wanted: Type | null, what: string): Typed {
  if (value === undefined || typeof value === 'function')
    throw new BuildError('program.result', `${what} returned ${nameOf(value)}, not a value.`)
  return wanted === null ? lift(value, null) : liftKind(value, wanted, `what ${what} returns`)
}
