/** The TypeScript of the pages: written to files, type-checked and built all at once, then run. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import ts from 'typescript'
import { resultOf } from '../../../main/hosts/cli/build/build.ts'
import type { BuildAnswer } from '../../../main/hosts/cli/build/trace.ts'
import { typeProblems, type TypeProblem } from '../../../main/hosts/cli/build/types.ts'
import { complaint } from '../../../main/hosts/cli/main.ts'
import { callEndpoint } from '../../../main/hosts/cli/run/call.ts'
import { readData } from '../../../main/hosts/cli/run/data.ts'
import { check, naturalForm, responseType, type Program, type Result } from '../../../roles/program/index.ts'

/** A program, or a piece of one within a frame. */
export interface Source {
  text: string
  frame: Frame | null
}

/** What stands around the examples of a page, and what they are called with. */
export interface Frame {
  before: string
  after: string
  request: string
  data: string
}

export interface Built {
  types: TypeProblem[]
  program: Result<Program>
}

/** Line of a frame where the examples of its page stand. */
const PLACE = /^[^\S\n]*\/\/ the example\n/m

export function frameOf(text: string): Frame {
  const place = PLACE.exec(text)
  if (place === null) throw new Error('a frame has a line «// the example»')
  return { before: text.slice(0, place.index), after: text.slice(place.index + place[0].length), request: '{}', data: '{"collections":{}}' }
}

const linesOf = ({ frame }: Source): number => (frame === null ? 0 : frame.before.split('\n').length - 1)

/** Lines count from the first of the example, where there is a frame around it. */
const inExample = (source: Source, text: string): string =>
  text.replaceAll(/\bapp\.ts:(\d+)/g, (_, line) => `app.ts:${Number(line) - linesOf(source)}`)

/** Types and builds of all of them. */
export async function buildAll(folder: string, sources: Source[]): Promise<Built[]> {
  const files = sources.map((source, i) => {
    mkdirSync(join(folder, `${i}`), { recursive: true })
    const file = join(folder, `${i}`, 'app.ts')
    writeFileSync(file, `${source.frame?.before ?? ''}${source.text}${source.frame?.after ?? ''}`)
    return file
  })
  const answers = answersOf(files)
  const problems = typeProblems(ts, files, folder)
  return (await answers).map((answer, i) => {
    const types = problems
      .filter(({ at }) => at.startsWith(`${i}/`))
      .map((problem) => ({ ...problem, at: inExample(sources[i]!, problem.at.replace(/^\d+\//, '')) }))
    return { types, program: programOf(sources[i]!, files[i]!, answer) }
  })
}

function answersOf(files: string[]): Promise<BuildAnswer[]> {
  if (files.length === 0) return Promise.resolve([])
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./builder.ts', import.meta.url), { workerData: files, execArgv: ['--no-warnings'] })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

function programOf(source: Source, file: string, answer: BuildAnswer): Result<Program> {
  const result = resultOf(answer, { file, cwd: join(file, '..') })
  if (result.ok) return check(JSON.parse(result.value))
  return { ok: false, error: { ...result.error, message: inExample(source, result.error.message) } }
}

/** What golem says of a program: nothing where it is fine. */
export function refusal({ types, program }: Built, withTypes: boolean): string {
  if (withTypes && types.length > 0) return complaint({ code: '', message: '', retryable: false, details: { problems: types } })
  return program.ok ? '' : complaint(program.error)
}

export const SOMEBODY = 'a'.repeat(64)

/** The response of a call as people read it, or what golem says instead. */
export function answerOf(program: Program, endpoint: string, request: string, data: string): { json: unknown } | { refused: string } {
  const db = readData(program, JSON.parse(data))
  if (!db.ok) return { refused: complaint(db.error) }
  const budget = { steps: 1_000_000, bytes: 4_000_000 }
  const done = callEndpoint(db.value, { endpoint, request: JSON.parse(request) as Record<string, unknown>, caller: SOMEBODY, budget })
  return done.ok
    ? { json: naturalForm(responseType(program, program.endpoints[endpoint]!), done.value.run.response) }
    : { refused: complaint(done.error) }
}
