/**
 * Builds what runs from `dist/`: the renderer (dist/renderer) and the bundles of the Electron app (dist/electron: main.js, preload.cjs;
 * dist/worker: network.js and the programs that it forks). Packages of `dependencies` stay outside the bundles, because some of them are native.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type InlineConfig, type Plugin } from 'vite'
import { begin } from '../terminal/hosts.ts'

export const repository = fileURLToPath(new URL('../../..', import.meta.url))

const common = { root: repository, configFile: false, publicDir: false, logLevel: 'warn' } as const satisfies InlineConfig

const threadUrl = /new URL\(\s*'(\.{1,2}\/[^']+\.ts)'\s*,\s*import\.meta\.url\s*\)/g

/** A module named by `new URL('./x.ts', import.meta.url)` runs in a thread of its own: it becomes a file beside the bundle. */
function threads(root: string): Plugin {
  return {
    name: 'golem-threads',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('.ts') || !code.includes('import.meta.url')) return null
      const changed = code.replace(threadUrl, (_whole, specifier: string) => {
        const file = join(dirname(id), specifier)
        const fileName = `${relative(root, file)
          .replace(/\.ts$/, '')
          .replaceAll(/[^a-z0-9]+/gi, '-')}.js`
        this.emitFile({ type: 'chunk', id: file, fileName })
        return `new URL('./${fileName}', import.meta.url)`
      })
      // The replacement stays on its line, so the lines of the source map stay right.
      return { code: changed, map: null }
    },
  }
}

/**
 * Bundles one program for Node or Electron's main process.
 *
 * @param entry and `folder` (output) are relative to `root` or absolute; `name` is the output's name without `.js`
 */
export function nodeBundle(entry: string, folder: string, name: string, root: string = repository): InlineConfig {
  return {
    ...common,
    root,
    plugins: [threads(root)],
    build: {
      ssr: entry,
      outDir: folder,
      target: 'node24',
      emptyOutDir: false,
      sourcemap: true,
      // Flat, so that './x.js' beside import.meta.url is right in every chunk.
      rolldownOptions: { external: ['electron'], output: { entryFileNames: `${name}.js`, chunkFileNames: '[name]-[hash].js' } },
    },
  }
}

/** A sandboxed preload cannot load modules, so it is one CommonJS file that requires nothing but electron. */
export const preloadBundle: InlineConfig = {
  ...common,
  ssr: { noExternal: true },
  build: {
    ssr: 'main/hosts/electron/preload.ts',
    outDir: 'dist/electron',
    emptyOutDir: false,
    target: 'node24',
    rolldownOptions: { external: ['electron'], output: { format: 'cjs', entryFileNames: 'preload.cjs', codeSplitting: false } },
  },
}

/** The entry points of the Electron app, built one after the other. */
export async function buildElectron(): Promise<void> {
  await build(nodeBundle('main/hosts/electron/main.ts', 'dist/electron', 'main'))
  await build(preloadBundle)
  // It forks participants and chain, whose bundles come with it.
  await build(nodeBundle('main/hosts/headless/network/entry.ts', 'dist/worker', 'network'))
}

export async function buildRenderer(): Promise<void> {
  await build({ configFile: join(repository, 'renderer', 'vite.config.ts'), root: join(repository, 'renderer'), logLevel: 'warn' })
}

function newest(path: string): number {
  if (!existsSync(path)) return 0
  if (!statSync(path).isDirectory()) return statSync(path).mtimeMs
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))))
}

/** Whether any source of the renderer is newer than the built page. */
export function rendererIsStale(): boolean {
  const built = join(repository, 'dist', 'renderer', 'index.html')
  if (!existsSync(built)) return true
  const sources = ['renderer', 'main/contract', 'roles/program', 'roles/protocol', 'package-lock.json']
  return Math.max(...sources.map((path) => newest(join(repository, path)))) > statSync(built).mtimeMs
}

async function buildAll(): Promise<void> {
  for (const [what, task] of [
    ['renderer', buildRenderer],
    ['Electron bundles', buildElectron],
  ] as const) {
    const began = performance.now()
    await task()
    process.stdout.write(`golem: ${what} built in ${((performance.now() - began) / 1000).toFixed(1)} s\n`)
  }
}

if (import.meta.main) {
  const begun = begin('build', process.argv.slice(2))
  if ('exit' in begun) process.exitCode = begun.exit
  else await buildAll()
}
