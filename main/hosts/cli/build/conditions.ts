/**
 * A Golem value is a JavaScript object, so `if (value)` always takes the branch, `!value` is always false and `a === b` asks whether two
 * expressions are one object. None of that is an error of types; with the types at hand it can be found.
 */
import type TypeScript from 'typescript'

export interface Condition {
  /** From 1. */
  line: number
  message: string
}

const USE_WHEN = 'a JavaScript condition on a Golem value is always true; use when(condition, () => …, () => …).'
const USE_LOGIC = 'a JavaScript operator on a Golem value takes it for true; use .and(…), .or(…) or .not().'
const USE_EQUALS = 'a JavaScript comparison asks whether two Golem values are one object; use .equals(…).'
const USE_FOLD = 'a JavaScript loop on a Golem value would never end; use map, filter or fold.'

/** The uses of Golem values as JavaScript conditions in one source file, in the order in which they stand there. */
export function conditionsIn(ts: typeof TypeScript, checker: TypeScript.TypeChecker, source: TypeScript.SourceFile): Condition[] {
  const found: Condition[] = []
  const visit = (node: TypeScript.Node): void => {
    for (const { operand, message } of operandsOf(ts, node)) {
      if (isGolem(ts, checker, operand))
        found.push({ line: source.getLineAndCharacterOfPosition(operand.getStart(source)).line + 1, message })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found.filter(({ line, message }, i) => found.findIndex((other) => other.line === line && other.message === message) === i)
}

interface Operand {
  operand: TypeScript.Expression
  message: string
}

/** What a piece of syntax takes for true or false, or compares as objects. */
function operandsOf(ts: typeof TypeScript, node: TypeScript.Node): Operand[] {
  if (ts.isIfStatement(node)) return [{ operand: node.expression, message: USE_WHEN }]
  if (ts.isConditionalExpression(node)) return [{ operand: node.condition, message: USE_WHEN }]
  if (ts.isWhileStatement(node) || ts.isDoStatement(node)) return [{ operand: node.expression, message: USE_FOLD }]
  if (ts.isForStatement(node)) return node.condition === undefined ? [] : [{ operand: node.condition, message: USE_FOLD }]
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
    return [{ operand: node.operand, message: USE_LOGIC }]
  return ts.isBinaryExpression(node) ? operandsOfBinary(ts, node) : []
}

function operandsOfBinary(ts: typeof TypeScript, node: TypeScript.BinaryExpression): Operand[] {
  const { kind } = node.operatorToken
  const logical = [
    ts.SyntaxKind.AmpersandAmpersandToken,
    ts.SyntaxKind.BarBarToken,
    ts.SyntaxKind.AmpersandAmpersandEqualsToken,
    ts.SyntaxKind.BarBarEqualsToken,
  ]
  if (logical.includes(kind)) return [{ operand: node.left, message: USE_LOGIC }]
  const { EqualsEqualsToken, EqualsEqualsEqualsToken, ExclamationEqualsToken, ExclamationEqualsEqualsToken } = ts.SyntaxKind
  const compares = [EqualsEqualsToken, EqualsEqualsEqualsToken, ExclamationEqualsToken, ExclamationEqualsEqualsToken].some(
    (one) => one === kind,
  )
  return compares
    ? [
        { operand: node.left, message: USE_EQUALS },
        { operand: node.right, message: USE_EQUALS },
      ]
    : []
}

/** A sealed or opened value, alone or beside literals. Where it may be missing, a condition asks just that and is meant so. */
function isGolem(ts: typeof TypeScript, checker: TypeScript.TypeChecker, expression: TypeScript.Expression): boolean {
  const type = checker.getTypeAtLocation(expression)
  const parts = type.isUnion() ? type.types : [type]
  const missing = ts.TypeFlags.Undefined | ts.TypeFlags.Null | ts.TypeFlags.Void
  return parts.some((part) => hasMark(checker, part)) && !parts.some((part) => (part.flags & missing) !== 0)
}

/** The marks are unique symbols of `sdk/marks.ts`, which no other type has. */
const hasMark = (checker: TypeScript.TypeChecker, type: TypeScript.Type): boolean =>
  checker.getPropertiesOfType(checker.getApparentType(type)).some((property) => /^__@(SEALED|EXPR)@/.test(String(property.escapedName)))
