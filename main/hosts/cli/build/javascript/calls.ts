/** Golem values in calls of JavaScript's own functions, of libraries and of the developer's helpers. */
import type TypeScript from 'typescript'
import { isOurs } from '../sdk.ts'
import type { GolemTypes } from './golem-types.ts'
import type { lossesOf } from './losses.ts'
import { EQUALITY, HIDDEN, KEY, ORDER, takenBy, testedBy, TEXT, type Mistake } from './mistakes.ts'

export type Call = TypeScript.CallExpression | TypeScript.NewExpression | TypeScript.TaggedTemplateExpression

/** What everything here looks at. */
export interface Look {
  ts: typeof TypeScript
  checker: TypeScript.TypeChecker
  golem: GolemTypes
  losses: ReturnType<typeof lossesOf>
  /** The developer's files. */
  sources: readonly TypeScript.SourceFile[]
}

export interface Misused {
  node: TypeScript.Node
  mistake: Mistake
}

export function isCall(ts: typeof TypeScript, node: TypeScript.Node): node is Call {
  return ts.isCallExpression(node) || ts.isNewExpression(node) || ts.isTaggedTemplateExpression(node)
}

export function argumentsOf({ ts }: Look, call: Call): readonly TypeScript.Expression[] {
  if (!ts.isTaggedTemplateExpression(call)) return call.arguments ?? []
  return ts.isTemplateExpression(call.template) ? call.template.templateSpans.map((span) => span.expression) : []
}

const calleeOf = ({ ts }: Look, call: Call): TypeScript.Expression => (ts.isTaggedTemplateExpression(call) ? call.tag : call.expression)

const nameOf = ({ ts }: Look, callee: TypeScript.Expression): string =>
  ts.isPropertyAccessExpression(callee) ? callee.name.text : ts.isIdentifier(callee) ? callee.text : 'this function'

const fileOf = (declaration: TypeScript.Node | undefined): string => declaration?.getSourceFile().fileName ?? ''

/** Printing a value for oneself is no mistake. */
const isPrinting = (look: Look, call: Call, declaration: TypeScript.Node | undefined): boolean =>
  /^console\.(?!assert\b)/.test(calleeOf(look, call).getText()) ||
  (/[\\/]node[\\/](console|util)\.d\.ts$/.test(fileOf(declaration)) && nameOf(look, calleeOf(look, call)) !== 'assert')

/** Golem values that a call takes for something of JavaScript, or whose type gets lost in it. */
export function misusedIn(look: Look, call: Call): Misused[] {
  const signature = look.checker.getResolvedSignature(call)
  const file = fileOf(signature?.declaration)
  if (signature === undefined || (file !== '' && isOurs(file)) || isPrinting(look, call, signature.declaration) || isGrowing(look, call))
    return []
  const keys = look.ts.isNewExpression(call) || nameOf(look, calleeOf(look, call)) === 'groupBy' ? misusedKeys(look, call) : []
  return keys.length > 0 ? keys : [...misusedItems(look, call), ...misusedArguments(look, call, signature)]
}

/** `const all = []; all.push(value)`: TypeScript finds out by what it gets what the list holds, and tells it where the list is read. */
function isGrowing(look: Look, call: Call): boolean {
  const { ts, checker } = look
  const callee = calleeOf(look, call)
  if (!ts.isPropertyAccessExpression(callee) || !['push', 'unshift'].includes(callee.name.text)) return false
  const declaration = checker.getSymbolAtLocation(callee.expression)?.valueDeclaration
  if (declaration === undefined || !ts.isVariableDeclaration(declaration) || declaration.type !== undefined) return false
  return (
    declaration.initializer !== undefined &&
    ts.isArrayLiteralExpression(declaration.initializer) &&
    declaration.initializer.elements.length === 0
  )
}

/** The type of the parameter that an argument is for. */
function parameterType(look: Look, call: Call, signature: TypeScript.Signature, position: number): TypeScript.Type | undefined {
  const { ts, checker, golem, losses } = look
  const parameters = signature.getParameters()
  const parameter = parameters[Math.min(position, parameters.length - 1)]
  if (parameter === undefined) return undefined
  const type = checker.getTypeOfSymbolAtLocation(parameter, call)
  const { valueDeclaration } = parameter
  const isRest = valueDeclaration !== undefined && ts.isParameter(valueDeclaration) && valueDeclaration.dotDotDotToken !== undefined
  return isRest && !losses.isAnything(type) ? (golem.itemsOf(type) ?? type) : type
}

function misusedArguments(look: Look, call: Call, signature: TypeScript.Signature): Misused[] {
  const name = nameOf(look, calleeOf(look, call))
  const shift = look.ts.isTaggedTemplateExpression(call) ? 1 : 0
  return argumentsOf(look, call).flatMap((argument, i): Misused[] => {
    const wanted = parameterType(look, call, signature, i + shift)
    if (wanted === undefined || look.ts.isSpreadElement(argument)) return []
    const mistake = mistakenArgument(look, signature, { name, argument, position: i + shift, wanted })
    return mistake === null ? [] : [{ node: argument, mistake }]
  })
}

interface Argument {
  name: string
  argument: TypeScript.Expression
  position: number
  wanted: TypeScript.Type
}

