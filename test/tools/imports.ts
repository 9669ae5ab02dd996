/** Reads the import graph of the sources and holds it against a table of who may import whom. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import ts from 'typescript'

export interface Import {
  /** Path of the importing file, relative to the repository, with forward slashes. */
  from: string
  line: number
  /** As written, e.g. `node:fs`, `@noble/curves/secp256k1.js`, `../x.ts`. */
  specifier: string
  typeOnly: boolean
}

export interface Rule {
  folder: string
  /** Folders or files whose modules it may import; it may always import itself. */
  folders: string[]
  /** Of these folders it may import types only. */
  typesOf?: string[]
  /** Names of npm packages, or the prefix of a scope with its slash; `any`: all except those of `reserved`. */
  packages: string[] | 'any'
  node: boolean
}

export interface Table {
  rules: Rule[]
  /** package → the only folders that may name it */ reserved: Record<string, string[]>
}

const sourceFile = /\.(ts|mts|mjs|js|svelte)$/

/** Every source file below a folder, relative to the repository. */
export function sourcesBelow(repository: string, folder: string): string[] {
  if (!existsSync(join(repository, folder))) return []
  return readdirSync(join(repository, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === 'dist' ? [] : sourcesBelow(repository, path)
    return sourceFile.test(entry.name) ? [path] : []
  })
}

/** A component's markup is blanked out line by line, so that line numbers stay. */
function scriptsOf(path: string, text: string): string {
  if (!path.endsWith('.svelte')) return text
  let inScript = false
  const lines = text.split('\n').map((line) => {
    if (/^\s*<script\b[^>]*>\s*$/.test(line)) inScript = true
    else if (/^\s*<\/script>/.test(line)) inScript = false
    else return inScript ? line : ''
    return ''
  })
  return lines.join('\n')
}

/** Finds static, dynamic and type imports, re-exports, and modules named by `new URL('…', import.meta.url)` as workers are. */
export function importsOf(path: string, text: string): Import[] {
  const script = scriptsOf(path, text)
  const source = ts.createSourceFile(path, script, ts.ScriptTarget.Latest, false, ts.ScriptKind.TS)
  const found: Import[] = []
  const note = (node: ts.Node, specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
    found.push({ from: path, line: line + 1, specifier: specifier.text, typeOnly })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) note(node, node.moduleSpecifier, isTypeImport(node))
    else if (ts.isExportDeclaration(node)) note(node, node.moduleSpecifier, node.isTypeOnly)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) note(node, node.argument.literal, true)
    else if (ts.isCallExpression(node) && loads(node)) note(node, node.arguments[0], false)
    else if (ts.isNewExpression(node) && namesModule(node)) note(node, node.arguments?.[0], false)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function isTypeImport(node: ts.ImportDeclaration): boolean {
  const clause = node.importClause
  if (clause === undefined) return false
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const named = clause.namedBindings
  return (
    clause.name === undefined &&
    named !== undefined &&
    ts.isNamedImports(named) &&
    named.elements.length > 0 &&
    named.elements.every((e) => e.isTypeOnly)
  )
}

/** `import('x')` or `require('x')`. */
function loads(node: ts.CallExpression): boolean {
  return node.expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(node.expression) && node.expression.text === 'require')
}

function namesModule(node: ts.NewExpression): boolean {
  const first = node.arguments?.[0]
  const isUrl = ts.isIdentifier(node.expression) && node.expression.text === 'URL' && node.arguments?.length === 2
  return isUrl && first !== undefined && ts.isStringLiteralLike(first) && /^\.{1,2}\/.*\.(ts|mts|mjs|js)$/.test(first.text)
}

/** All imports of the sources below these folders. */
export function readImports(repository: string, folders: string[]): Import[] {
  const files = folders.flatMap((folder) => sourcesBelow(repository, folder))
  return files.flatMap((path) => importsOf(path, readFileSync(join(repository, path), 'utf8')))
}

const below = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

/** The rule with the longest folder that holds the file. */
export function ruleFor(table: Table, path: string): Rule | undefined {
  return table.rules.filter((rule) => below(path, rule.folder)).sort((a, b) => b.folder.length - a.folder.length)[0]
}

const packageName = (specifier: string): string => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')

function packageProblem(table: Table, rule: Rule, found: Import): string | undefined {
  const name = packageName(found.specifier)
  const owners = table.reserved[name]
  if (owners !== undefined && !owners.some((folder) => below(found.from, folder))) return `only ${owners.join(', ')} may name ${name}`
  if (rule.packages === 'any') return undefined
  const allowed = rule.packages.some((entry) => (entry.endsWith('/') ? name.startsWith(entry) : name === entry))
  return allowed ? undefined : `${rule.folder} may not import the package ${name}`
}

/** Programs import the SDK by the product's name: `exports` of package.json. */
const ownName = 'golem'
const ownModule = 'roles/program/index.ts'

const targetOf = (found: Import): string =>
  found.specifier === ownName ? ownModule : posix.join(posix.dirname(found.from), found.specifier.replace(/\?.*$/, ''))

function folderProblem(rule: Rule, found: Import): string | undefined {
  const target = targetOf(found)
  if (below(target, rule.folder) || rule.folders.some((folder) => below(target, folder))) return undefined
  if (found.typeOnly && (rule.typesOf ?? []).some((folder) => below(target, folder))) return undefined
  return `${rule.folder} may not import ${target}`
}

/** Why an import breaks the table, or undefined. */
export function problemOf(table: Table, found: Import): string | undefined {
  const rule = ruleFor(table, found.from)
  if (rule === undefined) return 'no rule covers this folder: add it to test/architecture/rules.ts'
  if (found.specifier.startsWith('.') || found.specifier === ownName) return folderProblem(rule, found)
  if (found.specifier.startsWith('node:')) return rule.node ? undefined : `${rule.folder} may not import ${found.specifier}`
  return packageProblem(table, rule, found)
}

/** Every broken import as `file:line specifier: reason`. */
export function violations(table: Table, imports: Import[]): string[] {
  return imports.flatMap((found) => {
    const problem = problemOf(table, found)
    return problem === undefined ? [] : [`${found.from}:${found.line} imports ${found.specifier}: ${problem}`]
  })
}
