/**
 * Builds what runs from `dist/`: the renderer (dist/renderer), the headless host with the programs that it starts (dist/hosts/headless), the host of one node (dist/hosts/node), and
 * the bundles of the Electron app (dist/electron: main.js, preload.cjs; dist/worker: network.js and the programs that it forks).
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type InlineConfig } from 'vite'
import { begin } from '../terminal/hosts.ts'
import { bundle, common } from './bundle.ts'
import { hostBuilt, hostFolder, nodeBuilt, nodeFolder, repository } from './places.ts'

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
  await bundle('main/hosts/electron/main.ts', 'dist/electron', 'main')
  await build(preloadBundle)
  // It forks the process of the other participants, whose bundle comes with it.
  await bundle('main/hosts/sandbox/entry.ts', 'dist/worker', 'network')
}

/** What `npm start` runs where there is no Electron. */
export async function buildHost(): Promise<void> {
  rmSync(hostBuilt, { force: true })
  await bundle('main/hosts/headless/index.ts', hostFolder, 'index')
  writeFileSync(hostBuilt, '')
}

/** What `golem node` runs. */
export async function buildNode(): Promise<void> {
  rmSync(nodeBuilt, { force: true })
  await bundle('main/hosts/node/index.ts', nodeFolder, 'index')
  writeFileSync(nodeBuilt, '')
}

export async function buildRenderer(): Promise<void> {
  await build({ configFile: join(repository, 'renderer', 'vite.config.ts'), root: join(repository, 'renderer'), logLevel: 'warn' })
}

async function buildAll(): Promise<void> {
  for (const [what, task] of [
    ['renderer', buildRenderer],
    ['headless host', buildHost],
    ['node', buildNode],
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
