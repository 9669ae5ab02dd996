import type { EndpointCheck } from './endpoint.ts'
import { checkLiteral } from './endpoint.ts'
import { checkEffects } from './effects.ts'
import { checkKeys } from './check.ts'
import { rememberShapes } from './checked.ts'
import { Problems } from './problems.ts'
import type { Arm, Block, Body, Each, Node, Scope, Type } from '../document.ts'
import type { Shape, Shapes } from './shapes.ts'
import { LIMITS } from '../limits.ts'
import { primitiveShape } from './signatures.ts'

/** A body being checked. Per node: shape, the scope it belongs to, the length of the chain behind it. */
export interface BodyCheck {
  context: EndpointCheck
  block: Block
  body: Body
  path: string
  inputs: Shape[]
  carries: Type[]
  shapes: Shape[]
  scopes: number[]
  depths: number[]
  /** Scopes that a node runs for each item: one node each. */
  run: Set<number>
  /** Parameter shapes of scopes that were looked at. */
  params: Map<number, Shape[]>
  /** Entry and exit of every scope in a walk of the tree of scopes: makes «inside of» one comparison. */
  enter: number[]
  leave: number[]
}

/** Types, scopes, order and depth of every node, effect and output. Throws `Problems`. */
export function checkBody(context: EndpointCheck, block: Block, inputs: Shape[], carries: Type[], path: string): void {
  const { body } = block
  const check: BodyCheck = {
    context,
    block,
    body,
    path: `${path}/body`,
    inputs,
    carries,
    shapes: [],
    scopes: [],
    depths: [],
    run: new Set(),
    params: new Map(),
    ...walkScopes(body.scopes, `${path}/body/scopes`),
  }
  body.nodes.forEach((node, i) => checkNode(check, node, i))
  checkOutputs(check, path)
  checkEffects(check)
  rememberShapes(body, check.shapes)
}

/** Parents come before their children, so sizes are summed backwards and entries placed forwards. */
function walkScopes(scopes: Scope[], path: string): { enter: number[]; leave: number[] } {
  const sizes = scopes.map(() => 1)
  scopes.forEach((scope, i) => {
    if (scope.parent >= i) throw new Problems('program.scope', `${path}/${i}/parent`, 'must be an earlier scope or -1')
  })
  for (let i = scopes.length - 1; i >= 0; i--) if (scopes[i]!.parent >= 0) sizes[scopes[i]!.parent]! += sizes[i]!
  const enter: number[] = []
  const next = scopes.map(() => 0)
  let top = 0
  for (const [i, { parent }] of scopes.entries()) {
    enter[i] = parent < 0 ? top : next[parent]!
    if (parent < 0) top += sizes[i]!
    else next[parent]! += sizes[i]!
    next[i] = enter[i] + 1
  }
  return { enter, leave: enter.map((at, i) => at + sizes[i]!) }
}

/** Whether `scope` is `outer` or inside of it; −1 is the body. */
export const inside = (check: BodyCheck, scope: number, outer: number): boolean =>
  outer === -1 || (scope !== -1 && check.enter[scope]! >= check.enter[outer]! && check.enter[scope]! < check.leave[outer]!)

function checkOutputs(check: BodyCheck, path: string): void {
  const { body, block } = check
  if (body.outputs.length !== block.outputs.length)
    throw new Problems('program.shape', `${check.path}/outputs`, `must be ${block.outputs.length} nodes, one for each output`)
  body.outputs.forEach((node, i) => {
    const wanted = check.context.shapes.of(block.outputs[i]!)
    if (shapeAt(check, node, -1, `${check.path}/outputs/${i}`) !== wanted)
      throw new Problems(
        'program.type',
        `${path}/outputs/${i}`,
        `the node makes ${check.shapes[node]!.kind}, which is not the declared type`,
      )
  })
}

/** Shape of a node as used in `scope`, which has to be able to see it. */
export function shapeAt(check: BodyCheck, node: number, scope: number, path: Where): Shape {
  const shape = check.shapes[node]
  if (shape === undefined) throw new Problems('program.scope', pathOf(path), `there is no node ${node}, or not yet`)
  if (!inside(check, scope, check.scopes[node]!))
    throw new Problems('program.scope', pathOf(path), `node ${node} belongs to a scope that is not open here`)
  return shape
}

/** A node under way: collects the innermost scope and the greatest depth of what it uses. */
interface Using {
  check: BodyCheck
  node: number
  scope: number
  depth: number
}

/** Where something is looked at: its path, or the node under way, whose path is only put together for a message. */
export type Where = string | Using

const pathOf = (where: Where): string => (typeof where === 'string' ? where : `${where.check.path}/nodes/${where.node}`)

