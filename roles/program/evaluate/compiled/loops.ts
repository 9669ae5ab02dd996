/** The code of operations over all items of a list or all nodes of a tree. */
import type { Each, Scope } from '../../document.ts'
import { LIMITS } from '../../limits.ts'
import { BYTES } from '../primitives/operation.ts'
import { regionCost } from './nodes.ts'
import { apart, asFunction, constant, count, fillIn, line, placeOf, stopAtBudget, sumOf, tellMeter, use, writeBody } from './writer.ts'
import type { Cost, EmitRegion, Writer } from './writer.ts'

const LOOPS: Array<Each['op']> = ['map', 'filter', 'fold', 'any', 'all']
/** Operations whose list another one can run over without its being made. */
const MAKERS: Array<Each['op']> = ['map', 'filter']
const CONSUMERS: Array<Each['op']> = ['map', 'filter', 'fold']

const scopeOf = (writer: Writer, { scope }: Each): Scope => writer.body.scopes[scope]!
const runsOverList = (writer: Writer, node: Each): boolean => writer.shapes[scopeOf(writer, node).over]!.kind === 'list'

/** Whether the loop stands in the code; the others are calls of the reference evaluator's `runEach`. */
export const isInlined = (writer: Writer, node: Each): boolean =>
  runsOverList(writer, node) ? LOOPS.includes(node.op) : node.op === 'fold'

/** What each turn costs besides what stands in the loop. */
const turnOf = ({ op }: Each): Cost => ({ steps: 1, bytes: MAKERS.includes(op) ? BYTES.item : 0 })

/** Finds the lists that need not be made: one loop makes an item and goes on with it. */
export function fuseLoops(writer: Writer): void {
  const { nodes } = writer.body
  for (const [index, node] of nodes.entries()) {
    if (!isLoop(writer, index) || !CONSUMERS.includes((node as Each).op)) continue
    const maker = scopeOf(writer, node as Each).over
    const made = nodes[maker]!
    if (!isLoop(writer, maker) || !MAKERS.includes((made as Each).op) || writer.plan.uses[maker] !== 1) continue
    const [here, there] = [placeOf(writer, index), placeOf(writer, maker)]
    // What the second loop needs of outside is calculated where there is an item; after a filter there may be none.
    const isSure = here.parts[0]!.nodes.length === 0 || (made.op === 'map' && !writer.makers.has(maker))
    if (here.lazy === null && there.lazy === null && here.region === there.region && isSure) writer.makers.set(index, maker)
  }
}

function isLoop(writer: Writer, index: number): boolean {
  const node = writer.body.nodes[index]!
  return (
    'scope' in node &&
    node.op !== 'param' &&
    writer.plan.places[index] !== undefined &&
    runsOverList(writer, node) &&
    isInlined(writer, node)
  )
}

export function writeEach(writer: Writer, index: number, node: Each, declare: string, region: EmitRegion): void {
  if ([...writer.makers.values()].includes(index)) return
  if (!isInlined(writer, node)) return writeCall(writer, index, node, declare, region)
  if (runsOverList(writer, node)) return writeLoop(writer, index, node, declare, region)
  return scopeOf(writer, node).kind === 'tree'
    ? writeRise(writer, index, node, declare, region)
    : writeWalk(writer, index, node, declare, region)
}

// ───────────────────────────── lists ─────────────────────────────

/** The nodes of one loop, the first maker first. */
function chainOf(writer: Writer, index: number): number[] {
  const chain = [index]
  for (let at = writer.makers.get(index); at !== undefined; at = writer.makers.get(at)) chain.unshift(at)
  return chain
}

const eachAt = (writer: Writer, index: number): Each => writer.body.nodes[index] as Each

function writeLoop(writer: Writer, index: number, node: Each, declare: string, region: EmitRegion): void {
  const chain = chainOf(writer, index)
  const scope = scopeOf(writer, node)
  const first = eachAt(writer, chain[0]!)
  const children = childrenOf(writer, chain[0]!)
  if (scope.kind === 'fold') line(writer, `let t${node.scope} = ${use(writer, scope.start)}`)
  line(writer, `${declare}v${index} = ${node.op === 'any' ? 'false' : node.op === 'all' ? 'true' : node.op === 'fold' ? '0' : '[]'}`)
  line(writer, `const a${index} = ${children === null ? use(writer, scopeOf(writer, first).over) : 'n.children'}`)
  const ahead = costAhead(writer, chain)
  const needed = chain.map((at) => placeOf(writer, at).parts[0]!).filter(({ nodes }) => nodes.length > 0)
  if (children === null) countAhead(writer, ahead.cost, `a${index}.length`)
  else tellMeter(writer)
  line(writer, needed.length > 0 || children !== null ? `if (a${index}.length > 0) {` : '{')
  if (children !== null) tellOfChildren(writer, ahead.cost, `a${index}.length`)
  for (const before of needed) region(writer, before)
  line(writer, `for (let j = 0; j < a${index}.length; j++) {`)
  line(writer, `const x${first.scope} = ${children === null ? `a${index}[j]` : callOf(children, `a${index}[j]`)}`)
  writeStage(writer, chain, 0, ahead.stages, region)
  if (chain.some((at, stage) => stage >= ahead.stages || placeOf(writer, at).parts[1]!.groups.length > 0)) stopAtBudget(writer)
  line(writer, '}')
  line(writer, '}')
  if (scope.kind === 'fold') line(writer, `v${index} = t${node.scope}`)
}

