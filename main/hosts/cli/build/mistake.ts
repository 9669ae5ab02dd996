/** From whatever a developer's program threw to one sentence with the file and line of the developer's source. */
import { readFileSync } from 'node:fs'
import { basename, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { BuildError, type Failure, pathOfLine } from '../../../../roles/program/index.ts'
import { ModuleProblem } from './modules.ts'
import { isOurs } from './sdk.ts'

export interface Mistake {
  code: string
  message: string
  /** Absolute path. */
  file: string | null
  line: number | null
}

interface Place {
  file: string
  line: number | null
}

/**
 * @param error whatever was thrown
 * @param loaded files of the developer in the order in which they were loaded, absolute paths
 */
export function mistakeOf(error: unknown, loaded: readonly string[]): Mistake {
  if (error instanceof BuildError) return placeBuildError(error.code, error.message, loaded)
  if (error instanceof ModuleProblem) {
    const { message, file, specifier } = error
    return { code: 'program.syntax', message, file, line: specifier === null ? null : lineOfImport(file, specifier) }
  }
  const place = placeOf(error, loaded) ?? { file: loaded.at(-1) ?? null, line: null }
  return { code: codeOf(error), message: sentenceOf(error), ...place }
}

/** The SDK names a file without its folders. */
export function placeBuildError(code: string, message: string, loaded: readonly string[]): Mistake {
  const match = /^([^\n]+?):(\d+): ([^]*)$/.exec(message)
  if (match === null) return { code, message, file: loaded[0] ?? null, line: null }
  const named = pathOfLine(`${match[1]}:${match[2]}`)
  const file = loaded.find((path) => path === named) ?? loaded.find((path) => basename(path) === match[1])
  // After the developer's functions have returned, the nearest place on the stack is ours.
  return { code, message: match[3]!, file: file ?? loaded[0] ?? null, line: file === undefined ? null : Number(match[2]) }
}

const isEndless = (error: unknown): boolean => error instanceof RangeError && error.message.startsWith('Maximum call stack')

function codeOf(error: unknown): string {
  if (isEndless(error)) return 'program.recursion'
  return error instanceof SyntaxError ? 'program.syntax' : 'program.thrown'
}

function nodeCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return `the program threw ${inspect(error, { depth: 1, breakLength: Infinity }).slice(0, 200)}.`
  if (isEndless(error)) return 'a function calls itself without end; the language has no recursion: use map, filter or fold.'
  const text = `${error.message.split('\n')[0]!}.`.replace(/\.\.$/, '.')
  if (nodeCode(error) === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX')
    return `${text} Types are only left out, so use no enum, namespace or parameter property.`
  if (error instanceof SyntaxError) return text
  return `${error.name}: ${text}${isThrownByUs(error) ? ' The SDK could not use what this line gives it.' : ''}`
}

/** Stack frames as places, nearest first. Node puts the place of a syntax error in the first line. */
function framesOf(error: Error): Place[] {
  return String(error.stack)
    .split('\n')
    .flatMap((text, i) => {
      const match = (i === 0 ? /^(file:\/\/.*):(\d+)$/ : /^\s+at (?:.* \()?(file:\/\/\S+):(\d+):\d+\)?$/).exec(text)
      return match === null ? [] : [{ file: fileURLToPath(match[1]!.replace(/[?#].*$/, '')), line: Number(match[2]) }]
    })
}

const isThrownByUs = (error: Error): boolean => {
  const first = framesOf(error)[0]
  return first !== undefined && isOurs(first.file)
}

function placeOf(error: unknown, loaded: readonly string[]): Place | null {
  if (!(error instanceof Error)) return null
  return framesOf(error).find((frame) => !isOurs(frame.file)) ?? (loaded[0] === undefined ? null : { file: loaded.at(-1)!, line: null })
}

/** Line of the import that names what was not found. */
function lineOfImport(file: string, specifier: string): number | null {
  const at = readFileSync(file, 'utf8')
    .split('\n')
    .findIndex((text) => [`'${specifier}'`, `"${specifier}"`].some((name) => text.includes(name)))
  return at < 0 ? null : at + 1
}

/** `file:line` as the caller would type it. */
export const showPlace = (place: { file: string | null; line: number | null }, cwd: string): string => {
  if (place.file === null) return ''
  const inside = relative(cwd, place.file)
  const path = inside.startsWith('..') ? place.file : inside
  return place.line === null ? path : `${path}:${place.line}`
}

/** The failure that a command shows: the place comes first, so that editors and terminals can jump there. */
export function failureOf(mistake: Mistake, cwd: string, details: Record<string, unknown> = {}): { ok: false; error: Failure } {
  const at = showPlace(mistake, cwd)
  const message = at === '' ? mistake.message : `${at}: ${mistake.message}`
  return { ok: false, error: { code: mistake.code, message, retryable: false, details: at === '' ? details : { at, ...details } } }
}