function mistakenArgument(look: Look, signature: TypeScript.Signature, { name, argument, position, wanted }: Argument): Mistake | null {
  const { checker, golem, losses } = look
  const type = checker.getTypeAtLocation(argument)
  if (losses.isSwallowed(signature, position) || name === 'structuredClone') return golem.holdsGolem(type) ? takenBy(name) : null
  if ((name === 'isArray' && !golem.isOnlyGolem(type)) || losses.lost(type, wanted) === null) return null
  const isCallback = type.getCallSignatures().length > 0
  // What the developer's own helper does with a callback, and plain JavaScript with anything, is looked at in the helper.
  if (isUntyped(signature, position) || (isCallback && look.sources.some((one) => one.fileName === fileOf(signature.declaration))))
    return null
  const tested = isCallback ? testedBy(name) : HIDDEN
  return tested === HIDDEN ? takenBy(isCallback ? nameOf(look, argument) : name) : tested
}

function isUntyped(signature: TypeScript.Signature, position: number): boolean {
  const parameter = (signature.declaration as TypeScript.SignatureDeclaration | undefined)?.parameters[position]
  return parameter !== undefined && parameter.type === undefined && /\.[cm]?jsx?$/.test(fileOf(parameter))
}

/** Methods of JavaScript arrays that compare their items or make texts of them. */
function misusedItems(look: Look, call: Call): Misused[] {
  const callee = calleeOf(look, call)
  if (!look.ts.isPropertyAccessExpression(callee)) return []
  const items = look.golem.itemsOf(look.checker.getTypeAtLocation(callee.expression))
  if (items === undefined || !look.golem.isGolem(items)) return []
  const { text } = callee.name
  if (['includes', 'indexOf', 'lastIndexOf'].includes(text)) return [{ node: callee.name, mistake: EQUALITY }]
  if (['join', 'toString', 'toLocaleString'].includes(text)) return [{ node: callee.name, mistake: TEXT }]
  return ['sort', 'toSorted'].includes(text) && argumentsOf(look, call).length === 0 ? [{ node: callee.name, mistake: ORDER }] : []
}

/** A Map or Set whose keys are Golem values tells them apart as objects. */
function misusedKeys({ checker, golem }: Look, call: Call): Misused[] {
  const type = checker.getTypeAtLocation(call)
  if (!/^(Weak)?(Map|Set)$/.test(type.symbol?.name ?? '')) return []
  const [key] = checker.getTypeArguments(type as TypeScript.TypeReference)
  return key !== undefined && golem.isGolem(key) ? [{ node: call, mistake: KEY }] : []
}

/** What a function of JavaScript gets, and what callbacks return to it, with what it takes that for: whatever its type is. */
export function givenTo(look: Look, call: Call): Array<{ node: TypeScript.Expression; mistake: Mistake }> {
  const { declaration } = look.checker.getResolvedSignature(call) ?? {}
  if (declaration?.getSourceFile().isDeclarationFile !== true || isPrinting(look, call, declaration)) return []
  const name = nameOf(look, calleeOf(look, call))
  return argumentsOf(look, call)
    .map((argument) => {
      if (!look.ts.isArrowFunction(argument)) return { node: argument, mistake: takenBy(name) }
      return { node: look.ts.isBlock(argument.body) ? argument : argument.body, mistake: testedBy(name) }
    })
    .filter(({ mistake }) => mistake !== HIDDEN)
}

/** Where a value of one type is declared to be of another, or assigned to what is of another. */
export function hiddenAt(look: Look, node: TypeScript.Node): Misused[] {
  const { ts, checker, golem, losses } = look
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
    const loss = losses.lost(checker.getTypeAtLocation(node.right), checker.getTypeAtLocation(node.left))
    return loss === null ? [] : [{ node: node.right, mistake: HIDDEN }]
  }
  const pair = declaredAs(ts, node)
  if (pair === undefined) return []
  const [type, wanted] = [checker.getTypeAtLocation(pair.value), checker.getTypeFromTypeNode(pair.type)]
  const isNever = (wanted.flags & ts.TypeFlags.Never) !== 0 && golem.isGolem(type)
  return !isNever && losses.lost(type, wanted) === null ? [] : [{ node: pair.value, mistake: HIDDEN }]
}

interface Declared {
  value: TypeScript.Expression
  type: TypeScript.TypeNode
}

/** An expression that the developer declares to be of a type. */
function declaredAs(ts: typeof TypeScript, node: TypeScript.Node): Declared | undefined {
  if (ts.isAsExpression(node) || ts.isTypeAssertionExpression(node)) return { value: node.expression, type: node.type }
  if ((ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isPropertyDeclaration(node)) && node.type !== undefined)
    return node.initializer === undefined ? undefined : { value: node.initializer, type: node.type }
  if (ts.isArrowFunction(node) && !ts.isBlock(node.body) && node.type !== undefined) return { value: node.body, type: node.type }
  if (!ts.isReturnStatement(node) || node.expression === undefined) return undefined
  const around = ts.findAncestor(node, ts.isFunctionLike)
  return around?.type === undefined ? undefined : { value: node.expression, type: around.type }
}
