import type { Type } from '../document.ts'
import { emptyRecord, sortedNames } from '../value/measure.ts'
import { joinTypes } from '../value/type-bounds.ts'
import { activeBlock, addConst, addNode, BuildError, exprCores, isInside, openSource, outputSource, sealedCores } from './recorder.ts'
import type { ExprCore, Recorder } from './recorder.ts'

const BOOL: Type = { kind: 'bool' }

/** A typed node of the block being traced. */
export interface Typed {
  node: number
  type: Type
}

/** The node of an opened value in the block being traced; a value of an enclosing block is sent onward and opened here. */
export function useExpr(core: ExprCore, block: Recorder): Typed {
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

const isVisible = ({ recorder, node }: ExprCore): boolean => isInside(recorder, recorder.scope, recorder.nodeScopes[node]!)

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
  const core = typeof value === 'object' && value !== null ? exprCores.get(value) : undefined
  if (core !== undefined) return useExpr(core, block)
  if (typeof value === 'object' && value !== null && sealedCores.has(value))
    throw new BuildError('program.sealed', 'a sealed value was used as if it were open; open it with see().')
  if (typeof value === 'number') return liftInteger(block, value)
  if (typeof value === 'string') return liftText(block, value, wanted)
  if (typeof value === 'boolean') return { node: addConst(block, BOOL, value), type: BOOL }
  if (Array.isArray(value)) return liftList(block, value, wanted)
  if (value === null && wanted?.kind === 'option') return { node: addConst(block, wanted, null), type: wanted }
  if (typeof value === 'object' && value !== null) return liftRecord(block, value as Record<string, unknown>, wanted)
  throw new BuildError(
    'program.literal',
    `${typeof value} is not a Golem value; use numbers, texts, booleans, lists, objects of these, or opened values.`,
  )
}

function liftInteger(block: Recorder, value: number): Typed {
  if (!Number.isSafeInteger(value)) throw new BuildError('program.literal', `${value} is not a safe integer.`)
  const digits = String(value + 0)
  return { node: addConst(block, { kind: 'int' }, digits), type: { kind: 'int', min: digits, max: digits } }
}

function liftText(block: Recorder, value: string, wanted: Type | null): Typed {
  if (!value.isWellFormed()) throw new BuildError('program.literal', 'a text contains half of a surrogate pair.')
  const type: Type = wanted?.kind === 'key' ? wanted : { kind: 'text', max: [...value].length }
  return { node: addConst(block, type, value), type }
}

function liftList(block: Recorder, values: unknown[], wanted: Type | null): Typed {
  const hint = wanted?.kind === 'list' ? wanted.of : null
  const items = values.map((value) => lift(value, hint))
  const of = items.map((item) => item.type).reduce<Type | null>((all, type) => (all === null ? type : joinTypes(all, type)), null) ?? hint
  if (of === null) throw new BuildError('program.literal', 'an empty list needs a type; use list(declared, []).')
  return { node: addNode(block, { op: 'list', of, items: items.map((item) => item.node) }), type: { kind: 'list', of, max: items.length } }
}

function liftRecord(block: Recorder, value: Record<string, unknown>, wanted: Type | null): Typed {
  const nodes = emptyRecord<number>()
  const fields = emptyRecord<Type>()
  for (const name of sortedNames(value)) {
    const field = lift(value[name], wanted?.kind === 'record' ? (wanted.fields[name] ?? null) : null)
    nodes[name] = field.node
    fields[name] = field.type
  }
  return { node: addNode(block, { op: 'record', fields: nodes }), type: { kind: 'record', fields } }
}
