/** Runs the developer's program twice, each time with a fresh module graph, and holds the two documents against each other. */
import { Worker } from 'node:worker_threads'
import { check, firstDifference, type Json, type Program, type Result } from '../../../../roles/program/index.ts'
import { lineOfPath } from './document-line.ts'
import { failureOf, mistakeOf } from './mistake.ts'
import { stopWorker } from './stop-worker.ts'
import type { BuildAnswer, BuildTask } from './trace.ts'

export interface BuildOptions {
  /** Absolute path of the program. */
  file: string
  /** Places in messages are relative to this folder. */
  cwd: string
  limitMs: number
  /** Gets what the program itself prints. */
  print: (text: string) => void
}

export interface Built {
  /** Canonical document, without a line end. */
  text: string
  program: Program
}

const MEMORY_MB = 512
/** A year, a month, a day, an hour, a minute and a second: no part of a date stays the same. */
const ELSEWHEN_MS = ((396 * 24 + 1) * 60 + 1) * 60_000 + 1_000
const GRACE_MS = 100

/**
 * @returns the checked program. Errors: those of the SDK and of the checker, `program.nondeterministic`, `program.thrown`, `program.syntax`,
 *   `program.recursion`, `program.no-app`, `program.endless`, `program.ended`, `program.memory`; the message begins with `file:line`
 */
export async function buildProgram(options: BuildOptions): Promise<Result<Built>> {
  const [first, second] = await Promise.all([buildOnce(options, 0, options.print), buildOnce(options, ELSEWHEN_MS, () => undefined)])
  if (!first.ok) return first
  if (!second.ok) return second
  const program = check(JSON.parse(first.value))
  if (!program.ok) return program
  if (first.value === second.value) return { ok: true, value: { text: first.value, program: program.value } }
  const path = firstDifference(JSON.parse(first.value) as Json, JSON.parse(second.value) as Json) ?? ''
  const message = `two builds made different programs, first at ${path}; use no clock, no randomness and no other outer state in it.`
  const line = lineOfPath(options.file, path, program.value)
  return failureOf({ code: 'program.nondeterministic', message, file: options.file, line }, options.cwd, { path })
}

/** One thread to its end, or to the end of our patience. */
async function buildOnce(options: BuildOptions, clockShiftMs: number, print: (text: string) => void): Promise<Result<string>> {
  const task: BuildTask = { file: options.file, clockShiftMs }
  const worker = new Worker(new URL('./thread.ts', import.meta.url), {
    workerData: task,
    stdout: true,
    stderr: true,
    execArgv: ['--no-warnings'],
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
  })
  for (const stream of [worker.stdout, worker.stderr]) stream.setEncoding('utf8').on('data', print)
  const answer = await answerOf(worker, options)
  await worker.terminate()
  return answer
}

function answerOf(worker: Worker, options: BuildOptions): Promise<Result<string>> {
  const { file, cwd, limitMs } = options
  return new Promise((resolve) => {
    let [late, timer, answer] = [false, undefined as NodeJS.Timeout | undefined, null as Result<string> | null]
    const end = (result: Result<string>): void => (clearTimeout(timer), resolve(result))
    const stop = (): void => {
      late = true
      void stopWorker(worker).then((place) => end(endless(options, place)))
    }
    worker.on('message', (message: 'started' | BuildAnswer) => {
      // The limit is the program's: however long a busy computer takes to load the SDK.
      if (message === 'started') return void (timer = setTimeout(stop, limitMs))
      answer = resultOf(message, options)
      // What it printed comes another way and may be late; timers of the program are not waited for.
      setTimeout(() => end(answer!), GRACE_MS).unref()
    })
    // Once there is an answer, what the program left running is nothing to the document.
    worker.on('error', (error) => end(answer ?? failureOf(outOfMemory(error, file) ?? mistakeOf(error, [file]), cwd)))
    worker.on('exit', () => late || end(answer ?? failureOf({ code: 'program.ended', message: ENDED, file, line: null }, cwd)))
  })
}

const ENDED = 'the program ended before it exported its app: it called process.exit(), or awaits something that never comes.'

function endless({ file, cwd, limitMs }: BuildOptions, place: { file: string; line: number } | null): Result<string> {
  const doing = place === null ? '; it waits for something' : ', and was here when it was stopped'
  const message = `the build did not end within ${limitMs / 1000} s${doing}. Allow more with --time-limit SECONDS.`
  return failureOf({ code: 'program.endless', message, file: place?.file ?? file, line: place?.line ?? null }, cwd)
}

const outOfMemory = (error: unknown, file: string) =>
  error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? { code: 'program.memory', message: `the build needs more than ${MEMORY_MB} MB of memory.`, file, line: null }
    : null

/** A build's answer as a result whose message begins with `file:line`. */
export function resultOf(answer: BuildAnswer, { file, cwd }: Pick<BuildOptions, 'file' | 'cwd'>): Result<string> {
  if ('text' in answer) return { ok: true, value: answer.text }
  const path = pathIn(answer)
  const line = answer.mistake.line ?? (path === null ? null : lineOfPath(file, path))
  return failureOf({ ...answer.mistake, line }, cwd, answer.details)
}

/** The checker's messages begin with a path of the document, those about two builds carry it. */
function pathIn(answer: Exclude<BuildAnswer, { text: string }>): string | null {
  const carried = answer.details['path']
  return typeof carried === 'string' ? carried : (/^(\/\S+?):? /.exec(answer.mistake.message)?.[1] ?? null)
}
