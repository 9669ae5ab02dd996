/** The TypeScript checker on a developer's program, and what only its types can tell: JavaScript that takes Golem values for its own. */
import { relative } from 'node:path'
import type TypeScript from 'typescript'
import { fail, ok, type Result } from '../../../../roles/protocol/result.ts'
import { findMisuse } from './javascript/find.ts'
import { showPlace } from './mistake.ts'
import { compilerOptions, isOurs, root } from './sdk.ts'

export interface TypeProblem {
  /** `file:line` relative to the caller's folder. */
  at: string
  code: string
  message: string
  /** What TypeScript says of the same mistake, and an editor shows: its number. */
  typescript?: string
}

const MOST_SHOWN = 50

/** The `typescript` package, or null where it is not installed. */
export async function findTypeScript(): Promise<typeof TypeScript | null> {
  try {
    return (await import('typescript')).default
  } catch {
    return null
  }
}

/**
 * Checks a program and the developer's own modules that it imports.
 * @param file absolute path
 * @returns Errors: the code of the first problem, but `program.types` where there is one of these; details.problems has every one of them.
 */
export function checkTypes(ts: typeof TypeScript, file: string, cwd: string): Result<null> {
  const problems = typeProblems(ts, [file], cwd)
  return problems.length === 0 ? ok(null) : refuse(problems)
}

/** All that is wrong with the types of some programs and of the modules that they import. */
export function typeProblems(ts: typeof TypeScript, files: string[], cwd: string): TypeProblem[] {
  const { options } = ts.convertCompilerOptionsFromJson({ ...compilerOptions, allowJs: true }, root)
  const program = ts.createProgram(files, options, hostFor(ts, options))
  const sources = program.getSourceFiles().filter(isDevelopers)
  const misuseIn = findMisuse(ts, program.getTypeChecker(), sources)
  return sources.flatMap((source) => {
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    const problems = withoutEchoes(ts, found).map((diagnostic) => problemOf(ts, diagnostic, cwd))
    const misuse = misuseIn(source).map(({ line, ...mistake }): TypeProblem => ({
      at: showPlace({ file: source.fileName, line }, cwd),
      ...mistake,
    }))
    return together(problems, misuse)
  })
}

/** What TypeScript says of an operator, an index or a loop, where golem says what to use instead. */
const SAID_BETTER = /\(TS(2352|2356|2362|2363|2365|2367|2407|2461|2464|2488|2495|2538|2678|2736|2872|2873|2774)\)$/

/** Both kinds of problems, without what TypeScript says of the same mistake in other words. */
function together(problems: TypeProblem[], misuse: TypeProblem[]): TypeProblem[] {
  const isEcho = (problem: TypeProblem): boolean => SAID_BETTER.test(problem.message) && misuse.some(({ at }) => at === problem.at)
  const told = misuse.map((one) => {
    const echo = problems.find((problem) => problem.at === one.at && isEcho(problem))
    return echo === undefined ? one : { ...one, typescript: /TS\d+/.exec(echo.message.slice(echo.message.lastIndexOf('(')))![0] }
  })
  return [...problems.filter((problem) => !isEcho(problem)), ...told]
}

/** Files of TypeScript, Node's types and the SDK: the same for every program that one process checks. */
const parsed = new Map<string, TypeScript.SourceFile | undefined>()

/** Reads the developer's files each time and all others once. */
function hostFor(ts: typeof TypeScript, options: TypeScript.CompilerOptions): TypeScript.CompilerHost {
  const host = ts.createCompilerHost(options)
  const getSourceFile: TypeScript.CompilerHost['getSourceFile'] = (name, ...rest) => {
    if (!isOurs(name) && !/[\\/]node_modules[\\/]/.test(relative(root, name))) return host.getSourceFile(name, ...rest)
    if (!parsed.has(name)) parsed.set(name, host.getSourceFile(name, ...rest))
    return parsed.get(name)
  }
  return { ...host, getSourceFile }
}

const isDevelopers = (source: TypeScript.SourceFile): boolean =>
  !source.isDeclarationFile &&
  !isOurs(source.fileName) &&
  !/[\\/]node_modules[\\/]/.test(relative(root, source.fileName)) &&
  !source.fileName.endsWith('.json')

/** «Parameter implicitly has an any type», of callbacks of a call whose other arguments are wrong: the same mistake once more. */
const ECHOES = [7006, 7031]

function withoutEchoes(ts: typeof TypeScript, diagnostics: readonly TypeScript.Diagnostic[]): TypeScript.Diagnostic[] {
  const causes = diagnostics.filter(({ code }) => !ECHOES.includes(code))
  return diagnostics.filter(({ code, file, start }) => {
    if (!ECHOES.includes(code) || file === undefined || start === undefined) return true
    const call = callAround(ts, file, start)
    return call === null || !causes.some((cause) => cause.start !== undefined && cause.start >= call.pos && cause.start < call.end)
  })
}

/** The call that the function at a position is an argument of. */
function callAround(ts: typeof TypeScript, file: TypeScript.SourceFile, position: number): TypeScript.Node | null {
  let call: TypeScript.Node | null = null
  const visit = (node: TypeScript.Node): void => {
    if (position < node.pos || position >= node.end) return
    if (ts.isCallExpression(node) && node.arguments.some((one) => ts.isFunctionLike(one) && position >= one.pos && position < one.end))
      call = node
    ts.forEachChild(node, visit)
  }
  visit(file)
  return call
}

/** An enum, a namespace, a parameter property: what TypeScript names by an option that the developer never set. */
const NOT_ERASABLE = 1294
const ONLY_LEFT_OUT =
  'types are only left out, so there is no enum, namespace or parameter property: write an object or union for an enum, and assign in the constructor'

function problemOf(ts: typeof TypeScript, diagnostic: TypeScript.Diagnostic, cwd: string): TypeProblem {
  const { file, start = 0 } = diagnostic
  const line = file === undefined ? null : file.getLineAndCharacterOfPosition(start).line + 1
  const said = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')
  const message = diagnostic.code === NOT_ERASABLE ? ONLY_LEFT_OUT : said
  return { at: showPlace({ file: file?.fileName ?? null, line }, cwd), code: 'program.types', message: `${message} (TS${diagnostic.code})` }
}

function refuse(problems: TypeProblem[]): Result<never> {
  const [first] = problems
  const code = problems.some((problem) => problem.code === 'program.types') ? 'program.types' : first!.code
  const more = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`
  const hidden = Math.max(0, problems.length - MOST_SHOWN)
  const details = { at: first!.at, problems: problems.slice(0, MOST_SHOWN), ...(hidden === 0 ? {} : { more: hidden }) }
  return fail(code, `${first!.at}: ${first!.message}${more}`, details)
}
