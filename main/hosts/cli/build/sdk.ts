/** Where the SDK is, and what an editor and our own type check need to find it. */
import { join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository. */
export const root = fileURLToPath(new URL('../../../..', import.meta.url))

/** The module that programs import as `golem`. */
export const sdkModule = join(root, 'roles', 'program', 'index.ts')

const ours = [join(root, 'roles', 'program'), join(root, 'main', 'hosts', 'cli')].map((folder) => `${folder}${sep}`)

/** Whether a file is the SDK's or the compiler's own, so that no error points there. */
export const isOurs = (file: string): boolean => ours.some((folder) => resolve(file).startsWith(folder))

/** Compiler options of a program, as in a tsconfig.json: what Node can run by leaving out the types, strictly checked. */
export const compilerOptions = {
  target: 'ES2024',
  lib: ['ES2024'],
  module: 'ESNext',
  moduleResolution: 'Bundler',
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  resolveJsonModule: true,
  types: ['node'],
  typeRoots: [join(root, 'node_modules', '@types')],
  paths: { golem: [sdkModule] },
}
