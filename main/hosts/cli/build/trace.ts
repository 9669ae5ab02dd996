/** One build of a developer's program in this thread: its document, or its mistake with the file and line of the developer's source. */
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { type App, canonicalProgram, compile } from '../../../../roles/program/index.ts'
import { shiftClock } from './clock.ts'
import { type Mistake, mistakeOf, placeBuildError } from './mistake.ts'
import { hookModules } from './modules.ts'

export interface BuildTask {
  /** Absolute path of the program. */
  file: string
  /** By how much this build's clock is off. */
  clockShiftMs: number
}

export type BuildAnswer = { text: string } | { mistake: Mistake; details: Record<string, unknown> }

type EndpointSpec = ReturnType<App['endpoints']>[string]

const isApp = (value: unknown): value is App =>
  typeof value === 'object' && value !== null && 'collections' in value && 'endpoints' in value && typeof value.endpoints === 'function'

const isPlainObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && [null, Object.prototype].includes(Object.getPrototypeOf(value) as null)

const hasRun = (spec: unknown): boolean => typeof spec === 'object' && spec !== null && 'run' in spec && typeof spec.run === 'function'

/** The same app, which notes the endpoint that is being traced: where no line is known, its line is told. */
function watched(app: App, note: (endpoint: string) => void): App {
  const watch = (name: string, spec: EndpointSpec): EndpointSpec => ({
    ...spec,
    run: (request, context) => (note(name), spec.run(request, context)),
  })
  const endpoints = (database: unknown): Record<string, EndpointSpec> => {
    const made: unknown = app.endpoints(database)
    // What is no object of endpoints is for the SDK to refuse.
    const isObject = isPlainObject(made) && Object.values(made).every(hasRun)
    return isObject
      ? Object.fromEntries(Object.entries(made).map(([name, spec]) => [name, watch(name, spec as EndpointSpec)]))
      : (made as never)
  }
  return { ...app, endpoints }
}

/** The turn in which promises and immediates that are due have had theirs; the program may put something else in the place of the global. */
const turn = (): Promise<void> => new Promise((resolve) => immediate(resolve))
const immediate = setImmediate

interface Late {
  first: () => { error: unknown } | null
  /** Rejects with the first of them. */
  thrown: Promise<never>
  stop: () => void
}

/** Notices what is thrown where nobody waits for it: after an `await`, in a promise, in a timer. */
function watchForLate(): Late {
  let first: { error: unknown } | null = null
  let reject = (_: unknown): void => undefined
  const thrown = new Promise<never>((_, refuse) => void (reject = refuse))
  thrown.catch(() => undefined)
  const note = (error: unknown): void => (reject(error), void (first ??= { error }))
  process.on('uncaughtException', note).on('unhandledRejection', note)
  return { first: () => first, thrown, stop: () => void process.off('uncaughtException', note).off('unhandledRejection', note) }
}

/** Loads and traces a program in this thread. @param started is called when the developer's own code is about to run */
export async function traceFile({ file, clockShiftMs }: BuildTask, started: () => void): Promise<BuildAnswer> {
  Error.stackTraceLimit = 100
  const { loaded, unhook } = hookModules()
  shiftClock(clockShiftMs)
  const late = watchForLate()
  let endpoint: string | null = null
  const wrong = (mistake: Mistake, details: Record<string, unknown> = {}): BuildAnswer => ({
    mistake,
    details:
      endpoint === null || mistake.line !== null || mistake.message.startsWith('/')
        ? details
        : { path: `/endpoints/${endpoint}`, ...details },
  })
  started()
  try {
    const { default: app } = (await Promise.race([import(pathToFileURL(file).href), late.thrown])) as { default?: unknown }
    if (!isApp(app)) {
      return wrong({
        code: 'program.no-app',
        message: 'this file exports no app; end it with «export default app({ … })».',
        file,
        line: null,
      })
    }
    const program = compile(watched(app, (name) => void (endpoint = name)))
    // What the program began and did not wait for is told too, where it fails at once; its timers are not waited for.
    await turn()
    const failed = late.first()
    if (program.ok) return failed === null ? { text: canonicalProgram(program.value) } : wrong(mistakeOf(failed.error, loaded))
    return wrong(placeBuildError(program.error.code, program.error.message, loaded), program.error.details)
  } catch (error) {
    return wrong(mistakeOf(error, loaded.length === 0 ? [file] : loaded))
  } finally {
    late.stop()
    unhook()
  }
}
