/** Generated text and what it refers to. */
import type { Block, Body, Node } from '../../document.ts'
import type { Shape } from '../../check/shapes.ts'
import { NAME } from '../../limits.ts'
import { isRun } from '../../scopes.ts'
import { fromJson } from '../../value/json.ts'
import type { Value } from '../../value/value.ts'
import type { Place, Plan, Region } from './regions.ts'
import type { Ranges } from './ranges.ts'

export interface Writer {
  block: Block
  body: Body
  plan: Plan
  shapes: Shape[]
  ranges: Ranges
  lines: string[]
  /** What the code names k0, k1, …: nothing of a document's text stands in the code but checked field names. */
  constants: Map<unknown, number>
  values: Map<Node, Value>
  /** Inside of a function of the generated code counters are those of the meter, so that the main function keeps its own in registers. */
  inside: number
  /** Lists that are made and run over in one loop: the node that makes the list, by the node that runs over it. */
  makers: Map<number, number>
}

export const line = (writer: Writer, text: string): void => {
  writer.lines.push(text)
}

/** The name of an object that the code refers to. */
export function constant(writer: Writer, value: unknown): string {
  const at = writer.constants.get(value) ?? writer.constants.size
  writer.constants.set(value, at)
  return `k${at}`
}

/** A property access. Field names are the only text of a document in the code, and they are looked at again here. */
export function property(name: string): string {
  if (!NAME.test(name)) throw new Error('a checked program has no such field name')
  return `.${name}`
}

export const placeOf = (writer: Writer, node: number): Place => writer.plan.places[node]!

/** The expression that stands for a node's value where it is needed. */
export function use(writer: Writer, index: number): string {
  const node = writer.body.nodes[index]!
  if (node.op === 'input') return `i${node.input}`
  if (node.op === 'const') return constantOf(writer, node)
  if (node.op === 'param') return paramOf(writer, node)
  return placeOf(writer, index).lazy === null ? `v${index}` : `f${index}()`
}

function constantOf(writer: Writer, node: Node & { op: 'const' }): string {
  if (node.type.kind === 'int') return `(${Number(node.value)})`
  if (node.type.kind === 'bool') return node.value === true ? 'true' : 'false'
  const known = writer.values.get(node)
  if (known !== undefined) return constant(writer, known)
  const read = fromJson(node.type, node.value)
  if (!read.ok) throw new Error(`a checked constant must fit its type: ${read.error.message}`)
  writer.values.set(node, read.value)
  return constant(writer, read.value)
}

function paramOf(writer: Writer, node: Node & { op: 'param' }): string {
  const scope = writer.body.scopes[node.scope]!
  if (!isRun(scope)) return `${use(writer, scope.over)}${scope.kind === 'case' ? '.value' : '.some'}`
  if (scope.kind === 'fold') return node.param === 0 ? `t${node.scope}` : `x${node.scope}`
  return node.param === 0 ? `x${node.scope}` : `r${node.scope}`
}

/** Steps and bytes that are known before the program runs. */
export interface Cost {
  steps: number
  bytes: number
}

export function count(writer: Writer, { steps, bytes }: Cost): void {
  const [s, b] = writer.inside > 0 ? ['m.steps', 'm.bytes'] : ['s', 'b']
  if (steps > 0) line(writer, `${s} += ${steps}`)
  if (bytes > 0) line(writer, `${b} += ${bytes}`)
}

/** Stops a call that went over its steps, at every turn of a loop. Bytes that are known before grow with the steps, so they are looked at in the end. */
export function stopAtBudget(writer: Writer): void {
  line(writer, `if (${writer.inside > 0 ? 'm.steps' : 's'} > S) throw Q`)
}

/** A function of the generated code. */
export function asFunction(writer: Writer, head: string, body: () => void, end = '}'): void {
  line(writer, head)
  writer.inside++
  body()
  writer.inside--
  line(writer, end)
}

/** What each turn of a loop costs besides its nodes, and whether the budget is looked at: one look for each item is enough. */
export interface Turn extends Cost {
  checks: boolean
}

/** Writes the nodes of a region. @param turn where the region is the body of a loop */
export type EmitRegion = (writer: Writer, region: Region, turn?: Turn) => void
