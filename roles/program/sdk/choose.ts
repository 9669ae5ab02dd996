import type { Node, Template, Type } from '../document.ts'
import { emptyRecord, sortedNames, own } from '../value/measure.ts'
import { joinTypes } from '../value/type-bounds.ts'
import { toJson } from '../value/json.ts'
import { guard } from './guards.ts'
import { lift, useExpr } from './lift.ts'
import { fieldNames, itemType, literalOf, nameOf, withHoles } from './literal.ts'
import { addConst, addNode } from './nodes.ts'
import { isExpr, isList, isPlain, isSealed } from './plain.ts'
import { activeBlock, activeEndpoint, BuildError, exprCores, outputSource, sealedCores, traceBranch } from './recorder.ts'
import type { PathStep, Recorder } from './recorder.ts'
import { sameKind } from './shape.ts'
import { makeExpr } from './values/apply.ts'

export interface Branch {
  step: PathStep
  scope: number
  result: unknown
}

export function makeSealed(template: Template, type: Type): object {
  const sealed = guard(`a sealed ${type.kind}`, {}, () => 'open it with see() to calculate with it.')
  sealedCores.set(sealed, { template, type, endpoint: activeEndpoint() })
  return sealed
}

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
      branches.map((branch, i) => ({ ...branch, result: own(results[i]!, name) })),
      join,
    )
  return made
}

function chooseOpen(branches: Branch[], join: (nodes: number[]) => Node): object {
  const block = activeBlock()
  const hint = branches.map(({ result }) => (isExpr(result) ? exprCores.get(result)!.type : null)).find((type) => type !== null) ?? null
  const typed = branches.map((branch) => traceBranch(block, branch.step, branch.scope, () => lift(branch.result, hint)).result)
  const type = typed.map((value) => value.type).reduce(joinSame)
  return makeExpr(block, addNode(block, join(typed.map((value) => value.node))), type)
}

function joinSame(a: Type, b: Type): Type {
  sameKind('program.branches', 'the results of all branches', a, b)
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

interface Part {
  template: Template
  type: Type
}

/** A result as a part of the response; opened values become outputs of the block. */
export function toTemplate(value: unknown, block: Recorder | null): Part {
  if (isSealed(value)) return sealedCores.get(value)!
  if (isExpr(value)) return sealOpen(exprCores.get(value)!, block)
  if (isPlain(value)) return recordTemplate(value, block)
  if (isList(value)) return listTemplate(value, block)
  if (value === undefined || value === null)
    throw new BuildError(
      'program.result',
      `a result is ${nameOf(value)}; a value that may be missing is an option: some(value) or none(type).`,
    )
  const literal = literalOf(value, null)!
  return { template: { literal: toJson(literal.type, literal.value), type: literal.type }, type: literal.type }
}

function sealOpen(core: Parameters<typeof useExpr>[0], block: Recorder | null): Part {
  if (block === null) throw new BuildError('program.leak', 'an opened value left its see(); return it from the callback, which seals it.')
  const { node, type } = useExpr(core, block)
  return { template: { source: outputSource(block, block.path, node, type) }, type }
}

function recordTemplate(value: Record<string, unknown>, block: Recorder | null): Part {
  const record = emptyRecord<Template>()
  const fields = emptyRecord<Type>()
  for (const name of fieldNames(value)) {
    const part = toTemplate(own(value, name), block)
    record[name] = part.template
    fields[name] = part.type
  }
  return { template: { record }, type: { kind: 'record', fields } }
}

function listTemplate(values: unknown[], block: Recorder | null): Part {
  const parts = withHoles(values).map((value) => toTemplate(value, block))
  const of = itemType(
    parts.map((part) => part.type),
    null,
  )
  return { template: { list: parts.map((part) => part.template), of }, type: { kind: 'list', of, max: parts.length } }
}

/** What `see` hands out: objects and arrays part by part, everything else sealed. */
export function sealResult(value: unknown, block: Recorder): unknown {
  if (value === undefined || isSealed(value)) return value
  if (isList(value)) return sealList(value, block)
  if (!isPlain(value)) return sealPart(value, block)
  const made = emptyRecord<unknown>()
  for (const name of fieldNames(value)) made[name] = sealPart(own(value, name), block)
  return made
}

function sealList(values: unknown[], block: Recorder): unknown[] {
  if (values.length === 0) itemType([], null)
  return withHoles(values).map((value) => sealPart(value, block))
}

function sealPart(value: unknown, block: Recorder): unknown {
  if (isPlain(value) || isList(value)) return sealResult(value, block)
  if (isSealed(value)) return value
  const part = toTemplate(value, block)
  return makeSealed(part.template, part.type)
}
