/**
 * `npm start` and `npm run headless`: both build what is stale. Then the first opens the Electron app, or says why not and runs the headless host in its
 * place; the second always runs that.
 */
import { join } from 'node:path'
import { leanEnvironment, leanOptions } from '../worker/lean.ts'
import { runToEnd } from './child.ts'
import { begin } from '../terminal/hosts.ts'
import { findElectron } from './electron.ts'
import { hostFolder, hostIsStale, nodeFolder, nodeIsStale, rendererIsStale, repository } from './places.ts'

/** What builds is loaded where something is to be built: it holds a hundred megabytes. */
const builders = (): Promise<typeof import('./build.ts')> => import('./build.ts')

async function prepareRenderer(): Promise<void> {
  if (!rendererIsStale()) return
  process.stdout.write('golem: building the page …\n')
  await (await builders()).buildRenderer()
}

/** The headless host takes the place of this process, where the system can do that, so that no launcher stays in memory beside it. */
function runHost(folder: string, args: string[]): Promise<number> {
  const program = [...leanOptions, join(folder, 'index.js'), ...args]
  if (process.platform === 'win32' || process.execve === undefined) return runToEnd(process.execPath, program)
  return process.execve(process.execPath, [process.execPath, ...program], { ...process.env, ...leanEnvironment })
}

async function runElectron(binary: string, args: string[]): Promise<number> {
  await (await builders()).buildElectron()
  // By the environment, because the network runs in a process below Electron's, and Chromium has options of the same names.
  return runToEnd(binary, [repository], { GOLEM_ARGUMENTS: JSON.stringify(args) })
}

/** Runs to the end of the chosen host and returns its exit code. */
export async function start(command: 'start' | 'headless', args: string[]): Promise<number> {
  const begun = begin(command, args)
  if ('exit' in begun) return begun.exit
  await prepareRenderer()
  if (command === 'start') {
    const electron = findElectron(repository)
    if ('binary' in electron) return runElectron(electron.binary, args)
    process.stdout.write(`golem: ${electron.reason}, so the same app opens in a browser instead.\n`)
  }
  if (hostIsStale()) {
    process.stdout.write('golem: building the host …\n')
    await (await builders()).buildHost()
  }
  return runHost(hostFolder, args)
}

/** Runs the host of one node to its end, in this process's place where the system can do that. @returns the exit code */
export async function startNode(args: string[]): Promise<number> {
  await prepareRenderer()
  if (nodeIsStale()) {
    process.stdout.write('golem: building the node …\n')
    await (await builders()).buildNode()
  }
  return runHost(nodeFolder, args)
}

if (import.meta.main) process.exitCode = await start('start', process.argv.slice(2))