function use(using: Using, node: number): Shape {
  const { check } = using
  const shape = check.shapes[node]
  if (shape === undefined) throw new Problems('program.scope', pathOf(using), `node ${node} is not earlier`)
  enterScope(using, check.scopes[node]!)
  using.depth = Math.max(using.depth, check.depths[node]!)
  return shape
}

function enterScope(using: Using, scope: number): void {
  if (inside(using.check, scope, using.scope)) using.scope = scope
  else if (!inside(using.check, using.scope, scope))
    throw new Problems('program.scope', pathOf(using), 'uses parameters of scopes that are never open together')
}

function checkNode(check: BodyCheck, node: Node, index: number): void {
  const using: Using = { check, node: index, scope: -1, depth: 0 }
  const shape = nodeShape(using, node)
  if (using.depth >= LIMITS.nodeDepth) throw new Problems('program.deep', pathOf(using), `more than ${LIMITS.nodeDepth} nodes in a chain`)
  check.shapes.push(shape)
  check.scopes.push(using.scope)
  check.depths.push(using.depth + ('scope' in node && node.op !== 'param' ? LIMITS.eachDepth : 1))
}

function mismatch(using: Using, problem: string): never {
  throw new Problems('program.type', pathOf(using), problem)
}

function declared(using: Using, type: Type): Shape {
  checkKeys(using.check.context.program, type, () => `${pathOf(using)}/type`)
  return using.check.context.shapes.of(type)
}

function nodeShape(using: Using, node: Node): Shape {
  const { shapes } = using.check.context
  switch (node.op) {
    case 'input':
      return using.check.inputs[node.input] ?? mismatch(using, `there is no input ${node.input}`)
    case 'param':
      return paramShape(using, node.scope, node.param)
    case 'const':
      return checkLiteral(node.type, node.value, declared(using, node.type), () => pathOf(using))
    case 'if':
      return ifShape(using, node)
    case 'record':
      return shapes.record(new Map(Object.entries(node.fields).map(([name, part]) => [name, use(using, part)])))
    case 'field':
      return use(using, node.of).fields?.get(node.field) ?? mismatch(using, `node ${node.of} has no field ${node.field}`)
    case 'list':
      return listShape(using, node.items, declared(using, node.of))
    case 'variant':
      return variantShape(using, node)
    case 'some':
      return shapes.option(use(using, node.value))
    case 'match':
      return matchShape(using, node.arms)
    case 'unwrap':
      return unwrapShape(using, node)
    default:
      if ('scope' in node) return eachShape(using, node)
      return primitiveShape(
        shapes,
        node.op,
        node.args.map((argument) => use(using, argument)),
        (problem) => mismatch(using, problem),
      )
  }
}

function ifShape(using: Using, node: Node & { op: 'if' }): Shape {
  if (use(using, node.cond).kind !== 'bool') mismatch(using, 'the condition must be a bool')
  const then = use(using, node.then)
  return use(using, node.else) === then ? then : mismatch(using, 'both branches need one type')
}

function listShape(using: Using, items: number[], of: Shape): Shape {
  if (items.length > LIMITS.items) mismatch(using, `at most ${LIMITS.items} items`)
  if (items.some((item) => use(using, item) !== of)) mismatch(using, 'every item must be of the declared type')
  return using.check.context.shapes.list(of)
}

function variantShape(using: Using, node: Node & { op: 'variant' }): Shape {
  const shape = declared(using, node.type)
  const content = shape.kind === 'variant' ? shape.fields!.get(node.tag) : undefined
  return content !== undefined && use(using, node.value) === content
    ? shape
    : mismatch(using, `must be a case of the variant with its content`)
}

function paramShape(using: Using, scope: number, param: number): Shape {
  const shape = scopeParams(using.check, scope, using)[param]
  enterScope(using, scope)
  return shape ?? mismatch(using, `scope ${scope} has no parameter ${param}`)
}

/** Shapes of a scope's parameters. What it runs over has to be known before it is used, and be visible outside of it. */
export function scopeParams(check: BodyCheck, index: number, where: Where): Shape[] {
  const scope = check.body.scopes[index]
  if (scope === undefined) throw new Problems('program.scope', pathOf(where), `there is no scope ${index}`)
  const known = check.params.get(index)
  if (known !== undefined) return known
  const at = `${check.path}/scopes/${index}`
  const over = shapeAt(check, scope.over, scope.parent, `${at}/over`)
  const params = paramsOf(check.context.shapes, scope, over, givenShape(check, scope, at))
  if (params === null)
    throw new Problems(
      'program.type',
      `${at}/over`,
      `${check.shapes[scope.over]!.kind} is not what a scope of kind ${scope.kind} runs over`,
    )
  check.params.set(index, params)
  return params
}

function givenShape(check: BodyCheck, scope: Scope, at: string): Shape | null {
  if (scope.kind === 'fold') return shapeAt(check, scope.start, scope.parent, `${at}/start`)
  if (scope.kind !== 'tree') return null
  checkKeys(check.context.program, scope.of, () => `${at}/of`)
  return check.context.shapes.of(scope.of)
}

