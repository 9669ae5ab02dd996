/** A checked program from what the developer names: TypeScript that is built first, or a program document. */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { check, type Program } from '../../../roles/program/index.ts'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import { parseJson } from '../terminal/json-text.ts'
import { readTextFile } from '../terminal/text-file.ts'
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

/** Said once for each program that is built; without the package JavaScript's conditions on Golem values are found only where they are called. */
const UNCHECKED =
  'The package typescript is not installed, so the types of the program are not checked, nor most of what its JavaScript does with Golem values. ' +
  'Install it (npm install typescript), or give --no-types.\n'

async function typesOf(file: string, { types, cwd, print }: LoadOptions): Promise<Result<null>> {
  if (types === 'no') return ok(null)
  const ts = await findTypeScript()
  if (ts !== null) return checkTypes(ts, file, cwd)
  if (types === 'yes') return fail('cli.typescript', 'The package typescript is not installed. Install it, or leave --check-types out.')
  print(UNCHECKED)
  return ok(null)
}

function readable(path: string, file: string): Result<null> {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found?.isFile() === true) return ok(null)
  return fail('cli.file', found === undefined ? `There is no file ${path}.` : `${path} is no file.`)
}

/** A program document, checked. Errors: those of `readJson` and of `check`. */
export function readDocument(path: string, cwd: string): Result<Program> {
  const json = readJson(path, cwd)
  return json.ok ? check(json.value) : json
}

/** Any JSON file. Errors: `cli.json`, those of `readTextFile`. */
export function readJson(path: string, cwd: string): Result<unknown> {
  const text = readText(path, cwd)
  return text.ok ? parseJson(path, text.value) : text
}

/** The text of a file of ordinary size. Errors: those of `readTextFile`. */
export const readText = (path: string, cwd: string): Result<string> => readTextFile(resolve(cwd, path), path, DOCUMENT_LIMIT)