const stops = ({ op }: Each): boolean => op === 'any' || op === 'all'

/** What every item is sure to cost, and the number of stages that this covers; nothing where a loop may stop early. */
function costAhead(writer: Writer, chain: number[]): { stages: number; cost: Cost } {
  if (stops(eachAt(writer, chain.at(-1)!))) return { stages: 0, cost: sumOf([]) }
  const filter = chain.findIndex((at) => eachAt(writer, at).op === 'filter')
  const stages = filter < 0 ? chain.length : filter + 1
  const costs = chain.slice(0, stages).flatMap((at) => [turnOf(eachAt(writer, at)), regionCost(writer, placeOf(writer, at).parts[1]!)])
  return { stages, cost: sumOf(costs) }
}

function countAhead(writer: Writer, cost: Cost, length: string): void {
  if (cost.steps === 0) return
  count(writer, cost, length)
  stopAtBudget(writer)
}

/**
 * Children are told to the meter at once: the calls that go to them look at it, and nothing has to be kept across these calls. A loop over children
 * stands where every way through its function comes by (`childrenOf`).
 */
function tellOfChildren(writer: Writer, cost: Cost, length: string): void {
  const { steps, bytes } = sumOf([CHILD, cost])
  line(writer, `m.steps += ${steps} * ${length}`)
  line(writer, `m.bytes += ${bytes} * ${length}`)
}

/** One operation of a loop on the item at hand, and those after it. @param always stages that were counted ahead */
function writeStage(writer: Writer, chain: number[], stage: number, always: number, region: EmitRegion): void {
  const index = chain[stage]!
  const node = eachAt(writer, index)
  const body = placeOf(writer, index).parts[1]!
  if (stage >= always) count(writer, sumOf([turnOf(node), regionCost(writer, body)]))
  region(writer, body, true)
  const result = use(writer, node.result)
  if (stage === chain.length - 1) return line(writer, endOf(node, index, result))
  const next = eachAt(writer, chain[stage + 1]!).scope
  const isFilter = node.op === 'filter'
  line(writer, isFilter ? `if (${result}) {` : '{')
  line(writer, `const x${next} = ${isFilter ? `x${node.scope}` : result}`)
  writeStage(writer, chain, stage + 1, always, region)
  line(writer, '}')
}

function endOf(node: Each, index: number, result: string): string {
  switch (node.op) {
    case 'map':
      return `v${index}.push(${result})`
    case 'filter':
      return `if (${result}) v${index}.push(x${node.scope})`
    case 'any':
      return `if (${result}) { v${index} = true; break }`
    case 'all':
      return `if (!${result}) { v${index} = false; break }`
    default:
      return `t${node.scope} = ${result}`
  }
}

// ───────────────────────────── trees ─────────────────────────────

/** What a child costs before it is looked at, and what it made in the list of its parent. */
const CHILD: Cost = { steps: 2, bytes: BYTES.node + BYTES.item }

/** Uses of the list of what the children of a node made. */
function resultsOf(writer: Writer, scope: number): number {
  const { nodes } = writer.body
  return nodes.reduce(
    (uses, node, i) => uses + (node.op === 'param' && node.scope === scope && node.param === 1 ? writer.plan.uses[i]! : 0),
    0,
  )
}

/** The node folding a tree, when this loop is the only one over what the children of a node made: then no list of it is made. */
function childrenOf(writer: Writer, index: number): number | null {
  const over = writer.body.nodes[scopeOf(writer, eachAt(writer, index)).over]!
  if (over.op !== 'param' || over.param !== 1 || writer.body.scopes[over.scope]!.kind !== 'tree') return null
  const folding = writer.body.nodes.findIndex((node) => 'scope' in node && node.op === 'fold' && node.scope === over.scope)
  const { region, lazy } = placeOf(writer, index)
  const isAlways = lazy === null && region === writer.plan.places[folding]?.parts[1] && CONSUMERS.includes(eachAt(writer, index).op)
  return isAlways && resultsOf(writer, over.scope) === 1 ? folding : null
}

