/**
 * One file for each process and each thread, with everything in it that they use and nothing else: a process that loads its program from
 * hundreds of TypeScript files holds the compiler that strips them, and a package of which one part is used holds all of its parts.
 */
import { dirname, join, relative } from 'node:path'
import { build, type InlineConfig, type Plugin } from 'vite'
import { repository } from './places.ts'

export const common = { root: repository, configFile: false, publicDir: false, logLevel: 'warn' } as const satisfies InlineConfig

/** Native code and WebAssembly, which packages load from files beside their own. */
const OUTSIDE = ['electron', 'better-sqlite3', 'tiny-secp256k1']

/**
 * What webtorrent brings and the swarm switches off: WebRTC, uTP, port mapping, proxies, and its own store on the disk. They
 * hold twenty megabytes in each process.
 */
const UNUSED = ['webrtc-polyfill', 'utp-native', '@silentbot1/nat-api', 'socks', 'fs-chunk-store', 'bufferutil', 'utf-8-validate']
const EMPTY = '\0golem-unused:'

/** Chooses Node's global `fetch`, which loads several megabytes at its first use, and brings another for old Nodes: that one does. */
const FETCH = 'cross-fetch-ponyfill'

/** Names of packages that hold nothing in a bundle; whoever used them would find `undefined`. */
const withoutUnused: Plugin = {
  name: 'golem-unused',
  enforce: 'pre',
  resolveId(id, importer) {
    if (id === FETCH) return this.resolve('node-fetch', importer, { skipSelf: true })
    return UNUSED.includes(id) ? EMPTY + id : null
  },
  load: (id) => (id.startsWith(EMPTY) ? 'module.exports = {}' : null),
}

const threadUrl = /new URL\(\s*'(\.{1,2}\/[^']+\.ts)'\s*,\s*import\.meta\.url\s*\)/g

/** A module named by `new URL('./x.ts', import.meta.url)` runs in a thread or process of its own: it becomes a bundle beside this one. */
function apart(root: string, entries: Map<string, string>): Plugin {
  return {
    name: 'golem-apart',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('.ts') || !code.includes('import.meta.url')) return null
      const changed = code.replace(threadUrl, (_whole, specifier: string) => {
        const file = join(dirname(id), specifier)
        const name = relative(root, file)
          .replace(/\.ts$/, '')
          .replaceAll(/[^a-z0-9]+/gi, '-')
        entries.set(name, file)
        return `new URL('./${name}.js', import.meta.url)`
      })
      // The replacement stays on its line, so the lines of the source map stay right.
      return { code: changed, map: null }
    },
  }
}

const configOf = (entry: string, folder: string, name: string, root: string, entries: Map<string, string>): InlineConfig => ({
  ...common,
  root,
  plugins: [withoutUnused, apart(root, entries)],
  ssr: { noExternal: true, external: OUTSIDE },
  build: {
    ssr: entry,
    outDir: folder,
    target: 'node24',
    emptyOutDir: false,
    sourcemap: true,
    rolldownOptions: {
      external: OUTSIDE,
      output: {
        entryFileNames: `${name}.js`,
        codeSplitting: false,
        comments: false,
        // V8 keeps the text of a program, at two bytes a character where one of them needs two.
        minify: { mangle: false, compress: false, codegen: { removeWhitespace: false, asciiOnly: true } },
      },
    },
  },
})

/**
 * Bundles a program for Node or Electron's main process, and every program that it starts in a thread or a process, into one folder.
 *
 * @param entry and `folder` (output) are relative to `root` or absolute; `name` is the output's name without `.js`
 */
export async function bundle(entry: string, folder: string, name: string, root: string = repository): Promise<void> {
  const entries = new Map([[name, entry]])
  // It grows while it is walked.
  for (const [one, file] of entries) await build(configOf(file, folder, one, root, entries))
}
