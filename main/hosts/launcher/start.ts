/** `npm start`: builds what is stale, then opens the Electron app, or says why not and runs the headless host in its place. */
import { join } from 'node:path'
import { buildElectron, buildRenderer, rendererIsStale, repository } from './build.ts'
import { runToEnd } from './child.ts'
import { begin } from '../terminal/hosts.ts'
import { findElectron } from './electron.ts'

async function prepareRenderer(): Promise<void> {
  if (!rendererIsStale()) return
  process.stdout.write('golem: building the page …\n')
  await buildRenderer()
}

/** Runs to the end of the chosen host and returns its exit code. */
async function start(args: string[]): Promise<number> {
  const begun = begin('start', args)
  if ('exit' in begun) return begun.exit
  await prepareRenderer()
  const electron = findElectron(repository)
  if ('binary' in electron) {
    await buildElectron()
    // By the environment, because the network runs in a process below Electron's, and Chromium has options of the same names.
    return runToEnd(electron.binary, [repository], { GOLEM_ARGUMENTS: JSON.stringify(args) })
  }
  process.stdout.write(`golem: ${electron.reason}, so the same app opens in a browser instead.\n`)
  return runToEnd(process.execPath, [join(repository, 'main', 'hosts', 'headless', 'index.ts'), ...args])
}

if (import.meta.main) process.exitCode = await start(process.argv.slice(2))
