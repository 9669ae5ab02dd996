import type { Node, Template, Type } from '../document.ts'
import { emptyRecord, sortedNames } from '../value/measure.ts'
import { joinTypes } from '../value/type-bounds.ts'
import { literalTemplate, makeExpr } from './expr.ts'
import { lift, useExpr } from './lift.ts'
import {
  activeBlock,
  activeEndpoint,
  addConst,
  addNode,
  BuildError,
  exprCores,
  outputSource,
  sealedCores,
  traceBranch,
} from './recorder.ts'
import type { PathStep, Recorder } from './recorder.ts'

export interface Branch {
  step: PathStep
  scope: number
  result: unknown
}

export function makeSealed(template: Template, type: Type): object {
  const sealed = Object.freeze(Object.create(null)) as object
  sealedCores.set(sealed, { template, type, endpoint: activeEndpoint() })
  return sealed
}

const isSealed = (value: unknown): value is object => typeof value === 'object' && value !== null && sealedCores.has(value)
const isExpr = (value: unknown): value is object => typeof value === 'object' && value !== null && exprCores.has(value)

/** A developer's object of results, taken field by field. */
export const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isSealed(value) && !isExpr(value)

/** The results of branches as one: opened where all are open, field by field for objects, sealed where one is sealed. */
export function chooseBranches(branches: Branch[], join: (nodes: number[]) => Node): unknown {
  const results = branches.map((branch) => branch.result)
  if (results.every((result) => result === undefined)) return undefined
  if (results.some((result) => result === undefined))
    throw new BuildError('program.branches', 'one branch returns a value and another returns nothing.')
  if (results.every(isPlain)) return chooseFields(branches, results, join)
  return results.some(isSealed) ? chooseSealed(branches) : chooseOpen(branches, join)
}

function chooseFields(branches: Branch[], results: Array<Record<string, unknown>>, join: (nodes: number[]) => Node): unknown {
  const names = sortedNames(results[0]!)
  if (results.some((result) => sortedNames(result).join() !== names.join()))
    throw new BuildError('program.branches', 'the branches return objects with different fields.')
  const made = emptyRecord<unknown>()
  for (const name of names)
    made[name] = chooseBranches(
      branches.map((branch, i) => ({ ...branch, result: results[i]![name] })),
      join,
    )
  return made
}

function chooseOpen(branches: Branch[], join: (nodes: number[]) => Node): object {
  const block = activeBlock()
  const typed = branches.map((branch) => traceBranch(block, branch.step, branch.scope, () => lift(branch.result, null)).result)
  const type = typed.map((value) => value.type).reduce(joinSame)
  return makeExpr(block, addNode(block, join(typed.map((value) => value.node))), type)
}

function joinSame(a: Type, b: Type): Type {
  if (a.kind !== b.kind) throw new BuildError('program.branches', `one branch returns ${a.kind} and another ${b.kind}.`)
  return joinTypes(a, b)
}

/** The client chooses: it opens one bit for every branch but the last. */
function chooseSealed(branches: Branch[]): object {
  const block = activeBlock()
  const parts = branches.map((branch) => traceBranch(block, branch.step, branch.scope, () => toTemplate(branch.result, block)).result)
  const type = parts.map((part) => part.type).reduce(joinSame)
  const template = parts
    .slice(0, -1)
    .reduceRight<Template>(
      (rest, part, i) => ({ if: bitOf(block, branches[i]!.step), then: part.template, else: rest }),
      parts.at(-1)!.template,
    )
  return makeSealed(template, type)
}

function bitOf(block: Recorder, step: PathStep) {
  return outputSource(block, [...block.path, step], addConst(block, { kind: 'bool' }, true), { kind: 'bool' })
}

/** A result as a part of the response; opened values become outputs of the block. */
export function toTemplate(value: unknown, block: Recorder | null): { template: Template; type: Type } {
  const sealed = isSealed(value) ? sealedCores.get(value) : undefined
  if (sealed !== undefined) return sealed
  const core = isExpr(value) ? exprCores.get(value) : undefined
  if (core !== undefined) return sealOpen(core, block)
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') {
    const made = literalTemplate(value)
    return { template: made, type: made.type }
  }
  if (!isPlain(value))
    throw new BuildError('program.result', 'a result is built of sealed or opened values, literals, and objects of these.')
  return recordTemplate(value, block)
}

function sealOpen(core: Parameters<typeof useExpr>[0], block: Recorder | null): { template: Template; type: Type } {
  if (block === null) throw new BuildError('program.leak', 'an opened value left its see(); return it from the callback, which seals it.')
  const { node, type } = useExpr(core, block)
  return { template: { source: outputSource(block, block.path, node, type) }, type }
}

function recordTemplate(value: Record<string, unknown>, block: Recorder | null): { template: Template; type: Type } {
  const record = emptyRecord<Template>()
  const fields = emptyRecord<Type>()
  for (const name of sortedNames(value)) {
    const part = toTemplate(value[name], block)
    record[name] = part.template
    fields[name] = part.type
  }
  return { template: { record }, type: { kind: 'record', fields } }
}

/** What `see` hands out: objects field by field, everything else sealed. */
export function sealResult(value: unknown, block: Recorder): unknown {
  if (value === undefined || isSealed(value)) return value
  if (!isPlain(value)) {
    const part = toTemplate(value, block)
    return makeSealed(part.template, part.type)
  }
  const made = emptyRecord<unknown>()
  for (const name of sortedNames(value)) made[name] = sealResult(value[name], block)
  return made
}
