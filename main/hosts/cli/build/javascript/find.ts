/**
 * JavaScript that takes a Golem value for one of its own. A Golem value is an object, so `if (value)` always takes the branch, `a === b`
 * asks whether two expressions are one object, and `array.filter` keeps everything. Hardly any of that is an error of types; with the types
 * at hand it can be found.
 */
import type TypeScript from 'typescript'
import { givenTo, hiddenAt, isCall, misusedIn, type Misused } from './calls.ts'
import { golemTypes } from './golem-types.ts'
import { keptAt } from './kept.ts'
import { lossesOf } from './losses.ts'
import { HANDLE, LOOP, MISSING, notCalled, type Found } from './mistakes.ts'
import { operandsOf, type Operand } from './operands.ts'
import { followCalls, isFrom } from './taint.ts'

/**
 * @param sources the developer's files: what is in one is called from others
 * @returns what is found in each, in the order in which it stands there
 */
export function findMisuse(
  ts: typeof TypeScript,
  checker: TypeScript.TypeChecker,
  sources: readonly TypeScript.SourceFile[],
): (source: TypeScript.SourceFile) => Found[] {
  const golem = golemTypes(ts, checker)
  const losses = lossesOf(ts, checker, golem)
  const look = { ts, checker, golem, losses, sources }
  const untyped = followCalls(look)
  const typeOf = (node: TypeScript.Node): TypeScript.Type => checker.getTypeAtLocation(node)

  const misusedOperand = ({ operand, asks, other, mistake }: Operand): Misused[] => {
    const type = typeOf(operand)
    const told = [{ node: operand, mistake }]
    if (isFrom(ts, checker, operand, untyped)) return told
    if (asks === 'truth' || asks === 'missing') {
      if (golem.mayMiss(type) || (asks === 'missing' && isLookup(ts, checker, operand))) return []
      if (golem.isGolem(type)) return told
      return golem.isObjectOfGolem(type) ? [{ node: operand, mistake: asks === 'truth' ? HANDLE : MISSING }] : []
    }
    if (asks === 'kind') return golem.isOnlyGolem(type) ? told : []
    const asksWhetherThere = asks === 'equality' && golem.isNothing(typeOf(other!))
    if (asksWhetherThere && (golem.mayMiss(type) || isLookup(ts, checker, operand))) return []
    if (asksWhetherThere && golem.isObjectOfGolem(type)) return [{ node: operand, mistake: HANDLE }]
    return golem.isGolem(type) ? told : []
  }

  /** `items.length > 3`: a method of a Golem value that nobody calls. */
  const uncalled = (node: TypeScript.Node): Misused[] => {
    if (!ts.isPropertyAccessExpression(node) || !golem.isGolem(typeOf(node.expression))) return []
    let [at, around] = [node as TypeScript.Node, node.parent]
    while (ts.isParenthesizedExpression(around) || ts.isNonNullExpression(around)) [at, around] = [around, around.parent]
    const isCalled = ts.isCallExpression(around) && around.expression === at
    return isCalled || typeOf(node).getCallSignatures().length === 0 ? [] : [{ node: node.name, mistake: notCalled(node.name.text) }]
  }

  /** Defaults of what is never missing, and Golem values taken apart where a function gets them. */
  const defaults = (node: TypeScript.Node): Misused[] => {
    if (ts.isParameter(node) && ts.isObjectBindingPattern(node.name) && golem.isGolem(typeOf(node))) return [{ node, mistake: LOOP }]
    if (!ts.isBindingElement(node) || node.initializer === undefined) return []
    const property = node.propertyName ?? node.name
    if (!ts.isIdentifier(property)) return []
    const given = checker.getPropertyOfType(typeOf(node.parent), property.text)
    const type = given === undefined ? undefined : checker.getTypeOfSymbolAtLocation(given, node)
    return type !== undefined && golem.isGolem(type) && !golem.mayMiss(type) ? [{ node: node.initializer, mistake: MISSING }] : []
  }

  const misusedAt = (node: TypeScript.Node): Misused[] => [
    ...operandsOf(ts, node).flatMap(misusedOperand),
    ...uncalled(node),
    ...defaults(node),
    ...(isCall(ts, node) ? [...misusedIn(look, node), ...givenTo(look, node).filter((one) => isFrom(ts, checker, one.node, untyped))] : []),
    ...hiddenAt(look, node),
    ...keptAt(look, node),
  ]

  return (source) => {
    const found: Found[] = []
    const visit = (node: TypeScript.Node): void => {
      for (const { node: at, mistake } of misusedAt(node))
        found.push({ ...mistake, line: source.getLineAndCharacterOfPosition(at.getStart(source)).line + 1 })
      ts.forEachChild(node, visit)
    }
    visit(source)
    return found.filter((one, i) => found.findIndex((other) => other.line === one.line && other.message === one.message) === i)
  }
}

/** Whether something was looked up in an array or object by position or name, which TypeScript takes for always there. */
function isLookup(ts: typeof TypeScript, checker: TypeScript.TypeChecker, expression: TypeScript.Expression): boolean {
  if (ts.isParenthesizedExpression(expression)) return isLookup(ts, checker, expression.expression)
  if (ts.isElementAccessExpression(expression)) return true
  const declaration = ts.isIdentifier(expression) ? checker.getSymbolAtLocation(expression)?.valueDeclaration : undefined
  if (declaration === undefined || !ts.isVariableDeclaration(declaration) || declaration.initializer === undefined) return false
  return ts.isElementAccessExpression(declaration.initializer)
}
