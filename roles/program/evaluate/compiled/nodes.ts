/** The code of single nodes. */
import type { Node } from '../../document.ts'
import { sortedNames } from '../../value/measure.ts'
import { PRIMITIVES } from '../primitives/index.ts'
import { BYTES } from '../primitives/operation.ts'
import { isInlined, writeEach } from './loops.ts'
import { isSafe } from '../../value/interval.ts'
import type { Interval } from '../../value/interval.ts'
import type { Ranges } from './ranges.ts'
import type { Region } from './regions.ts'
import { asFunction, constant, count, line, placeOf, property, sumOf, use } from './writer.ts'
import type { Cost, EmitRegion, Writer } from './writer.ts'

/** Steps and bytes that a node costs whenever it is evaluated; what depends on values is counted by the code itself. */
export function costOf(writer: Writer, index: number): Cost {
  const node = writer.body.nodes[index]!
  switch (node.op) {
    case 'record':
      return container(sortedNames(node.fields).length)
    case 'list':
      return container(node.items.length)
    case 'variant':
      return { steps: 1, bytes: 16 }
    case 'some':
      return { steps: 1, bytes: BYTES.some }
    case 'if':
    case 'field':
    case 'match':
    case 'unwrap':
    case 'and':
    case 'or':
    case 'not':
      return { steps: 1, bytes: 0 }
    default:
      return { steps: Number('scope' in node && node.op !== 'param' ? isInlined(writer, node) : isArithmetic(writer, node)), bytes: 0 }
  }
}

/** What the nodes of a region cost that are calculated whenever it runs. */
export const regionCost = (writer: Writer, { nodes }: Region): Cost =>
  sumOf(nodes.filter((node) => placeOf(writer, node).lazy === null).map((node) => costOf(writer, node)))

const container = (parts: number): Cost => ({ steps: 1 + Math.floor(parts / 32), bytes: BYTES.item * parts })

type Operation = Extract<Node, { args: number[] }>

const ARITHMETIC = ['int.add', 'int.subtract', 'int.multiply', 'int.divide', 'int.remainder', 'int.less']

/** Operations on integers (and equality of integers and bools) whose code stands in line. */
const isArithmetic = (writer: Writer, node: Node): boolean =>
  ARITHMETIC.includes(node.op) || (node.op === 'equal' && ['int', 'bool'].includes(writer.shapes[node.args[0]!]!.kind))

/** Writes what makes `v<index>` available, or the function `f<index>` where it may not be needed. */
export function writeNode(writer: Writer, index: number, region: EmitRegion): void {
  const { lazy } = placeOf(writer, index)
  if (lazy === null) return writeValue(writer, index, region)
  line(writer, `let v${index}, d${index} = false`)
  asFunction(writer, `const f${index} = () => {`, () => {
    line(writer, `if (d${index}) return v${index}`)
    count(writer, costOf(writer, index))
    region(writer, lazy)
    writeValue(writer, index, region, true)
    line(writer, `d${index} = true`)
    return `v${index}`
  })
}

function writeValue(writer: Writer, index: number, region: EmitRegion, isDeclared = false): void {
  const node = writer.body.nodes[index]!
  const declare = isDeclared ? '' : 'let '
  if ('scope' in node && node.op !== 'param') {
    return writeEach(writer, index, node, declare, region)
  }
  if (node.op === 'record') return writeRecord(writer, index, node.fields, declare)
  const simple = expressionOf(writer, node)
  if (simple === null) return writeBranches(writer, index, node, declare, region)
  line(writer, `${declare}v${index} = ${simple}`)
  if ('args' in node && ARITHMETIC.includes(node.op)) writeCheck(writer, index, node)
}

/** A value that needs no branch; null for the others. */
function expressionOf(writer: Writer, node: Node): string | null {
  const value = (index: number): string => use(writer, index)
  switch (node.op) {
    case 'field':
      return `${value(node.of)}${property(node.field)}`
    case 'list':
      return `[${node.items.map(value).join(', ')}]`
    case 'variant':
      return `{ tag: ${constant(writer, node.tag)}, value: ${value(node.value)} }`
    case 'some':
      return `{ some: ${value(node.value)} }`
    case 'not':
      return `!${value(node.args[0]!)}`
    case 'equal':
      return equality(writer, node.args as [number, number])
    default:
      if (!('args' in node) || node.op === 'and' || node.op === 'or') return null
      return arithmetic(writer, node) ?? `${primitive(writer, node.op)}(m, ${node.args.map(value).join(', ')})`
  }
}

const primitive = (writer: Writer, op: keyof typeof PRIMITIVES): string => constant(writer, PRIMITIVES[op])

/** Fields in the order of their sorted names, as everywhere, so that equal records have one layout. */
function writeRecord(writer: Writer, index: number, fields: Record<string, number>, declare: string): void {
  line(writer, `${declare}v${index} = N()`)
  for (const name of sortedNames(fields)) line(writer, `v${index}${property(name)} = ${use(writer, fields[name]!)}`)
}

function equality(writer: Writer, [a, b]: [number, number]): string {
  const { kind } = writer.shapes[a]!
  const [x, y] = [use(writer, a), use(writer, b)]
  return kind === 'int' || kind === 'bool' ? `${x} === ${y}` : `${primitive(writer, 'equal')}(m, ${x}, ${y})`
}

