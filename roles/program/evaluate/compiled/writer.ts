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
  /** Functions that stand outside of the main one. */
  outside: string[]
  /** What was counted since the meter was told. */
  counted: { steps: boolean; bytes: boolean }
  /** Names that were used while functions are written apart, the innermost last. */
  used: Array<Set<string>>
  /** What the code names k0, k1, …: nothing of a document's text stands in the code but checked field names. */
  constants: Map<unknown, number>
  values: Map<Node, Value>
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
  if (node.op === 'const') return constantOf(writer, node)
  if (node.op === 'param') return paramOf(writer, node)
  if (node.op === 'input') return named(writer, `i${node.input}`)
  return placeOf(writer, index).lazy === null ? named(writer, `v${index}`) : `${named(writer, `f${index}`)}()`
}

function named(writer: Writer, name: string): string {
  writer.used.at(-1)?.add(name)
  return name
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
  if (scope.kind === 'fold') return named(writer, node.param === 0 ? `t${node.scope}` : `x${node.scope}`)
  return named(writer, node.param === 0 ? `x${node.scope}` : `r${node.scope}`)
}

/** Steps and bytes that are known before the program runs. */
export interface Cost {
  steps: number
  bytes: number
}

export const sumOf = (costs: Cost[]): Cost =>
  costs.reduce((sum, { steps, bytes }) => ({ steps: sum.steps + steps, bytes: sum.bytes + bytes }), { steps: 0, bytes: 0 })

/**
 * Every function of the code counts in variables of its own, which engines keep in registers, and tells the meter when it returns.
 * @param times an expression, for what is counted ahead for all items of a list
 */
export function count(writer: Writer, { steps, bytes }: Cost, times = ''): void {
  const by = times === '' ? '' : ` * ${times}`
  if (steps > 0) writer.counted.steps = true
  if (bytes > 0) writer.counted.bytes = true
  if (steps > 0) line(writer, `s += ${steps}${by}`)
  if (bytes > 0) line(writer, `b += ${bytes}${by}`)
}

/** Stops a call that went over its steps. Bytes that are known before grow with the steps, so they are looked at in the end. */
export const stopAtBudget = (writer: Writer): void => line(writer, 'if (s > S) throw Q')

/** Tells the meter. Only where every way through the function comes by: what was counted before on other ways would be lost. */
export function tellMeter(writer: Writer): void {
  if (writer.counted.steps) line(writer, 'm.steps += s, s = 0')
  if (writer.counted.bytes) line(writer, 'm.bytes += b, b = 0')
  writer.counted = { steps: false, bytes: false }
}

/** A function inside of the code. @param body writes it and gives what it returns */
export function asFunction(writer: Writer, head: string, body: () => string, end = '}'): void {
  line(writer, head)
  writeBody(writer, body, end)
}

/** What stands between the head of a function and its end. */
export function writeBody(writer: Writer, body: () => string, end = '}'): void {
  const { counted } = writer
  writer.counted = { steps: false, bytes: false }
  line(writer, 'let s = 0, b = 0')
  const result = body()
  tellMeter(writer)
  line(writer, `return ${result}`)
  line(writer, end)
  writer.counted = counted
}

/** Writes a function outside of the main one. @returns the names of outside that it needs */
export function apart(writer: Writer, own: string[], write: () => void): string[] {
  const lines = writer.lines
  const used = new Set<string>()
  writer.lines = []
  writer.used.push(used)
  write()
  writer.used.pop()
  writer.outside.push(...writer.lines)
  const declared = new Set([...own, ...writer.lines.flatMap(declaredIn)])
  writer.lines = lines
  return [...used].filter((name) => !declared.has(name)).map((name) => named(writer, name))
}

/** Names that a line of code declares: the first of a declaration (further ones are used nowhere else), or parameters of a function. */
const declaredIn = (text: string): string[] =>
  /^(?:let|const) ([a-z]\d+)/.exec(text)?.slice(1) ?? /\(([a-z\d, ]+)\) => \{$/.exec(text)?.[1]!.split(', ') ?? []

/** Fills in what was not known when functions outside of the main one were written. */
export function fillIn(writer: Writer, mark: string, text: string): void {
  writer.outside = writer.outside.map((one) => one.replaceAll(`S${mark})`, `S${text})`))
}

/** Writes the nodes of a region. @param isCounted their costs are counted already */
export type EmitRegion = (writer: Writer, region: Region, isCounted?: boolean) => void
