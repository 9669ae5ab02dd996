/** What a piece of JavaScript's syntax takes its operands for. */
import type TypeScript from 'typescript'
import { ARITHMETIC, AWAIT, ENDLESS, EQUALITY, KEY, KIND, LOGIC, LOOP, MISSING, ORDER, TEXT, TRUTH, type Mistake } from './mistakes.ts'

export interface Operand {
  operand: TypeScript.Expression
  /**
   * `truth`: whether it is true, which may ask whether it is there at all · `missing`: only that · `kind`: what it is, which may tell a Golem
   * value from another · `equality`: whether it is the same as `other` · `value`: anything else.
   */
  asks: 'truth' | 'missing' | 'kind' | 'equality' | 'value'
  other?: TypeScript.Expression
  mistake: Mistake
}

const asking = (asks: Operand['asks'], mistake: Mistake, ...operands: Array<TypeScript.Expression | undefined>): Operand[] =>
  operands.filter((operand) => operand !== undefined).map((operand) => ({ operand, asks, mistake }))

/** Everything that a node asks of its operands. */
export function operandsOf(ts: typeof TypeScript, node: TypeScript.Node): Operand[] {
  return [...conditionsOf(ts, node), ...valuesOf(ts, node), ...wholesOf(ts, node)]
}

function conditionsOf(ts: typeof TypeScript, node: TypeScript.Node): Operand[] {
  const truth = (expression: TypeScript.Expression, mistake: Mistake): Operand[] => asking('truth', mistake, ...decidersOf(ts, expression))
  if (ts.isIfStatement(node)) return truth(node.expression, TRUTH)
  if (ts.isConditionalExpression(node)) return truth(node.condition, TRUTH)
  if (ts.isWhileStatement(node) || ts.isDoStatement(node)) return truth(node.expression, ENDLESS)
  if (ts.isForStatement(node)) return node.condition === undefined ? [] : truth(node.condition, ENDLESS)
  if (ts.isSwitchStatement(node)) return asking('value', EQUALITY, node.expression)
  if (ts.isCaseClause(node)) return asking('value', EQUALITY, node.expression)
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) return truth(node.operand, LOGIC)
  if (ts.isTypeOfExpression(node)) return asking('kind', KIND, node.expression)
  if (isAccess(ts, node) && node.questionDotToken !== undefined) return asking('missing', MISSING, node.expression)
  return ts.isBinaryExpression(node) ? comparedBy(ts, node) : []
}

const isAccess = (ts: typeof TypeScript, node: TypeScript.Node) =>
  ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node) || ts.isCallExpression(node)

/** The parts of a condition that decide it: of `a && b` the left one decides by itself, and so here only the right one. */
function decidersOf(ts: typeof TypeScript, expression: TypeScript.Expression): TypeScript.Expression[] {
  if (ts.isParenthesizedExpression(expression)) return decidersOf(ts, expression.expression)
  if (ts.isConditionalExpression(expression)) return [...decidersOf(ts, expression.whenTrue), ...decidersOf(ts, expression.whenFalse)]
  if (!ts.isBinaryExpression(expression)) return [expression]
  const { AmpersandAmpersandToken, BarBarToken, CommaToken, QuestionQuestionToken } = ts.SyntaxKind
  const { kind } = expression.operatorToken
  if (kind === QuestionQuestionToken) return [...decidersOf(ts, expression.left), ...decidersOf(ts, expression.right)]
  const passesOn = [AmpersandAmpersandToken, BarBarToken, CommaToken].some((one) => one === kind)
  return passesOn ? decidersOf(ts, expression.right) : [expression]
}

const LOGICAL = ['&&', '||', '&&=', '||=']
const EQUALITIES = ['==', '===', '!=', '!==']
const ORDERS = ['<', '>', '<=', '>=']
const CALCULATIONS = ['+', '-', '*', '/', '%', '**', '&', '|', '^', '<<', '>>', '>>>'].flatMap((sign) => [sign, `${sign}=`])

function comparedBy(ts: typeof TypeScript, { left, right, operatorToken }: TypeScript.BinaryExpression): Operand[] {
  const sign = ts.tokenToString(operatorToken.kind) ?? ''
  if (LOGICAL.includes(sign)) return asking('truth', LOGIC, ...decidersOf(ts, left))
  if (sign === '??' || sign === '??=') return asking('missing', MISSING, left)
  if (sign === 'instanceof') return asking('kind', KIND, left)
  if (sign === 'in') return [...asking('value', KEY, left), ...asking('kind', KIND, right)]
  if (EQUALITIES.includes(sign))
    return [
      { operand: left, other: right, asks: 'equality', mistake: EQUALITY },
      { operand: right, other: left, asks: 'equality', mistake: EQUALITY },
    ]
  if (ORDERS.includes(sign)) return asking('value', ORDER, left, right)
  return CALCULATIONS.includes(sign) ? asking('value', ARITHMETIC, left, right) : []
}

/** What is taken for a number, a text or a key. */
function valuesOf(ts: typeof TypeScript, node: TypeScript.Node): Operand[] {
  if (ts.isPrefixUnaryExpression(node) && node.operator !== ts.SyntaxKind.ExclamationToken) return asking('value', ARITHMETIC, node.operand)
  if (ts.isPostfixUnaryExpression(node)) return asking('value', ARITHMETIC, node.operand)
  if (ts.isTemplateSpan(node) && !ts.isTaggedTemplateExpression(node.parent.parent)) return asking('value', TEXT, node.expression)
  if (ts.isElementAccessExpression(node)) return asking('value', KEY, node.argumentExpression)
  return ts.isComputedPropertyName(node) ? asking('value', KEY, node.expression) : []
}

/** What is gone through, taken apart or waited for. */
function wholesOf(ts: typeof TypeScript, node: TypeScript.Node): Operand[] {
  if (ts.isForOfStatement(node) || ts.isForInStatement(node)) return asking('value', LOOP, node.expression)
  if (ts.isSpreadElement(node) || ts.isSpreadAssignment(node)) return asking('value', LOOP, node.expression)
  if (ts.isYieldExpression(node) && node.asteriskToken !== undefined) return asking('value', LOOP, node.expression)
  if (ts.isAwaitExpression(node)) return asking('value', AWAIT, node.expression)
  if (ts.isVariableDeclaration(node) && !ts.isIdentifier(node.name)) return asking('value', LOOP, node.initializer)
  return []
}
