/**
 * How a program's modules are found and read: as an editor with the tsconfig.json of `golem new` does (TypeScript's «bundler» resolution), so that
 * what is fine there runs here.
 */
import { readFileSync, statSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { decodeText } from '../../terminal/text-file.ts'
import { sdkModule } from './sdk.ts'

/** A module that is not there, or cannot be read as text. */
export class ModuleProblem extends Error {
  /** The developer's file at fault. */
  readonly file: string
  /** What the file imports in vain. */
  readonly specifier: string | null
  constructor(file: string, message: string, specifier: string | null = null) {
    super(message)
    this.file = file
    this.specifier = specifier
  }
}

/**
 * `golem` is the SDK wherever the program lies; TypeScript is TypeScript whatever the nearest package.json says about modules.
 * @returns files of the developer in the order in which they are loaded, absolute paths
 */
export function hookModules(): { loaded: string[]; unhook: () => void } {
  const loaded: string[] = []
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier === 'golem') return { url: pathToFileURL(sdkModule).href, shortCircuit: true }
      const url = relativeModule(specifier, context.parentURL)
      if (url !== null) return { url, shortCircuit: true }
      try {
        return next(specifier, context)
      } catch (error) {
        throw context.parentURL?.startsWith('file:') === true ? missing(specifier, fileURLToPath(context.parentURL), error) : error
      }
    },
    load: (url, context, next) => {
      if (!url.startsWith('file:')) return next(url, context)
      const file = fileURLToPath(url)
      loaded.push(file)
      if (file.endsWith('.json')) return { format: 'module', source: jsonModule(textOf(file)), shortCircuit: true }
      if (/\.m?ts$/.test(file)) return { format: 'module-typescript', source: textOf(file), shortCircuit: true }
      return next(url, context)
    },
  })
  return { loaded, unhook: () => hooks.deregister() }
}

/** Node's own sentence where it knows more than that there is no such module. */
function missing(specifier: string, parent: string, error: unknown): ModuleProblem {
  const { code, message } = error as NodeJS.ErrnoException
  const why =
    code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_UNSUPPORTED_DIR_IMPORT' ? '' : `${message.split('\n')[0]!.replace(/\.?$/, '.')} `
  const hint = specifier.startsWith('golem/')
    ? " The SDK is one module: import from 'golem'."
    : /^\.{0,2}\//.test(specifier)
      ? ''
      : ` That names a package; a file of yours is named by its way from this one, as './${specifier}'.`
  return new ModuleProblem(parent, `${why}Cannot find module '${specifier}'.${hint}`, specifier)
}

const isFile = (url: URL): boolean => statSync(url, { throwIfNoEntry: false })?.isFile() === true

/** The address of an existing file that a relative or absolute specifier means; null where Node is to say what it means. */
function relativeModule(specifier: string, parent: string | undefined): string | null {
  if (!/^(\.{0,2}\/|\.{1,2}$|file:)/.test(specifier)) return null
  const url = URL.parse(specifier, parent)
  if (url?.protocol !== 'file:') return null
  return candidates(url).find(isFile)?.href ?? null
}

/** In TypeScript's order. A folder stands for its index.ts, and the ending that a compiler would write for the one that is there. */
function candidates(url: URL): URL[] {
  const { pathname } = url
  const at = (path: string): URL => Object.assign(new URL(url), { pathname: path })
  if (/\.(m?ts|json)$/.test(pathname)) return [url]
  if (/\.m?js$/.test(pathname)) return [at(pathname.replace(/js$/, 'ts')), url]
  const folder = /(^|\/)\.{0,2}\/?$/.test(pathname) ? pathname.replace(/\/?$/, '/') : `${pathname}/`
  return [...(pathname.endsWith('/') ? [] : [at(`${pathname}.ts`)]), at(`${folder}index.ts`), url]
}

function textOf(file: string): string {
  const text = decodeText(readFileSync(file), 'this file')
  if (!text.ok) throw new ModuleProblem(file, text.error.message)
  return text.value
}

/** A JSON file as a module, with its members by name as TypeScript gives them, whether or not the import says what it is. */
function jsonModule(text: string): string {
  const value = JSON.parse(text) as unknown
  const names = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : []
  const members = names.filter((name) => name !== 'default' && name.isWellFormed())
  return [
    `const value = JSON.parse(${JSON.stringify(text)})`,
    'export default value',
    ...members.map((name, at) => `const member${at} = value[${JSON.stringify(name)}]\nexport { member${at} as ${JSON.stringify(name)} }`),
  ].join('\n')
}
