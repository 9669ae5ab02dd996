/**
 * One build of a developer's program in a thread of its own, so with a fresh module graph. It posts `started` when the program begins, then
 * one answer: the canonical document or the mistake. The thread can be stopped from outside when it never ends.
 */
import { registerHooks } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { type App, canonicalProgram, compile } from '../../../../roles/program/index.ts'
import { shiftClock } from './clock.ts'
import { type Mistake, mistakeOf, placeBuildError } from './mistake.ts'
import { sdkModule } from './sdk.ts'

export interface BuildTask {
  /** Absolute path of the program. */
  file: string
  /** By how much this build's clock is off. */
  clockShiftMs: number
}

export type BuildAnswer = { text: string } | { mistake: Mistake; details: Record<string, unknown> }

/** `golem` is the SDK wherever the program lies; TypeScript is TypeScript whatever the nearest package.json says about modules. */
function hookModules(): string[] {
  const loaded: string[] = []
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'golem' ? { url: pathToFileURL(sdkModule).href, shortCircuit: true } : next(specifier, context),
    load: (url, context, next) => {
      if (url.startsWith('file:')) loaded.push(fileURLToPath(url))
      return /\.m?ts$/.test(url) ? next(url, { ...context, format: 'module-typescript' }) : next(url, context)
    },
  })
  return loaded
}

type EndpointSpec = ReturnType<App['endpoints']>[string]

const isApp = (value: unknown): value is App =>
  typeof value === 'object' && value !== null && 'collections' in value && 'endpoints' in value && typeof value.endpoints === 'function'

/** The same app, which notes the endpoint that is being traced: where no line is known, its line is told. */
function watched(app: App, note: (endpoint: string) => void): App {
  const watch = (name: string, spec: EndpointSpec): EndpointSpec => ({
    ...spec,
    run: (request, context) => (note(name), spec.run(request, context)),
  })
  const endpoints = (database: unknown): Record<string, EndpointSpec> =>
    Object.fromEntries(Object.entries(app.endpoints(database)).map(([name, spec]) => [name, watch(name, spec)]))
  return { ...app, endpoints }
}

async function build({ file, clockShiftMs }: BuildTask): Promise<BuildAnswer> {
  Error.stackTraceLimit = 100
  const loaded = hookModules()
  shiftClock(clockShiftMs)
  let endpoint: string | null = null
  const wrong = (mistake: Mistake, details: Record<string, unknown> = {}): BuildAnswer => ({
    mistake,
    details:
      endpoint === null || mistake.line !== null || mistake.message.startsWith('/')
        ? details
        : { path: `/endpoints/${endpoint}`, ...details },
  })
  parentPort!.postMessage('started')
  try {
    const { default: app } = (await import(pathToFileURL(file).href)) as { default?: unknown }
    if (!isApp(app)) {
      return wrong({
        code: 'program.no-app',
        message: 'this file exports no app; end it with «export default app({ … })».',
        file,
        line: null,
      })
    }
    const program = compile(watched(app, (name) => void (endpoint = name)))
    if (program.ok) return { text: canonicalProgram(program.value) }
    return wrong(placeBuildError(program.error.code, program.error.message, loaded), program.error.details)
  } catch (error) {
    return wrong(mistakeOf(error, loaded.length === 0 ? [file] : loaded))
  }
}

parentPort!.postMessage(await build(workerData as BuildTask))
