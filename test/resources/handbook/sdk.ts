/** What the SDK says of its own operations: signatures and doc comments, read from its source. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { repository } from '../../architecture/rules.ts'

export interface Operation {
  name: string
  /** `slice(from, to) → list` */
  signature: string
  doc: string
}

/** Heading in the handbook, file and interface of each kind of opened value. */
export const KINDS: Record<string, [file: string, type: string]> = {
  int: ['values/int.ts', 'IntExpr'],
  text: ['values/text.ts', 'TextExpr'],
  bool: ['values/bool.ts', 'BoolExpr'],
  bytes: ['values/bytes.ts', 'BytesExpr'],
  list: ['values/list.ts', 'ListExpr'],
  record: ['values/record.ts', 'RecExpr'],
  option: ['values/option.ts', 'OptionExpr'],
  variant: ['values/variant.ts', 'VariantExpr'],
  map: ['values/map.ts', 'MapExpr'],
  tree: ['values/tree.ts', 'TreeExpr'],
  zipper: ['values/zipper.ts', 'ZipperExpr'],
  store: ['store.ts', 'StoreExpr'],
}

const RESULTS: Array<[RegExp, string]> = [
  [/^OptionExpr<(\w+)>$/, 'option of $1'],
  [/^Expr<Option<(\w+)>>$/, 'option of $1'],
  [/^(Int|Text|Bool|Bytes)Expr$/, '$1'],
  [/^(List|Tree|Store)Expr<.*>$/, '$1'],
  [/^ListExpr<(Text|Int)>$/, 'list of $1'],
  [/^MapExpr<.*>$/, 'map'],
  [/^RecExpr<.*>$/, 'record'],
  [/^ZipperExpr<.*>$/, 'place'],
  [/^PlaceExpr<.*>$/, 'option of a place'],
  [/^Expr<Option<.*>>$/, 'option'],
]

/** A result's type in a word or two; nothing where it is whatever a callback makes or a container holds. */
function resultWords(type: string): string {
  const found = RESULTS.find(([pattern]) => pattern.test(type))
  if (found === undefined) return ''
  const words = type.replace(found[0], found[1]).toLowerCase()
  return ` → ${words.replace(/ of [a-z]$/, '')}`
}

const docOf = (node: ts.Node): string =>
  ts
    .getJSDocCommentsAndTags(node)
    .map((doc) => (typeof doc.comment === 'string' ? doc.comment : ''))
    .join(' ')
    .replaceAll(/\s+/g, ' ')

function parameterWords(parameter: ts.ParameterDeclaration): string {
  const name = parameter.name.getText()
  return `${parameter.dotDotDotToken === undefined ? '' : '…'}${name}${parameter.questionToken === undefined ? '' : '?'}`
}

function operationOf(member: ts.MethodSignature): Operation {
  const name = member.name.getText()
  const parameters = member.parameters.filter((one) => one.name.getText() !== 'this').map(parameterWords)
  return { name, signature: `${name}(${parameters.join(', ')})${resultWords(member.type?.getText() ?? '')}`, doc: docOf(member) }
}

/** The operations that an interface of the SDK declares itself, each once. */
export function operationsOf(kind: string): Operation[] {
  const [file, type] = KINDS[kind]!
  const path = join(repository, 'roles', 'program', 'sdk', file)
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2024, true)
  const found = source.statements.find((one): one is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(one) && one.name.text === type)
  const all = (found?.members ?? []).flatMap((member) => (ts.isMethodSignature(member) ? [operationOf(member)] : []))
  // Of overloads the last one takes all arguments, and the first one has the comment.
  const last = all.filter((one, i) => all.findLastIndex(({ name }) => name === one.name) === i)
  return last.map((one) => ({ ...one, doc: all.find(({ name, doc }) => name === one.name && doc !== '')?.doc ?? '' }))
}