const RUNS_OVER: Record<Scope['kind'], Array<Shape['kind']>> = {
  item: ['list', 'tree'],
  fold: ['list', 'tree'],
  tree: ['tree'],
  case: ['variant'],
  some: ['option'],
}

/** @param given what a fold starts with, or what each node of a tree makes */
function paramsOf(shapes: Shapes, scope: Scope, over: Shape, given: Shape | null): Shape[] | null {
  if (!RUNS_OVER[scope.kind].includes(over.kind)) return null
  if (scope.kind === 'fold') return [given!, over.of!]
  if (scope.kind === 'tree') return [over.of!, shapes.list(given!)]
  const content = scope.kind === 'case' ? over.fields!.get(scope.tag) : over.of!
  return content === undefined ? null : [content]
}

/** Shape of an arm's result; the node that owns the arm belongs where the scope's parent is. */
function armShape(using: Using, arm: Arm, ...kinds: Array<Scope['kind']>): Shape {
  const { check } = using
  scopeParams(check, arm.scope, using)
  const scope = check.body.scopes[arm.scope]!
  if (!kinds.includes(scope.kind)) mismatch(using, `scope ${arm.scope} is of kind ${scope.kind}, not ${kinds.join(' or ')}`)
  const shape = shapeAt(check, arm.result, arm.scope, using)
  enterScope(using, scope.parent)
  use(using, scope.over)
  if (scope.kind === 'fold') use(using, scope.start)
  using.depth = Math.max(using.depth, check.depths[arm.result]!)
  return shape
}

function matchShape(using: Using, arms: Arm[]): Shape {
  const shapes = arms.map((arm) => armShape(using, arm, 'case'))
  checkCases(
    using.check,
    arms.map((arm) => arm.scope),
    using,
  )
  return shapes.every((shape) => shape === shapes[0]) ? shapes[0]! : mismatch(using, 'all arms need one type')
}

/** One scope for every case of one variant, in the order of the sorted tags. */
export function checkCases(check: BodyCheck, scopes: number[], where: Where): void {
  const found = scopes.map((index) => check.body.scopes[index]!)
  const over = found[0]!.over
  const tags = [...(check.shapes[over]?.fields?.keys() ?? [])].sort()
  const complete =
    tags.length === found.length && found.every((scope, i) => scope.kind === 'case' && scope.over === over && scope.tag === tags[i])
  if (!complete) throw new Problems('program.type', pathOf(where), `needs one arm for each of ${tags.join(', ')}, in this order`)
}

function unwrapShape(using: Using, node: Node & { op: 'unwrap' }): Shape {
  const shape = armShape(using, node.some, 'some')
  return use(using, node.none) === shape ? shape : mismatch(using, 'both branches need one type')
}

const SCALARS: Array<Shape['kind']> = ['int', 'text', 'bool', 'bytes', 'key']

/** What an operation over all items makes: `over` is the list or tree, `result` what its scope makes. */
function eachShape(using: Using, node: Each): Shape {
  const { check } = using
  const { shapes } = check.context
  const result = node.op === 'fold' ? armShape(using, node, 'fold', 'tree') : armShape(using, node, 'item')
  if (check.run.has(node.scope)) throw new Problems('program.scope', pathOf(using), `another node runs scope ${node.scope} already`)
  check.run.add(node.scope)
  const scope = check.body.scopes[node.scope]!
  const over = check.shapes[scope.over]!
  if (over.kind === 'tree' && ['filter', 'sort', 'distinct', 'group'].includes(node.op)) mismatch(using, `${node.op} runs over a list`)
  switch (node.op) {
    case 'map':
      return over.kind === 'list' ? shapes.list(result) : shapes.tree(result)
    case 'fold':
      return result === givenShape(check, scope, '') ? result : mismatch(using, 'a fold must make what it starts with, or what it declares')
    case 'sort':
    case 'distinct':
      return SCALARS.includes(result.kind) ? over : mismatch(using, `${node.op} needs an int, text, bool, bytes or key of each item`)
    case 'group':
      return SCALARS.includes(result.kind) && result.kind !== 'bytes'
        ? shapes.map(result, over)
        : mismatch(using, 'group needs an int, text, bool or key of each item')
    default:
      return result.kind === 'bool' ? testShape(using, node.op, over) : mismatch(using, `${node.op} needs a bool`)
  }
}

function testShape(using: Using, op: Each['op'], over: Shape): Shape {
  const { shapes } = using.check.context
  if (op === 'filter') return over
  if (op !== 'find') return shapes.scalar('bool')
  return shapes.option(over.kind === 'list' ? over.of! : shapes.zipper(over.of!))
}
