/**
 * Helpers whose parameters have no type of their own: generic ones, callbacks that may return anything, and those of plain JavaScript. What
 * they are called with tells what is in them, so that a condition inside of a helper is found there.
 */
import type TypeScript from 'typescript'
import { argumentsOf, isCall, type Call, type Look } from './calls.ts'

const DEEPEST = 3

/** Follows Golem values through all calls until nothing new is found. @returns parameters without a type that get one */
export function followCalls(look: Look): Set<TypeScript.Symbol> {
  const { ts, checker, golem, losses, sources } = look
  const untyped = new Set<TypeScript.Symbol>()
  let news = true

  /** Type parameters in a declared type that stand for a Golem value, given what the argument is. */
  const match = (declared: TypeScript.Type, real: TypeScript.Type, depth: number): void => {
    if (depth === 0) return
    if ((declared.flags & ts.TypeFlags.TypeParameter) !== 0) {
      if (golem.isGolem(real)) news = golem.taint(declared) || news
      return
    }
    const [items, given] = [golem.itemsOf(declared), golem.itemsOf(real)]
    if (items !== undefined && given !== undefined) return match(items, given, depth - 1)
    const [wanted, made] = [declared.getCallSignatures()[0], real.getCallSignatures()[0]]
    if (wanted !== undefined && made !== undefined) return match(wanted.getReturnType(), made.getReturnType(), depth - 1)
    if ((declared.flags & ts.TypeFlags.Object) === 0 || golem.isGolem(declared)) return
    for (const property of checker.getPropertiesOfType(declared)) {
      const other = real.getProperty(property.name)
      if (other !== undefined) match(checker.getTypeOfSymbol(property), checker.getTypeOfSymbol(other), depth - 1)
    }
  }

  const follow = (node: TypeScript.Node): void => {
    if (isCall(ts, node)) followCall(node)
    if (ts.isVariableDeclaration(node) && node.initializer !== undefined && isUntyped(node.initializer))
      addUntyped(checker.getSymbolAtLocation(node.name))
    ts.forEachChild(node, follow)
  }
  const followCall = (call: Call): void => {
    const declaration = checker.getResolvedSignature(call)?.declaration as TypeScript.SignatureDeclaration | undefined
    if (declaration === undefined || !sources.includes(declaration.getSourceFile())) return
    for (const [i, argument] of argumentsOf(look, call).entries()) {
      const parameter = declaration.parameters[i]
      if (parameter === undefined) return
      const [declared, real] = [checker.getTypeAtLocation(parameter), checker.getTypeAtLocation(argument)]
      if (isCallback(real) && losses.lost(real, declared) !== null) addUntyped(checker.getSymbolAtLocation(parameter.name))
      if (parameter.type !== undefined || !ts.isIdentifier(parameter.name)) match(declared, real, DEEPEST)
      else if ((declared.flags & ts.TypeFlags.Any) !== 0 && (golem.isGolem(real) || isUntyped(argument)))
        addUntyped(checker.getSymbolAtLocation(parameter.name))
    }
  }
  const isCallback = (type: TypeScript.Type): boolean => type.getCallSignatures().length > 0
  const addUntyped = (symbol: TypeScript.Symbol | undefined): void => {
    if (symbol === undefined || untyped.has(symbol)) return
    untyped.add(symbol)
    news = true
  }
  const isUntyped = (expression: TypeScript.Expression): boolean => isFrom(ts, checker, expression, untyped)
  while (news) {
    news = false
    for (const source of sources) follow(source)
  }
  return untyped
}

/** Whether an expression is one of these, or what a chain of methods makes of one. */
export function isFrom(
  ts: typeof TypeScript,
  checker: TypeScript.TypeChecker,
  expression: TypeScript.Expression,
  symbols: ReadonlySet<TypeScript.Symbol>,
): boolean {
  let at = expression
  while (
    ts.isCallExpression(at) ||
    ts.isPropertyAccessExpression(at) ||
    ts.isParenthesizedExpression(at) ||
    ts.isAsExpression(at) ||
    ts.isNonNullExpression(at)
  )
    at = at.expression
  const symbol = ts.isIdentifier(at) ? checker.getSymbolAtLocation(at) : undefined
  return symbol !== undefined && symbols.has(symbol)
}