/** Whether a loop inside of the fold goes over the children itself. */
function isFusedWithChildren(writer: Writer, index: number, scope: number): boolean {
  const last = placeOf(writer, index).parts[1]!.nodes
  return resultsOf(writer, scope) === 1 && last.some((at) => isLoop(writer, at) && childrenOf(writer, chainOf(writer, at)[0]!) === index)
}

/** A call of the function that folds a tree; what it needs of outside is filled in when its code is known. */
const callOf = (folding: number, node: string): string => `g${folding}(${node}, m, S@${folding})`

/**
 * A fold from the leaves up, as a function that calls itself; a tree that is too deep for the stack ends in a RangeError, and the call goes to the
 * reference, which needs none. It stands outside of the main function, because engines are good at calls of functions
 * that are always the same, so it is given what it needs.
 */
function writeRise(writer: Writer, index: number, node: Each, declare: string, region: EmitRegion): void {
  const [before, loop] = placeOf(writer, index).parts
  region(writer, before!)
  const outside = apart(writer, [`x${node.scope}`, `r${node.scope}`], () => {
    line(writer, `function g${index}(n, m, S@${index}) {`)
    line(writer, `if (m.steps > S) throw Q`)
    writeBody(writer, () => {
      line(writer, `const x${node.scope} = n.value`)
      if (!isFusedWithChildren(writer, index, node.scope)) writeResults(writer, index, node.scope)
      region(writer, loop!)
      return use(writer, node.result)
    })
  })
  fillIn(writer, `@${index}`, outside.map((name) => `, ${name}`).join(''))
  count(writer, { steps: 1, bytes: 0 })
  line(
    writer,
    `${declare}v${index} = ${callOf(index, use(writer, scopeOf(writer, node).over)).replace(`@${index}`, outside.map((name) => `, ${name}`).join(''))}`,
  )
}

/** The list of what the children of a node made. */
function writeResults(writer: Writer, index: number, scope: number): void {
  line(writer, `const r${scope} = []`)
  count(writer, CHILD, 'n.children.length')
  line(writer, `for (let j = 0; j < n.children.length; j++) r${scope}.push(${callOf(index, 'n.children[j]')})`)
}

/** A fold over the nodes, each before its children. */
function writeWalk(writer: Writer, index: number, node: Each, declare: string, region: EmitRegion): void {
  const [before, loop] = placeOf(writer, index).parts
  const scope = scopeOf(writer, node)
  region(writer, before!)
  line(writer, `let t${node.scope} = ${scope.kind === 'fold' ? use(writer, scope.start) : 'null'}, c${index} = 0`)
  asFunction(writer, `const g${index} = (n) => {`, () => {
    line(writer, `if (++c${index} > ${LIMITS.items} || m.steps > S) throw Q`)
    line(writer, `const x${node.scope} = n.value`)
    count(writer, { steps: 2, bytes: 0 })
    region(writer, loop!)
    line(writer, `t${node.scope} = ${use(writer, node.result)}`)
    line(writer, `for (let j = 0; j < n.children.length; j++) g${index}(n.children[j])`)
    return 'null'
  })
  line(writer, `g${index}(${use(writer, scope.over)}, 0)`)
  line(writer, `${declare}v${index} = t${node.scope}`)
}

// ───────────────────────────── the others ─────────────────────────────

const PARAMS: Record<'item' | 'fold' | 'tree', (scope: number) => string> = {
  item: (scope) => `x${scope}`,
  fold: (scope) => `t${scope}, x${scope}`,
  tree: (scope) => `x${scope}, r${scope}`,
}

/** A call of the reference evaluator's operation, with the scope as a function. */
function writeCall(writer: Writer, index: number, node: Each, declare: string, region: EmitRegion): void {
  const [before, loop] = placeOf(writer, index).parts
  const scope = scopeOf(writer, node)
  const over = use(writer, scope.over)
  const call = `E(m, ${constant(writer, node)}, ${constant(writer, scope.kind)}, ${over}, ${scope.kind === 'fold' ? use(writer, scope.start) : 'null'}, `
  const isGuarded = before!.nodes.length > 0 && runsOverList(writer, node)
  if (declare !== '') line(writer, `let v${index}`)
  line(writer, isGuarded ? `if (${over}.length === 0) v${index} = ${call}null)\nelse {` : '{')
  region(writer, before!)
  asFunction(
    writer,
    `v${index} = ${call}(${PARAMS[scope.kind as 'item'](node.scope)}) => {`,
    () => {
      region(writer, loop!)
      return use(writer, node.result)
    },
    '})',
  )
  line(writer, '}')
}