function arithmetic(writer: Writer, node: Operation): string | null {
  const [a, b] = node.args.map((argument) => use(writer, argument)) as [string, string]
  switch (node.op) {
    case 'int.add':
      return `${a} + ${b}`
    case 'int.subtract':
      return `${a} - ${b}`
    case 'int.multiply':
      return `${a} * ${b}${mayBeMinusZero(writer.ranges, node) ? ' + 0' : ''}`
    case 'int.less':
      return `${a} < ${b}`
    case 'int.divide':
      return `${a} / ${b}`
    case 'int.remainder':
      return `${a} % ${b}`
    default:
      return null
  }
}

function mayBeMinusZero(ranges: Ranges, { args }: { args: number[] }): boolean {
  const [a, b] = args.map((argument) => ranges.of(argument)) as [Interval, Interval]
  return (a.least < 0 && b.least <= 0) || (b.least < 0 && a.least <= 0)
}

/** What makes integers exact or an error: the reference evaluator finds out which when the code throws `Q`. */
function writeCheck(writer: Writer, index: number, node: Operation): void {
  const v = `v${index}`
  if (node.op === 'int.less') return
  if (node.op === 'int.divide' || node.op === 'int.remainder') return writeDivision(writer, v, node)
  if (!isSafe(writer.ranges.before(node))) line(writer, `if (!Number.isSafeInteger(${v})) throw Q`)
}

/** Rounds down, with the sign of the divisor; see `primitives/int.ts`. A division by zero makes something that is not finite. */
function writeDivision(writer: Writer, v: string, node: Operation): void {
  const [a, b] = node.args.map((argument) => writer.ranges.of(argument)) as [Interval, Interval]
  const divisor = use(writer, node.args[1]!)
  if (b.least <= 0 && b.most >= 0) line(writer, `if (${divisor} === 0) throw Q`)
  const isNatural = a.least >= 0 && b.least >= 0
  if (node.op === 'int.divide') line(writer, `${v} = Math.floor(${v})${isNatural ? '' : ' + 0'}`)
  else if (!isNatural) line(writer, `${v} = (${v} !== 0 && ${v} < 0 !== ${divisor} < 0 ? ${v} + ${divisor} : ${v}) + 0`)
}

/** Only the branch that is taken is calculated. */
function writeBranches(writer: Writer, index: number, node: Node, declare: string, region: EmitRegion): void {
  const { parts } = placeOf(writer, index)
  const v = `v${index}`
  if (declare !== '') line(writer, `let ${v}`)
  const branch = (part: number, result: number): void => {
    region(writer, parts[part]!)
    line(writer, `${v} = ${use(writer, result)}`)
  }
  const either = (condition: string, then: number, otherwise: number): void => {
    line(writer, `if (${condition}) {`)
    branch(0, then)
    line(writer, '} else {')
    branch(1, otherwise)
    line(writer, '}')
  }
  if (node.op === 'if') return either(use(writer, node.cond), node.then, node.else)
  if (node.op === 'unwrap') return either(`${use(writer, writer.body.scopes[node.some.scope]!.over)} !== null`, node.some.result, node.none)
  if (node.op === 'match') return writeMatch(writer, node, (arm) => branch(arm, node.arms[arm]!.result))
  if (node.op !== 'and' && node.op !== 'or') throw new Error(`${node.op} has no branches`)
  line(writer, `${v} = ${use(writer, node.args[0]!)}`)
  line(writer, `if (${node.op === 'and' ? v : `!${v}`}) {`)
  branch(0, node.args[1]!)
  line(writer, '}')
}

/** Tags are told apart by their position in the sorted list of cases. */
function writeMatch(writer: Writer, node: Node & { op: 'match' }, arm: (index: number) => void): void {
  const scopes = node.arms.map(({ scope }) => writer.body.scopes[scope]!)
  writeSwitch(
    writer,
    use(writer, scopes[0]!.over),
    scopes.map((scope) => (scope.kind === 'case' ? scope.tag : '')),
    arm,
  )
}

export function writeSwitch(writer: Writer, over: string, tags: string[], arm: (index: number) => void): void {
  // A single case is not asked for its tag, but it is evaluated, which costs and may fail.
  if (tags.length === 1) line(writer, over)
  if (tags.length > FEW_TAGS) return writeTable(writer, over, tags, arm)
  tags.forEach((tag, i) => {
    const isLast = i === tags.length - 1
    line(writer, `${i === 0 ? '' : '} else '}${isLast ? '{' : `if (${over}.tag === ${constant(writer, tag)}) {`}`)
    arm(i)
  })
  line(writer, '}')
}

/** Tags that are compared one by one; more are looked up. */
const FEW_TAGS = 8

function writeTable(writer: Writer, over: string, tags: string[], arm: (index: number) => void): void {
  line(writer, `switch (${constant(writer, new Map(tags.map((tag, i) => [tag, i])))}.get(${over}.tag)) {`)
  tags.forEach((_, i) => {
    line(writer, `case ${i}: {`)
    arm(i)
    line(writer, 'break }')
  })
  line(writer, '}')
}
