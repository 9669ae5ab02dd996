/**
 * Where the type of a Golem value gets lost: it becomes `unknown`, `any` or just some object, or a callback returns it to somebody who
 * expects anything. What comes after is hidden from the types.
 */
import type TypeScript from 'typescript'
import { isOurs } from '../sdk.ts'
import type { GolemTypes } from './golem-types.ts'

/** `value`: the value itself · `result`: what a function of this type returns. */
export type Loss = 'value' | 'result' | null

const DEEPEST = 4

export function lossesOf(ts: typeof TypeScript, checker: TypeScript.TypeChecker, golem: GolemTypes) {
  const isAnything = ({ flags }: TypeScript.Type): boolean => (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) !== 0
  const isAnyObject = (type: TypeScript.Type): boolean =>
    (type.flags & ts.TypeFlags.NonPrimitive) !== 0 ||
    ((type.flags & ts.TypeFlags.Object) !== 0 &&
      checker.getPropertiesOfType(type).length === 0 &&
      type.getCallSignatures().length + type.getConstructSignatures().length === 0 &&
      checker.getIndexInfosOfType(type).length === 0)
  const isFunction = (type: TypeScript.Type): boolean => type.getCallSignatures().length > 0

  /** What is lost when something of the type `from` is taken for one of the type `to`. */
  const lost = (from: TypeScript.Type, to: TypeScript.Type, depth = DEEPEST): Loss => {
    if (depth === 0 || from === to || isAnything(from)) return null
    if (isAnything(to)) return golem.holdsGolem(from) ? 'value' : null
    if (from.isUnion()) return firstOf(from.types.map((part) => lost(part, to, depth)))
    const targets = to.isUnion() ? to.types : [to]
    if (targets.some(golem.isGolem)) return null
    if (golem.isGolem(from)) return targets.some(isAnyObject) ? 'value' : null
    return firstOf(targets.map((target) => lostInside(from, target, depth - 1)))
  }

  const lostInside = (from: TypeScript.Type, to: TypeScript.Type, depth: number): Loss => {
    if ((to.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) === 0) return null
    if (isFunction(to) || isFunction(from)) return isFunction(to) && isFunction(from) ? lostInCall(from, to, depth) : null
    const [items, wanted] = [golem.itemsOf(from), golem.itemsOf(to)]
    if (items !== undefined) return wanted === undefined ? null : lost(items, wanted, depth)
    const index = checker.getIndexTypeOfType(to, ts.IndexKind.String)
    return firstOf(
      checker.getPropertiesOfType(from).map((property) => {
        const target = to.getProperty(property.name)
        const type = target === undefined ? index : checker.getTypeOfSymbol(target)
        return type === undefined ? null : lost(checker.getTypeOfSymbol(property), type, depth)
      }),
    )
  }

  /** A function for another: what it returns is taken for what the other returns, and it is given what the other is given. */
  const lostInCall = (from: TypeScript.Type, to: TypeScript.Type, depth: number): Loss => {
    const [given, wanted] = [from.getCallSignatures()[0]!, to.getCallSignatures()[0]!]
    if (isOursAt(wanted.declaration)) return null
    if (lost(given.getReturnType(), wanted.getReturnType(), depth) !== null) return 'result'
    const parameters = given.getParameters().map((parameter, i) => {
      const passed = wanted.getParameters()[i]
      if (passed === undefined || isOursAt(given.declaration)) return null
      const [as, type] = [checker.getTypeOfSymbol(parameter), checker.getTypeOfSymbol(passed)]
      return isSwallowed(given, i) && golem.isGolem(type) ? 'value' : lost(type, as, depth)
    })
    return firstOf(parameters)
  }

  /** Whether a function takes whatever there is for this parameter, and nothing of it is in the type of what it returns: `Boolean(x)`. */
  const isSwallowed = (signature: TypeScript.Signature, position: number): boolean => {
    const declaration = signature.declaration as TypeScript.SignatureDeclaration | undefined
    const type = declaration?.parameters[position]?.type
    const own = declaration?.typeParameters?.map(({ name }) => name.text) ?? []
    if (type === undefined || !ts.isTypeReferenceNode(type) || !declaration!.getSourceFile().isDeclarationFile) return false
    const name = type.typeName.getText()
    return own.includes(name) && !new RegExp(`\\b${name}\\b`).test(declaration!.type?.getText() ?? '')
  }

  return { lost, isSwallowed, isAnything }
}

const firstOf = (losses: Loss[]): Loss => losses.find((loss) => loss !== null) ?? null

const isOursAt = (node: TypeScript.Node | undefined): boolean => node !== undefined && isOurs(node.getSourceFile().fileName)
