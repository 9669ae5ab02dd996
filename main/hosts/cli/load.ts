/** A checked program from what the developer names: TypeScript that is built first, or a program document. */
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { check, type Program } from '../../../roles/program/index.ts'
import { nestingOf } from '../../../roles/protocol/canonical.ts'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import { buildProgram, type Built } from './build/build.ts'
import { checkTypes, findTypeScript } from './build/types.ts'

/** How a program is built; see `buildOptions` for the flags. */
export interface LoadOptions {
  cwd: string
  limitMs: number
  /** Whether the TypeScript checker runs; `auto`: where the package is there. */
  types: 'yes' | 'no' | 'auto'
  print: (text: string) => void
}

const SOURCE = /\.(m?ts|m?js)$/
/** Far above what anybody writes by hand, and still read at once. */
const DOCUMENT_LIMIT = 16 << 20
const NESTING_LIMIT = 1_000

/** Whether a path is a program to be built, by its ending. */
export const isSource = (path: string): boolean => SOURCE.test(path)

/** The program of `app.ts` or `app.json`. Errors: those of `buildSource` and `readDocument`. */
export async function loadProgram(path: string, options: LoadOptions): Promise<Result<Program>> {
  if (!isSource(path)) return readDocument(path, options.cwd)
  const built = await buildSource(path, options)
  return built.ok ? ok(built.value.program) : built
}

/**
 * Type check and build of a developer's program.
 * Errors: `cli.file`, `cli.typescript`, those of `checkTypes` and of `buildProgram`.
 */
export async function buildSource(path: string, options: LoadOptions): Promise<Result<Built>> {
  const file = resolve(options.cwd, path)
  const there = readable(path, file)
  if (!there.ok) return there
  if (!isSource(path)) return fail('cli.file', `${path} is no TypeScript program; name a file that ends in .ts.`)
  const checked = await typesOf(file, options)
  return checked.ok ? buildProgram({ ...options, file }) : checked
}

async function typesOf(file: string, { types, cwd }: LoadOptions): Promise<Result<null>> {
  if (types === 'no') return ok(null)
  const ts = await findTypeScript()
  if (ts !== null) return checkTypes(ts, file, cwd)
  return types === 'auto'
    ? ok(null)
    : fail('cli.typescript', 'The package typescript is not installed. Install it, or leave --check-types out.')
}

function readable(path: string, file: string): Result<null> {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found?.isFile() === true) return ok(null)
  return fail('cli.file', found === undefined ? `There is no file ${path}.` : `${path} is no file.`)
}

/** A program document, checked. Errors: `cli.file`, `cli.json`, those of `check`. */
export function readDocument(path: string, cwd: string): Result<Program> {
  const json = readJson(path, cwd)
  return json.ok ? check(json.value) : json
}

/** Any JSON file. Errors: `cli.file`, `cli.json`. */
export function readJson(path: string, cwd: string): Result<unknown> {
  const file = resolve(cwd, path)
  const there = readable(path, file)
  if (!there.ok) return there
  if (statSync(file).size > DOCUMENT_LIMIT) return fail('cli.file', `${path} is larger than ${DOCUMENT_LIMIT >> 20} MB.`)
  const text = readFileSync(file, 'utf8')
  if (nestingOf(text) > NESTING_LIMIT) return fail('cli.json', `${path} nests deeper than ${NESTING_LIMIT} levels.`)
  try {
    return ok(JSON.parse(text) as unknown)
  } catch (error) {
    return fail('cli.json', `${path} is not JSON: ${error instanceof Error ? error.message : String(error)}.`)
  }
}
