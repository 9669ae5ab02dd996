/**
 * Variables of JavaScript that a callback of Golem changes and others read. All callbacks are traced, each once, whatever happens when the program
 * runs: of `when(yes, () => { reason = 'a' }, () => { reason = 'b' })`, the reason is b ever after, and a count in `items.map(…)` is 1.
 */
import type TypeScript from 'typescript'
import { isOurs } from '../sdk.ts'
import type { Look, Misused } from './calls.ts'
import { keptIn } from './mistakes.ts'

/** Those whose callback runs exactly once, where it stands. */
const ONCE = ['see', 'endpoint', 'collection', 'app']
const CHANGES = ['push', 'unshift', 'pop', 'shift', 'splice', 'fill', 'sort', 'reverse', 'set', 'add', 'delete', 'clear']

/** The change at a node, if it is one of a variable from outside of a callback of Golem that is read elsewhere. */
export function keptAt(look: Look, node: TypeScript.Node): Misused[] {
  return changedBy(look, node).flatMap((changed) => {
    const declaration = look.checker.getSymbolAtLocation(changed)?.valueDeclaration
    if (declaration === undefined || declaration.getSourceFile() !== node.getSourceFile()) return []
    const callback = callbackAround(look, node, declaration)
    if (callback === undefined || !isReadOutside(look, changed, callback.work)) return []
    return [{ node, mistake: keptIn(changed.text, callback.name) }]
  })
}

/** The variables that an assignment, `++`, `delete` or a method such as `push` changes, or parts of. */
function changedBy(look: Look, node: TypeScript.Node): TypeScript.Identifier[] {
  const { ts, checker, golem } = look
  if (isAssignment(ts, node)) return rootOf(ts, node.left)
  if (isStep(ts, node)) return rootOf(ts, node.operand)
  if (ts.isDeleteExpression(node)) return rootOf(ts, node.expression)
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return []
  const { name, expression } = node.expression
  const isChange = CHANGES.includes(name.text) && !golem.isGolem(checker.getTypeAtLocation(expression))
  return isChange && !isOurs(fileOf(look, node)) ? rootOf(ts, expression) : []
}

const isAssignment = (ts: typeof TypeScript, node: TypeScript.Node): node is TypeScript.BinaryExpression =>
  ts.isBinaryExpression(node) &&
  node.operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
  node.operatorToken.kind <= ts.SyntaxKind.LastAssignment

const isStep = (
  ts: typeof TypeScript,
  node: TypeScript.Node,
): node is TypeScript.PrefixUnaryExpression | TypeScript.PostfixUnaryExpression =>
  (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) &&
  [ts.SyntaxKind.PlusPlusToken, ts.SyntaxKind.MinusMinusToken].includes(node.operator)

/** `state` of `state.list[3].total`; of `[a, b] = [b, a]` both. */
function rootOf(ts: typeof TypeScript, expression: TypeScript.Expression): TypeScript.Identifier[] {
  if (ts.isArrayLiteralExpression(expression)) return expression.elements.flatMap((one) => rootOf(ts, one))
  let at = expression
  while (
    ts.isPropertyAccessExpression(at) ||
    ts.isElementAccessExpression(at) ||
    ts.isParenthesizedExpression(at) ||
    ts.isNonNullExpression(at) ||
    ts.isAsExpression(at)
  )
    at = at.expression
  return ts.isIdentifier(at) ? [at] : []
}

const fileOf = ({ checker }: Look, call: TypeScript.CallExpression): string =>
  checker.getResolvedSignature(call)?.declaration?.getSourceFile().fileName ?? ''

interface Callback {
  work: TypeScript.Node
  /** Of what takes it: «when». */
  name: string
}

/** The outermost callback of Golem around a node in which a declaration does not stand. */
function callbackAround(look: Look, node: TypeScript.Node, declaration: TypeScript.Node): Callback | undefined {
  const { ts } = look
  let found: Callback | undefined
  for (let at: TypeScript.Node = node; !ts.isSourceFile(at); at = at.parent) {
    if (declaration.pos >= at.pos && declaration.end <= at.end) break
    const call = ts.isArrowFunction(at) || ts.isFunctionExpression(at) || ts.isMethodDeclaration(at) ? callOf(ts, at) : undefined
    if (call === undefined || !isOurs(fileOf(look, call))) continue
    const name = ts.isPropertyAccessExpression(call.expression) ? call.expression.name.text : call.expression.getText()
    if (!ONCE.includes(name)) found = { work: at, name }
  }
  return found
}

/** The call that a function is given to, by itself or as an arm of an object. */
function callOf(ts: typeof TypeScript, work: TypeScript.Node): TypeScript.CallExpression | undefined {
  let at = work.parent
  if (ts.isPropertyAssignment(at)) at = at.parent
  if (ts.isObjectLiteralExpression(at)) at = at.parent
  return ts.isCallExpression(at) && at.expression !== work ? at : undefined
}

/** Whether a variable is read outside of a callback; `names++`, a name made for each write, reads it only to change it. */
function isReadOutside({ ts, checker }: Look, variable: TypeScript.Identifier, work: TypeScript.Node): boolean {
  const symbol = checker.getSymbolAtLocation(variable)
  const isRead = (node: TypeScript.Node): boolean => {
    if (node === work) return false
    if (!ts.isIdentifier(node) || node.text !== variable.text) return ts.forEachChild(node, (child) => isRead(child) || undefined) === true
    const { parent } = node
    const isDeclared = (ts.isVariableDeclaration(parent) || ts.isParameter(parent)) && parent.name === node
    if (isDeclared || isStep(ts, parent) || (isAssignment(ts, parent) && parent.left === node)) return false
    return (
      (ts.isShorthandPropertyAssignment(parent) ? checker.getShorthandAssignmentValueSymbol(parent) : checker.getSymbolAtLocation(node)) ===
      symbol
    )
  }
  return isRead(variable.getSourceFile())
}
