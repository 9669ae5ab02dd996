/** The TypeScript checker on a developer's program, and what only its types can tell: JavaScript conditions on Golem values. */
import { relative } from 'node:path'
import type TypeScript from 'typescript'
import { fail, ok, type Result } from '../../../../roles/protocol/result.ts'
import { conditionsIn } from './conditions.ts'
import { showPlace } from './mistake.ts'
import { compilerOptions, isOurs, root } from './sdk.ts'

export interface TypeProblem {
  /** `file:line` relative to the caller's folder. */
  at: string
  code: string
  message: string
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
 * @returns Errors: `program.types`, or `program.condition` when that is all there is; details.problems has every one of them.
 */
export function checkTypes(ts: typeof TypeScript, file: string, cwd: string): Result<null> {
  const { options } = ts.convertCompilerOptionsFromJson(compilerOptions, root)
  const program = ts.createProgram([file], options)
  const checker = program.getTypeChecker()
  const problems = program
    .getSourceFiles()
    .filter(isDevelopers)
    .flatMap((source) => {
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
      const conditions = conditionsIn(ts, checker, source).map(({ line, message }): TypeProblem => ({
        at: showPlace({ file: source.fileName, line }, cwd),
        code: 'program.condition',
        message,
      }))
      return [...found.map((diagnostic) => problemOf(ts, diagnostic, cwd)), ...conditions]
    })
  return problems.length === 0 ? ok(null) : refuse(problems)
}

const isDevelopers = (source: TypeScript.SourceFile): boolean =>
  !source.isDeclarationFile &&
  !isOurs(source.fileName) &&
  !/[\\/]node_modules[\\/]/.test(relative(root, source.fileName)) &&
  !source.fileName.endsWith('.json')

function problemOf(ts: typeof TypeScript, diagnostic: TypeScript.Diagnostic, cwd: string): TypeProblem {
  const { file, start = 0 } = diagnostic
  const line = file === undefined ? null : file.getLineAndCharacterOfPosition(start).line + 1
  const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')
  return { at: showPlace({ file: file?.fileName ?? null, line }, cwd), code: 'program.types', message: `${message} (TS${diagnostic.code})` }
}

function refuse(problems: TypeProblem[]): Result<never> {
  const code = problems.every((problem) => problem.code === 'program.condition') ? 'program.condition' : 'program.types'
  const [first] = problems
  const more = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`
  return fail(code, `${first!.at}: ${first!.message}${more}`, { at: first!.at, problems: problems.slice(0, MOST_SHOWN) })
}
